"""Joins the comparison of two models to panel, menus and what is seen and heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.availability import enable
from app.comparison.desk import ComparisonDesk
from app.comparison.second import SecondState
from app.i18n import bind
from app.panels.comparison.panel import CHOICES
from app.song import StemsAdvanced
from core.mask_difference import Difference

if TYPE_CHECKING:
    from app.actions import Handler
    from app.comparison.blind import PairPlayer
    from app.main_window import MainWindow
    from app.panels.comparison.blind_dialog import BlindDialog


class ComparisonBench(QObject):
    """The window's part in which a second model is compared with the song's own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.panel = panel = window.page.inspector.compare
        self.desk = ComparisonDesk(window.session, window.page.view, self)
        self._playback = window.playback
        self._listed: tuple[object, ...] | None = None
        panel.model_chosen.connect(self.desk.compare_with)
        panel.shown_chosen.connect(self.desk.show_mask)
        panel.cancel_clicked.connect(self.desk.cancel)
        panel.retry_clicked.connect(self.desk.retry)
        panel.next_clicked.connect(self.next_place)
        panel.previous_clicked.connect(self.previous_place)
        panel.blind_clicked.connect(self.blind_test)
        self.desk.changed.connect(self.refresh)
        self.desk.difference.changed.connect(self._on_figures)
        self.desk.failed.connect(window.show_failure)
        window.workbench.desk.advanced.connect(self._on_edited)
        window.workbench.desk.worked.connect(self.refresh)
        window.choices.reloaded.connect(self.refresh)
        window.page.view.cursor_moved.connect(window.page.inspector.compared.show_reading)
        self._possible = (False, False)
        self._player: PairPlayer | None = None
        self._dialog: BlindDialog | None = None
        self._show()

    @Slot()
    def refresh(self) -> None:
        """Show what there is to compare."""
        self._show()
        possible = self.desk.second is not None, self.can_test
        if possible != self._possible:
            self._possible = possible
            enable(self._window)

    def _show(self) -> None:
        desk, panel = self.desk, self.panel
        models = [(e.model_id, e.card.title) for e in self._window.choices.entries]
        desk.known_titles = dict(models)
        own, chosen = self._window.session.model_id, desk.second_id
        if self._listed != (models, own, chosen):
            self._listed = models, own, chosen
            panel.set_models(models, own, chosen)
            self._window.page.inspector.set_compared(desk.titles if chosen else None)
        self._show_progress()
        there = desk.second is not None
        for button in panel.shown.buttons():
            button.setEnabled(there)
        panel.show_choice(self._window.page.view.mask_shown)
        panel.blind.setEnabled(self.can_test)
        self._on_figures()

    @property
    def can_test(self) -> bool:
        """Whether stems of both models can be heard as they are meant to be."""
        song = self._window.session.current
        return self.desk.is_ready and song is not None and not song.edits_pending

    def handlers(self) -> dict[str, Handler]:
        """What the actions of comparing do."""
        return {
            "compare_models": self.choose_model,
            "turn_mask": self.turn_mask,
            "next_difference": self.next_place,
            "previous_difference": self.previous_place,
            "blind_test": self.blind_test,
        }

    def choose_model(self) -> None:
        """Bring the choice of the second model up."""
        page = self._window.page
        page.toolbar.inspector.setChecked(True)
        page.inspector.show_part("compare")
        self.panel.model.setFocus()
        self.panel.model.showPopup()

    def turn_mask(self) -> None:
        """The next of A, B and their difference in the pane of the mask."""
        if self.desk.second is None:
            return
        order = [shown for shown, _, _ in CHOICES]
        now = order.index(self._window.page.view.mask_shown)
        self.desk.show_mask(order[(now + 1) % len(order)])

    def next_place(self) -> None:
        self._go(self.desk.difference.next_place(self._playback.position_s))

    def previous_place(self) -> None:
        self._go(self.desk.difference.previous_place(self._playback.position_s))

    def blind_test(self) -> None:
        """Open the blind test, if both models have separated the song."""
        window = self._window
        if not self.can_test or window.dialogs.open_dialog is not None:
            return
        # Nobody needs these before: the window is up sooner.
        from app.comparison.blind import PairPlayer, blind_dialog

        if self._player is None:
            self._player = PairPlayer(window.player, self)
            window.all_pages.share(self._player)
        self._dialog = blind_dialog(window, self.desk, self._player)
        self._dialog.finished.connect(self._on_closed)
        window.dialogs.show(self._dialog)

    @Slot()
    def _on_closed(self) -> None:
        self._dialog = None

    def shutdown(self) -> None:
        if self._dialog is not None:
            self._dialog.done(0)
        if self._player is not None:
            self._player.leave()
        self.desk.shutdown()

    def _go(self, place_s: float | None) -> None:
        if place_s is not None:
            self._playback.seek_s(place_s)

    def _show_progress(self) -> None:
        block, work = self.panel.progress, self.desk.work
        if not self.desk.second_id or self._window.session.current is None:
            block.hide()
        elif work is None:
            waits = self.desk.second is None
            block.setVisible(waits)
            if waits:  # for the song's own model
                block.show_progress("Waiting", 0.0, None)
                block.cancel.hide()
        elif work.state.is_busy:
            block.show_progress(work.stage, work.fraction, work.seconds_left)
        elif work.state is SecondState.DONE:
            block.hide()
        else:
            block.show_ended(work.stage, None)

    @Slot()
    def _on_figures(self) -> None:
        panel, difference = self.panel, self.desk.difference
        figures, titles = difference.figures, self.desk.titles
        for text in (panel.over, panel.mean, panel.balance):
            text.setVisible(figures is not None)
        if figures is not None:
            self._show_figures(figures, titles)
        n_places = difference.n_places
        bind(panel.places.setText, "{n} places stand out", n=n_places)
        for button in (panel.previous, panel.next):
            button.setEnabled(n_places > 0)

    def _show_figures(self, figures: Difference, titles: tuple[str, str]) -> None:
        panel = self.panel
        over = percent(figures.over)
        if figures.known < 1:
            bind(
                panel.over.setText,
                "So far, in {known} of the song: over {over} of its energy the masks differ by "
                "more than 0.25.",
                known=percent(figures.known),
                over=over,
            )
        else:
            bind(
                panel.over.setText,
                "Over {over} of the song's energy the masks differ by more than 0.25.",
                over=over,
            )
        bind(
            panel.mean.setText,
            "Mean difference, weighted by energy: {mean}",
            mean=f"{figures.mean:.3f}",
        )
        more, less = titles if figures.balance >= 0 else titles[::-1]
        bind(
            panel.balance.setText,
            "{more} gives the voice {share} more of the energy than {less}.",
            more=more,
            less=less,
            share=percent(abs(figures.balance)),
        )

    @Slot(object)
    def _on_edited(self, advanced: StemsAdvanced) -> None:
        self.desk.on_edited(advanced)


def percent(share: float) -> str:
    """``12.3 %``; a tenth is told only where it says something."""
    value = 100 * share
    return f"{value:.1f} %" if value < 99.95 or value == 0 else "100 %"
