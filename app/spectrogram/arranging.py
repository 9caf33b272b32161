"""Panes taken by their titles: where they land, the line that shows it, and a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import bind, mark
from app.spectrogram.pane_order import Order, put, stepped
from app.spectrogram.stage import Stage

if TYPE_CHECKING:
    from app.spectrogram.pane import SpectrogramPane
    from app.spectrogram.pane_stack import PaneStack

THICKNESS = 5  # of the line with its dark seams, in pixels


class LandingLine(QWidget):
    """Lies over the panes where one would land."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, stack: QWidget, y: int) -> None:
        """``y`` in pixels from the top of ``stack``; the line stays inside of it."""
        if self.parentWidget() is not stack.parentWidget():
            self.setParent(stack.parentWidget())  # a child of the stack would become a pane
        top = min(max(y - THICKNESS // 2, 0), stack.height() - THICKNESS)
        corner = stack.geometry().topLeft()
        self.setGeometry(corner.x(), corner.y() + top, stack.width(), THICKNESS)
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        # A dark seam on either side: it stands out on every colour map.
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 150))
        inner = self.rect().adjusted(0, 1, 0, -1)
        painter.fillRect(inner, QColor(self._stage.colours.playhead))


class Arranging(QObject):
    """Puts the panes of a stack in another order as the user drags or chooses."""

    arranged = Signal(object)  # names of all panes from top to bottom, by the user
    pane_hidden = Signal(str)  # by the user

    def __init__(self, stack: PaneStack, stage: Stage) -> None:
        super().__init__(stack)
        self._stack = stack
        self._enabled = False
        self._named = ""  # the pane whose menu is open
        self.line = LandingLine(stage)
        self.menu = QMenu(stack)
        self.up = self._entry(mark("Move up"))
        self.down = self._entry(mark("Move down"))
        self.menu.addSeparator()
        self.hide = self._entry(mark("Hide"))
        self.menu.addSeparator()
        self.usual = self._entry(mark("Usual order of the panes"))
        self.menu.triggered.connect(self._on_chosen)

    def _entry(self, text: str) -> QAction:
        action = QAction(self.menu)
        bind(action.setText, text)
        self.menu.addAction(action)
        return action

    def set_enabled(self, enabled: bool) -> None:
        """Whether panes can be moved and hidden by their titles."""
        self._enabled = enabled
        for pane in self._stack.panes.values():
            pane.movable = enabled

    def take(self, pane: SpectrogramPane) -> None:
        """A pane that is new in the stack."""
        pane.movable = self._enabled
        pane.title_dragged.connect(self._on_title_dragged)
        pane.title_dropped.connect(self._on_title_dropped)
        pane.title_let_go.connect(self.line.hide)
        pane.menu_wanted.connect(self._on_menu_wanted)

    # -- dragging

    def _landing(self, name: str, screen_y: float) -> tuple[int, Order] | None:
        """Height of the line in the stack and the order that follows; None where it is no other.

        Hidden panes keep to their neighbours.
        """
        stack, shown = self._stack, self._stack.shown
        y = stack.mapFromGlobal(QPoint(0, round(screen_y))).y()
        boxes = [stack.panes[other].geometry() for other in shown]
        place, n_above = shown.index(name), sum(box.center().y() < y for box in boxes)
        if n_above in (place, place + 1):
            return None
        below = n_above > place
        index = n_above - 1 if below else n_above
        gap = stack.handleWidth() // 2 + 1
        line = boxes[index].bottom() + gap if below else boxes[index].top() - gap
        return line, put(stack.names, name, shown[index], below)

    def _on_title_dragged(self, name: str, screen_y: float) -> None:
        landing = self._landing(name, screen_y)
        if landing is None:
            self.line.hide()
        else:
            self.line.show_at(self._stack, landing[0])

    def _on_title_dropped(self, name: str, screen_y: float) -> None:
        self.line.hide()
        landing = self._landing(name, screen_y)
        if landing is not None:
            self._arrange(landing[1])

    def _arrange(self, order: Order) -> None:
        self._stack.set_order(order)
        self.arranged.emit(self._stack.names)

    # -- the menu

    def _on_menu_wanted(self, name: str, place: QPoint) -> None:
        stack, shown = self._stack, self._stack.shown
        self._named = name
        self.up.setEnabled(shown[0] != name)
        self.down.setEnabled(shown[-1] != name)
        self.hide.setEnabled(len(shown) > 1)  # never a window without any pane
        self.usual.setEnabled(stack.names != stack.usual_names)
        self.menu.popup(place)

    def _on_chosen(self, action: QAction) -> None:
        stack = self._stack
        if self._named not in stack.panes:  # another song has other stems
            return
        if action is self.hide:
            stack.set_shown(self._named, False)
            self.pane_hidden.emit(self._named)
        elif action is self.usual:
            self._arrange(stack.usual_names)
        else:
            step = -1 if action is self.up else 1
            self._arrange(stepped(stack.names, self._named, step, stack.shown))
