"""The picture of a separated song as a PNG: mixture, stems and mask over time.

Drawn by matplotlib straight onto an Agg canvas, without a display. Memory does not grow with the
song: spectra are computed in blocks and pooled to at most ``N_COLUMNS_MAX`` columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio import Audio
from core.errors import Cancelled
from core.masks import Mask
from core.spectrogram.analysis import display_stft
from core.spectrogram.codes import FLOOR_DB, STEP_DB, code_of_energy, code_of_fraction
from core.spectrogram.frequency import FrequencyScale
from core.spectrogram.rows import RowMap
from core.stft import Stft, analyse
from core.whole_file import whole_file

N_COLUMNS_MAX = 2000
N_ROWS = 360
RANGE_DB = 84.0
"""Levels are shown from the loudest of the mixture down to this much below it."""

_BLOCK_FRAMES = 256
_TICKS_HZ = (0, 200, 500, 1000, 2000, 3000, 5000, 8000, 12000, 16000, 24000, 48000)
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_BACKGROUND, _TEXT, _MUTED = "#161617", "#e8e8ea", "#a0a0a6"
_COLOURS = {"mixture": "#d0d0d6", "vocals": "#f2a154", "accompaniment": "#4fb3bf"}

Levels = NDArray[np.uint8]


def draw(
    path: Path,
    title: str,
    mixture: Audio,
    stems: Mapping[str, Audio],
    mask: Mask,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Write the figure of a separated song to ``path``, whole or not at all; replaces a file.

    ``mask`` is shown for the first stem. Raises ``OutputError`` or ``Cancelled``.
    """
    signals = {"mixture": mixture, **stems}
    panels: dict[str, Levels] = {}
    scale = FrequencyScale.of_kind("mel", mixture.sample_rate)
    n_parts = len(signals) + 1

    def poll(fraction: float) -> None:
        if should_stop is not None and should_stop():
            raise Cancelled
        if progress is not None:
            progress((len(panels) + fraction) / n_parts)

    for name, audio in signals.items():
        panels[name] = _level_picture(audio, scale, poll)
    shares = mask_picture(mask, mixture, scale, panels["mixture"].shape[1])
    poll(0.5)
    figure = _compose(title, panels, shares, scale, mixture, mask)
    with whole_file(path) as temporary:
        figure.savefig(temporary, format="png", facecolor=_BACKGROUND)
    if progress is not None:
        progress(1.0)


