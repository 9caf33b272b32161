"""The pages of the window by name: the rail that chooses among them, and the stack they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.audio.player import Player
from app.evaluation_job import evaluation_desk
from app.i18n import mark
from app.panels.evaluation.page import EvaluatePage
from app.panels.models_page import ModelsPage
from app.panels.rail import Rail
from app.panels.separate_page import SeparatePage
from app.panels.training.page import TrainPage
from app.training.sound import SidePlayer

if TYPE_CHECKING:
    from app.actions import Handler
    from app.session import Session

PAGES = (
    ("separate", mark("Separate")),
    ("train", mark("Train")),
    ("evaluate", mark("Evaluate")),
    ("models", mark("Models")),
)


class Pages(QObject):
    """Makes the four pages, in the order of the rail."""

    def __init__(self, session: Session, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rail = Rail()
        self.stack = QStackedWidget()
        self.separate = SeparatePage()
        self.train = TrainPage(session, player)
        desk = evaluation_desk(session)
        self.evaluate = EvaluatePage(desk, player, SidePlayer(player, self))
        self.models = ModelsPage()
        for name, text in PAGES:
            self.rail.add_page(name, text)
            self.stack.addWidget(self.page(name))
        self.rail.page_chosen.connect(self.stack.setCurrentIndex)

    def page(self, name: str) -> QWidget:
        """The page called ``name`` in ``PAGES``."""
        page: QWidget = getattr(self, name)
        return page

    def choose(self, name: str) -> None:
        """Bring the page called ``name`` to the front."""
        self.rail.choose([known for known, _ in PAGES].index(name))

    def _show_separate(self) -> None:
        self.choose("separate")

    def _show_train(self) -> None:
        self.choose("train")

    def _show_evaluate(self) -> None:
        self.choose("evaluate")

    def _show_models(self) -> None:
        self.choose("models")

    def handlers(self) -> dict[str, Handler]:
        """What the actions "page1" to "page4" do."""
        return {
            "page1": self._show_separate,
            "page2": self._show_train,
            "page3": self._show_evaluate,
            "page4": self._show_models,
        }

    def toggle_sound(self) -> bool:
        """Play or pause a clip of the page in front; False where songs are what is played."""
        toggle = getattr(self.stack.currentWidget(), "toggle_sound", None)
        return bool(toggle is not None and toggle())

    def shutdown(self) -> None:
        self.train.shutdown()
        self.evaluate.shutdown()
        self.separate.view.shutdown()
