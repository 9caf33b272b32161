"""What the window is put through for a picture of it; see ``screenshots.py``."""

from __future__ import annotations

import time
from pathlib import Path

BEGINNING_MINUTES = 15


def show_editing(window, settle) -> None:  # type: ignore[no-untyped-def]
    """A tone painted with its overtones, and a free selection given to the voice."""
    from app.panels.editing.selection_box import Act
    from app.spectrogram import Painted, Tool
    from core.editing import Harmonics, Lasso

    view, workbench = window.page.view, window.workbench
    window.page.inspector.show_part("edit")
    workbench.panel.tools.choose(Tool.LASSO)
    view.viewport.set_time(3.0, 15.0)
    tone = Harmonics(((9.0, 245.0), (9.6, 250.0), (10.4, 246.0)), 16, 45.0, 0.6)
    view.painted.emit(Painted(1, Tool.HARMONICS, tone, True))
    corners = ((11.5, 900.0), (13.2, 700.0), (13.9, 2500.0), (12.6, 4500.0), (11.6, 3000.0))
    view.set_selection(Lasso(corners))
    workbench.act(Act.MORE)
    rows = list(workbench.panel.edits.rows.values())
    rows[1].name.click()
    settle()
    show_in_inspector(window, workbench.panel.history)


def show_in_inspector(window, part) -> None:  # type: ignore[no-untyped-def]
    """Scroll the column at the right to ``part``."""
    from PySide6.QtWidgets import QScrollArea

    for area in window.page.inspector.findChildren(QScrollArea):
        area.ensureWidgetVisible(part, 0, 16)


def show_adapting(window, state: str, wait) -> None:  # type: ignore[no-untyped-def]
    """Stretches of voice and music alone, and a model that learns from them."""
    from core.editing.regions import Rectangle

    view, adapting = window.page.view, window.workbench.adapting
    window.page.inspector.show_part("edit")
    view.viewport.set_time(0.0, 24.0)
    for start, stop, mark in ((0.0, 3.2, adapting.mark_music), (14.0, 16.4, adapting.mark_voice)):
        view.set_selection(Rectangle(start, stop, 0.0, 20000.0))
        mark()
    wait(lambda: bool(adapting.desk.marks.voice and adapting.desk.marks.music))
    window.playback.loop((6.6, 11.4))
    box = window.workbench.panel.adapt
    if state != "adapt-start":
        box.time.setCurrentIndex(0)
        adapting.start()
        wait(box.after.isEnabled)
        if state == "adapt-done":
            box.enough.click()
            wait(box.keep.isVisible)
    wait(lambda: window.workbench.desk.idle and view.idle)
    show_in_inspector(window, box)


def show_comparing(window, wait, settle) -> None:  # type: ignore[no-untyped-def]
    """The difference of the usual model and *Paper*."""
    from app.spectrogram.compared_view import MaskShown

    desk = window.comparison.desk
    window.page.inspector.show_part("compare")
    desk.compare_with("paper")
    wait(lambda: desk.is_ready and desk.difference.idle)
    desk.show_mask(MaskShown.DIFFERENCE)
    window.page.view.viewport.set_time(3.0, 15.0)
    window.page.view._stage.set_pointer((9.4, 0.35))
    settle()


def show_blind_test(window, wait, is_over: bool):  # type: ignore[no-untyped-def]
    """A blind test half way, or at its end; nobody listens: the answers are tossed for."""
    from app.comparison.trials import Heard, toss

    window.page.view.set_loop((6.6, 11.4))
    window.comparison.blind_test()
    dialog = window.dialogs.open_dialog
    wait(lambda: dialog.parts.play.isEnabled())
    for _ in range(dialog.test.n_trials if is_over else 5):
        dialog.test.hear(Heard.X)
        dialog._refresh()
        dialog.parts.answers[Heard.A if toss() else Heard.B].click()
    return dialog


def long_song(folder: Path) -> Path:
    """The demo song over and over, as FLAC."""
    import soundfile

    samples, rate = soundfile.read(Path("resources/demo/demo.flac"), dtype="int16", always_2d=True)
    path = folder / f"{BEGINNING_MINUTES} minutes.flac"
    n_times = -(-BEGINNING_MINUTES * 60 * rate // len(samples))
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "PCM_16") as file:
        for _ in range(n_times):
            file.write(samples)
    return path


