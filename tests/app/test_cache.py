"""The cache of results: exact, bounded, atomic, and silent about damage."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.cache import ResultCache, fingerprint
from app.cache_file import CacheKey
from app.song import SongResult
from core.audio import ArrayAudio, DifferenceAudio, ScratchAudio
from core.errors import Cancelled
from core.masks import Mask
from core.ranges import Ranges

RATE = 44100
KEY = CacheKey("f" * 64, "paper", "a" * 64)


def make_result(n_samples: int = 5000, n_channels: int = 2, seed: int = 3):
    rng = np.random.default_rng(seed)
    mixture = ArrayAudio(rng.normal(size=(n_channels, n_samples)).astype(np.float32), RATE)
    voice = ScratchAudio(n_channels, RATE, n_samples)
    voice.write(0, rng.normal(size=(n_channels, n_samples)).astype(np.float32))
    n_frames = n_samples // 128 + 2
    values = rng.random((1, 1, 129, n_frames)).astype(np.float16)
    above = rng.random((1, 1, n_frames)).astype(np.float16)
    stems = {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}
    mask = Mask(values, above, 8000, 128, 256)
    result = SongResult(
        "paper", tuple(stems), mask, stems, Ranges([(0, n_samples)]), Ranges([(0, n_frames)]), True
    )
    return mixture, result


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "cache")


@pytest.mark.parametrize(("n_samples", "n_channels"), [(1, 1), (5000, 2), (300_000, 6)])
def test_a_result_comes_back_exactly(cache, n_samples, n_channels) -> None:
    mixture, result = make_result(n_samples, n_channels)
    assert cache.store(KEY, result)
    again = cache.load(KEY, mixture)
    assert again is not None
    assert again.complete
    assert again.sources == result.sources
    assert (again.n_samples_ready, again.n_frames_ready) == (n_samples, result.mask.n_frames)
    np.testing.assert_array_equal(again.mask.values, result.mask.values)
    np.testing.assert_array_equal(again.mask.above, result.mask.above)
    assert again.mask.values.dtype == np.float16
    assert again.mask.values.flags.writeable
    assert again.mask.hop_samples == 128
    for source, stem in result.stems.items():
        np.testing.assert_array_equal(
            again.stems[source].read(0, n_samples), stem.read(0, n_samples)
        )


def test_nothing_for_another_model_or_song(cache) -> None:
    mixture, result = make_result()
    cache.store(KEY, result)
    assert cache.load(CacheKey(KEY.fingerprint, "paper", "b" * 64), mixture) is None
    assert cache.load(CacheKey(KEY.fingerprint, "other", KEY.model_sha256), mixture) is None
    assert cache.load(CacheKey("0" * 64, "paper", KEY.model_sha256), mixture) is None
    shorter, _ = make_result(4000)
    assert cache.load(KEY, shorter) is None


@pytest.mark.parametrize("where", [0.0, 0.1, 0.5, 0.9, 0.97, 0.9999])
def test_a_changed_byte_drops_the_entry(cache, where) -> None:
    mixture, result = make_result()
    cache.store(KEY, result)
    (path,) = cache.folder.iterdir()
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 0x55
    path.write_bytes(data)
    assert cache.load(KEY, mixture) is None
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
def test_a_cut_file_drops_the_entry(cache, kept) -> None:
    mixture, result = make_result()
    cache.store(KEY, result)
    (path,) = cache.folder.iterdir()
    os.truncate(path, int(kept * path.stat().st_size))
    assert cache.load(KEY, mixture) is None
    assert list(cache.folder.iterdir()) == []


def test_the_least_recently_used_goes_first(cache) -> None:
    mixture, result = make_result()
    keys = [CacheKey(str(index), "paper", "") for index in range(4)]
    for index, key in enumerate(keys[:3]):
        cache.store(key, result)
        os.utime(cache.folder / key.file_name, (index, index))
    assert cache.load(keys[0], mixture) is not None  # used just now
    cache.limit_bytes = int(cache.n_bytes * 1.1)
    cache.store(keys[3], result)
    present = [cache.load(key, mixture) is not None for key in keys]
    assert present == [True, False, True, True]
    assert cache.n_bytes <= cache.limit_bytes
    cache.clear()
    assert cache.n_bytes == 0


def test_what_does_not_fit_or_is_unfinished_is_not_kept(cache) -> None:
    mixture, result = make_result()
    cache.limit_bytes = 1000
    assert not cache.store(KEY, result)
    cache.limit_bytes = 1 << 30
    result.complete = False
    assert not cache.store(KEY, result)
    assert cache.load(KEY, mixture) is None


def test_a_stop_leaves_nothing_behind(cache) -> None:
    mixture, result = make_result()
    with pytest.raises(Cancelled):
        cache.store(KEY, result, should_stop=lambda: True)
    assert list(cache.folder.iterdir()) == []
    cache.store(KEY, result)
    with pytest.raises(Cancelled):
        cache.load(KEY, mixture, should_stop=lambda: True)
    assert cache.load(KEY, mixture) is not None


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path) -> None:
    mixture, result = make_result()
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    cache = ResultCache(blocker / "cache")
    assert not cache.store(KEY, result)
    assert cache.load(KEY, mixture) is None
    assert cache.n_bytes == 0


def test_a_song_closed_meanwhile_is_not_kept(cache) -> None:
    _mixture, result = make_result()
    result.stems["vocals"].close()
    assert not cache.store(KEY, result)
    assert list(cache.folder.iterdir()) == []


def test_what_a_crash_left_is_cleared(cache) -> None:
    cache.folder.mkdir(parents=True)
    stale, fresh = cache.folder / "old.part", cache.folder / "new.part"
    for path in (stale, fresh):
        path.write_bytes(b"half")
    os.utime(stale, (1, 1))
    cache.trim()
    assert not stale.exists()
    assert fresh.exists()


def test_fingerprints_tell_contents_apart(tmp_path) -> None:
    path = tmp_path / "song.wav"
    data = bytearray(np.random.default_rng(1).bytes(6 << 20))
    marks = set()
    for position in (None, 0, len(data) - 1):
        if position is not None:
            data[position] ^= 1
        path.write_bytes(data)
        os.utime(path, (7, 7))
        marks.add(fingerprint(path))
        assert fingerprint(path) in marks
    os.utime(path, (8, 8))
    marks.add(fingerprint(path))
    assert len(marks) == 4
    path.write_bytes(b"")
    assert len(fingerprint(path)) == 64
