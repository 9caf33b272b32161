"""Keeps the choices of model and device the same everywhere they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.i18n import language_changed, tr
from app.panels.models_page import ModelsPage
from app.panels.status_line import StatusLine
from app.panels.toolbar import AUTOMATIC, Toolbar
from core.models import ModelEntry, list_models

if TYPE_CHECKING:
    from app.separation_job import DevicesFound
    from app.session import Session


class WindowChoices(QObject):
    """Model and device, in toolbar, model page and status line."""

    reloaded = Signal()  # there may be other models

    def __init__(
        self,
        session: Session,
        toolbar: Toolbar,
        page: ModelsPage,
        line: StatusLine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._toolbar, self._page, self._line = session, toolbar, page, line
        self._entries = list_models()
        self._device_names: dict[str, str] = {}
        toolbar.model_chosen.connect(session.set_model)
        toolbar.device_chosen.connect(session.set_device)
        page.use_clicked.connect(session.set_model)
        session.model_changed.connect(self._on_model_changed)
        session.device_changed.connect(self._on_device_changed)
        session.devices_found.connect(self._on_devices_found)
        language_changed().connect(self._on_device_changed)
        toolbar.set_devices([("cpu", "CPU")], session.device)
        self.reload()
        self._on_device_changed()

    @property
    def entries(self) -> list[ModelEntry]:
        """All usable models."""
        return self._entries

    def reload(self) -> None:
        """Look for models again."""
        self._entries = list_models()
        models = [(entry.model_id, entry.card.title) for entry in self._entries]
        self._toolbar.set_models(models, self._session.model_id)
        self._page.set_models(self._entries, self._session.model_id)
        self._on_model_changed()
        self.reloaded.emit()

    def use(self, entry: ModelEntry) -> None:
        """Go on with a model that has just been made."""
        self.reload()
        self._session.set_model(entry.model_id)

    def _on_model_changed(self) -> None:
        model_id = self._session.model_id
        self._toolbar.set_model(model_id)
        self._page.set_in_use(model_id)
        for entry in self._entries:
            if entry.model_id == model_id:
                self._line.set_model(entry.card.title, entry.card.band_hz)
                return
        self._line.set_model(model_id, None)

    def _on_device_changed(self) -> None:
        device = self._session.device
        self._toolbar.set_device(device)
        name = self._device_names.get(device, "CPU" if device == "cpu" else device)
        if device == "auto":
            best = next((n for i, n in self._device_names.items() if i.startswith("cuda")), None)
            name = best or ("CPU" if self._device_names else tr(AUTOMATIC))
        self._line.set_device(name)

    def _on_devices_found(self, found: DevicesFound) -> None:
        self._device_names = {device.id: device.name for device in found.devices}
        self._toolbar.set_devices(
            list(self._device_names.items()), self._session.device, found.hint or ""
        )
        self._on_device_changed()
