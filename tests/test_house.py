"""The house itself: what is listed is there, what is there is listed, and the set-up scripts."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def load_script(name: str) -> ModuleType:
    """A script of packaging/, which is no package, as a module."""
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    load_script("system_libraries")
    module = load_script("setup_env")
    monkeypatch.setattr(module, "VENV", tmp_path / "venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / "venv" / "stamp.json")
    (tmp_path / "venv").mkdir()
    return module


@pytest.fixture
def installs(setup_env: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The pip calls that were made, with an environment whose Python is this one's."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup_env, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(setup_env, "venv_version", lambda: "3.11.7")
    monkeypatch.setattr(setup_env, "pip", lambda *arguments: calls.append(arguments))
    monkeypatch.delenv("TORCH_INDEX", raising=False)
    return calls


def test_every_package_is_listed(project: dict) -> None:
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("app", "core", "resources")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == folders


def test_every_module_lies_in_a_package() -> None:
    for top in ("app", "core"):
        for path in (ROOT / top).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), f"{path} would not be installed"


def test_packaging_is_no_package() -> None:
    # It would shadow the library of that name.
    assert not (PACKAGING / "__init__.py").exists()


def test_files_are_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for top in ("app", "core", "packaging")
        for path in (ROOT / top).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert not long


def test_version_is_the_installed_one(project: dict) -> None:
    from importlib.metadata import version

    assert version("stemscope") == project["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {project['project']['version']}" in changelog


def test_notices_name_every_dependency(project: dict) -> None:
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8").lower()
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[<>=!\[ ]", requirement)[0].lower()
        assert name in notices.replace("-", "_") or name in notices, name


def test_first_installation_pins_torch_before_the_rest(
    setup_env: ModuleType, installs: list[tuple[str, ...]]
) -> None:
    setup_env.install_python_packages()
    torch, project = installs
    assert torch[:2] == ("install", setup_env.torch_requirement())
    assert "--editable" in project
    assert "--constraint" in project


def test_second_installation_does_nothing(
    setup_env: ModuleType, installs: list[tuple[str, ...]]
) -> None:
    setup_env.install_python_packages()
    installs.clear()
    setup_env.install_python_packages()
    assert not installs


def test_interrupted_installation_is_done_again(
    setup_env: ModuleType, installs: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: str) -> None:
        raise KeyboardInterrupt

    setup_env.install_python_packages()
    with monkeypatch.context() as patch:
        patch.setattr(setup_env, "setup_key", lambda version: "another key")
        patch.setattr(setup_env, "pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            setup_env.install_python_packages()
    installs.clear()
    setup_env.install_python_packages()
    assert len(installs) == 2


def test_another_torch_index_replaces_torch_and_is_kept(
    setup_env: ModuleType, installs: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup_env.install_python_packages()
    installs.clear()
    monkeypatch.setenv("TORCH_INDEX", "https://example.org/cuda")
    setup_env.install_python_packages()
    assert installs[0][0] == "uninstall"
    assert installs[1][-1] == "https://example.org/cuda"
    installs.clear()
    monkeypatch.delenv("TORCH_INDEX")
    setup_env.install_python_packages()
    assert not installs


def test_missing_libraries_are_named_with_a_command(
    setup_env: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    libraries = sys.modules["system_libraries"]
    sound = [need for need in libraries.NEEDS if need.purpose == "sound"]
    monkeypatch.setattr(libraries, "missing_needs", lambda purposes: sound)
    assert libraries.ensure_libraries(("sound",), declined=["libportaudio2"]) == ["libportaudio2"]
    said = capsys.readouterr().out
    assert "portaudio" in said
    assert "nothing is heard" in said


@pytest.mark.skipif(sys.platform == "win32", reason="make of Unix")
@pytest.mark.parametrize("name", ["with space.wav", "Ünïcödé 歌.flac", "a$b'c\"d.mp3"])
def test_song_names_reach_the_program_unchanged(name: str, tmp_path: Path) -> None:
    """The Makefile's own line that hands on SONG, with a recipe that shows what arrives."""
    line = next(
        text
        for text in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if text.startswith("export STEMSCOPE_SONG")
    )
    makefile = tmp_path / "Makefile"
    shown = "import os; print(os.environ['STEMSCOPE_SONG'])"
    makefile.write_text(f'{line}\nrun:\n\t@"{sys.executable}" -X utf8 -c "{shown}"\n', "utf-8")
    result = subprocess.run(
        ["make", "-s", "-f", str(makefile), "run", f"SONG={name}"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert result.stdout.strip() == name, result.stderr
