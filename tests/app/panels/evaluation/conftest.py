"""The sound device that the tests of the page drive by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture
def hand_backend(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """A device that takes a block when the test pumps it."""
    folder = Path(__file__).resolve().parents[2]
    for plugin in request.config.pluginmanager.get_plugins():
        if getattr(plugin, "__file__", None) == str(folder / "conftest.py"):
            return plugin.HandBackend()
    raise LookupError(f"{folder} has no hand-driven device in {sorted(sys.modules)[:0]}")
