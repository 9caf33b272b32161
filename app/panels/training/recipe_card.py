"""The recipe of a new training: chosen, and its main values changed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, mark, tip, tr, tr_error
from app.panels.controls import ElidedLabel, label, text_button
from app.panels.training.fields import ChoiceField, Explained, NumberField, field_row
from app.panels.training.recipe_rows import (
    CONTEXTS,
    EXPLAIN,
    GROUPS,
    ITERATIONS,
    LENGTHS,
    ROWS,
    SHIFT_TEXTS,
)
from app.training.recipes import RecipeValues, changed_recipe, values_of
from core.errors import StemscopeError
from core.training.recipe import Recipe

SHARE = 0.1  # of the songs, held out where a recipe holds out none
NARROW, WIDE = 320, 600  # pixels: of one column of fields, and of two


class RecipeCard(QWidget):
    """A combo of recipes, and fields in three groups; ``changed`` after every edit."""

    changed = Signal()
    title_wanted = Signal(str)  # another recipe was chosen: its title

    def __init__(self, recipes: dict[str, Recipe]) -> None:
        super().__init__()
        self._recipes = recipes
        self._recipe: Recipe | None = None
        self._values: RecipeValues | None = None
        self.choice = ChoiceField([(name, r.title) for name, r in recipes.items()], 264)
        tip(self.choice, "Recipe")
        self.reset = text_button("retry", "Reset", "Take the recipe's own values again")
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("role", "muted")
        self.about.setMinimumHeight(36)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.meaning = ElidedLabel()  # shown by whoever has a place for it that never scrolls
        self.meaning.mode = Qt.TextElideMode.ElideRight
        self.meaning.setProperty("role", "muted")
        bind(self.meaning.setText, EXPLAIN)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self._make_fields()
        explained = Explained(self.meaning, self)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.choice)
        top.addWidget(self.reset)
        top.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Recipe", "section"))
        column.addLayout(top)
        column.addWidget(self.about)
        self._groups = QGridLayout()
        self._groups.setHorizontalSpacing(24)
        self._groups.setVerticalSpacing(16)
        self._boxes: list[QWidget] = []
        for heading, names in GROUPS:
            group = QWidget()
            box = QVBoxLayout(group)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(6)
            box.addWidget(label(heading, "heading"))
            for name in names:
                text, meaning, unit = ROWS[name]
                field = self._fields[name]
                box.addWidget(field_row(text, field, meaning, unit))
                explained.add(field, meaning)
            box.addStretch(1)
            self._boxes.append(group)
        self._groups.setColumnStretch(2, 1)
        self._wide: bool | None = None
        self._place_groups(wide=True)
        column.addLayout(self._groups)
        column.addWidget(self.problem)
        column.addStretch(1)
        self.choice.chosen.connect(self._on_recipe_chosen)
        self.reset.clicked.connect(self._on_reset)
        if recipes:
            first = next(iter(recipes))
            tables = next((i for i, name in enumerate(recipes) if "/" in name), 0)
            if tables:
                self.choice.insertSeparator(tables)
            self.choice.set_value(first)
            self._on_recipe_chosen(first)

    def _place_groups(self, wide: bool) -> None:
        """Two columns where there is room, else one."""
        if wide is self._wide:
            return
        self._wide = wide
        places = ((0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1))
        for number, group in enumerate(self._boxes):
            self._groups.removeWidget(group)
            self._groups.addWidget(group, *(places[number] if wide else (number, 0, 1, 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROW, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_groups(wide=event.size().width() >= WIDE)

    def _make_fields(self) -> None:
        number = NumberField
        self.length = number(1, 1_000_000, whole=True)
        self.unit = ChoiceField(LENGTHS, 88)
        length = QWidget()
        row = QHBoxLayout(length)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.length)
        row.addWidget(self.unit)
        length.setFocusProxy(self.length)
        tip(self.unit, "What the length counts")
        bind(self.length.setAccessibleName, "Length")
        self.learning_rate = number(1e-8, 10)
        self.batch = number(1, 65536, whole=True)
        self.sequence = number(2, 65536, whole=True)
        self.context = ChoiceField(CONTEXTS, 80)
        self.layers = number(1, 12, whole=True)
        self.units = number(1, 16384, whole=True)
        self.recurrent = ChoiceField([("none", mark("None"))], 152)
        self.gamma = number(0, 0.5)
        self.shift = ChoiceField(SHIFT_TEXTS, 152)
        self.remix = number(0, 100)
        self.speed = number(0, 75)
        self.pitch = number(0, 12)
        self.balance = number(0, 40)
        self.share = number(0, 90)
        self._fields: dict[str, QWidget] = {
            "length": length, "learning_rate": self.learning_rate, "batch_sequences": self.batch,
            "sequence_frames": self.sequence, "context": self.context, "layers": self.layers,
            "units": self.units, "recurrent": self.recurrent, "gamma": self.gamma,
            "shift": self.shift, "remix": self.remix, "speed": self.speed, "pitch": self.pitch,
            "balance": self.balance, "share": self.share,
        }  # fmt: skip
        for field in (self.length, *self._fields.values()):
            if isinstance(field, NumberField):
                field.edited.connect(self._on_edited)
            elif isinstance(field, ChoiceField):
                field.chosen.connect(self._on_edited)
        self.unit.chosen.connect(self._on_unit_chosen)

    # the recipe

    def choose(self, name: str) -> None:
        """Take the recipe called ``name``."""
        self.choice.set_value(name)
        self._on_recipe_chosen(name)

    def set_values(self, values: RecipeValues) -> None:
        """Fill in the fields."""
        self._values = values
        by_steps = values.steps > 0
        whole = self._recipe is not None and self._recipe.optimiser.method == "lbfgs"
        self.unit.set_choices(ITERATIONS if whole else LENGTHS)
        self.learning_rate.setEnabled(not whole)
        self.unit.set_value("steps" if by_steps else "epochs")
        self.length.set_value(values.steps if by_steps else values.epochs)
        self.learning_rate.set_value(values.learning_rate)
        self.batch.set_value(values.batch_sequences)
        self.sequence.set_value(values.sequence_frames)
        self.gamma.set_value(values.gamma)
        context = str(values.context_frames)
        known = [key for key, _ in CONTEXTS]
        extra = () if context in known or context == "0" else ((context, context),)
        self.context.set_choices((*CONTEXTS, *extra))
        self.context.set_value(context)
        self.layers.set_value(values.layers)
        self.units.set_value(values.units)
        self._fill_recurrent(values.layers)
        self.recurrent.set_value(values.recurrent)
        self.shift.set_value(values.shift)
        self.remix.set_value(round(100 * (1 - values.own_accompaniment), 3))
        self.speed.set_value(round(100 * max(values.speed_max - 1, 1 - values.speed_min), 1))
        self.pitch.set_value(values.pitch_semitones)
        self.balance.set_value(values.voice_to_music_db)
        self.share.set_value(round(100 * values.share, 3))
        for field in (self.layers, self.units, self.recurrent):
            field.setEnabled(values.layers > 0)
        self.context.setEnabled(values.context_frames > 0)

    def recipe(self, title: str) -> Recipe:
        """The recipe with the values of now; ``UsageError`` if one of them cannot be."""
        assert self._recipe is not None
        return changed_recipe(self._recipe, self._edited_values(), title)

    def problem_of(self, title: str) -> StemscopeError | None:
        """Why it cannot be trained with these values; None if it can."""
        try:
            self.recipe(title)
        except StemscopeError as error:
            return error
        return None

    def complete(self) -> bool:
        """Whether every field holds a value within its bounds."""
        fields = (self.length, *self._fields.values())
        numbers = [f for f in fields if isinstance(f, NumberField) and f.isEnabled()]
        return self._recipe is not None and all(f.value() is not None for f in numbers)

    def _edited_values(self) -> RecipeValues:
        """The fields, and what they do not change as it was."""
        values = self._values
        assert values is not None

        def of(field: NumberField, before: float) -> float:
            value = field.value()
            return before if value is None else value

        by_steps = self.unit.value() == "steps"
        length = int(of(self.length, values.epochs))
        speed = of(self.speed, 0.0) / 100
        if speed != round(max(values.speed_max - 1, 1 - values.speed_min), 3):
            values = replace(values, speed_min=1 / (1 + speed), speed_max=1 + speed)
        return replace(
            values,
            epochs=values.epochs if by_steps else length,
            steps=length if by_steps else 0,
            learning_rate=of(self.learning_rate, values.learning_rate),
            batch_sequences=int(of(self.batch, values.batch_sequences)),
            sequence_frames=int(of(self.sequence, values.sequence_frames)),
            gamma=of(self.gamma, values.gamma),
            context_frames=int(self.context.value() or values.context_frames),
            layers=int(of(self.layers, values.layers)) if values.layers else 0,
            units=int(of(self.units, values.units)) if values.layers else 0,
            recurrent=self.recurrent.value() or values.recurrent,
            shift=self.shift.value() or values.shift,
            own_accompaniment=1 - of(self.remix, 0.0) / 100,
            pitch_semitones=of(self.pitch, values.pitch_semitones),
            voice_to_music_db=of(self.balance, values.voice_to_music_db),
            share=of(self.share, 0.0) / 100,
        )

    def _fill_recurrent(self, n_layers: int) -> None:
        one = [(str(n), partial(tr, mark("Layer {n}"), n=n)) for n in range(1, n_layers + 1)]
        self.recurrent.set_choices(
            [("none", mark("None (DNN)")), *one, ("all", mark("All (sRNN)"))]
        )

    # slots

    def _on_recipe_chosen(self, name: str) -> None:
        recipe = self._recipes[name]
        self._recipe = recipe
        bind(self.about.setText, "{error}", error=lambda: tr(recipe.description))
        values = values_of(recipe)
        if values.share == 0:  # without any, there would be no curve of how well it does
            values = replace(values, share=SHARE)
        self.set_values(values)
        self.title_wanted.emit(recipe.title)
        self._on_edited()

    def _on_reset(self) -> None:
        if self._recipe is not None:
            self.set_values(values_of(self._recipe))
            self._on_edited()

    def _on_unit_chosen(self, unit: str) -> None:
        values = self._values
        if values is not None:
            self.length.set_value((values.steps or 10_000) if unit == "steps" else values.epochs)
        self._on_edited()

    def _on_edited(self) -> None:
        layers = self.layers.value()
        if layers is not None and layers >= 1:
            self._fill_recurrent(int(layers))
        error = self.problem_of("training")
        if not self.complete():
            bind(self.problem.setText, "A marked value is out of its range.")
        elif error is not None:
            bind(self.problem.setText, "{error}", error=lambda: tr_error(error))
        else:
            bind(self.problem.setText, "{error}", error="")
        self.changed.emit()
