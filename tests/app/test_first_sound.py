"""Long songs: seen, separated and heard while their file is still being decoded."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import core.audio.intake
from app.cache import ResultCache
from app.session import Session, SongState
from app.song import Song, StemsAdvanced, joined
from core.audio import ArrayAudio, DecodedSong, decode
from core.audio.growing import GrowingAudio, n_there
from core.card import read_card
from core.errors import AudioFileError
from core.models import ModelEntry

RATE = 16000
SECONDS = 36.0


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.audio.intake, "EARLY_SECONDS", 8.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).normal(0, 0.1, (round(RATE * SECONDS), 2))
    soundfile.write(tmp_path / "song.flac", noise, RATE, subtype="PCM_16")
    return tmp_path / "song.flac"


@pytest.fixture
def models(tiny_model_folder: Path, tmp_path: Path) -> Callable[[str], ModelEntry]:
    twin = tmp_path / "twin"
    shutil.copytree(tiny_model_folder, twin)
    card = dataclasses.replace(read_card(twin), model_id="twin")
    (twin / "card.json").write_text(card.to_json(), encoding="utf-8")
    folders = {"tiny": tiny_model_folder, "twin": twin}
    return lambda name: ModelEntry(name, folders[name], read_card(folders[name]), False)


@pytest.fixture
def make_session(qapp, models, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def make(**options) -> Session:
        scratch = str(tmp_path / "scratch")
        session = Session({"model": "tiny"}, find_model=models, scratch_dir=scratch, **options)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        assert session.shutdown()


def until_done(qtbot, song: Song) -> None:
    qtbot.waitUntil(lambda: not song.state.is_busy, timeout=60000)
    assert song.state is SongState.DONE, song.error
    assert song.decoded is not None
    assert song.result is not None
    assert song.result.complete
    mixture = song.decoded.audio
    n_samples = mixture.n_samples
    assert n_samples == n_there(mixture) == round(RATE * SECONDS)
    total = sum(stem.read(0, n_samples) for stem in song.result.stems.values())
    np.testing.assert_allclose(total, mixture.read(0, n_samples), atol=1e-6)


def test_a_song_is_there_while_it_is_decoded(qtbot, make_session, slow_disk, path: Path) -> None:
    disk = slow_disk()
    session = make_session(decode=disk)
    advanced: list[int] = []
    session.mixture_advanced.connect(advanced.append)
    with qtbot.waitSignal(session.mixture_ready, timeout=60000):
        session.open([path])
    song = session.current
    assert song.is_decoding
    mixture = song.decoded.audio
    assert isinstance(mixture, GrowingAudio)
    assert mixture.n_samples == round(RATE * SECONDS)
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 6 * RATE, timeout=60000
    )
    assert song.state is SongState.SEPARATING
    assert n_there(mixture) < mixture.n_samples
    assert song.result.n_samples_ready <= n_there(mixture)
    disk.go_on.set()
    until_done(qtbot, song)
    assert song.decoded.audio is mixture
    assert advanced
    assert not song.is_decoding


def test_cancelling_while_it_is_decoded_leaves_no_half_song(
    qtbot, make_session, slow_disk, path: Path, tmp_path: Path
) -> None:
    disk = slow_disk()
    session = make_session(decode=disk)
    session.open([path])
    song = session.current
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 0, timeout=60000
    )
    session.cancel(song.song_id)
    assert song.state is SongState.CANCELLED
    assert song.decoded is None
    assert not song.results
    disk.go_on.set()
    session.retry(song.song_id)
    until_done(qtbot, song)


def test_a_file_that_breaks_on_the_way_says_so(qtbot, make_session, slow_disk, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    disk = slow_disk(0.4)
    session = make_session(decode=disk)
    session.open([path])
    song = session.current
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 0, timeout=60000
    )
    disk.go_on.set()
    qtbot.waitUntil(lambda: not song.state.is_busy, timeout=60000)
    assert song.state is SongState.FAILED
    assert isinstance(song.error, AudioFileError)
    assert song.decoded is None
    assert not song.results
    session.retry(song.song_id, accept_damaged=True)
    qtbot.waitUntil(lambda: not song.state.is_busy, timeout=60000)
    assert song.state is SongState.DONE
    assert song.decoded.audio.n_samples < RATE * SECONDS


def test_a_file_of_another_length_than_it_says_is_done_again(
    qtbot, make_session, path: Path
) -> None:
    def lying(path: Path, *, opened, **options) -> DecodedSong:
        song = decode(path, **options)
        audio = GrowingAudio(2, RATE, song.audio.n_samples + 100)
        audio.append(song.audio.read(0, 10 * RATE))
        opened(dataclasses.replace(song, audio=audio))
        audio.append(song.audio.read(10 * RATE, song.audio.n_samples))
        return dataclasses.replace(song, audio=audio.finish(song.audio.n_samples))

    session = make_session(decode=lying)
    ready: list[int] = []
    session.mixture_ready.connect(ready.append)
    session.open([path])
    until_done(qtbot, session.current)
    assert len(ready) == 2


def test_another_model_while_it_is_decoded(qtbot, make_session, slow_disk, path: Path) -> None:
    disk = slow_disk()
    session = make_session(decode=disk)
    session.open([path])
    song = session.current
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 0, timeout=60000
    )
    mixture = song.decoded.audio
    session.set_model("twin")
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 0, timeout=60000
    )
    assert song.result.model_id == "twin"
    disk.go_on.set()
    until_done(qtbot, song)
    assert song.decoded.audio is mixture
    assert set(song.results) == {"twin"}


def test_a_song_from_the_cache_is_done_when_its_file_is(
    qtbot, make_session, slow_disk, path: Path, tmp_path: Path
) -> None:
    cache = ResultCache(tmp_path / "cache")
    first = make_session(cache=cache)
    first.open([path])
    until_done(qtbot, first.current)
    qtbot.waitUntil(lambda: first.pool.n_unfinished == 0, timeout=60000)
    disk = slow_disk()
    session = make_session(cache=cache, decode=disk)
    session.open([path])
    song = session.current
    qtbot.waitUntil(lambda: song.result is not None and song.result.complete, timeout=60000)
    assert song.state is SongState.DECODING
    session.set_model("twin")
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.n_samples_ready > 0, timeout=60000
    )
    session.set_model("tiny")
    assert song.result.complete
    disk.go_on.set()
    until_done(qtbot, song)


def test_seeking_moves_the_computation_there(qtbot, make_session, step_by_step, path: Path) -> None:
    hand = step_by_step()
    session = make_session(separator_factory=hand)
    spans: list[StemsAdvanced] = []
    session.stems_advanced.connect(spans.append)
    session.open([path])
    song = session.current
    hand.may.release()
    qtbot.waitUntil(lambda: len(spans) == 1, timeout=60000)
    place = round(0.7 * SECONDS * RATE)
    session.seek(song.song_id, place)
    hand.may.release(9)
    qtbot.waitUntil(lambda: song.result.samples_ready.until(place) > place, timeout=60000)
    assert song.result.n_samples_ready < place
    assert len(song.result.samples_ready.ranges) == 2
    hand.may.release(100)
    until_done(qtbot, song)


def test_a_place_sought_before_the_separation_begins_counts(
    qtbot, make_session, step_by_step, path: Path
) -> None:
    hand = step_by_step()
    session = make_session(separator_factory=hand)
    with qtbot.waitSignal(session.mixture_ready, timeout=60000):
        session.open([path])
    song = session.current
    place = round(0.7 * SECONDS * RATE)
    session.seek(song.song_id, place)
    hand.may.release(9)
    qtbot.waitUntil(
        lambda: song.result is not None and song.result.samples_ready.size > 0, timeout=60000
    )
    qtbot.waitUntil(lambda: song.result.samples_ready.until(place) > place, timeout=60000)
    assert not song.result.samples_ready.covers(0, place)
    hand.may.release(100)
    until_done(qtbot, song)


def test_reports_that_follow_upon_each_other_become_one() -> None:
    parts = [
        StemsAdvanced(1, "tiny", 0, 10, 0, 1),
        StemsAdvanced(1, "tiny", 10, 20, 1, 2),
        StemsAdvanced(1, "tiny", 50, 60, 5, 6),
    ]
    assert joined(parts) == [StemsAdvanced(1, "tiny", 0, 20, 0, 2), parts[2]]
    assert joined([]) == []
    assert not StemsAdvanced(1, "tiny", 5, 5, 0, 0).is_any


def test_short_songs_are_decoded_at_once(qtbot, make_session, tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.zeros((RATE, 2)), RATE)
    session = make_session()
    session.open([path])
    song = session.current
    qtbot.waitUntil(lambda: not song.state.is_busy, timeout=60000)
    assert not isinstance(song.decoded.audio, (GrowingAudio, ArrayAudio))
