"""The window as a user has it: drop, watch, hear, switch, export, by mouse and by keys."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QSlider,
    QWidget,
)

from app import i18n, settings, theme, window_memory
from app.audio.player import PlayerState
from app.i18n import set_language
from app.panels.controls import ElidedLabel
from app.session import SongState

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def test_the_empty_window_invites(stage) -> None:
    page = stage.window.page
    assert page.stack.currentWidget() is page.empty
    assert page.empty.title.text() == "Drop a song here"
    assert not page.bottom.isVisible()
    assert not page.toolbar.export.isEnabled()


def test_a_dropped_song_is_separated_and_can_be_heard(stage) -> None:
    song = stage.open_song()
    window, page = stage.window, stage.window.page
    assert page.stack.currentWidget() is page.view
    assert window.windowTitle().startswith(song.title)
    assert page.toolbar.export.isEnabled()
    assert not page.toolbar.progress.isVisible()
    assert song.result is not None
    stage.qtbot.waitUntil(lambda: window.status.sum.isVisible())
    assert "dB" in window.status.sum.text()
    stage.qtbot.waitUntil(lambda: page.view.idle)

    stage.key(Key.Key_Space)
    assert stage.player.state is PlayerState.PLAYING
    heard = pump_until_sound(stage)
    assert np.abs(heard).max() > 0.05
    stage.key(Key.Key_Space)
    assert stage.player.state is PlayerState.STOPPED


def pump_until_sound(stage) -> np.ndarray:
    got = []

    def pumped() -> bool:
        got.append(stage.backend.stream.pump(512))
        return bool(np.abs(got[-1]).max() > 0)

    stage.qtbot.waitUntil(pumped)
    return got[-1]


def test_what_is_no_file_says_so(stage) -> None:
    stage.drop(text="hello")
    errors = stage.window.errors
    assert errors.isVisible()
    assert "not a file" in errors.sentence.text()
    assert stage.session.songs == []
    stage.key(Key.Key_Escape)
    assert not errors.isVisible()


def test_one_bad_file_says_so_in_its_row_and_the_others_go_on(stage) -> None:
    write_song = stage.write_song

    bad = stage.folder / "bad.wav"
    bad.write_text("no sound")
    good = write_song(stage.folder / "good.wav")
    stage.drop([bad, good])
    stage.qtbot.waitUntil(lambda: stage.song("good.wav").state is SongState.DONE, timeout=20_000)
    window = stage.window
    assert stage.song("bad.wav").state is SongState.FAILED
    assert window.queue.isVisible()
    row = window.queue.rows[stage.song("bad.wav").song_id]
    assert "bad.wav" in row.stage.text()
    assert row.retry.isVisible()
    assert not row.cancel.isVisible()
    assert window.page.stack.currentWidget() is window.page.failed
    assert "bad.wav" in window.page.failed.sentence.text()

    good_row = window.queue.rows[stage.song("good.wav").song_id]
    stage.qtbot.mouseClick(good_row, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    assert stage.session.current is stage.song("good.wav")
    assert window.page.stack.currentWidget() is window.page.view
    stage.qtbot.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert len(stage.session.songs) == 1
    assert len(window.queue.rows) == 1


def test_a_folder_is_opened(stage) -> None:
    write_song = stage.write_song

    for name in ("2.wav", "10.wav"):
        write_song(stage.folder / "album" / name, 0.3)
    stage.drop([stage.folder / "album"])
    stage.qtbot.waitUntil(lambda: len(stage.session.songs) == 2)
    assert [song.path.name for song in stage.session.songs] == ["2.wav", "10.wav"]
    ended = SongState.DONE
    stage.qtbot.waitUntil(
        lambda: all(song.state is ended for song in stage.session.songs), timeout=20_000
    )


def test_strips_reach_the_player(stage) -> None:
    stage.open_song()
    mixer, strip_of = stage.window.page.mixer, stage.player.strip
    voice, music = mixer.strips["vocals"], mixer.strips["accompaniment"]
    stage.qtbot.mouseClick(voice.mute, Qt.MouseButton.LeftButton)
    assert strip_of("vocals").muted
    stage.key(Key.Key_M)
    assert not strip_of("vocals").muted
    stage.key(Key.Key_M, Modifier.ShiftModifier)
    assert strip_of("accompaniment").muted
    stage.key(Key.Key_3)
    assert not strip_of("accompaniment").muted
    stage.qtbot.mouseClick(music.solo, Qt.MouseButton.LeftButton)
    assert strip_of("accompaniment").soloed
    assert mixer.music_only.isChecked()
    stage.key(Key.Key_1)
    assert strip_of("vocals").soloed
    assert not strip_of("accompaniment").soloed
    music.fader.setFocus()
    stage.key(Key.Key_Left)
    assert strip_of("accompaniment").gain_db == -0.5
    middle = music.fader.rect().center()
    stage.qtbot.mouseDClick(music.fader, Qt.MouseButton.LeftButton, pos=middle)
    assert strip_of("accompaniment").gain_db == 0
    music.fader.setValue(music.fader.minimum())
    assert strip_of("accompaniment").gain_db < -100
    assert music.value.text() == "−∞ dB"


def test_original_by_button_tap_and_hold(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.open_song()
    original = stage.window.page.mixer.original
    stage.qtbot.mouseClick(original, Qt.MouseButton.LeftButton)
    assert stage.player._original
    stage.key(Key.Key_O)  # a tap switches
    assert not stage.player._original
    clock = [100.0]
    monkeypatch.setattr("app.keys.time.monotonic", lambda: clock[0])
    target = QApplication.focusWidget() or stage.window
    stage.qtbot.keyPress(target, Key.Key_O)
    assert stage.player._original
    clock[0] += 1.0  # held
    stage.qtbot.keyRelease(target, Key.Key_O)
    assert not stage.player._original


def test_seeking_by_keys_and_loop(stage) -> None:
    song = stage.open_song(seconds=12.0)
    window = stage.window
    rate = song.decoded.audio.sample_rate
    stage.key(Key.Key_Right)
    assert stage.player.position() == 5 * rate
    stage.key(Key.Key_Left)
    assert stage.player.position() == 0
    stage.key(Key.Key_Right)
    stage.key(Key.Key_Home)
    assert stage.player.position() == 0
    stage.key(Key.Key_L)
    assert stage.player.loop == (0, 12 * rate)
    assert window.page.view.loop is not None
    stage.key(Key.Key_L)
    assert stage.player.loop is None
    assert window.page.view.loop is None


def test_space_plays_wherever_the_focus_is_but_in_text(stage) -> None:
    stage.open_song()
    page = stage.window.page
    for part in (page.toolbar.export, page.toolbar.model, page.mixer.master.fader, page.view):
        part.setFocus()
        assert QApplication.focusWidget() is part
        before = stage.player.playing
        stage.key(Key.Key_Space)
        assert stage.player.playing is not before
    stage.player.pause()
    field = QLineEdit(page)
    field.show()
    field.setFocus()
    stage.key(Key.Key_Space)
    stage.key(Key.Key_L)
    assert field.text() == " l"
    assert not stage.player.playing


def test_enter_presses_the_focused_button(stage) -> None:
    stage.open_song()
    solo = stage.window.page.mixer.strips["vocals"].solo
    solo.setFocus()
    stage.key(Key.Key_Return)
    assert solo.isChecked()


def test_tab_reaches_every_control(stage) -> None:
    stage.open_song()
    window = stage.window
    wanted = {
        w
        for kind in (QAbstractButton, QComboBox, QSlider)
        for w in window.findChildren(kind)
        if w.isVisibleTo(window) and w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    window.page.toolbar.open.setFocus()
    reached: set[QWidget] = set()
    for _ in range(120):
        stage.key(Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    names = [w.accessibleName() or w.objectName() or str(w) for w in wanted - reached]
    assert not names


def test_every_control_has_a_name_and_a_tooltip(stage) -> None:
    stage.open_song()
    stage.window.dialogs.export()
    nameless = []
    for kind in (QAbstractButton, QComboBox, QSlider, QLineEdit):
        for widget in stage.window.findChildren(kind):
            if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QComboBox):
                continue
            if isinstance(widget, QAbstractButton) and widget.text() and kind is not QSlider:
                continue
            if not widget.accessibleName() and not isinstance(widget, QLineEdit):
                nameless.append(f"{type(widget).__name__} {widget.objectName()}")
    stage.window.dialogs.open_dialog.reject()
    assert not nameless


def test_export_through_the_dialog(stage, tmp_path: Path) -> None:
    song = stage.open_song()
    stage.key(Key.Key_E, Modifier.ControlModifier)
    dialog = stage.window.dialogs.open_dialog
    assert dialog is not None
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.depth.setCurrentIndex(dialog.depth.findData("16"))
    assert "song/vocals.wav" in dialog.example.text()
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: dialog.show_folder.isVisible(), timeout=10_000)
    assert dialog.sentence.text().startswith("2 files written")
    stems = [
        soundfile.read(tmp_path / "out" / "song" / f"{stem}.wav", dtype="int16")[0].astype(int)
        for stem in ("vocals", "accompaniment")
    ]
    mixture, rate = soundfile.read(song.path, dtype="int16")
    np.testing.assert_array_equal(stems[0] + stems[1], mixture)
    assert rate == song.decoded.audio.sample_rate
    # once more: asks before it overwrites
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    assert "Overwrite?" in dialog.sentence.text()
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: "written" in dialog.sentence.text(), timeout=10_000)
    dialog.template.setText("{song")
    assert not dialog.start.isEnabled()
    dialog.reject()
    assert settings.get(settings.EXPORT_FOLDER) == str(tmp_path / "out")


def test_a_strips_handle_gives_its_file(stage) -> None:
    stage.open_song()
    handle = stage.window.page.mixer.strips["vocals"].handle
    assert handle.mime_data() is None
    handle.setFocus()
    stage.key(Key.Key_Return)
    clipboard = QApplication.clipboard()
    stage.qtbot.waitUntil(lambda: handle.mime_data() is not None, timeout=10_000)
    (url,) = handle.mime_data().urls()
    assert clipboard.mimeData().hasUrls()
    assert soundfile.info(url.toLocalFile()).samplerate == 16000
    assert Path(url.toLocalFile()).name == "song (vocals).wav"
    stage.window.close()
    assert not Path(url.toLocalFile()).exists()
    left = clipboard.mimeData()
    assert left is None or not left.hasUrls(), "a file that is gone does not stay on the clipboard"


def texts(window: QWidget) -> set[str]:
    """All that is written, but for the models' cards, whose words are their own."""
    widgets = [w for w in window.findChildren(QWidget) if not window.models.isAncestorOf(w)]
    found = {w.text() for w in widgets if isinstance(w, (QLabel, QAbstractButton))}
    found |= {w.toolTip() for w in widgets}
    found |= {action.text() for action in window.actions_.all()}
    return {text for text in found if text}


