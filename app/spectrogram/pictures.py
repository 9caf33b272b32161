"""The layers of a song by name, computed on a grid that can be changed while they are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QObject, Signal

from app.spectrogram.layers import Layer, LayerAdvanced, LayerBuilder, LayerFailed, MaskLayer
from app.spectrogram.runner import Runner, StopCheck
from core.audio.source import Audio
from core.spectrogram import Analysis


class Pictures(QObject):
    """What the panes show. Signals that are computed anew lie ``over`` what was shown before.

    The layers before rest ``under`` the new ones until these are whole, so that no part of a
    picture is lost meanwhile. Masks have the grid of their model.
    """

    advanced = Signal(object)  # LayerAdvanced
    failed = Signal(object)  # an exception: no disk space, for example
    changed = Signal()  # layers came, went or were exchanged by themselves
    progressed = Signal(object)  # the share of the new pictures that is there; None: none are made
    given_up = Signal(object)  # the Analysis that holds again, since the new one failed

    def __init__(self, runner: Runner, visible: Callable[[], tuple[float, float]]) -> None:
        super().__init__()
        self.layers: dict[str, Layer] = {}
        self.under: dict[str, Layer] = {}
        self.analysis = Analysis()
        self._order: tuple[str, ...] = ()
        self._gone: list[Layer] = []
        self._runner = runner
        self._builder = LayerBuilder(runner, visible)
        self._builder.advanced.connect(self._on_advanced)
        self._builder.failed.connect(self._on_failed)
        self._total = 0  # samples that the new pictures had to do
        self._is_making = False

    @property
    def idle(self) -> bool:
        return self._builder.idle

    def all_layers(self) -> list[Layer]:
        """Those shown from the first pane to the last, then those under them."""
        shown = [self.layers[name] for name in self._order if name in self.layers]
        return [*shown, *self.under.values()]

    def complete(self, name: str) -> Layer | None:
        """The layer of a pane that lacks nothing, as long as another one is being computed."""
        return self.under.get(name) or self.layers.get(name)

    def set_order(self, names: Sequence[str]) -> None:
        """The panes from top to bottom; forgets all layers."""
        self._order = tuple(names)
        self._gone += [*self.layers.values(), *self.under.values()]
        self.layers, self.under = {}, {}

    def set_audio(self, name: str, audio: Audio | None) -> None:
        """Another signal, of which nothing is known yet."""
        self._set(name, None if audio is None else Layer(name, audio, self.analysis))

    def set_mask(self, name: str, layer: MaskLayer | None) -> None:
        self._set(name, layer)

    def _set(self, name: str, layer: Layer | None) -> None:
        self._gone += [each.pop(name) for each in (self.layers, self.under) if name in each]
        if layer is not None:
            self.layers[name] = layer

    def start(self) -> None:
        """Compute what there is to do for the layers of now, and forget the others."""
        shown = [self.layers[name] for name in self._order if name in self.layers]
        self._builder.set_layers(shown, tuple(self.under.values()))
        self._tell()

    def let_go(self) -> None:
        """Have the files of layers that nothing shows any more deleted in the pool.

        Those of long songs take a tenth of a second.
        """
        if self._gone:
            self._runner(_Held(self._gone).let_go, _ignore)
            self._gone = []

    def stop(self) -> None:
        self._builder.set_layers([])

    def request(self, names: Collection[str], start: int, stop: int) -> None:
        """Samples of these signals, or frames of a mask, are there now or have changed."""
        for name in names:
            if name in self.under:  # it may be shown again
                self.under[name].note(start, stop)
            if name in self.layers:
                self._builder.request(self.layers[name], start, stop)

    def set_analysis(self, analysis: Analysis) -> None:
        """Compute all signals anew with another window or hop, what is visible first."""
        self.analysis = analysis
        signals = [name for name, layer in self.layers.items() if not isinstance(layer, MaskLayer)]
        moved = [name for name in signals if not self.layers[name].has_grid(analysis)]
        if not moved:
            return
        for name in moved:
            layer = self.layers[name]
            before = self.under.pop(name, layer)
            if before is not layer:
                self._gone.append(layer)
            if before is not layer and before.has_grid(analysis):
                self.layers[name] = before
                continue
            self.layers[name], self.under[name] = layer.anew(analysis), before
        self._total = sum(self.layers[name].to_do.size for name in self.under)
        self._is_making = True
        self.changed.emit()

    def drop_covered(self, is_settled: Callable[[int], bool]) -> None:
        """Let go what lies under layers that are whole, if these are painted: ``is_settled``."""
        done = [
            name
            for name in self.under
            if not self._builder.n_left(layer := self.layers[name]) and is_settled(layer.layer_id)
        ]
        self._gone += [self.under.pop(name) for name in done]
        if done:
            self.changed.emit()

    def _tell(self) -> None:
        if not self._is_making:
            return
        self._is_making = bool(self.under)
        left = sum(self._builder.n_left(self.layers[name]) for name in self.under)
        share = 1 - left / max(1, self._total)
        self.progressed.emit(min(max(share, 0.0), 1.0) if self._is_making else None)

    def _on_advanced(self, advanced: LayerAdvanced) -> None:
        self.advanced.emit(advanced)
        self._tell()

    def _on_failed(self, failure: LayerFailed) -> None:
        if failure.layer.name in self.under:
            self.analysis = self.under[failure.layer.name].analysis
            self._gone += [self.layers[name] for name in self.under]
            self.layers.update(self.under)
            self.under.clear()
            self.given_up.emit(self.analysis)
            self.changed.emit()
        self.failed.emit(failure.error)


class _Held:
    """Layers that nobody else holds for long, to be let go in a thread of the pool."""

    def __init__(self, layers: list[Layer]) -> None:
        self._layers = layers

    def let_go(self, _should_stop: StopCheck) -> None:
        self._layers.clear()


def _ignore(_result: object) -> None:
    pass
