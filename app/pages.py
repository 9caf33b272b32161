"""The pages of the window by name: the rail that chooses among them, and the stack they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.audio.player import Player
from app.i18n import mark
from app.panels.models_page import ModelsPage
from app.panels.rail import Rail
from app.panels.separate_page import SeparatePage

if TYPE_CHECKING:
    from app.actions import Handler
    from app.panels.evaluation.page import EvaluatePage
    from app.panels.live.page import LivePage
    from app.panels.training.page import TrainPage
    from app.session import Session

PAGES = (
    ("separate", mark("Separate")),
    ("live", mark("Live")),
    ("train", mark("Train")),
    ("evaluate", mark("Evaluate")),
    ("models", mark("Models")),
)


class Pages(QObject):
    """The five pages, in the order of the rail.

    Those for live sound, training and evaluation are made when somebody goes there: the window is
    up sooner.
    """

    failed = Signal(object)  # of a page
    model_made = Signal()

    def __init__(self, session: Session, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._player = session, player
        self.rail = Rail()
        self.stack = QStackedWidget()
        self.separate = SeparatePage()
        self.models = ModelsPage()
        self._live: LivePage | None = None
        self._train: TrainPage | None = None
        self._evaluate: EvaluatePage | None = None
        self._clip_players: list[Player] = []
        ready: dict[str, QWidget] = {"separate": self.separate, "models": self.models}
        for name, text in PAGES:
            self.rail.add_page(name, text)
            self.stack.addWidget(ready.get(name) or QWidget())
        self.rail.page_chosen.connect(self._on_page_chosen)

    @property
    def live(self) -> LivePage:
        if self._live is None:
            from app.live.desk import LiveDesk
            from app.panels.live.page import LivePage

            desk = LiveDesk(self._player, self._session.pool, parent=self)
            for player in self._clip_players:
                desk.share_with(player)
            self._live = LivePage(desk)
            self._live.failed.connect(self.failed)
            self._put("live", self._live)
        return self._live

    @property
    def train(self) -> TrainPage:
        if self._train is None:
            from app.panels.training.page import TrainPage

            self._train = TrainPage(self._session, self._player)
            self._train.failed.connect(self.failed)
            self._train.model_made.connect(self.model_made)
            self.share(self._train.sound.player)
            self._put("train", self._train)
        return self._train

    @property
    def evaluate(self) -> EvaluatePage:
        if self._evaluate is None:
            from app.evaluation_job import evaluation_desk
            from app.panels.evaluation.page import EvaluatePage
            from app.training.sound import SidePlayer

            desk = evaluation_desk(self._session)
            clips = SidePlayer(self._player, self)
            self.share(clips)
            self._evaluate = EvaluatePage(desk, self._player, clips)
            self._evaluate.failed.connect(self.failed)
            self._put("evaluate", self._evaluate)
        return self._evaluate

    def share(self, player: Player) -> None:
        """``player`` and live sound are not heard at once."""
        self._clip_players.append(player)
        if self._live is not None:
            self._live.desk.share_with(player)

    def page(self, name: str) -> QWidget:
        """The page called ``name`` in ``PAGES``."""
        page: QWidget = getattr(self, name)
        return page

    def _put(self, name: str, page: QWidget) -> None:
        """Lay ``page`` where its place was kept."""
        index = [known for known, _ in PAGES].index(name)
        place = self.stack.widget(index)
        was_current = self.stack.currentIndex() == index
        self.stack.removeWidget(place)
        place.deleteLater()
        self.stack.insertWidget(index, page)
        if was_current:
            self.stack.setCurrentIndex(index)

    def _on_page_chosen(self, index: int) -> None:
        self.page(PAGES[index][0])  # made now, if it was not
        self.stack.setCurrentIndex(index)

    def choose(self, name: str) -> None:
        """Bring the page called ``name`` to the front."""
        self.rail.choose([known for known, _ in PAGES].index(name))

    def _show_separate(self) -> None:
        self.choose("separate")

    def _show_live(self) -> None:
        self.choose("live")

    def _show_train(self) -> None:
        self.choose("train")

    def _show_evaluate(self) -> None:
        self.choose("evaluate")

    def _show_models(self) -> None:
        self.choose("models")

    def handlers(self) -> dict[str, Handler]:
        """What the actions "page1" to "page5" do."""
        return {
            "page1": self._show_separate,
            "page2": self._show_live,
            "page3": self._show_train,
            "page4": self._show_evaluate,
            "page5": self._show_models,
        }

    @property
    def plays(self) -> bool:
        """Whether the page in front has sounds of its own."""
        return hasattr(self.stack.currentWidget(), "toggle_sound")

    def toggle_sound(self) -> bool:
        """Play or pause a clip of the page in front; False where songs are what is played."""
        toggle = getattr(self.stack.currentWidget(), "toggle_sound", None)
        return bool(toggle is not None and toggle())

    def hear(self, heard: str) -> bool:
        """Choose what is heard on the page in front; False where songs are what is played."""
        hear = getattr(self.stack.currentWidget(), "hear", None)
        return bool(hear is not None and hear(heard))

    def hears(self, heard: str, otherwise: Handler) -> Handler:
        """What a key does: ``hear`` on a page that has it, and ``otherwise`` on the others."""
        return _Choice(self, heard, otherwise).act

    def shutdown(self) -> None:
        for page in (self._live, self._train, self._evaluate):
            if page is not None:
                page.shutdown()
        self.separate.view.shutdown()


class _Choice(QObject):
    """A key whose meaning depends on the page in front."""

    def __init__(self, pages: Pages, heard: str, otherwise: Handler) -> None:
        super().__init__(pages)
        self._pages, self._heard, self._otherwise = pages, heard, otherwise

    def act(self) -> None:
        if not self._pages.hear(self._heard):
            self._otherwise()
