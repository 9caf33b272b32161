"""The mixer's fill function, on arrays: no device, no thread."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.feed import Feed, Lanes
from app.audio.gains import Strip, Targets, audible, gain_of_db
from app.audio.mixer import Mixer
from app.audio.timeline import Timeline
from core.audio import ArrayAudio, DifferenceAudio
from core.ranges import Ranges

RATE = 44100
STEMS = ("vocals", "accompaniment")


class Desk:
    """A song of tones on a mixer, read by hand."""

    def __init__(self, seconds: float = 2.0, ready: int | None = None) -> None:
        t = np.arange(int(seconds * RATE)) / RATE
        self.voice = np.stack([np.sin(2 * np.pi * 220 * t), np.cos(2 * np.pi * 220 * t)]) * 0.25
        self.music = np.stack([np.sin(2 * np.pi * 110 * t), np.sin(2 * np.pi * 55 * t)]) * 0.25
        mixture = ArrayAudio(self.voice + self.music, RATE)
        voice = ArrayAudio(self.voice, RATE)
        self.strips = {name: Strip() for name in STEMS}
        self.original = False
        self.master_db = 0.0
        self.lanes = Lanes(
            mixture,
            {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])},
            RATE,
            2,
            self.targets(),
        )
        self.n = mixture.n_samples
        self.lanes.ready = Ranges([(0, self.n if ready is None else ready)])
        self.mixer = Mixer(RATE, 2)
        self.mixer.playing = True

    def targets(self) -> Targets:
        return Targets.of(self.strips, STEMS, self.master_db, self.original)

    def apply(self) -> None:
        self.lanes.gains.wanted = self.targets()

    def go(
        self, start: int = 0, loop: tuple[int, int] | None = None, follows: bool = False
    ) -> Feed:
        timeline = Timeline(self.n, self.n, self.lanes.views[0].step, start, loop, 220)
        feed = Feed(self.lanes, timeline, RATE, follows)
        while feed.fill():
            pass
        self.mixer.upcoming = feed
        return feed

    def play(self, n_frames: int, block: int = 1000) -> NDArray[np.float32]:
        """``n_frames`` as the device would hear them, ``(2, n_frames)``."""
        out = np.full((n_frames, 2), np.nan, np.float32)
        for start in range(0, n_frames, block):
            for feed in (self.mixer.upcoming, self.mixer.current):
                while feed is not None and feed.fill():
                    pass
            self.mixer.fill(out[start : start + block])
        return out.T


def steepest(heard: NDArray[np.float32]) -> float:
    """The largest step from one sample to the next: a click is a large one."""
    return float(np.abs(np.diff(heard)).max())


TONE_STEP = 0.25 * 2 * np.pi * 330 / RATE * 1.3
"""What the two tones together and a fade of 8 ms may step by."""


def test_plays_the_sum_of_the_stems_from_start_to_end() -> None:
    desk = Desk()
    feed = desk.go()
    heard = desk.play(desk.n + 3000, block=777)
    np.testing.assert_allclose(
        heard[:, 400 : desk.n], (desk.voice + desk.music)[:, 400:], atol=1e-6
    )
    assert not heard[:, desk.n :].any()
    assert feed.finished
    assert feed.timeline.sample(feed.read) == desk.n


def test_solo_mute_and_gain() -> None:
    strips = {"a": Strip(), "b": Strip(), "c": Strip(soloed=True)}
    assert audible(strips) == {"a": False, "b": False, "c": True}
    strips["c"].muted = True
    assert audible(strips) == {"a": False, "b": False, "c": False}
    strips["c"] = Strip(muted=True)
    assert audible(strips) == {"a": True, "b": True, "c": False}
    assert gain_of_db(-float("inf")) == 0.0
    assert gain_of_db(20.0) == pytest.approx(10.0)


def test_changes_take_effect_in_the_next_block_without_a_click() -> None:
    desk = Desk()
    desk.go()
    desk.play(5000)
    desk.strips["accompaniment"].muted = True
    desk.apply()
    heard = desk.play(5000, block=128)
    np.testing.assert_allclose(heard[:, 400:], desk.voice[:, 5400:10000], atol=1e-6)
    desk.strips["accompaniment"].muted = False
    desk.strips["vocals"].gain_db = -6.0
    desk.apply()
    heard = np.concatenate([heard, desk.play(5000)], axis=1)
    expected = desk.voice * gain_of_db(-6.0) + desk.music
    np.testing.assert_allclose(heard[:, 5400:], expected[:, 10400:15000], atol=1e-6)
    assert steepest(heard) < TONE_STEP


def test_original_is_aligned_to_the_sample_and_has_no_gap() -> None:
    desk = Desk()
    desk.go()
    desk.play(4321)
    desk.original = True
    desk.apply()
    heard = desk.play(9000)
    # The stems sum to the mixture, so the change itself must not be heard at all.
    mixture = (desk.voice + desk.music)[:, 4321:13321]
    np.testing.assert_allclose(heard, mixture, atol=1e-6)
    desk.strips["vocals"].muted = True
    desk.original = False
    desk.apply()
    assert steepest(desk.play(4000)) < TONE_STEP


def test_pause_seek_and_loop_are_free_of_clicks() -> None:
    desk = Desk()
    desk.go()
    heard = [desk.play(6000)]
    desk.mixer.playing = False
    heard.append(desk.play(4000))
    assert not heard[1][:, 1000:].any()
    desk.mixer.playing = True
    heard.append(desk.play(4000))
    desk.go(start=31234)
    heard.append(desk.play(5000))
    np.testing.assert_allclose(
        heard[-1][:, 1000:], (desk.voice + desk.music)[:, 32234:36234], atol=1e-6
    )
    joined = np.concatenate(heard, axis=1)
    assert steepest(joined) < TONE_STEP


def test_loop_has_its_length_and_no_gap() -> None:
    desk = Desk()
    feed = desk.go(start=10000, loop=(20000, 27001))
    heard = desk.play(60000)
    song = desk.voice + desk.music
    np.testing.assert_allclose(heard[:, 400:16700], song[:, 10400:26700], atol=1e-6)
    for turn in range(1, 5):
        start = 17001 + 7001 * (turn - 1)
        np.testing.assert_allclose(heard[:, start : start + 6700], song[:, 20000:26700], atol=1e-6)
        assert feed.timeline.song_frame(start) == 20000
    assert steepest(heard) < TONE_STEP
    assert not feed.finished


def test_a_follower_takes_over_unheard() -> None:
    desk = Desk()
    first = desk.go()
    desk.play(12345)
    follower = desk.go(start=first.timeline.song_frame(first.read - 3000), follows=True)
    heard = desk.play(8000)
    np.testing.assert_allclose(heard, (desk.voice + desk.music)[:, 12345:20345], atol=1e-6)
    assert desk.mixer.current is follower


def test_waits_at_the_edge_and_goes_on_by_itself() -> None:
    desk = Desk(ready=20000)
    feed = desk.go()
    heard = desk.play(40000)
    song = desk.voice + desk.music
    assert feed.stalled
    assert feed.blocked
    assert feed.read == 20000
    np.testing.assert_allclose(heard[:, 400:19600], song[:, 400:19600], atol=1e-6)
    assert not heard[:, 20000:].any()
    assert steepest(heard) < TONE_STEP
    desk.lanes.ready = Ranges([(0, 30000)])
    assert not desk.play(4000).any(), "under half a second more is not worth starting for"
    desk.lanes.ready = Ranges([(0, desk.n)])
    heard = desk.play(10000)
    np.testing.assert_allclose(heard[:, 400:], song[:, 20400:30000], atol=1e-6)
    assert steepest(heard) < TONE_STEP
    assert not feed.stalled


def test_original_plays_on_where_stems_are_not_ready() -> None:
    desk = Desk(ready=20000)
    feed = desk.go()
    desk.play(30000)
    assert feed.stalled
    desk.original = True
    desk.apply()
    song = desk.voice + desk.music
    heard = desk.play(20000)
    np.testing.assert_allclose(heard[:, 400:], song[:, 20400:40000], atol=1e-6)
    desk.original = False
    desk.apply()
    heard = np.concatenate([heard, desk.play(5000)], axis=1)
    assert not heard[:, -4000:].any()
    assert steepest(heard) < TONE_STEP
    assert feed.stalled
    place = feed.read
    desk.lanes.ready = Ranges([(0, 20000), (place - 500, desk.n)])
    heard = desk.play(8000)
    np.testing.assert_allclose(heard[:, 400:], song[:, place + 400 : place + 8000], atol=1e-6)


def test_meters_read_peak_and_rms_and_fall() -> None:
    desk = Desk()
    desk.strips["accompaniment"].muted = True
    desk.apply()
    desk.go()
    desk.play(60000)
    levels = desk.lanes.meters.levels()
    assert levels[1][0] == pytest.approx(20 * np.log10(0.25), abs=0.05)
    assert levels[1][1] == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.1)
    assert levels[0] == levels[2] == (-120.0, -120.0)
    master = desk.mixer.meters.levels()[0]
    assert master[0] == pytest.approx(levels[1][0], abs=0.01)
    desk.mixer.playing = False
    desk.play(RATE // 2)
    assert desk.mixer.meters.levels()[0][0] == pytest.approx(master[0] - 10.0, abs=0.5)


def test_output_never_leaves_full_scale() -> None:
    desk = Desk()
    desk.master_db = 24.0
    desk.apply()
    desk.go()
    heard = desk.play(8000)
    assert np.abs(heard).max() == 1.0
    assert desk.mixer.meters.levels()[0][0] > 6.0, "the meter shows what was cut off"


def test_steady_fill_allocates_nothing() -> None:
    desk = Desk()
    desk.go()
    desk.play(3000)
    out = np.empty((1024, 2), np.float32)
    desk.mixer.fill(out)
    tracemalloc.start()
    try:
        for _ in range(3):
            desk.mixer.fill(out)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(10):
            desk.mixer.fill(out)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1024
    assert peak - before < 4096, "one block of one lane alone would be 8 KB"


def test_fills_silence_without_a_feed() -> None:
    out = np.full((5000, 2), np.nan, np.float32)
    Mixer(RATE, 2).fill(out)
    assert not out.any()
