"""State shared by everything that draws the song: range, loop, playhead, pointer, looks."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.spectrogram.colours import DARK, ViewColours
from app.spectrogram.viewport import Viewport

GUTTER = 64  # width of the rulers at the left, the same in every row
HANDLE = 5  # how near a loop edge can be taken, in pixels
Loop = tuple[float, float]


class Tool(Enum):
    """What dragging with the left button does."""

    SELECT = "select"
    HAND = "hand"


class Ruler(Enum):
    """What the rulers at the left read."""

    HERTZ = "hertz"
    NOTES = "notes"


class Stage(QObject):
    """Plain state with signals; the widgets paint it and the gestures change it."""

    loop_changed = Signal(object)  # (start_s, stop_s) or None
    loop_shown = Signal()  # also while it is being dragged
    playhead_moved = Signal(object)  # the place it left (s or None)
    pointer_moved = Signal(object)  # the place it left: (time_s, unit) or None
    seek_requested = Signal(object)  # seconds
    looks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(self)
        self.colours: ViewColours = DARK
        self.tool = Tool.SELECT
        self.ruler = Ruler.HERTZ
        self.loop: Loop | None = None
        self.playhead_s: float | None = None
        self.pointer: tuple[float, float] | None = None
        self.dragging = False
        self.has_song = False

    def set_loop(self, loop: Loop | None, final: bool = True) -> None:
        """Show a loop; ``final`` says that the user has let go of it."""
        if loop is not None:
            edges = sorted(min(max(edge, 0.0), self.viewport.duration_s) for edge in loop)
            loop = (edges[0], edges[1]) if edges[1] - edges[0] > 1e-3 else None
        if loop != self.loop:
            self.loop = loop
            self.loop_shown.emit()
        if final:
            self.loop_changed.emit(self.loop)

    def set_playhead(self, seconds: float | None) -> None:
        if seconds != self.playhead_s:
            old, self.playhead_s = self.playhead_s, seconds
            self.playhead_moved.emit(old)

    def set_pointer(self, pointer: tuple[float, float] | None) -> None:
        if pointer != self.pointer:
            old, self.pointer = self.pointer, pointer
            self.pointer_moved.emit(old)

    def set_colours(self, colours: ViewColours) -> None:
        self.colours = colours
        self.looks_changed.emit()

    def seek(self, seconds: float) -> None:
        if self.has_song:
            self.seek_requested.emit(min(max(seconds, 0.0), self.viewport.duration_s))
