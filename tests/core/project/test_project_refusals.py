"""Files that are no projects, newer ones and older ones, and archives that would do harm."""

from __future__ import annotations

import json
import stat
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.project import Project, archive, codec, document, read_header, read_project, unpack_source
from core.project.document import CODING

Change = Callable[[Any], None]


def refusal(path: Path) -> str:
    """Why a project is not opened."""
    with pytest.raises(DataError) as caught:
        read_project(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400
    return sentence


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"RIFF" * 100])
def test_other_files_are_no_projects(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song.stemscope"
    path.write_bytes(data)
    assert "is not a Stemscope project" in refusal(path)


def test_other_archives_are_no_projects(saved: Path, by_hand: Any) -> None:
    document = by_hand.document(saved)
    for entries in (
        {"word/document.xml": b"<a/>"},
        {"project.json": b"{}"},
        {"project.json": b"[1]"},
        {"project.json": json.dumps(document | {"format": "other"}).encode()},
    ):
        assert "is not a Stemscope project" in refusal(by_hand.archive(saved, entries))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_project(saved.with_name("gone.stemscope"))
    assert "is not a Stemscope project" in refusal(saved.parent)


def test_a_newer_project_asks_for_an_update(saved: Path, by_hand: Any) -> None:
    newer = by_hand.document(saved) | {"version": 2, "lyrics": "…"}
    by_hand.with_document(saved, newer)
    by_hand.archive(saved, by_hand.entries(saved) | {"lyrics.bin": b"la"})
    assert "saved by a newer version of Stemscope. Update" in refusal(saved)
    with pytest.raises(DataError, match="newer version"):
        read_header(saved)


def as_version_0(plain: Any) -> Any:
    """What drafts wrote: times in samples of the song, and no window, which was the sine."""
    old = {**plain, "version": 0, "mask": {**plain["mask"]}}
    del old["loop_s"], old["position_s"], old["mask"]["window"]
    return old | {"position_samples": 8000, "loop_samples": [4000, 12000]}


def test_version_0_is_migrated(saved: Path, project: Project, by_hand: Any) -> None:
    by_hand.with_document(saved, as_version_0(by_hand.document(saved)))
    back = read_project(saved)
    assert back.position_s == 0.5
    assert back.loop_s == (0.25, 0.75)
    assert back.mask.window == "sine"
    assert back.state == project.state
    assert read_header(saved).source == back.source


@pytest.mark.parametrize(
    "change",
    [
        lambda old: old.pop("position_samples"),
        lambda old: old.update(position_samples="8000"),
        lambda old: old["source"].update(sample_rate=0),
        lambda old: old.update(mask=None),
        lambda old: old.update(source=[]),
        lambda old: old.update(loop_samples=3),
        lambda old: old.update(version=-1),
        lambda old: old.update(version=True),
        lambda old: old.update(version=None),
        lambda old: old.update(version=10**400),
    ],
)
def test_a_damaged_older_project_is_damaged(change: Change, saved: Path, by_hand: Any) -> None:
    old = as_version_0(by_hand.document(saved))
    change(old)
    by_hand.with_document(saved, old)
    assert "is damaged at" in refusal(saved)


def put(place: str, value: object) -> Change:
    def change(plain: Any) -> None:
        *way, last = place.split("/")
        for name in way:
            plain = plain[name]
        plain[last] = value

    return change


@pytest.mark.parametrize(
    ("place", "value", "at"),
    [
        ("more", 1, "project.json"),
        ("program", 3, "program"),
        ("source", None, "source"),
        ("source/more", 1, "source"),
        ("source/sha256", "AB" * 32, "source.sha256"),
        ("source/name", "../../x", "source.name"),
        ("source/name", "..", "source.name"),
        ("source/name", "", "source.name"),
        ("source/name", "a\0b", "source.name"),
        ("source/n_bytes", -1, "source.n_bytes"),
        ("source/n_bytes", 3.0, "source.n_bytes"),
        ("source/n_samples", 16_000 * 3, "mask.shape"),
        ("source/sample_rate", 10**30, "source.sample_rate"),
        ("source/track", -1, "source.track"),
        ("source/packed", 1, "source.packed"),
        ("source/packed", True, "source/Ein Lied – 歌- 1.wav"),
        ("model/card", [], "model.card"),
        ("model/sha256", "", "model.sha256"),
        ("sources", "ab", "sources"),
        ("sources", ["a", "b", "c"], "mask.shape"),
        ("mask/window", "box", "mask.window"),
        ("mask/hop_samples", 100, "mask.window"),
        ("mask/hop_samples", 8, "mask.shape"),
        ("mask/window_samples", 129, "mask.window"),
        ("mask/window_samples", 256, "mask.shape"),
        ("mask/sample_rate", 0, "mask.sample_rate"),
        ("mask/arrays/mask.bin/dtype", "|O", "mask.mask.bin"),
        ("mask/arrays/mask.bin/coding", "pickle", "mask.mask.bin"),
        ("mask/arrays/mask.bin/sha256", "0" * 64, "mask.bin"),
        ("mask/arrays/above.bin/sha256", "0" * 64, "above.bin"),
        ("mask/arrays/mask.bin/shape", [1, 2, 65], "mask.shape"),
        ("mask/arrays/mask.bin/shape", [1, 2, 65, 151], "mask.above.bin.shape"),
        ("mask/arrays/mask.bin/shape", [2, 2, 65, 150], "mask.above.bin.shape"),
        ("mask/arrays/mask.bin/shape", [1, 2, 65, 10**11], "mask.shape"),
        ("mask/arrays/mask.bin/shape", [1, 2, 65, 0], "mask.mask.bin.shape"),
        ("mask/arrays/above.bin/shape", [1, 2, 149], "mask.above.bin.shape"),
        ("mask/arrays/other.bin", {}, "mask.arrays"),
        ("view", None, "view"),
        ("loop_s", [1], "loop_s"),
        ("loop_s", [0.2, 0.1], "loop_s"),
        ("loop_s", ["0", "1"], "loop_s"),
        ("position_s", -0.1, "position_s"),
        ("position_s", 1e300, "position_s"),
        ("position_s", 10**400, "position_s"),
        ("position_s", float("nan"), "project.json"),
    ],
)
def test_a_text_that_does_not_fit(
    place: str, value: object, at: str, saved: Path, by_hand: Any
) -> None:
    plain = by_hand.document(saved)
    put(place, value)(plain)
    by_hand.with_document(saved, plain)
    assert f"is damaged at “{at}”" in refusal(saved)


def test_edits_that_do_not_fit(saved: Path, by_hand: Any) -> None:
    plain = by_hand.document(saved)
    plain["state"]["edits"][0]["action"] = "burn"
    by_hand.with_document(saved, plain)
    sentence = refusal(saved)
    assert sentence.startswith("The edits in the project “song.stemscope” cannot be opened. The")
    assert "“burn”" in sentence


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 200_000, '{"a":' * 200_000, '{"a": Infinity}', "1" * 5000, "\ufeff{}", "null"],
)
def test_a_text_that_is_no_json(text: str, saved: Path, by_hand: Any) -> None:
    by_hand.with_text(saved, text)
    refusal(saved)


