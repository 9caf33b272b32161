"""Reading with PyAV: MP3, M4A, WMA, and the sound tracks of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from core.audio.av_ending import Ending
from core.audio.av_names import (
    OPEN_OPTIONS,
    container_name,
    integer_bits,
    is_lossless,
    stream_encoding,
)
from core.audio.info import DamagedAudioError, FileInfo
from core.audio.intake import Intake
from core.audio.sndfile_reader import ReadSong, cut_off_error
from core.audio.source import FloatArray, ScratchAudio
from core.errors import AudioFileError, StemscopeError

_SKIP_MANUALLY = 1 << 29  # AV_CODEC_FLAG2_SKIP_MANUAL
_WMA_PRIMING_SAMPLES = 2048
"""FFmpeg drops two frames at the start of WMA, though one is all that its encoder adds."""
_DAMAGE_SHARE_MAX = 0.01
"""Damaged packets are bridged with silence up to this share; beyond it the file is refused."""

_DTYPES = {
    "u8": np.uint8, "s16": np.int16, "s32": np.int32, "s64": np.int64, "flt": np.float32,
    "dbl": np.float64,
}  # fmt: skip
_SCALES = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31, "s64": 2.0**-63}


def read_with_av(path: Path, intake: Intake, accept_damaged: bool, track: int | None) -> ReadSong:
    """Read the sound track of ``path`` into ``intake``; raises as ``core.audio.decode``."""
    try:
        with av.open(str(path), options=OPEN_OPTIONS, metadata_errors="replace") as container:
            return _read(path, container, intake, accept_damaged, track)
    except (av.error.FFmpegError, EOFError) as error:
        raise _unreadable(path) from error


def _read(
    path: Path, container: Any, intake: Intake, accept_damaged: bool, track: int | None
) -> ReadSong:
    stream = _choose_stream(path, container, track)
    codec = stream.codec_context
    if codec is None:
        raise AudioFileError(
            "The sound in “{name}” is in a format that Stemscope does not know. "
            "Export it again as WAV or FLAC.",
            name=path.name,
        )
    manual_skip = n_skipped = _set_up(codec)
    ending = Ending(path, container, stream)

    def describe(audio: ScratchAudio) -> FileInfo:
        return _info(path, container, codec, audio)

    n_packets = n_damaged = 0
    packets = container.demux()
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError:
            break  # the container breaks off here; what it promised tells whether that matters
        ending.saw(packet)
        if packet.stream.index != stream.index:
            continue
        intake.poll(ending.fraction)
        n_packets += 1
        try:
            frames = codec.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            n_damaged += 1
            intake.silence(ending.packet_samples(packet, intake.sample_rate))
            continue
        for frame in frames:
            n_channels = frame.layout.nb_channels
            if not intake.sample_rate:
                ending.first_frame(frame)
                n_promised = None
                if intake.hands_out:
                    n_promised = ending.promise(frame.sample_rate, _set_up, n_skipped)
                intake.open(n_channels, frame.sample_rate, n_promised, describe)
            elif (frame.sample_rate, n_channels) != (intake.sample_rate, intake.n_channels):
                raise AudioFileError(
                    "“{name}” changes its sample rate or its channels on the way. "
                    "Convert it to WAV or FLAC first.",
                    name=path.name,
                )
            block = _to_float(frame)
            skip = min(manual_skip, block.shape[1])
            manual_skip -= skip
            if block.shape[1] > skip:
                intake.append(block[:, skip:])
    if not intake.n_samples and n_damaged:
        raise AudioFileError(
            "The sound in “{name}” cannot be decoded: it is damaged or protected against copying. "
            "Export it again as WAV or FLAC.",
            name=path.name,
        )
    if not intake.sample_rate:  # FFmpeg went by the suffix alone
        raise _unreadable(path)
    notice = _notice(path, intake, ending, n_packets, n_damaged, accept_damaged)
    audio = intake.finish(ending.n_samples(intake.n_samples, intake.sample_rate))
    return ReadSong(audio, describe(audio), notice)


def _set_up(codec: Any) -> int:
    """Prepare ``codec`` for decoding; how many samples at the start are to be left out."""
    if codec.name not in ("wmav1", "wmav2"):
        return 0
    codec.flags2 |= _SKIP_MANUALLY
    return _WMA_PRIMING_SAMPLES


def _info(path: Path, container: Any, codec: Any, audio: ScratchAudio) -> FileInfo:
    bits = integer_bits(codec)
    lossless = is_lossless(codec.name)
    return FileInfo(
        path=path,
        container=container_name(container.format.name, path),
        encoding=stream_encoding(codec, bits),
        sample_rate=audio.sample_rate,
        n_channels=audio.n_channels,
        n_samples=audio.n_samples,
        bit_depth=bits if lossless else None,
        is_float=lossless and bits is None,
        is_lossy=not lossless,
    )


def _unreadable(path: Path) -> AudioFileError:
    return AudioFileError(
        "“{name}” cannot be read as sound: it is not an audio file, or it is damaged. "
        "Try to play it, or export it again as WAV or FLAC.",
        name=path.name,
    )


def _choose_stream(path: Path, container: Any, track: int | None) -> Any:
    """The track asked for; else the one marked as default; else the first."""
    streams = list(container.streams.audio)
    if not streams:
        raise AudioFileError(
            "“{name}” holds no sound track. Choose a file with sound in it.", name=path.name
        )
    if track is not None:
        if not 0 <= track < len(streams):
            raise AudioFileError(
                "“{name}” has no sound track {track}: it holds {n_tracks}.",
                name=path.name,
                track=track + 1,
                n_tracks=len(streams),
            )
        return streams[track]
    # Many tracks of one file may all be marked (stem files are), so the first of them counts.
    return next((s for s in streams if s.disposition & av.stream.Disposition.default), streams[0])


def _notice(
    path: Path,
    intake: Intake,
    ending: Ending,
    n_packets: int,
    n_damaged: int,
    accept_damaged: bool,
) -> StemscopeError | None:
    error: DamagedAudioError | None = None
    n_lost = ending.n_lost(intake.n_samples, intake.sample_rate)
    if n_lost and intake.n_samples:
        error = cut_off_error(path.name, intake.n_samples, n_lost, intake.sample_rate)
    elif n_damaged > max(1.0, n_packets * _DAMAGE_SHARE_MAX):
        error = DamagedAudioError(
            "“{name}” is damaged: {n_damaged} of its {n_packets} pieces cannot be decoded. "
            "Copy or download it again.",
            name=path.name,
            n_damaged=n_damaged,
            n_packets=n_packets,
        )
    if error is not None:
        if not accept_damaged:
            raise error
        return error
    if n_damaged:
        return StemscopeError(
            "“{name}” is damaged in {n_damaged} places; there is silence there instead.",
            name=path.name,
            n_damaged=n_damaged,
        )
    return None


def _to_float(frame: Any) -> FloatArray:
    """The samples of an FFmpeg frame as float32 ``(n_channels, n)``; 24-bit lies in 32 bits."""
    kind = frame.format.name.removesuffix("p")
    dtype = _DTYPES[kind]
    n_channels = frame.layout.nb_channels
    if frame.format.is_planar:
        # Not frame.to_ndarray(): with eight channels PyAV sees a ninth plane and reads beyond it.
        planes = frame.planes[:n_channels]
        data = np.stack([np.frombuffer(plane, dtype, frame.samples) for plane in planes])
    else:
        count = frame.samples * n_channels
        data = np.frombuffer(frame.planes[0], dtype, count).reshape(-1, n_channels).T
    if kind == "u8":
        data = data.astype(np.float32) - 128.0
    scale = _SCALES.get(kind)
    if scale is None:
        return np.array(data, np.float32, order="C")
    return np.ascontiguousarray(data.astype(np.float32) * np.float32(scale))
