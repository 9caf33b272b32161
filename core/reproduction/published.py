"""Figures as published, in dB, of the voice on MIR-1K's 825 test clips at 0 dB.

Only what could be read in a publication is here. ``SOURCES`` says where each comes from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Means over clips weighted by their lengths, in dB."""

    gnsdr_db: float
    gsir_db: float
    gsar_db: float


PUBLISHED: dict[str, Figures] = {
    "rpca": Figures(3.15, 4.43, 11.09),
    "mlrr": Figures(3.85, 5.63, 10.70),
    "rnmf": Figures(4.97, 7.66, 10.03),
    "drnn-2": Figures(7.27, 11.98, 9.99),
    "drnn-2-discriminative": Figures(7.45, 13.08, 9.68),
    "hourglass": Figures(10.51, 16.01, 12.53),
}

_HUANG = (
    "P.-S. Huang, M. Kim, M. Hasegawa-Johnson, P. Smaragdis: Singing-Voice Separation from "
    "Monaural Recordings using Deep Recurrent Neural Networks, ISMIR 2014, comparison with "
    "previous approaches"
)

SOURCES: dict[str, str] = {
    **dict.fromkeys(PUBLISHED, _HUANG),
    "hourglass": (
        "S. Park, T. Kim, K. Lee, N. Kwak: Music Source Separation Using Stacked Hourglass "
        "Networks, ISMIR 2018"
    ),
}
