"""The mixer: a strip per stem, the master, the original and the presets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from app.formats import SILENCE_DB
from app.panels.controls import text_button
from app.panels.strip import Strip

SILENT_GAIN_DB = -200.0  # what the lowest fader position means to a mixer


class MixerPanel(QWidget):
    """What is heard: mute, solo and gain of each stem, or the untouched original."""

    muted_changed = Signal(str, bool)
    soloed_changed = Signal(str, bool)
    gain_changed = Signal(str, float)  # dB; SILENT_GAIN_DB at the bottom of the fader
    master_changed = Signal(float)
    original_changed = Signal(bool)
    file_wanted = Signal(str)

    def __init__(self, sources: Sequence[str] = ("vocals", "accompaniment")) -> None:
        super().__init__()
        self.setObjectName("strips")
        self.strips: dict[str, Strip] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.master = Strip("master")
        self.master.gain_changed.connect(self._on_master_changed)
        self._row.addWidget(self.master)
        self._row.addWidget(self._make_presets())
        self.set_sources(sources)

    def _make_presets(self) -> QWidget:
        self.original = text_button("original", "Original", "Hear the untouched song", "O")
        self.original.setCheckable(True)
        self.voice_only = text_button("voice", "Voice", "Voice only", "1")
        self.music_only = text_button("music", "Music", "Music only", "2")
        self.balance = text_button("balance", "Balance", "Both, as the faders stand", "3")
        for button in (self.voice_only, self.music_only, self.balance):
            button.setCheckable(True)
        self.original.toggled.connect(self.original_changed)
        self.voice_only.clicked.connect(self.hear_voice)
        self.music_only.clicked.connect(self.hear_music)
        self.balance.clicked.connect(self.hear_balance)
        box = QWidget()
        box.setObjectName("presets")
        grid = QGridLayout(box)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setSpacing(4)
        grid.setVerticalSpacing(8)
        buttons = (self.voice_only, self.music_only, self.balance, self.original)
        for index, button in enumerate(buttons):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, index // 2, index % 2)
        return box

    def set_sources(self, sources: Sequence[str]) -> None:
        """Show a strip per source; strips that stay keep their positions."""
        for source in [source for source in self.strips if source not in sources]:
            strip = self.strips.pop(source)
            self._row.removeWidget(strip)
            strip.deleteLater()
        for index, source in enumerate(sources):
            if source in self.strips:
                continue
            strip = Strip(source, index + 1)
            strip.muted_changed.connect(self._on_muted)
            strip.soloed_changed.connect(self._on_soloed)
            strip.gain_changed.connect(self._on_gain)
            assert strip.handle is not None
            strip.handle.file_wanted.connect(self.file_wanted)
            self.strips[source] = strip
            self._row.insertWidget(index, strip)
        self._show_preset()

    def set_available(self, mixture: bool, stems: bool) -> None:
        """Enable what there is something to hear of."""
        for strip in self.strips.values():
            strip.setEnabled(stems)
        self.master.setEnabled(mixture)
        for button in (self.voice_only, self.music_only, self.balance, self.original):
            button.setEnabled(stems)

    def set_levels(self, levels: Mapping[str, tuple[float, float]]) -> None:
        """Show (peak, RMS) in dB of each stem and of ``"master"``."""
        for source, strip in [*self.strips.items(), ("master", self.master)]:
            if source in levels:
                strip.meter.set_level(*levels[source])

    def clear_levels(self) -> None:
        for strip in [*self.strips.values(), self.master]:
            strip.meter.clear()

    def gains_db(self) -> dict[str, float]:
        """What each stem is heard at, mute and solo counted in: the balance to export."""
        any_solo = any(strip.solo is not None and strip.solo.isChecked() for strip in self._all())
        result = {}
        for source, strip in self.strips.items():
            assert strip.mute is not None
            assert strip.solo is not None
            silent = strip.mute.isChecked() or (any_solo and not strip.solo.isChecked())
            result[source] = SILENT_GAIN_DB if silent else _true_gain(strip.fader.gain_db())
        return result

    def _all(self) -> list[Strip]:
        return list(self.strips.values())

    def hear_voice(self) -> None:
        """Only the voice."""
        self._hear("vocals")

    def hear_music(self) -> None:
        """Everything but the voice."""
        self._hear("accompaniment")

    def hear_balance(self) -> None:
        """Every stem at its fader."""
        self._hear("")

    def _hear(self, only: str) -> None:
        for source, strip in self.strips.items():
            assert strip.mute is not None
            assert strip.solo is not None
            strip.mute.setChecked(False)
            strip.solo.setChecked(source == only)
        self.original.setChecked(False)
        self._show_preset()

    def mute_voice(self) -> None:
        self._toggle(0, "mute")

    def mute_music(self) -> None:
        self._toggle(1, "mute")

    def solo_voice(self) -> None:
        self._toggle(0, "solo")

    def solo_music(self) -> None:
        self._toggle(1, "solo")

    def _toggle(self, index: int, which: str) -> None:
        strips = self._all()
        if index < len(strips) and strips[index].isEnabled():
            getattr(strips[index], which).toggle()

    def _on_muted(self, source: str, muted: bool) -> None:
        self.muted_changed.emit(source, muted)
        self._show_preset()

    def _on_soloed(self, source: str, soloed: bool) -> None:
        self.soloed_changed.emit(source, soloed)
        self._show_preset()

    def _on_gain(self, source: str, gain_db: float) -> None:
        self.gain_changed.emit(source, _true_gain(gain_db))

    def _on_master_changed(self, _source: str, gain_db: float) -> None:
        self.master_changed.emit(_true_gain(gain_db))

    def _show_preset(self) -> None:
        """Light the preset that the strips stand at."""
        solos = [s.source for s in self._all() if s.solo is not None and s.solo.isChecked()]
        mutes = [s.source for s in self._all() if s.mute is not None and s.mute.isChecked()]
        self.voice_only.setChecked(solos == ["vocals"] and not mutes)
        self.music_only.setChecked(solos == ["accompaniment"] and not mutes)
        self.balance.setChecked(not solos and not mutes)


def _true_gain(gain_db: float) -> float:
    return SILENT_GAIN_DB if gain_db <= SILENCE_DB else gain_db
