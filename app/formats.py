"""Numbers as the window writes them: times, levels, sizes."""

from __future__ import annotations

import math

from app.i18n import mark, tr
from core.spectrogram.codes import FLOOR_DB

SILENCE_DB = -60.0  # the lowest fader position, which is silence

STEM_TITLES = {
    "mixture": mark("Mixture"),
    "vocals": mark("Voice"),
    "accompaniment": mark("Accompaniment"),
    "mask": mark("Mask"),
    "master": mark("Master"),
    "balance": mark("Balance"),
}


def stem_text(source: str) -> str:
    """The English title of a source, to be translated; its own name where it has none."""
    return STEM_TITLES.get(source, source)


def clock(seconds: float, *, hundredths: bool = True) -> str:
    """``3:58.10`` or ``1:02:03.50``."""
    total = max(0, round(seconds * 100) if hundredths else int(seconds) * 100)
    minutes, rest = divmod(total, 6000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 100:02d}.{rest % 100:02d}" if hundredths else f"{rest // 100:02d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def decibels(value: float, *, digits: int = 1, signed: bool = True) -> str:
    """``+3.0 dB``, ``−6.0 dB`` with a true minus, ``−∞ dB``."""
    if value == -math.inf or math.isnan(value):
        return "−∞ dB"
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return f"{text} dB"
    sign = "−" if value < 0 else ("+" if signed else "")
    return f"{sign}{text} dB"


def level(value_db: float) -> str:
    """``−23.1`` in dBFS without the unit; ``≤ −120`` at the end of the scale."""
    if value_db <= FLOOR_DB:
        return f"≤ −{-FLOOR_DB:.0f}"
    return decibels(value_db).removesuffix(" dB")


def gain(value_db: float) -> str:
    """A fader's gain; its lowest position is silence."""
    return "−∞ dB" if value_db <= SILENCE_DB else decibels(value_db)


def time_left(seconds: float | None) -> str:
    """``0:03 left`` in the current language; nothing while it is unknown."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    return tr("{time} left", time=clock(max(1.0, seconds), hundredths=False))


def about_time(seconds: float) -> str:
    """``12 s``, ``4 min``, ``1 h 5 min``, rounded, in the current language."""
    if seconds < 90:
        return tr("{n} s", n=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{n} min", n=minutes)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def megabytes(n_bytes: float) -> str:
    """``512 MB`` or ``1.5 GB``."""
    mega = n_bytes / 1e6
    return f"{mega:.0f} MB" if mega < 1000 else f"{mega / 1000:.1f} GB"


def hertz(freq_hz: float) -> str:
    """``440.0 Hz`` or ``12.53 kHz``."""
    return f"{freq_hz:.1f} Hz" if freq_hz < 1000 else f"{freq_hz / 1000:.3f} kHz"
