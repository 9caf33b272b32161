"""Joins the box that adapts the model to the selection, the loop and the desk behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.adaptation.desk import AdaptationDesk
from app.editing.tools import MaskTools, box_of
from app.panels.editing.adapt_box import AdaptBox, AdaptView, Stage
from app.spectrogram import SpectrogramView

if TYPE_CHECKING:
    from app.editing.desk import EditingDesk
    from app.playback import Playback
    from app.session import Session

LOOP_S = 12.0
"""What is looped where the user has not chosen anything."""


class AdaptationControl(QObject):
    """What the buttons of the box do, and what it shows."""

    failed = Signal(object)  # Failure
    said = Signal(str, object)
    kept = Signal(object)  # ModelEntry
    stage_changed = Signal()  # there is something to start, to hear, or no longer

    def __init__(
        self,
        session: Session,
        editing: EditingDesk,
        tools: MaskTools,
        box: AdaptBox,
        view: SpectrogramView,
        playback: Playback,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.desk = AdaptationDesk(session, editing, self)
        self._editing, self._tools, self._box = editing, tools, box
        self._view, self._playback = view, playback
        self.desk.changed.connect(self.refresh)
        self.desk.marks_changed.connect(self._on_marks)
        self.desk.failed.connect(self.failed)
        self.desk.said.connect(self.said)
        self.desk.kept.connect(self.kept)
        view.selection_changed.connect(self.refresh)
        box.voice_clicked.connect(self.mark_voice)
        box.music_clicked.connect(self.mark_music)
        box.start_clicked.connect(self._on_start)
        box.enough_clicked.connect(self.desk.enough)
        box.hear_clicked.connect(self.desk.hear)
        box.keep_clicked.connect(self.desk.keep)
        box.drop_clicked.connect(self.desk.drop)
        self._stage: tuple[bool, bool] = (False, False)
        self.refresh()

    @property
    def can_compare(self) -> bool:
        """Whether the loop can be heard before and after."""
        attempt = self.desk.attempt
        return self.desk.is_here and attempt is not None and attempt.look is not None

    def refresh(self, *_: object) -> None:
        """Show what can be done, and how far it is."""
        desk, attempt = self.desk, self.desk.attempt
        self._box.set_selected(self._editing.can_edit and self._view.selection is not None)
        stage = desk.can_start, self.can_compare
        if stage != self._stage:
            self._stage = stage
            self.stage_changed.emit()
        if attempt is None:
            self._box.show_view(AdaptView(can_start=desk.can_start))
            return
        self._box.show_view(
            AdaptView(
                Stage.RUNNING if attempt.is_running else Stage.DONE,
                fraction=attempt.fraction,
                seconds_left=attempt.seconds_left,
                song="" if desk.is_here else attempt.song,
                has_look=self.can_compare,
                hears_after=desk.hears_after,
                is_being_kept=attempt.is_being_kept,
            )
        )

    def mark_voice(self) -> None:
        """Only the voice sounds at the times of the selection."""
        self._mark(True)

    def mark_music(self) -> None:
        """Only the music sounds at the times of the selection."""
        self._mark(False)

    def start(self) -> None:
        """Begin, for the time that is chosen."""
        self._on_start(self._box.seconds)

    def toggle(self) -> None:
        """After instead of before, or the other way round."""
        self.desk.hear(not self.desk.hears_after)

    def shutdown(self) -> None:
        self.desk.shutdown()

    def _mark(self, is_voice: bool) -> None:
        region = self._view.selection
        if region is not None and self._editing.can_edit:
            self._tools.mark(region, is_voice)

    def _on_start(self, seconds: float) -> None:
        self.desk.start(seconds, self._loop_s())

    def _loop_s(self) -> tuple[float, float]:
        """The loop, the selection's time, or some seconds from the playhead on."""
        length_s = self._playback.length_s
        if self._view.loop is not None:
            return self._view.loop
        selection = self._view.selection
        if selection is not None:
            start, stop = box_of(selection, length_s)
            if stop - start < length_s:
                return start, stop
        start = max(0.0, min(self._playback.position_s, length_s - LOOP_S))
        loop = start, min(start + LOOP_S, length_s)
        self._playback.loop(loop)
        return loop

    def _on_marks(self) -> None:
        self._box.show_marks(self.desk.marks)
