"""Spans, ticks, ranges, colours, tiles: the parts behind the view."""

from __future__ import annotations

import numpy as np
import pytest

from app import theme
from app.spectrogram.colours import (
    DARK,
    LEVEL_MAPS,
    MASK_MAPS,
    level_table,
    mask_table,
    of_theme,
    overlay_table,
)
from app.spectrogram.layers import Layer
from app.spectrogram.runner import Done, StopCheck, Work
from app.spectrogram.spans import Spans
from app.spectrogram.ticks import clock, frequency_ticks, hertz, note_ticks, time_ticks
from app.spectrogram.tiles import TileKey, TileStore, Want
from app.spectrogram.time_axis import label_place
from app.spectrogram.viewport import MIN_SPAN_S, Viewport
from core.audio.source import ArrayAudio
from core.spectrogram import FrequencyScale, code_of_db, note_of

RATE = 44100


def at_once(work: Work, done: Done) -> None:
    done(work(never))


def never() -> bool:
    return False


_check: StopCheck = never


def test_spans_join_and_give_what_is_visible_first() -> None:
    spans = Spans()
    spans.add(0, 100)
    spans.add(200, 300)
    spans.add(100, 150)
    assert spans.touches(140, 210)
    assert not spans.touches(150, 200)
    assert spans.take(30, prefer=(220, 400)) == (220, 250)
    assert spans.take(500, prefer=(160, 190)) == (0, 150)
    assert spans.take(500) == (200, 220)
    assert spans.take(500) == (250, 300)
    assert spans.take(500) is None
    assert not spans


def test_clock() -> None:
    assert clock(0) == "0:00"
    assert clock(62.5, 2) == "1:02.50"
    assert clock(59.9996, 2) == "1:00.00"
    assert clock(3723, 0) == "1:02:03"


@pytest.mark.parametrize("span", [0.05, 0.7, 5.0, 61.0, 240.0, 3600.0])
def test_time_ticks_are_even_and_legible(span: float) -> None:
    ticks = time_ticks(17.3, 17.3 + span, 1300)
    labelled = [tick.value for tick in ticks if tick.label]
    assert 3 <= len(labelled) <= 1300 / 84 + 1
    assert len({tick.label for tick in ticks if tick.label}) == len(labelled)
    assert np.ptp(np.diff(labelled)) < 1e-6 * span + 1e-9
    assert np.ptp(np.diff([tick.value for tick in ticks])) < 1e-6


def test_the_last_label_of_the_time_axis_is_whole_or_not_there() -> None:
    assert label_place(100, 40, 90, 800) == 104
    assert label_place(780, 40, 700, 800) == 736
    assert label_place(780, 40, 730, 800) is None


@pytest.mark.parametrize("kind", ["linear", "log", "mel"])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.2, 0.5), (0.7, 0.72)])
def test_frequency_ticks_keep_their_distance(kind: str, low: float, high: float) -> None:
    scale = FrequencyScale.of_kind(kind, RATE)  # type: ignore[arg-type]
    ticks = frequency_ticks(scale, low, high, 200)
    assert 2 <= len(ticks) <= 11
    places = np.array([(scale.to_unit(tick.value) - low) / (high - low) * 200 for tick in ticks])
    assert np.diff(places).min() >= 17.9
    assert places.min() >= 0
    assert places.max() <= 200


@pytest.mark.parametrize("kind", ["linear", "log", "mel"])
def test_note_ticks_are_notes(kind: str) -> None:
    scale = FrequencyScale.of_kind(kind, RATE)  # type: ignore[arg-type]
    ticks = note_ticks(scale, 0.0, 1.0, 300)
    assert 3 <= len(ticks) <= 17
    for tick in ticks:
        note = note_of(tick.value)
        assert note is not None
        assert (note.name, note.cents) == (tick.label, 0)
    log = FrequencyScale.of_kind("log", RATE)
    octave = (log.to_unit(420.0), log.to_unit(910.0))
    assert len(note_ticks(log, *octave, 300)) == 13


def test_hertz() -> None:
    assert [hertz(value) for value in (50, 440, 1000, 2500)] == [
        "50 Hz", "440 Hz", "1 kHz", "2.5 kHz"
    ]  # fmt: skip


