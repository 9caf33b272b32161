"""The settings dialog: sound, language, appearance, cache. Every change takes effect at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import settings
from app.formats import megabytes
from app.i18n import LANGUAGES, bind, language_changed, mark, set_language, tip, tr
from app.panels.controls import NumberBox, icon_button, label
from app.theme import set_theme

THEMES = (("system", mark("System")), ("dark", mark("Dark")), ("light", mark("Light")))


class SettingsDialog(QDialog):
    """Writes ``app.settings`` and tells what must act on it."""

    audio_device_chosen = Signal(str)  # "" for the system's own
    refresh_clicked = Signal()
    latency_changed = Signal(bool)
    cache_cleared = Signal()
    cache_limit_changed = Signal(int)  # MB

    def __init__(
        self,
        devices: Sequence[tuple[str, str]],
        sound_problem: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        bind(self.setWindowTitle, "Settings")
        self.setMinimumWidth(480)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(label("Sound", "section"))
        column.addLayout(self._make_sound(devices, sound_problem))
        column.addSpacing(8)
        column.addWidget(label("Appearance", "section"))
        column.addLayout(self._make_looks())
        column.addSpacing(8)
        column.addWidget(label("Separation", "section"))
        column.addLayout(self._make_separation())
        column.addStretch(1)
        close = QPushButton()
        close.setDefault(True)
        bind(close.setText, "Close")
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(0, 16, 0, 0)
        bottom.addStretch(1)
        bottom.addWidget(close)
        column.addLayout(bottom)
        language_changed().connect(self._on_language_changed)

    def _make_sound(self, devices: Sequence[tuple[str, str]], problem: str) -> QFormLayout:
        self.sound = QComboBox()
        tip(self.sound, "Where the sound goes")
        self.set_devices(devices)
        self.sound.activated.connect(self._on_sound_activated)
        refresh = icon_button("refresh", "Look for new devices", side=28, icon_side=16)
        refresh.clicked.connect(self.refresh_clicked)
        self.refresh = refresh
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.sound, 1)
        row.addWidget(refresh)
        self.latency = QCheckBox()
        bind(self.latency.setText, "Low latency")
        tip(self.latency, "React faster; may crackle on a busy computer")
        self.latency.setChecked(settings.get(settings.AUDIO_LOW_LATENCY))
        self.latency.toggled.connect(self._on_latency_toggled)
        self.problem = QLabel(problem)
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "warning")
        self.problem.setVisible(bool(problem))
        form = _form()
        form.addRow(_name("Device"), row)
        form.addRow(QLabel(), self.latency)
        form.addRow(self.problem)
        return form

    def _make_looks(self) -> QFormLayout:
        self.language = QComboBox()
        tip(self.language, "Language")
        for code, name in LANGUAGES.items():
            self.language.addItem(tr(name) if code == "system" else name, code)
        self.language.setCurrentIndex(self.language.findData(settings.get(settings.LANGUAGE)))
        self.language.currentIndexChanged.connect(self._on_language_chosen)
        self.theme = QComboBox()
        tip(self.theme, "Theme")
        for code, name in THEMES:
            self.theme.addItem(tr(name), code)
        self.theme.setCurrentIndex(self.theme.findData(settings.get(settings.THEME)))
        for combo in (self.language, self.theme):
            combo.setFixedWidth(200)
        self.theme.currentIndexChanged.connect(self._on_theme_chosen)
        form = _form()
        form.addRow(_name("Language"), self.language)
        form.addRow(_name("Theme"), self.theme)
        return form

    def _make_separation(self) -> QFormLayout:
        self.limit = NumberBox(1, 1024, " GB")
        self.limit.setFixedWidth(80)
        self.limit.setValue(max(1, round(settings.get(settings.CACHE_LIMIT_MB) / 1024)))
        self.limit.valueChanged.connect(self._on_limit_changed)
        tip(self.limit, "Most space that kept results may take")
        self.clear = QPushButton()
        self.clear.setAutoDefault(False)
        bind(self.clear.setText, "Clear")
        tip(self.clear, "Forget kept results; songs are separated anew when opened")
        self.clear.clicked.connect(self._on_clear)
        self.used = QLabel()
        self.used.setProperty("role", "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.limit)
        row.addWidget(self.used, 1)
        row.addWidget(self.clear)
        form = _form()
        form.addRow(_name("Kept results"), row)
        return form

    def set_devices(self, devices: Sequence[tuple[str, str]]) -> None:
        """Fill in sound devices as (key, name); the remembered one stays even while absent."""
        chosen = settings.get(settings.AUDIO_DEVICE)
        self.sound.clear()
        self.sound.addItem(tr("System default"), "")
        for key, name in devices:
            self.sound.addItem(name, key)
        if chosen and self.sound.findData(chosen) < 0:
            self.sound.addItem(tr("{device} (not connected)", device=chosen), chosen)
        self.sound.setCurrentIndex(max(self.sound.findData(chosen), 0))

    def set_cache_bytes(self, n_bytes: int) -> None:
        """What the kept results take; empty until it is known."""
        bind(self.used.setText, "{size} used", size=megabytes(n_bytes))

    def _on_sound_activated(self, index: int) -> None:
        name = self.sound.itemData(index)
        settings.set(settings.AUDIO_DEVICE, name)
        self.audio_device_chosen.emit(name)

    def _on_latency_toggled(self, low: bool) -> None:
        settings.set(settings.AUDIO_LOW_LATENCY, low)
        self.latency_changed.emit(low)

    def _on_language_chosen(self, index: int) -> None:
        settings.set(settings.LANGUAGE, self.language.itemData(index))
        set_language(self.language.itemData(index))

    def _on_theme_chosen(self, index: int) -> None:
        settings.set(settings.THEME, self.theme.itemData(index))
        set_theme(self.theme.itemData(index))

    def _on_limit_changed(self, gigabytes: int) -> None:
        settings.set(settings.CACHE_LIMIT_MB, gigabytes * 1024)
        self.cache_limit_changed.emit(gigabytes * 1024)

    def _on_clear(self) -> None:
        self.cache_cleared.emit()

    def _on_language_changed(self) -> None:
        self.language.setItemText(0, tr(LANGUAGES["system"]))
        for index, (_, name) in enumerate(THEMES):
            self.theme.setItemText(index, tr(name))
        self.sound.setItemText(0, tr("System default"))


def _name(text: str) -> QLabel:
    result = label(text, "muted")
    result.setFixedSize(104, 28)
    return result


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return form
