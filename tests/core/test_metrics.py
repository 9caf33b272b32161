"""BSS Eval against mir_eval and against the paper's authors' own estimates."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.metrics import (
    CEILING_DB,
    FLOOR_DB,
    bss_eval,
    plain_sdr_db,
    unit_energy,
    weighted_mean,
)

PUBLISHED = {  # voice: SDR, SIR, SAR, NSDR
    "abjones_5_08": (8.27, 16.35, 9.10, 8.23),
    "abjones_5_09": (9.57, 16.11, 10.76, 9.21),
    "amy_9_08": (11.80, 16.21, 13.85, 11.56),
    "amy_9_09": (10.50, 14.17, 13.10, 10.28),
}


def _sources(n_samples: int = 12000, seed: int = 3) -> np.ndarray:
    """Two coloured noises ``(2, n_samples)``."""
    noise = np.random.default_rng(seed).standard_normal((2, n_samples))
    noise[0] = np.convolve(noise[0], [1.0, 0.7, 0.3], mode="same")
    noise[1] = np.convolve(noise[1], [1.0, -0.8], mode="same")
    return noise


def _estimates(sources: np.ndarray, seed: int = 5) -> np.ndarray:
    """Each source filtered, with some of the other one and noise of its own."""
    noise = np.random.default_rng(seed).standard_normal(sources.shape)
    filtered = np.stack([np.convolve(s, [0.9, 0.0, 0.2], mode="same") for s in sources])
    return filtered + 0.2 * sources[::-1] + 0.1 * noise


def _mir_eval(references: np.ndarray, estimates: np.ndarray) -> list[np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mir_eval.separation

        figures = mir_eval.separation.bss_eval_sources(
            references, estimates, compute_permutation=False
        )
    return list(figures[:3])


def test_agrees_with_mir_eval() -> None:
    sources = _sources()
    mixture = sources.sum(axis=0)
    estimates = _estimates(sources)
    ours = bss_eval(sources, estimates, mixture)
    theirs = _mir_eval(sources, estimates)
    for mine, reference in zip((ours.sdr_db, ours.sir_db, ours.sar_db), theirs, strict=True):
        np.testing.assert_allclose(mine, reference, atol=1e-4)
    mixture_sdr_db = _mir_eval(sources, np.stack([mixture, mixture]))[0]
    assert ours.mixture_sdr_db is not None
    np.testing.assert_allclose(ours.mixture_sdr_db, mixture_sdr_db, atol=1e-4)
    np.testing.assert_allclose(ours.nsdr_db, theirs[0] - mixture_sdr_db, atol=1e-4)


def test_levels_do_not_matter() -> None:
    sources = _sources()
    estimates = _estimates(sources)
    loud = bss_eval(sources, estimates)
    soft = bss_eval(sources * 1e-4, estimates * [[1e-5], [30.0]])
    np.testing.assert_allclose(soft.sdr_db, loud.sdr_db, atol=1e-6)
    np.testing.assert_allclose(soft.sir_db, loud.sir_db, atol=1e-6)


def test_swapped_estimates_are_not_matched_up() -> None:
    sources = _sources()
    figures = bss_eval(sources, _estimates(sources)[::-1])
    assert (figures.sdr_db < -5).all()


def test_copy_of_the_reference_is_finite() -> None:
    sources = _sources()
    figures = bss_eval(sources, sources)
    for values in (figures.sdr_db, figures.sir_db, figures.sar_db):
        assert np.isfinite(values).all()
        assert (values > 80).all()


def test_silent_estimate_gets_the_floor_and_leaves_the_other_alone() -> None:
    sources = _sources()
    estimates = _estimates(sources)
    other = bss_eval(sources, estimates).sdr_db[1]
    estimates[0] = 0
    figures = bss_eval(sources, estimates)
    assert figures.sdr_db[0] == figures.sir_db[0] == figures.sar_db[0] == FLOOR_DB
    assert figures.sdr_db[1] == pytest.approx(other)


def test_silent_reference_is_undefined() -> None:
    sources = _sources()
    sources[0] = 0
    with pytest.raises(ValueError, match="undefined"):
        bss_eval(sources, _estimates(sources))
    with pytest.raises(ValueError, match="undefined"):
        plain_sdr_db(sources[0], sources[1])


def test_references_that_are_copies_still_give_figures() -> None:
    source = _sources()[0]
    figures = bss_eval(np.stack([source, 2 * source]), np.stack([source, source]))
    assert np.isfinite(figures.sdr_db).all()


def test_clip_shorter_than_the_filter() -> None:
    sources = _sources(200)
    figures = bss_eval(sources, _estimates(sources))
    assert np.isfinite(figures.sdr_db).all()


def test_plain_sdr() -> None:
    source = _sources()
    assert plain_sdr_db(source, source * 0.9) == pytest.approx(20.0)
    assert plain_sdr_db(source, np.zeros_like(source)) == pytest.approx(0.0)
    assert plain_sdr_db(source, source) == CEILING_DB
    assert plain_sdr_db(source, source * 1e9) == FLOOR_DB


def test_weighted_mean() -> None:
    assert weighted_mean([1.0, 4.0], [3.0, 1.0]) == pytest.approx(1.75)
    assert weighted_mean([], []) is None


def test_unit_energy() -> None:
    signal = _sources()[0]
    assert np.sum(unit_energy(signal) ** 2) == pytest.approx(1.0)
    assert not unit_energy(np.zeros(5)).any()


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_estimates_of_the_paper(data_dir: Path, name: str) -> None:
    pair, _ = soundfile.read(data_dir / "mir1k" / "dev" / f"{name}.flac")
    folder = data_dir / "mir1k" / "published" / name
    stems = [soundfile.read(folder / f"{stem}.flac")[0] for stem in ("vocals", "accompaniment")]
    n_samples = min(len(pair), *map(len, stems))
    references = np.stack([unit_energy(pair[:, 1]), unit_energy(pair[:, 0])])
    mixture = references.sum(axis=0)
    figures = bss_eval(
        references[:, :n_samples],
        np.stack([stem[:n_samples] for stem in stems]),
        mixture[:n_samples],
    )
    voice = [
        array[0] for array in (figures.sdr_db, figures.sir_db, figures.sar_db, figures.nsdr_db)
    ]
    np.testing.assert_allclose(voice, PUBLISHED[name], atol=0.05)
