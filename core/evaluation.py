"""How well a model (or anybody's estimates) separates a data set.

Two protocols:

- ``paper`` (for ``mir1k``): as in the tables of Huang et al., ISMIR 2014. One channel; voice and
  accompaniment of a clip are each scaled to unit energy over the clip and added (0 dB). Since a
  song has no such level, the mixture is then brought to ``MIXTURE_LEVEL_DBFS``, and the estimates
  back; figures do not depend on it.
- ``songs`` (for ``musdb18`` and ``pairs``): the songs as they are, at their own rate and level.
  BSS Eval runs on each channel and a song's figure is the mean of its channels, so that nothing
  cancels as it would in a downmix.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio import ArrayAudio, Audio
from core.datasets import Clip
from core.errors import Cancelled, DataError, StemscopeError
from core.metrics import BssFigures, bss_eval, is_silent, plain_sdr_db, unit_energy
from core.scores import (
    SOURCES,
    ClipScore,
    Difference,
    Evaluation,
    MeanScore,
    SourceScore,
    difference,
    summary,
)

__all__ = [
    "MIXTURE_LEVEL_DBFS",
    "SOURCES",
    "ClipScore",
    "Difference",
    "Evaluation",
    "MeanScore",
    "MixedClip",
    "Separate",
    "SourceScore",
    "difference",
    "evaluate",
    "mix_clip",
    "protocol_of",
    "score_clip",
    "score_clips",
    "score_estimates",
    "summary",
]

MIXTURE_LEVEL_DBFS = -20.0

Separate = Callable[[Clip, Audio], Mapping[str, Audio]]
"""Makes the estimates of a clip from its mixture, by name of the source."""


@dataclass(frozen=True)
class MixedClip:
    """The references of a clip as a protocol wants them, to be added and separated.

    ``references`` is ``(2, n_channels, n_samples)``, in the order of ``SOURCES``; ``level`` brings
    their sum to a usual level.
    """

    name: str
    sample_rate: int
    references: NDArray[np.float64]
    level: float

    @property
    def duration_s(self) -> float:
        return self.references.shape[2] / self.sample_rate

    def mixture(self, gain_db: float = 0.0) -> Audio:
        """The sum of the references at its usual level, ``gain_db`` louder."""
        gain = self.level * 10 ** (gain_db / 20)
        return ArrayAudio(self.references.sum(axis=0) * gain, self.sample_rate)

    def check(self) -> None:
        """Raise ``DataError`` if a reference is silent: its figures would be undefined."""
        silent = [s for s, ref in zip(SOURCES, self.references, strict=True) if is_silent(ref)]
        if len(silent) > 1:
            raise DataError("both references are silent")
        if silent == ["vocals"]:
            raise DataError("the reference of vocals is silent")
        if silent:
            raise DataError("the reference of accompaniment is silent")


def protocol_of(layout: str) -> str:
    """ "paper" for MIR-1K, "songs" for the others."""
    return "paper" if layout == "mir1k" else "songs"


def evaluate(
    clips: Iterable[Clip],
    separate: Separate,
    *,
    protocol: str | None = None,
    gain_db: float = 0.0,
    free_level: bool = False,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Evaluation:
    """Score every clip and take the means; parameters as in ``score_clip``.

    ``progress`` gets the fraction of clips done. Raises ``Cancelled`` if asked to stop.
    """
    todo = list(clips)
    protocol = protocol or (protocol_of(todo[0].layout) if todo else "songs")
    done: list[ClipScore] = []
    for score in score_clips(
        todo,
        separate,
        protocol=protocol,
        gain_db=gain_db,
        free_level=free_level,
        should_stop=should_stop,
    ):
        done.append(score)
        if progress is not None:
            progress(len(done) / len(todo))
    return summary(done, protocol, gain_db)


def score_clips(
    clips: Iterable[Clip],
    separate: Separate,
    *,
    protocol: str,
    gain_db: float = 0.0,
    free_level: bool = False,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[ClipScore]:
    """One score per clip; a clip that cannot be read or separated says so in its ``reason``."""
    for clip in clips:
        if should_stop is not None and should_stop():
            raise Cancelled
        try:
            yield score_clip(
                clip, separate, protocol=protocol, gain_db=gain_db, free_level=free_level
            )
        except StemscopeError as error:
            yield ClipScore.without_figures(clip.name, clip.duration_s, error, failed=True)


def score_clip(
    clip: Clip,
    separate: Separate,
    *,
    protocol: str,
    gain_db: float = 0.0,
    free_level: bool = False,
) -> ClipScore:
    """Mix ``clip``, separate it and score the estimates, all cut to the shortest.

    ``gain_db`` makes the mixture louder or softer before separation and the estimates as much
    softer or louder after. ``free_level`` says that the estimates' level means nothing (finished
    estimates under the paper's protocol), so that the plain SDR is left out.
    """
    mixed = mix_clip(clip, protocol)
    try:
        mixed.check()
    except DataError as problem:
        return ClipScore.without_figures(clip.name, mixed.duration_s, problem, failed=False)
    stems = separate(clip, mixed.mixture(gain_db))
    steps = score_estimates(mixed, stems, gain_db=gain_db, free_level=free_level)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            score: ClipScore = end.value
            return score


def mix_clip(clip: Clip, protocol: str) -> MixedClip:
    """Read the references of ``clip`` and bring them to the levels of ``protocol``."""
    voice, music = clip.load(rate=clip.sample_rate, mono=protocol == "paper")
    references = np.stack([voice, music]).astype(np.float64)
    if protocol != "paper":
        return MixedClip(clip.name, clip.sample_rate, references, 1.0)
    # what is silent must not become a hiss at full level
    scaled = np.stack([ref * 0 if is_silent(ref) else unit_energy(ref) for ref in references])
    mean_square = float(np.mean(scaled.sum(axis=0) ** 2))
    level = 10 ** (MIXTURE_LEVEL_DBFS / 20) / np.sqrt(mean_square) if mean_square > 0 else 1.0
    return MixedClip(clip.name, clip.sample_rate, scaled, float(level))


def score_estimates(
    mixed: MixedClip,
    stems: Mapping[str, Audio],
    *,
    gain_db: float = 0.0,
    free_level: bool = False,
) -> Generator[float, None, ClipScore]:
    """Score the ``stems`` made of ``mixed.mixture(gain_db)``; all is cut to the shortest.

    Yields the fraction done after every channel and returns the score.
    """
    gain = mixed.level * 10 ** (gain_db / 20)
    estimates = [stems[source].read(0, stems[source].n_samples) / gain for source in SOURCES]
    n_samples = min(mixed.references.shape[2], *(estimate.shape[1] for estimate in estimates))
    heard = np.stack([estimate[:, :n_samples].astype(np.float64) for estimate in estimates])
    references = mixed.references[:, :, :n_samples]
    mixture = references.sum(axis=0)
    silent_estimates = tuple(s for s, e in zip(SOURCES, heard, strict=True) if is_silent(e * gain))
    # to a common level, so that what counts as silent does not depend on the protocol's scale
    scale = 1.0 / float(np.max(np.abs(mixture))) if mixture.any() else 1.0
    figures = []
    for c in range(len(mixture)):  # the channels in which both references can be heard
        if not any(is_silent(reference[c]) for reference in references):
            figures.append(
                bss_eval(references[:, c] * scale, heard[:, c] * scale, mixture[c] * scale)
            )
        yield (c + 1) / len(mixture)
    if not figures:
        problem = DataError("no channel holds both voice and accompaniment")
        return ClipScore.without_figures(mixed.name, mixed.duration_s, problem, failed=False)
    scores = {}
    for index, source in enumerate(SOURCES):
        plain = None if free_level else plain_sdr_db(references[index], heard[index])
        scores[source] = _mean_of_channels(figures, index, plain)
    return ClipScore(mixed.name, mixed.duration_s, scores, silent_estimates)


def _mean_of_channels(figures: list[BssFigures], index: int, plain: float | None) -> SourceScore:
    return SourceScore(
        sdr_db=float(np.mean([figure.sdr_db[index] for figure in figures])),
        sir_db=float(np.mean([figure.sir_db[index] for figure in figures])),
        sar_db=float(np.mean([figure.sar_db[index] for figure in figures])),
        nsdr_db=float(np.mean([figure.nsdr_db[index] for figure in figures])),
        plain_sdr_db=plain,
    )
