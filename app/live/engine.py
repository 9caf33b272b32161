"""A live chain from start to stop: model, streams and the thread that computes. No Qt here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.audio.backend import Backend
from app.audio.input import LiveDevice
from app.live.balance import gains_of
from app.live.chain import Chain
from app.live.figures import Dropouts, Latency, LiveFigures
from app.live.loading import load_live_model
from app.live.picture import Picture
from app.live.priority import go_first
from app.live.streams import LiveStream, lost_error, open_stream
from core.audio import FloatArray
from core.errors import StemscopeError
from core.live import LiveSeparator

if TYPE_CHECKING:
    from core.live import CausalModel

RESERVES_S = {"small": 0.005, "medium": 0.02, "large": 0.08}
"""What is kept back against dropouts, by the name of the setting."""
_DEVICES_S = {"small": 0.01, "medium": 0.02, "large": 0.05}
_SILENT_DEVICE_S = 2.0
_WAIT_S = 0.1
_STOP_TIMEOUT_S = 5.0

ModelLoader = Callable[[Path], "CausalModel"]


class LiveState(Enum):
    STOPPED = "stopped"
    STARTING = "starting"
    """The model is loaded and the devices are opened."""
    RUNNING = "running"


@dataclass(frozen=True)
class LiveRequest:
    """What to separate live: the folder of a model, the devices, and a key of ``RESERVES_S``."""

    model: Path
    source: LiveDevice
    sink: LiveDevice
    reserve: str = "medium"


class LiveEngine:
    """Runs one live chain at a time. Methods are for one thread; ``state``, ``error``,
    ``figures`` and ``picture`` may be read by any.

    There is at most one error per run: then the chain has stopped, and says why.
    """

    def __init__(self, backend: Backend, load: ModelLoader = load_live_model) -> None:
        self._backend = backend
        self._load = load
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._heard: tuple[str, dict[str, float]] = ("voice", {})
        self._chain: Chain | None = None
        self._streams: tuple[LiveStream, LiveStream] | None = None
        self._began = 0.0
        self.state = LiveState.STOPPED
        self.error: BaseException | None = None

    def start(self, request: LiveRequest) -> None:
        """Load the model, open the devices and separate, in a thread of its own.

        What runs already ends before, without anybody's having to wait for it.
        """
        self.ask_to_stop()
        before = self._thread
        self._stopping = threading.Event()
        self.error = None
        self.state = LiveState.STARTING
        self._thread = threading.Thread(
            target=self._run,
            args=(request, self._stopping, before),
            name="stemscope-live",
            daemon=True,
        )
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Stop soon: ``state`` tells when the devices are free."""
        chain = self._chain
        self._stopping.set()
        if chain is not None:
            chain.abandon()

    def stop(self) -> bool:
        """Stop and give the devices back; False if a driver, or a model, would not let go."""
        thread = self._thread
        self.ask_to_stop()
        if thread is None:
            return True
        thread.join(_STOP_TIMEOUT_S)
        self._thread = None
        self.state = LiveState.STOPPED
        return not thread.is_alive()

    def hear(self, heard: str, faders_db: Mapping[str, float]) -> None:
        """What goes out, see ``gains_of``; at once where it runs."""
        self._heard = (heard, dict(faders_db))
        chain = self._chain
        if chain is not None:
            chain.balance.wanted = gains_of(heard, chain.separator.card.sources, faders_db)

    @property
    def picture(self) -> Picture | None:
        """What is drawn; there is a new one in each run."""
        return None if self._chain is None else self._chain.picture

    def figures(self) -> LiveFigures:
        """How it is going, or how it went at last."""
        chain, streams = self._chain, self._streams
        if chain is None or streams is None:
            return LiveFigures()
        source, sink = streams
        window_s = chain.n_behind / chain.rate_in
        total_s = chain.delay_s
        if total_s <= 0.0:  # nothing was heard yet: what it will be
            rest_s = chain.reserve_s
            total_s = source.device_s + window_s + rest_s + sink.device_s
        rest_s = max(0.0, total_s - source.device_s - window_s - sink.device_s)
        names = ("input", *chain.separator.card.sources, "output")
        return LiveFigures(
            chain.n_worked / chain.rate_in,
            Latency(total_s, source.device_s, window_s, rest_s, sink.device_s),
            Dropouts(chain.underruns, chain.overruns, chain.n_lost),
            chain.load,
            dict(zip(names, chain.meters.levels(), strict=True)),
        )

    # --- the thread -----------------------------------------------------------------------------

    def _run(
        self, request: LiveRequest, stopping: threading.Event, before: threading.Thread | None
    ) -> None:
        streams: list[LiveStream] = []
        error: BaseException | None = None
        if before is not None:
            before.join(_STOP_TIMEOUT_S)
        try:
            model = self._load(request.model)
            if not stopping.is_set():
                chain = self._open(request, model, streams)
                self._work(chain, streams, stopping)
        except BaseException as problem:  # whatever it is, the window says it and goes on
            error = problem
        for stream in streams:
            self._backend.close(stream)
        if self._stopping is stopping:  # no other run has begun meanwhile
            self.error = None if stopping.is_set() else error
            self.state = LiveState.STOPPED

    def _open(self, request: LiveRequest, model: CausalModel, streams: list[LiveStream]) -> Chain:
        """The chain between two open streams, which are added to ``streams``."""
        chains: list[Chain] = []

        def take_in(block: FloatArray, came_at: float, lost: bool) -> None:
            chains[0].take_in(block, came_at, lost)

        def give_out(block: FloatArray, heard_at: float, lost: bool) -> None:
            chains[0].give_out(block, heard_at, lost)

        go_first()  # and with this thread those that the drivers make now, to carry the sound
        source, sink = request.source, request.sink
        latency_s = _DEVICES_S[request.reserve]
        rates = [source.sample_rate, 48000, 44100]
        streams.append(open_stream(self._backend, "input", source, rates, latency_s, take_in))
        rates = [streams[0].rate, sink.sample_rate, 48000, 44100]
        streams.append(open_stream(self._backend, "output", sink, rates, latency_s, give_out))
        inside, outside = streams
        warm = LiveSeparator(model, inside.rate, inside.n_channels)
        warm.process(np.zeros((inside.n_channels, 4 * warm.stft.window_samples), np.float32))
        heard, faders_db = self._heard
        chain = Chain(
            LiveSeparator(model, inside.rate, inside.n_channels),
            outside.rate,
            outside.n_channels,
            gains_of(heard, model.card.sources, faders_db),
            RESERVES_S[request.reserve],
        )
        chains.append(chain)
        self._streams, self._chain = (inside, outside), chain
        self.hear(*self._heard)  # it may have changed since
        outside.start()
        inside.start()
        return chain

    def _work(self, chain: Chain, streams: list[LiveStream], stopping: threading.Event) -> None:
        if self._stopping is stopping:
            self.state = LiveState.RUNNING
        seen = [(-1, time.perf_counter()) for _ in streams]
        while not stopping.is_set():
            if chain.wait(_WAIT_S):
                chain.work()
            now = time.perf_counter()
            for k, stream in enumerate(streams):
                if stream.n_blocks != seen[k][0]:
                    seen[k] = (stream.n_blocks, now)
                if not stream.active or now - seen[k][1] > _SILENT_DEVICE_S:
                    raise lost_error(stream.device, "input" if k == 0 else "output")


def sentence_of(error: BaseException) -> StemscopeError:
    """What the user is told of an error, whether it was foreseen or not."""
    if isinstance(error, StemscopeError):
        return error
    return StemscopeError(
        "Live separation ended by a mistake in the program ({reason}). Start it again.",
        reason=str(error) or type(error).__name__,
    )
