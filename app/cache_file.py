"""The file of one cached result: written and read in blocks, checked by checksums.

A head, the sections (mask arrays and the synthesised stems as float32 samples), a JSON table of
contents with a CRC-32 per section, and an end mark. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, BinaryIO

import numpy as np

from app.song import SongResult, editable_stems, network_stem
from core.audio import Audio, ScratchAudio
from core.errors import Cancelled
from core.masks import Mask
from core.ranges import Ranges

BLOCK_BYTES = 4 << 20

_HEAD = b"STEMCACHE1"
_END = struct.Struct("<Q8s")
_END_MARK = b"COMPLETE"


@dataclass(frozen=True)
class CacheKey:
    """What a result depends on: the song's file, and the weights that separated it."""

    fingerprint: str
    model_id: str
    model_sha256: str

    @property
    def file_name(self) -> str:
        text = json.dumps([self.fingerprint, self.model_id, self.model_sha256])
        return hashlib.sha256(text.encode()).hexdigest() + ".stems"


def entry_bytes(result: SongResult) -> int:
    """Disk space that ``result`` takes, but for a few hundred bytes."""
    arrays = result.mask.values.nbytes + result.mask.above.nbytes
    stems = list(result.stems.values())[:-1]
    return arrays + sum(4 * stem.n_channels * stem.n_samples for stem in stems)


def write_entry(
    file: BinaryIO,
    key: CacheKey,
    result: SongResult,
    should_stop: Callable[[], bool] | None,
) -> None:
    """Write a complete ``result``. Raises ``OSError``, ``Cancelled``."""
    sections: list[dict[str, Any]] = []
    mask: dict[str, Any] = {}
    file.write(_HEAD)

    def add(name: str, shape: tuple[int, ...], dtype: str, blocks: Iterator[bytes]) -> None:
        start, crc = file.tell(), 0
        for block in blocks:
            if should_stop is not None and should_stop():
                raise Cancelled
            crc = zlib.crc32(block, crc)
            file.write(block)
        sections.append(
            {
                "name": name,
                "shape": shape,
                "dtype": dtype,
                "start": start,
                "stop": file.tell(),
                "crc": crc,
            }
        )

    for item in fields(Mask):
        value = getattr(result.network_mask or result.mask, item.name)
        if isinstance(value, np.ndarray):
            data = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
            blocks = (
                data[first : first + BLOCK_BYTES].tobytes()
                for first in range(0, len(data), BLOCK_BYTES)
            )
            add(f"mask.{item.name}", value.shape, value.dtype.str, blocks)
        else:
            mask[item.name] = value
    for source in result.sources[:-1]:
        stem = network_stem(result.stems[source])
        add(f"stem.{source}", (stem.n_samples, stem.n_channels), "<f4", _stem_blocks(stem))
    contents = {
        "fingerprint": key.fingerprint,
        "model_id": key.model_id,
        "model_sha256": key.model_sha256,
        "sources": list(result.sources),
        "sample_rate": result.stems[result.sources[0]].sample_rate,
        "mask": mask,
        "sections": sections,
    }
    text = json.dumps(contents).encode()
    file.write(text + struct.pack("<L", zlib.crc32(text)))
    file.write(_END.pack(len(text), _END_MARK))


def _stem_blocks(stem: Audio) -> Iterator[bytes]:
    n = max(1, BLOCK_BYTES // (4 * stem.n_channels))
    for start in range(0, stem.n_samples, n):
        block = stem.read(start, min(start + n, stem.n_samples))
        yield np.ascontiguousarray(block.T, "<f4").tobytes()


def read_entry(
    file: BinaryIO,
    key: CacheKey,
    mixture: Audio,
    scratch_dir: str | None,
    should_stop: Callable[[], bool] | None,
) -> SongResult:
    """The result for ``mixture``; ``ValueError`` and others where the file is damaged."""
    contents = _contents(file)
    if (contents["fingerprint"], contents["model_id"], contents["model_sha256"]) != (
        key.fingerprint,
        key.model_id,
        key.model_sha256,
    ):
        raise ValueError("it belongs to something else")
    sections = {section["name"]: section for section in contents["sections"]}

    def blocks(section: dict[str, Any], block_bytes: int) -> Iterator[bytes]:
        crc, left = 0, section["stop"] - section["start"]
        file.seek(section["start"])
        while left > 0:
            if should_stop is not None and should_stop():
                raise Cancelled
            block = file.read(min(left, block_bytes))
            if not block:
                raise ValueError("it is too short")
            crc, left = zlib.crc32(block, crc), left - len(block)
            yield block
        if crc != section["crc"]:
            raise ValueError(f"{section['name']} is damaged")

    values: dict[str, Any] = dict(contents["mask"])
    for name, section in sections.items():
        if name.startswith("mask."):
            data = bytearray().join(blocks(section, BLOCK_BYTES))
            array = np.frombuffer(data, np.dtype(section["dtype"])).reshape(section["shape"])
            values[name.removeprefix("mask.")] = array
    mask = Mask(**values)
    sources = tuple(contents["sources"])
    scratches: list[ScratchAudio] = []
    try:
        for source in sources[:-1]:
            section = sections[f"stem.{source}"]
            shape = (mixture.n_samples, mixture.n_channels)
            rate = contents["sample_rate"]
            if tuple(section["shape"]) != shape or rate != mixture.sample_rate:
                raise ValueError("it is of another length, rate or number of channels")
            scratch = ScratchAudio(shape[1], rate, 0, scratch_dir)
            scratches.append(scratch)
            frame_bytes = 4 * shape[1]
            for block in blocks(section, BLOCK_BYTES // frame_bytes * frame_bytes):
                scratch.append(np.frombuffer(block, "<f4").reshape(-1, shape[1]).T)
    except BaseException:
        for scratch in scratches:
            scratch.close()
        raise
    stems = editable_stems(mixture, sources, scratches, scratch_dir)
    return SongResult(
        key.model_id,
        sources,
        mask,
        stems,
        Ranges([(0, mixture.n_samples)]),
        Ranges([(0, mask.n_frames)]),
        complete=True,
    )


def _contents(file: BinaryIO) -> dict[str, Any]:
    if file.read(len(_HEAD)) != _HEAD:
        raise ValueError("it has no head")
    file.seek(-_END.size, os.SEEK_END)
    n_bytes, mark = _END.unpack(file.read(_END.size))
    if mark != _END_MARK:
        raise ValueError("it has no end")
    file.seek(-(_END.size + 4 + n_bytes), os.SEEK_END)
    text = file.read(n_bytes)
    if struct.unpack("<L", file.read(4)) != (zlib.crc32(text),):
        raise ValueError("its table of contents is damaged")
    return json.loads(text)  # type: ignore[no-any-return]
