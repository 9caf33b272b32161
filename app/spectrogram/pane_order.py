"""In which order panes stand over each other, as plain names."""

from __future__ import annotations

from collections.abc import Sequence

Order = tuple[str, ...]


def arranged(usual: Sequence[str], wanted: Sequence[object]) -> Order:
    """``usual`` in the order of ``wanted``, which may be anything that was kept in a file.

    Names that are not in ``usual`` are left out; those that ``wanted`` lacks stand below the one
    that usually stands above them.
    """
    order: list[str] = []
    for name in wanted:
        if isinstance(name, str) and name in usual and name not in order:
            order.append(name)
    for place, name in enumerate(usual):
        if name not in order:
            order.insert(order.index(usual[place - 1]) + 1 if place else 0, name)
    return tuple(order)


def put(order: Sequence[str], name: str, beside: str, below: bool) -> Order:
    """``name`` directly above or below ``beside``."""
    others = [other for other in order if other != name]
    if beside not in others:
        return tuple(order)
    others.insert(others.index(beside) + below, name)
    return tuple(others)


def stepped(order: Sequence[str], name: str, step: int, among: Sequence[str] = ()) -> Order:
    """``name`` one place up (``step`` −1) or down (1); as it was where there is no such place.

    Only the places of ``among`` count, if it is given: those of panes that are seen.
    """
    counted = [other for other in order if not among or other in among or other == name]
    place = counted.index(name) + step
    if not 0 <= place < len(counted):
        return tuple(order)
    return put(order, name, counted[place], below=step > 0)
