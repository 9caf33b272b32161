"""Imports point one way: core stands alone, and only computing needs torch."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import core

WINDOW_PACKAGES = ("PySide6", "shiboken6", "pyqtgraph", "sounddevice", "app")

# Makes every import of the named packages fail, as if they were not installed.
BLOCK = """
import sys
class Blocker:
    names = {names!r}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError("blocked: " + name, name=name)
sys.meta_path.insert(0, Blocker())
"""


def loaded_modules(code: str) -> set[str]:
    """Names of the top-level packages that are loaded after ``code`` ran in a fresh Python."""
    ending = "\nimport json, sys\nprint(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-c", code + ending], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def import_lines(names: list[str]) -> str:
    return "\n".join(f"import {name}" for name in names)


def submodules(package: str, path: list[str]) -> list[str]:
    return [info.name for info in pkgutil.walk_packages(path, package + ".")]


def test_core_imports_without_window_and_sound_device() -> None:
    names = submodules("core", list(core.__path__))
    assert "core.separator" in names
    code = BLOCK.format(names=WINDOW_PACKAGES) + import_lines(["core", *names])
    assert not loaded_modules(code) & set(WINDOW_PACKAGES)


def test_torch_free_core_imports_where_torch_is_missing() -> None:
    free = [
        "errors",
        "audio",
        "card",
        "export",
        "features",
        "masks",
        "models",
        "spectrogram",
        "stft",
    ]
    code = BLOCK.format(names=("torch",)) + import_lines([f"core.{name}" for name in free])
    assert "torch" not in loaded_modules(code)


def test_command_line_starts_without_qt_and_torch() -> None:
    loaded = loaded_modules("import app.cli")
    assert not loaded & {"PySide6", "pyqtgraph", "sounddevice", "torch", "matplotlib"}


def test_widgets_and_player_start_without_torch() -> None:
    import app.audio
    import app.panels
    import app.spectrogram

    names = [
        name
        for package in (app.audio, app.panels, app.spectrogram)
        for name in submodules(package.__name__, list(package.__path__))
    ]
    assert names
    assert "torch" not in loaded_modules(import_lines(names))
