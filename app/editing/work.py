"""The edited mask of one song and model, and the sound that it gives. No Qt, no torch."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np

from app.song import SongResult
from core.audio import Audio
from core.audio.patched import PatchedAudio
from core.editing.edited import EditedMask, MaskState, touched
from core.editing.edits import Edit
from core.editing.history import EditHistory
from core.masks import Mask
from core.ranges import Ranges
from core.stft import Stft
from core.synthesis import synthesis_stft, synthesise, touched_samples

PIECE_FRAMES = 256
"""Frames of the mask that are brought up to date at a time: some 8 s, a few hundredths of a
second of work."""


@dataclass(frozen=True)
class PieceDone:
    """What was brought up to date: frames of ``mask`` and samples, the last ones exclusive."""

    mask: Mask
    frames: tuple[int, int]
    samples: tuple[int, int]


class EditedSong:
    """The history of a song's edits, and which frames of its mask lag behind it.

    ``result`` is the finished one of a model whose first stem is a ``PatchedAudio``. The window's
    thread owns everything but ``bring_up_to_date``, which one thread at a time may call.
    """

    def __init__(self, song_id: int, mixture: Audio, result: SongResult) -> None:
        voice = result.stems[result.sources[0]]
        if not isinstance(voice, PatchedAudio):
            raise TypeError("these stems cannot be edited")
        self.song_id = song_id
        self.mixture = mixture
        self.result = result
        self.history = EditHistory()
        self.is_bypassed = False
        """Whether the network's own mask is heard and seen for the moment."""
        self.look: Edit | None = None
        """The mask of another network in a part of the song, heard and seen for the moment: it
        lies under the edits."""
        self.is_prepared = False
        """Whether the copy that is edited is being made."""
        self.behind = Ranges()
        self._voice = voice
        self._network = result.network_mask or result.mask
        mask = self._network
        self._stft = synthesis_stft(
            mixture.sample_rate,
            Stft(mask.window_samples, mask.hop_samples, mask.window),
            mask.sample_rate,
        )
        self._edited: EditedMask | None = None
        self._making = threading.Lock()

    @property
    def state(self) -> MaskState:
        """What mask and sound are to be like now."""
        if self.is_bypassed:
            return MaskState()
        state = self.history.state
        return state if self.look is None else replace(state, edits=(self.look, *state.edits))

    @property
    def n_frames(self) -> int:
        return self._network.n_frames

    @property
    def frames_per_s(self) -> float:
        return self._network.sample_rate / self._network.hop_samples

    @property
    def network_mask(self) -> Mask:
        """The mask as the network made it."""
        return self._network

    def note(self, before: MaskState) -> Ranges:
        """The state was ``before``: what lags behind now. Returns what is new."""
        changed = touched(before, self.state, self._network)
        self.behind = Ranges([*self.behind, *changed])
        return changed

    def take(self, focus_frame: int) -> tuple[int, int] | None:
        """The piece to do next, from ``focus_frame`` on if there is any; it counts as done."""
        if not self.behind:
            return None
        later = self.behind.within(focus_frame, self.n_frames)
        first, last = later[0] if later else self.behind.ranges[0]
        last = min(last, first + PIECE_FRAMES)
        self.behind = self.behind.minus(first, last)
        return first, last

    def put_back(self, first: int, last: int) -> None:
        """What was taken and not done."""
        self.behind = self.behind.plus(first, last)

    def prepare(self) -> None:
        """Make what the first edit would have to wait for. ``OSError`` if the disk is full."""
        self.made()
        self._voice.prepare()

    def made(self) -> EditedMask:
        """The copy of the mask that is edited: made now, which takes seconds for an hour's, if it
        was not. ``OSError`` if the disk is full. May be called from any thread.
        """
        with self._making:
            if self._edited is None:
                self._edited = EditedMask(self._network, self.mixture.sample_rate / 2)
            return self._edited

    def bring_up_to_date(self, state: MaskState, first: int, last: int) -> PieceDone:
        """Frames ``first`` to ``last`` of the mask, and the sound that they give, to ``state``.

        Where that is the network's own mask, the sound is the network's own too. ``OSError`` if
        the disk is full.
        """
        edited, mixture = self.made(), self.mixture
        edited.update(state, first, last)
        mask = edited.result
        start, stop = touched_samples(mask, (first, last), self._stft, mixture)
        if self._is_network_s(mask, start, stop):
            self._voice.revert(start, stop)
        else:
            self._voice.write(start, synthesise(mixture, mask, self._stft, start, stop))
        return PieceDone(mask, (first, last), (start, stop))

    def _is_network_s(self, mask: Mask, start: int, stop: int) -> bool:
        """Whether all that samples ``start`` to ``stop`` are made with is the network's."""
        reach_s = self._stft.window_samples / self.mixture.sample_rate
        rate = self.mixture.sample_rate
        first = max(0, int((start / rate - reach_s) * self.frames_per_s) - 1)
        last = int((stop / rate + reach_s) * self.frames_per_s) + 2
        pairs = ((mask.values, self._network.values), (mask.above, self._network.above))
        return all(np.array_equal(a[..., first:last], b[..., first:last]) for a, b in pairs)
