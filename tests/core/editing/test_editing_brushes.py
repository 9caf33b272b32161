from __future__ import annotations

import numpy as np
import pytest

from core.editing import Harmonics, Stroke
from core.errors import UsageError
from core.spectrogram.frequency import FrequencyScale

LINEAR = FrequencyScale("linear", 0.0, 8000.0)


def smooth(part: np.ndarray | float) -> np.ndarray:
    part = np.clip(part, 0, 1)
    return part * part * (3 - 2 * part)


def stroke_cell_by_cell(stroke: Stroke, times: np.ndarray, freqs: np.ndarray) -> np.ndarray:
    """What ``Stroke`` says of itself, without any haste."""
    x = times[None] / stroke.radius_s
    y = stroke.scale.to_unit(freqs)[:, None] / stroke.radius_units
    path = [(t / stroke.radius_s, stroke.scale.to_unit(f)) for t, f in stroke.points]
    path = [(t, u / stroke.radius_units) for t, u in path]
    nearest = np.full((len(freqs), len(times)), np.inf)
    for (x0, y0), (x1, y1) in zip(path, path[1:] or path, strict=False):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        part = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / (length or 1.0)
        part = np.clip(part, 0, 1)
        distance = np.hypot(x - x0 - part * (x1 - x0), y - y0 - part * (y1 - y0))
        nearest = np.minimum(nearest, distance)
    return smooth((1 - nearest) / (1 - stroke.hardness))


def test_a_dab_is_round_and_falls_smoothly() -> None:
    dab = Stroke([(1.0, 4000.0)], 0.5, 0.25, 0.5, LINEAR)
    assert dab.span_s == (0.5, 1.5)
    times = np.array([1.0, 1.25, 1.375, 1.5])
    np.testing.assert_allclose(dab.weights(times, np.array([4000.0]))[0], [1, 1, 0.5, 0], atol=1e-6)
    # A quarter of the axis is 2000 Hz.
    freqs = np.array([2000.0, 2500.0, 4000.0, 5500.0, 6000.0])
    np.testing.assert_allclose(
        dab.weights(np.array([1.0]), freqs)[:, 0], [0, 0.5, 1, 0.5, 0], atol=1e-6
    )
    # Within its own square, but not within the circle.
    assert dab.weights(np.array([1.4]), np.array([5600.0])) == 0


@pytest.mark.parametrize("kind", ["linear", "log", "mel"])
@pytest.mark.parametrize("begin", [0.0, 7000.0])
def test_the_distance_is_that_to_the_nearest_segment(kind: str, begin: float) -> None:
    scale = FrequencyScale.of_kind(kind, 16000)  # type: ignore[arg-type]
    rng = np.random.default_rng(5)
    points = [(begin + t, f) for t, f in rng.uniform((0.2, 100), (2.8, 7900), (12, 2))]
    times, freqs = begin + np.linspace(0, 3, 90), np.linspace(0, 8000, 70)
    stroke = Stroke(points, 0.15, 0.07, 0.3, scale)
    np.testing.assert_allclose(
        stroke.weights(times, freqs), stroke_cell_by_cell(stroke, times, freqs), atol=1e-4
    )


def test_points_that_hardly_move_the_brush_change_it_hardly() -> None:
    turns = np.linspace(0, 6, 400)
    points = [(1.5 + np.cos(t), 4000 + 3000 * np.sin(t)) for t in turns]
    times, freqs = np.linspace(0, 3, 90), np.linspace(0, 8000, 70)
    stroke = Stroke(points, 0.3, 0.1, 0.5, LINEAR)
    exact = stroke_cell_by_cell(stroke, times, freqs)
    np.testing.assert_allclose(stroke.weights(times, freqs), exact, atol=0.04)
    # The last point is there however close it is.
    short = Stroke([(1.0, 4000.0), (1.02, 4000.0)], 0.1, 0.1, 1.0, LINEAR)
    assert short.weights(np.array([1.11]), np.array([4000.0])) == 1


def test_a_hard_brush_has_an_edge() -> None:
    dab = Stroke([(1.0, 4000.0)], 0.5, 0.25, 1.0, LINEAR)
    read = dab.weights(np.array([0.49, 0.51, 1.49, 1.51]), np.array([4000.0]))
    np.testing.assert_array_equal(read[0], [0, 1, 1, 0])


def test_harmonics_follow_the_fundamental() -> None:
    note = Harmonics([(1.0, 200.0), (2.0, 300.0)], 3, 40.0, 0.5)
    freqs = np.array([0.0, 250.0, 270.0, 280.0, 375.0, 500.0, 530.0, 750.0, 1000.0])
    expected = [0, 1, 1, 0.5, 0, 1, 0.5, 1, 0]
    np.testing.assert_allclose(note.weights(np.array([1.5]), freqs)[:, 0], expected, atol=1e-6)
    ends = note.weights(np.array([0.97, 0.99, 2.01, 2.03]), np.array([200.0, 300.0]))
    np.testing.assert_array_equal(ends, [[0, 1, 0, 0], [0, 0, 1, 0]])
    assert note.span_s == (0.98, 2.02)


def test_the_nearest_of_many_harmonics_counts() -> None:
    note = Harmonics([(0.0, 80.0), (1.0, 95.0)], 60, 70.0, 0.2)
    times, freqs = np.linspace(0, 1, 20), np.linspace(0, 8000, 300)
    f0 = 80 + 15 * times
    multiples = np.arange(1, 61)[:, None, None] * f0
    distance = np.abs(freqs[:, None] - multiples).min(axis=0) / 70
    np.testing.assert_allclose(note.weights(times, freqs), smooth((1 - distance) / 0.8), atol=1e-5)


def test_a_single_point_is_a_note_and_order_does_not_matter() -> None:
    note = Harmonics([(0.5, 440.0)], 1, 20.0, 0.5)
    read = note.weights(np.array([0.47, 0.485, 0.5, 0.515, 0.53]), np.array([440.0]))
    np.testing.assert_array_equal(read[0], [0, 1, 1, 1, 0])
    backwards = Harmonics([(2.0, 300.0), (1.0, 200.0)], 3, 40.0, 0.5)
    assert backwards == Harmonics([(1.0, 200.0), (2.0, 300.0)], 3, 40.0, 0.5)


def test_what_no_brush_can_be() -> None:
    with pytest.raises(UsageError, match="0 points; the nearest is 1"):
        Stroke([], 1, 1, 1, LINEAR)
    with pytest.raises(UsageError, match=r"hardness cannot be 1.5.*nearest is 1"):
        Stroke([(0, 0)], 1, 1, 1.5, LINEAR)
    with pytest.raises(UsageError, match="high_hz"):
        Stroke([(0, 0)], 1, 1, 1, FrequencyScale("log", 100.0, 100.0))
    with pytest.raises(UsageError, match="scale cannot be “bark”"):
        Stroke([(0, 0)], 1, 1, 1, FrequencyScale("bark", 0.0, 100.0))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"n_harmonics cannot be 0.*nearest is 1"):
        Harmonics([(0, 100)], 0, 10, 1)
    with pytest.raises(UsageError, match="points cannot be 0"):
        Harmonics([(0, 0)], 3, 10, 1)
