"""Stems into files: in any format, adding up to the song, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
from core.audio.stem_mix import BALANCE, StemMix
from core.audio.tag_writer import write_tags
from core.errors import Cancelled, UsageError

__all__ = [
    "BALANCE",
    "AudioFormat",
    "BitDepth",
    "ExportOptions",
    "ExportReport",
    "IfExists",
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

    def poll(fraction: float) -> None:
        if should_stop is not None and should_stop():
            raise Cancelled
        if progress is not None:
            progress(fraction)

    for name in options.stems:
        if name not in stems:
            raise UsageError(
                "There is no stem “{name}”; the model gives {stems}.",
                name=name,
                stems=", ".join(stems),
            )
    check_format(options.audio_format, options.bit_depth, mixture.sample_rate, mixture.n_channels)
    is_lossy = is_lossy_format(options.audio_format)
    depth: BitDepth = "float" if is_lossy else options.bit_depth
    mix = StemMix(mixture, stems, options.balance, depth)
    targets = _plan(info, tags, options)
    source = info.path if info is not None else None
    poll(0.0)
    with OutputFiles(options.folder, targets, options.if_exists, source) as output:
        if not output.targets:
            return ExportReport(
                [], output.skipped, 0.0, "Nothing was written: all files are there already."
            )
        gain_db = 0.0
        measuring = 0.0
        if is_lossy or depth != "float":
            measuring = _MEASURING_SHARE
            # Skipped files count too: they were written with the gain of the whole set.
            names = [target.stem for target in targets]
            gain_db = mix.safe_gain_db(names, _BLOCK_SAMPLES, lambda f: poll(f * measuring))
        with output.reported(), ExitStack() as stack:
            writers = {
                target.stem: stack.enter_context(
                    AudioFileWriter(
                        output.temporary(target),
                        options.audio_format,
                        options.bit_depth,
                        mixture.sample_rate,
                        mixture.n_channels,
                        mixture.n_samples,
                        tags or Tags(),
                    )
                )
                for target in output.targets
            }
            for start in range(0, mixture.n_samples, _BLOCK_SAMPLES):
                stop = min(start + _BLOCK_SAMPLES, mixture.n_samples)
                for name, block in mix.read(list(writers), start, stop, gain_db).items():
                    writers[name].write(block)
                poll(measuring + (0.99 - measuring) * stop / mixture.n_samples)
            for writer in writers.values():
                writer.close()
            for target in output.targets:
                write_tags(output.temporary(target), options.audio_format, tags or Tags())
            poll(0.99)
        output.commit()
    if progress is not None:
        progress(1.0)
    files = [target.path for target in output.targets]
    return ExportReport(files, output.skipped, gain_db, _sentence(files, output.skipped, gain_db))


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
