"""Writing one audio file in blocks, so that no failure of the disk goes unnoticed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio.channels import to_ogg_order
from core.audio.info import Tags
from core.errors import UsageError

AudioFormat = Literal["wav", "flac", "mp3", "ogg"]
BitDepth = Literal[16, 24, "float"]

MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
MP3_CHANNELS_MAX = 2
_WAV_BYTES_MAX = 2**32 - 2**20
_FORMATS = {"flac": "FLAC", "mp3": "MP3", "ogg": "OGG"}
_LOSSY = {"mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}
_QUALITY = {"mp3": (0.0, "VARIABLE"), "ogg": (0.2, None)}
"""libsndfile's compression level: LAME V0 and Vorbis q8. (MP3 at 1.0 is an error.)"""
_INFO_NAMES = {"title", "artist", "album", "genre", "date"}


def is_lossy_format(audio_format: AudioFormat) -> bool:
    """Whether the encoder changes the samples."""
    return audio_format in _LOSSY


def check_format(
    audio_format: AudioFormat, bit_depth: BitDepth, sample_rate: int, n_channels: int
) -> None:
    """Raise ``UsageError`` with the remedy if the format cannot hold such a signal."""
    if audio_format not in ("wav", *_FORMATS):
        raise UsageError(
            "“{value}” is not a format Stemscope writes. Choose wav, flac, mp3 or ogg.",
            value=audio_format,
        )
    if bit_depth not in (16, 24, "float"):
        raise UsageError(
            "“{value}” is not a bit depth Stemscope writes. Choose 16, 24 or float.",
            value=bit_depth,
        )
    if audio_format == "flac" and bit_depth == "float":
        raise UsageError("FLAC holds 16 or 24 bits, not float. Choose 24 bits, or WAV.")
    if audio_format == "mp3" and sample_rate not in MP3_RATES:
        raise UsageError(
            "MP3 does not exist at {rate} Hz. Choose FLAC, WAV or Ogg.", rate=sample_rate
        )
    if audio_format == "mp3" and n_channels > MP3_CHANNELS_MAX:
        raise UsageError(
            "MP3 holds one or two channels, the song has {n_channels}. Choose FLAC, WAV or Ogg.",
            n_channels=n_channels,
        )


class _Sink:
    """A file for libsndfile that remembers an error of the disk; libsndfile would drop it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None and not self._file.closed:
            try:
                return self._file.write(data)
            except OSError as error:
                self.error = error
        return 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if self._file.closed:  # libsndfile gives up a file that it could not open only later
            return -1
        try:
            return self._file.seek(offset, whence)
        except OSError as error:  # seeking flushes what was written before
            self.error = self.error or error
            return -1

    def tell(self) -> int:
        return -1 if self._file.closed else self._file.tell()

    def read(self, n_bytes: int = -1) -> bytes:
        return self._file.read(n_bytes)


class AudioFileWriter:
    """Writes a new file at ``path`` (which must not exist); a context manager.

    ``write`` takes blocks ``(n_channels, n)``: integers in the range of the bit depth for 16 and
    24 bits, floats for float and lossy formats. The file is complete, on disk and free of errors
    only when ``close`` has returned; leaving the context by an exception closes without checks.
    Raises ``OSError`` for whatever the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        audio_format: AudioFormat,
        bit_depth: BitDepth,
        sample_rate: int,
        n_channels: int,
        n_samples: int,
        tags: Tags,
    ) -> None:
        subtype = _LOSSY.get(audio_format) or ("FLOAT" if bit_depth == "float" else _pcm(bit_depth))
        container = _FORMATS.get(audio_format) or _wav_kind(bit_depth, n_channels, n_samples)
        self._shift = 8 if subtype == "PCM_24" else 0  # libsndfile keeps the upper bits
        self._dtype = {"PCM_16": np.int16, "PCM_24": np.int32}.get(subtype, np.float32)
        self._order = to_ogg_order(n_channels) if audio_format == "ogg" else None
        level, mode = _QUALITY.get(audio_format, (None, None))
        self._file: BinaryIO = path.open("x+b")  # closed by close()
        self._sink = _Sink(self._file)
        try:
            self._sound = soundfile.SoundFile(
                self._sink, "w", sample_rate, n_channels, subtype, format=container,
                compression_level=level, bitrate_mode=mode,
            )  # fmt: skip
            if audio_format == "wav":
                for name in _INFO_NAMES:
                    value = getattr(tags, name)
                    if value:
                        setattr(self._sound, name, value)
        except BaseException as error:
            self._file.close()
            if isinstance(error, soundfile.SoundFileError):
                raise self._failure(error) from error
            raise

    def write(self, block: NDArray[Any]) -> None:
        if self._order is not None:
            block = block[self._order]
        data = block.T.astype(self._dtype, order="C")
        if self._shift:
            data <<= self._shift
        try:
            self._sound.write(data)
        except (soundfile.SoundFileError, AssertionError, RuntimeError) as error:
            raise self._failure(error) from error
        if self._sink.error is not None:
            raise self._sink.error

    def close(self) -> None:
        """Finish the file and bring it to the disk."""
        try:
            try:
                self._sound.close()
            except (soundfile.SoundFileError, RuntimeError) as error:
                raise self._failure(error) from error
            if self._sink.error is not None:
                raise self._sink.error
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self.discard()

    def _failure(self, error: Exception) -> OSError:
        return self._sink.error or OSError(f"the encoder failed: {error}")

    def discard(self) -> None:
        """Close without checks; harmless after ``close``."""
        with contextlib.suppress(Exception):
            self._sound.close()
        with contextlib.suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file.closed:
            return
        if kind is None:
            self.close()
        else:
            self.discard()


def _pcm(bit_depth: BitDepth) -> str:
    return f"PCM_{bit_depth}"


def _wav_kind(bit_depth: BitDepth, n_channels: int, n_samples: int) -> str:
    """Plain WAV where it will do, with a channel map beyond stereo, RF64 beyond 4 GB."""
    n_bytes = 4 if bit_depth == "float" else bit_depth // 8
    if n_samples * n_channels * n_bytes > _WAV_BYTES_MAX:
        return "RF64"
    return "WAVEX" if n_channels > 2 else "WAV"
