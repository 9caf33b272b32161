"""The chain between two streams, driven by hand: blocks, gains, losses, latency."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.live.balance import gains_of
from app.live.chain import LONGEST_BLOCK, Chain
from core.card import Card, ChunkSettings, NetworkSettings, StftSettings
from core.features import LevelSettings
from core.live import LiveSeparator

RATE, BLOCK = 8000, 100
SOURCES = ("vocals", "accompaniment")


class Share:
    """A model that gives a quarter of everything to the voice."""

    card = Card(
        "share", "Share", "", "", SOURCES, RATE, StftSettings(256, 128), LevelSettings(),
        ChunkSettings(), NetworkSettings(),
    )  # fmt: skip

    def stream(self) -> Share:
        return self

    def masks(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((1, 1, *features.shape), 0.25, np.float32)


def chain(gains: tuple[float, ...] = (1.0, 1.0), rate_out: int = RATE, n_out: int = 2) -> Chain:
    separator = LiveSeparator(Share(), RATE, 2)
    return Chain(separator, rate_out, n_out, gains, reserve_s=0.02)


class Hands:
    """Feeds a chain and takes from it, at the times of two perfect clocks."""

    def __init__(self, made: Chain) -> None:
        self.chain, self.sent, self.got, self.now = made, [], [], 0.0
        self._rng = np.random.default_rng(1)

    def turn(self, n_turns: int = 1, works: bool = True, lost: bool = False) -> None:
        n_channels = self.chain._out_ring._frames.shape[1]
        for _ in range(n_turns):
            block = (self._rng.standard_normal((BLOCK, 2)) * 0.1).astype(np.float32)
            self.sent.append(block)
            self.chain.take_in(block, self.now - 0.003)
            if works:
                assert self.chain.wait(0)
                self.chain.work()
            n_out = BLOCK * self.chain.rate_out // RATE
            out = np.full((n_out, n_channels), np.nan, np.float32)
            self.chain.give_out(out, self.now + 0.004, lost)
            self.got.append(out)
            self.now += BLOCK / RATE

    @property
    def heard(self) -> NDArray[np.float32]:
        return np.concatenate(self.got)

    @property
    def delay(self) -> int:
        """Frames by which what is heard now lies behind, by correlation."""
        sent, heard = np.concatenate(self.sent)[:, 0], self.heard[:, 0]
        part = heard[-2000:]
        size = 1 << 17
        alike = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(sent, size)), size)
        place = int(np.argmax(alike))
        return (len(heard) - 2000) - (size - place if place > size // 2 else -place)


def test_the_mixture_comes_out_later_and_unchanged() -> None:
    hands = Hands(chain())
    hands.turn(100)
    made = hands.chain
    sent, heard = np.concatenate(hands.sent), hands.heard
    delay = hands.delay
    assert np.isfinite(heard).all()
    assert np.abs(heard[-5000:] - sent[-5000 - delay : -delay]).max() < 1e-5
    # Between the clocks of the devices lie their own 3 and 4 ms as well.
    assert made.delay_s == pytest.approx(delay / RATE + 0.007, abs=1e-3)
    assert delay <= made.n_behind + (0.02 * RATE) + 2 * BLOCK + 1
    assert (made.underruns, made.overruns, made.n_lost) == (0, 0, 0)
    levels = made.meters.levels()
    assert levels[1][1] == pytest.approx(levels[0][1] - 12.04, abs=1.0)
    assert levels[3][1] == pytest.approx(levels[0][1], abs=1.0)


@pytest.mark.parametrize(
    ("heard", "gain"),
    [("voice", 0.25), ("accompaniment", 0.75), ("mixture", 1.0), ("balance", 0.25 / 2 + 0.75 * 2)],
)
def test_what_is_heard(heard: str, gain: float) -> None:
    faders = {"vocals": 20 * np.log10(0.5), "accompaniment": 20 * np.log10(2)}
    hands = Hands(chain(gains_of(heard, SOURCES, faders)))
    hands.turn(80)
    sent, delay = np.concatenate(hands.sent), hands.delay
    wanted = sent[-3000 - delay : -delay] * gain
    assert np.abs(hands.heard[-3000:] - np.clip(wanted, -1, 1)).max() < 1e-5


def test_a_change_makes_no_click() -> None:
    hands = Hands(chain((1.0, 1.0)))
    hands._rng = type("Steady", (), {"standard_normal": lambda self, shape: np.ones(shape)})()
    hands.turn(60)
    hands.chain.balance.wanted = (0.0, 0.0)
    hands.turn(40)
    steps = np.abs(np.diff(hands.heard[4000:, 0]))
    assert hands.heard[-1, 0] == 0
    assert steps.max() < 0.1 / 40


def test_a_stall_is_one_dropout_and_the_latency_comes_back() -> None:
    hands = Hands(chain())
    hands.turn(60)
    before = hands.delay
    hands.turn(12, works=False)
    assert hands.chain.underruns == 1
    hands.turn(60)
    assert (hands.chain.underruns, hands.chain.overruns) == (1, 0)
    # A little more is kept back from now on.
    assert 0 <= hands.delay - before <= 0.006 * RATE + BLOCK


def test_bursts_are_waited_for() -> None:
    """A driver that brings eight blocks at once, while the output asks for one at a time."""
    hands = Hands(chain())
    turn, kept = hands.turn, []
    take_in = hands.chain.take_in

    def later(block: NDArray[np.float32], came_at: float, lost: bool = False) -> None:
        kept.append((block, came_at))
        if len(kept) == 8:
            for each in kept:
                take_in(*each)
            kept.clear()

    hands.chain.take_in = later  # type: ignore[method-assign]
    for _ in range(400):
        turn(works=False)
        if hands.chain.wait(0):
            hands.chain.work()
    made = hands.chain
    assert (made.underruns, made.overruns) == (0, 0)
    sent, heard, delay = np.concatenate(hands.sent), hands.heard, hands.delay
    assert np.abs(heard[-5000:] - sent[-5000 - delay : -delay]).max() < 1e-5
    assert delay <= made.n_behind + 0.02 * RATE + 10 * BLOCK + 1


def test_a_little_that_waits_needlessly_goes_unheard() -> None:
    hands = Hands(chain())
    hands.turn(60)
    before, before_s = hands.delay, hands.chain.delay_s
    for _ in range(3):  # the output takes nothing for 0.04 s
        hands.chain.take_in(np.zeros((BLOCK, 2), np.float32), hands.now)
        hands.chain.work()
    hands.turn(60)
    assert hands.delay - before == 3 * BLOCK
    hands.turn(2000)
    assert (hands.chain.underruns, hands.chain.overruns) == (0, 0)
    assert hands.chain.delay_s - before_s < 0.012


def test_sound_that_a_device_lost() -> None:
    hands = Hands(chain())
    hands.turn(40)
    hands.turn(2, lost=True)
    hands.turn(40)
    assert hands.chain.n_lost == 1
    assert hands.chain.underruns == 0


def test_what_waits_needlessly_is_left_out() -> None:
    hands = Hands(chain())
    hands.turn(40)
    before = hands.delay
    for _ in range(8):  # the output takes nothing for 0.1 s
        hands.chain.take_in(np.zeros((BLOCK, 2), np.float32), hands.now)
        hands.chain.work()
    hands.turn(400)
    assert hands.chain.overruns == 1
    assert abs(hands.delay - before) < 0.02 * RATE


def test_a_long_block_and_a_full_ring() -> None:
    made = chain()
    long = np.zeros((LONGEST_BLOCK * 3 + 7, 2), np.float32)
    made.take_in(long, 0.0)
    made.work()
    assert made.n_worked == len(long)
    made.take_in(np.zeros((RATE * 3, 2), np.float32), 0.0)
    assert made.overruns == 1


@pytest.mark.parametrize(("rate_out", "n_out"), [(8000, 1), (16000, 2), (16000, 6)])
def test_other_outputs(rate_out: int, n_out: int) -> None:
    hands = Hands(chain(rate_out=rate_out, n_out=n_out))
    hands.turn(80)
    heard = hands.heard[-4000:]
    level = np.sqrt(np.mean(heard[:, : min(n_out, 2)] ** 2))
    # One channel is the mean of two that know nothing of each other.
    assert level == pytest.approx(0.1 * (0.5**0.5 if n_out == 1 else 1.0), rel=0.1)
    assert not heard[:, 2:].any()
    assert hands.chain.delay_s > 0.03


def test_the_picture() -> None:
    hands = Hands(chain())
    hands.turn(50)
    picture = hands.chain.picture
    columns = picture.since(0)
    assert len(columns.levels) == picture.n_written > 30
    assert set(np.unique(columns.masks)) == {64}
    assert np.median(columns.levels) > 50
    later = picture.since(picture.n_written)
    assert len(later.levels) == 0
    hands.turn(2000)
    assert 900 < len(picture.since(0).levels) < 1024
