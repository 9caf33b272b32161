"""Cycles die in the GUI thread, never in a worker."""

from __future__ import annotations

import gc
import threading

import pytest
from PySide6.QtCore import QObject

from app.garbage import GarbageCollector


class Knot(QObject):
    """An object in a cycle that notes the thread it dies in."""

    def __init__(self, deaths: list[threading.Thread]) -> None:
        super().__init__()
        self.itself = self
        self._deaths = deaths

    def __del__(self) -> None:
        self._deaths.append(threading.current_thread())


@pytest.fixture
def collector(qapp):
    collector = GarbageCollector()
    yield collector
    collector.stop()
    assert gc.isenabled()


def test_cycles_die_in_the_gui_thread(qtbot, collector) -> None:
    deaths: list[threading.Thread] = []
    for _ in range(50):
        Knot(deaths)

    def allocate() -> None:
        for _ in range(20):
            keep = [[] for _ in range(5000)]
            del keep

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert deaths == []
    pressure = [[] for _ in range(5000)]
    collector._timer.setInterval(1)
    qtbot.waitUntil(lambda: len(deaths) == 50)
    assert set(deaths) == {threading.main_thread()}
    assert len(pressure) == 5000
