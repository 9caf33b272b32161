"""Examples in blocks of equal sequences, prepared beside the steps that use them.

A block holds as many whole clips as fit its memory; clips come in the epoch's own order and
sequences are shuffled within their block. Everything is a function of (seed, epoch, position), so
that any block can be made again.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.errors import Cancelled
from core.training.examples import Example
from core.training.recipe import Recipe
from core.training.reports import StageReport

BLOCK_BYTES = 300 * 2**20
"""Two blocks are alive at a time, and one of them twice while it is put together."""

POLL_S = 0.1

CORES_PER_WORKER, MOST_WORKERS = 4, 8
"""The steps need most cores; on a GPU they are so fast that one core could not feed them."""


class Examples(Protocol):
    """What a mixer does, as seen from here."""

    def __len__(self) -> int: ...

    def example(self, epoch: int, item: int) -> Example: ...

    def name(self, item: int) -> str: ...


@dataclass(frozen=True)
class Block:
    """Sequences of the clips from ``first`` to ``last`` (exclusive) in the order of an epoch.

    ``features``, ``voice`` and ``music`` are those of ``Example`` with the sequences before them:
    ``(n, n_frames, n_bins)`` for one channel. ``scale`` and ``weights`` are ``(n, n_frames)``,
    weights being 1 in frames of a clip and 0 in what fills a sequence up; ``items`` says whose
    sequences they are.
    """

    epoch: int
    first: int
    last: int
    features: Tensor
    scale: Tensor
    voice: Tensor
    music: Tensor
    weights: Tensor
    items: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.features)

    def on(self, device: str) -> Block:
        """The same block with its tensors on ``device``."""
        if device == "cpu":
            return self
        names = ("features", "scale", "voice", "music", "weights")
        moved = {
            name: getattr(self, name).pin_memory().to(device, non_blocking=True) for name in names
        }
        return replace(self, **moved)

    def inputs(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What the objective takes, in float32, of the sequences numbered ``chosen``."""
        chosen = chosen.to(self.features.device)
        return (
            self.features[chosen].float(),
            self.scale[chosen],
            self.voice[chosen].float(),
            self.music[chosen].float(),
            self.weights[chosen],
        )


