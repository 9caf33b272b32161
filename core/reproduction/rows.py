"""What a table is made of."""

from __future__ import annotations

from dataclasses import dataclass

RPCA = "rpca"
MODEL = "model:"


@dataclass(frozen=True)
class Row:
    """One line of a table.

    ``method`` is the name of a recipe (under ``huang2014/`` or not), ``"rpca"``, ``"model:NAME"``
    for a built-in model that is there already, or "" for figures that are only published.
    ``in_order`` says that the paper claims an order between this row and others, so that it gets
    several seeds. ``published`` is a key of ``published.PUBLISHED``, or "". Where ``unheard`` names
    singers of the training clips, the row is trained once without each of them and measured on that
    singer's clips alone; the test clips play no part in it.
    """

    label: str
    method: str = ""
    mask: str = "soft"
    in_order: bool = False
    published: str = ""
    unheard: tuple[str, ...] = ()

    @property
    def is_trained(self) -> bool:
        """Whether a network has to be trained for it."""
        return self.method not in ("", RPCA) and not self.is_model

    @property
    def is_model(self) -> bool:
        """Whether it is a model that is there already."""
        return self.method.startswith(MODEL)


@dataclass(frozen=True)
class Table:
    """``name`` is what ``--tables`` takes; ``note`` stands under the title."""

    name: str
    title: str
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def leaves_singers_out(self) -> bool:
        """Whether its rows are measured on singers of the training clips that were left out."""
        return any(row.unheard for row in self.rows)