def test_the_language_changes_everywhere_at_once(stage) -> None:
    stage.open_song()
    english = texts(stage.window)
    set_language("zh_CN")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    table = i18n.load_table("zh_CN")
    left = {t for t in texts(stage.window) if t in table and table[t] != t and t in english}
    assert not left
    set_language("en")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert texts(stage.window) == english


def test_the_theme_changes_at_once(stage) -> None:
    stage.open_song()
    image = stage.window.grab().toImage()
    dark = image.pixelColor(5, image.height() // 2).lightness()
    theme.set_theme("light")
    image = stage.window.grab().toImage()
    assert image.pixelColor(5, image.height() // 2).lightness() > dark + 120


def test_long_names_are_shortened_and_kept_whole_in_the_tooltip(stage) -> None:
    name = "a very long name of a song " * 6 + ".wav"
    stage.open_song(name)
    width = stage.window.width()
    assert width == 1280
    row = next(iter(stage.window.queue.rows.values()))
    assert isinstance(row.name, ElidedLabel)
    stage.window.status.queue.setChecked(True)
    assert "…" in row.name.shown_text()
    assert name in row.name.toolTip()


def test_settings_take_effect_at_once(stage) -> None:
    stage.key(Key.Key_Comma, Modifier.ControlModifier)
    dialog = stage.window.dialogs.open_dialog
    dialog.language.setCurrentIndex(dialog.language.findData("zh_CN"))
    assert stage.window.page.empty.title.text() == "将歌曲拖到这里"
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    assert theme.current() is theme.LIGHT
    dialog.latency.setChecked(True)
    assert settings.get(settings.AUDIO_LOW_LATENCY)
    stage.qtbot.mouseClick(dialog.clear, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: "0 MB" in dialog.used.text())
    dialog.accept()


def test_pages_and_models(stage) -> None:
    stage.key(Key.Key_5, Modifier.AltModifier)
    assert stage.window.pages.currentWidget() is stage.window.models
    stage.key(Key.Key_1, Modifier.AltModifier)
    assert stage.window.pages.currentWidget() is stage.window.page


def test_recent_songs_are_offered(stage) -> None:
    song = stage.open_song()
    stage.session.remove(song.song_id)
    page = stage.window.page
    assert page.stack.currentWidget() is page.empty
    assert page.toolbar.recent_menu.actions()[0].text() == "song.wav"
    page.toolbar.recent_menu.actions()[0].trigger()
    stage.qtbot.waitUntil(lambda: stage.song("song.wav").state is SongState.DONE, timeout=20_000)


def test_cancel_and_again(stage) -> None:
    write_song = stage.write_song

    stage.drop([write_song(stage.folder / "long.wav", 30.0)])
    song = stage.song("long.wav")
    stage.key(Key.Key_Period, Modifier.ControlModifier)
    stage.qtbot.waitUntil(lambda: song.state is SongState.CANCELLED)
    progress = stage.window.page.toolbar.progress
    assert progress.retry.isVisible()
    stage.qtbot.mouseClick(progress.retry, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=30_000)


def test_view_options_are_remembered(stage) -> None:
    stage.open_song()
    options = stage.window.page.inspector.view
    options.panes["mask"].setChecked(False)
    options.map.setCurrentIndex(options.map.findData("viridis"))
    stage.key(Key.Key_K)
    assert not stage.window.page.view.pane("mask").isVisible()
    remembered = settings.get(settings.VIEW)
    assert remembered["hidden"] == ["mask"]
    assert remembered["map"] == "viridis"
    assert remembered["overlay"] is True


def test_rulers_read_notes_and_the_mask_changes_its_colours(stage) -> None:
    stage.open_song()
    page = stage.window.page
    stage.qtbot.waitUntil(lambda: page.view.idle, timeout=20_000)
    options, pane = page.inspector.view, page.view.pane("mask")
    before = pane.grab().toImage()
    options.ruler.setCurrentIndex(options.ruler.findData("notes"))
    with_notes = pane.grab().toImage()
    assert with_notes != before
    options.mask_map.setCurrentIndex(options.mask_map.findData("CET-D1"))
    stage.qtbot.waitUntil(lambda: pane.grab().toImage() != with_notes, timeout=20_000)
    remembered = settings.get(settings.VIEW)
    assert (remembered["ruler"], remembered["mask_map"]) == ("notes", "CET-D1")


def test_closing_in_the_midst_of_work_leaves_nothing_behind(stage) -> None:
    write_song = stage.write_song

    stage.drop([write_song(stage.folder / f"{n}.wav", 20.0, n) for n in range(3)])
    stage.qtbot.waitUntil(lambda: stage.song("0.wav").state is SongState.SEPARATING, timeout=20_000)
    stage.window.close()
    names = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    assert not [name for name in names if "stemscope" in name]
    assert not list(stage.folder.glob("stemscope-drag-*"))


def test_a_drag_over_a_song_is_seen_and_goes_again(stage) -> None:
    overlay = stage.window.drop_overlay
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(stage.folder / "next.wav"))])
    no_button, no_keys = Qt.MouseButton.NoButton, Modifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, no_button, no_keys)
    QApplication.sendEvent(stage.window, enter)
    assert stage.window.page.empty.title.text() == "Let go to open"
    assert not overlay.isVisible()
    QApplication.sendEvent(stage.window, QDragLeaveEvent())
    stage.open_song()
    enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, no_button, no_keys)
    QApplication.sendEvent(stage.window, enter)
    assert overlay.isVisible()
    assert overlay.size() == stage.window.pages.size()
    QApplication.sendEvent(stage.window, QDragLeaveEvent())
    assert not overlay.isVisible()
    QApplication.sendEvent(stage.window, enter)
    stage.open_song("next.wav", seed=2)
    assert not overlay.isVisible()


