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

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio import ArrayAudio, Audio
from core.datasets import Clip
from core.errors import Cancelled, StemscopeError
from core.metrics import bss_eval, is_silent, plain_sdr_db, unit_energy, weighted_mean

SOURCES = ("vocals", "accompaniment")
MIXTURE_LEVEL_DBFS = -20.0

Separate = Callable[[Clip, Audio], Mapping[str, Audio]]
"""Makes the estimates of a clip from its mixture, by name of the source."""


@dataclass(frozen=True)
class SourceScore:
    """Figures of one source in dB; ``plain_sdr_db`` is None where the estimate's level is free."""

    sdr_db: float
    sir_db: float
    sar_db: float
    nsdr_db: float
    plain_sdr_db: float | None


@dataclass(frozen=True)
class ClipScore:
    """Figures of one clip by source; ``reason`` says why there are none.

    ``failed`` tells a clip that could not be read or separated from one whose figures are undefined
    because a reference is silent.
    """

    name: str
    duration_s: float
    scores: dict[str, SourceScore]
    silent_estimates: tuple[str, ...] = ()
    reason: str | None = None
    failed: bool = False


@dataclass(frozen=True)
class MeanScore:
    """Means over the clips weighted by their lengths, in dB."""

    gsdr_db: float
    gnsdr_db: float
    gsir_db: float
    gsar_db: float
    plain_sdr_db: float | None


@dataclass(frozen=True)
class Evaluation:
    """All clips, the means of those that have figures, and which have none and why."""

    protocol: str
    gain_db: float
    clips: tuple[ClipScore, ...]
    means: dict[str, MeanScore]

    @property
    def undefined(self) -> list[ClipScore]:
        """Clips that are left out of the means, each with its ``reason``."""
        return [clip for clip in self.clips if clip.reason is not None]

    @property
    def with_silent_estimates(self) -> list[ClipScore]:
        return [clip for clip in self.clips if clip.silent_estimates]

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and lists, for JSON."""
        table = asdict(self)
        table["n_clips"] = len(self.clips)
        table["n_scored"] = len(self.clips) - len(self.undefined)
        table["clips"] = [asdict(clip) for clip in self.clips]
        table["duration_s"] = sum(clip.duration_s for clip in self.clips)
        return table


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
            yield ClipScore(clip.name, clip.duration_s, {}, reason=str(error), failed=True)


def summary(clips: Iterable[ClipScore], protocol: str, gain_db: float = 0.0) -> Evaluation:
    """The means over ``clips``."""
    clips = tuple(clips)
    scored = [clip for clip in clips if clip.reason is None]
    means: dict[str, MeanScore] = {}
    for source in SOURCES if scored else ():
        of_source = [(clip.scores[source], clip.duration_s) for clip in scored]
        means[source] = MeanScore(
            gsdr_db=_mean((score.sdr_db, length) for score, length in of_source),
            gnsdr_db=_mean((score.nsdr_db, length) for score, length in of_source),
            gsir_db=_mean((score.sir_db, length) for score, length in of_source),
            gsar_db=_mean((score.sar_db, length) for score, length in of_source),
            plain_sdr_db=_plain_mean(of_source),
        )
    return Evaluation(protocol, gain_db, clips, means)


def _mean(pairs: Iterable[tuple[float, float]]) -> float:
    values, lengths = zip(*pairs, strict=True)
    return weighted_mean(values, lengths) or 0.0


def _plain_mean(of_source: list[tuple[SourceScore, float]]) -> float | None:
    known = [(s.plain_sdr_db, length) for s, length in of_source if s.plain_sdr_db is not None]
    return _mean(known) if len(known) == len(of_source) else None


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
    references, level = _references(clip, protocol)
    duration_s = references.shape[2] / clip.sample_rate
    silent = [source for source, ref in zip(SOURCES, references, strict=True) if is_silent(ref)]
    if silent:
        reason = f"the reference of {' and '.join(silent)} is silent"
        return ClipScore(clip.name, duration_s, {}, reason=reason)
    mixture = references.sum(axis=0)
    gain = level * 10 ** (gain_db / 20)
    stems = separate(clip, ArrayAudio(mixture * gain, clip.sample_rate))
    estimates = [stems[source].read(0, stems[source].n_samples) / gain for source in SOURCES]
    n_samples = min(references.shape[2], *(estimate.shape[1] for estimate in estimates))
    heard = np.stack([estimate[:, :n_samples].astype(np.float64) for estimate in estimates])
    references, mixture = references[:, :, :n_samples], mixture[:, :n_samples]
    silent_estimates = tuple(s for s, e in zip(SOURCES, heard, strict=True) if is_silent(e * gain))
    scores = _scores(references, heard, mixture, free_level)
    if not scores:
        return ClipScore(
            clip.name, duration_s, {}, reason="no channel holds both voice and accompaniment"
        )
    return ClipScore(clip.name, duration_s, scores, silent_estimates)


def _references(clip: Clip, protocol: str) -> tuple[NDArray[np.float64], float]:
    """Voice and accompaniment ``(2, n_channels, n_samples)``, and the factor to a usual level."""
    voice, music = clip.load(rate=clip.sample_rate, mono=protocol == "paper")
    references = np.stack([voice, music]).astype(np.float64)
    if protocol != "paper":
        return references, 1.0
    # what is silent must not become a hiss at full level
    scaled = np.stack([ref * 0 if is_silent(ref) else unit_energy(ref) for ref in references])
    mean_square = float(np.mean(scaled.sum(axis=0) ** 2))
    level = 10 ** (MIXTURE_LEVEL_DBFS / 20) / np.sqrt(mean_square) if mean_square > 0 else 1.0
    return scaled, float(level)


def _scores(
    references: NDArray[np.float64],
    estimates: NDArray[np.float64],
    mixture: NDArray[np.float64],
    free_level: bool,
) -> dict[str, SourceScore]:
    """Means over the channels in which both references can be heard; empty if there are none."""
    channels = [c for c in range(len(mixture)) if not any(is_silent(r[c]) for r in references)]
    # to a common level, so that what counts as silent does not depend on the protocol's scale
    scale = 1.0 / float(np.max(np.abs(mixture))) if mixture.any() else 1.0
    figures = [
        bss_eval(references[:, c] * scale, estimates[:, c] * scale, mixture[c] * scale)
        for c in channels
    ]
    if not figures:
        return {}
    scores = {}
    for index, source in enumerate(SOURCES):
        plain = None if free_level else plain_sdr_db(references[index], estimates[index])
        scores[source] = SourceScore(
            sdr_db=float(np.mean([figure.sdr_db[index] for figure in figures])),
            sir_db=float(np.mean([figure.sir_db[index] for figure in figures])),
            sar_db=float(np.mean([figure.sar_db[index] for figure in figures])),
            nsdr_db=float(np.mean([figure.nsdr_db[index] for figure in figures])),
            plain_sdr_db=plain,
        )
    return scores
