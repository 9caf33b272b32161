"""The recipe of a new training: chosen, and its main values changed."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, mark, tip, tr, tr_error
from app.panels.controls import ElidedLabel, label, text_button
from app.panels.training.fields import ChoiceField, Explained, FieldRow, NumberField
from app.panels.training.recipe_rows import (
    BAND_TEXTS,
    CONTEXTS,
    EXPLAIN,
    GROUPS,
    ITERATIONS,
    LENGTHS,
    OWN_NETWORK,
    ROWS,
    SHIFT_TEXTS,
    TAKES_MULTIPLE,
    TAKES_NUMBER,
    TAKES_WHOLE,
)
from app.training.recipes import (
    AS_RECORDED,
    MATCHED,
    PER_CENT,
    RecipeValues,
    changed_recipe,
    first_values,
    rows_without_meaning,
    touched,
    units_that_fit,
)
from core.errors import StemscopeError
from core.training.recipe import Recipe

NARROW, WIDE = 320, 600  # pixels: of one column of fields, and of two


class RecipeCard(QWidget):
    """A combo of recipes, and fields in groups; ``changed`` after every edit."""

    changed = Signal()
    title_wanted = Signal(str)  # another recipe was chosen: its title

    def __init__(self, recipes: dict[str, Recipe]) -> None:
        super().__init__()
        self._recipes = recipes
        self._recipe: Recipe | None = None
        self._values: RecipeValues | None = None
        self._untouched: dict[str, object] = {}  # what the fields said when they were filled in
        self._recurrent = ""  # as it was chosen, also while there are too few layers for it
        self.choice = ChoiceField([(name, r.title) for name, r in recipes.items()], 264, least=160)
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
        self._rows: dict[str, FieldRow] = {}
        self.own_network = label(OWN_NETWORK, "muted")
        self.own_network.setWordWrap(True)
        for heading, names in GROUPS:
            group = QWidget()
            box = QVBoxLayout(group)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(6)
            box.addWidget(label(heading, "heading"))
            for name in names:
                text, meaning, unit = ROWS[name]
                field = self._fields[name]
                self._rows[name] = FieldRow(text, field, meaning, unit)
                box.addWidget(self._rows[name])
                explained.add(field, meaning)
            if "layers" in names:
                box.addWidget(self.own_network)
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
        places = ((0, 0, 1, 1), (1, 0, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1))
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
        self.examples = number(0, 10_000_000, whole=True)
        self.band = ChoiceField(BAND_TEXTS, 152)
        self.share = number(0, 90)
        self.every = number(1, 10_000, whole=True)
        self.most = number(0, 10_000, whole=True)
        self._fields: dict[str, QWidget] = {
            "length": length, "learning_rate": self.learning_rate, "batch_sequences": self.batch,
            "sequence_frames": self.sequence, "context": self.context, "layers": self.layers,
            "units": self.units, "recurrent": self.recurrent, "gamma": self.gamma,
            "shift": self.shift, "remix": self.remix, "speed": self.speed, "pitch": self.pitch,
            "balance": self.balance, "examples": self.examples, "band": self.band,
            "share": self.share, "every_epochs": self.every, "max_clips": self.most,
            **{row: number(0, 100) for row in PER_CENT},
        }  # fmt: skip
        for field in (self.length, *self._fields.values()):
            if isinstance(field, NumberField):
                field.edited.connect(self._on_edited)
            elif isinstance(field, ChoiceField):
                field.chosen.connect(self._on_edited)
        self.recurrent.chosen.connect(self._on_recurrent_chosen)
        self.unit.chosen.connect(self._on_unit_chosen)

    # the recipe

    def choose(self, name: str) -> None:
        """Take the recipe called ``name``."""
        self.choice.set_value(name)
        self._on_recipe_chosen(name)

    def set_values(self, values: RecipeValues) -> None:
        """Fill in the fields; rows that mean nothing to the recipe disappear."""
        self._values = values
        by_steps = values.steps > 0
        whole = self._recipe is not None and self._recipe.optimiser.method == "lbfgs"
        self.unit.set_choices(ITERATIONS if whole else LENGTHS)
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
        self.layers.set_value(max(1, values.layers))
        self.units.set_value(max(1, values.units))
        self._recurrent = values.recurrent
        self._fill_recurrent(max(1, values.layers))
        self.shift.set_value(values.shift)
        self.remix.set_value(round(100 * (1 - values.own_accompaniment), 3))
        self.speed.set_value(round(100 * max(values.speed_max - 1, 1 - values.speed_min), 1))
        self.pitch.set_value(values.pitch_semitones)
        self.balance.set_value(values.voice_to_music_db)
        self.examples.set_value(values.epoch_examples)
        self.band.set_value(MATCHED if values.match_band else AS_RECORDED)
        for row, name in PER_CENT.items():
            if (field := self._number(row)) is not None:
                field.set_value(round(100 * getattr(values, name), 3))
        self.share.set_value(round(100 * values.share, 3))
        self.every.set_value(values.every_epochs)
        self.most.set_value(values.max_clips)
        without = frozenset[str]() if self._recipe is None else rows_without_meaning(self._recipe)
        for name, row in self._rows.items():
            row.setVisible(name not in without)
        self.own_network.setVisible("layers" in without)
        self._untouched = self._readings()

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
        """Whether every field that means something holds a value that can be."""
        return self._recipe is not None and not self._wrong()

    def _number(self, name: str) -> NumberField | None:
        field = self.length if name == "length" else self._fields[name]
        return field if isinstance(field, NumberField) else None

    def _wrong(self) -> dict[str, tuple[str, dict[str, object]]]:
        """By row, what it takes instead of what stands there: a text and its fields."""
        wrong: dict[str, tuple[str, dict[str, object]]] = {}
        if self._recipe is None:
            return wrong
        without = rows_without_meaning(self._recipe)
        for name in self._rows:
            field = self._number(name)
            if field is not None and name not in without and field.value() is None:
                low, high = field.bounds
                text = TAKES_WHOLE if field.is_whole else TAKES_NUMBER
                wrong[name] = text, {"low": low, "high": high}
        units = self.units.value()
        if "units" not in without and units is not None:
            near = units_that_fit(self._recipe, int(units))
            if near != units:
                heads = self._recipe.network.arguments["attention_heads"]
                wrong["units"] = TAKES_MULTIPLE, {"heads": heads, "near": near}
        return wrong

    def _readings(self) -> dict[str, object]:
        read: dict[str, object] = {"unit": self.unit.value()}
        for name, field in self._fields.items():
            number = self._number(name)
            if number is not None:
                read[name] = number.value()
            elif isinstance(field, ChoiceField):
                read[name] = field.value()
        return read

    def _edited_values(self) -> RecipeValues:
        """The fields that were touched, and the rest exactly as the recipe has it."""
        values = self._values
        assert values is not None
        read = self._readings()
        new: dict[str, Any] = {
            name: value
            for name, value in read.items()
            if value not in (None, "") and value != self._untouched.get(name)
        }
        if {"unit", "length"} & new.keys():
            new |= {name: read[name] for name in ("unit", "length")}
        return touched(values, new)

    def _fill_recurrent(self, n_layers: int) -> None:
        """The choices for so many layers; what was chosen stays, or the last layer stands in."""
        one = [(str(n), partial(tr, mark("Layer {n}"), n=n)) for n in range(1, n_layers + 1)]
        self.recurrent.set_choices(
            [("none", mark("None (DNN)")), *one, ("all", mark("All (sRNN)"))]
        )
        wanted = self._recurrent
        if wanted.isdigit() and int(wanted) > n_layers:
            wanted = str(n_layers)
        self.recurrent.set_value(wanted)

    # slots

    def _on_recipe_chosen(self, name: str) -> None:
        recipe = self._recipes[name]
        self._recipe = recipe
        bind(self.about.setText, "{error}", error=lambda: tr(recipe.description))
        self.set_values(first_values(recipe))
        self.title_wanted.emit(recipe.title)
        self._on_edited()

    def _on_reset(self) -> None:
        if self._recipe is not None:
            self.set_values(first_values(self._recipe))
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
        wrong = self._wrong()
        for name, row in self._rows.items():
            text, fields = wrong.get(name, ("", {}))
            row.say(text, **fields)
        error = None if wrong else self.problem_of("training")
        self.problem.setVisible(error is not None)
        if error is not None:
            bind(self.problem.setText, "{error}", error=lambda: tr_error(error))
        self.changed.emit()

    def _on_recurrent_chosen(self, value: str) -> None:
        self._recurrent = value
