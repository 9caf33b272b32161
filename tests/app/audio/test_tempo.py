"""A song at another speed and pitch, on arrays: no device, no thread."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.channels import DeviceView
from app.audio.feed import Feed, Lanes
from app.audio.gains import Targets
from app.audio.mixer import Mixer
from app.audio.tempo import StretchedView, Tempo
from app.audio.timeline import Timeline
from core.audio import ArrayAudio, DifferenceAudio
from core.ranges import Ranges

RATE = 44100


def tone(hz: float, seconds: float) -> NDArray[np.float32]:
    t = np.arange(round(seconds * RATE)) / RATE
    return np.tile(0.25 * np.sin(2 * np.pi * hz * t), (2, 1)).astype(np.float32)


def clicks(samples: NDArray[np.int64], n_samples: int) -> NDArray[np.float32]:
    song = np.zeros((2, n_samples), np.float32)
    song[:, samples] = 0.8
    return song


def view_of(song: NDArray[np.float32], tempo: Tempo, rate: int = RATE, n: int = 2) -> StretchedView:
    return StretchedView(DeviceView(ArrayAudio(song, RATE), rate, n), rate, tempo)


def frequency(heard: NDArray[np.float32], rate: int = RATE) -> float:
    """The strongest, in Hz; ``heard`` is one channel."""
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 4 * len(heard)))
    return float(np.argmax(spectrum)) * rate / (4 * len(heard))


def test_tempos_are_held_in_their_range() -> None:
    assert Tempo.held(20, 5000) == Tempo(50, 1200)
    assert Tempo.held(151.2, -1200.4) == Tempo(150, -1200)
    assert Tempo.held(100.2, 0.3).is_neutral
    assert not Tempo(95).is_neutral
    assert not Tempo(100, 10).is_neutral


@pytest.mark.parametrize(
    ("tempo", "rate", "hz"),
    [
        (Tempo(50), RATE, 440.0),
        (Tempo(150), 48000, 440.0),
        (Tempo(100, 1200), RATE, 880.0),
        (Tempo(75, -1200), 48000, 220.0),
    ],
)
def test_a_tone_keeps_its_level_and_its_length_follows_the_speed(
    tempo: Tempo, rate: int, hz: float
) -> None:
    view = view_of(tone(440, 2.0), tempo, rate)
    assert view.n_frames == pytest.approx(2.0 * rate * 100 / tempo.percent, abs=2)
    heard = np.concatenate(
        [view.read(k, min(k + 8192, view.n_frames)) for k in range(0, view.n_frames, 8192)]
    )
    middle = heard[rate // 5 : -rate // 5, 0]
    assert frequency(middle, rate) == pytest.approx(hz, abs=1.0)
    peaks = np.abs(middle[: len(middle) // 500 * 500].reshape(-1, 500)).max(axis=1)
    assert peaks.min() > 0.23, "the joints between pieces are not heard"
    assert peaks.max() < 0.27


@pytest.mark.parametrize("tempo", [Tempo(50), Tempo(75), Tempo(100, 700), Tempo(150)])
def test_clicks_come_where_they_belong(tempo: Tempo) -> None:
    places = np.arange(RATE // 2, 4 * RATE, RATE // 3)
    view = view_of(clicks(places, 4 * RATE), tempo)
    heard = view.read(0, view.n_frames)[:, 0]
    for place in places[:-1]:
        expected = place * 100 // tempo.percent
        around = np.abs(heard[expected - 3000 : expected + 3000])
        assert abs(int(np.argmax(around)) - 3000) < 0.001 * RATE


def test_reading_again_gives_the_same_until_the_song_changes() -> None:
    view = view_of(tone(330, 2.0), Tempo(80))
    whole = view.read(1000, 60000)
    again = np.concatenate([view.read(k, k + 1000) for k in range(1000, 60000, 1000)])
    np.testing.assert_array_equal(whole, again)
    view.forget()
    anew = view.read(30000, 40000)
    assert not np.array_equal(anew, whole[29000:39000])
    likeness = np.corrcoef(anew[:, 0], whole[29000:39000, 0])[0, 1]
    assert likeness > 0.99, "and is in phase with what was there before"


def test_devices_of_one_or_many_channels() -> None:
    song = tone(440, 0.5)
    assert view_of(song, Tempo(75), n=1).read(0, 5000).shape == (5000, 1)
    many = view_of(song, Tempo(75), n=6).read(5000, 15000)
    assert np.abs(many[:, :2]).max() > 0.2
    assert not many[:, 2:].any()


class Strict(ArrayAudio):
    """Fails where anything is read that is not ready."""

    ready = Ranges()

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        assert self.ready.covers(start, stop), (start, stop)
        return super().read(start, stop)


class Desk:
    """Two tones on a mixer, at a tempo that may change, read by hand."""

    def __init__(self, tempo: Tempo, ready: int | None = None, seconds: float = 2.0) -> None:
        self.voice, self.music = tone(220, seconds), tone(330, seconds)
        self.mixture = ArrayAudio(self.voice + self.music, RATE)
        self.stem = Strict(self.voice, RATE)
        self.n = self.mixture.n_samples
        self.ready = Ranges([(0, self.n if ready is None else ready)])
        self.mixer = Mixer(RATE, 2)
        self.mixer.playing = True
        self.set_tempo(tempo)

    def set_tempo(self, tempo: Tempo) -> None:
        stems = {
            "vocals": self.stem,
            "accompaniment": DifferenceAudio(self.mixture, [self.stem]),
        }
        targets = Targets(False, (0.0, 1.0, 1.0))
        self.lanes = Lanes(self.mixture, stems, RATE, 2, targets, tempo)
        self.set_ready(self.ready)

    def set_ready(self, ready: Ranges) -> None:
        self.lanes.ready = self.stem.ready = self.ready = ready

    def go(
        self, sample: int = 0, loop: tuple[int, int] | None = None, follows: bool = False
    ) -> Feed:
        view = self.lanes.views[0]
        frames = None if loop is None else tuple(round(edge / view.step) for edge in loop)
        timeline = Timeline(
            view.n_frames, self.n, view.step, round(sample / view.step), frames, 220
        )
        feed = Feed(self.lanes, timeline, RATE, follows)
        while feed.fill():
            pass
        self.mixer.upcoming = feed
        return feed

    def play(self, n_frames: int, block: int = 1000) -> NDArray[np.float32]:
        out = np.full((n_frames, 2), np.nan, np.float32)
        for start in range(0, n_frames, block):
            for feed in (self.mixer.upcoming, self.mixer.current):
                while feed is not None and feed.fill():
                    pass
            self.mixer.fill(out[start : start + block])
        return out.T

    def place(self) -> int:
        feed = self.mixer.current
        assert feed is not None
        return feed.timeline.sample(feed.read)


TONE_STEP = 0.25 * 2 * np.pi * 550 / RATE * 1.3
"""What the two tones together and a fade of 8 ms may step by."""


def steepest(heard: NDArray[np.float32]) -> float:
    return float(np.abs(np.diff(heard)).max())


def test_the_usual_tempo_is_the_song_itself() -> None:
    desk = Desk(Tempo(100, 0))
    assert all(isinstance(view, DeviceView) for view in desk.lanes.views)
    desk.go()
    heard = desk.play(9000)
    song = desk.voice + (desk.mixture.read(0, desk.n) - desk.voice)
    np.testing.assert_array_equal(heard[:, 400:], song[:, 400:9000])


def test_the_tempo_changes_on_the_way_without_click_or_gap() -> None:
    desk = Desk(Tempo())
    desk.go()
    heard = [desk.play(10000)]
    for tempo in (Tempo(75), Tempo(75, 300), Tempo(130, -500), Tempo()):
        before = desk.place()
        desk.set_tempo(tempo)
        desk.go(before - 2000, follows=True)  # read from a little behind where it is by then
        heard.append(desk.play(10000))
        moved = desk.place() - before
        assert moved == pytest.approx(10000 * tempo.percent / 100, abs=3)
    joined = np.concatenate(heard, axis=1)
    assert steepest(joined) < 2 * TONE_STEP
    loud = np.abs(joined[0, 400:]).max()
    level = np.sqrt(np.convolve(joined[0, 400:] ** 2, np.ones(441) / 441, mode="valid"))
    assert level.min() > 0.1 * loud, "no gap"
    np.testing.assert_allclose(
        joined[:, -9000:],
        (desk.voice + desk.music)[:, desk.place() - 9000 : desk.place()],
        atol=1e-6,
    )


def test_a_slow_loop_has_its_length_and_no_gap() -> None:
    desk = Desk(Tempo(75))
    places = np.array([22050, 26460])  # the second as far from the first as the first from it
    song = clicks(places, desk.n)
    desk.mixture, desk.stem = ArrayAudio(song, RATE), Strict(song, RATE)
    desk.set_tempo(Tempo(75))
    desk.go(19845, loop=(19845, 28665))
    heard = np.abs(desk.play(60000)[0])
    found = np.flatnonzero(heard > 0.4)
    firsts = found[np.diff(found, prepend=-1000) > 100]
    assert len(firsts) >= 9
    np.testing.assert_allclose(np.diff(firsts), 4410 / 0.75, atol=20)


def test_it_waits_where_stems_are_missing_and_reads_nothing_else() -> None:
    desk = Desk(Tempo(75), ready=30000)
    feed = desk.go()
    heard = desk.play(60000)
    assert feed.stalled
    assert feed.blocked
    assert 30000 - 0.25 * RATE < desk.place() <= 30000
    assert not heard[:, -10000:].any()
    assert steepest(heard) < TONE_STEP
    place = desk.place()
    desk.set_ready(Ranges([(0, desk.n)]))
    heard = desk.play(20000)
    assert desk.place() - place == pytest.approx(15000, abs=400)
    assert frequency(heard[0, 4000:]) == pytest.approx(220, abs=2) or frequency(
        heard[0, 4000:]
    ) == pytest.approx(330, abs=2)


def test_a_place_that_was_sought_plays_where_nothing_before_it_is_ready() -> None:
    desk = Desk(Tempo(75))
    desk.set_ready(Ranges([(30000, 70000)]))
    desk.go(30000)
    heard = desk.play(20000)
    assert np.abs(heard[:, 3000:]).max() > 0.3
    assert desk.place() == pytest.approx(45000, abs=400)


def test_the_end_of_the_song_is_reached() -> None:
    desk = Desk(Tempo(150, 500), seconds=0.5)
    feed = desk.go()
    heard = desk.play(20000)
    assert feed.finished
    assert feed.timeline.sample(feed.read) == desk.n
    assert not heard[:, 14710:].any()
    assert np.abs(heard[:, 13000:14000]).max() > 0.2
