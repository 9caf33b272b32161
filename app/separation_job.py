"""The separation of one song as a job of the compute thread; torch is loaded in there alone."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.jobs import JobStep
from app.song import SongResult, StemsAdvanced, editable_stems
from app.speed_memory import Run
from app.torch_setup import prepare_torch
from core.audio import ArrayAudio, Audio
from core.errors import StemscopeError
from core.process_memory import resident_bytes

if TYPE_CHECKING:
    from core.devices import Device
    from core.models import ModelEntry
    from core.separator import Separation, Step

logger = logging.getLogger(__name__)

N_LOADED_MODELS = 2
_TRIED_RATE = 44100


class SeparatorLike(Protocol):
    """What the job needs of ``core.separator.Separator``."""

    def start(self, mixture: Audio, scratch_dir: str | None = None) -> Separation: ...

    def run(
        self, separation: Separation, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[Step]: ...


SeparatorFactory = Callable[[Path, str], SeparatorLike]
"""Makes a separator of a model's folder and a device's name; called in the compute thread."""


@dataclass(frozen=True)
class SeparationBegun:
    """The still empty result that the job will fill."""

    song_id: int
    result: SongResult


@dataclass(frozen=True)
class Noticed:
    """Something the user should know of a separation that goes on."""

    error: StemscopeError


@dataclass(frozen=True)
class DevicesFound:
    """The devices torch can use, and a sentence if a GPU lies idle."""

    devices: tuple[Device, ...]
    hint: str | None


@dataclass(frozen=True)
class SeparationRequest:
    """Everything the compute thread needs to separate one song."""

    song_id: int
    mixture: Audio
    model_id: str
    model_folder: Path
    device: str
    make_separator: SeparatorFactory
    scratch_dir: str | None = None
    begin_at: int = 0
    """The sample of the mixture at which somebody listens already: it comes first."""

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, SongResult]:
        """Yields ``SeparationBegun``, then ``StemsAdvanced`` per chunk; returns the result.

        ``Noticed`` comes between where the song has to be computed on another device.
        """
        yield JobStep(0.0, "Loading the model")
        separator = self.make_separator(self.model_folder, self.device)
        separation = separator.start(self.mixture, self.scratch_dir)
        if self.begin_at:
            separation.seek(self.begin_at)
        try:
            result = SongResult(
                self.model_id,
                separation.sources,
                separation.mask,
                editable_stems(
                    self.mixture, separation.sources, separation.synthesised, self.scratch_dir
                ),
                seek=separation.seek,
            )
            yield JobStep(0.0, "Separating", SeparationBegun(self.song_id, result))
            told = False
            meter = _RunMeter(self.mixture.n_samples / self.mixture.sample_rate)
            for step in meter.steps(separator.run(separation, should_stop)):
                if separation.notice is not None and not told:
                    told = True
                    yield JobStep(step.fraction, step.stage, Noticed(separation.notice))
                advanced = StemsAdvanced(self.song_id, self.model_id, *step.samples, *step.frames)
                yield JobStep(step.fraction, step.stage, advanced if advanced.is_any else None)
            result.run = meter.run(separation.mask.values.nbytes + separation.mask.above.nbytes)
            return result
        finally:
            # The result lives on in the window; the separation and its tensors do not.
            del separation, separator


class _RunMeter:
    """How long the steps of a separation took by themselves, and how much memory the process."""

    def __init__(self, song_s: float) -> None:
        self._song_s = song_s
        self._work_s = 0.0
        self._peak_bytes: int | None = None

    def steps(self, steps: Iterator[Step]) -> Iterator[Step]:
        """``steps``, timed while they are made; not while other jobs run, nor while nothing is
        left to do but to wait for the decoder."""
        while True:
            began_s = time.perf_counter()
            step = next(steps, None)
            if step is None:
                return
            if step.samples[0] < step.samples[1]:
                self._work_s += time.perf_counter() - began_s
                n_bytes = resident_bytes()
                if n_bytes is not None:
                    self._peak_bytes = max(n_bytes, self._peak_bytes or 0)
            yield step

    def run(self, song_bytes: int) -> Run:
        return Run(self._song_s, self._work_s, self._peak_bytes, song_bytes)


@dataclass(frozen=True)
class WarmUp:
    """Loads torch, the model in use and ``modules`` before somebody needs them."""

    make_separator: SeparatorFactory
    find_model: Callable[[str], ModelEntry]
    model_id: str
    device: str
    modules: Callable[[], Iterable[str]] = tuple

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, DevicesFound]:
        """Returns ``DevicesFound``; the first song tells of a model that cannot be loaded."""
        yield JobStep(0.0, "Starting")
        prepare_torch()
        yield JobStep(0.5, "Starting")
        from core.devices import list_devices, unused_gpu_hint

        found = DevicesFound(tuple(list_devices()), unused_gpu_hint())
        yield JobStep(0.6, "Starting")
        try:
            separator = self.make_separator(self.find_model(self.model_id).folder, self.device)
            yield JobStep(0.7, "Starting")
            _try(separator)
        except Exception as error:
            logger.info("The model could not be loaded ahead: %s", error)
        for _name in self.modules():
            yield JobStep(0.8, "Starting")
        return found


def _try(separator: SeparatorLike) -> None:
    """Separate a moment of silence: what is set up at a network's first use, is by then."""
    separation = separator.start(ArrayAudio(np.zeros((2, _TRIED_RATE)), _TRIED_RATE))
    try:
        for _step in separator.run(separation):
            pass
    finally:
        separation.close()


class LoadedSeparators:
    """The default ``SeparatorFactory``: keeps the last few models. Compute thread only."""

    def __init__(self, precision: str = "auto") -> None:
        """``precision`` is that of ``core.checkpoint.load_model``."""
        self._precision = precision
        self._loaded: OrderedDict[tuple[Path, str, str], SeparatorLike] = OrderedDict()

    def __call__(self, folder: Path, device: str) -> SeparatorLike:
        prepare_torch()
        from core.card import read_card
        from core.checkpoint import load_model
        from core.devices import resolve_device
        from core.separator import Separator

        device = resolve_device(device)
        key = (folder, read_card(folder).sha256, device)
        if key not in self._loaded:
            while len(self._loaded) >= N_LOADED_MODELS:
                self._loaded.popitem(last=False)
            self._loaded[key] = Separator(load_model(folder, device, precision=self._precision))
        self._loaded.move_to_end(key)
        return self._loaded[key]
