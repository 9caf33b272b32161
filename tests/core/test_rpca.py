"""Robust PCA: exact recovery of what can be recovered, and a mask made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.clip_files import Part
from core.datasets import Clip
from core.errors import Cancelled, UsageError
from core.metrics import bss_eval
from core.rpca import RpcaSeparator, robust_pca

RATE = 8000


def low_rank_and_sparse(
    n_rows: int, n_columns: int, rank: int, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    low_rank = rng.normal(size=(n_rows, rank)) @ rng.normal(size=(rank, n_columns))
    hit = rng.random((n_rows, n_columns)) < share
    return low_rank, np.where(hit, rng.uniform(-20, 20, (n_rows, n_columns)), 0)


@pytest.mark.parametrize("shape", [(120, 80), (80, 120), (90, 90)])
def test_recovers_a_low_rank_matrix_under_sparse_errors(shape: tuple[int, int]) -> None:
    low_rank, sparse = low_rank_and_sparse(*shape, rank=4, share=0.05, seed=3)
    parts = robust_pca(low_rank + sparse)
    assert parts.error <= 1e-7
    assert np.linalg.norm(parts.low_rank - low_rank) < 1e-4 * np.linalg.norm(low_rank)
    assert np.linalg.norm(parts.sparse - sparse) < 1e-4 * np.linalg.norm(sparse)
    assert np.linalg.matrix_rank(parts.low_rank, tol=1e-3) == 4


def test_parts_sum_to_the_matrix_whatever_it_is() -> None:
    matrix = np.abs(np.random.default_rng(5).normal(size=(60, 40)))
    parts = robust_pca(matrix)
    np.testing.assert_allclose(parts.low_rank + parts.sparse, matrix, atol=1e-5)


def test_scale_changes_nothing_but_the_scale() -> None:
    low_rank, sparse = low_rank_and_sparse(50, 40, rank=2, share=0.05, seed=8)
    plain = robust_pca(low_rank + sparse)
    quiet = robust_pca((low_rank + sparse) * 1e-4)
    np.testing.assert_allclose(quiet.sparse * 1e4, plain.sparse, atol=1e-6)


def test_a_larger_gain_leaves_less_to_the_sparse_part() -> None:
    matrix = np.abs(np.random.default_rng(6).normal(size=(60, 50)))
    shares = [np.mean(np.abs(robust_pca(matrix, gain).sparse) > 1e-6) for gain in (0.5, 1, 2)]
    assert shares[0] > shares[1] > shares[2]


@pytest.mark.parametrize("shape", [(0, 4), (3, 5)])
def test_nothing_gives_nothing(shape: tuple[int, int]) -> None:
    parts = robust_pca(np.zeros(shape))
    assert parts.low_rank.shape == parts.sparse.shape == shape
    assert not parts.low_rank.any()


@pytest.mark.parametrize("matrix", [np.zeros(4), np.full((3, 3), np.nan)])
def test_what_is_no_matrix_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="matrix"):
        robust_pca(matrix)


def test_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        robust_pca(np.ones((10, 8)), should_stop=lambda: True)


def test_unknown_mask_is_refused() -> None:
    with pytest.raises(UsageError, match="soft"):
        RpcaSeparator("sharp")


@pytest.mark.parametrize("mask_kind", ["soft", "binary"])
def test_takes_a_wandering_voice_from_repeating_music(mask_kind: str) -> None:
    t = np.arange(4 * RATE) / RATE
    # Noise that is the same in every quarter of a second against a tone that glides.
    beat = np.random.default_rng(1).normal(size=RATE // 4) * np.exp(-np.arange(RATE // 4) / 300)
    music = np.tile(beat, 16)[: len(t)]
    voice = np.sin(2 * np.pi * (300 * t + 60 * t**2 + 8 * np.sin(2 * np.pi * 1.3 * t)))
    sources = np.stack([voice / voice.std(), music / music.std()])
    mixture = ArrayAudio(sources.sum(axis=0)[None].astype(np.float32) * 0.1, RATE)
    clip = Clip("c", "pairs", Part(Path("v.wav")), (Part(Path("a.wav")),), RATE, len(t))
    stems = RpcaSeparator(mask_kind)(clip, mixture)
    estimates = np.concatenate(
        [stems[name].read(0, mixture.n_samples) for name in ("vocals", "accompaniment")]
    )
    np.testing.assert_allclose(estimates.sum(axis=0), mixture.read(0, len(t))[0], atol=1e-6)
    figures = bss_eval(sources, estimates, sources.sum(axis=0))
    assert figures.nsdr_db[0] > 3
