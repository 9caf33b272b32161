"""The wheel is complete: built, installed into an empty environment and used from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a clean copy of the tree (setuptools writes beside its sources)."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY_NOTICES.md"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    for top in ("app", "core", "resources"):
        for path in (ROOT / top).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                target = source / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    run(*pip, *options, source, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that has the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    packages = run(
        scripts / "python",
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
        cwd=folder,
    )
    target = Path(packages.strip())
    install = ("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python")
    run(*pip, *install, wheel, cwd=folder)
    # Listed after its own site-packages, and without reading .pth files there: an editable
    # installation of this checkout stays out of sight.
    (target / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts


def test_wheel_holds_everything(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for top in ("app", "core", "resources"):
        for path in (ROOT / top).rglob("*"):
            relative = path.relative_to(ROOT)
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            if any(part.startswith(".") for part in relative.parts):
                continue
            assert relative.as_posix() in names, f"{relative} is not in the wheel"
    assert not any(name.startswith(("tests/", "packaging/")) for name in names)


def test_command_line_runs_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import app; print(app.__file__)", cwd=tmp_path)
    assert not Path(where.strip()).is_relative_to(ROOT)
    assert run(installed / "stemscope-cli", "--version", cwd=tmp_path).strip().endswith("0.1.0")
    assert "paper" in run(installed / "stemscope-cli", "models", cwd=tmp_path).lower()


def test_resources_are_found_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.resources import files; r = files('resources');"
        "names = ['demo/demo.flac', 'icons/stemscope.svg', 'translations/zh_CN.json',"
        " 'recipes/paper.toml', 'models/paper/model.safetensors'];"
        "print([name for name in names if not (r / name).is_file()])"
    )
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == "[]"


def test_window_command_is_installed(installed: Path) -> None:
    suffix = ".exe" if sys.platform == "win32" else ""
    assert (installed / f"stemscope{suffix}").is_file()
