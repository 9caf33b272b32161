"""The panes over each other: which there are, which are shown, in which order, how high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QSplitter

from app.i18n import bind, mark
from app.spectrogram.arranging import Arranging
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.pane_order import Order, arranged
from app.spectrogram.stage import Stage
from app.spectrogram.tiles import TileStore

MIXTURE, MASK = "mixture", "mask"
TITLES = {
    MIXTURE: mark("Mixture"),
    "vocals": mark("Voice"),
    "accompaniment": mark("Accompaniment"),
    MASK: mark("Mask"),
}
STEMS = ("vocals", "accompaniment")


class PaneStack(QSplitter):
    """A pane for the mixture, one for each stem and one for the mask.

    They stand in this order from top to bottom unless they are put in another.
    ``watcher`` filters the events of every pane.
    """

    def __init__(self, stage: Stage, store: TileStore, watcher: QObject | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._stage, self._store, self._watcher = stage, store, watcher
        self._stems: tuple[str, ...] = STEMS
        self._panes: dict[str, SpectrogramPane] = {}
        self._hidden: set[str] = set()
        self._heights: dict[str, int] = {}
        self._wanted: Order = ()
        self.arranging = Arranging(self, stage)
        self.setHandleWidth(3)
        self.setChildrenCollapsible(False)
        self.set_stems(STEMS)

    @property
    def stems(self) -> tuple[str, ...]:
        return self._stems

    @property
    def usual_names(self) -> Order:
        """All panes, as they stand while nobody has moved any."""
        return (MIXTURE, *self._stems, MASK)

    @property
    def names(self) -> Order:
        """All panes, from top to bottom."""
        return arranged(self.usual_names, self._wanted)

    @property
    def shown(self) -> Order:
        """The panes that are not hidden, from top to bottom."""
        return tuple(name for name in self.names if not self._panes[name].isHidden())

    @property
    def panes(self) -> dict[str, SpectrogramPane]:
        """The panes by name."""
        return self._panes

    def set_stems(self, stems: Sequence[str]) -> None:
        """Have a pane for each of ``stems``, and none for others."""
        self._stems = tuple(stems)
        for name in [name for name in self._panes if name not in self.names]:
            pane = self._panes.pop(name)
            self._store.want(id(pane), [])
            pane.setParent(None)
            pane.deleteLater()
        for name in self.names:
            if name not in self._panes:
                pane = SpectrogramPane(name, self._stage, self._store)
                bind(pane.set_title, TITLES.get(name, name.capitalize()))
                if self._watcher is not None:
                    pane.installEventFilter(self._watcher)
                self._panes[name] = pane
                self.arranging.take(pane)
        self._place()
        for name, pane in self._panes.items():
            pane.setVisible(name not in self._hidden)

    def set_order(self, order: Sequence[object]) -> None:
        """Stand in this order, as high as before; unknown and missing names are no harm."""
        before = self.names
        heights = self.heights()
        self._wanted = arranged(self.usual_names, order)
        if self.names != before:
            self._place()
            self.set_heights(heights)

    def _place(self) -> None:
        for place, name in enumerate(self.names):
            if self.indexOf(self._panes[name]) != place:
                self.insertWidget(place, self._panes[name])

    def set_shown(self, name: str, shown: bool) -> None:
        self._heights = self.heights()
        (self._hidden.discard if shown else self._hidden.add)(name)
        if name in self._panes:
            self._panes[name].setVisible(shown)

    def heights(self) -> dict[str, int]:
        """How the panes share the height, in pixels; hidden ones as they were last."""
        sizes = dict(zip(self.names, self.sizes(), strict=True))
        return self._heights | {name: size for name, size in sizes.items() if size > 0}

    def set_heights(self, heights: Mapping[str, Any]) -> None:
        """Share the height like this; unknown panes and what is no height are left out."""
        known = {k: v for k, v in heights.items() if type(v) is int and 0 < v < 1 << 16}
        self._heights = known
        if known:  # one that was never seen gets the height of the others
            usual = sum(known.values()) // len(known)
            self.setSizes([known.get(name, usual) for name in self.names])
