"""Older versions of the format, made into the present one step by step.

Whoever changes what ``project.json`` holds raises ``document.VERSION``, adds here the function that
makes the version before into the new one, and keeps an example of it in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
"""``project.json`` as it was read: nothing in it is known to be what it should be."""


def migrated(document: Document, version: int, latest: int) -> Document:
    """``document`` of ``version`` as one of ``latest``.

    Raises ``KeyError``, ``TypeError`` and the like where it is not what its version holds.
    """
    for step in range(version, latest):
        document = {**MIGRATIONS[step](document), "version": step + 1}
    return document


def _from_0(document: Document) -> Document:
    """Version 0, of drafts that were never released.

    It counted the position and the loop in samples of the song, and named no window: there was
    only the sine.
    """
    changed = dict(document)
    source, mask = changed["source"], changed["mask"]
    position, loop = changed.pop("position_samples"), changed.pop("loop_samples")
    rate = source["sample_rate"]
    changed["position_s"] = position / rate
    changed["loop_s"] = None if loop is None else [edge / rate for edge in loop]
    changed["mask"] = {**mask, "window": "sine"}
    return changed


MIGRATIONS: dict[int, Callable[[Document], Document]] = {0: _from_0}
"""By the version that a step takes."""
