"""The separator: from a song to its masks and stems, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.ahead import Ahead
from core.allocator import memory_kept
from core.audio.growing import GrowingAudio, n_there
from core.audio.source import Audio, DifferenceAudio, ScratchAudio
from core.batches import MaskMaker
from core.checkpoint import Model
from core.chunks import HeardChunk, Listener, cut, kept_masks
from core.compute_threads import compute_threads
from core.errors import Cancelled, StemscopeError
from core.masks import Mask
from core.plan import ChunkPlan, Seams
from core.ranges import Ranges
from core.scratch_array import let_go
from core.synthesis import final_samples, synthesis_stft, synthesise

FloatArray = NDArray[np.float32]

SEEK_MARGIN_S = 0.1
"""Windows of the resynthesis, and filters of a player, reach this far before a sample at most."""

_RESAMPLER_REACH_SAMPLES = 1100
_WAIT_S = 0.02


@dataclass(frozen=True)
class Step:
    """One chunk done: what became final, as (first, last exclusive) frames and samples.

    ``fraction`` is the part of the song that is done, wherever in the song it lies.
    """

    fraction: float
    stage: str
    frames: tuple[int, int]
    samples: tuple[int, int]


@dataclass
class Separation:
    """One song with one model, filled from left to right, or from where somebody listens on.

    ``stems`` maps each source to a signal of the mixture's rate, channels and length. All but the
    last are synthesised; the last is what they leave of the mixture, so that they always sum to it.
    ``plan`` says which chunk comes next. What lies in ``frames_ready`` of the mask, and in
    ``samples_ready`` of the stems, is final; both are replaced as a whole.
    """

    mixture: Audio
    model_id: str
    sources: tuple[str, ...]
    mask: Mask
    synthesised: tuple[ScratchAudio, ...]
    plan: ChunkPlan
    stems: dict[str, Audio] = field(init=False)
    frames_ready: Ranges = field(default_factory=Ranges)
    samples_ready: Ranges = field(default_factory=Ranges)
    notice: StemscopeError | None = None
    """A sentence (never raised) if it had to be computed elsewhere than was asked for."""

    def __post_init__(self) -> None:
        self.stems = dict(zip(self.sources, self.synthesised, strict=False))
        self.stems[self.sources[-1]] = DifferenceAudio(self.mixture, self.synthesised)

    @property
    def complete(self) -> bool:
        frames, samples = self.mask.n_frames, self.mixture.n_samples
        return self.frames_ready.covers(0, frames) and self.samples_ready.covers(0, samples)

    def seek(self, sample: int) -> None:
        """Go on with what is heard from ``sample`` of the mixture on. From any thread."""
        seconds = max(0.0, sample / self.mixture.sample_rate - SEEK_MARGIN_S)
        self.plan.seek(int(seconds * self.mask.sample_rate / self.mask.hop_samples))

    def close(self) -> None:
        """Give the stems' disk space back."""
        for stem in self.synthesised:
            stem.close()