def test_range_never_leaves_the_song() -> None:
    viewport = Viewport()
    viewport.reset(100, RATE)
    viewport.zoom_time(0.5, 25)
    assert (viewport.start_s, viewport.stop_s) == (12.5, 62.5)
    viewport.pan_time(1000)
    assert (viewport.start_s, viewport.stop_s) == (50, 100)
    viewport.zoom_time(1e-9, 75)
    assert viewport.span_s == pytest.approx(MIN_SPAN_S)
    viewport.zoom_time(1e9, 75)
    assert (viewport.start_s, viewport.stop_s) == (0, 100)
    viewport.set_units(0.5, 1.5)
    assert (viewport.low, viewport.high) == (0, 1)
    viewport.reset(0.001, RATE)
    assert viewport.span_s == 0.001


def test_scale_change_keeps_the_visible_hertz() -> None:
    viewport = Viewport()
    viewport.reset(10, RATE)
    viewport.set_units(0.3, 0.6)
    before = viewport.range
    viewport.set_scale("log")
    assert viewport.range.low_hz == pytest.approx(before.low_hz)
    assert viewport.range.high_hz == pytest.approx(before.high_hz)


def brightness(pixel: int) -> float:
    return float(np.dot([(pixel >> shift) & 255 for shift in (16, 8, 0)], [0.299, 0.587, 0.114]))


def test_colour_tables() -> None:
    for name in LEVEL_MAPS:
        table = level_table(name, -100, -10)
        assert len(table) == 256
        assert table[0] == 0
        assert all(pixel >> 24 == 255 for pixel in table[1:])
        floor, ceiling = int(code_of_db(-100)), int(code_of_db(-10))
        assert table[1] == table[floor] != table[ceiling] == table[255]
    for name in MASK_MAPS:
        assert len(mask_table(name, DARK)) == 256
    stems = mask_table("stems", DARK)
    assert stems[128] & 0xFFFFFF == int(DARK.half[1:], 16)
    for looks in (theme.DARK, theme.LIGHT):
        colours = of_theme(looks)
        pixels = mask_table("stems", colours)
        music, half, voice = (brightness(pixels[i]) for i in (1, 128, 255))
        # the end of the music is calmer than that of the voice, and neither is the middle
        assert abs(voice - half) > 1.5 * abs(music - half) > 20
        steps = np.diff([brightness(pixel) for pixel in pixels[1:]])
        assert np.abs(steps).max() < 3.0
    tint = overlay_table("#ff0000", 0.5)
    assert tint[1] >> 24 == 0
    assert tint[255] >> 24 == 128


def test_tiles_are_bounded_and_renewed(qapp: object) -> None:
    rng = np.random.default_rng(0)
    layer = Layer("mixture", ArrayAudio(rng.standard_normal((1, 60 * RATE)) * 0.1, RATE))
    layer.compute(0, 60 * RATE, never)
    store = TileStore(at_once, budget_bytes=4 * 2**20)
    store.set_layers([layer])
    scale = FrequencyScale.of_kind("mel", RATE)
    keys = [TileKey(layer.layer_id, 0, index, 256, scale) for index in range(10)]
    table = level_table("magma", -100, 0)
    for key in keys:
        store.want(1, [Want(key)])
        tile = store.find(key)
        assert tile is not None
        tile.image(table)
    assert store.idle
    assert store.n_bytes <= 5 * 2**20
    last = store.find(keys[9])
    assert last is not None
    assert store.find(keys[0]) is None
    assert last.image(table) is last.image(table)
    store.want(1, [Want(keys[9])])
    store.mark_stale(layer, 0, 9 * 512)
    assert not last.stale
    store.mark_stale(layer, 9 * 512, 9 * 512 + 1)
    assert last.stale
    store.want(1, [Want(keys[9])])
    assert store.find(keys[9]) is not last
    coarse = keys[0]._replace(level=3, index=0)
    store.want(1, [Want(coarse)])
    missing = keys[0]._replace(n_rows=512)
    found = store.nearest(missing, layer.pyramid.n_levels)
    assert found is not None
    assert found[0] == coarse
    store.set_layers([])
    assert store.n_bytes == 0
