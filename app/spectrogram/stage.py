"""State shared by everything that draws the song: range, loop, playhead, pointer, looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.spectrogram.colours import DARK, ViewColours
from app.spectrogram.viewport import Viewport
from core.editing.regions import Region
from core.pitch import PitchLine

GUTTER = 64  # width of the rulers at the left, the same in every row
HANDLE = 5  # how near a loop edge can be taken, in pixels
Loop = tuple[float, float]


class Tool(Enum):
    """What dragging with the left button does."""

    SELECT = "select"
    HAND = "hand"
    BRUSH = "brush"
    ERASER = "eraser"
    HARMONICS = "harmonics"
    RECTANGLE = "rectangle"
    LASSO = "lasso"
    WAND = "wand"

    @property
    def paints(self) -> bool:
        """Whether what is drawn changes the mask at once."""
        return self in (Tool.BRUSH, Tool.ERASER, Tool.HARMONICS)

    @property
    def draws(self) -> bool:
        """Whether a drag makes a region of time and frequency."""
        return self not in (Tool.SELECT, Tool.HAND)


@dataclass(frozen=True)
class Brush:
    """How the painting tools paint: ``radius`` in pixels of the screen, ``hardness`` 0 to 1,
    ``n_harmonics`` for the one that follows a tone."""

    radius: int = 12
    hardness: float = 0.6
    n_harmonics: int = 16


@dataclass(frozen=True)
class Painted:
    """A stroke so far; ``region`` None takes it back. Strokes are numbered from 1."""

    number: int
    tool: Tool
    region: Region | None
    final: bool


class Ruler(Enum):
    """What the rulers at the left read."""

    HERTZ = "hertz"
    NOTES = "notes"
    KEYS = "keys"


class Stage(QObject):
    """Plain state with signals; the widgets paint it and the gestures change it."""

    loop_changed = Signal(object)  # (start_s, stop_s) or None
    loop_shown = Signal()  # also while it is being dragged
    playhead_moved = Signal(object)  # the place it left (s or None)
    pointer_moved = Signal(object)  # the place it left: (time_s, unit) or None
    seek_requested = Signal(object)  # seconds
    looks_changed = Signal()
    painted = Signal(object)  # Painted
    selection_changed = Signal(object)  # Region or None
    wand_used = Signal(object)  # (seconds, hertz)
    drawing_cancelled = Signal()

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
        self.holds_pane = False  # the drag is that of a pane to another place
        self.has_song = False
        self.band_hz: float | None = None  # where the model's own band ends
        self.pitch: PitchLine | None = None  # of the voice, to be drawn
        self.can_draw = False
        self.brush = Brush()
        self.selection: Region | None = None
        self.n_strokes = 0

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

    def set_selection(self, selection: Region | None) -> None:
        """A region of time and frequency to do something with."""
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

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
