"""Masks leave the program and come back as they were, or with a sentence."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import core.masks
import core.npy_stream
import core.selection_files
from core.audio import ArrayAudio, DifferenceAudio
from core.datasets import find_clips
from core.editing import Cells, Lasso, Outside, Rectangle
from core.errors import Cancelled, DataError, OutputError, StemscopeError, UsageError
from core.mask_files import (
    MaskFacts,
    read_facts,
    read_npz,
    write_csv,
    write_npz,
    write_pair,
    write_png,
)
from core.masks import Mask

FACTS = MaskFacts("u-net", "U-Net", "ab" * 32, "Ünï/歌", "0.1.0", ("vocals", "accompaniment"))


def random_mask(n_channels: int = 1, n_frames: int = 40, window: int = 64, seed: int = 1) -> Mask:
    mask = Mask.empty(2, n_frames, 16000, window // 2, window, n_channels)
    rng = np.random.default_rng(seed)
    mask.values[:] = rng.random(mask.values.shape)
    mask.values[..., :2] = [0, 1]
    mask.above[:] = rng.random(mask.above.shape)
    return mask


def assert_same(found: Mask, expected: Mask) -> None:
    for name in ("values", "above"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one.shape == other.shape
        np.testing.assert_array_equal(
            np.ascontiguousarray(one).view(np.uint16), np.ascontiguousarray(other).view(np.uint16)
        )
    for name in ("sample_rate", "hop_samples", "window_samples", "window"):
        assert getattr(found, name) == getattr(expected, name)


def saved(folder: Path, mask: Mask, facts: MaskFacts = FACTS) -> Path:
    write_npz(folder / "song.npz", mask, facts)
    return folder / "song.npz"


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def with_table(path: Path, **changes: object) -> Path:
    def change(members: dict[str, bytes]) -> None:
        members["about.json"] = json.dumps(
            {**json.loads(members["about.json"]), **changes}
        ).encode()

    return rewritten(path, change)


@pytest.mark.parametrize("piece", [7, 1 << 20])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_mask_comes_back_bit_for_bit(
    n_channels: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.npy_stream, "PIECE", piece)
    monkeypatch.setattr(core.mask_files, "PIECE", piece)
    mask = random_mask(n_channels)
    shares: list[float] = []
    write_npz(tmp_path / "new" / "song.npz", mask, FACTS, shares.append)
    path = tmp_path / "new" / "song.npz"
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert_same(read_npz(path), mask)
    assert_same(read_npz(path, mask), mask)
    assert read_facts(path) == FACTS
    assert sorted(p.name for p in path.parent.iterdir()) == ["song.json", "song.npz"]


def test_numpy_reads_it_and_the_table_is_beside_it(tmp_path: Path) -> None:
    mask = random_mask(2)
    path = saved(tmp_path, mask)
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["values"], mask.values)
        np.testing.assert_array_equal(arrays["above"], mask.above)
        text = arrays["about.json"]
    assert text == path.with_suffix(".json").read_bytes()
    table = json.loads(text)
    assert table["model"]["sha256"] == "ab" * 32
    assert table["stft"] == {"window_samples": 64, "hop_samples": 32, "window": "sine"}
    assert table["sample_rate"] == 16000
    assert table["arrays"]["values"]["shape"] == [1, 2, 33, 40]


def test_the_same_mask_gives_the_same_file(tmp_path: Path) -> None:
    first, second = (saved(tmp_path / name, random_mask()) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_a_mask_on_disk_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = random_mask()
    monkeypatch.setattr(core.masks, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(core.mask_files, "PIECE", 100)
    monkeypatch.setattr(core.npy_stream, "PIECE", 100)
    large = random_mask()
    assert isinstance(large.values.base, np.memmap)
    path = saved(tmp_path, large)
    assert path.read_bytes() == saved(tmp_path / "small", small).read_bytes()
    for mask, name in ((small, "small"), (large, "large")):
        write_png(tmp_path / f"{name}.png", mask)
        write_csv(tmp_path / f"{name}.csv", mask, Rectangle(0.01, 0.05, 0, 8000))
    for suffix in ("png", "csv"):
        files = [tmp_path / f"{name}.{suffix}" for name in ("small", "large")]
        assert files[0].read_bytes() == files[1].read_bytes()
    found = read_npz(path, scratch_dir=str(tmp_path))
    assert isinstance(found.values.base, np.memmap)
    assert_same(found, small)


def test_stopping_leaves_what_was_there(tmp_path: Path) -> None:
    path = saved(tmp_path, random_mask())
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    mask = random_mask(seed=2)
    for write in (
        lambda: write_npz(path, mask, FACTS, should_stop=lambda: True),
        lambda: write_png(tmp_path / "song.png", mask, should_stop=lambda: True),
        lambda: write_csv(
            tmp_path / "song.csv", mask, Outside(Rectangle(0, 0, 0, 0)), should_stop=lambda: True
        ),
    ):
        with pytest.raises(Cancelled):
            write()
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_somebody_s_json_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "song.json").write_text('{"mine": 1}')
    with pytest.raises(OutputError, match=r"song\.json"):
        saved(tmp_path, random_mask())
    assert [p.name for p in tmp_path.iterdir()] == ["song.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        saved(tmp_path / "file", random_mask())


def test_names_that_utf_8_cannot_hold(tmp_path: Path) -> None:
    path = saved(tmp_path, random_mask(), dataclasses.replace(FACTS, song_name="a\udcff"))
    facts = read_facts(path)
    assert facts is not None
    assert facts.song_name == "a?"


@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_axes", [2, 4])
def test_values_of_numpy_alone_fit_a_mask(
    kind: str, order: str, n_axes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.mask_files, "PIECE", 100)
    mask, path = random_mask(), tmp_path / "mine.npz"
    values = np.array(mask.values if n_axes == 4 else mask.values[0, 0], kind, order=order)
    np.savez(path, values=values)
    found = read_npz(path, mask)
    np.testing.assert_array_equal(found.values, mask.values)
    # Above its bins a mask follows its top octave.
    assert ((found.above > 0.2) & (found.above < 0.8)).sum() == 38
    np.testing.assert_array_equal(found.above[0, 0, :2], [0, 1])
    np.savez_compressed(path, values=values, above=mask.above, other=np.arange(3))
    assert_same(read_npz(path, mask), mask)
    with pytest.raises(DataError, match="Open the song"):
        read_npz(path)
    assert read_facts(path) is None


@pytest.mark.parametrize("order", ["C", "F"])
def test_one_channel_stands_for_all(order: str, tmp_path: Path) -> None:
    like, path = random_mask(2), tmp_path / "mine.npz"
    values = np.array(like.values[0, :1], order=order)
    np.savez(path, values=np.array(values[None], order=order))
    found = read_npz(path, like)
    assert found.values.shape == like.values.shape
    for channel in (0, 1):
        np.testing.assert_array_equal(found.values[0, channel], values[0])


@pytest.mark.parametrize("is_saved_here", [True, False])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_frame_more_or_less(by: int, is_saved_here: bool, tmp_path: Path) -> None:
    mask, like = random_mask(n_frames=40 + by), random_mask(n_frames=40, seed=3)
    path = saved(tmp_path, mask)
    if not is_saved_here:
        np.savez(path, values=np.ascontiguousarray(mask.values), above=mask.above)
    found = read_npz(path, like)
    assert found.n_frames == 40
    for name in ("values", "above"):
        read, written = getattr(found, name), getattr(mask, name)
        np.testing.assert_array_equal(read[..., :39], written[..., :39])
        np.testing.assert_array_equal(read[..., 39], written[..., 39 if by == 1 else 38])


@pytest.mark.parametrize(
    ("like", "said"),
    [
        (random_mask(n_frames=42), "40 frames.* 42"),
        (random_mask(window=128), "16000 Hz, 64 / 32, sine.*16000 Hz, 128 / 64, sine.*U-Net"),
        (dataclasses.replace(random_mask(), sample_rate=44100), "44100 Hz"),
        (dataclasses.replace(random_mask(), window="hann"), "hann"),
        (Mask.empty(3, 40, 16000, 32, 64), "2 sources.* 3"),
    ],
)
def test_what_does_not_fit_says_why(like: Mask, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        read_npz(saved(tmp_path, random_mask()), like)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"mask": np.zeros((33, 40))}, "no array “values”"),
        ({"values": np.zeros((33, 40), np.int64)}, "<i8"),
        ({"values": np.zeros((33, 40), object)}, "|O"),
        ({"values": np.zeros(40)}, "shape 40"),
        ({"values": np.zeros((0, 40))}, "shape 0 × 40"),
        ({"values": np.zeros((32, 40))}, "32 frequency bins.* 33"),
        ({"values": np.zeros((33, 38))}, "38 frames.* 40"),
        ({"values": np.zeros((1, 2, 33, 40))}, "2 channels.* 1"),
        ({"values": np.full((33, 40), 1.25)}, r"value 1\.25"),
        ({"values": np.full((33, 40), -0.5, np.float16)}, r"value -0\.5"),
        ({"values": np.full((33, 40), np.nan, np.float32)}, "value nan"),
        ({"values": np.full((33, 40), np.inf)}, "value inf"),
        ({"values": np.zeros((33, 40)), "above": np.zeros(30)}, "damaged"),
        ({"values": np.zeros((33, 40)), "above": np.full(40, 2.0)}, "value 2"),
    ],
)
def test_arrays_that_are_no_mask(arrays: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=said) as raised:
        read_npz(path, random_mask())
    assert "mine.npz" in str(raised.value)


def test_tables_that_cannot_be(tmp_path: Path) -> None:
    def read(**changes: object) -> str:
        path = with_table(saved(tmp_path, random_mask()), **changes)
        with pytest.raises(DataError) as raised:
            read_npz(path, random_mask())
        return str(raised.value)

    assert "newer" in read(version=2)
    for changes in (
        {"version": True},
        {"format": "other"},
        {"stft": {"window_samples": 64, "hop_samples": 60, "window": "sine"}},
        {"sample_rate": 0},
        {"sample_rate": 1e300},
        {"sources": ["vocals"]},
        {"sources": 3},
        {"model": None},
        {"arrays": {}},
    ):
        assert "damaged" in read(**changes)


def test_what_was_changed_or_is_absurd(tmp_path: Path) -> None:
    mask = random_mask()

    def change_value(members: dict[str, bytes]) -> None:
        data = bytearray(members["values.npy"])
        data[-1] ^= 1
        members["values.npy"] = bytes(data)

    def drop_above(members: dict[str, bytes]) -> None:
        del members["above.npy"]

    def nest(members: dict[str, bytes]) -> None:
        members["about.json"] = b"[" * 100_000

    def swell(members: dict[str, bytes]) -> None:
        members["about.json"] += b" " * (1 << 21)

    def lie(members: dict[str, bytes]) -> None:
        members["values.npy"] = members["values.npy"].replace(b"33, 40), ", b"33, 99), ")

    def evaluate(members: dict[str, bytes]) -> None:
        members["values.npy"] = (
            members["values.npy"].replace(b"False", b"exit(").replace(b"True", b"9**9")
        )

    for change, said in (
        (change_value, "was changed"),
        (drop_above, "“above”"),
        (nest, "damaged"),
        (swell, "damaged"),
        (lie, "damaged"),
        (evaluate, "damaged"),
    ):
        with pytest.raises(DataError, match=said):
            read_npz(rewritten(saved(tmp_path, mask), change), mask)
    monkey = {"values": {"shape": [1, 1, 33, 10**9]}, "above": {"shape": [1, 1, 10**9]}}
    for array in monkey.values():
        array["sha256"] = ""
    with pytest.raises(DataError):
        read_npz(with_table(saved(tmp_path, mask), arrays=monkey))
    for name in ("none.npz", "."):
        with pytest.raises(DataError, match="cannot be read"):
            read_npz(tmp_path / name)


def test_a_small_file_cannot_swell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.mask_files, "MAX_CELLS", 1000)
    path = saved(tmp_path, random_mask())
    with pytest.raises(DataError, match="larger"):
        read_npz(path)
    assert_same(read_npz(path, random_mask()), random_mask())


def test_no_room_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    path = saved(tmp_path, random_mask())
    monkeypatch.setattr(core.masks, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(core.masks, "scratch_zeros", full)
    with pytest.raises(OutputError, match="No space left"):
        read_npz(path)


def test_damaged_files_are_read_or_are_sentences(tmp_path: Path) -> None:
    mask = random_mask(n_frames=12)
    path = saved(tmp_path, mask)
    good, rng = path.read_bytes(), np.random.default_rng(5)
    n_refused = 0
    for round_ in range(500):
        data = bytearray(good)
        if round_ % 5 == 0:
            data = data[: rng.integers(len(data))]
        elif round_ % 5 == 1:
            place = rng.integers(len(data))
            del data[place : place + rng.integers(1, 40)]
        else:
            # The directory at the end is where the sizes and places of the members are.
            reach = len(data) if round_ % 5 < 4 else 300
            for place in len(data) - 1 - rng.integers(0, reach, rng.integers(1, 6)):
                data[place] = rng.integers(256)
        path.write_bytes(data)
        said = None
        try:
            found = read_npz(path, mask if round_ % 2 else None)
            read_facts(path)
        except StemscopeError as error:
            said = str(error)
        if said is not None:
            n_refused += 1
            assert "song.npz" in said
        else:  # what was hit does not matter
            np.testing.assert_array_equal(found.values, mask.values)
    assert n_refused > 400


def read_png(data: bytes) -> np.ndarray:
    """The pixels ``(height, width)`` of a greyscale PNG of 16 bits without filters."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: list[tuple[bytes, bytes]] = []
    place = 8
    while place < len(data):
        (n_bytes,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + n_bytes]
        assert struct.unpack_from(">I", data, place + 8 + n_bytes)[0] == zlib.crc32(kind + body)
        chunks.append((kind, body))
        place += 12 + n_bytes
    assert chunks[0][0] == b"IHDR"
    assert chunks[-1] == (b"IEND", b"")
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [16, 0, 0, 0, 0]
    lines = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows = np.frombuffer(lines, np.uint8).reshape(height, 1 + 2 * width)
    assert not rows[:, 0].any()
    return np.ascontiguousarray(rows[:, 1:]).view(">u2").astype(np.float64)


