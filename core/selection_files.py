"""What a selection leaves as: a table of its cells, a stretch of sound to train with."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from core.audio.encode import AudioFileWriter
from core.audio.file_names import safe_file_name
from core.audio.info import Tags
from core.audio.source import Audio
from core.editing.checks import whole
from core.editing.grid import Grid, Span
from core.editing.regions import Region
from core.errors import Cancelled, OutputError, UsageError
from core.mask_about import (
    FORMAT,
    VERSION,
    MaskFacts,
    facts_table,
    grid_table,
    plain_text,
    write_beside,
)
from core.masks import FloatArray, Mask
from core.whole_file import whole_file, write_json

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]

MAX_CSV_CELLS = 5_000_000
_CSV_FRAMES = 256

PAIR_FORMAT = "stemscope-pair"
PAIR_VERSION = 1
PAIR_STEMS = ("vocals", "accompaniment")
_BLOCK_SAMPLES = 65_536


def write_csv(
    path: Path,
    mask: Mask,
    region: Region,
    source: int = 0,
    facts: MaskFacts | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> int:
    """Write the cells of ``region`` whose weight is above 0; returns how many there are.

    A row per cell and channel of the mask: ``time_s,frequency_hz,channel,mask,weight``, by time,
    then by frequency. Channels count from 0. Numbers are the shortest that read back as the same
    float64, float16 (the mask) and float32 (the weight). For ``NAME.csv`` a table,
    ``NAME.csv.json``, says on which grid the cells lie. The file is replaced if it is there. Raises
    ``UsageError`` if there are no cells or more than ``MAX_CSV_CELLS``, ``OutputError``, or
    ``Cancelled`` with nothing written.
    """
    whole("source", source, 0, len(mask.values) - 1)
    n_cells = 0
    for _, weights in _pieces(mask, region, should_stop):
        n_cells += mask.n_channels * int(np.count_nonzero(weights > 0))
    if n_cells == 0:
        raise UsageError("The selection holds no cell of the mask. Select a larger region.")
    if n_cells > MAX_CSV_CELLS:
        raise UsageError(
            "The selection has {n} cells; a table takes at most {most}. Select a smaller region, "
            "or save the whole mask as NPZ.",
            n=n_cells,
            most=MAX_CSV_CELLS,
        )
    n_written = 0
    with whole_file(path) as temporary, temporary.open("w", encoding="ascii", newline="") as file:
        file.write("time_s,frequency_hz,channel,mask,weight\n")
        for first, weights in _pieces(mask, region, should_stop):
            n_written += _write_rows(file, mask, source, first, weights)
            if progress is not None:
                progress(n_written / n_cells)
        file.flush()
        write_beside(
            path.with_name(f"{path.name}.json"),
            {
                "format": FORMAT,
                "version": VERSION,
                **({} if facts is None else facts_table(facts)),
                **grid_table(mask),
                "table": {
                    "source": source,
                    "rows": n_cells,
                    "mask": "how much of the cell belongs to the source, 0 to 1",
                    "weight": "how much of the cell is selected, above 0 and up to 1",
                },
            },
        )
    return n_cells


def _pieces(
    mask: Mask, region: Region, should_stop: ShouldStop | None
) -> Iterator[tuple[int, FloatArray]]:
    """First frames and weights ``(n_bins, n)`` of all that ``region`` may touch."""
    grid = Grid.of(mask)
    freqs = grid.freqs_hz()
    begin, end = grid.frames(region.span_s, 0, mask.n_frames)
    for first in range(begin, end, _CSV_FRAMES):
        if should_stop is not None and should_stop():
            raise Cancelled
        times = grid.times_s(first, min(first + _CSV_FRAMES, end))
        yield first, region.weights(times, freqs)


def _write_rows(file: TextIO, mask: Mask, source: int, first: int, weights: FloatArray) -> int:
    """The rows of some frames; returns how many."""
    grid, n_channels = Grid.of(mask), mask.n_channels
    frames, bins = np.nonzero(weights.T > 0)
    times = [repr(time) for time in grid.times_s(first, first + weights.shape[1]).tolist()]
    freqs = [repr(freq) for freq in grid.freqs_hz().tolist()]
    values = mask.values[source][:, bins, first + frames].T.ravel()
    columns = zip(
        np.repeat(frames, n_channels).tolist(),
        np.repeat(bins, n_channels).tolist(),
        list(range(n_channels)) * len(frames),
        _texts(values),
        _texts(np.repeat(weights[bins, frames], n_channels)),
        strict=True,
    )
    file.writelines(
        f"{times[frame]},{freqs[b]},{channel},{value},{weight}\n"
        for frame, b, channel, value, weight in columns
    )
    return len(values)


def _texts(numbers: NDArray[np.floating]) -> list[str]:
    """The shortest texts that read back as the same numbers; each is worked out once."""
    unique, places = np.unique(numbers, return_inverse=True)
    texts = [np.format_float_positional(number, trim="-") for number in unique]
    return [texts[place] for place in places.tolist()]


def write_pair(
    folder: Path,
    song_name: str,
    stems: Mapping[str, Audio],
    span_s: Span,
    facts: MaskFacts,
    source: str = "",
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Path:
    """A stretch of edited stems as an example to train with; returns the new folder.

    ``FOLDER/SONG (m.ss-m.ss)`` holds ``vocals.wav`` and ``accompaniment.wav`` in float, as the
    layout "pairs" of ``core.datasets`` has them, and ``pair.json``, which says where they come from
    (``source`` is the song's own file). Both stems have one rate and length. Parts of ``span_s``
    outside the song are left out. A folder that is there stays; the new one is numbered. It
    appears whole or not at all. Raises ``UsageError``, ``OutputError`` or ``Cancelled``.
    """
    for name in PAIR_STEMS:
        if name not in stems:
            raise UsageError(
                "There is no stem “{name}”; the model gives {stems}.",
                name=name,
                stems=", ".join(stems),
            )
    first = stems[PAIR_STEMS[0]]
    start, stop = _samples(span_s, first)
    shown = "-".join(_clock(second / first.sample_rate) for second in (start, stop))
    # Data sets leave out folders whose names begin with two underscores.
    base = f"{safe_file_name(song_name).lstrip('_ .') or 'untitled'} ({shown})"
    table = {
        "format": PAIR_FORMAT,
        "version": PAIR_VERSION,
        **facts_table(facts),
        "song": plain_text(song_name),
        "source": plain_text(source),
        "region": {
            "start_s": start / first.sample_rate,
            "stop_s": stop / first.sample_rate,
            "start_sample": start,
            "stop_sample": stop,
            "sample_rate": first.sample_rate,
        },
        "files": {name: f"{name}.wav" for name in PAIR_STEMS},
    }

    def fill(temporary: Path) -> None:
        for index, name in enumerate(PAIR_STEMS):
            path = temporary / f"{name}.wav"
            for share in _write_wav(path, stems[name], start, stop, should_stop):
                if progress is not None:
                    progress((index + share) / len(PAIR_STEMS))
        write_json(temporary / "pair.json", table)

    return _whole_folder(folder, base, fill)


def _samples(span_s: Span, audio: Audio) -> tuple[int, int]:
    """The samples (start, stop) of a span, within the song."""
    edges = [max(0.0, min(second * audio.sample_rate, audio.n_samples)) for second in span_s]
    start, stop = round(edges[0]), round(edges[1])
    if start >= stop:
        raise UsageError("The selection holds no sound of the song. Select a longer stretch of it.")
    return start, stop


def _clock(seconds: float) -> str:
    """Minutes and seconds as "m.ss", rounded down; a colon would be no name on Windows."""
    return f"{math.floor(seconds) // 60}.{math.floor(seconds) % 60:02d}"


def _write_wav(
    path: Path, audio: Audio, start: int, stop: int, should_stop: ShouldStop | None
) -> Iterator[float]:
    """Write samples ``start`` to ``stop`` in blocks; gives what share of them is written."""
    n_samples = stop - start
    with AudioFileWriter(
        path, "wav", "float", audio.sample_rate, audio.n_channels, n_samples, Tags()
    ) as writer:
        for begin in range(start, stop, _BLOCK_SAMPLES):
            if should_stop is not None and should_stop():
                raise Cancelled
            end = min(begin + _BLOCK_SAMPLES, stop)
            writer.write(audio.read(begin, end))
            yield (end - start) / n_samples


def _whole_folder(parent: Path, name: str, fill: Callable[[Path], None]) -> Path:
    """A new folder of ``parent`` that ``fill`` filled: ``name``, or "NAME (2)" if that is taken.

    If ``fill`` fails, nothing is left. Raises ``OutputError`` for whatever the disk refuses.
    """
    temporary: Path | None = None
    is_new = not os.path.lexists(parent)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # Data sets leave out folders whose names begin with a dot.
        temporary = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=parent))
        fill(temporary)
        temporary.chmod(0o755)  # temporary folders are private
        path = _free_name(parent, name)
        temporary.rename(path)
        temporary = None
    except OSError as error:
        raise OutputError(
            "“{name}” cannot be written: {reason}. Choose another place, or free some space.",
            name=parent / name,
            reason=error.strerror or error,
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
            if is_new:
                with contextlib.suppress(OSError):  # no longer empty: somebody else's by now
                    parent.rmdir()
    return path


def _free_name(parent: Path, name: str) -> Path:
    path, number = parent / name, 2
    while os.path.lexists(path):
        path, number = parent / f"{name} ({number})", number + 1
    return path
