"""Live separation as the window knows it: devices, models, one engine, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.audio.input import LiveDevice, live_devices, no_input_error
from app.audio.player import Player, PlayerState
from app.live.engine import LiveEngine, LiveRequest, LiveState, sentence_of
from app.live.figures import LiveFigures
from app.tasks import TaskHandle, TaskPool
from core.causality import live_refusal
from core.errors import DeviceError, ModelError, StemscopeError
from core.models import ModelEntry, list_models

_POLL_MS = 33
_FIGURES_EVERY = 3  # polls


@dataclass(frozen=True)
class LiveModel:
    """An installed model, and why it cannot separate live; None if it can."""

    entry: ModelEntry
    refusal: StemscopeError | None


class LiveDesk(QObject):
    """Lives on the window's thread; nothing in it waits for a device, a model or another thread.

    While it runs the song's player is silent, and when a song is played it stops: both at once
    would be heard as one.
    """

    state_changed = Signal(object)  # LiveState
    failed = Signal(object)  # StemscopeError
    devices_changed = Signal()
    models_changed = Signal()
    ticked = Signal()  # about thirty times a second while it runs
    figures_changed = Signal(object)  # LiveFigures

    def __init__(
        self,
        player: Player,
        pool: TaskPool,
        engine: LiveEngine | None = None,
        models: Callable[[], list[ModelEntry]] = list_models,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.engine = engine or LiveEngine(player.backend)
        self.inputs: list[LiveDevice] = []
        self.outputs: list[LiveDevice] = []
        self.models: list[LiveModel] = []
        self.looked = False
        """Devices have been looked for."""
        self._pool, self._player, self._list_models = pool, player, models
        self._others: list[Player] = []
        self._search: TaskHandle | None = None
        self._state = LiveState.STOPPED
        self._n_polls = 0
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._on_poll)
        player.backend.before_refresh.append(self.halt)
        self.share_with(player)

    @property
    def state(self) -> LiveState:
        return self._state

    @property
    def is_on(self) -> bool:
        """It runs, or is about to."""
        return self._state is not LiveState.STOPPED

    def share_with(self, player: Player) -> None:
        """``player`` and live sound are not heard at once: the one begun last goes on."""
        self._others.append(player)
        player.state_changed.connect(self._on_player_state)

    # --- what there is --------------------------------------------------------------------------

    def look_for_models(self) -> None:
        """Read the cards of what is installed."""
        self.models = [LiveModel(e, live_refusal(e.card)) for e in self._list_models()]
        self.models_changed.emit()

    def look_for_devices(self, anew: bool = False) -> None:
        """List inputs and outputs; ``anew`` starts PortAudio over, which stops what sounds."""
        if anew:
            self.halt()
            self._player.refresh_devices()
        backend = self._player.backend
        self._search = self._pool.submit(
            lambda _progress, _should_stop: (
                live_devices(backend, "input"),
                live_devices(backend, "output"),
            )
        )
        self._search.finished.connect(self._on_devices_found)

    @Slot(object)
    def _on_devices_found(self, found: tuple[list[LiveDevice], list[LiveDevice]]) -> None:
        self.inputs, self.outputs = found
        self.looked = True
        self.devices_changed.emit()

    # --- on and off -----------------------------------------------------------------------------

    def start(
        self,
        model: LiveModel | None,
        source: LiveDevice | None,
        sink: LiveDevice | None,
        reserve: str,
    ) -> None:
        """Separate what comes in at ``source``; ``failed`` says why that cannot be."""
        refusal = self._refusal(model, source, sink)
        if refusal is not None:
            self.failed.emit(refusal)
            return
        assert model is not None
        assert source is not None
        assert sink is not None
        for player in self._others:
            player.pause()
        self.engine.start(LiveRequest(model.entry.folder, source, sink, reserve))
        self._n_polls = 0
        self._poll.start()
        self._set_state(self.engine.state)

    def _refusal(
        self, model: LiveModel | None, source: LiveDevice | None, sink: LiveDevice | None
    ) -> StemscopeError | None:
        if model is None:
            return ModelError(
                "No installed model can separate live sound: all of them hear ahead. Install a "
                "causal model, or train one."
            )
        if model.refusal is not None:
            return model.refusal
        if self._player.backend.module is None:
            return self._player.backend.unavailable_reason
        if source is None:
            return no_input_error()
        if sink is None:
            return DeviceError(
                "No sound output was found. Connect headphones or speakers, then look for devices "
                "again."
            )
        return None

    @Slot()
    def stop(self) -> None:
        """Stop; the devices are given back a moment later."""
        self.engine.ask_to_stop()

    @Slot()
    def halt(self) -> None:
        """Stop, and wait until the devices are given back."""
        if not self.is_on:
            return
        if not self.engine.stop():
            self.failed.emit(
                DeviceError("A sound device does not answer. Start Stemscope again to use it.")
            )
        self._finish()

    def hear(self, heard: str, faders_db: dict[str, float]) -> None:
        """See ``app.live.balance.gains_of``."""
        self.engine.hear(heard, faders_db)

    def figures(self) -> LiveFigures:
        return self.engine.figures()

    def shutdown(self) -> None:
        self.halt()
        backend = self._player.backend
        if self.halt in backend.before_refresh:
            backend.before_refresh.remove(self.halt)

    @Slot()
    def _on_poll(self) -> None:
        state = self.engine.state
        if state is LiveState.STOPPED:
            error = self.engine.error
            self._finish()
            if error is not None:
                self.failed.emit(sentence_of(error))
            return
        self._set_state(state)
        if state is LiveState.RUNNING:
            self.ticked.emit()
            self._n_polls += 1
            if self._n_polls % _FIGURES_EVERY == 0:
                self.figures_changed.emit(self.engine.figures())

    def _finish(self) -> None:
        self._poll.stop()
        self.figures_changed.emit(self.engine.figures())
        self._set_state(LiveState.STOPPED)

    def _set_state(self, state: LiveState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    @Slot(object)
    def _on_player_state(self, state: PlayerState) -> None:
        if state is not PlayerState.STOPPED:
            self.stop()


def usable(models: Sequence[LiveModel]) -> list[LiveModel]:
    """Those that can separate live."""
    return [model for model in models if model.refusal is None]
