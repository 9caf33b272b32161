"""Reading, writing and resampling of audio files."""

from core.audio.source import (
    ArrayAudio,
    Audio,
    DifferenceAudio,
    FloatArray,
    ScratchAudio,
    read_padded,
)

__all__ = ["ArrayAudio", "Audio", "DifferenceAudio", "FloatArray", "ScratchAudio", "read_padded"]
