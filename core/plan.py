"""Which chunk of a song comes next, and how chunks that come in any order are joined."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.chunks import Chunk, fade_weights

FloatArray = NDArray[np.float32]


class ChunkPlan:
    """Hands out the chunks of a song once each: from where somebody listens on, then the rest.

    May be used from several threads: one takes, others ``seek``.
    """

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = tuple(chunks)
        self._left = [True] * len(self.chunks)
        self._wish = 0
        self._most = 1
        self._n_moves = 0
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether any chunk has not been taken."""
        with self._lock:
            return any(self._left)

    @property
    def n_moves(self) -> int:
        """How many times another chunk than before was sought."""
        return self._n_moves

    def seek(self, frame: int) -> None:
        """Go on with the chunk that makes the mask of ``frame`` final, and those behind it."""
        chunks = self.chunks
        if not chunks:
            return
        size = max(1, chunks[0].last - chunks[0].first)
        index = min(max(frame, 0) // size, len(chunks) - 1)
        if index > 0 and frame < chunks[index - 1].fade_last:
            index -= 1  # there it is still faded over from the chunk before
        with self._lock:
            before = self._next(None)
            self._n_moves += index != self._wish
            self._wish = index
            if self._next(None) != before:
                self._most = 1

    def take(self, most: int, n_frames_there: int | None = None) -> list[Chunk]:
        """Up to ``most`` chunks to compute next, in order; none if there are none to take.

        The first at a new place comes alone, then two, so that its sound is there soon. Of a song
        that is still being read only those that hear none but the first ``n_frames_there`` frames;
        and none at all while it is being read up to the place that was sought: the decoder gets
        there sooner alone.
        """
        with self._lock:
            taken: list[Chunk] = []
            if self._left[self._wish : self._wish + 1] == [True] and not self._is_there(
                self._wish, n_frames_there
            ):
                return taken
            while len(taken) < min(most, self._most):
                index = self._next(n_frames_there)
                if index is None or (taken and index < taken[-1].index):
                    break
                self._left[index] = False
                taken.append(self.chunks[index])
            if taken:
                self._most *= 2
            return taken

    def give_back(self, chunks: Sequence[Chunk]) -> None:
        """Hand ``chunks`` out again: they were taken and not computed."""
        with self._lock:
            for chunk in chunks:
                self._left[chunk.index] = True
            if self._left[self._wish : self._wish + 1] == [True]:
                self._most = 1

    def _next(self, n_frames_there: int | None) -> int | None:
        order = (*range(self._wish, len(self.chunks)), *range(self._wish))
        for index in order:
            if self._left[index] and self._is_there(index, n_frames_there):
                return index
        return None

    def _is_there(self, index: int, n_frames_there: int | None) -> bool:
        return n_frames_there is None or self.chunks[index].heard_last <= n_frames_there


class Seams:
    """Cross-fades neighbouring chunks as soon as both are there, in whatever order they come."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = tuple(chunks)
        self._heads: dict[int, FloatArray] = {}
        self._tails: dict[int, FloatArray] = {}

    def join(self, chunk: Chunk, values: FloatArray) -> tuple[int, FloatArray]:
        """What became final with ``chunk``: the first frame, and values from there on.

        ``values`` is ``(…, n_frames, n_bins)`` of frames ``chunk.first`` to ``chunk.fade_last``;
        so is the answer, which begins later while the chunk before is missing, and ends later
        where the chunk after was there already.
        """
        index, n_core = chunk.index, chunk.last - chunk.first
        core, tail = values[..., :n_core, :], values[..., n_core:, :]
        n_head = 0
        if index > 0:
            n_head = min(self._chunks[index - 1].fade_last - chunk.first, n_core)
        first = chunk.first + n_head
        parts = [core[..., n_head:, :]]
        if n_head and index - 1 in self._tails:
            first = chunk.first
            parts.insert(0, _faded(self._tails.pop(index - 1), core[..., :n_head, :]))
        elif n_head:
            self._heads[index] = core[..., :n_head, :].copy()
        if index + 1 in self._heads:
            parts.append(_faded(tail, self._heads.pop(index + 1)))
        elif tail.shape[-2]:
            self._tails[index] = tail.copy()
        return first, np.concatenate(parts, axis=-2)


def _faded(tail: FloatArray, head: FloatArray) -> FloatArray:
    """From the end of one chunk, ``tail``, to the beginning of the next, over ``head``'s frames."""
    n_frames = head.shape[-2]
    weight = fade_weights(tail.shape[-2])[:n_frames, None]
    return np.asarray(tail[..., :n_frames, :] * (1 - weight) + head * weight, np.float32)
