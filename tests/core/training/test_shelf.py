"""Arrays stay as they are, in memory or in a temporary file that goes away by itself."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from core.training.shelf import Shelf


def arrays(n: int = 12) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=(2, 100 + 7 * k)).astype(np.float32) for k in range(n)]


def test_what_does_not_fit_memory_lies_in_files(tmp_path: Path) -> None:
    shelf = Shelf(2000, None, segment_bytes=4096, directory=str(tmp_path))
    wanted = arrays()
    kept = [shelf.keep(array) for array in wanted]
    assert kept[0] is wanted[0]
    assert kept[-1] is not wanted[-1]
    for array, same in zip(wanted, kept, strict=True):
        np.testing.assert_array_equal(same, array)
        assert same.dtype == array.dtype
    assert not kept[-1].flags.writeable
    assert not list(tmp_path.iterdir())  # nothing is left behind, whatever happens to the program
    del shelf
    gc.collect()
    np.testing.assert_array_equal(kept[-1], wanted[-1])


def test_an_array_larger_than_a_segment_gets_one_of_its_own() -> None:
    shelf = Shelf(0, None, segment_bytes=4096)
    large = np.arange(5000, dtype=np.float16)
    small = np.arange(10, dtype=np.int32)
    np.testing.assert_array_equal(shelf.keep(large), large)
    np.testing.assert_array_equal(shelf.keep(small), small)


def test_the_files_have_a_bound() -> None:
    shelf = Shelf(0, 8192, segment_bytes=4096)
    kept = [shelf.keep(np.zeros(1000, np.float32)) for _ in range(4)]
    assert [array is not None for array in kept] == [True, True, False, False]
    assert shelf.keep(np.zeros((1, 0), np.float32)).shape == (1, 0)


def test_a_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space"):
        Shelf(0).keep(np.zeros(10, np.float32))
