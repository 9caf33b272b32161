"""Shared by all tests: Qt offscreen before anything imports it, and the folder of audio."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyside6")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real recordings; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("STEMSCOPE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "mir1k").is_dir():
        pytest.skip(f"no audio in {folder} (set STEMSCOPE_DATA)")
    return folder
