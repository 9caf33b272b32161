"""Separation without learning: the accompaniment repeats (low rank), the voice is sparse.

Robust principal component analysis (Candès, Li, Ma, Wright: Robust principal component analysis?,
J. ACM 58(3), 2011) by the inexact augmented Lagrange multiplier method (Lin, Chen, Ma: The
augmented Lagrange multiplier method for exact recovery of corrupted low-rank matrices, 2010,
algorithm 5), used on magnitudes as by Huang, Chen, Smaragdis, Hasegawa-Johnson (Singing-voice
separation from monaural recordings using robust principal component analysis, ICASSP 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from core.audio import ArrayAudio, Audio
from core.datasets import Clip
from core.errors import Cancelled, UsageError
from core.masks import FloatArray, binary_mask, ratio_mask
from core.stft import Stft, analyse

Matrix = NDArray[np.float64]

MASK_KINDS = ("soft", "binary")

GROWTH = 1.5
"""Factor of the penalty from step to step."""

PENALTY_MAX = 1e7
"""The penalty stops growing at so many times its first value."""


@dataclass(frozen=True)
class Decomposition:
    """``low_rank + sparse`` is the matrix, up to ``error`` (Frobenius norm, relative)."""

    low_rank: Matrix
    sparse: Matrix
    n_iterations: int
    error: float


def robust_pca(
    matrix: NDArray[np.floating],
    gain: float = 1.0,
    *,
    tolerance: float = 1e-7,
    n_iterations_max: int = 200,
    should_stop: Callable[[], bool] | None = None,
) -> Decomposition:
    """The parts L + S of ``matrix`` ``(m, n)`` that make ‖L‖_* + λ ‖S‖_1 small.

    λ = ``gain`` / √max(m, n); the norms are the sum of singular values and the sum of absolute
    values. Ends when ‖matrix − L − S‖ ≤ ``tolerance`` ‖matrix‖ (Frobenius). Raises ``ValueError``
    for what is no matrix or not finite, ``Cancelled`` if asked to stop.
    """
    observed = np.asarray(matrix, np.float64)
    if observed.ndim != 2 or not np.isfinite(observed).all():
        raise ValueError("robust PCA takes a matrix of finite numbers")
    if min(observed.shape) == 0 or not observed.any():
        return Decomposition(np.zeros_like(observed), np.zeros_like(observed), 0, 0.0)
    if observed.shape[0] < observed.shape[1]:
        turned = robust_pca(
            observed.T,
            gain,
            tolerance=tolerance,
            n_iterations_max=n_iterations_max,
            should_stop=should_stop,
        )
        return Decomposition(turned.low_rank.T, turned.sparse.T, turned.n_iterations, turned.error)
    sparsity = gain / np.sqrt(max(observed.shape))
    size = float(np.linalg.norm(observed))
    largest = float(np.linalg.norm(observed, 2))
    multiplier = observed / max(largest, float(np.abs(observed).max()) / sparsity)
    penalty = 1.25 / largest
    penalty_max = penalty * PENALTY_MAX
    low_rank = np.zeros_like(observed)
    sparse = np.zeros_like(observed)
    error = 1.0
    n_done = 0
    for n_done in range(1, n_iterations_max + 1):  # noqa: B007 - told in the end
        if should_stop is not None and should_stop():
            raise Cancelled
        scaled = multiplier / penalty
        sparse = _shrunk(observed - low_rank + scaled, sparsity / penalty)
        low_rank = _with_smaller_singular_values(observed - sparse + scaled, 1 / penalty)
        rest = observed - low_rank - sparse
        multiplier += penalty * rest
        penalty = min(GROWTH * penalty, penalty_max)
        error = float(np.linalg.norm(rest)) / size
        if error <= tolerance:
            break
    return Decomposition(low_rank, sparse, n_done, error)


def _shrunk(matrix: Matrix, threshold: float) -> Matrix:
    """Every entry nearer to zero by ``threshold``, those within it zero."""
    return np.asarray(matrix - np.clip(matrix, -threshold, threshold))


def _with_smaller_singular_values(matrix: Matrix, threshold: float) -> Matrix:
    """``matrix`` ``(m, n)``, m ≥ n, with every singular value less by ``threshold``, at least 0.

    From the eigenvectors of the small n × n product, and only those above the threshold: three
    times faster than all singular vectors. What the squaring costs in precision lies far below the
    threshold.
    """
    product = matrix.T @ matrix
    if float(np.trace(product)) <= threshold**2:
        return np.zeros_like(matrix)
    squares, vectors = eigh(product, subset_by_value=(threshold**2, np.inf))
    if squares.size == 0:
        return np.zeros_like(matrix)
    kept = 1 - threshold / np.sqrt(squares)
    return np.asarray(((matrix @ vectors) * kept) @ vectors.T)


class RpcaSeparator:
    """Estimates of a clip's sources by robust PCA of its magnitudes and a mask.

    With the mask "binary" a bin belongs to the voice where the sparse part is larger than
    ``mask_gain`` times the low-rank part; "soft" shares it by |S| / (|S| + ``mask_gain`` |L|).
    Defaults are those of the ICASSP 2012 paper: window 1024, hop 256, gains of 1, binary.
    """

    def __init__(
        self,
        mask_kind: str = "binary",
        stft: Stft | None = None,
        gain: float = 1.0,
        mask_gain: float = 1.0,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        if mask_kind not in MASK_KINDS:
            raise UsageError(
                "There is no mask “{name}”. Use one of {known}.",
                name=mask_kind,
                known=", ".join(MASK_KINDS),
            )
        self._binary = mask_kind == "binary"
        self._stft = stft or Stft(1024, 256, "hann")
        self._gain = gain
        self._mask_gain = mask_gain
        self._should_stop = should_stop

    def __call__(self, clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        """Voice and accompaniment of ``mixture``, which they sum to; each channel for itself."""
        stft = self._stft
        n_frames = stft.n_frames(mixture.n_samples)
        spectra = analyse(mixture, stft, 0, n_frames)
        masked = np.stack([self._mask(np.abs(channel)) for channel in spectra]) * spectra
        vocals = stft.overlap_add(masked.astype(np.complex64), 0, 0, mixture.n_samples)
        rest = mixture.read(0, mixture.n_samples) - vocals
        rate = mixture.sample_rate
        return {"vocals": ArrayAudio(vocals, rate), "accompaniment": ArrayAudio(rest, rate)}

    def _mask(self, magnitude: NDArray[np.float32]) -> FloatArray:
        parts = robust_pca(magnitude, self._gain, should_stop=self._should_stop)
        mask = ratio_mask(parts.sparse, self._mask_gain * parts.low_rank)
        return binary_mask(mask) if self._binary else mask
