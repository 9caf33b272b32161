"""Reading with libsndfile: PCM of all kinds, FLAC, Ogg Vorbis and Opus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from core.audio.channels import from_ogg_order
from core.audio.info import DamagedAudioError, FileInfo
from core.audio.intake import BLOCK_SAMPLES, Intake
from core.audio.probe import missing_bytes
from core.audio.source import ScratchAudio
from core.errors import StemscopeError

_INTEGER_BITS = {
    "PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32,
    "ALAC_16": 16, "ALAC_20": 24, "ALAC_24": 24, "ALAC_32": 32,
}  # fmt: skip
_FLOATS = {"FLOAT": "32-bit float", "DOUBLE": "64-bit float"}
_CONTAINERS = {"WAVEX": "WAV", "RF64": "WAV", "OGG": "Ogg"}
_ENCODINGS = {
    "VORBIS": "Vorbis", "OPUS": "Opus", "ULAW": "µ-law", "ALAW": "A-law", "IMA_ADPCM": "IMA ADPCM",
    "MS_ADPCM": "Microsoft ADPCM", "GSM610": "GSM 6.10",
}  # fmt: skip
_FRAMES_UNKNOWN = 1 << 48  # a FLAC written to a pipe does not say its length


class UnknownToSoundfileError(Exception):
    """libsndfile does not take this file; PyAV may."""


@dataclass(frozen=True)
class ReadSong:
    """What a reader hands back."""

    audio: ScratchAudio
    info: FileInfo
    notice: StemscopeError | None


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc]
    """Reads straight on; soundfile would seek after each block, which costs and can fail."""

    def seekable(self) -> bool:
        return False


def read_with_soundfile(path: Path, intake: Intake, accept_damaged: bool) -> ReadSong:
    """Read all of ``path`` into ``intake``.

    Raises ``UnknownToSoundfileError`` before anything was read if libsndfile does not know the
    file, else as ``core.audio.decode``.
    """
    try:
        file = _SequentialFile(path)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise UnknownToSoundfileError(str(error)) from error
    with file:
        n_promised = file.frames if file.frames < _FRAMES_UNKNOWN else 0
        described = _describe(file)
        n_bytes = missing_bytes(path)
        intake.open(
            file.channels,
            file.samplerate,
            n_promised if not n_bytes else None,
            lambda audio: _info(path, described, audio),
        )
        is_cut = False
        order = from_ogg_order(file.channels) if file.format == "OGG" else None
        block = np.empty((BLOCK_SAMPLES, file.channels), np.float32)
        while True:
            intake.poll(intake.n_samples / max(n_promised, 1))
            try:
                got = file.buffer_read_into(block, "float32")
            except (soundfile.SoundFileError, RuntimeError):
                is_cut = True
                break
            if got == 0:
                break
            samples = block[:got].T if order is None else block[:got].T[order]
            intake.append(np.array(samples, order="C"))  # a copy: the buffer is used again
        log = file.extra_info if file.format == "OGG" else ""
    n_lost = max(0, n_promised - intake.n_samples)
    if n_bytes and described.block_bytes:
        n_lost = n_bytes // described.block_bytes
    # An Ogg file that ends inside a page was cut; one without an end mark may be a recorded stream.
    is_cut = is_cut or "Ogg: Junk after the last page" in log
    notice: StemscopeError | None = None
    if n_lost or is_cut:
        notice = cut_off_error(path.name, intake.n_samples, n_lost, file.samplerate)
        if not accept_damaged or not intake.n_samples:
            raise notice
    audio = intake.finish()
    return ReadSong(audio, _info(path, described, audio), notice)


def cut_off_error(name: str, n_samples: int, n_lost: int, sample_rate: int) -> DamagedAudioError:
    """The sentence for a file that ends before its header says it does."""
    if not n_lost:
        return DamagedAudioError(
            "“{name}” is cut off or damaged after {have}. Copy or download it again.",
            name=name,
            have=_clock(n_samples / sample_rate),
        )
    return DamagedAudioError(
        "“{name}” is cut off: it holds {have} of the {promised} that it promises. "
        "Copy or download it again.",
        name=name,
        have=_clock(n_samples / sample_rate),
        promised=_clock((n_samples + n_lost) / sample_rate),
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:06.3f}"


@dataclass(frozen=True)
class _Description:
    container: str
    encoding: str
    bit_depth: int | None
    is_float: bool
    block_bytes: int


def _info(path: Path, described: _Description, audio: ScratchAudio) -> FileInfo:
    return FileInfo(
        path=path,
        container=described.container,
        encoding=described.encoding,
        sample_rate=audio.sample_rate,
        n_channels=audio.n_channels,
        n_samples=audio.n_samples,
        bit_depth=described.bit_depth,
        is_float=described.is_float,
        is_lossy=described.bit_depth is None and not described.is_float,
    )


def _describe(file: soundfile.SoundFile) -> _Description:
    subtype = str(file.subtype)
    bits = _INTEGER_BITS.get(subtype)
    if bits is not None:
        encoding = f"{bits}-bit " + ("ALAC" if subtype.startswith("ALAC") else "PCM")
    else:
        encoding = _FLOATS.get(subtype) or _ENCODINGS.get(subtype, subtype)
    sample_bits = 64 if subtype == "DOUBLE" else 32 if subtype == "FLOAT" else bits or 0
    if subtype in ("ULAW", "ALAW"):
        sample_bits = 8
    return _Description(
        container=_CONTAINERS.get(file.format, str(file.format)),
        encoding=encoding,
        bit_depth=bits,
        is_float=subtype in _FLOATS,
        block_bytes=sample_bits // 8 * int(file.channels),
    )