class Separator:
    """Separates songs with one model.

    ``n_threads`` threads compute masks ahead of the one that calls ``run``, which turns them into
    sound; by default as many as torch has in that thread.
    """

    def __init__(self, model: Model, n_threads: int | None = None) -> None:
        self._model = model
        self._card = model.card
        self._n_threads = n_threads

    def start(self, mixture: Audio, scratch_dir: str | None = None) -> Separation:
        """An empty separation of ``mixture``, to be filled by ``run``."""
        card = self._card
        stft = card.stft.stft()
        n_frames = Listener(mixture, card).n_frames
        plan = ChunkPlan(cut(n_frames, card.chunk))
        return Separation(
            mixture,
            card.model_id,
            card.sources,
            Mask.empty(
                len(card.sources),
                n_frames,
                card.sample_rate,
                stft.hop_samples,
                stft.window_samples,
                # Both masks of a song that has not two channels would be the same.
                card.n_channels if mixture.n_channels == 2 else 1,
                scratch_dir,
                stft.window,
            ),
            tuple(
                ScratchAudio(
                    mixture.n_channels, mixture.sample_rate, mixture.n_samples, scratch_dir
                )
                for _ in card.sources[:-1]
            ),
            plan,
        )

    def run(
        self, separation: Separation, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[Step]:
        """Fill ``separation``, giving way after every chunk; ``Cancelled`` if asked to stop.

        Of a mixture that is still being decoded what is there is separated. Where nothing is left
        to do but to wait for more, it gives way every few milliseconds, with nothing new.
        """
        plan, mixture = separation.plan, separation.mixture
        maker = MaskMaker(self._model)
        listener, seams = Listener(mixture, self._card), Seams(plan.chunks)
        there = partial(self._n_frames_there, mixture)
        with memory_kept(), compute_threads(self._model.device, self._n_threads) as pipeline:
            ahead = Ahead(plan, listener, maker, pipeline, there)
            while plan or len(ahead):
                ahead.fill()
                if not len(ahead):
                    yield _waited(separation, should_stop)
                    continue
                made = ahead.take(partial(_check, should_stop))
                separation.notice = maker.notice
                for part, masks in made:
                    _check(should_stop)
                    frames = self._keep_mask(separation.mask, part, masks, seams)
                    step = self._synthesise(separation, frames)
                    let_go(separation.mask.values)
                    yield step

    def _n_frames_there(self, mixture: Audio) -> int | None:
        """Frames that can be heard of a song that is still being decoded; None for all."""
        there = n_there(mixture)
        if there >= mixture.n_samples:
            return None
        rate, stft = self._card.sample_rate, self._card.stft.stft()
        reach_s = _RESAMPLER_REACH_SAMPLES / min(rate, mixture.sample_rate)
        readable = int((there / mixture.sample_rate - reach_s) * rate)
        return max(0, (readable - stft.window_samples // 2) // stft.hop_samples)

    def _keep_mask(
        self, mask: Mask, heard: HeardChunk, masks: FloatArray, seams: Seams
    ) -> tuple[int, int]:
        """Write a chunk's masks, joined with its neighbours'; returns the frames now final.

        ``masks`` is ``(n_sources - 1, n_channels, n_frames, n_bins)`` over the frames heard.
        """
        kept = kept_masks(heard, masks, mask.n_channels, self._card)
        first, values = seams.join(heard.chunk, kept)
        last = first + values.shape[2]
        mask.values[..., first:last] = values[..., :-1].swapaxes(2, 3)
        mask.above[..., first:last] = values[..., -1]
        return first, last

    def _synthesise(self, separation: Separation, frames: tuple[int, int]) -> Step:
        """The sound of what became final with ``frames`` of the mask."""
        mixture, mask = separation.mixture, separation.mask
        stft = synthesis_stft(mixture.sample_rate, self._card.stft.stft(), self._card.sample_rate)
        ready = separation.frames_ready.plus(*frames)
        final = final_samples(mask, ready.around(frames[0]), stft, mixture)
        gaps = separation.samples_ready.missing(*final)
        for start, stop in gaps:
            for source, stem in enumerate(separation.synthesised):
                stem.write(start, synthesise(mixture, mask, stft, start, stop, source))
            separation.samples_ready = separation.samples_ready.plus(start, stop)
        separation.frames_ready = ready
        samples = (gaps[0][0], gaps[-1][1]) if gaps else (final[0], final[0])
        return Step(ready.size / mask.n_frames, "Separating", frames, samples)


def separate(
    mixture: Audio,
    model: Model,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    scratch_dir: str | None = None,
    n_threads: int | None = None,
) -> Separation:
    """The whole of ``mixture`` separated with ``model``.

    ``progress`` is called with a fraction; ``Cancelled`` is raised within a chunk of
    ``should_stop`` becoming true, and nothing stays behind.
    """
    separator = Separator(model, n_threads)
    separation = separator.start(mixture, scratch_dir)
    try:
        for step in separator.run(separation, should_stop):
            if progress is not None:
                progress(step.fraction)
    except BaseException:
        separation.close()
        raise
    return separation


def _waited(separation: Separation, should_stop: Callable[[], bool] | None) -> Step:
    """Nothing new, a moment later: the rest of the song is still being decoded."""
    _check(should_stop)
    mixture, done = separation.mixture, separation.frames_ready
    if isinstance(mixture, GrowingAudio):
        mixture.wait(min(mixture.n_there + mixture.sample_rate, mixture.n_samples), _WAIT_S)
    return Step(done.size / separation.mask.n_frames, "Separating", (0, 0), (0, 0))


def _check(should_stop: Callable[[], bool] | None) -> None:
    if should_stop is not None and should_stop():
        raise Cancelled