def test_pane_heights_are_remembered(stage) -> None:
    stage.open_song()
    view = stage.window.page.view
    view._splitter.setSizes([200, 100, 120, 80])
    heights = view.pane_heights()
    view.set_pane_visible("vocals", False)
    window_memory.remember(stage.window)
    assert settings.get(settings.PANE_HEIGHTS).keys() == heights.keys()
    view._splitter.setSizes([50, 50, 200, 200])
    view.set_pane_visible("vocals", True)
    view.set_pane_heights(heights)
    again = view.pane_heights()
    assert all(abs(again[name] - heights[name]) <= 3 for name in heights)
    view.set_pane_heights({"vocals": "tall", "mask": -3})
    assert view.pane_heights() == again
    view.set_pane_heights({"mixture": 300, "vocals": 100, "accompaniment": 100})
    assert view.pane_heights()["mixture"] > 1.5 * view.pane_heights()["mask"]


def test_a_song_goes_by_its_tags(stage) -> None:
    path = stage.folder / "track 01.flac"
    with soundfile.SoundFile(path, "w", 16000, 1, "PCM_16") as file:
        file.title, file.artist = "晴天", "Someone"
        file.write(np.zeros(16000))
    stage.drop([path])
    song = stage.song(path.name)
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=20_000)
    assert stage.window.windowTitle() == "晴天 – Someone[*] – Stemscope"
    assert stage.window.status.file.text() == "晴天 – Someone  ·  FLAC, 16 bit, 16 kHz, mono"
    stage.qtbot.waitUntil(lambda: song.song_id in stage.window.queue.rows)
    assert stage.window.queue.rows[song.song_id].name.text() == "晴天 – Someone"
    set_language("zh_CN")
    assert stage.window.status.file.text().endswith("FLAC, 16 位, 16 kHz, 单声道")