@pytest.mark.parametrize("group", [100, 1 << 22])
def test_a_picture_of_the_mask(group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.mask_png._GROUP", group)
    mask, path = random_mask(2), tmp_path / "song.png"
    values = mask.values[0].astype(np.float64)
    write_png(path, mask, channel=1, facts=FACTS)
    pixels = read_png(path.read_bytes())
    assert pixels.shape == (33, 40)
    np.testing.assert_allclose(pixels, values[1, ::-1] * 65535, atol=0.51)
    write_png(path, mask)
    np.testing.assert_allclose(
        read_png(path.read_bytes()), values.mean(axis=0)[::-1] * 65535, atol=0.51
    )
    table = json.loads((tmp_path / "song.png.json").read_text("utf-8"))
    assert table["picture"]["frames_per_column"] == 1


def test_a_picture_narrower_than_the_mask(tmp_path: Path) -> None:
    mask, path = random_mask(), tmp_path / "song.png"
    write_png(path, mask, max_columns=15)
    pixels = read_png(path.read_bytes())
    values = mask.values[0, 0].astype(np.float64)[::-1] * 65535
    assert pixels.shape == (33, 14)
    np.testing.assert_allclose(
        pixels[:, :13], values[:, :39].reshape(33, 13, 3).mean(axis=2), atol=0.51
    )
    np.testing.assert_allclose(pixels[:, 13], values[:, 39], atol=0.51)
    for arguments in ({"source": 1}, {"channel": 1}, {"max_columns": 0}):
        with pytest.raises(UsageError):
            write_png(path, mask, **arguments)


def test_a_selection_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.selection_files, "_CSV_FRAMES", 7)
    mask, path = random_mask(2), tmp_path / "song.csv"
    region = Lasso(((0.01, 500), (0.06, 1000), (0.05, 7000)))
    times, freqs = np.arange(40) * 32 / 16000, np.arange(33) * 250.0
    weights = region.weights(times, freqs)
    n_cells = write_csv(path, mask, region, facts=FACTS)
    about = json.loads((tmp_path / f"{path.name}.json").read_text("utf-8"))
    assert about["model"]["sha256"] == FACTS.model_sha256
    assert (about["sample_rate"], about["stft"]["hop_samples"]) == (16000, 32)
    assert about["table"]["rows"] == n_cells
    text = path.read_text("ascii")
    assert text.startswith("time_s,frequency_hz,channel,mask,weight\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = [
        (times[k], freqs[b], c, mask.values[0, c, b, k], weights[b, k])
        for k, b in np.argwhere(weights.T > 0)
        for c in (0, 1)
    ]
    assert len(rows) == n_cells == len(expected) > 50
    found = [
        (
            float(row["time_s"]),
            float(row["frequency_hz"]),
            int(row["channel"]),
            np.float16(row["mask"]),
            np.float32(row["weight"]),
        )
        for row in rows
    ]
    assert found == expected


