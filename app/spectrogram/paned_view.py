"""The panes of a view: which there are, which are shown, how they share the height."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.spectrogram.navigation import Navigation
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.pane_stack import PaneStack


class PanedView(Navigation):
    """The part of the view that hands on what its stack of panes can do."""

    _splitter: PaneStack

    def pane_names(self) -> tuple[str, ...]:
        """All panes, from top to bottom."""
        return self._splitter.names

    def pane(self, name: str) -> SpectrogramPane:
        return self._splitter.panes[name]

    def set_pane_visible(self, name: str, visible: bool) -> None:
        self._splitter.set_shown(name, visible)

    def pane_heights(self) -> dict[str, int]:
        """How the panes share the height, in pixels; hidden ones as they were last."""
        return self._splitter.heights()

    def set_pane_heights(self, heights: Mapping[str, Any]) -> None:
        """Share the height like this; unknown panes and what is no height are left out."""
        self._splitter.set_heights(heights)