class Preparation:
    """Makes blocks of ``examples`` in a thread, always one ahead; closed when left as a context.

    With ``fixed`` every epoch is the same: the examples of epoch 0 with all their frames, in the
    clips' own order. ``n_workers`` threads make examples; by default as many as the cores allow.
    """

    def __init__(
        self,
        examples: Examples,
        recipe: Recipe,
        *,
        fixed: bool = False,
        block_bytes: int = BLOCK_BYTES,
        n_workers: int = 0,
    ) -> None:
        self._examples = examples
        self._seed = recipe.seed
        self._length = recipe.optimiser.sequence_frames
        # Half precision halves the memory that waits, where the products are in it anyway.
        self._dtype = getattr(torch, recipe.optimiser.product_dtype)
        self._fixed = fixed
        self._block_bytes = block_bytes
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="examples")
        self._n_workers = n_workers or _usual_workers()
        self._workers = ThreadPoolExecutor(self._n_workers, thread_name_prefix="example")
        self._closing = threading.Event()
        self._upcoming: tuple[tuple[int, int], Future[Block]] | None = None
        self._whole: Block | None = None
        self._n_made = 0

    def __enter__(self) -> Preparation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._workers.shutdown(wait=True, cancel_futures=True)

    def block(
        self, epoch: int, first: int, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[StageReport | Block]:
        """The block from position ``first`` of ``epoch``, last of all; reports while it is awaited.

        The block after it is begun at once. Raises ``Cancelled`` if asked to stop meanwhile.
        """
        epoch = 0 if self._fixed else epoch
        if self._whole is not None:
            yield self._whole
            return
        if self._upcoming is None or self._upcoming[0] != (epoch, first):
            self._begin(epoch, first)
        assert self._upcoming is not None
        future = self._upcoming[1]
        while True:
            try:
                block = future.result(timeout=POLL_S)
                break
            except FutureTimeoutError:
                if future.done():  # the preparation's own
                    raise
                if should_stop is not None and should_stop():
                    raise Cancelled from None
                yield StageReport("Preparing examples", self._n_made / len(self._examples))
        if self._fixed and block.first == 0 and block.last == len(self._examples):
            self._whole = block
        else:
            following = (epoch, block.last)
            if block.last == len(self._examples):
                following = (0 if self._fixed else epoch + 1, 0)
            self._begin(*following)
        yield block

    def order(self, block: Block) -> Tensor:
        """The order of the sequences of ``block``."""
        if self._fixed:
            return torch.arange(len(block))
        rng = np.random.default_rng((self._seed, block.epoch, block.first, 1))
        return torch.from_numpy(rng.permutation(len(block)))

    def names(self, block: Block, chosen: Tensor) -> list[str]:
        """The clips of some sequences, each once."""
        items = (block.items[index] for index in chosen.tolist())
        return list(dict.fromkeys(self._examples.name(item) for item in items))

    def _begin(self, epoch: int, first: int) -> None:
        self._n_made = first
        self._upcoming = ((epoch, first), self._pool.submit(self._make, epoch, first))

    def _make(self, epoch: int, first: int) -> Block:
        n_items = len(self._examples)
        order = np.arange(n_items)
        if not self._fixed:
            order = np.random.default_rng((self._seed, epoch)).permutation(n_items)
        pieces: tuple[list[Tensor], ...] = ([], [], [], [], [])
        items: list[int] = []
        n_bytes, last = 0, first
        coming: deque[Future[list[Tensor]]] = deque()
        while last < n_items and n_bytes < self._block_bytes:
            if self._closing.is_set():
                raise Cancelled
            for item in order[last + len(coming) : last + self._n_workers]:
                coming.append(self._workers.submit(self._made, epoch, int(item)))
            cut = coming.popleft().result()
            for kind, tensor in zip(pieces, cut, strict=True):
                kind.append(tensor)
                n_bytes += tensor.numel() * tensor.element_size()
            items += [int(order[last])] * len(cut[0])
            last += 1
            self._n_made = last
        for future in coming:  # those of the next block
            future.cancel()
        names = ("features", "scale", "voice", "music", "weights")
        tensors: dict[str, Tensor] = {}
        for name, kind in zip(names, pieces, strict=True):
            tensors[name] = torch.cat(kind)
            kind.clear()
        return Block(epoch, first, last, items=tuple(items), **tensors)

    def _made(self, epoch: int, item: int) -> list[Tensor]:
        return self._cut(self._examples.example(epoch, item), epoch, item)

    def _cut(self, example: Example, epoch: int, item: int) -> list[Tensor]:
        """An example as sequences: features, scale, voice, music and weights."""
        n_frames = len(example.features)
        if self._fixed:  # all frames, in sequences of nearly the same length
            n_pieces = max(1, -(-n_frames // self._length))
            edges = [n_frames * k // n_pieces for k in range(n_pieces + 1)]
        else:
            n_pieces = max(1, n_frames // self._length)
            # The cut moves with the epoch, so that no frame is always the first of a sequence.
            slack = max(0, n_frames - n_pieces * self._length)
            first = int(np.random.default_rng((epoch, item)).integers(0, slack + 1))
            edges = [min(first + k * self._length, n_frames) for k in range(n_pieces + 1)]
        arrays = (
            example.features,
            example.scale,
            example.voice,
            example.music,
            np.ones(n_frames, np.float32),
        )
        cut = []
        for array in arrays:
            whole = np.zeros((n_pieces, self._length, *array.shape[1:]), np.float32)
            for piece, (start, stop) in enumerate(itertools.pairwise(edges)):
                whole[piece, : stop - start] = array[start:stop]
            tensor = torch.from_numpy(whole)
            cut.append(tensor.to(self._dtype) if array.ndim > 1 else tensor)
        return cut


def _usual_workers() -> int:
    return max(1, min(MOST_WORKERS, (os.cpu_count() or 1) // CORES_PER_WORKER))
