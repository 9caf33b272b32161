"""A mask as a greyscale picture of 16 bits."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.editing.checks import whole
from core.errors import Cancelled
from core.mask_about import FORMAT, VERSION, MaskFacts, facts_table, grid_table, write_beside
from core.masks import FloatArray, Mask
from core.scratch_array import let_go
from core.whole_file import whole_file

MAX_COLUMNS = 32_768
"""What programs show at least: a quarter of an hour with a column per frame of 32 ms."""

WHITE = 65_535

_GROUP = 1 << 21
"""Cells held at a time."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_png(
    path: Path,
    mask: Mask,
    source: int = 0,
    channel: int | None = None,
    max_columns: int = MAX_COLUMNS,
    facts: MaskFacts | None = None,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Write the whole mask of ``source``: time from left to right, low frequencies at the bottom.

    One pixel per bin and frame, black for 0 and white for 1; of ``channel``, counted from 0, or the
    mean of all. With more frames than ``max_columns`` a column is the mean of several. For
    ``NAME.png`` a table, ``NAME.png.json``, says what the axes mean. The file is replaced if it is
    there. Raises ``UsageError``, ``OutputError``, or ``Cancelled`` with nothing written.
    """
    whole("source", source, 0, len(mask.values) - 1)
    if channel is not None:
        whole("channel", channel, 0, mask.n_channels - 1)
    whole("max_columns", max_columns, 1)
    per_column = -(-mask.n_frames // max_columns)
    n_columns = -(-mask.n_frames // per_column)
    with whole_file(path) as temporary:
        with temporary.open("wb") as file:
            file.write(_SIGNATURE)
            # 16 bits of grey, nothing optional.
            header = struct.pack(">IIBBBBB", n_columns, mask.n_bins, 16, 0, 0, 0, 0)
            _write_chunk(file, b"IHDR", header)
            packer = zlib.compressobj(6)
            n_done = 0
            for rows in _rows(mask, source, channel, per_column):
                if should_stop is not None and should_stop():
                    raise Cancelled
                lines = np.zeros((len(rows), 1 + 2 * n_columns), np.uint8)  # each begins with 0
                lines[:, 1:] = np.rint(rows * WHITE).astype(">u2", order="C").view(np.uint8)
                _write_chunk(file, b"IDAT", packer.compress(lines.tobytes()))
                n_done += len(rows)
                if progress is not None:
                    progress(n_done / mask.n_bins)
            _write_chunk(file, b"IDAT", packer.flush())
            _write_chunk(file, b"IEND", b"")
        write_beside(path.with_name(f"{path.name}.json"), {
            "format": FORMAT,
            "version": VERSION,
            **({} if facts is None else facts_table(facts)),
            **grid_table(mask),
            "picture": {
                "source": source,
                "channel": "mean" if channel is None else channel,
                "width": n_columns,
                "height": mask.n_bins,
                "frames_per_column": per_column,
                "x": "column x holds the frames from x * frames_per_column on, their mean",
                "y": "row y from the top holds the bin height - 1 - y",
                "value": f"pixel / {WHITE}",
            },
        })  # fmt: skip


def _rows(mask: Mask, source: int, channel: int | None, per_column: int) -> Iterator[FloatArray]:
    """The picture from the top bin down: some rows at a time, ``(n, n_columns)``."""
    channels = slice(None) if channel is None else slice(channel, channel + 1)
    starts = np.arange(0, mask.n_frames, per_column)
    sizes = np.diff(starts, append=mask.n_frames).astype(np.float32)
    step = max(1, _GROUP // (mask.n_frames * mask.n_channels))
    for last in range(mask.n_bins, 0, -step):
        bins = slice(max(0, last - step), last)
        part: NDArray[np.float16] = mask.values[source, channels, bins]
        rows = part.mean(axis=0, dtype=np.float32)
        let_go(mask.values)
        if per_column > 1:
            rows = np.add.reduceat(rows, starts, axis=1) / sizes
        yield rows[::-1]


def _write_chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    if data or kind != b"IDAT":  # the packer keeps what it may still pack better
        file.write(struct.pack(">I", len(data)) + kind + data)
        file.write(struct.pack(">I", zlib.crc32(kind + data)))
