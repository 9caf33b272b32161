"""What the panes show: one layer per signal or mask, computed piece by piece off the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import count

from PySide6.QtCore import QObject, Signal

from app.spectrogram.runner import Runner, StopCheck
from app.spectrogram.spans import Spans
from core.audio.source import Audio
from core.errors import Cancelled
from core.spectrogram import (
    Analysis,
    EnvelopePyramid,
    FrequencyScale,
    MaskLike,
    MaskPyramid,
    RowMap,
    SpectrogramPyramid,
)
from core.spectrogram.difference_pyramid import DifferencePyramid

PIECE_CHUNKS = 8  # per job: 24 s of sound at 44.1 kHz, about a tenth of a second of work
PIECE_FRAMES = 8192  # per job of a mask
_ids = count(1)


class Layer:
    """One signal's pyramid, with what of it is still to be computed (in samples)."""

    def __init__(
        self,
        name: str,
        audio: Audio,
        analysis: Analysis = Analysis(),  # noqa: B008 (plain values that nobody changes)
    ) -> None:
        self.layer_id = next(_ids)
        self.name = name
        self.audio = audio
        self.analysis = analysis
        pyramid = SpectrogramPyramid(audio.n_samples, audio.sample_rate, analysis=analysis)
        self.pyramid: SpectrogramPyramid | MaskPyramid = pyramid
        self.envelope: EnvelopePyramid | None = EnvelopePyramid(audio.n_samples, audio.sample_rate)
        self.units_per_s = float(audio.sample_rate)
        self.piece = PIECE_CHUNKS * pyramid.chunk_columns * pyramid.hop_samples
        self.told = Spans()  # all that was ever to do
        self.to_do = Spans()
        self.known = Spans()  # columns computed so far
        self.revision = 0
        self.closed = threading.Event()

    def anew(self, analysis: Analysis) -> Layer:
        """The same signal, to be computed on another grid; its outline is shared."""
        other = Layer(self.name, self.audio, analysis)
        other.envelope = self.envelope
        other.told, other.to_do = self.told.copy(), self.told.copy()
        return other

    def has_grid(self, analysis: Analysis) -> bool:
        """Whether this is the picture that ``analysis`` gives."""
        pyramid = self.pyramid
        assert isinstance(pyramid, SpectrogramPyramid)
        grid = pyramid.window_samples, pyramid.hop_samples
        return grid == analysis.grid(pyramid.sample_rate)

    def note(self, start: int, stop: int) -> None:
        """A part of the signal became known or changed."""
        self.told.add(start, stop)
        self.to_do.add(start, stop)

    def compute(self, start: int, stop: int, should_stop: StopCheck) -> tuple[int, int]:
        """Bring samples ``start`` to ``stop`` up to date; returns the columns changed."""
        assert isinstance(self.pyramid, SpectrogramPyramid)
        assert self.envelope is not None
        self.envelope.update(self.audio, start, stop, should_stop)
        return self.pyramid.update(self.audio, start, stop, should_stop)

    def row_map(self, scale: FrequencyScale, n_rows: int) -> RowMap:
        """How the bins of this layer become rows on a scale."""
        return RowMap(scale, n_rows, self.pyramid.bin_hz, self.pyramid.n_bins)


class MaskLayer(Layer):
    """A mask's pyramid; what is to be computed is counted in frames."""

    def __init__(self, name: str, mask: MaskLike) -> None:
        self._begin(name, MaskPyramid(mask))

    def _begin(self, name: str, pyramid: MaskPyramid | DifferencePyramid) -> None:
        self.layer_id = next(_ids)
        self.name = name
        self.pyramid: MaskPyramid | DifferencePyramid = pyramid
        self.envelope = None
        self.units_per_s = 1 / self.pyramid.column_s
        self.piece = PIECE_FRAMES
        self.told = Spans()
        self.to_do = Spans()
        self.known = Spans()  # columns computed so far
        self.revision = 0
        self.closed = threading.Event()

    def compute(self, start: int, stop: int, should_stop: StopCheck) -> tuple[int, int]:
        return self.pyramid.update(start, stop, should_stop)

    def row_map(self, scale: FrequencyScale, n_rows: int) -> RowMap:
        bins = self.pyramid.n_model_bins
        return RowMap(scale, n_rows, self.pyramid.bin_hz, bins, combine="mean", above=True)


