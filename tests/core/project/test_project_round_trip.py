from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import masks
from core.errors import Cancelled, DataError, OutputError
from core.masks import Mask
from core.project import (
    Project,
    UnfitError,
    archive,
    codec,
    document,
    read_header,
    read_project,
    unpack_source,
    write_project,
    writing,
)


def bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).view(np.uint16)


def assert_same(back: Project, project: Project) -> None:
    np.testing.assert_array_equal(bits(back.mask.values), bits(project.mask.values))
    np.testing.assert_array_equal(bits(back.mask.above), bits(project.mask.above))
    for name in ("sample_rate", "hop_samples", "window_samples", "window"):
        assert getattr(back.mask, name) == getattr(project.mask, name)
    for name in ("source", "model", "sources", "state", "view", "mixer", "loop_s", "position_s"):
        assert getattr(back, name) == getattr(project, name)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("n_frames", [1, 2, 150, codec.BLOCK_FRAMES, codec.BLOCK_FRAMES + 1])
@pytest.mark.parametrize(("n_channels", "n_sources"), [(1, 2), (2, 3)])
def test_a_project_comes_back_bit_for_bit(
    n_frames: int,
    n_channels: int,
    n_sources: int,
    song: Path,
    make_mask: Callable[..., Mask],
    make_project: Callable[[Path, Mask], Project],
    tmp_path: Path,
) -> None:
    project = make_project(song, make_mask(n_frames, n_channels, n_sources))
    path = tmp_path / "deep" / "er" / "Lied.stemscope"
    written = write_project(path, project)
    assert written.source.relative_path == f"../../music/{song.name}"
    assert not written.source.packed
    assert_same(read_project(path), written)
    assert files_in(path.parent) == [path.name]


def test_saving_again_gives_the_same_bytes(project: Project, saved: Path) -> None:
    before = saved.read_bytes()
    write_project(saved, read_project(saved))
    assert saved.read_bytes() == before


def test_the_song_is_packed_byte_for_byte(
    packed: Path, project: Project, song: Path, by_hand: Any
) -> None:
    back = read_project(packed)
    assert back.source.packed
    assert by_hand.entries(packed)["source/Ein Lied – 歌- 1.wav"] == song.read_bytes()
    # Saved again without it, it is no longer there.
    assert not write_project(packed, back).source.packed
    assert not read_project(packed).source.packed


def test_every_value_of_a_mask_comes_back() -> None:
    # All float16 from 0 to 1 in any order, with blocks that begin and end anywhere.
    every = np.append(np.arange(0x3C01, dtype=np.uint16), np.uint16(0x8000))
    shuffled = np.random.default_rng(5).permutation(np.tile(every, 3))
    values = shuffled[: 2 * 3 * 7681].view(np.float16).reshape(2, 1, 3, 7681)
    stream = b"".join(codec.encoded(values))
    assert len(stream) == codec.coded_bytes(values.shape)
    place = 0

    def read(size: int) -> bytes:
        nonlocal place
        place += size
        return stream[place - size : place]

    back = np.zeros_like(values)
    codec.decode(read, back)
    np.testing.assert_array_equal(bits(back), bits(values))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.001, -1e-7, 65504])
def test_no_mask_is_neither_saved_nor_read(
    value: float, project: Project, saved: Path, by_hand: Any
) -> None:
    before = saved.read_bytes()
    project.mask.values[0, 1, 7, 90] = value
    with pytest.raises(DataError, match=r"song\.stemscope.*not between 0 and 1"):
        write_project(saved, project)
    assert saved.read_bytes() == before
    assert files_in(saved.parent) == ["song.stemscope"]
    above = np.zeros((1, 2, 1, 150), np.float16)
    coded = bytearray(b"".join(codec.encoded(above)))
    # One frame's difference makes all frames after it this value.
    low, high = np.array(value, "<f2").tobytes()
    coded[3], coded[150 + 3] = low, high
    by_hand.with_array(saved, "above.bin", bytes(coded))
    with pytest.raises(DataError, match=r"song\.stemscope.*not between 0 and 1"):
        read_project(saved)


def test_a_large_mask_lies_on_disk(
    saved: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masks, "IN_MEMORY_BYTES", 100)
    scratch = tmp_path / "scratch"
    back = read_project(saved, scratch_dir=scratch)
    assert isinstance(back.mask.values.base, np.memmap)
    assert scratch.is_dir()
    np.testing.assert_array_equal(bits(back.mask.values), bits(project.mask.values))
    write_project(saved, back)
    assert_same(read_project(saved), back)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(masks, "scratch_zeros", full)
    with pytest.raises(OutputError, match=r"no room for the mask of “song\.stemscope”"):
        read_project(saved)


