"""Figures of merit of a separation: BSS Eval v3, its gain over the mixture, plain SDR.

BSS Eval (Vincent, Gribonval, Févotte: Performance measurement in blind audio source separation,
IEEE TASLP 14(4), 2006), version 3, `bss_eval_sources`: an estimate is split into what a filter of
512 taps can make of its own reference (target), of the other references (interference), and the
rest (artefacts). No permutation is searched: estimate k belongs to reference k.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FILTER_TAPS = 512
"""Length of the allowed distortion filter of BSS Eval v3."""

FLOOR_DB = -60.0
"""What a silent estimate gets, and the least that any figure says."""

CEILING_DB = 140.0
"""The most that any figure says: beyond it float64 cannot tell a copy from its reference."""

SILENCE_PEAK = 1e-7
"""A signal whose peak stays at or under this (-140 dBFS) counts as silent."""

Signals = NDArray[np.floating]


@dataclass(frozen=True)
class BssFigures:
    """BSS Eval of each source, in dB, in the order of the references: arrays ``(n_sources,)``."""

    sdr_db: NDArray[np.float64]
    sir_db: NDArray[np.float64]
    sar_db: NDArray[np.float64]
    mixture_sdr_db: NDArray[np.float64] | None = None

    @property
    def nsdr_db(self) -> NDArray[np.float64]:
        """SDR of the estimate minus SDR of the mixture taken as the estimate, per source."""
        if self.mixture_sdr_db is None:
            raise ValueError("NSDR needs the mixture")
        return self.sdr_db - self.mixture_sdr_db


def is_silent(signal: Signals) -> bool:
    """Whether nothing can be heard in ``signal``: its peak is at most ``SILENCE_PEAK``."""
    return signal.size == 0 or float(np.max(np.abs(signal))) <= SILENCE_PEAK


def bss_eval(
    references: Signals,
    estimates: Signals,
    mixture: Signals | None = None,
    filter_taps: int = FILTER_TAPS,
) -> BssFigures:
    """SDR, SIR and SAR of ``estimates`` ``(n_sources, n_samples)`` against ``references``.

    All sources of a clip are scored together, since each is interference to the others. With
    ``mixture`` ``(n_samples,)`` its own SDR against every reference comes too, for the NSDR. Levels
    do not matter. A silent estimate (or mixture) gets ``FLOOR_DB`` in every figure.

    Raises ``ValueError`` for shapes that differ and for a silent reference, whose figures are
    undefined.
    """
    if references.ndim != 2 or references.shape != estimates.shape:
        raise ValueError(f"references {references.shape} and estimates {estimates.shape} differ")
    if any(is_silent(reference) for reference in references):
        raise ValueError("BSS Eval is undefined for a silent reference")
    heard = np.asarray(estimates, np.float64)
    if mixture is not None:
        if mixture.shape != references.shape[1:]:
            raise ValueError(f"references {references.shape} and mixture {mixture.shape} differ")
        heard = np.concatenate([heard, np.asarray(mixture, np.float64)[None]])
    to_own, to_all = _coherences(np.asarray(references, np.float64), heard, filter_taps)

    n_sources = len(references)
    own = np.diagonal(to_own[:, :n_sources])
    every = to_all[:n_sources]
    # one source alone has no interference, and rounding may put a perfect ratio a hair above 1
    silent = np.array([is_silent(estimate) for estimate in estimates])
    sir_coherence = np.divide(own, every, out=np.zeros(n_sources), where=every > 0)
    figures = [np.where(silent, FLOOR_DB, _ratio_db(c)) for c in (own, sir_coherence, every)]
    mixture_sdr_db = None if mixture is None else _ratio_db(to_own[:, n_sources])
    return BssFigures(figures[0], figures[1], figures[2], mixture_sdr_db)


def plain_sdr_db(reference: Signals, estimate: Signals) -> float:
    """Reference energy over error energy, 10·log10(Σ s² / Σ (s - ŝ)²), in dB over all channels.

    Unlike BSS Eval it punishes a wrong level or any filtering. Raises ``ValueError`` for shapes
    that differ and for a silent reference.
    """
    if reference.shape != estimate.shape:
        raise ValueError(f"reference {reference.shape} and estimate {estimate.shape} differ")
    if is_silent(reference):
        raise ValueError("SDR is undefined for a silent reference")
    truth = np.asarray(reference, np.float64)
    energy = float(np.sum(truth**2))
    error = float(np.sum((truth - estimate) ** 2))
    if error <= energy * 10 ** (-CEILING_DB / 10):
        return CEILING_DB
    return max(10 * float(np.log10(energy / error)), FLOOR_DB)


def weighted_mean(values: Iterable[float], weights: Iterable[float]) -> float | None:
    """Mean of ``values`` weighted by clip length (GNSDR, GSIR, GSAR); None if there are none."""
    pairs = [(float(value), float(weight)) for value, weight in zip(values, weights, strict=True)]
    total = sum(weight for _, weight in pairs)
    if total <= 0:
        return None
    return sum(value * weight for value, weight in pairs) / total


def unit_energy(signal: Signals) -> NDArray[np.float64]:
    """``signal`` scaled so that its squares sum to one, as the paper scales each source of a clip.

    A silent signal is returned as it is.
    """
    scaled = np.array(signal, np.float64)
    norm = float(np.sqrt(np.sum(scaled**2)))
    if norm > 0:
        scaled /= norm
    return scaled


def _coherences(
    references: NDArray[np.float64], estimates: NDArray[np.float64], filter_taps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of each estimate's energy that filtered references explain.

    Returns ``(n_references, n_estimates)`` for each reference alone, and ``(n_estimates,)`` for all
    references together.
    """
    # imported here: the package pulls in torch, which a mere look at a figure should not wait for
    from fast_bss_eval.numpy import square_cosine_metrics

    # to unit energy first: the package leaves very soft signals at their level
    references = np.stack([unit_energy(signal) for signal in references])
    estimates = np.stack([unit_energy(signal) for signal in estimates])
    try:
        own, every = square_cosine_metrics(references, estimates, filter_length=filter_taps)
    except np.linalg.LinAlgError:  # references that are filtered copies of one another
        own, every = square_cosine_metrics(
            references, estimates, filter_length=filter_taps, load_diag=1e-10
        )
    return np.asarray(own, np.float64), np.asarray(every[0], np.float64)


def _ratio_db(coherence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Explained over unexplained energy in dB, within floor and ceiling."""
    least = 10 ** (FLOOR_DB / 10)
    rest = 10 ** (-CEILING_DB / 10)
    explained = np.clip(coherence, least / (1 + least), 1.0)
    unexplained = np.clip(1.0 - coherence, rest, None)
    decibels = 10 * np.log10(explained / np.minimum(unexplained, 1.0))
    return np.asarray(np.clip(decibels, FLOOR_DB, CEILING_DB), np.float64)
