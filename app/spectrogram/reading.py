"""What is under the pointer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.spectrogram.layers import Layer, MaskLayer
from core.spectrogram import FLOOR_DB, Note, SpectrogramPyramid, note_of

Values = tuple[float, ...]


@dataclass(frozen=True)
class CursorReading:
    """Time, frequency, note, each pane's level in dBFS and the mask, None where not computed.

    ``channels_db`` has the levels of each channel of signals with more than one, whose energy has
    the mean ``levels_db``; ``mask_channels`` the mask of each channel that has its own.
    """

    time_s: float
    frequency_hz: float
    note: Note | None
    levels_db: Mapping[str, float | None]
    mask: float | None
    channels_db: Mapping[str, Values] = field(default_factory=dict)
    mask_channels: Values = ()
    other_mask: float | None = None
    """That of the model compared with."""


def read_at(
    layers: Mapping[str, Layer], under: Mapping[str, Layer], time_s: float, frequency_hz: float
) -> CursorReading:
    """The values of all layers at a place; from those ``under`` them where they lack it.

    Reads one window of each signal: about a millisecond for a stereo song with its stems.
    """
    levels: dict[str, float | None] = {}
    channels: dict[str, Values] = {}
    mask: float | None = None
    mask_channels: Values = ()
    for name, layer in layers.items():
        if isinstance(layer, MaskLayer):
            values = layer.pyramid.channel_values(time_s, frequency_hz) or ()
            mask = layer.pyramid.value_at(time_s, frequency_hz)
            mask_channels = values if len(values) > 1 else ()
            continue
        found = _levels(layer, time_s, frequency_hz)
        if found is None and name in under:
            found = _levels(under[name], time_s, frequency_hz)
        levels[name] = None if found is None else _mean_db(found)
        if found is not None and len(found) > 1:
            channels[name] = found
    note = note_of(frequency_hz)
    return CursorReading(time_s, frequency_hz, note, levels, mask, channels, mask_channels)


def _levels(layer: Layer, time_s: float, frequency_hz: float) -> Values | None:
    assert isinstance(layer.pyramid, SpectrogramPyramid)
    try:
        return layer.pyramid.channel_levels_db(layer.audio, time_s, frequency_hz)
    except OSError:  # unreadable: its panes have said so
        return None


def _mean_db(levels_db: Values) -> float:
    """The level of the mean energy; silence is what the scale ends with."""
    energies = [0.0 if level <= FLOOR_DB else 10 ** (level / 10) for level in levels_db]
    mean = float(np.mean(energies))
    return FLOOR_DB if mean <= 0 else max(FLOOR_DB, 10 * float(np.log10(mean)))
