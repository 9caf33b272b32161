"""Masks of the chunks of a song, made in threads ahead of whoever turns them into sound."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.batches import MaskMaker
from core.chunks import Chunk, HeardChunk, Listener
from core.pipeline import Pipeline
from core.plan import ChunkPlan

FloatArray = NDArray[np.float32]

Made = list[tuple[HeardChunk, FloatArray]]
"""Each chunk as it was heard, without its features, and its masks."""


class Ahead:
    """Gives the chunks of ``plan`` to the threads of ``pipeline``, and takes their masks back.

    ``n_frames_there`` says how many frames can be heard of a song that is still being decoded; None
    for all. Where another place is sought meanwhile, batches that have not begun wait behind it.
    """

    def __init__(
        self,
        plan: ChunkPlan,
        listener: Listener,
        maker: MaskMaker,
        pipeline: Pipeline[Made],
        n_frames_there: Callable[[], int | None],
    ) -> None:
        self._plan = plan
        self._listener = listener
        self._maker = maker
        self._pipeline = pipeline
        self._n_frames_there = n_frames_there
        self._given: deque[Sequence[Chunk]] = deque()
        self._n_moves = plan.n_moves
        self._hearing = threading.Lock()

    def __len__(self) -> int:
        """Batches that have been given and not taken."""
        return len(self._pipeline)

    def fill(self) -> None:
        """Give the threads as much as they have room for."""
        while self._pipeline.has_room:
            chunks = self._plan.take(self._maker.n_next, self._n_frames_there())
            if not chunks:
                return
            self._given.append(chunks)
            self._pipeline.give(partial(self._make, chunks))

    def take(self, poll: Callable[[], None]) -> Made:
        """The next batch; ``poll`` is called while it is waited for."""

        def poll_and_follow() -> None:
            poll()
            if self._plan.n_moves != self._n_moves:
                self._n_moves = self._plan.n_moves
                for _ in range(self._pipeline.withdraw()):
                    self._plan.give_back(self._given.pop())
                self.fill()

        self._given.popleft()
        return self._pipeline.take(poll_and_follow)

    def _make(self, chunks: Sequence[Chunk], check: Callable[[], None]) -> Made:
        heard = []
        with self._hearing:  # one thread at a time
            for chunk in chunks:
                check()
                heard.append(self._listener.hear(chunk))
        masks = self._maker.masks(heard)
        none = np.zeros((0, 0), np.float32)
        return [(replace(h, features=none), m) for h, m in zip(heard, masks, strict=True)]
