"""Stems into files: in any format, adding up to the song, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from core.audio.encode import (
    AudioFileWriter,
    AudioFormat,
    BitDepth,
    check_format,
    is_lossy_format,
)
from core.audio.export_paths import OutputFiles, Target, plan_targets
from core.audio.file_names import safe_file_name, unique_song_folder
from core.audio.info import FileInfo, Tags
from core.audio.source import Audio
from core.audio.stem_mix import BALANCE, Block, StemMix
from core.audio.tag_writer import write_tags
from core.errors import Cancelled, UsageError

__all__ = [
    "BALANCE",
    "AudioFormat",
    "BitDepth",
    "ExportOptions",
    "ExportReport",
    "IfExists",
    "StemsExport",
    "default_bit_depth",
    "export_stems",
    "planned_files",
    "safe_file_name",
    "unique_song_folder",
]

IfExists = Literal["error", "overwrite", "skip", "rename"]

_BLOCK_SAMPLES = 65_536
_MEASURING_SHARE = 0.3
"""The part of the progress that measuring takes; writing takes the rest."""
_WRITTEN = 0.99


@dataclass(frozen=True)
class ExportOptions:
    """What to write, and where.

    ``name_template`` names the files below ``folder`` without suffix, from ``{song}``, ``{stem}``,
    ``{artist}``, ``{title}`` and ``{model}``; "/" in it makes folders, "/" in a title does not.
    ``balance`` gives a gain in dB per stem (−inf mutes; stems left out stay at 0 dB) for one more
    file, with the stem name "balance". ``song`` replaces the file's name in ``{song}``.
    """

    stems: tuple[str, ...]
    audio_format: AudioFormat
    bit_depth: BitDepth
    folder: Path
    name_template: str = "{song}/{stem}"
    balance: Mapping[str, float] | None = None
    if_exists: IfExists = "error"
    song: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class ExportReport:
    """What became of an export."""

    files: list[Path]
    skipped: list[Path]
    gain_db: float
    """The gain that all files share so that none clips; 0.0 if none was needed."""
    sentence: str


def default_bit_depth(info: FileInfo | None, audio_format: AudioFormat = "wav") -> BitDepth:
    """The depth that keeps what the song has: float for float, 16 for up to 16, else 24."""
    if info is not None and info.is_float:
        return 24 if audio_format == "flac" else "float"
    if info is not None and info.bit_depth is not None and info.bit_depth <= 16:
        return 16
    return 24


def planned_files(info: FileInfo | None, tags: Tags | None, options: ExportOptions) -> list[Path]:
    """The files an export would write if none of them existed; raises as ``export_stems``."""
    return [target.path for target in _plan(info, tags, options)]


def export_stems(
    mixture: Audio,
    stems: Mapping[str, Audio],
    info: FileInfo | None,
    tags: Tags | None,
    options: ExportOptions,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ExportReport:
    """Write ``options.stems`` (and the balance) with the song's rate, channels and length.

    The stems of ``mixture`` in order; every one but the last is taken as it is, the last is
    written as the mixture minus the others, so that the files add up to the mixture: exactly in
    integers at 16 and 24 bits, to −120 dBFS in float, before the encoder in MP3 and Ogg. If a file
    would clip in an integer or lossy format, all files get one common gain, in steps of 0.1 dB.

    All files appear together when all are complete. A failure or a stop leaves no file and no
    folder behind. Raises ``OutputError``, ``UsageError`` or ``Cancelled``. Memory is bounded.
    """
    with StemsExport(mixture, stems, info, tags, options, progress, should_stop) as export:
        return export.finish()


class StemsExport:
    """As ``export_stems``, for stems that come into being meanwhile: a context manager.

    ``advance`` takes what is there; ``finish`` the rest, and gives the files their names. WAV is
    written at once, and again only if it turns out that a file would clip; other formats take
    longer to write than to measure, so they are only measured before the end.
    """

    def __init__(
        self,
        mixture: Audio,
        stems: Mapping[str, Audio],
        info: FileInfo | None,
        tags: Tags | None,
        options: ExportOptions,
        progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        for name in options.stems:
            if name not in stems:
                raise UsageError(
                    "There is no stem “{name}”; the model gives {stems}.",
                    name=name,
                    stems=", ".join(stems),
                )
        check_format(
            options.audio_format, options.bit_depth, mixture.sample_rate, mixture.n_channels
        )
        is_lossy = is_lossy_format(options.audio_format)
        depth: BitDepth = "float" if is_lossy else options.bit_depth
        self._mixture, self._tags, self._options = mixture, tags or Tags(), options
        self._mix = StemMix(mixture, stems, options.balance, depth)
        targets = _plan(info, tags, options)
        # Skipped files count too: they were written with the gain of the whole set.
        self._names = [target.stem for target in targets]
        source = info.path if info is not None else None
        self._output = OutputFiles(options.folder, targets, options.if_exists, source)
        self._progress, self._should_stop = progress, should_stop
        self._is_measured = is_lossy or depth != "float"
        self._is_written_at_once = options.audio_format == "wav"
        self._peaks = self._mix.measured()
        self._writers: dict[str, AudioFileWriter] = {}
        self._stack = ExitStack()
        self._n_done = 0
        self._fraction = 0.0

    def __enter__(self) -> Self:
        self._poll(0.0)
        self._stack.enter_context(self._output)
        if self._output.targets and self._is_written_at_once:
            with self._undone():
                self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_unfinished()
        self._stack.__exit__(kind, error, trace)

    def advance(self, n_samples: int) -> None:
        """Take the stems' samples up to ``n_samples``, which must be final."""
        if not self._output.targets:
            return
        share = _WRITTEN if self._is_written_at_once else _MEASURING_SHARE
        while self._n_done < n_samples:
            start, stop = self._n_done, min(self._n_done + _BLOCK_SAMPLES, n_samples)
            wanted = self._names if self._is_measured else list(self._writers)
            blocks = self._mix.read(wanted, start, stop)
            if self._is_measured:
                self._peaks.add(blocks)
                if self._writers and self._peaks.gain_db < 0:
                    self._drop()
            self._write(blocks)
            self._n_done = stop
            # What is left after a clip is only measured, and all of it is written once more.
            done = stop / self._mixture.n_samples
            self._poll(max(self._fraction, done * (share if self._writers else _MEASURING_SHARE)))

    def finish(self) -> ExportReport:
        """Take the rest, bring the files to the disk and give them their names."""
        output, n_samples = self._output, self._mixture.n_samples
        if not output.targets:
            return ExportReport(
                [], output.skipped, 0.0, "Nothing was written: all files are there already."
            )
        self.advance(n_samples)
        gain_db = self._peaks.gain_db if self._is_measured else 0.0
        if not self._writers:
            self._open()
            measured = self._fraction
            for start in range(0, n_samples, _BLOCK_SAMPLES):
                stop = min(start + _BLOCK_SAMPLES, n_samples)
                self._write(self._mix.read(list(self._writers), start, stop, gain_db))
                self._poll(measured + (_WRITTEN - measured) * stop / n_samples)
        with output.reported():
            for writer in self._writers.values():
                writer.close()
            for target in output.targets:
                write_tags(output.temporary(target), self._options.audio_format, self._tags)
        self._poll(_WRITTEN)
        output.commit()
        if self._progress is not None:
            self._progress(1.0)
        files = [target.path for target in output.targets]
        sentence = _sentence(files, output.skipped, gain_db)
        return ExportReport(files, output.skipped, gain_db, sentence)

    def _open(self) -> None:
        options, mixture = self._options, self._mixture
        with self._output.reported():
            for target in self._output.targets:
                self._writers[target.stem] = AudioFileWriter(
                    self._output.temporary(target),
                    options.audio_format,
                    options.bit_depth,
                    mixture.sample_rate,
                    mixture.n_channels,
                    mixture.n_samples,
                    self._tags,
                )

    def _write(self, blocks: Mapping[str, Block]) -> None:
        with self._output.reported():
            for name, writer in self._writers.items():
                writer.write(blocks[name])

    def _drop(self) -> None:
        """Forget what was written: it would clip."""
        self._close_unfinished()
        for target in self._output.targets:
            self._output.temporary(target).unlink(missing_ok=True)

    def _close_unfinished(self) -> None:
        for writer in self._writers.values():
            writer.discard()
        self._writers = {}

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """Leave nothing behind if entering fails."""
        try:
            yield
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def _poll(self, fraction: float) -> None:
        if self._should_stop is not None and self._should_stop():
            raise Cancelled
        self._fraction = fraction
        if self._progress is not None:
            self._progress(fraction)


def _plan(info: FileInfo | None, tags: Tags | None, options: ExportOptions) -> list[Target]:
    names = list(dict.fromkeys(options.stems))
    if options.balance is not None:
        names.append(BALANCE)
    if not names:
        raise UsageError("Nothing is chosen for export. Choose at least one stem.")
    song = options.song or (info.path.stem if info else "") or (tags and tags.title) or ""
    fields = {
        "song": song,
        "title": (tags and tags.title) or song,
        "artist": (tags and tags.artist) or "Unknown artist",
        "model": options.model or "model",
    }
    return plan_targets(options.folder, options.name_template, fields, names, options.audio_format)


def _sentence(files: list[Path], skipped: list[Path], gain_db: float) -> str:
    what = "1 file was" if len(files) == 1 else f"{len(files)} files were"
    sentence = f"{what} written to “{files[0].parent}”."
    if skipped:
        sentence += f" {len(skipped)} there already {'was' if len(skipped) == 1 else 'were'} kept."
    if gain_db:
        subject = "The file was" if len(files) == 1 else "All files were"
        sentence += f" {subject} turned down by {-gain_db:.1f} dB so that nothing clips."
    return sentence
