"""Numbers as they are written."""

from __future__ import annotations

import math

import pytest

from app.formats import clock, decibels, gain, hertz, megabytes, time_left
from app.i18n import set_language


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.00"), (42.314, "0:42.31"), (59.999, "1:00.00"), (3725.5, "1:02:05.50")],
)  # fmt: skip
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_decibels_have_a_true_minus_and_no_negative_zero() -> None:
    assert decibels(-6) == "−6.0 dB"
    assert decibels(3) == "+3.0 dB"
    assert decibels(-0.01) == "0.0 dB"
    assert decibels(-math.inf) == "−∞ dB"
    assert decibels(-118.2, digits=0) == "−118 dB"
    assert gain(-60) == "−∞ dB"
    assert gain(-59.9) == "−59.9 dB"


def test_other_units(qapp) -> None:
    set_language("en")
    assert hertz(440) == "440.0 Hz"
    assert hertz(12530) == "12.530 kHz"
    assert megabytes(512e6) == "512 MB"
    assert megabytes(1.5e9) == "1.5 GB"
    assert time_left(65) == "1:05 left"
    assert time_left(None) == ""
