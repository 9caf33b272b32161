from __future__ import annotations

import numpy as np

from core.masks import Mask, binary_mask, mean_above_band, ratio_mask


def ramp_mask() -> Mask:
    """Value grows with time on the lower bins and is 0.25 above the band."""
    mask = Mask.empty(2, 11, sample_rate=16000, hop_samples=512, window_samples=1024)
    mask.values[0, 0] = np.linspace(0, 1, 11)
    mask.above[:] = 0.25
    return mask


def test_sampling_is_bilinear_in_seconds_and_hertz() -> None:
    mask = ramp_mask()
    hop_s = 512 / 16000
    read = mask.sample(np.array([0, 0.5, 2.25, 99]) * hop_s, np.array([0.0, 1000.0]))
    assert read.shape == (1, 2, 4)
    np.testing.assert_allclose(read[0, 0], [0, 0.05, 0.225, 1], atol=1e-3)
    mask.values[0, 0, :] = np.linspace(0, 1, mask.n_bins)[:, None]
    between = 100.5 * 16000 / 1024
    np.testing.assert_allclose(
        mask.sample(np.array([0.1]), np.array([between])), 100.5 / 512, atol=1e-3
    )


def test_the_band_edge_fades_into_the_value_above() -> None:
    mask = ramp_mask()
    freqs = np.array([mask.band_hz, (mask.band_hz + 8000) / 2, 8000, 20000])
    read = mask.sample(np.array([10 * 512 / 16000]), freqs)[0, :, 0]
    np.testing.assert_allclose(read, [1, 0.625, 0.25, 0.25], atol=1e-3)


def test_no_times_give_no_columns() -> None:
    assert ramp_mask().sample(np.zeros(0), np.array([0.0, 1.0])).shape == (1, 2, 0)


def test_ratio_of_zeros_is_one_half() -> None:
    np.testing.assert_allclose(ratio_mask(np.array([0.0, 3.0]), np.array([0.0, -1.0])), [0.5, 0.75])
    np.testing.assert_array_equal(binary_mask(np.array([0.2, 0.5, 0.8])), [0, 1, 1])


def test_mean_above_the_band_is_weighted_by_energy_of_the_top_octave() -> None:
    mask = np.zeros((9, 513), np.float32)
    magnitude = np.zeros((9, 513), np.float32)
    mask[:, 300], mask[:, 400] = 1.0, 0.0
    magnitude[:, 300], magnitude[:, 400] = 2.0, 1.0
    mask[:, 505], magnitude[:, 505] = 1.0, 50.0  # above 92 % of the band: not heard
    mask[:, 100], magnitude[:, 100] = 1.0, 50.0  # below the top octave
    above = mean_above_band(mask, magnitude, 31.25)
    np.testing.assert_allclose(above, 0.8, atol=1e-5)
    np.testing.assert_allclose(mean_above_band(mask, 0 * magnitude, 31.25), 0.5)


def test_smoothing_above_the_band_spans_50_ms() -> None:
    mask = np.zeros((101, 513), np.float32)
    mask[50] = 1
    above = mean_above_band(mask, np.ones((101, 513), np.float32), frames_per_s=1000.0)
    assert 49 <= np.count_nonzero(above > 0.009) <= 51
    np.testing.assert_allclose(above.sum(), 1, atol=1e-3)
