"""The replay's sound and its part of a clip."""

from __future__ import annotations

import numpy as np

from core.masks import Mask
from core.metrics import plain_sdr_db
from core.stft import Stft
from core.training.replay import mask_of, most_voice, pinned_clip, quantised, stems_of
from core.training.run_folder import ReplayFrame

RATE = 8000
STFT = Stft(256, 128, "sine")


def test_the_part_with_the_most_of_both_is_kept() -> None:
    voice, music = np.zeros((2, 2, 10 * RATE), np.float32)
    voice[:, 2 * RATE : 8 * RATE] = 0.1
    music[:, 5 * RATE :] = 0.1
    start, stop = most_voice(voice, music, 2 * RATE)
    assert stop - start == 2 * RATE
    assert 5 * RATE <= start <= 6 * RATE
    assert most_voice(voice, music, 20 * RATE) == (0, 10 * RATE)
    clip = pinned_clip("Lied", voice, music, RATE, seconds=2)
    assert clip.vocals.shape == (2, 2 * RATE)
    assert clip.accompaniment.all()


def test_a_frame_sounds_like_the_mask_it_was_made_of() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(2 * RATE) / RATE
    voice = np.sin(2 * np.pi * 2000 * t)[None].astype(np.float32) * 0.1
    music = rng.normal(0, 0.01, (1, 2 * RATE)).astype(np.float32)
    clip = pinned_clip("Lied", voice, music, RATE)
    n_frames = STFT.n_frames(2 * RATE)
    mask = Mask.empty(2, n_frames, RATE, 128, 256)
    mask.values[0, 0, 62:67] = 1.0
    frame = ReplayFrame(1, 1, quantised(mask))
    assert frame.mask.dtype == np.uint8
    assert set(np.unique(frame.mask)) == {0, 255}
    again = mask_of(frame, RATE, STFT)
    np.testing.assert_array_equal(again.values, mask.values)
    found_voice, found_music = stems_of(clip, frame, STFT)
    np.testing.assert_allclose(found_voice + found_music, clip.mixture, atol=1e-6)
    assert plain_sdr_db(voice, found_voice) > 25


def test_eight_bits_are_enough() -> None:
    mask = Mask.empty(2, 7, RATE, 128, 256)
    mask.values[:] = np.random.default_rng(0).uniform(0, 1, mask.values.shape)
    again = mask_of(ReplayFrame(1, 1, quantised(mask)), RATE, STFT)
    np.testing.assert_allclose(
        again.values.astype(float), mask.values.astype(float), atol=0.5 / 255 + 1e-3
    )
