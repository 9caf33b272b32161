"""Colours of the spectrogram view and the tables that turn codes into pixels."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.theme import Theme
from core.spectrogram import CEILING_DB, FLOOR_DB

LEVEL_MAPS = ("magma", "inferno", "viridis", "plasma", "cividis", "CET-L8", "CET-L1", "paper")
MUSIC_SHARE, VOICE_SHARE = 0.42, 0.96  # of the stems' colours at the ends of the mask's own map
MASK_MAPS = ("stems", "CET-D1", "CET-D1A", "CET-D2", "CET-D7", "CET-D9")


@dataclass(frozen=True)
class ViewColours:
    """Every colour the view paints with, as ``#rrggbb``; the defaults are the dark ones."""

    background: str = "#101113"
    panel: str = "#1b1d20"
    line: str = "#2e3136"
    grid: str = "#ffffff"
    text: str = "#d6d8dc"
    muted: str = "#8b9098"
    accent: str = "#e8e9eb"
    playhead: str = "#ffffff"
    pending: str = "#1f1f22"
    hatch: str = "#2d2d32"
    mixture: str = "#9aa0a8"
    voice: str = "#f2a33c"
    accompaniment: str = "#4fa3d9"
    mask: str = "#b58bd6"
    half: str = "#1c1c1e"  # the middle of the mask's own map
    first_model: str = "#8fc26b"  # of two that are compared; no stem's colours
    second_model: str = "#d88bd6"
    others: tuple[str, ...] = field(default=("#7fbf6b", "#d96c8a", "#5fc2b4", "#c9b458"))

    def of(self, name: str) -> str:
        """The colour of a pane: "mixture", "mask" or the name of a stem.

        Several signals of a stem share its colour: "vocals:reference", "vocals:estimate".
        """
        name = name.partition(":")[0]
        known = {
            "mixture": self.mixture,
            "mask": self.mask,
            "vocals": self.voice,
            "accompaniment": self.accompaniment,
        }
        return known.get(name) or self.others[sum(name.encode()) % len(self.others)]


DARK = ViewColours()


def of_theme(looks: Theme) -> ViewColours:
    """The view's colours for an appearance of the program."""
    return ViewColours(
        background=looks.background,
        panel=looks.panel,
        line=looks.line,
        text=looks.text,
        muted=looks.muted,
        accent=looks.accent,
        pending="#1f1f22" if looks.is_dark else "#dadade",
        hatch="#2d2d32" if looks.is_dark else "#cbcbd0",
        mixture=looks.mixture,
        voice=looks.voice,
        accompaniment=looks.accompaniment,
        mask="#b58bd6" if looks.is_dark else "#8456ad",
        half="#1c1c1e" if looks.is_dark else "#f6f6f6",
        first_model="#8fc26b" if looks.is_dark else "#3f7d22",
        second_model="#d88bd6" if looks.is_dark else "#97379a",
    )


Table = tuple[int, ...]  # 256 pixels 0xAARRGGBB, not premultiplied; the first is for pending cells


@lru_cache(maxsize=32)
def level_table(name: str, floor_db: float, ceiling_db: float) -> Table:
    """Pixels of level codes: the colour map stretched from ``floor_db`` to ``ceiling_db``."""
    level_db = np.linspace(FLOOR_DB, CEILING_DB, 255)
    position = (level_db - floor_db) / max(1.0, ceiling_db - floor_db)
    return _table(name, position)


@lru_cache(maxsize=32)
def mask_table(name: str, colours: ViewColours) -> Table:
    """Pixels of mask codes with a two-sided map: the middle of the map is one half.

    "stems" goes from the colour of the accompaniment over a neutral one to that of the voice. Most
    of a song is accompaniment, so its end is toned down towards the background: a pane of it is
    calm and what the mask gives to the voice stands out. Even steps in OKLab on either side.
    """
    position = np.linspace(0, 1, 255)
    if name != "stems":
        return _table(name, position)
    background = _oklab(colours.background)
    music = background + MUSIC_SHARE * (_oklab(colours.accompaniment) - background)
    voice = background + VOICE_SHARE * (_oklab(colours.voice) - background)
    stops = np.stack([music, _oklab(colours.half), voice])
    lab = np.stack([np.interp(position, (0, 0.5, 1), stop) for stop in stops.T])
    return _pixels(*_srgb(lab))


@lru_cache(maxsize=8)
def difference_table(colours: ViewColours) -> Table:
    """Pixels of the codes of a difference A − B: neutral at 0, the models' colours at the ends.

    Even steps in OKLab on either side. A difference of one half is half way to the end.
    """
    stops = np.stack([_oklab(c) for c in (colours.second_model, colours.half, colours.first_model)])
    position = np.linspace(0, 1, 255)
    lab = np.stack([np.interp(position, (0, 0.5, 1), stop) for stop in stops.T])
    return _pixels(*_srgb(lab))


@lru_cache(maxsize=64)
def overlay_table(colour: str, opacity: float) -> Table:
    """Pixels that tint where the mask is high: ``opacity`` where it is one, none where zero."""
    rgb = int(colour.lstrip("#"), 16)
    alpha = np.rint(255 * opacity * np.linspace(0, 1, 255)).astype(int)
    return (0, *((int(a) << 24) | rgb for a in alpha))


def _table(name: str, position: np.ndarray) -> Table:
    index = np.clip(np.rint(position * 255), 0, 255).astype(int)
    return _pixels(*_map_colours(name)[index].T)


def _pixels(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> Table:
    r, g, b = (np.rint(channel).astype(np.int64) for channel in (red, green, blue))
    return (0, *(int(pixel) for pixel in 0xFF000000 | (r << 16) | (g << 8) | b))


@lru_cache(maxsize=32)
def _map_colours(name: str) -> np.ndarray:
    """256 colours ``(256, 3)`` uint8 of one of pyqtgraph's maps; "paper" is white to black."""
    file_name = "CET-L1" if name == "paper" else name
    table = _from_file(file_name)
    if table is None:
        from pyqtgraph import colormap

        colours = colormap.get(file_name)
        table = np.asarray(colours.getLookupTable(nPts=256, alpha=False), np.uint8)
    return table[::-1].copy() if name == "paper" else table


def _from_file(name: str) -> np.ndarray | None:
    """The map from pyqtgraph's own file; None where it is not found.

    Importing pyqtgraph for it would take a fifth of a second of the program's start.
    """
    spec = importlib.util.find_spec("pyqtgraph")
    folders = (spec.submodule_search_locations if spec is not None else None) or ()
    for folder in folders:
        try:
            text = (Path(folder) / "colors" / "maps" / f"{name}.csv").read_text(encoding="utf-8")
            lines = [line for line in text.splitlines() if line and not line.startswith(";")]
            shares = np.array([line.split(",") for line in lines], np.float64)
        except (OSError, ValueError):
            continue
        if shares.shape == (256, 3):
            return (shares * 255 + 0.5).astype(np.uint8)
    return None


# Björn Ottosson, "A perceptual color space for image processing" (2020): linear sRGB to cone
# responses, and their cube roots to lightness and two opponent colours.
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _oklab(colour: str) -> np.ndarray:
    """Lightness and two opponent colours ``(3,)`` of ``#rrggbb``."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ linear))


def _srgb(lab: np.ndarray) -> np.ndarray:
    """Channels ``(3, n)`` from 0 to 255 of OKLab colours ``(3, n)``, held inside the gamut."""
    linear = np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(srgb * 255)