def show_beginning(window, song: Path, out: Path, wait) -> None:  # type: ignore[no-untyped-def]
    """Pictures of a long song from the drop on, with a place sought, and when each was taken."""
    from app.smoke import drop
    from core.audio.growing import n_there

    session, view = window.session, window.page.view
    loaded: list[object] = []
    session.devices_found.connect(loaded.append)
    session.warm_up()
    wait(lambda: loaded)
    out.mkdir(parents=True, exist_ok=True)
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    lines = [f"{song.name}, model {session.model_id}"]

    def take_one(number: int, what: str) -> None:
        name = f"beginning-{number}.png"
        seconds, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        window.grab().save(str(out / name))
        line = f"{name}: {what}, {seconds:.2f} s after the drop ({cpu_s:.2f} s of processor time)"
        lines.append(line)
        print(line, flush=True)

    def song_now():  # type: ignore[no-untyped-def]
        return session.current

    def is_drawn(seconds: float) -> bool:
        layer = view._pictures.layers.get("vocals")
        column = 0 if layer is None else int(seconds / layer.pyramid.column_s)
        return layer is not None and layer.known.touches(column, column + 1)

    def n_ready() -> int:
        result = song_now().result
        return 0 if result is None else result.samples_ready.size

    drop(window, song)
    take_one(1, "dropped")
    wait(lambda: song_now().decoded is not None)
    mixture = song_now().decoded.audio
    share = n_there(mixture) / mixture.n_samples
    take_one(2, f"can be played, {share:.1%} of the file decoded")
    wait(lambda: n_ready() > 0)
    share = n_there(mixture) / mixture.n_samples
    take_one(3, f"the first stems can be heard, {share:.1%} of the file decoded")
    wait(lambda: n_ready() > 60 * mixture.sample_rate)
    view.viewport.set_time(0.0, 60.0)
    wait(lambda: is_drawn(30.0))
    take_one(4, "a minute is done")
    place_s = 0.6 * window.playback.length_s
    window.playback.seek_s(place_s)
    sought_s = time.monotonic()
    view.viewport.set_time(place_s - 20.0, place_s + 40.0)
    wait(
        lambda: (
            song_now().result.samples_ready.until(mixture.n_samples * 6 // 10)
            > mixture.n_samples * 6 // 10
        )
    )
    lines.append(f"The place sought can be heard after {time.monotonic() - sought_s:.2f} s")
    wait(lambda: is_drawn(place_s + 1.0))
    take_one(5, "a place far ahead was sought, and is being separated")
    view.fit()
    end = time.monotonic() + 1.0
    wait(lambda: time.monotonic() > end)
    take_one(6, "the whole of it")
    (out / "beginning.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def show_waiting(window, songs: list[Path], speeds, wait) -> None:  # type: ignore[no-untyped-def]
    """The queue with what each song will take."""
    from app.speed_memory import WINDOW, Run

    session = window.session
    speeds.note(session.model_id, session.device, WINDOW, Run(240.0, 9.0, 640_000_000, 8_000_000))
    session.speed_noted.emit()
    window.status.queue.setChecked(True)
    wait(lambda: bool(window.queue.total.text()))
    wait(lambda: len(window.queue.rows) == len(songs))
    wait(lambda: session.current is not None and session.current.result is not None)


def write_recordings(folder: Path, n_songs: int = 8) -> Path:
    """The demo song in parts, voice and accompaniment each in a file."""
    import soundfile

    mixture, rate = soundfile.read(Path("resources/demo/demo.flac"), always_2d=True)
    vocals, _ = soundfile.read(Path("resources/demo/vocals.flac"), always_2d=True)
    n_samples = min(len(mixture), len(vocals))
    for number in range(n_songs):
        part = slice(n_samples * number // n_songs, n_samples * (number + 1) // n_songs)
        song = folder / f"part {number + 1}"
        song.mkdir(parents=True)
        soundfile.write(song / "vocals.flac", vocals[part], rate)
        soundfile.write(song / "accompaniment.flac", mixture[part] - vocals[part], rate)
    return folder


def show_training(window, state: str, folder: Path, wait) -> None:  # type: ignore[no-untyped-def]
    """Bring the training page into ``state``: with real trainings, as short as they can be."""
    page = window.all_pages.train
    window.all_pages.choose("train")
    wait(lambda: page.desk.is_loaded)
    if state == "train-empty":
        return
    page.open_folder(write_recordings(folder / "My recordings"))
    setup = page.setup
    wait(lambda: setup.data.data is not None)
    if state == "train-setup":
        setup.examples_card.draw.click()
        wait(lambda: bool(setup.examples_card.rows))
        setup.recipe_card.learning_rate.setFocus()
        return
    runs = (("Quick", 100, 24), ("Smaller", 40, 20))
    for title, units, n_epochs in runs[: 2 if state == "train-compare" else 1]:
        page.show_setup()
        card = setup.recipe_card
        for field, value in ((card.units, units), (card.length, 30), (card.batch, 2)):
            field.set_value(value)
        card._on_edited()
        setup.view.name.setText(title)
        setup.view.name.textEdited.emit(title)
        setup.view.start.click()
        run = page.run
        wait(lambda run=run, n=n_epochs: run.n_epochs_done >= n or not run.state.is_busy)
        if state == "train-compare":
            page.run_view.header.pause.click()
            wait(lambda run=run: not run.state.is_busy)
    for row in page.list.rows.values():
        if not row.tick.isChecked():
            row.tick.click()
    wait(lambda: page.replay_desk.picture is not None)
