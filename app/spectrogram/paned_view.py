"""The panes of a view: which there are, which are shown, in which order, how high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal

from app.spectrogram.navigation import Navigation
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.pane_stack import PaneStack


class PanedView(Navigation):
    """The part of the view that hands on what its stack of panes can do."""

    panes_arranged = Signal(object)  # names of all panes from top to bottom, by the user
    pane_hidden = Signal(str)  # by the user, in the menu of its title

    _splitter: PaneStack

    def _tell_of_panes(self) -> None:
        """Hand on what the user does with the panes' titles."""
        self._splitter.arranging.arranged.connect(self.panes_arranged)
        self._splitter.arranging.pane_hidden.connect(self.pane_hidden)

    def set_arrangeable(self, arrangeable: bool) -> None:
        """Whether panes are moved and hidden by their titles; not at first."""
        self._splitter.arranging.set_enabled(arrangeable)

    def pane_names(self) -> tuple[str, ...]:
        """All panes, from top to bottom."""
        return self._splitter.names

    def pane(self, name: str) -> SpectrogramPane:
        return self._splitter.panes[name]

    def set_pane_visible(self, name: str, visible: bool) -> None:
        self._splitter.set_shown(name, visible)

    def set_pane_order(self, order: Sequence[object]) -> None:
        """From top to bottom; names that are unknown or missing are no harm, none: as usual."""
        self._splitter.set_order(order)

    def pane_heights(self) -> dict[str, int]:
        """How the panes share the height, in pixels; hidden ones as they were last."""
        return self._splitter.heights()

    def set_pane_heights(self, heights: Mapping[str, Any]) -> None:
        """Share the height like this; unknown panes and what is no height are left out."""
        self._splitter.set_heights(heights)