def test_a_stop_leaves_the_old_file(packed: Path, project: Project, song: Path) -> None:
    before = packed.read_bytes()
    for n_polls in range(30):
        left = iter(range(n_polls))
        try:
            write_project(
                packed, project, pack_from=song, should_stop=lambda left=left: next(left, -1) < 0
            )
        except Cancelled:
            assert packed.read_bytes() == before
            assert files_in(packed.parent) == ["song.stemscope"]
        else:
            assert n_polls > 4
            break
    else:
        pytest.fail("it never ended")
    with pytest.raises(Cancelled):
        read_project(packed, should_stop=lambda: True)


def test_progress_goes_from_nothing_to_all(project: Project, packed: Path, song: Path) -> None:
    heard: list[float] = []
    write_project(packed, project, pack_from=song, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[0] > 0
    assert heard[-1] == 1


def test_a_full_disk_names_the_folder(
    saved: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as caught:
        write_project(saved, project)
    assert str(saved.parent) in str(caught.value)
    assert "No space left" in str(caught.value)
    assert saved.read_bytes() == before
    assert files_in(saved.parent) == ["song.stemscope"]


def test_a_song_that_changed_is_not_packed(project: Project, packed: Path, song: Path) -> None:
    before = packed.read_bytes()
    for changed in (song.read_bytes()[:-1], song.read_bytes() + bytes(10**6), bytes(3000)):
        song.write_bytes(changed)
        with pytest.raises(DataError, match=r"1\.wav” is no longer the song"):
            write_project(packed, project, pack_from=song)
    song.unlink()
    with pytest.raises(DataError, match=r"1\.wav” cannot be read: No such file"):
        write_project(packed, project, pack_from=song)
    assert packed.read_bytes() == before
    assert files_in(packed.parent) == ["song.stemscope"]


def test_hours_of_silence_can_be_saved_and_opened(
    project: Project, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.mask.values[:] = 0.5
    write_project(saved, project)
    monkeypatch.setattr(archive, "EASY_BYTES", 1000)
    monkeypatch.setattr(archive, "MAX_RATIO", 50)
    with pytest.raises(DataError, match=r"“mask\.bin” in it would take far more room"):
        read_project(saved)
    written = write_project(saved, project)
    assert_same(read_project(saved), written)


def test_entries_of_more_than_32_bits(
    project: Project, packed: Path, song: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(writing, "_BIG_BYTES", 0)
    written = write_project(packed, project, pack_from=song)
    assert_same(read_project(packed), written)
    assert unpack_source(packed, tmp_path).read_bytes() == song.read_bytes()


def test_edits_beyond_all_measure_cannot_be_saved(
    project: Project, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()
    monkeypatch.setattr(document, "MAX_DOCUMENT_VALUES", 20)
    with pytest.raises(OutputError, match=r"“song\.stemscope” cannot be saved: its edits"):
        write_project(saved, project)
    assert saved.read_bytes() == before
    with pytest.raises(DataError, match=r"“project\.json” in it would take far more room"):
        read_project(saved)


def test_the_header_says_what_it_is_about(saved: Path, project: Project) -> None:
    header = read_header(saved)
    assert header.model == project.model
    assert header.sources == ("vocals", "accompaniment")
    assert (
        header.source.sha256 == hashlib.sha256(Path(project.source.path).read_bytes()).hexdigest()
    )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"view": {"a": object()}}, "view"),
        ({"view": {1: 2}}, "view"),
        ({"view": []}, "view"),
        ({"mixer": {"a": "x" * 5_000_000}}, "mixer"),
        ({"mixer": {"a": 2**70}}, "mixer"),
        ({"loop_s": (2.0, 1.0)}, "loop_s"),
        ({"loop_s": (0.0, np.inf)}, "loop_s"),
        ({"loop_s": (1.0,)}, "loop_s"),
        ({"position_s": -1.0}, "position_s"),
        ({"position_s": np.nan}, "position_s"),
        ({"sources": ("vocals",)}, "sources"),
        ({"sources": ("vocals", "vocals")}, "sources"),
        ({"sources": ("vocals", "drums", "rest")}, "mask.shape"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_saved(
    changes: dict[str, Any], place: str, project: Project
) -> None:
    with pytest.raises(UnfitError) as caught:
        replace(project, **changes)
    assert caught.value.place == place


def test_plain_values_are_made_what_json_gives_back(project: Project, tmp_path: Path) -> None:
    nested: Any = 1
    for _ in range(30):
        nested = [nested]
    odd = {"a": (1, np.float32(0.5), np.int64(3)), "b": np.inf, "歌\ud800": {"n": nested}}
    path = tmp_path / "odd.stemscope"
    written = write_project(path, replace(project, view=odd))
    assert written.view["a"] == [1, 0.5, 3]
    assert written.view["b"] is None
    assert read_project(path).view == written.view
    with pytest.raises(UnfitError):
        replace(project, view={"n": [[[nested]]]})
