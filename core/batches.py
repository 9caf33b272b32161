"""Masks of chunks in batches, as many at a time as the device has memory for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.chunks import HeardChunk, masks_of
from core.errors import StemscopeError

FloatArray = NDArray[np.float32]

_ALL = 1 << 30


class MaskModel(Protocol):
    """What is needed of ``core.checkpoint.Model``."""

    @property
    def device(self) -> str:
        """Where it computes now."""

    @property
    def wanted_device(self) -> str:
        """Where it was asked to compute."""

    @property
    def chunks_together(self) -> int:
        """How many chunks it is fastest with, and has memory for."""

    def move(self, device: str) -> bool:
        """Go there; False if the memory does not suffice, and then it is on the CPU."""

    def masks(self, features: FloatArray) -> FloatArray:
        """As ``Model.masks``; ``MemoryError`` where the device has too little."""


class MaskMaker:
    """Makes the masks of one song. Where memory is short it takes smaller batches, then the CPU.

    May be used by several threads; on a graphics card one at a time computes.
    ``notice`` is a sentence (never raised) once a song goes on elsewhere than was asked for.
    """

    def __init__(self, model: MaskModel) -> None:
        self._model = model
        self._most = _ALL
        self._turn = threading.Lock()
        self.notice: StemscopeError | None = None
        # An earlier song may have had to leave its device: there may be room again.
        if not model.move(model.wanted_device):
            self._note()

    @property
    def n_next(self) -> int:
        """How many chunks to bring next."""
        return min(self._model.chunks_together, self._most)

    def masks(self, heard: Sequence[HeardChunk]) -> list[FloatArray]:
        """Masks of ``heard``, as ``masks_of``; ``MemoryError`` if the CPU cannot do one chunk."""
        with self._turn if self._model.device != "cpu" else nullcontext():
            return self._masks(heard)

    def _masks(self, heard: Sequence[HeardChunk]) -> list[FloatArray]:
        done: list[FloatArray] = []
        while len(done) < len(heard):
            part = heard[len(done) : len(done) + self._most]
            try:
                done += masks_of(part, self._model.masks)
                continue
            except MemoryError:
                pass
            # Out of the except block: the error's frames, and the arrays they held, are gone.
            if len(part) > 1:
                self._most = len(part) // 2
            elif self._model.device != "cpu":
                self._model.move("cpu")
                self._most = _ALL
                self._note()
            else:
                raise MemoryError
        return done

    def _note(self) -> None:
        self.notice = StemscopeError(
            "The graphics card has too little free memory: the song is separated on the CPU, which "
            "takes longer. Close other programs that use the card, then try again."
        )
