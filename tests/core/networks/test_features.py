from __future__ import annotations

import numpy as np
import pytest
import torch

from core.networks.features import ConvolutionFrontEnd, Features, mel_filters, with_context


def magnitudes(n_bins: int = 65) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).gamma(0.5, 2, (2, 7, n_bins))).float()


def test_features_follow_their_formulas() -> None:
    x = magnitudes()
    power = x.numpy().astype(np.float64) ** 2
    assert Features("magnitude", 65)(x) is x
    np.testing.assert_allclose(Features("power", 65)(x), power / 10, rtol=1e-6)
    decibels = 10 * np.log10(power + 1e-5)
    np.testing.assert_allclose(Features("log_power", 65)(x), (decibels + 24) / 15, atol=1e-5)
    filters = mel_filters(12, 65, 16000)
    means = np.einsum("mb,tfb->tfm", filters, power) / filters.sum(axis=1)
    expected = (10 * np.log10(means + 1e-5) + 24) / 15
    np.testing.assert_allclose(Features("log_mel", 65, 12)(x), expected, atol=1e-5)


def test_silence_has_finite_features() -> None:
    for kind in ("power", "log_power", "log_mel"):
        assert Features(kind, 65, 12)(torch.zeros(1, 2, 65)).isfinite().all()


def test_features_hold_no_weights_and_keep_their_precision() -> None:
    features = Features("log_mel", 65, 12)
    assert not features.state_dict()
    exact = features(magnitudes())
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(features(magnitudes()), exact)
    assert features.double()(magnitudes().double()).dtype == torch.float64


@pytest.mark.parametrize(("n_mels", "n_bins"), [(40, 513), (128, 513), (200, 257)])
def test_mel_filters_share_out_every_bin_between_the_outer_centres(
    n_mels: int, n_bins: int
) -> None:
    filters = mel_filters(n_mels, n_bins, 16000)
    assert filters.shape == (n_mels, n_bins)
    assert filters.min() >= 0
    assert (filters.sum(axis=1) > 0).all(), "no filter falls between two bins"
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), n_mels + 2)
    corners_hz = 700 * (10 ** (mels / 2595) - 1)
    width_hz = 8000 / (n_bins - 1)
    bins_hz = np.arange(n_bins) * width_hz
    inside = (bins_hz - width_hz / 2 >= corners_hz[1]) & (bins_hz + width_hz / 2 <= corners_hz[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[inside], 1, atol=1e-9)
    for number, weights in enumerate(filters):
        left, centre, right = corners_hz[number : number + 3]
        heard = bins_hz[weights > 0]
        assert heard.min() >= left - width_hz / 2
        assert heard.max() <= right + width_hz / 2
        assert abs(bins_hz[weights.argmax()] - centre) <= width_hz


def test_a_wide_mel_filter_is_a_triangle() -> None:
    """Far wider than a bin, the mean over a bin is the triangle's value in its middle."""
    weights = mel_filters(4, 4097, 16000)[2]
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 6)
    corners_hz = 700 * (10 ** (mels / 2595) - 1)
    triangle = np.interp(np.linspace(0, 8000, 4097), corners_hz[2:5], [0, 1, 0])
    np.testing.assert_allclose(weights, triangle, atol=2e-3)


def test_context_repeats_the_edge_frames() -> None:
    frames = torch.arange(3.0).view(1, 3, 1)
    expected = torch.tensor([[[0, 0, 1], [0, 1, 2], [1, 2, 2]]]).float()
    torch.testing.assert_close(with_context(frames, 3), expected)


@pytest.mark.parametrize("n_features", [1, 8, 9, 64, 65, 513])
def test_the_front_end_works_on_each_frame_alone(n_features: int) -> None:
    torch.manual_seed(0)
    front_end = ConvolutionFrontEnd(3, n_features)
    front_end.reset()
    frames = torch.rand(2, 4, 3 * n_features)
    made = front_end(frames)
    assert made.shape == (2, 4, front_end.n_outputs)
    torch.testing.assert_close(front_end(frames[:, 2:3]), made[:, 2:3])


def test_the_front_end_is_local_in_frequency() -> None:
    torch.manual_seed(0)
    front_end = ConvolutionFrontEnd(1, 257)
    front_end.reset()
    frames = torch.rand(1, 1, 257)
    changed = frames.clone()
    changed[..., 128] += 1
    difference = (front_end(frames) != front_end(changed)).view(32, -1).any(dim=0)
    assert difference.nonzero().flatten().tolist() in ([15, 16], [15, 16, 17], [16], [16, 17])
