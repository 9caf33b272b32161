"""The separator: from a song to its masks and stems, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio, DifferenceAudio, ScratchAudio
from core.batches import MaskMaker
from core.checkpoint import Model
from core.chunks import Chunk, HeardChunk, Listener, cut, fade_weights
from core.errors import Cancelled, StemscopeError
from core.masks import Mask, mean_above_band
from core.synthesis import final_sample, synthesis_stft, synthesise

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """One chunk done: what became final, as (first, last exclusive) frames and samples."""

    fraction: float
    stage: str
    frames: tuple[int, int]
    samples: tuple[int, int]


@dataclass
class Separation:
    """One song with one model, filled from left to right while it is computed.

    ``stems`` maps each source to a signal of the mixture's rate, channels and length. All but the
    last are synthesised; the last is what they leave of the mixture, so that they always sum to it.
    """

    mixture: Audio
    model_id: str
    sources: tuple[str, ...]
    mask: Mask
    synthesised: tuple[ScratchAudio, ...]
    stems: dict[str, Audio] = field(init=False)
    n_frames_ready: int = 0
    n_samples_ready: int = 0
    notice: StemscopeError | None = None
    """A sentence (never raised) if it had to be computed elsewhere than was asked for."""

    def __post_init__(self) -> None:
        self.stems = dict(zip(self.sources, self.synthesised, strict=False))
        self.stems[self.sources[-1]] = DifferenceAudio(self.mixture, self.synthesised)

    @property
    def complete(self) -> bool:
        return (
            self.n_frames_ready >= self.mask.n_frames
            and self.n_samples_ready >= self.mixture.n_samples
        )

    def close(self) -> None:
        """Give the stems' disk space back."""
        for stem in self.synthesised:
            stem.close()


class Separator:
    """Separates songs with one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._card = model.card

    def start(self, mixture: Audio, scratch_dir: str | None = None) -> Separation:
        """An empty separation of ``mixture``, to be filled by ``run``."""
        card = self._card
        stft = card.stft.stft()
        n_frames = Listener(mixture, card).n_frames
        return Separation(
            mixture,
            card.model_id,
            card.sources,
            Mask.empty(
                len(card.sources), n_frames, card.sample_rate, stft.hop_samples, stft.window_samples
            ),
            tuple(
                ScratchAudio(
                    mixture.n_channels, mixture.sample_rate, mixture.n_samples, scratch_dir
                )
                for _ in card.sources[:-1]
            ),
        )

    def run(
        self, separation: Separation, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[Step]:
        """Fill ``separation``, giving way after every chunk; ``Cancelled`` if asked to stop."""
        listener = Listener(separation.mixture, self._card)
        chunks = cut(listener.n_frames, self._card.chunk)
        maker = MaskMaker(self._model)
        tail: FloatArray | None = None
        position = 0
        while position < len(chunks):
            heard = []
            for chunk in chunks[position : position + maker.n_next]:
                _check(should_stop)
                heard.append(listener.hear(chunk))
            position += len(heard)
            made = maker.masks(heard)
            separation.notice = maker.notice
            for part, masks in zip(heard, made, strict=True):
                _check(should_stop)
                tail = self._keep_mask(separation.mask, part, masks, tail)
                separation.n_frames_ready = part.chunk.last
                yield self._synthesise(separation, part.chunk)

    def _keep_mask(
        self, mask: Mask, heard: HeardChunk, masks: FloatArray, tail: FloatArray | None
    ) -> FloatArray:
        """Write a chunk's masks, faded in over the last chunk's ``tail``; returns its own tail.

        A tail is ``(n_sources - 1, n_frames, n_bins + 1)``, the value above the band as last bin.
        """
        chunk = heard.chunk
        frames_per_s = self._card.sample_rate / self._card.stft.hop_samples
        above = np.stack([mean_above_band(m, heard.magnitude, frames_per_s) for m in masks])
        full = np.concatenate([masks, above[:, :, None]], axis=2)
        offset = chunk.heard_first
        kept = full[:, chunk.first - offset : chunk.last - offset]
        if tail is not None:
            n_fade = min(tail.shape[1], kept.shape[1])
            weight = fade_weights(tail.shape[1])[:n_fade, None]
            faded = tail[:, :n_fade] * (1 - weight) + kept[:, :n_fade] * weight
            kept = np.concatenate([faded, kept[:, n_fade:]], axis=1)
        mask.values[:, 0, :, chunk.first : chunk.last] = kept[:, :, :-1].transpose(0, 2, 1)
        mask.above[:, 0, chunk.first : chunk.last] = kept[:, :, -1]
        return full[:, chunk.last - offset : chunk.fade_last - offset]

    def _synthesise(self, separation: Separation, chunk: Chunk) -> Step:
        mixture, mask = separation.mixture, separation.mask
        stft = synthesis_stft(mixture.sample_rate, self._card.stft.stft(), self._card.sample_rate)
        start = separation.n_samples_ready
        stop = max(start, final_sample(mask, chunk.last, stft, mixture))
        for source, stem in enumerate(separation.synthesised):
            stem.write(start, synthesise(mixture, mask, stft, start, stop, source))
        separation.n_samples_ready = stop
        fraction = chunk.last / mask.n_frames
        return Step(fraction, "Separating", (chunk.first, chunk.last), (start, stop))


def separate(
    mixture: Audio,
    model: Model,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    scratch_dir: str | None = None,
) -> Separation:
    """The whole of ``mixture`` separated with ``model``.

    ``progress`` is called with a fraction; ``Cancelled`` is raised within a chunk of
    ``should_stop`` becoming true, and nothing stays behind.
    """
    separator = Separator(model)
    separation = separator.start(mixture, scratch_dir)
    try:
        for step in separator.run(separation, should_stop):
            if progress is not None:
                progress(step.fraction)
    except BaseException:
        separation.close()
        raise
    return separation


def _check(should_stop: Callable[[], bool] | None) -> None:
    if should_stop is not None and should_stop():
        raise Cancelled
