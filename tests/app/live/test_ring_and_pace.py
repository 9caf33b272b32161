"""Sound between threads and between clocks."""

from __future__ import annotations

import numpy as np
import pytest

from app.live.elastic import ElasticResampler, Pace
from app.live.ring import Ring


def test_what_goes_in_comes_out_in_order() -> None:
    ring = Ring(10, 2)
    sent = np.arange(60, dtype=np.float32).reshape(30, 2)
    got, place = [], 0
    for n in (7, 3, 9, 1, 10):
        place += ring.write(sent[place : place + n])
        out = np.zeros((6, 2), np.float32)
        got.append(out[: ring.take(out)])
    assert np.array_equal(np.concatenate(got), sent[: ring.read])
    assert ring.read >= 20
    room = ring.capacity - ring.n_there
    assert ring.write(sent) == room
    assert ring.write(sent) == 0
    ring.skip(4)
    assert ring.n_there == 6
    ring.skip(100)
    assert ring.n_there == 0


def pieces(resampler: ElasticResampler, signal: np.ndarray, correction: float = 0.0) -> np.ndarray:
    sizes, parts, place = [1, 300, 17, 0, 1024], [], 0
    while place < len(signal):
        n = sizes[len(parts) % len(sizes)]
        parts.append(resampler.process(signal[place : place + n], correction))
        place += n
    return np.concatenate(parts)


def test_equal_clocks_change_nothing() -> None:
    signal = np.random.default_rng(1).standard_normal((5000, 2)).astype(np.float32)
    out = pieces(ElasticResampler(44100, 44100, 2), signal)
    assert len(out) == 5000
    delay = ElasticResampler.delay_samples
    assert np.array_equal(out[delay:], signal[:-delay])


@pytest.mark.parametrize(
    ("rate_in", "rate_out", "correction"),
    [(44100, 48000, 0.0), (48000, 44100, 0.0), (44100, 44100, 0.001), (44100, 44100, -0.001)],
)
def test_a_tone_keeps_its_pitch_and_level(rate_in: int, rate_out: int, correction: float) -> None:
    def tone(rate: float, n: int) -> np.ndarray:
        return np.sin(2 * np.pi * 3000 * np.arange(n) / rate)[:, None].astype(np.float32)

    out = pieces(ElasticResampler(rate_in, rate_out, 1), tone(rate_in, 20000), correction)
    rate = rate_out / (1 + correction)
    assert len(out) == pytest.approx(20000 * rate / rate_in, abs=20)
    # The tone with its quadrature explains what came out.
    times = np.arange(len(out)) / rate
    basis = np.stack([np.sin(2 * np.pi * 3000 * times), np.cos(2 * np.pi * 3000 * times)], axis=1)
    middle = slice(100, -100)
    found, *_ = np.linalg.lstsq(basis[middle], out[middle, 0], rcond=None)
    rest = out[middle, 0] - basis[middle] @ found
    assert np.hypot(*found) == pytest.approx(1, abs=0.002)
    assert np.sqrt(np.mean(rest**2)) < 10 ** (-70 / 20)


@pytest.mark.parametrize("drift", [300e-6, -300e-6, 0.0])
def test_the_delay_stays(drift: float) -> None:
    """A device that is 300 millionths faster, or slower, than the other, for ten minutes."""
    pace, delay_s, span_s = Pace(), 0.1, 0.01
    rng = np.random.default_rng(3)
    delays, corrections = [], []
    for _ in range(round(600 / span_s)):
        corrections.append(pace.correction(delay_s + rng.uniform(-0.005, 0.005), span_s))
        delay_s += span_s * (drift - corrections[-1])
        delays.append(delay_s)
    assert np.abs(np.array(delays) - 0.1).max() < 0.009
    if drift == 0:
        assert np.count_nonzero(corrections) == 0
    else:
        assert np.mean(corrections[6000:]) == pytest.approx(drift, rel=0.1)