def test_selections_that_are_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask, path = random_mask(), tmp_path / "song.csv"
    with pytest.raises(UsageError, match="no cell"):
        write_csv(path, mask, Rectangle(50, 60, 0, 8000))
    empty = Cells.of(np.zeros((3, 3), bool), 0, 0, 16000, 32, 64)
    monkeypatch.setattr(core.selection_files, "MAX_CSV_CELLS", 1000)
    with pytest.raises(UsageError, match="1320 cells"):
        write_csv(path, mask, Outside(empty))
    assert not path.exists()


def pair_stems(seconds: float = 70, rate: int = 8000) -> dict[str, ArrayAudio | DifferenceAudio]:
    rng = np.random.default_rng(6)
    song, voice = (
        ArrayAudio(rng.normal(0, 0.5, (2, round(seconds * rate))), rate) for _ in range(2)
    )
    return {"vocals": voice, "accompaniment": DifferenceAudio(song, [voice])}


def test_edits_leave_as_examples_to_train_with(tmp_path: Path) -> None:
    stems, folder = pair_stems(), tmp_path / "new" / "pairs"
    shares: list[float] = []
    span = (58.5, 65.25)
    path = write_pair(folder, "__Blue: one.", stems, span, FACTS, "b.flac", shares.append)
    assert path == folder / "Blue- one (0.58-1.05)"
    assert shares[-1] == 1
    again = write_pair(folder, "__Blue: one.", stems, span, FACTS)
    assert again.name == "Blue- one (0.58-1.05) (2)"
    assert {p.name for p in folder.iterdir()} == {path.name, again.name}
    clips = find_clips(folder)
    assert [(clip.name, clip.layout) for clip in clips] == [
        (path.name, "pairs"), (again.name, "pairs"),
    ]  # fmt: skip
    voice, music = clips[0].load()
    first, last = 468_000, 522_000
    np.testing.assert_array_equal(voice, stems["vocals"].read(first, last))
    np.testing.assert_array_equal(music, stems["accompaniment"].read(first, last))
    assert soundfile.info(path / "vocals.wav").subtype == "FLOAT"
    table = json.loads((path / "pair.json").read_text("utf-8"))
    assert (table["region"]["start_s"], table["region"]["stop_s"]) == span
    assert (table["region"]["start_sample"], table["region"]["stop_sample"]) == (first, last)
    assert (table["song"], table["source"]) == ("__Blue: one.", "b.flac")
    assert table["model"]["sha256"] == FACTS.model_sha256


