"""Shapes of masks by name: those that come along, and those that the user kept."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from app import settings
from app.i18n import bind, mark, tip, tr
from core.editing.edited import MaskState
from core.editing.plain import state_as_dict, state_from_dict
from core.editing.shape import MaskShape
from core.errors import DataError

BUILT_IN: tuple[tuple[str, MaskShape], ...] = (
    (mark("Less bleed"), MaskShape(sharpness=1.6, bias_db=-3.0)),
    (mark("More of the voice"), MaskShape(bias_db=6.0)),
    (mark("Fewer artefacts"), MaskShape(floor_db=-24.0, time_smoothing_s=0.1)),
    (mark("All or nothing"), MaskShape(threshold=0.5)),
)
LONGEST_NAME = 60


def kept_presets() -> dict[str, MaskShape]:
    """The user's own, by name; what cannot be read is left out."""
    found = {}
    for name, data in settings.get(settings.SHAPE_PRESETS).items():
        try:
            found[name] = state_from_dict(data).shape
        except DataError:
            continue
    return found


class Presets(QToolButton):
    """A button with a menu of shapes, to take one or keep the present one."""

    chosen = Signal(object, str)  # MaskShape, its name (an English source text, or the user's)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape = MaskShape()
        self.setProperty("flat", True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        bind(self.setText, "Presets")
        tip(self, "Shapes that are kept")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        self._fill()

    def show_shape(self, shape: MaskShape) -> None:
        """The present shape, that can be kept."""
        self._shape = shape

    def keep(self, name: str) -> None:
        """Keep the present shape as ``name``, in place of one that has it."""
        name = " ".join(name.split())[:LONGEST_NAME]
        if name:
            kept: dict[str, Any] = dict(settings.get(settings.SHAPE_PRESETS))
            kept[name] = state_as_dict(MaskState(shape=self._shape))
            settings.set(settings.SHAPE_PRESETS, kept)

    def remove(self, name: str) -> None:
        kept = dict(settings.get(settings.SHAPE_PRESETS))
        kept.pop(name, None)
        settings.set(settings.SHAPE_PRESETS, kept)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._menu.setEnabled(self.isEnabled())

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        for name, shape in BUILT_IN:
            self._add(menu, tr(name), name, shape)
        kept = kept_presets()
        if kept:
            menu.addSeparator()
        for name, shape in sorted(kept.items()):
            self._add(menu, name, name, shape)
        menu.addSeparator()
        keep = menu.addAction(tr("Keep this shape…"))
        keep.setEnabled(self._shape != MaskShape())
        keep.triggered.connect(self._on_keep)
        if kept:
            removal = menu.addMenu(tr("Remove"))
            for name in sorted(kept):
                action = removal.addAction(name.replace("&", "&&"))
                action.setData(name)
                action.triggered.connect(self._on_remove)

    def _add(self, menu: QMenu, shown: str, name: str, shape: MaskShape) -> None:
        action = menu.addAction(shown.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(shape == self._shape)
        action.setData((shape, name))
        action.triggered.connect(self._on_chosen)

    def _on_chosen(self) -> None:
        shape, name = _sender_data(self.sender())
        self.chosen.emit(shape, name)

    def _on_keep(self) -> None:
        name, wanted = QInputDialog.getText(self, tr("Keep this shape"), tr("Name"))
        if wanted:
            self.keep(name)

    def _on_remove(self) -> None:
        self.remove(_sender_data(self.sender()))


def _sender_data(sender: QObject) -> Any:
    return sender.data()  # type: ignore[attr-defined]