def _level_picture(audio: Audio, scale: FrequencyScale, poll: Callable[[float], None]) -> Levels:
    """Codes of levels ``(n_rows, n_columns)``, the loudest frame and bin of each cell."""
    window_samples, hop_samples = display_stft(audio.sample_rate)
    stft = Stft(window_samples, hop_samples, "hann")
    n_frames = stft.n_frames(audio.n_samples)
    per_column = -(-n_frames // N_COLUMNS_MAX)
    n_columns = -(-n_frames // per_column)
    energies = np.zeros((n_columns, stft.n_bins), np.float32)
    # the bin of a sine of amplitude 1 has the level 0 dB
    factor = float((2 / np.sum(stft.weights)) ** 2)
    block_columns = max(1, _BLOCK_FRAMES // per_column)
    for first in range(0, n_columns, block_columns):
        poll(first / n_columns)
        last = min(first + block_columns, n_columns)
        frames = min(last * per_column, n_frames)
        spectra = analyse(audio, stft, first * per_column, frames)
        energy = np.mean(spectra.real**2 + spectra.imag**2, axis=0) * np.float32(factor)
        starts = np.arange(0, len(energy), per_column)
        energies[first:last] = np.maximum.reduceat(energy, starts, axis=0)
    rows = RowMap(scale, N_ROWS, audio.sample_rate / window_samples, stft.n_bins)
    return rows.apply(code_of_energy(energies).T)


def mask_picture(mask: Mask, mixture: Audio, scale: FrequencyScale, n_columns: int) -> Levels:
    """Codes of the first stem's mask ``(n_rows, n_columns)``, means over time and channels."""
    duration_s = mixture.n_samples / mixture.sample_rate
    frames_per_column = duration_s * mask.sample_rate / mask.hop_samples / n_columns
    n_reads = int(np.clip(round(frames_per_column), 1, 16))
    freqs_hz = scale.to_hz((np.arange(N_ROWS) + 0.5) / N_ROWS)
    picture = np.zeros((N_ROWS, n_columns), np.uint8)
    for first in range(0, n_columns, 64):
        last = min(first + 64, n_columns)
        reads = np.arange(first * n_reads, last * n_reads) + 0.5
        values = mask.sample(reads * duration_s / (n_columns * n_reads), freqs_hz).mean(axis=0)
        means = values.reshape(N_ROWS, last - first, n_reads).mean(axis=2)
        picture[:, first:last] = code_of_fraction(means)
    return picture


def _compose(
    title: str,
    panels: Mapping[str, Levels],
    shares: Levels,
    scale: FrequencyScale,
    mixture: Audio,
    mask: Mask,
) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    n_panels = len(panels) + 1
    duration_s = max(mixture.n_samples / mixture.sample_rate, 1e-3)
    figure = Figure(figsize=(15, 1.0 + 2.6 * n_panels), dpi=110, facecolor=_BACKGROUND)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        n_panels, 2, width_ratios=(1, 0.012), left=0.06, right=0.945, top=0.925, bottom=0.06,
        hspace=0.14, wspace=0.02,
    )  # fmt: skip
    top_db = _db(int(panels["mixture"].max()))
    ticks = [hz for hz in _TICKS_HZ if hz <= scale.high_hz]
    names = [*panels, "mask"]
    for row, name in enumerate(names):
        axes = figure.add_subplot(grid[row, 0])
        if name == "mask":
            first = next(stem for stem in panels if stem != "mixture")
            colours = LinearSegmentedColormap.from_list(
                "doubt", [_COLOURS["accompaniment"], "#1d1d1f", _COLOURS["vocals"]]
            )
            values, low, high, colour_map = (shares - 1.0) / 254, 0.0, 1.0, colours
            label, text = f"share of {first}", f"Mask of {first}"
        else:
            values, colour_map = FLOOR_DB + (panels[name] - 1.0) * STEP_DB, "magma"
            low, high = top_db - RANGE_DB, top_db
            label, text = "level (dBFS)", name.capitalize()
        image = axes.imshow(
            values.astype(np.float32), origin="lower", aspect="auto", cmap=colour_map, vmin=low,
            vmax=high, extent=(0, duration_s, 0, 1), interpolation="nearest", rasterized=True,
        )  # fmt: skip
        axes.set_yticks([scale.to_unit(float(hz)) for hz in ticks], [_hz(hz) for hz in ticks])
        axes.set_ylim(0, 1)
        axes.set_ylabel("frequency (Hz)", color=_MUTED, fontsize=9)
        step = next((s for s in _STEPS_S if duration_s / s <= 16), _STEPS_S[-1])
        marks = np.arange(0, duration_s + 1e-9, step)
        is_last = row == n_panels - 1
        axes.set_xticks(marks, [_clock(mark, step) if is_last else "" for mark in marks])
        axes.set_xlim(0, duration_s)
        if is_last:
            unit = "min:s" if step >= 1 else "s"
            axes.set_xlabel(f"time ({unit})", color=_MUTED, fontsize=9)
        colour = _COLOURS.get(name, _TEXT)
        axes.text(
            0.006, 0.955, text, transform=axes.transAxes, color=colour, fontsize=12, va="top",
            fontweight="bold", bbox={"facecolor": _BACKGROUND, "alpha": 0.72, "lw": 0, "pad": 4},
        )  # fmt: skip
        if name == "mask" and mask.sample_rate < mixture.sample_rate:
            edge = scale.to_unit(mask.sample_rate / 2)
            axes.axhline(edge, color=_MUTED, linewidth=0.8, linestyle=(0, (4, 4)))
        bar_axes = figure.add_subplot(grid[row, 1])
        bar = figure.colorbar(image, cax=bar_axes)
        bar.set_label(label, color=_MUTED, fontsize=9)
        bar.outline.set_visible(False)
        for part in (axes, bar_axes):
            part.tick_params(colors=_MUTED, labelsize=8.5, length=3)
            for spine in part.spines.values():
                spine.set_edgecolor("#3a3a3e")
    figure.text(
        0.06, 0.955, _fitting(title), color=_TEXT, fontsize=17, parse_math=False, **_fonts()
    )
    figure.text(
        0.945, 0.957, _describe(mixture), color=_MUTED, fontsize=10, ha="right", parse_math=False
    )
    return figure


def _fonts() -> dict[str, Any]:
    """A list of families in which scripts of East Asia are found too, where they are installed."""
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    wide = (
        "Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC",
        "Hiragino Sans GB", "Hiragino Sans", "Malgun Gothic", "WenQuanYi Micro Hei",
        "Arial Unicode MS",
    )  # fmt: skip
    return {"family": ["DejaVu Sans", *(name for name in wide if name in known)]}


def _db(code: int) -> float:
    return FLOOR_DB + (code - 1) * STEP_DB


def _hz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)


def _clock(seconds: float, step: float) -> str:
    if step < 1:
        return f"{seconds:.1f}"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours}:{minutes:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


def _fitting(title: str, n_characters: int = 70) -> str:
    return title if len(title) <= n_characters else title[: n_characters - 1] + "…"


def _describe(mixture: Audio) -> str:
    seconds = mixture.n_samples / mixture.sample_rate
    channels = {1: "mono", 2: "stereo"}.get(mixture.n_channels, f"{mixture.n_channels} channels")
    length = f"{seconds:.2f} s" if seconds < 60 else f"{_clock(seconds, 1)} min"
    return f"{length}, {mixture.sample_rate / 1000:g} kHz, {channels}"
