from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.audio import ArrayAudio, Audio, FloatArray
from core.checkpoint import Model, load_model
from core.errors import Cancelled
from core.features import LevelSettings, running_level
from core.separator import Separation, Separator, separate
from core.stft import Stft
from core.synthesis import synthesis_stft


@pytest.fixture(scope="module")
def model(tiny_model_folder: Path) -> Model:
    return load_model(tiny_model_folder)


def music(n_channels: int, seconds: float, rate: int, seed: int = 0) -> FloatArray:
    """Tones that come and go over noise, so that masks vary in time and frequency."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    pitches, rhythms = rng.uniform(100, 6000, 6), (0.3, 0.5, 1, 2, 3, 5)
    tones = sum(
        np.sin(2 * np.pi * pitch * t) * (1 + np.sin(2 * np.pi * rhythm * t))
        for pitch, rhythm in zip(pitches, rhythms, strict=True)
    )
    noise = rng.normal(size=(n_channels, len(t)))
    return (0.03 * tones + 0.02 * noise).astype(np.float32)


def db(value: float) -> float:
    return 20 * np.log10(max(value, 1e-20))


class SlowToSpeak:
    """A song that counts what is read of it at once, of any length, without holding it."""

    def __init__(self, n_samples: int, sample_rate: int, clicks: Sequence[int]) -> None:
        self.sample_rate, self.n_channels, self.n_samples = sample_rate, 1, n_samples
        self.longest_read = 0
        self._clicks = clicks

    def read(self, start: int, stop: int) -> FloatArray:
        self.longest_read = max(self.longest_read, stop - start)
        block = np.zeros((1, stop - start), np.float32)
        for click in self._clicks:
            if start <= click < stop:
                block[0, click - start] = 0.9
        return block


@pytest.mark.parametrize(
    ("n_channels", "rate", "seconds"),
    [(1, 8000, 4), (2, 44100, 5), (1, 48000, 3), (6, 48000, 1.5), (8, 44100, 0.5), (2, 192000, 1)],
)
def test_stems_have_the_songs_shape_and_sum_to_it(
    model: Model, n_channels: int, rate: int, seconds: float
) -> None:
    samples = music(n_channels, seconds, rate)
    done = separate(ArrayAudio(samples, rate), model)
    stems = [stem.read(0, stem.n_samples) for stem in done.stems.values()]
    assert list(done.stems) == ["vocals", "accompaniment"]
    assert all(stem.shape == samples.shape for stem in stems)
    assert all(np.sqrt(np.mean(stem**2)) > 1e-4 for stem in stems), "both stems sound"
    assert db(np.abs(sum(stems) - samples).max()) < -120
    assert done.complete


@pytest.mark.parametrize("n_samples", [1, 2, 100, 5000])
def test_very_short_songs(model: Model, n_samples: int) -> None:
    samples = music(2, 1, 44100)[:, :n_samples]
    done = separate(ArrayAudio(samples, 44100), model)
    total = sum(stem.read(0, n_samples) for stem in done.stems.values())
    assert db(np.abs(total - samples).max()) < -120
    assert np.isfinite(total).all()


def test_silence_gives_silence(model: Model) -> None:
    done = separate(ArrayAudio(np.zeros((2, 30000)), 44100), model)
    for stem in done.stems.values():
        np.testing.assert_array_equal(stem.read(0, 30000), 0)


def test_batches_do_not_change_the_result(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = ArrayAudio(music(1, 12, 16000), 16000)
    whole = separate(audio, model)
    monkeypatch.setattr(Model, "chunks_together", 3)
    again = separate(audio, model)
    a, b = (s.stems["vocals"].read(0, audio.n_samples) for s in (whole, again))
    assert db(np.abs(a - b).max() / np.abs(a).max()) < -80
    assert np.abs(whole.mask.values - again.mask.values).max() < 1e-3


def test_gain_does_not_change_the_mask(model: Model) -> None:
    samples = music(2, 8, 44100)
    plain = separate(ArrayAudio(samples, 44100), model).mask.values.astype(np.float32)
    for gain_db in (-20, 20):
        scaled = samples * np.float32(10 ** (gain_db / 20))
        other = separate(ArrayAudio(scaled, 44100), model).mask.values.astype(np.float32)
        assert db(np.sqrt(np.mean((other - plain) ** 2))) < -40


def test_opposite_channels_separate_like_equal_ones(model: Model) -> None:
    left = music(1, 3, 44100)
    same = separate(ArrayAudio(np.concatenate([left, left]), 44100), model)
    opposite = separate(ArrayAudio(np.concatenate([left, -left]), 44100), model)
    a = same.stems["vocals"].read(0, same.mixture.n_samples)
    b = opposite.stems["vocals"].read(0, same.mixture.n_samples)
    np.testing.assert_allclose(b[0], a[0], atol=1e-6)
    np.testing.assert_allclose(b[1], -a[1], atol=1e-6)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_clicks_early_and_late_land_in_the_same_frame(
    model: Model, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is replaced by one that reports loudness, so that the mask shows the clicks."""
    heard_by_click = lambda features: (features / (1 + features))[:, None, None]  # noqa: E731
    monkeypatch.setattr(model, "masks", heard_by_click)
    song = SlowToSpeak(602 * rate, rate, [rate, 600 * rate])
    separation = Separator(model).start(song)
    for _ in Separator(model).run(separation):
        pass
    columns = separation.mask.values[0, 0].astype(np.float32).sum(axis=0)
    frames_per_s = model.card.sample_rate / model.card.stft.hop_samples
    for second in (1, 600):
        near = np.arange(round((second - 0.5) * frames_per_s), round((second + 0.5) * frames_per_s))
        centre = np.sum(near * columns[near]) / np.sum(columns[near])
        assert abs(centre - second * frames_per_s) < 0.5
    assert song.longest_read < 30 * rate, "no read grows with the song"


