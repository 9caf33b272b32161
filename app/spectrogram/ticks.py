"""Where rulers put their marks, and what they write beside them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from core.spectrogram import FrequencyScale, note_of
from core.spectrogram.frequency import note_hz

NOTE_ORDER = (0, 9, 4, 7, 2, 5, 11, 1, 3, 6, 8, 10)  # C, A, then what fills the gaps

TIME_STEPS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
)  # fmt: skip


class Tick(NamedTuple):
    """A mark at ``value`` (seconds or hertz); minor marks have no label."""

    value: float
    label: str


def clock(seconds: float, decimals: int = 0) -> str:
    """ "1:02.50" or "1:00:02": minutes, and hours where there are any."""
    total = round(max(0.0, seconds), decimals)
    minutes, rest = divmod(total, 60)
    hours, minutes = divmod(int(minutes), 60)
    width = 2 if decimals == 0 else 3 + decimals
    tail = f"{rest:0{width}.{decimals}f}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


@lru_cache(maxsize=8)
def time_ticks(
    start_s: float, stop_s: float, width: float, spacing: float = 84
) -> tuple[Tick, ...]:
    """Labelled marks at a round step and four or five unlabelled ones between them."""
    span = max(stop_s - start_s, 1e-6)
    wanted = span * spacing / max(width, 1)
    step = next((s for s in TIME_STEPS_S if s >= wanted), TIME_STEPS_S[-1])
    decimals = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    parts = {2: 4, 15: 3, 30: 3, 60: 4, 120: 4, 900: 3, 1800: 3}.get(round(step, 3), 5)
    if str(step).strip("0.").startswith("2"):
        parts = 4
    minor = step / parts
    first, last = math.ceil(start_s / minor - 1e-9), math.floor(stop_s / minor + 1e-9)
    return tuple(
        Tick(i * minor, clock(i * minor, decimals) if i % parts == 0 else "")
        for i in range(first, last + 1)
    )


def hertz(frequency_hz: float) -> str:
    """ "440 Hz", "2.5 kHz": as many digits as the value needs."""
    if frequency_hz >= 1000:
        return f"{frequency_hz / 1000:.10g} kHz"
    return f"{frequency_hz:.10g} Hz"


@lru_cache(maxsize=32)  # panes of one height share them, ruler and grid too
def frequency_ticks(
    scale: FrequencyScale, low: float, high: float, height: float, spacing: float = 18
) -> tuple[Tick, ...]:
    """Labelled marks from ``low`` to ``high`` (positions on the scale), evenly dense on screen.

    Round values are tried from the roundest to the less round; each is taken where it keeps its
    distance to those already taken.
    """
    low_hz, high_hz = float(scale.to_hz(low)), float(scale.to_hz(high))
    values = _round_values(low_hz, high_hz, height / spacing)
    chosen = _spaced(values, scale, (low, high), height, spacing)
    return tuple(Tick(value, hertz(value)) for value in chosen)


@lru_cache(maxsize=32)
def note_ticks(
    scale: FrequencyScale, low: float, high: float, height: float, spacing: float = 18
) -> tuple[Tick, ...]:
    """Like ``frequency_ticks`` at the notes: every C first, then A, the white keys, the black."""
    low_hz, high_hz = float(scale.to_hz(low)), float(scale.to_hz(high))
    names = {
        hz: note.name
        for midi in sorted(range(12, 136), key=lambda midi: (NOTE_ORDER.index(midi % 12), midi))
        if low_hz <= (hz := note_hz(midi)) <= high_hz and (note := note_of(hz)) is not None
    }
    chosen = _spaced(list(names), scale, (low, high), height, spacing)
    return tuple(Tick(value, names[value]) for value in chosen)


def _spaced(
    values: list[float],
    scale: FrequencyScale,
    shown: tuple[float, float],
    height: float,
    spacing: float,
) -> list[float]:
    """Those of ``values``, tried in turn, that keep their distance to the ones before them."""
    low, high = shown
    taken: list[tuple[float, float]] = []
    for value in values:
        y = (float(scale.to_unit(value)) - low) / (high - low) * height
        inside = spacing / 3 <= y <= height - spacing / 3
        if inside and all(abs(y - other) >= spacing for other, _value in taken):
            taken.append((y, value))
    return [value for _y, value in sorted(taken)]


def _round_values(low_hz: float, high_hz: float, most: float) -> list[float]:
    values: list[float] = []
    decades = range(max(0, math.floor(math.log10(max(low_hz, 1)))), 6)
    for factors in ((1.0,), (2.0, 5.0), (3.0, 4.0, 6.0, 7.0, 8.0, 9.0), (1.5, 2.5)):
        values += [factor * 10**decade for decade in decades for factor in factors]
    # An even grid for linear axes and for narrow views of any axis.
    wanted = (high_hz - low_hz) / max(most, 1)
    power = 10 ** math.floor(math.log10(max(wanted, 1e-3)))
    step = next(power * f for f in (1, 2, 5, 10) if power * f >= wanted)
    grid = [round(i * step, 6) for i in range(int(low_hz / step), int(high_hz / step) + 2)]
    even = sum(low_hz <= value <= high_hz for value in values) < most / 2
    values = [*grid, *values] if even else [*values, *grid]
    return [value for value in values if low_hz <= value <= high_hz]
