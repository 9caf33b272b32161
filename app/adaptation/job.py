"""Adapting a model to a song as a job of the compute thread; torch is loaded in there alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from app.i18n import mark
from app.jobs import JobStep
from app.torch_setup import prepare_torch
from core.audio import Audio
from core.editing.grid import Grid, Span
from core.editing.marks import Marks
from core.editing.patch import Patch

if TYPE_CHECKING:
    from core.training.adaptation import Adaptation

LOADING = mark("Loading the model")
ADAPTING = mark("Adapting the model")

FIRST_LOOK, LOOKS = 0.05, 12
"""The loop is separated again so often, for the first time after this part of the time."""


@dataclass(frozen=True)
class LoopLook:
    """The mask of the loop as the network makes it by now."""

    patch: Patch
    span_s: Span


@dataclass(frozen=True)
class Adapted:
    """The adapted model, alone in a temporary folder: whoever gets this lets go of both."""

    model: Path

    def discard(self) -> None:
        shutil.rmtree(self.model.parent, ignore_errors=True)


@dataclass(frozen=True)
class AdaptationRequest:
    """Everything the compute thread needs to adapt a model to a song.

    ``voice`` is the voice's stem as it is now, ``loop_s`` what is separated again meanwhile.
    """

    mixture: Audio
    voice: Audio
    marks: Marks
    model_folder: Path
    song: str
    seconds: float
    loop_s: Span
    device: str = "auto"
    enough: Event = field(default_factory=Event)
    """Set by the user who does not want to wait for the end: what was learnt so far is taken."""

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, Adapted]:
        """Yields a step of the work at a time, and ``LoopLook`` now and then."""
        yield JobStep(0.0, LOADING)
        prepare_torch()
        yield JobStep(0.0, LOADING)
        from core.checkpoint import load_model
        from core.devices import resolve_device
        from core.training.adaptation import Adaptation, save_adapted

        model = load_model(self.model_folder, resolve_device(self.device), precision="auto")
        adaptation = Adaptation.to_song(model, self.mixture, self.voice, self.marks, self.seconds)
        next_look = FIRST_LOOK
        for report in adaptation.run(should_stop):
            look = None
            ends = report.fraction >= 1.0 or self.enough.is_set()
            if report.fraction >= next_look or ends:
                next_look = report.fraction + (1 - FIRST_LOOK) / LOOKS
                look = self._look(adaptation, should_stop)
            yield JobStep(report.fraction, ADAPTING, look)
            if ends:
                break
        adapted = Adapted(Path(tempfile.mkdtemp(prefix="stemscope-adapted-")) / "model")
        try:
            save_adapted(adaptation, self.marks, self.song, adapted.model)
        except BaseException:
            adapted.discard()
            raise
        return adapted

    def _look(self, adaptation: Adaptation, should_stop: Callable[[], bool]) -> LoopLook:
        """The loop separated with the weights of this moment."""
        from core.stretch import stretch_masks

        model = adaptation.adapted()
        card = model.card
        grid = Grid(card.sample_rate, card.stft.hop_samples, card.stft.window_samples)
        n_frames = int(self.mixture.n_samples / self.mixture.sample_rate * grid.frames_per_s) + 2
        first, last = grid.frames(self.loop_s, 0, n_frames)
        values, above = stretch_masks(self.mixture, model, first, last, should_stop)
        return LoopLook(Patch.of(values[0], first, 0, above[0]), self.loop_s)
