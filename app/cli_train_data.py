"""The folders that ``train`` is given: ``DIR`` or ``DIR=WEIGHT``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import UsageError


def folder_and_weight(text: str) -> tuple[Path, float]:
    """``DIR=WEIGHT`` as its parts, the weight being 1 where none is said.

    A folder whose own name has an equals sign is found by its whole name. Raises ``UsageError`` for
    a weight that is no number above 0.
    """
    head, sign, tail = text.rpartition("=")
    if not sign or Path(text).is_dir():
        return Path(text), 1.0
    try:
        weight = float(tail)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise UsageError(
            "“{weight}” is no weight for the folder “{name}”; give a number above 0 such as 2 or "
            "0.5.",
            weight=tail,
            name=head,
        )
    return Path(head), weight


def folders_said(data: Sequence[str], accompaniment: Sequence[str]) -> dict[str, Any]:
    """The fields of a training's request that the options say; none where they say nothing."""
    if not data and not accompaniment:
        return {}
    voiced, backing = (
        [folder_and_weight(text) for text in texts] for texts in (data, accompaniment)
    )
    weights = tuple(weight for _, weight in (*voiced, *backing))
    return {
        "data": tuple(path for path, _ in voiced),
        "accompaniment": tuple(path for path, _ in backing),
        "weights": weights if any(weight != 1 for weight in weights) else (),
    }