def test_arrays_of_another_size(saved: Path, by_hand: Any) -> None:
    entries = by_hand.entries(saved)
    for name in ("mask.bin", "above.bin"):
        by_hand.archive(saved, entries | {name: entries[name][:-1]})
        assert f"is damaged at “{name}”" in refusal(saved)
        by_hand.archive(saved, entries | {name: entries[name] + b"\0"})
        assert f"“{name}” in it would take far more room" in refusal(saved)
        by_hand.archive(saved, {key: data for key, data in entries.items() if key != name})
        assert f"is damaged at “{name}”" in refusal(saved)


def test_a_checksum_that_is_wrong(packed: Path) -> None:
    with zipfile.ZipFile(packed) as opened:
        infos = opened.infolist()
    data = bytearray(packed.read_bytes())
    for info in infos:
        wrong = data.replace(struct.pack("<L", info.CRC), struct.pack("<L", info.CRC ^ 1))
        packed.write_bytes(wrong)
        if info.filename.startswith("source/"):
            read_project(packed)
            with pytest.raises(DataError, match="is damaged at “source/"):
                unpack_source(packed, packed.parent / "new")
            assert not list((packed.parent / "new").iterdir())
        else:
            assert f"is damaged at “{info.filename}”" in refusal(packed)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.bin",
        "source/../../evil.bin",
        "source/..",
        "/etc/evil.bin",
        "//host/evil.bin",
        "C:/evil.bin",
        "c:evil.bin",
        "source\\evil.bin",
        "..\\evil.bin",
        "evil.bin",
        "source/evil.bin",
        "source/a/b.bin",
        "source/",
        "./mask.bin",
        "Mask.bin",
        "MASK.BIN",
        "a\nb",
        "project.json\0.txt",
    ],
)
def test_entries_that_no_project_has(name: str, packed: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    # zipfile cuts names at a null and turns separators when it writes, too.
    info = zipfile.ZipInfo("x" * len(name.encode()))
    with zipfile.ZipFile(packed, "a") as opened:
        opened.writestr(info, b"evil")
    data = packed.read_bytes()
    packed.write_bytes(data.replace(info.filename.encode(), name.encode()))
    assert "which no Stemscope project does" in refusal(packed)
    if "evil" not in name or "/" not in name.removeprefix("source/"):
        return
    with pytest.raises(DataError, match="which no Stemscope project does"):
        unpack_source(packed, tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_entries_that_come_twice(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened.writestr("mask.bin", b"other")
    assert "“mask.bin”, which no Stemscope project does" in refusal(saved)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(kind: int, packed: Path, by_hand: Any, tmp_path: Path) -> None:
    entries = by_hand.entries(packed)
    with zipfile.ZipFile(packed, "w") as opened:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            if name.startswith("source/"):
                info.create_system = 3
                info.external_attr = (kind | 0o777) << 16
            opened.writestr(info, data)
    assert "“source/Ein Lied" in refusal(packed)
    with pytest.raises(DataError, match="which no Stemscope project does"):
        unpack_source(packed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_ways_of_packing(saved: Path, by_hand: Any) -> None:
    entries = by_hand.entries(saved)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(saved, "w", method) as opened:
            for name, data in entries.items():
                opened.writestr(name, data)
        assert "which no Stemscope project does" in refusal(saved)


def test_a_password(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 8] |= 1
    saved.write_bytes(data)
    assert "is locked with a password" in refusal(saved)


def test_thousands_of_entries(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a") as opened:
        for n in range(archive.MAX_ENTRIES):
            opened.writestr(f"{n}", b"")
    assert "which no Stemscope project does" in refusal(saved)
    # So many that their table alone is too large to be read.
    data = saved.read_bytes()
    directory = data[data.rindex(b"PK\x01\x02") : data.rindex(b"PK\x05\x06")] * 40_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 40_000, 40_000, len(directory), len(data), 0)
    saved.write_bytes(data + directory + end)
    tracemalloc.start()
    try:
        assert "is cut off or damaged" in refusal(saved)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_inflated(saved: Path, by_hand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = by_hand.entries(saved)
    bomb = bytes(80 << 20)
    for name in ("project.json", "mask.bin"):
        by_hand.archive(saved, entries | {name: bomb})
        data = saved.read_bytes()
        size = struct.pack("<L", len(bomb))
        tracemalloc.start()
        try:
            assert f"“{name}” in it would take far more room" in refusal(saved)
            # Headers that say that it is as small as it should be.
            for said in (len(entries[name]), 10, 2**32 - 2):
                saved.write_bytes(data.replace(size, struct.pack("<L", said)))
                refusal(saved)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


def test_a_bomb_of_many_small_values(saved: Path, by_hand: Any) -> None:
    text = "[" + "[]," * (document.MAX_DOCUMENT_VALUES // 2) + "[]]"
    by_hand.with_text(saved, text)
    tracemalloc.start()
    try:
        assert "“project.json” in it would take far more room" in refusal(saved)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_plain_values_have_a_depth_and_a_size(saved: Path, by_hand: Any) -> None:
    deep: Any = {}
    for _ in range(50):
        deep = {"a": deep}
    plain = by_hand.document(saved)
    for place, value in (
        ("view", deep),
        ("view", {"a": [0] * 300_000}),
        ("mixer", {"a": "x" * 5_000_000}),
        ("model/card", {"a": 2**64}),
    ):
        changed = json.loads(json.dumps(plain))
        put(place, value)(changed)
        by_hand.with_document(saved, changed)
        assert f"is damaged at “{place.replace('/', '.')}”" in refusal(saved)


def test_a_mask_of_noise_is_no_mask(saved: Path, project: Project, by_hand: Any) -> None:
    n_bytes = codec.coded_bytes(project.mask.values.shape)
    by_hand.with_array(saved, "mask.bin", np.random.default_rng(1).bytes(n_bytes))
    assert "holds values that are not between 0 and 1" in refusal(saved)


def test_the_coding_is_part_of_the_format(saved: Path, by_hand: Any) -> None:
    # Whoever changes it changes the version of the format with it.
    assert CODING == "frame and bin differences, lower and upper bytes"
    assert document.VERSION == 1
    values = np.array([[[[0, 0.5, 1], [0.25, 0.5, 0.75]]]], np.float16)
    (block,) = codec.encoded(values)
    assert block.hex(" ") == "00 00 00 00 00 00 00 34 38 cc 04 fe"
