"""The rows of the tables: what each is called, its recipe, its mask, and what was published."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import UsageError

RECIPES = "huang2014/"
RPCA = "rpca"
MODEL = "model:"

ARCHITECTURES = {
    "dnn": "DNN",
    "drnn-1": "DRNN-1",
    "base": "DRNN-2",
    "drnn-3": "DRNN-3",
    "srnn": "sRNN",
}


@dataclass(frozen=True)
class Row:
    """One line of a table.

    ``method`` is the name of a recipe (under ``huang2014/`` or not), ``"rpca"``, ``"model:NAME"``
    for a model that is there already, or "" for figures that are only published. ``in_order`` says
    that the paper claims an order between this row and others, so that it gets several seeds.
    ``published`` is a key of ``published.PUBLISHED``, or "".
    """

    label: str
    method: str = ""
    mask: str = "soft"
    in_order: bool = False
    published: str = ""

    @property
    def is_trained(self) -> bool:
        """Whether a network has to be trained for it."""
        return self.method not in ("", RPCA) and not self.method.startswith(MODEL)


@dataclass(frozen=True)
class Table:
    """``name`` is what ``--tables`` takes; ``note`` stands under the title."""

    name: str
    title: str
    rows: tuple[Row, ...]
    note: str = ""


def _architectures() -> tuple[Row, ...]:
    squared = [
        Row(f"{label}, squared error", method, in_order=True)
        for method, label in ARCHITECTURES.items()
    ]
    divergence = [Row(f"{label}, KL", f"{_stem(m)}-kl") for m, label in ARCHITECTURES.items()]
    return (*squared, *divergence)


def _stem(method: str) -> str:
    return "drnn-2" if method == "base" else method


def _discriminative() -> tuple[Row, ...]:
    rows = []
    for method, label in ARCHITECTURES.items():
        stem = _stem(method)
        several = stem == "drnn-2"
        rows.append(Row(label, method, in_order=True, published="drnn-2" if several else ""))
        name = f"{stem}-discriminative"
        rows.append(
            Row(
                f"{label} + discriminative",
                name,
                in_order=several,
                published=name if several else "",
            )
        )
    return tuple(rows)


TABLES: tuple[Table, ...] = (
    Table(
        "1",
        "Context window",
        (
            Row("1 frame", "context-1"),
            Row("3 frames", "base"),
            Row("5 frames", "context-5"),
        ),
    ),
    Table(
        "2",
        "Circular shift of the accompaniment",
        (
            Row("none", "shift-none"),
            Row("steps of 50 000 samples", "shift-50000"),
            Row("steps of 25 000 samples", "shift-25000"),
            Row("steps of 10 000 samples", "base"),
        ),
    ),
    Table(
        "3",
        "Output formats",
        tuple(
            Row(f"{label}, {mask} mask", method, mask)
            for method, label in (
                ("one-source", "one source"),
                ("two-sources", "two sources"),
                ("base", "two sources with joint mask"),
            )
            for mask in ("soft", "binary")
        ),
        "Networks without the joint mask get a mask from their outputs when they are used.",
    ),
    Table("4", "Architectures and objectives", _architectures()),
    Table(
        "5",
        "Discriminative training, and other systems",
        (
            Row("RPCA", published="rpca"),
            Row("RPCA, soft mask", RPCA, "soft"),
            Row("RPCA, binary mask", RPCA, "binary"),
            Row("MLRR", published="mlrr"),
            Row("RNMF", published="rnmf"),
            *_discriminative(),
            Row("stacked hourglass (2018)", published="hourglass"),
        ),
        "Discriminative: γ = 0.05. Rows without our figures are published ones alone.",
    ),
    Table(
        "optimiser",
        "L-BFGS, as the paper's authors ran it, for as many frames",
        (
            Row("Adam, no shift", "shift-none"),
            Row("L-BFGS, no shift", "lbfgs"),
            Row("L-BFGS, no shift, discriminative", "lbfgs-discriminative"),
        ),
        "Not a table of the paper.",
    ),
    Table(
        "beyond",
        "Beyond the paper",
        (Row("DRNN-2 with every augmentation: the model Paper", f"{MODEL}paper"),),
        "Other networks and augmentations on the same training data, each under its own budget.",
    ),
)


def tables_called(names: Iterable[str] | None) -> tuple[Table, ...]:
    """The tables of these names, in their own order; all for None.

    ``UsageError`` for an unknown name, with the nearest known one.
    """
    if names is None:
        return TABLES
    wanted = {name.strip().lower() for name in names if name.strip()}
    known = [table.name for table in TABLES]
    for name in sorted(wanted - set(known)):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        raise UsageError(
            "There is no table “{name}”; the tables are {known}. Did you mean “{near}”?",
            name=name,
            known=", ".join(known),
            near=near[0],
        )
    if not wanted:
        raise UsageError("Name the tables to make, such as --tables 1,4.")
    return tuple(table for table in TABLES if table.name in wanted)
