"""The table of clips: a column per figure and model, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.evaluation.board import Board
from app.formats import clock
from app.i18n import tr
from app.panels.evaluation.figures import FIGURES, MEANINGS, figure_title, note_of, number

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
SWATCH_ROLE = Qt.ItemDataRole.UserRole + 1  # place of the model whose colour the heading has
SECOND_ROLE = Qt.ItemDataRole.UserRole + 2  # second line of a heading
LEFT_ROLE = Qt.ItemDataRole.UserRole + 4  # True for words, which begin at the left
GROUP_ROLE = Qt.ItemDataRole.UserRole + 3  # True where another figure begins


@dataclass(frozen=True)
class Column:
    """One column; ``who`` and ``baseline`` are places in the list of models."""

    kind: str  # "clip", "length", "figure", "difference", "note"
    figure: str = ""
    who: int = 0
    first: bool = False


class ClipModel(QAbstractTableModel):
    """All clips of the references, measured or not; undefined figures sort to the end."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._source = "vocals"
        self._figures: tuple[str, ...] = FIGURES
        self._columns: list[Column] = []
        self._order: list[int] = []
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self.rebuild()

    # -- what is shown

    def rebuild(self) -> None:
        """Other references or models."""
        self.beginResetModel()
        self._make_columns()
        self._order = list(range(len(self._clips)))
        self._sort_rows()
        self.endResetModel()

    def set_shown(self, source: str, figures: Sequence[str]) -> None:
        """Show these figures of this source."""
        if (source, tuple(figures)) != (self._source, self._figures):
            self._source, self._figures = source, tuple(figures)
            self.rebuild()

    def refresh(self, names: Iterable[str] | None) -> None:
        """Scores of these clips came or went; None: of any."""
        shown = self._columns[-1].kind == "note"
        if (names is None or not shown) and self._has_notes(names) != shown:
            self.rebuild()
            return
        if self._order and self._columns:
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(self._order) - 1, len(self._columns) - 1)
            )
        if self._sorted[0] >= 0:
            self.sort(*self._sorted)

    @property
    def columns(self) -> list[Column]:
        return self._columns

    def clip_at(self, row: int) -> int:
        """The place in the data set of the clip in this row."""
        return self._order[row]

    def row_of(self, clip: int) -> int:
        return self._order.index(clip)

    def _make_columns(self) -> None:
        n = len(self._board.contestants)
        columns = [Column("clip"), Column("length")]
        for figure in self._figures:
            columns += [Column("figure", figure, who, who == 0) for who in range(n)]
            columns += [Column("difference", figure, who) for who in range(1, n)]
        if self._has_notes(None):
            columns.append(Column("note", first=True))
        self._columns = columns
        if self._sorted[0] >= len(columns):
            self._sorted = (-1, Qt.SortOrder.AscendingOrder)

    def _has_notes(self, names: Iterable[str] | None) -> bool:
        """Whether there is something to say of these clips, or of any."""
        clips = [clip.name for clip in self._clips] if names is None else list(names)
        for who in self._board.contestants:
            for name in clips:
                score = self._board.score(who.key, name)
                if score is not None and (score.reason is not None or score.silent_estimates):
                    return True
        return False

    @property
    def _clips(self) -> Sequence:  # type: ignore[type-arg]
        return () if self._board.dataset is None else self._board.dataset.clips

    # -- values

    def value(self, row: int, column: int) -> float | None:
        """The number in a cell, None where there is none (yet)."""
        clip, what = self._clips[self._order[row]], self._columns[column]
        if what.kind == "length":
            return float(clip.duration_s)
        if what.kind == "figure":
            return self._figure(clip.name, what.figure, what.who)
        if what.kind == "difference":
            figure = self._figure(clip.name, what.figure, what.who)
            baseline = self._figure(clip.name, what.figure, 0)
            return None if figure is None or baseline is None else figure - baseline
        return None

    def _figure(self, clip: str, figure: str, who: int) -> float | None:
        score = self._board.score(self._board.contestants[who].key, clip)
        return None if score is None else score.figure(self._source, figure)

    def _note(self, clip: str) -> str:
        notes: dict[str, None] = {}
        for who in self._board.contestants:
            score = self._board.score(who.key, clip)
            if score is not None and (note := note_of(score)):
                notes[note] = None
        return "; ".join(notes)

    def text(self, row: int, column: int) -> str:
        """What is written in a cell."""
        clip, what = self._clips[self._order[row]], self._columns[column]
        if what.kind == "clip":
            return str(clip.name)
        if what.kind == "length":
            return clock(clip.duration_s)
        if what.kind == "note":
            return self._note(clip.name)
        value = self.value(row, column)
        measured = self._board.score(self._board.contestants[what.who].key, clip.name) is not None
        if value is None and not measured:
            return ""
        return number(value, signed=what.kind == "difference")

    def heading(self, column: int) -> tuple[str, str]:
        """Both lines of a column's heading."""
        what = self._columns[column]
        if what.kind in ("clip", "length", "note"):
            return {"clip": tr("Clip"), "length": tr("Length"), "note": tr("Note")}[what.kind], ""
        many = len(self._board.contestants) > 1
        title = self._board.contestants[what.who].title if many else "dB"
        if what.kind == "difference":
            title = f"− {self._board.contestants[0].title}"
        return figure_title(what.figure), title

    # -- Qt's questions

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        what = self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = what.kind in ("clip", "note")
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            clip = self._clips[self._order[index.row()]]
            return self._note(clip.name) or (clip.name if what.kind == "clip" else None)
        if role == GROUP_ROLE:
            return what.first
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        what = self._columns[section]
        first, second = self.heading(section)
        answers: dict[int, Callable[[], object]] = {
            Qt.ItemDataRole.DisplayRole: lambda: first,
            SECOND_ROLE: lambda: second,
            SWATCH_ROLE: lambda: (
                what.who
                if what.kind in ("figure", "difference") and len(self._board.contestants) > 1
                else None
            ),
            GROUP_ROLE: lambda: what.first,
            LEFT_ROLE: lambda: what.kind in ("clip", "note"),
            Qt.ItemDataRole.ToolTipRole: lambda: self._explanation(what),
            Qt.ItemDataRole.AccessibleTextRole: lambda: f"{first} {second}".strip(),
        }
        answer = answers.get(role)
        return None if answer is None else answer()

    def _explanation(self, what: Column) -> str | None:
        if what.kind not in ("figure", "difference"):
            return None
        title = self._board.contestants[what.who].title
        meaning = tr(MEANINGS[what.figure])
        if what.kind == "difference":
            base = self._board.contestants[0].title
            title = tr("{model} less {baseline}", model=title, baseline=base)
        return f"{title}: {meaning} (dB)"

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By any column; what has no figure comes last either way. −1: as in the data set."""
        before = list(self._order)
        self._sorted = (column, order)
        self.layoutAboutToBeChanged.emit()
        self._sort_rows()
        places = {clip: row for row, clip in enumerate(self._order)}
        old = self.persistentIndexList()
        new = [self.index(places[before[index.row()]], index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _sort_rows(self) -> None:
        self._order.sort()
        column, order = self._sorted
        if not 0 <= column < len(self._columns):
            return
        descending = order == Qt.SortOrder.DescendingOrder
        rows = list(range(len(self._order)))
        if self._columns[column].kind in ("clip", "note"):
            words = {self._order[r]: self.text(r, column).casefold() for r in rows}
            self._order.sort(key=lambda clip: words[clip], reverse=descending)
            return
        values = {self._order[r]: self.value(r, column) for r in rows}
        known = [clip for clip in self._order if values[clip] is not None]
        known.sort(key=lambda clip: values[clip] or 0.0, reverse=descending)
        self._order = known + [clip for clip in self._order if values[clip] is None]
