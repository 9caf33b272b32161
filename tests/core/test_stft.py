from __future__ import annotations

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.errors import UsageError
from core.stft import Stft, analyse

GRIDS = [Stft(1024, 512), Stft(2048, 512, "hann"), Stft(2880, 720, "hann"), Stft(256, 100)]


@pytest.mark.parametrize("stft", GRIDS, ids=str)
@pytest.mark.parametrize("n_samples", [1, 2, 511, 512, 513, 1023, 5000, 44101])
def test_resynthesis_is_exact_to_120_db(stft: Stft, n_samples: int) -> None:
    signal = np.random.default_rng(n_samples).uniform(-1, 1, (2, n_samples)).astype(np.float32)
    spectra = analyse(ArrayAudio(signal, 44100), stft, 0, stft.n_frames(n_samples))
    again = stft.overlap_add(spectra, 0, 0, n_samples)
    assert again.shape == signal.shape
    assert np.abs(again - signal).max() < 1e-6 * np.abs(signal).max()


def test_a_part_equals_the_same_part_of_the_whole() -> None:
    stft = Stft(1024, 256, "hann")
    signal = np.random.default_rng(0).normal(size=(1, 20000)).astype(np.float32)
    audio = ArrayAudio(signal, 16000)
    whole = analyse(audio, stft, 0, stft.n_frames(20000))
    first, last = stft.frames_touching(7000, 9001, 20000)
    part = analyse(audio, stft, first, last)
    np.testing.assert_array_equal(part, whole[:, first:last])
    np.testing.assert_allclose(
        stft.overlap_add(part, first, 7000, 9001), signal[:, 7000:9001], atol=1e-5
    )


def test_frame_k_is_centred_on_sample_k_hop() -> None:
    stft = Stft(512, 128)
    signal = np.zeros((1, 4000), np.float32)
    signal[0, 10 * 128] = 1
    energy = np.abs(analyse(ArrayAudio(signal, 8000), stft, 0, 32)[0]).sum(axis=1)
    assert int(energy.argmax()) == 10
    assert energy[9] == pytest.approx(energy[11], rel=1e-2)


def test_unusable_grids_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="Unknown window “square”"):
        Stft(512, 128, "square")
    with pytest.raises(UsageError, match="even"):
        Stft(511, 128)
    with pytest.raises(UsageError, match="hop"):
        Stft(512, 300)
