"""The blind test: A, B and X on a loop, answers, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app import settings
from app.comparison import report
from app.comparison.blind_sound import BlindSound, Match, Pair
from app.comparison.trials import BlindTest, Heard
from app.formats import clock, decibels
from app.i18n import bind, mark, tr, tr_error
from app.outcomes import Failure
from app.panels.comparison.blind_layout import BlindLayout
from core.audio.file_names import safe_file_name
from core.errors import StemscopeError

KEYS = ("A", "B", "X", "Space", "1", "2")


@dataclass(frozen=True)
class Subject:
    """What is compared: the song's title, the models', a pair for each source, and the loop.

    ``origin`` is an English source text that says where the loop comes from.
    """

    song: str
    models: tuple[str, str]
    pairs: Mapping[str, Pair]
    loop_s: tuple[float, float]
    origin: str


class BlindDialog(QDialog):
    """Runs one test after another; what X is, only ``BlindTest`` knows."""

    def __init__(self, subject: Subject, sound: BlindSound, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subject, self._sound = subject, sound
        sound.setParent(self)
        self._match: Match | None = None
        self._is_silent, self._is_new = False, True
        self.test = BlindTest(settings.get(settings.BLIND_TRIALS))
        self.parts = parts = BlindLayout(self, subject.song, subject.models, tuple(subject.pairs))
        start, stop = subject.loop_s
        bind(
            parts.loop.setText,
            "{start} to {stop} ({length} s), {origin}",
            start=clock(start),
            stop=clock(stop),
            length=f"{stop - start:.1f}",
            origin=lambda: tr(subject.origin),
        )
        parts.trials.setValue(settings.get(settings.BLIND_TRIALS))
        parts.tell.setChecked(settings.get(settings.BLIND_TELL))
        index = parts.stem.findData(settings.get(settings.BLIND_STEM))
        parts.stem.setCurrentIndex(max(0, index))
        self._connect()
        self._take()

    def _connect(self) -> None:
        parts, sound = self.parts, self._sound
        parts.stem.activated.connect(self._on_stem)
        parts.trials.valueChanged.connect(self._on_trials)
        parts.tell.toggled.connect(self._on_tell)
        for button in parts.heard.values():
            button.clicked.connect(self._on_heard)
        for button in parts.answers.values():
            button.clicked.connect(self._on_answer)
        parts.play.clicked.connect(sound.toggle)
        parts.end.clicked.connect(self.reject)
        parts.again.clicked.connect(self.start_again)
        parts.copy.clicked.connect(self.copy)
        parts.save.clicked.connect(self.save)
        sound.playing_changed.connect(parts.show_playing)
        sound.measured.connect(self._on_measured)
        sound.failed.connect(self._on_failed)
        self.finished.connect(self._on_closed)
        buttons = (*parts.heard.values(), parts.play, *parts.answers.values())
        for keys, button in zip(KEYS, buttons, strict=True):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(button.click)

    # what is asked

    def start_again(self) -> None:
        """A new test under the same circumstances."""
        self.test = BlindTest(self.parts.trials.value())
        self._begin_trial()
        self._refresh()

    def _take(self) -> None:
        self._match, self._is_silent = None, False
        bind(self.parts.level.setText, "Measuring how loud both are…")
        self._sound.take(self._subject.pairs[self.parts.stem.currentData()])
        self.start_again()

    def _begin_trial(self) -> None:
        """Each begins with A, so that the change from one X to the next is not heard."""
        self.parts.heard[Heard.A].setChecked(True)
        self._sound.hear(Heard.A)
        bind(self.parts.verdict.setText, "Listen to X, then say which of the two it is.")

    @Slot()
    def _on_stem(self) -> None:
        settings.set(settings.BLIND_STEM, self.parts.stem.currentData())
        self._take()

    @Slot(int)
    def _on_trials(self, n_trials: int) -> None:
        settings.set(settings.BLIND_TRIALS, n_trials)
        self.start_again()

    @Slot(bool)
    def _on_tell(self, tell: bool) -> None:
        settings.set(settings.BLIND_TELL, tell)
        self._refresh()

    @Slot()
    def _on_heard(self) -> None:
        heard = Heard(self.sender().property("heard"))
        self._sound.hear(self.test.hear(heard))
        self._sound.play()
        self._refresh()

    @Slot()
    def _on_answer(self) -> None:
        if not self.test.can_answer:
            return
        trial = self.test.answer(Heard(self.sender().property("heard")))
        self._begin_trial()
        if self.parts.tell.isChecked():
            right, wrong = mark("Right: X was {x}."), mark("Wrong: X was {x}.")
            text = right if trial.is_right else wrong
            bind(self.parts.verdict.setText, text, x=str(trial.x_was))
        self._refresh()

    # how it goes

    @Slot(object)
    def _on_measured(self, match: Match) -> None:
        parts, (a, b) = self.parts, self._subject.models
        is_first, self._is_new = self._is_new, False
        self._match = match
        self._is_silent = not match.is_possible
        gains = match.gains_db
        louder = a if match.a_lufs > match.b_lufs else b
        if self._is_silent:
            bind(parts.level.setText, "Silent in this loop: {model}. Choose another stem or loop.",
                 model=b if louder == a else a)  # fmt: skip
        else:
            bind(
                parts.level.setText,
                "{model} is played at {gain}, so that both have {lufs} LUFS over the loop.",
                model=louder,
                gain=decibels(min(gains.values())),
                lufs=f"{min(match.a_lufs, match.b_lufs):.1f}".replace("-", "−"),
            )
        self._refresh()
        if is_first:  # arrows go from A to X
            parts.heard[Heard.A].setFocus()

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        error = failure.error if isinstance(failure, Failure) else failure
        if isinstance(error, StemscopeError):
            bind(self.parts.level.setText, "{error}", error=lambda: tr_error(error))

    def _refresh(self) -> None:
        """What can be done now, and how far the test is."""
        parts, test = self.parts, self.test
        ready = self._match is not None and not self._is_silent
        begun = bool(test.trials) and not test.is_over
        for control in (parts.stem, parts.trials, parts.tell):
            control.setEnabled(not begun)
        for heard, button in parts.heard.items():
            button.setEnabled(ready and not (heard is Heard.X and test.is_over))
        parts.play.setEnabled(ready)
        for button in parts.answers.values():
            button.setEnabled(ready and test.can_answer)
        parts.again.setEnabled(bool(test.trials))
        for button in (parts.copy, parts.save):
            button.setEnabled(test.is_over and bool(test.trials))
        bind(parts.end.setText, "End the test" if begun else "Close")
        if test.is_over:
            bind(parts.count.setText, "Result: {score}", score=lambda: report.score(test))
            marks = "".join("✓" if trial.is_right else "✗" for trial in test.trials)
            bind(parts.verdict.setText, "Answers in their order: {marks}", marks=marks)
            return
        number = len(test.trials) + 1
        if parts.tell.isChecked() and test.trials:
            bind(
                parts.count.setText,
                "Trial {number} of {n}, {right} right so far",
                number=number,
                n=test.n_trials,
                right=test.n_right,
            )
        else:
            bind(parts.count.setText, "Trial {number} of {n}", number=number, n=test.n_trials)

    # what came of it

    @property
    def facts(self) -> report.Circumstances:
        """What was compared in the last test."""
        assert self._match is not None
        return report.Circumstances(
            self._subject.song,
            self._subject.models,
            self.parts.stem.currentData(),
            self._subject.loop_s,
            self._match,
            self.parts.tell.isChecked(),
        )

    def copy(self) -> None:
        """Put the result into the clipboard."""
        QGuiApplication.clipboard().setText(report.text(self.test, self.facts))
        bind(self.parts.verdict.setText, "Copied.")

    def save(self) -> None:
        """Ask for a file, and write the result there."""
        name = safe_file_name(tr("{song}, blind test", song=self._subject.song))
        folder = settings.get(settings.BLIND_FOLDER) or str(Path.home())
        chosen, kind = QFileDialog.getSaveFileName(
            self, tr("Save the result"), str(Path(folder) / f"{name}.json"),
            "JSON (*.json);;CSV (*.csv)",
        )  # fmt: skip
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in (".json", ".csv"):
            path = path.with_name(path.name + (".csv" if "csv" in kind else ".json"))
        settings.set(settings.BLIND_FOLDER, str(path.parent))
        try:
            report.write(path, self.test, self.facts)
        except StemscopeError as error:
            bind(self.parts.verdict.setText, "{error}", error=tr_error(error))
            return
        bind(self.parts.verdict.setText, "Saved as “{name}”.", name=path.name)

    def reject(self) -> None:
        """End a test that has begun, and show what came of it; or else close."""
        if self.test.trials and not self.test.is_over:
            self.test.end()
            self._begin_trial()
            self._refresh()
        else:
            super().reject()

    @Slot()
    def _on_closed(self) -> None:
        self._sound.leave()


__all__ = ["BlindDialog", "Subject"]