class DifferenceLayer(MaskLayer):
    """The difference of two masks; what is to be computed is counted in columns."""

    def __init__(self, name: str, pyramid: DifferencePyramid) -> None:
        self._begin(name, pyramid)


@dataclass(frozen=True)
class LayerAdvanced:
    """Columns of a layer that were computed."""

    layer: Layer
    first_column: int
    last_column: int


@dataclass(frozen=True)
class LayerFailed:
    """A layer that cannot be computed further, and why."""

    layer: Layer
    error: Exception


class LayerBuilder(QObject):
    """Computes what layers have to do, one piece at a time, what is on screen first.

    They take turns: a long mixture, known at once, does not keep the stems from being drawn.
    """

    advanced = Signal(object)  # LayerAdvanced
    failed = Signal(object)  # LayerFailed: no disk space, for example; it stays as far as it got

    def __init__(self, runner: Runner, visible: Callable[[], tuple[float, float]]) -> None:
        super().__init__()
        self._runner = runner
        self._visible = visible
        self._layers: list[Layer] = []
        self._known: list[Layer] = []  # these and the resting ones
        self._served: list[Layer] = []  # the latest last
        self._at_work: Layer | None = None
        self._n_at_work = 0
        self._busy = False

    @property
    def idle(self) -> bool:
        return not self._busy and not any(layer.to_do for layer in self._layers)

    def set_layers(self, layers: Sequence[Layer], resting: Collection[Layer] = ()) -> None:
        """The layers that matter, most urgent first; work for others is dropped.

        Nothing is begun for ``resting`` ones, but they may come back.
        """
        for layer in self._known:
            if layer not in layers and layer not in resting:
                layer.closed.set()
        self._layers = list(layers)
        self._known = [*layers, *resting]
        self._served = [layer for layer in self._served if layer in self._known]
        self.start()

    def n_left(self, layer: Layer) -> int:
        """What is to be computed of a layer, with the piece that is at work."""
        return layer.to_do.size + (self._n_at_work if layer is self._at_work else 0)

    def request(self, layer: Layer, start: int, stop: int) -> None:
        """Note that a part of a layer's signal became known or changed."""
        layer.note(start, stop)
        self.start()

    def start(self) -> None:
        """Start the next piece unless one is running."""
        if self._busy:
            return
        start_s, stop_s = self._visible()
        seen = {
            layer: (int(start_s * layer.units_per_s), int(stop_s * layer.units_per_s) + 1)
            for layer in self._layers
            if layer.to_do
        }
        turn = {layer: place for place, layer in enumerate(self._served, 1)}
        order = sorted(
            seen.items(), key=lambda x: (not x[0].to_do.touches(*x[1]), turn.get(x[0], 0))
        )
        for layer, prefer in order:
            piece = layer.to_do.take(layer.piece, prefer)
            if piece is not None:
                self._busy, self._at_work = True, layer
                self._n_at_work = piece[1] - piece[0]
                self._served = [x for x in self._served if x in self._layers and x is not layer]
                self._served.append(layer)
                self._runner(_piece_work(layer, *piece), self._on_piece_done)
                return

    def _on_piece_done(self, result: object) -> None:
        self._busy, self._at_work = False, None
        if isinstance(result, LayerAdvanced) and not result.layer.closed.is_set():
            result.layer.revision += 1
            result.layer.known.add(result.first_column, result.last_column)
            self.advanced.emit(result)
        elif isinstance(result, LayerFailed) and not result.layer.closed.is_set():
            result.layer.to_do.clear()  # one report, not one for each piece
            self.failed.emit(result)
        self.start()


def _piece_work(layer: Layer, start: int, stop: int) -> Callable[[StopCheck], object]:
    def work(should_stop: StopCheck) -> object:
        try:
            columns = layer.compute(start, stop, lambda: layer.closed.is_set() or should_stop())
        except Cancelled:
            return None
        except Exception as error:
            return LayerFailed(layer, error.with_traceback(None))
        return LayerAdvanced(layer, *columns)

    return work
