"""Speech with the time of every phoneme, from libespeak-ng.

The command line of espeak-ng writes no phoneme times, its library does: the synthesis callback
brings an event per phoneme with the sample at which it starts.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np

_RETRIEVAL_SYNCHRONOUS = 2
_PHONEME_EVENTS = 1
_EVENT_END = 0
_EVENT_PHONEME = 7
_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8 = 1

# Names of espeak-ng's phonemes (its own ASCII alphabet), as far as the lyrics need them.
_VOWEL_STARTS = frozenset("aAeEiIoOuUV03@")
_UNVOICED = frozenset(("p", "t", "k", "f", "T", "s", "S", "h", "tS", "t#", "t2", "?"))
_NOISY_VOICED = frozenset(("v", "D", "z", "Z", "dZ"))
_STOPS = frozenset(("b", "d", "g"))


@dataclass(frozen=True)
class Phoneme:
    """One speech sound: where it lies in the speech (samples) and what kind it is."""

    name: str
    start: int
    stop: int

    @property
    def kind(self) -> str:
        """vowel, unvoiced, noisy (voiced fricative), stop (voiced) or sonorant."""
        if self.name[0] in _VOWEL_STARTS:
            return "vowel"
        if self.name in _UNVOICED:
            return "unvoiced"
        if self.name in _NOISY_VOICED:
            return "noisy"
        return "stop" if self.name in _STOPS else "sonorant"


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Speaker:
    """A voice of espeak-ng that speaks a line in monotone."""

    def __init__(self, voice: str, words_per_minute: int = 130, pitch: int = 40) -> None:
        library = ctypes.util.find_library("espeak-ng")
        if library is None:
            raise SystemExit("libespeak-ng is missing: apt install espeak-ng")
        self._lib = ctypes.CDLL(library)
        self.sample_rate = self._lib.espeak_Initialize(
            _RETRIEVAL_SYNCHRONOUS, 0, None, _PHONEME_EVENTS
        )
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SystemExit(f"espeak-ng has no voice {voice}")
        self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._lib.espeak_SetParameter(_PITCH, pitch, 0)
        self._lib.espeak_SetParameter(_RANGE, 0, 0)

    def speak(self, text: str) -> tuple[np.ndarray, list[Phoneme]]:
        """Returns the speech, float64 `(n,)` in [-1, 1], and its phonemes without the pauses."""
        blocks: list[np.ndarray] = []
        marks: list[tuple[str, int]] = []

        @_Callback
        def receive(samples, n_samples, events):  # type: ignore[no-untyped-def]
            if samples and n_samples > 0:
                blocks.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
            index = 0
            while events[index].type != _EVENT_END:
                if events[index].type == _EVENT_PHONEME:
                    name = bytes(events[index].id.string).split(b"\0")[0].decode()
                    marks.append((name, events[index].sample))
                index += 1
            return 0

        self._lib.espeak_SetSynthCallback(receive)
        data = text.encode()
        self._lib.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8, None, None)
        self._lib.espeak_Synchronize()
        speech = np.concatenate(blocks).astype(np.float64) / 32768.0
        stops = [start for _, start in marks[1:]] + [len(speech)]
        phonemes = [
            Phoneme(name, start, stop)
            for (name, start), stop in zip(marks, stops, strict=True)
            if name.strip("_:; ,'%=|") and stop > start
        ]
        return speech, phonemes
