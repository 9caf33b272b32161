from __future__ import annotations

import numpy as np
import pytest

from core.mask_reader import MaskReader
from core.masks import Mask
from core.stft import Stft


def random_mask(n_channels: int = 1) -> Mask:
    mask = Mask.empty(3, 40, 16000, 512, 1024, n_channels)
    rng = np.random.default_rng(1)
    mask.values[:] = rng.random(mask.values.shape)
    mask.above[:] = rng.random(mask.above.shape)
    return mask


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(
    ("rate", "stft"),
    [
        (16000, Stft(1024, 512)),
        (44100, Stft(2880, 720, "hann")),
        (8000, Stft(512, 128, "hann")),
        (192000, Stft(12288, 3072, "hann")),
    ],
)
def test_it_reads_what_the_mask_is_at_these_times_and_frequencies(
    rate: int, stft: Stft, n_channels: int
) -> None:
    mask = random_mask(n_channels)
    freqs = np.arange(stft.n_bins) * rate / stft.window_samples
    for source in (0, 1):
        reader = MaskReader(mask, stft, rate, source)
        for first, last in ((0, 9), (17, 18), (30, 95), (5, 5)):
            times = np.arange(first, last) * stft.hop_samples / rate
            expected = mask.sample(times, freqs, source).transpose(0, 2, 1)
            read = reader.read(first, last)
            assert read.shape == (n_channels, last - first, stft.n_bins)
            np.testing.assert_allclose(read, expected, atol=1e-6)


def test_a_mask_that_is_filled_meanwhile_is_read_as_it_is_then() -> None:
    mask, stft = random_mask(), Stft(1024, 512)
    reader = MaskReader(mask, stft, 16000)
    mask.values[:], mask.above[:] = 0.25, 0.25
    np.testing.assert_array_equal(reader.read(3, 5), 0.25)


def test_spectra_are_filtered_in_place() -> None:
    mask, stft = random_mask(2), Stft(1024, 512)
    reader = MaskReader(mask, stft, 16000, 1)
    spectra = np.ones((2, 4, 513), np.complex64)
    assert reader.filtered(spectra, 7) is spectra
    np.testing.assert_array_equal(spectra, reader.read(7, 11))
