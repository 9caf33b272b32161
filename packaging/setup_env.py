"""Set up everything Stemscope needs in a virtual environment, once.

``python packaging/setup_env.py [--tests]`` makes ``.venv``, installs the pinned PyTorch and then
the project with its libraries, and sees to the system libraries. A stamp in the environment
remembers what was installed from, so that a second call returns at once; an interrupted
installation leaves no valid stamp and is done again. Standard library only, Python 3.11 or newer.

Environment variables: ``VENV`` (folder, default ``.venv``), ``TORCH_INDEX`` (a package index to
take PyTorch from, for example one with CUDA builds).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import system_libraries

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / os.environ.get("VENV", ".venv")
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / "stemscope-setup.json"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_CUDA_INDEX = "https://download.pytorch.org/whl/cu130"


def say(text: str) -> None:
    print(f"stemscope: {text}", flush=True)


def venv_version() -> str | None:
    """Version of the environment's own Python, or None where there is no working one."""
    if not PYTHON.exists() or not (VENV / "pyvenv.cfg").exists():
        return None
    command = [str(PYTHON), "-c", "import platform; print(platform.python_version())"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def setup_key(python_version: str) -> str:
    """Hash of all that an installation depends on: requirements, Python, this script, place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [
        json.dumps(project["build-system"], sort_keys=True),
        json.dumps(project["project"], sort_keys=True),
        json.dumps(project["tool"]["setuptools"], sort_keys=True),
        Path(__file__).read_text(encoding="utf-8"),
        python_version,
        str(ROOT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp: dict[str, Any]) -> None:
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    os.replace(part, STAMP)


def make_venv() -> None:
    """Make the environment (anew if an old one is broken), with pip."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        say(f"this Python cannot make virtual environments; {package} is missing")
        if not (shutil.which("apt-get") and system_libraries.apt_install([package])):
            sys.exit(f"Please install {package} (for example: sudo apt-get install {package}).")
    if VENV.exists() and any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").exists():
        sys.exit(f"{VENV} exists and is no virtual environment; move it away or set VENV.")
    say(f"making {VENV}")
    result = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if result.returncode != 0:
        sys.exit("The virtual environment could not be made; see the lines above.")


def pip(*arguments: str) -> None:
    """Run the environment's pip; ends the program with its message if it fails."""
    command = [str(PYTHON), "-m", "pip", *arguments, "--disable-pip-version-check"]
    # The build of the project itself warns at length about what is meant.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
        sys.exit("The installation failed; see the lines above. Run the same command to try again.")


def torch_requirement() -> str:
    """The project's own pin of PyTorch, as in ``torch==1.2.3``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return next(text for text in project["dependencies"] if text.startswith("torch=="))


def install_torch(torch_index: str, previous_index: str) -> None:
    """Install the pinned PyTorch: from ``torch_index`` if given, else the build for the CPU."""
    requirement = torch_requirement()
    if torch_index:
        if torch_index != previous_index:
            pip("uninstall", "--yes", "torch")
        pip("install", requirement, "--index-url", torch_index)
        return
    if shutil.which("nvidia-smi"):
        say(f"there is an NVIDIA GPU; to use it: make run TORCH_INDEX={TORCH_CUDA_INDEX}")
    if sys.platform.startswith("linux"):
        # Elsewhere the usual index has the CPU build; here it would bring gigabytes of CUDA. Where
        # the CPU index cannot be reached, pip goes on with the others.
        pip("install", requirement, "--extra-index-url", TORCH_CPU_INDEX, "--retries", "1")
    else:
        pip("install", requirement)


def install_python_packages() -> None:
    """Bring the environment up to date; does nothing when the stamp says that it is."""
    stamp, version = read_stamp(), venv_version()
    torch_index = os.environ.get("TORCH_INDEX", "")
    previous_index = stamp.get("torch_index", "")
    wanted_index = torch_index or previous_index
    if version and stamp.get("key") == setup_key(version) and wanted_index == previous_index:
        return
    if version is None:
        make_venv()
        version = venv_version() or sys.exit(f"{PYTHON} does not run; remove {VENV}, try again.")
    write_stamp({**stamp, "key": "unfinished"})
    if subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode:
        subprocess.run([str(PYTHON), "-m", "ensurepip", "--upgrade"], check=True)
    say("installing PyTorch and the libraries (the first time takes some minutes)")
    install_torch(wanted_index, previous_index)
    with tempfile.TemporaryDirectory() as folder:
        # No library may pull in another PyTorch than the one the models were made and tested with.
        constraints = Path(folder, "constraints.txt")
        constraints.write_text(torch_requirement() + "\n", encoding="utf-8")
        pip("install", "--editable", f"{ROOT}[dev]", "--constraint", str(constraints))
    write_stamp({**stamp, "key": setup_key(version), "torch_index": wanted_index})


def main() -> None:
    tests = "--tests" in sys.argv[1:]
    install_python_packages()
    stamp = read_stamp()
    purposes = ("window", "sound", "fonts", *(("tests",) if tests else ()))
    missing = system_libraries.ensure_libraries(purposes, stamp.get("declined", ()))
    if missing != stamp.get("declined", []):
        write_stamp({**stamp, "declined": missing})


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
