"""Reading, writing and resampling of audio files."""

from core.audio.decode import decode
from core.audio.info import (
    AUDIO_SUFFIXES,
    DamagedAudioError,
    DecodedSong,
    FileInfo,
    Tags,
    find_audio_files,
    no_songs_error,
)
from core.audio.resample import ResampledAudio, resample
from core.audio.source import (
    ArrayAudio,
    Audio,
    DifferenceAudio,
    FloatArray,
    ScratchAudio,
    read_padded,
)
from core.audio.tags import read_tags

__all__ = [
    "AUDIO_SUFFIXES",
    "ArrayAudio",
    "Audio",
    "DamagedAudioError",
    "DecodedSong",
    "DifferenceAudio",
    "FileInfo",
    "FloatArray",
    "ResampledAudio",
    "ScratchAudio",
    "Tags",
    "decode",
    "find_audio_files",
    "no_songs_error",
    "read_padded",
    "read_tags",
    "resample",
]
