"""The session with real decoding, a tiny real model and the real threads."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cache import ResultCache
from app.jobs import JobHandle
from app.separation_job import LoadedSeparators
from app.session import Session, SongState, StemsAdvanced
from core.card import read_card
from core.errors import AudioFileError, ModelError, StemscopeError
from core.models import ModelEntry

RATE = 16000
END = (SongState.DONE, SongState.FAILED, SongState.CANCELLED)


class Gate:
    """A separator factory whose separations wait at every chunk until told to go on."""

    def __init__(self) -> None:
        self.loaded = LoadedSeparators()
        self.open = threading.Event()
        self.reached = threading.Event()
        self.begun: list[object] = []

    def __call__(self, folder: Path, device: str) -> GatedSeparator:
        return GatedSeparator(self, self.loaded(folder, device))


class GatedSeparator:
    def __init__(self, gate: Gate, separator: object) -> None:
        self._gate, self._separator = gate, separator

    def start(self, mixture, scratch_dir=None):
        self._gate.begun.append(mixture)
        return self._separator.start(mixture, scratch_dir)

    def run(self, separation, should_stop=None) -> Iterator[object]:
        for step in self._separator.run(separation, should_stop):
            yield step
            self._gate.reached.set()
            while not self._gate.open.wait(0.005):
                if should_stop is not None and should_stop():
                    break


def write_song(path: Path, seconds: float = 1.0, seed: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, (round(RATE * seconds), 2))
    soundfile.write(path, noise, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def models(tiny_model_folder: Path, tmp_path: Path) -> Callable[[str], ModelEntry]:
    """Finds "tiny" and a second model, "twin"."""
    twin = tmp_path / "models" / "twin"
    shutil.copytree(tiny_model_folder, twin)
    card = dataclasses.replace(read_card(twin), model_id="twin")
    (twin / "card.json").write_text(card.to_json(), encoding="utf-8")
    folders = {"tiny": tiny_model_folder, "twin": twin}

    def find(name: str) -> ModelEntry:
        if name not in folders:
            raise ModelError("There is no model called “{name}”.", name=name)
        return ModelEntry(name, folders[name], read_card(folders[name]), False)

    return find


@pytest.fixture
def make_session(qapp, models, tmp_path):
    sessions: list[Session] = []

    def make(settings: dict | None = None, **options) -> Session:
        settings = {} if settings is None else settings
        settings.setdefault("model", "tiny")
        options.setdefault("scratch_dir", str(tmp_path / "scratch"))
        session = Session(settings, find_model=models, **options)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        assert session.shutdown()


def states(session: Session) -> list[SongState]:
    return [song.state for song in session.songs]


def wait_for_end(qtbot, session: Session) -> None:
    qtbot.waitUntil(lambda: all(state in END for state in states(session)), timeout=10000)


def check_stems(session: Session, song_id: int) -> None:
    song = session.song(song_id)
    assert song.result is not None
    assert song.result.complete
    mixture = song.decoded.audio
    total = sum(stem.read(0, mixture.n_samples) for stem in song.result.stems.values())
    np.testing.assert_allclose(total, mixture.read(0, mixture.n_samples), atol=1e-6)


def test_a_song_is_decoded_shown_and_separated(qtbot, make_session, tmp_path) -> None:
    memory: dict = {}
    session = make_session(memory)
    path = write_song(tmp_path / "Lied 歌.wav", 6.0)
    told: list[str] = []
    spans: list[StemsAdvanced] = []
    session.current_changed.connect(lambda: told.append("current"))
    session.song_added.connect(lambda _id: told.append("added"))
    session.mixture_ready.connect(lambda _id: told.append("mixture"))
    session.stems_advanced.connect(spans.append)
    session.open([path])
    song = session.current
    assert song.title == "Lied 歌"
    wait_for_end(qtbot, session)
    assert song.state is SongState.DONE
    assert told == ["added", "current", "mixture"]
    assert (spans[0].start_sample, spans[0].first_frame) == (0, 0)
    assert all(a.stop_sample == b.start_sample for a, b in pairwise(spans))
    assert spans[-1].stop_sample == song.result.n_samples_ready == song.decoded.audio.n_samples
    assert song.result.n_frames_ready == song.result.mask.n_frames
    check_stems(session, song.song_id)
    assert session.recent() == [path]
    assert memory["recent_files"] == [str(path)]


def test_one_bad_file_never_stops_the_rest(qtbot, make_session, tmp_path) -> None:
    session = make_session()
    bad = tmp_path / "bad.wav"
    bad.write_text("this is no sound")
    gone = tmp_path / "gone.wav"
    session.open([write_song(tmp_path / "a.wav"), bad, gone, write_song(tmp_path / "b.wav")])
    wait_for_end(qtbot, session)
    done, failed = SongState.DONE, SongState.FAILED
    assert states(session) == [done, failed, failed, done]
    assert "bad.wav" in str(session.songs[1].error)
    assert "gone.wav" in str(session.songs[2].error)
    assert isinstance(session.songs[2].error, AudioFileError)
    assert "Traceback" in session.songs[1].error_details
    assert bad not in session.recent()


def test_a_file_deleted_while_queued_says_so(qtbot, make_session, tmp_path) -> None:
    gate = Gate()
    session = make_session(separator_factory=gate)
    paths = [write_song(tmp_path / f"{name}.wav") for name in "abc"]
    session.open(paths)
    qtbot.waitUntil(gate.reached.is_set)
    qtbot.waitUntil(lambda: session.songs[1].state is SongState.WAITING)
    assert session.songs[2].state is SongState.QUEUED  # one ahead, not more
    paths[2].unlink()
    gate.open.set()
    wait_for_end(qtbot, session)
    assert states(session) == [SongState.DONE, SongState.DONE, SongState.FAILED]
    assert "c.wav" in str(session.songs[2].error)


def test_the_song_on_screen_goes_first(qtbot, make_session, tmp_path) -> None:
    gate = Gate()
    session = make_session(separator_factory=gate)
    session.open([write_song(tmp_path / f"{name}.wav", 4.0) for name in "abc"])
    qtbot.waitUntil(gate.reached.is_set)
    first, _second, third = session.songs
    session.set_current(third.song_id)
    # "Waiting" comes a moment before the compute thread knows of the song.
    work = session._works[third.song_id]
    qtbot.waitUntil(lambda: isinstance(work._handle, JobHandle))
    ended: list[int] = []
    session.song_changed.connect(
        lambda song_id: ended.append(song_id) if session.song(song_id).state in END else None
    )
    gate.open.set()
    wait_for_end(qtbot, session)
    assert ended[0] == third.song_id
    assert first.state is SongState.DONE
    check_stems(session, first.song_id)


@pytest.mark.parametrize(
    "state", [SongState.QUEUED, SongState.DECODING, SongState.WAITING, SongState.SEPARATING]
)
def test_cancel_in_each_state_then_retry(qtbot, make_session, tmp_path, state) -> None:
    gate = Gate()
    session = make_session(separator_factory=gate)
    seconds = 40.0 if state is SongState.DECODING else 1.0
    names = [tmp_path / f"{name}.wav" for name in "abc"]
    session.open([write_song(path, seconds) for path in names])
    index = {SongState.WAITING: 1, SongState.QUEUED: 2}.get(state, 0)
    song = session.songs[index]
    qtbot.waitUntil(lambda: song.state is state)
    if state is SongState.SEPARATING:
        qtbot.waitUntil(gate.reached.is_set)
    began_s = time.monotonic()
    session.cancel(song.song_id)
    qtbot.waitUntil(lambda: song.state is SongState.CANCELLED)
    assert time.monotonic() - began_s < 0.5
    assert song.result is None
    gate.open.set()
    wait_for_end(qtbot, session)
    assert song.state is SongState.CANCELLED
    session.retry(song.song_id)
    wait_for_end(qtbot, session)
    assert states(session) == [SongState.DONE] * 3
    check_stems(session, song.song_id)


def test_cancel_stops_the_compute_thread_soon(qtbot, make_session, tmp_path) -> None:
    session = make_session()
    session.open([write_song(tmp_path / "long.wav", 120.0)])
    song = session.current
    qtbot.waitUntil(lambda: song.result is not None, timeout=10000)
    session.cancel(song.song_id)
    began_s = time.monotonic()
    qtbot.waitUntil(lambda: session.jobs.n_unfinished == 0)
    assert time.monotonic() - began_s < 0.5


def test_another_model_keeps_the_old_result(qtbot, make_session, tmp_path) -> None:
    memory: dict = {}
    session = make_session(memory)
    session.open([write_song(tmp_path / "a.wav"), write_song(tmp_path / "b.wav")])
    wait_for_end(qtbot, session)
    first, second = session.songs
    with qtbot.waitSignal(session.model_changed):
        session.set_model("twin")
    assert first.result is None
    wait_for_end(qtbot, session)
    assert set(first.results) == {"tiny", "twin"}
    assert memory["model"] == "twin"
    assert set(second.results) == {"tiny"}  # until it is shown
    session.set_current(second.song_id)
    wait_for_end(qtbot, session)
    assert second.result.model_id == "twin"
    session.set_model("tiny")
    assert second.state is SongState.DONE
    assert second.result.complete


def test_another_model_while_separating_begins_again(qtbot, make_session, tmp_path) -> None:
    gate = Gate()
    session = make_session(separator_factory=gate)
    session.open([write_song(tmp_path / "a.wav", 3.0)])
    qtbot.waitUntil(gate.reached.is_set)
    session.set_model("twin")
    gate.open.set()
    wait_for_end(qtbot, session)
    assert set(session.current.results) == {"twin"}


def test_an_unknown_model_changes_nothing(qtbot, make_session) -> None:
    session = make_session()
    with qtbot.waitSignal(session.failed) as caught:
        session.set_model("nonesuch")
    assert isinstance(caught.args[0].error, ModelError)
    assert session.model_id == "tiny"


def test_a_missing_device_fails_in_the_row_and_can_be_mended(qtbot, make_session, tmp_path):
    session = make_session({"device": "cuda:17"})
    session.open([write_song(tmp_path / "a.wav")])
    wait_for_end(qtbot, session)
    assert session.current.state is SongState.FAILED
    assert "cuda:17" in str(session.current.error)
    session.set_device("cpu")
    session.retry(session.current.song_id)
    wait_for_end(qtbot, session)
    assert session.current.state is SongState.DONE


def test_a_recent_song_comes_from_the_cache(qtbot, make_session, tmp_path) -> None:
    cache = ResultCache(tmp_path / "cache")
    path = write_song(tmp_path / "a.wav", 2.0)
    first = make_session(cache=cache)
    first.open([path])
    qtbot.waitUntil(lambda: cache.n_bytes > 0)
    voice = first.current.result.stems["vocals"]
    gate = Gate()
    second = make_session(cache=cache, separator_factory=gate)
    second.open([path])
    wait_for_end(qtbot, second)
    assert gate.begun == []
    again = second.current.result.stems["vocals"]
    np.testing.assert_array_equal(again.read(0, 2 * RATE), voice.read(0, 2 * RATE))
    check_stems(second, second.current.song_id)


def test_a_damaged_cache_entry_is_computed_again(qtbot, make_session, tmp_path) -> None:
    cache = ResultCache(tmp_path / "cache")
    path = write_song(tmp_path / "a.wav", 2.0)
    first = make_session(cache=cache)
    first.open([path])
    qtbot.waitUntil(lambda: cache.n_bytes > 0)
    (entry,) = cache.folder.glob("*.stems")
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 0xFF
    entry.write_bytes(data)
    gate = Gate()
    gate.open.set()
    second = make_session(cache=cache, separator_factory=gate)
    second.open([path])
    wait_for_end(qtbot, second)
    assert len(gate.begun) == 1
    check_stems(second, second.current.song_id)


def test_songs_not_used_lately_are_let_go_and_come_back(qtbot, make_session, tmp_path) -> None:
    session = make_session(cache=ResultCache(tmp_path / "cache"))
    session.open([write_song(tmp_path / f"{i}.wav", seed=i) for i in range(7)])
    wait_for_end(qtbot, session)
    qtbot.waitUntil(lambda: sum(song.decoded is not None for song in session.songs) == 4)
    released = next(song for song in session.songs if song.decoded is None)
    assert session.current.decoded is not None
    session.set_current(released.song_id)
    wait_for_end(qtbot, session)
    check_stems(session, released.song_id)


def test_folders_are_looked_through(qtbot, make_session, tmp_path) -> None:
    session = make_session()
    for name in ("10.wav", "2.wav", "deep/1.wav"):
        write_song(tmp_path / "songs" / name)
    (tmp_path / "songs" / "notes.txt").write_text("no song")
    with qtbot.waitSignal(session.current_changed):
        session.open([tmp_path / "songs"])
    wait_for_end(qtbot, session)
    assert {song.path.name for song in session.songs} == {"1.wav", "2.wav", "10.wav"}
    assert session.current is session.songs[0]


def test_an_empty_folder_is_told(qtbot, make_session, tmp_path) -> None:
    session = make_session()
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(session.failed) as caught:
        session.open([tmp_path / "empty"])
    assert "empty" in str(caught.args[0].error)
    assert session.songs == []


def test_a_song_opened_twice_has_one_row(qtbot, make_session, tmp_path) -> None:
    session = make_session()
    a, b = write_song(tmp_path / "a.wav"), write_song(tmp_path / "b.wav")
    session.open([a, b])
    session.open([b])
    assert len(session.songs) == 2
    assert session.current.path == b


def test_remove_brings_the_next_on_screen(qtbot, make_session, tmp_path) -> None:
    gate = Gate()
    session = make_session(separator_factory=gate)
    session.open([write_song(tmp_path / f"{name}.wav") for name in "ab"])
    qtbot.waitUntil(gate.reached.is_set)
    first, second = session.songs
    with qtbot.waitSignals([session.song_removed, session.current_changed]):
        session.remove(first.song_id)
    assert session.current is second
    gate.open.set()
    wait_for_end(qtbot, session)
    assert states(session) == [SongState.DONE]
    session.remove(second.song_id)
    assert session.current is None
    assert session.songs == []


def test_export(qtbot, make_session, tmp_path) -> None:
    from core.export import ExportOptions

    gate = Gate()
    session = make_session(separator_factory=gate)
    session.open([write_song(tmp_path / "a.wav")])
    options = ExportOptions(("vocals", "accompaniment"), "wav", 16, tmp_path / "out")
    with qtbot.waitSignal(session.export(session.current.song_id, options).failed) as caught:
        pass
    assert "not separated yet" in str(caught.args[0].error)
    gate.open.set()
    wait_for_end(qtbot, session)
    with qtbot.waitSignal(session.export(session.current.song_id, options).finished) as caught:
        pass
    files = caught.args[0].files
    total = sum(soundfile.read(file, dtype="int16")[0].astype(int) for file in files)
    np.testing.assert_array_equal(total, soundfile.read(tmp_path / "a.wav", dtype="int16")[0])


def test_quit_during_a_job(qtbot, qapp, models, tmp_path) -> None:
    threads = threading.active_count()
    session = Session({"model": "tiny"}, find_model=models, scratch_dir=str(tmp_path / "scratch"))
    session.open([write_song(tmp_path / f"{name}.wav", 60.0) for name in "abc"])
    qtbot.waitUntil(lambda: session.current.state is SongState.SEPARATING, timeout=10000)
    began_s = time.monotonic()
    assert session.shutdown()
    assert time.monotonic() - began_s < 3.0
    assert session.jobs.n_unfinished == session.pool.n_unfinished == 0
    assert threading.active_count() <= threads
    assert list((tmp_path / "scratch").iterdir()) == []
    session.open([tmp_path / "a.wav"])  # too late, ignored


def test_warm_up_finds_the_devices(qtbot, make_session) -> None:
    session = make_session()
    with qtbot.waitSignal(session.devices_found, timeout=20000) as caught:
        session.warm_up()
    assert caught.args[0].devices[0].id == "cpu"


def test_a_song_that_went_on_elsewhere_says_so_once(qtbot, make_session, tmp_path) -> None:
    class Moved(GatedSeparator):
        def run(self, separation, should_stop=None) -> Iterator[object]:
            for step in super().run(separation, should_stop):
                separation.notice = StemscopeError("Too little memory.")
                yield step

    gate = Gate()
    gate.open.set()
    session = make_session(
        separator_factory=lambda folder, device: Moved(gate, gate.loaded(folder, device))
    )
    told: list[object] = []
    session.failed.connect(told.append)
    session.open([write_song(tmp_path / "song.wav", seconds=6)])
    wait_for_end(qtbot, session)
    assert states(session) == [SongState.DONE]
    assert [str(failure) for failure in told] == ["Too little memory."]
