"""The figures' names, what they mean, and how they are written."""

from __future__ import annotations

from app.formats import decibels
from app.i18n import mark, tr, tr_error
from core.evaluation import ClipScore
from core.intervals import Interval
from core.scores import FIGURES

__all__ = ["FIGURES", "MEANINGS", "TITLES", "UNITS"]

TITLES = {
    "nsdr_db": "NSDR",
    "sdr_db": "SDR",
    "sir_db": "SIR",
    "sar_db": "SAR",
    "plain_sdr_db": mark("plain SDR"),
}
MEANINGS = {
    "nsdr_db": mark("How much better the stem stands out than in the song itself"),
    "sdr_db": mark("How close the stem is to its reference, after BSS Eval's filter"),
    "sir_db": mark("How little of the other stem is left in it"),
    "sar_db": mark("How free it is of artefacts"),
    "plain_sdr_db": mark("How close the stem is to its reference, sample by sample"),
}
UNITS = {
    "singers": mark("{n} singers"),
    "songs": mark("{n} songs"),
    "clips": mark("{n} clips"),
}


def number(value: float | None, *, signed: bool = False) -> str:
    """``9.71`` or ``−0.30``; a dash where there is none. Decibels without their unit."""
    if value is None:
        return "–"
    return decibels(value, digits=2, signed=signed).removesuffix(" dB")


def interval_text(interval: Interval | None, *, signed: bool = False) -> str:
    """``8.60 … 9.84``, ``9.4 … 11.1``, or nothing: as many digits as tell something."""
    if interval is None:
        return ""
    digits = 2 if max(abs(interval.low), abs(interval.high)) < 10 else 1
    low, high = (
        decibels(value, digits=digits, signed=signed).removesuffix(" dB")
        for value in (interval.low, interval.high)
    )
    return f"{low}\u2009…\u2009{high}"  # thin spaces


def figure_title(name: str) -> str:
    """The name of a figure in the current language."""
    return tr(TITLES[name])


def note_of(score: ClipScore) -> str:
    """Why a clip has no figures, or which estimates are silent, in the current language."""
    if score.problem is not None:
        sentence = tr_error(score.problem)
        return sentence[:1].upper() + sentence[1:]
    if score.silent_estimates:
        return tr("Silent estimate")
    return ""
