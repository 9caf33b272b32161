"""The page that measures models: references at the left, figures at the right, clips to hear."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.audio.player import Player
from app.evaluation.desk import EvaluationDesk


class EvaluatePage(QWidget):
    """``EvaluatePage(evaluation_desk(session), player)``, both of the window.

    Connect ``failed`` to what shows failures, and call ``shutdown`` before the session's. ``player``
    is the window's: it pauses while a clip is heard, which has a player of its own.
    """

    failed = Signal(object)  # Failure or StemscopeError

    def __init__(
        self, desk: EvaluationDesk, player: Player, clip_player: Player | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self.desk = desk

    def shutdown(self) -> None:
        """Stop what plays and what is drawn in the background."""
