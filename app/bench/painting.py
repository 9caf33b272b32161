"""Strokes of the brush through the real window: how late they are drawn, and heard."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.spectrogram import Tool

if TYPE_CHECKING:
    from app.main_window import MainWindow

N_STROKES = 12
N_MOVES = 12
SHOWN_S = 20.0
LENGTH_S = 2.0


class Painter:
    """Paints strokes of two seconds in a view of twenty, with the mouse."""

    def __init__(self, window: MainWindow, until: Callable[[Callable[[], object]], None]) -> None:
        self._window = window
        self._until = until
        self.stroke_s: list[float] = []
        """From letting go of each stroke until the stems are as it wants them."""

    def frames(self) -> Iterator[float]:
        """Seconds from each movement of the mouse until it is painted; waits after each stroke."""
        window = self._window
        view, desk = window.page.view, window.workbench.desk
        window.page.inspector.show_part("edit")
        window.workbench.panel.tools.choose(Tool.BRUSH)
        view.viewport.set_time(0.0, SHOWN_S)
        # The mask is copied when the panel opens, before anybody has taken up the brush.
        self._until(lambda: view.idle and not window.session.pool.n_unfinished)
        pane = view.pane("mixture")
        for number in range(N_STROKES):
            start_s = (0.5 + number) / N_STROKES * (view.viewport.span_s - LENGTH_S)
            points = [
                QPointF(
                    pane.x_of(start_s + LENGTH_S * step / N_MOVES),
                    pane.height() * (0.6 + 0.2 * math.sin(step + number)),
                )
                for step in range(N_MOVES + 1)
            ]
            _send(pane, QEvent.Type.MouseButtonPress, points[0])
            for point in points[1:]:
                began_s = time.perf_counter()
                _send(pane, QEvent.Type.MouseMove, point)
                view.repaint()
                yield time.perf_counter() - began_s
                QApplication.processEvents()
            began_s = time.perf_counter()
            _send(pane, QEvent.Type.MouseButtonRelease, points[-1])
            self._until(lambda: desk.idle)
            self.stroke_s.append(time.perf_counter() - began_s)
            self._until(lambda: view.idle)
        desk.forget()


def _send(pane: QWidget, kind: QEvent.Type, point: QPointF) -> None:
    moves = kind is QEvent.Type.MouseMove
    released = kind is QEvent.Type.MouseButtonRelease
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    event = QMouseEvent(
        kind,
        point,
        pane.mapToGlobal(point),
        none if moves else left,
        none if released else left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(pane, event)
