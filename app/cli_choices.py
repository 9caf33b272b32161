"""Options that several commands share, and what they can be chosen from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class AudioFormat(StrEnum):
    """File formats for stems."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"


class BitDepth(StrEnum):
    """Sample formats for WAV and FLAC."""

    SIXTEEN = "16"
    TWENTY_FOUR = "24"
    FLOAT = "float"


class Layout(StrEnum):
    """Layouts of data sets."""

    MIR1K = "mir1k"
    MUSDB18 = "musdb18"
    PAIRS = "pairs"


class MaskKind(StrEnum):
    """How masks are made of what a network estimates."""

    SOFT = "soft"
    BINARY = "binary"


Model = Annotated[
    str | None, typer.Option(help="Name or folder of a model; see the command models.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Data = Annotated[Path, typer.Option(help="Folder of a data set.")]
