"""Moving through the song: the visible range, the playhead, the loop, the tool, and their keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.spectrogram.stage import Brush, Loop, Stage, Tool
from app.spectrogram.viewport import Viewport, ViewRange
from core.editing.regions import Region
from core.pitch import PitchLine

KEY_ZOOM, KEY_PAN = 0.7, 0.15


class Navigation(QWidget):
    """The part of the view that windows bind their shortcuts to."""

    behind: tuple[str, ...] = ()  # layers that are made beside those of the panes

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = Stage(self)
        self._follow = True

    @property
    def view_range(self) -> ViewRange:
        return self._stage.viewport.range

    @property
    def viewport(self) -> Viewport:
        """The visible range, to be read and set."""
        return self._stage.viewport

    @property
    def loop(self) -> Loop | None:
        return self._stage.loop

    def set_loop(self, loop: Loop | None) -> None:
        """Show a loop without reporting it."""
        self._stage.set_loop(loop, final=False)

    def clear_loop(self) -> None:
        """As if the user had removed it: reported."""
        if self._stage.loop is not None:
            self._stage.set_loop(None)

    def escape(self) -> None:
        """Give up what is being drawn or moved; else take the selection away, or else the loop."""
        stage = self._stage
        if stage.dragging and (stage.holds_pane or stage.tool.draws):
            stage.drawing_cancelled.emit()
        elif self._stage.selection is not None:
            self._stage.set_selection(None)
        else:
            self.clear_loop()

    def set_follow(self, follow: bool) -> None:
        """Whether the view turns the page when the playhead runs out of it."""
        self._follow = follow

    def set_playhead(self, seconds: float | None) -> None:
        """Where the song is heard; cheap enough for every frame of the screen."""
        old = self._stage.playhead_s
        self._stage.set_playhead(seconds)
        view = self._stage.viewport
        if seconds is None or old is None or not self._follow or self._stage.dragging:
            return
        # Only where it runs or jumps out: who scrolled away on purpose stays there.
        left = view.start_s <= old <= view.stop_s or abs(seconds - old) > 0.5
        if left and not view.start_s <= seconds <= view.stop_s:
            view.set_time(seconds - 0.05 * view.span_s, seconds + 0.95 * view.span_s)

    def zoom_in(self) -> None:
        self._stage.viewport.zoom_time(KEY_ZOOM, self._anchor_s())

    def zoom_out(self) -> None:
        self._stage.viewport.zoom_time(1 / KEY_ZOOM, self._anchor_s())

    def zoom_frequency_in(self) -> None:
        view = self._stage.viewport
        view.zoom_units(KEY_ZOOM, (view.low + view.high) / 2)

    def zoom_frequency_out(self) -> None:
        view = self._stage.viewport
        view.zoom_units(1 / KEY_ZOOM, (view.low + view.high) / 2)

    def pan(self, shares: float) -> None:
        """Move in time by shares of what is visible."""
        self._stage.viewport.pan_time(shares * self._stage.viewport.span_s)

    def pan_frequency(self, shares: float) -> None:
        view = self._stage.viewport
        view.pan_units(shares * (view.high - view.low))

    def go_to_start(self) -> None:
        view = self._stage.viewport
        view.set_time(0.0, view.span_s)

    def go_to_end(self) -> None:
        view = self._stage.viewport
        view.set_time(view.duration_s - view.span_s, view.duration_s)

    def fit(self) -> None:
        """The whole song, every frequency."""
        self._stage.viewport.fit()

    def zoom_to_loop(self) -> None:
        if self._stage.loop is not None:
            start, stop = self._stage.loop
            margin = 0.05 * (stop - start)
            self._stage.viewport.set_time(start - margin, stop + margin)

    def set_tool(self, tool: Tool) -> None:
        """What dragging with the left button does."""
        if tool is not self._stage.tool:
            self._stage.drawing_cancelled.emit()
            self._stage.tool = tool
            self._stage.set_pointer(None)

    def set_brush(self, brush: Brush) -> None:
        """How the painting tools paint."""
        self._stage.brush = brush

    def set_pitch(self, pitch: PitchLine | None) -> None:
        """A line over the voice; None for none."""
        if pitch is not self._stage.pitch:
            self._stage.pitch = pitch
            self._stage.looks_changed.emit()

    def set_band(self, band_hz: float | None) -> None:
        """Where the model's own band ends, to be marked; None where there is no mask."""
        if band_hz != self._stage.band_hz:
            self._stage.band_hz = band_hz
            self._stage.looks_changed.emit()

    def set_can_draw(self, can_draw: bool) -> None:
        """Whether there is a mask to draw on."""
        if can_draw != self._stage.can_draw:
            self._stage.drawing_cancelled.emit()
            self._stage.can_draw = can_draw

    @property
    def selection(self) -> Region | None:
        """The region of time and frequency that was drawn last."""
        return self._stage.selection

    def set_selection(self, selection: Region | None) -> None:
        self._stage.set_selection(selection)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        actions = {
            Qt.Key.Key_Plus: self.zoom_in,  # with shift on many keyboards
            Qt.Key.Key_Equal: self.zoom_in,
            Qt.Key.Key_Minus: self.zoom_out,
            Qt.Key.Key_Underscore: self.zoom_out,
            Qt.Key.Key_Home: self.go_to_start,
            Qt.Key.Key_End: self.go_to_end,
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_Escape: self.escape,
        }
        pans = {Qt.Key.Key_Left: -KEY_PAN, Qt.Key.Key_Right: KEY_PAN}
        climbs = {Qt.Key.Key_Down: -KEY_PAN, Qt.Key.Key_Up: KEY_PAN}
        if key in actions:
            actions[Qt.Key(key)]()
        elif key in pans:
            self.pan(pans[Qt.Key(key)])
        elif key in climbs and shift:
            (self.zoom_frequency_in if key == Qt.Key.Key_Up else self.zoom_frequency_out)()
        elif key in climbs:
            self.pan_frequency(climbs[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def _visible_s(self) -> tuple[float, float]:
        return self._stage.viewport.start_s, self._stage.viewport.stop_s

    def _anchor_s(self) -> float:
        """Keys zoom around the playhead where it is visible, else around the middle."""
        start, stop = self._visible_s()
        head = self._stage.playhead_s
        return head if head is not None and start <= head <= stop else (start + stop) / 2