def test_the_last_minute_is_as_good_as_the_first(model: Model) -> None:
    """The same bars early and ten minutes later, on the grid of the chunks, separate alike."""
    frames_per_chunk = model.card.chunk.core_frames * model.card.stft.hop_samples  # at 8 kHz
    bars = music(1, 20 * frames_per_chunk / 8000, 8000)
    song = ArrayAudio(np.tile(bars, (1, 19)), 8000)
    vocals = separate(song, model).stems["vocals"]
    length, settled = bars.shape[1], 2 * frames_per_chunk
    second = vocals.read(length + settled, 2 * length - settled)
    last = vocals.read(18 * length + settled, 19 * length - settled)
    assert song.n_samples / 8000 > 600
    assert db(np.sqrt(np.mean((last - second) ** 2) / np.mean(second**2))) < -60


def test_cancel_stops_within_a_chunk_and_leaves_nothing(model: Model) -> None:
    asked = time.monotonic()
    calls = 0

    def should_stop() -> bool:
        nonlocal calls, asked
        calls += 1
        if calls == 10:
            asked = time.monotonic()
        return calls >= 10

    with pytest.raises(Cancelled):
        separate(ArrayAudio(music(2, 30, 44100), 44100), model, should_stop=should_stop)
    assert time.monotonic() - asked < 0.5


def test_stems_appear_from_left_to_right(model: Model) -> None:
    audio = ArrayAudio(music(2, 20, 44100), 44100)
    separator = Separator(model)
    separation: Separation = separator.start(audio)
    ends = [(step.frames[1], step.samples[1], step.fraction) for step in separator.run(separation)]
    assert ends == sorted(ends)
    assert ends[-1] == (separation.mask.n_frames, audio.n_samples, 1.0)
    assert ends[0][1] < audio.n_samples / 2


def test_the_songs_own_grid_lasts_as_long_as_the_models() -> None:
    model_stft = Stft(1024, 512)
    assert synthesis_stft(16000, model_stft, 16000) == model_stft
    for rate in (8000, 22050, 44100, 48000, 96000, 192000):
        stft = synthesis_stft(rate, model_stft, 16000)
        assert stft.window_samples / rate == pytest.approx(0.064, rel=0.06)
        assert stft.hop_samples * 4 == stft.window_samples


def test_running_level_is_causal_and_starts_at_the_first_frame() -> None:
    stft, settings = Stft(256, 128), LevelSettings(time_constant_s=1.0)
    rng = np.random.default_rng(3)
    magnitude: NDArray[np.float32] = rng.random((200, 129)).astype(np.float32)
    level = running_level(magnitude, stft, 8000, settings)
    changed = magnitude.copy()
    changed[100:] *= 10
    np.testing.assert_allclose(running_level(changed, stft, 8000, settings)[:100], level[:100])
    assert level[0] == pytest.approx(running_level(magnitude[:1], stft, 8000, settings)[0])
    assert running_level(0 * magnitude, stft, 8000, settings)[0] == pytest.approx(1e-3)


def test_audio_protocol_is_met_by_stems(model: Model) -> None:
    done = separate(ArrayAudio(music(1, 1, 44100), 44100), model)
    assert all(isinstance(stem, Audio) for stem in done.stems.values())


@pytest.mark.parametrize("n_threads", [1, 3])
def test_threads_do_not_change_the_result_and_end_with_it(model: Model, n_threads: int) -> None:
    before = set(threading.enumerate())
    audio = ArrayAudio(music(2, 12, 44100), 44100)
    whole, again = separate(audio, model), separate(audio, model, n_threads=n_threads)
    np.testing.assert_array_equal(whole.mask.values, again.mask.values)
    a, b = (s.stems["vocals"].read(0, audio.n_samples) for s in (whole, again))
    np.testing.assert_array_equal(a, b)
    assert set(threading.enumerate()) == before


def test_a_run_that_is_given_up_leaves_no_thread(model: Model) -> None:
    before = set(threading.enumerate())
    separator = Separator(model, 2)
    steps = separator.run(separator.start(ArrayAudio(music(1, 30, 8000), 8000)))
    next(steps)
    assert set(threading.enumerate()) > before
    steps.close()
    assert set(threading.enumerate()) == before


def test_errors_in_a_thread_reach_the_caller(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable(SlowToSpeak):
        def read(self, start: int, stop: int) -> FloatArray:
            if stop > 100_000:
                raise OSError("the disk went away")
            return super().read(start, stop)

    before = set(threading.enumerate())
    with pytest.raises(OSError, match="went away"):
        separate(Unreadable(400_000, 8000, []), model)
    assert set(threading.enumerate()) == before