def test_a_stretch_is_cut_to_the_song(tmp_path: Path) -> None:
    path = write_pair(tmp_path, "..", pair_stems(2), (-np.inf, np.inf), FACTS)
    assert path.name == "untitled (0.00-0.02)"
    assert soundfile.info(path / "vocals.wav").frames == 16_000
    for span in ((3.0, 4.0), (1.0, 1.0)):
        with pytest.raises(UsageError, match="no sound"):
            write_pair(tmp_path, "a", pair_stems(2), span, FACTS)
    with pytest.raises(UsageError, match="“accompaniment”"):
        write_pair(tmp_path, "a", {"vocals": pair_stems(2)["vocals"]}, (0, 1), FACTS)


def test_half_an_example_never_appears(tmp_path: Path) -> None:
    class Broken(ArrayAudio):
        def read(self, start: int, stop: int) -> np.ndarray:
            raise OSError(5, "Input/output error")

    stems, folder = pair_stems(2), tmp_path / "pairs"
    broken = {**stems, "accompaniment": Broken(np.zeros((2, 16_000)), 8000)}
    with pytest.raises(OutputError, match="Input/output"):
        write_pair(folder, "a", broken, (0, 1), FACTS)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        write_pair(folder, "a", stems, (0, 1), FACTS, should_stop=lambda: next(answers))
    assert not folder.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_pair(tmp_path / "file", "a", stems, (0, 1), FACTS)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
