"""Batches given to threads ahead of the sound, and what becomes of them where a place is sought."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from core.ahead import Ahead, Made
from core.card import ChunkSettings
from core.chunks import Chunk, HeardChunk, cut
from core.pipeline import Pipeline
from core.plan import ChunkPlan

SETTINGS = ChunkSettings(core_frames=10, warm_up_frames=4, look_ahead_frames=2, fade_frames=3)


class Ears:
    """Hears nothing in particular."""

    def hear(self, chunk: Chunk) -> HeardChunk:
        return HeardChunk(chunk, np.zeros((16, 5), np.float32), np.zeros((1, 16, 5), np.float32))


class Hands:
    """Two chunks at a time; the second batch waits for a word."""

    n_next = 2

    def __init__(self) -> None:
        self.order: list[list[int]] = []
        self.begun, self.going_on = threading.Event(), threading.Event()

    def masks(self, heard: Sequence[HeardChunk]) -> list[np.ndarray]:
        self.order.append([h.chunk.index for h in heard])
        if len(self.order) == 2:
            self.begun.set()
            self.going_on.wait()
        return [np.full((1, 1, 16, 5), h.chunk.index, np.float32) for h in heard]


def nothing() -> None:
    """Nobody asks to stop."""


def test_a_place_that_is_sought_comes_before_what_has_not_begun() -> None:
    plan, hands = ChunkPlan(cut(200, SETTINGS)), Hands()
    with Pipeline[Made](1) as pipeline:
        ahead = Ahead(plan, Ears(), hands, pipeline, lambda: None)
        ahead.fill()
        assert [h.chunk.index for h, _ in ahead.take(nothing)] == [0]
        ahead.fill()
        hands.begun.wait()
        assert len(ahead) == 2, "one that has begun, and one ready"

        def seek_then_go_on() -> None:
            if hands.going_on.is_set():
                return
            plan.seek(125)
            threading.Timer(0.1, hands.going_on.set).start()

        done = [h.chunk.index for h, _ in ahead.take(seek_then_go_on)]
        while True:
            ahead.fill()
            if not len(ahead):
                break
            done += [h.chunk.index for h, _ in ahead.take(nothing)]
    assert hands.order[:4] == [[0], [1, 2], [12], [13, 14]]
    assert sorted(done) == list(range(1, 20))
    assert [index for batch in hands.order for index in batch] == [0, *done]


def test_a_place_in_a_batch_that_has_not_begun_comes_alone() -> None:
    plan = ChunkPlan(cut(200, SETTINGS))
    plan.take(1)
    waiting = plan.take(2)
    plan.seek(25)
    plan.give_back(waiting)
    assert [[c.index for c in plan.take(4)] for _ in range(3)] == [[2], [3, 4], [5, 6, 7, 8]]
