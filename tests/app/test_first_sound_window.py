"""The first seconds after a drop, in the real window with a sound device driven by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

import core.audio.intake
from app.audio.player import PlayerState
from app.i18n import set_language
from app.session import SongState
from app.song import Song
from app.speed_memory import WINDOW, Run, SpeedMemory

SECONDS = 48.0
N_STEPS = 9  # what is on its way already, and then two chunks of what was sought
WAIT_MS = 60_000


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.audio.intake, "EARLY_SECONDS", 8.0)


def drop_long(stage) -> Song:
    stage.drop([stage.write_song(stage.folder / "long.wav", SECONDS)])
    song = stage.song("long.wav")
    stage.qtbot.waitUntil(lambda: song.decoded is not None, timeout=WAIT_MS)
    return song


def until_heard(stage) -> float:
    """Let the device take blocks until something sounds; how loud."""
    loudest = 0.0

    def heard() -> bool:
        nonlocal loudest
        stream = stage.backend.stream
        if stream is not None:
            loudest = float(np.abs(stream.pump(512)).max())
        return loudest > 0.01

    stage.qtbot.waitUntil(heard, timeout=WAIT_MS)
    return loudest


def test_it_plays_while_its_file_is_still_being_read(make_stage, slow_disk) -> None:
    disk = slow_disk()
    stage = make_stage(decode=disk)
    song = drop_long(stage)
    stage.key(Qt.Key.Key_Space)
    assert until_heard(stage) > 0.05
    assert song.is_decoding
    stage.qtbot.waitUntil(lambda: song.result is not None, timeout=WAIT_MS)
    stage.qtbot.waitUntil(lambda: bool(stage.player._engine.stems), timeout=WAIT_MS)
    assert until_heard(stage) > 0.05
    stage.window.playback.seek_s(0.7 * SECONDS)  # and a while to the end
    stage.qtbot.waitUntil(lambda: waits(stage), timeout=WAIT_MS)
    assert stage.window.page.transport.waiting.text() == "Waiting…"
    disk.go_on.set()
    stage.qtbot.waitUntil(lambda: goes_on(stage), timeout=WAIT_MS)
    assert until_heard(stage) > 0.05
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=WAIT_MS)
    stage.qtbot.waitUntil(lambda: stage.window.page.view.idle, timeout=WAIT_MS)


def waits(stage) -> bool:
    stage.backend.stream.pump(512)
    return stage.player.state is PlayerState.WAITING


def goes_on(stage) -> bool:
    stage.backend.stream.pump(512)
    return stage.player.state is PlayerState.PLAYING


def test_a_place_that_is_not_computed_comes_next(make_stage, step_by_step) -> None:
    hand = step_by_step()
    stage = make_stage(separator_factory=hand)
    song = drop_long(stage)
    hand.may.release()
    stage.qtbot.waitUntil(
        lambda: song.result is not None and bool(song.result.samples_ready), timeout=WAIT_MS
    )
    stage.key(Qt.Key.Key_Space)
    until_heard(stage)
    stage.window.playback.seek_s(0.7 * SECONDS)
    stage.qtbot.waitUntil(lambda: waits(stage), timeout=WAIT_MS)
    hand.may.release(N_STEPS)
    stage.qtbot.waitUntil(lambda: goes_on(stage), timeout=WAIT_MS)
    hand.may.release(2)  # enough to listen for a while
    assert until_heard(stage) > 0.05
    assert stage.player.position() >= 0.7 * song.decoded.audio.n_samples
    assert len(song.result.samples_ready.ranges) == 2
    overview = stage.window.page.view._overview

    def parted() -> bool:  # the picture follows a moment later
        gaps = overview._waves.pending_s
        return len(gaps) == 2 and gaps[0][1] < 0.75 * SECONDS < gaps[1][0]

    stage.qtbot.waitUntil(parted, timeout=WAIT_MS)
    hand.may.release(1000)
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=WAIT_MS)
    stage.qtbot.waitUntil(lambda: overview._waves.pending_s == (), timeout=WAIT_MS)


def test_a_loop_ahead_is_computed_when_it_is_reached(make_stage, step_by_step) -> None:
    hand = step_by_step()
    stage = make_stage(separator_factory=hand)
    song = drop_long(stage)
    hand.may.release()
    stage.qtbot.waitUntil(
        lambda: song.result is not None and bool(song.result.samples_ready), timeout=WAIT_MS
    )
    stage.window.page.view.set_loop((0.6 * SECONDS, 0.7 * SECONDS))
    stage.window.playback._on_loop_changed((0.6 * SECONDS, 0.7 * SECONDS))
    stage.key(Qt.Key.Key_Space)
    stage.qtbot.waitUntil(lambda: waits(stage), timeout=WAIT_MS)
    hand.may.release(N_STEPS)
    stage.qtbot.waitUntil(lambda: goes_on(stage), timeout=WAIT_MS)
    assert song.result.n_samples_ready < 0.5 * song.decoded.audio.n_samples
    hand.may.release(1000)


def test_the_queue_says_what_songs_will_take(make_stage, step_by_step, tmp_path: Path) -> None:
    hand = step_by_step()
    speeds = SpeedMemory(tmp_path / "speed.json")
    stage = make_stage(separator_factory=hand, speeds=speeds)
    paths = [stage.write_song(stage.folder / f"{n}.wav", 6.0 * n, n) for n in (1, 2, 3)]
    stage.drop(paths)
    drawer, until = stage.window.queue, stage.qtbot.waitUntil
    last = stage.song("3.wav")
    until(lambda: last.song_id in drawer.rows, timeout=WAIT_MS)
    row = drawer.rows[last.song_id]
    assert row.stage.text() == "Waiting · first run of this model: time unknown"
    assert drawer.total.text() == ""
    hand.may.release(1000)
    until(lambda: stage.song("1.wav").state is SongState.DONE, timeout=WAIT_MS)
    until(lambda: all(s.state is SongState.DONE for s in stage.session.songs), timeout=WAIT_MS)
    until(lambda: stage.session.pool.n_unfinished == 0, timeout=WAIT_MS)
    model, device = stage.session.model_id, stage.session.device
    learnt = speeds.estimate(model, device, WINDOW, 18.0)
    assert learnt is not None
    assert 0 < learnt.work_s < 20
    assert learnt.n_bytes is None or learnt.n_bytes > 50_000_000

    hand.may = type(hand.may)(0)
    speeds.note(model, device, WINDOW, Run(100.0, 2 * 400.0 - learnt.work_s / 18.0 * 100.0))
    stage.drop([stage.write_song(stage.folder / f"{n}.wav", 6.0 * n, n) for n in (4, 5)])
    last = stage.song("5.wav")
    until(lambda: last.song_id in drawer.rows, timeout=WAIT_MS)
    row = drawer.rows[last.song_id]
    until(lambda: "2 min" in row.stage.text(), timeout=WAIT_MS)
    assert row.stage.text().startswith("Waiting · about 2 min")
    assert "from the last runs" in row.stage.toolTip()
    until(lambda: drawer.total.text().startswith("·  about 4 min"), timeout=WAIT_MS)
    set_language("zh_CN")
    assert "约 2 分钟" in row.stage.text()
    assert "约 4 分钟" in drawer.total.text()
    hand.may.release(1000)
