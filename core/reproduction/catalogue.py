"""The rows of the tables: what each is called, its recipe, its mask, and what was published."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.errors import UsageError
from core.reproduction.choice import CHOICE
from core.reproduction.rows import MODEL, RPCA, Row, Table

RECIPES = "huang2014/"

ARCHITECTURES = {
    "dnn": "DNN",
    "drnn-1": "DRNN-1",
    "base": "DRNN-2",
    "drnn-3": "DRNN-3",
    "srnn": "sRNN",
}


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
        (
            Row("DRNN-2 with every augmentation: the model Paper", f"{MODEL}paper"),
            Row("recurrent U-Net: the model U-Net", f"{MODEL}u-net"),
        ),
        "Other networks and augmentations on the same training data, each under its own budget.",
    ),
)

ALL_TABLES = (*TABLES, CHOICE)
"""With those that are made only when they are named."""


def tables_called(names: Iterable[str] | None) -> tuple[Table, ...]:
    """The tables of these names, in their own order; for None the usual ones, ``TABLES``.

    ``UsageError`` for an unknown name, with the nearest known one.
    """
    if names is None:
        return TABLES
    wanted = {name.strip().lower() for name in names if name.strip()}
    known = [table.name for table in ALL_TABLES]
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
    return tuple(table for table in ALL_TABLES if table.name in wanted)


def with_models(tables: Iterable[Table], models: Sequence[str]) -> tuple[Table, ...]:
    """The tables without the rows of models that are not among ``models``, which their notes say.

    ``models`` are the ids of those that come with the program: only of them it is known what they
    were trained on.
    """
    return tuple(_with_models(table, models) for table in tables)


def _with_models(table: Table, models: Sequence[str]) -> Table:
    absent = [r for r in table.rows if r.is_model and r.method.removeprefix(MODEL) not in models]
    if not absent:
        return table
    notes = [table.note] if table.note else []
    notes += [f"Left out, since the model is not there: {row.label}." for row in absent]
    rows = tuple(row for row in table.rows if row not in absent)
    return replace(table, rows=rows, note=" ".join(notes))
