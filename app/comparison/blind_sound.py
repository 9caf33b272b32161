"""Two versions of one stretch, heard in turn at the same place and equally loud."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from app.audio.player import Player, PlayerState
from app.comparison.trials import Heard
from app.tasks import TaskHandle, TaskPool
from app.training.sound import SidePlayer
from core.audio import Audio
from core.loudness import loudness

LANES = {Heard.A: "blind:a", Heard.B: "blind:b"}


@dataclass(frozen=True)
class Pair:
    """One stem of a song as two models made it, and the samples in which both are compared."""

    mixture: Audio
    a: Audio
    b: Audio
    loop: tuple[int, int]


@dataclass(frozen=True)
class Match:
    """How loud both are over the loop in LUFS, and what makes them equal."""

    a_lufs: float
    b_lufs: float

    @property
    def is_possible(self) -> bool:
        """Not where one of them is silent."""
        return math.isfinite(self.a_lufs) and math.isfinite(self.b_lufs)

    @property
    def gains_db(self) -> dict[Heard, float]:
        """The louder one is turned down, so that nothing clips."""
        apart = self.a_lufs - self.b_lufs
        return {Heard.A: min(0.0, -apart), Heard.B: min(0.0, apart)}


class PairPlayer(SidePlayer):
    """Both versions run side by side; one of them is heard."""

    def choose(self, lane: str) -> None:
        """Hear this one: a crossfade of 8 ms in place, at one stroke."""
        for name in LANES.values():
            self._strips[name].soloed = name == lane
        self._apply_targets()


class BlindSound(QObject):
    """Plays a loop of A or B on a player of its own; that of the songs only rests meanwhile.

    Neither sources nor strips, loop and place of the songs' player are touched; ``leave`` lets it
    play on if it did.
    """

    playing_changed = Signal(bool)
    measured = Signal(object)  # Match
    failed = Signal(object)  # StemscopeError or Failure

    def __init__(
        self,
        main: Player,
        player: PairPlayer,
        pool: TaskPool,
        master_db: float,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._main, self.player, self._pool = main, player, pool
        self._played_before = main.playing
        self._handle: TaskHandle | None = None
        self.player.set_master_db(master_db)
        self.player.state_changed.connect(self._on_state_changed)
        self.player.failed.connect(self.failed)
        self.player.device_lost.connect(self.failed)
        main.pause()

    @property
    def playing(self) -> bool:
        return self.player.playing

    def take(self, pair: Pair) -> None:
        """Go on with this pair, from the loop's start; ``measured`` follows."""
        self.player.pause()
        stems = {LANES[Heard.A]: pair.a, LANES[Heard.B]: pair.b}
        self.player.set_sources(pair.mixture, stems, pair.mixture.n_samples)
        self.player.set_loop(pair.loop)
        self.player.seek(pair.loop[0])
        self._drop()
        self._handle = self._pool.submit(_measuring(pair), priority=5)
        self._handle.finished.connect(self._on_measured)
        self._handle.failed.connect(self._on_failed)

    def hear(self, heard: Heard) -> None:
        """Hear A or B from now on."""
        self.player.choose(LANES[heard])

    def play(self) -> None:
        self.player.play()

    def toggle(self) -> None:
        self.player.toggle()

    def leave(self) -> None:
        """Give the device back to the songs' player, which goes on as it was."""
        self._drop()
        self.player.close()
        self.player.set_sources(None, {})
        if self._played_before:
            self._main.play()

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()

    @Slot(object)
    def _on_measured(self, match: Match) -> None:
        if self.sender() is not self._handle:
            return
        self._handle = None
        if match.is_possible:
            for heard, gain_db in match.gains_db.items():
                self.player.set_gain_db(LANES[heard], gain_db)
        self.measured.emit(match)

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        if self.sender() is self._handle:
            self._handle = None
            self.failed.emit(failure)

    @Slot(object)
    def _on_state_changed(self, state: PlayerState) -> None:
        self.playing_changed.emit(state is not PlayerState.STOPPED)


def _measuring(pair: Pair) -> Callable[[object, object], Match]:
    def task(_progress: object, _should_stop: object) -> Match:
        return Match(loudness(pair.a, *pair.loop), loudness(pair.b, *pair.loop))

    return task
