"""The system libraries that Stemscope uses on Linux: which are missing, and how to get them.

Qt draws with the system's OpenGL, fonts and X11 libraries, and sounddevice plays through the
system's PortAudio; no wheel brings these on Linux. On Windows and macOS the wheels are complete.
Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """One thing to look for, and the package that brings it on each kind of Linux.

    ``probe`` is ``lib:NAME`` (a shared library that the loader finds), ``command:NAME`` or
    ``file:FOLDER:…:NAME`` (a file anywhere below one of these folders); ``purpose`` is
    ``window``, ``sound``, ``fonts`` or ``tests``.
    """

    purpose: str
    probe: str
    debian: str
    fedora: str
    arch: str


NEEDS = (
    Need("window", "lib:libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Need("window", "lib:libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Need("window", "lib:libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Need("window", "lib:libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Need("window", "lib:libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Need("window", "lib:libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need(
        "window", "lib:libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"
    ),
    Need("window", "lib:libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Need("window", "lib:libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Need(
        "window",
        "lib:libxcb-keysyms.so.1",
        "libxcb-keysyms1",
        "xcb-util-keysyms",
        "xcb-util-keysyms",
    ),
    Need(
        "window",
        "lib:libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Need("window", "lib:libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Need("window", "lib:libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Need("window", "lib:libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    Need(
        "window",
        "lib:libxkbcommon-x11.so.0",
        "libxkbcommon-x11-0",
        "libxkbcommon-x11",
        "libxkbcommon-x11",
    ),
    Need("sound", "lib:libportaudio.so.2", "libportaudio2", "portaudio", "portaudio"),
    Need(
        "fonts",
        "file:/usr/share/fonts/:DejaVuSans.ttf",
        "fonts-dejavu-core",
        "dejavu-sans-fonts",
        "ttf-dejavu",
    ),
    Need(
        "fonts",
        "file:/usr/share/fonts/:NotoSans*CJK*",
        "fonts-noto-cjk",
        "google-noto-sans-cjk-fonts",
        "noto-fonts-cjk",
    ),
    Need("tests", "command:pulseaudio", "pulseaudio", "pulseaudio", "pulseaudio"),
    Need("tests", "command:parec", "pulseaudio-utils", "pulseaudio-utils", "libpulse"),
    Need(
        "tests",
        "file:/usr/lib*/alsa-lib:/usr/lib/*/alsa-lib:libasound_module_pcm_pulse.so",
        "libasound2-plugins",
        "alsa-plugins-pulseaudio",
        "alsa-plugins",
    ),
)

WHAT_IS_LOST = {
    "window": "the window may not open (the command line works)",
    "sound": "nothing is heard (everything else works)",
    "fonts": "some letters may be missing on the screen",
    "tests": "the tests that listen to a sound device are skipped",
}


def loader_libraries() -> str:
    """What the dynamic loader knows, as ``ldconfig -p`` lists it; empty where it cannot be run."""
    for command in ("ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            return subprocess.run([command, "-p"], capture_output=True, text=True).stdout
        except OSError:
            continue
    return ""


def is_present(probe: str, libraries: str) -> bool:
    """Whether a ``Need.probe`` is met; ``libraries`` is what ``loader_libraries`` returned."""
    kind, *folders, name = probe.split(":")
    if kind == "lib":
        return f"\t{name} " in libraries
    if kind == "command":
        return shutil.which(name) is not None
    # os.walk does not follow links: system folders hold loops of them.
    return any(
        fnmatch.filter(files, name)
        for pattern in folders
        for folder in glob.iglob(pattern)
        for _, _, files in os.walk(folder)
    )


def missing_needs(purposes: Iterable[str]) -> list[Need]:
    """Those of NEEDS that this machine lacks; none on systems other than Linux."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = set(purposes)
    libraries = loader_libraries()
    if not libraries:  # no way to tell: say nothing rather than ask for what is there
        return []
    return [
        need for need in NEEDS if need.purpose in wanted and not is_present(need.probe, libraries)
    ]


def as_root(command: Sequence[str], question: str) -> bool:
    """Run a command that needs root: directly as root, else through sudo after asking.

    Never asks where nobody can answer (no terminal). True if it ran and succeeded.
    """
    prefix: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return False
        try:
            if input(f"{question} [Y/n] ").strip().lower() not in ("", "y", "yes"):
                return False
        except EOFError:
            return False
        prefix = ["sudo"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run([*prefix, *command], env=environment).returncode == 0


def apt_install(packages: Sequence[str]) -> bool:
    """Install Debian packages, after asking where that takes sudo; True on success."""
    install = "apt-get install -y --no-install-recommends " + " ".join(packages)
    # A fresh machine has no package lists; an update that fails (no network) may still be enough.
    script = f"apt-get update -q || true; {install}"
    return as_root(["sh", "-c", script], f"Install {', '.join(packages)} with sudo apt-get?")


def install_hint(needs: Sequence[Need]) -> str:
    """The command that installs ``needs`` on this machine, in words."""
    managers = (
        ("apt-get", "sudo apt-get install", [need.debian for need in needs]),
        ("dnf", "sudo dnf install", [need.fedora for need in needs]),
        ("pacman", "sudo pacman -S", [need.arch for need in needs]),
    )
    for program, command, packages in managers:
        if shutil.which(program):
            return f"{command} {' '.join(dict.fromkeys(packages))}"
    libraries = ", ".join(need.probe.rpartition(":")[2] for need in needs)
    return f"your package manager should bring {libraries}"


def ensure_libraries(purposes: Iterable[str], declined: Iterable[str] = ()) -> list[str]:
    """Install what is missing where that is possible, and say what is lost where it is not.

    ``declined`` are the Debian names that were already asked for in vain: they are not asked for
    again. Returns those that are missing still.
    """
    purposes = tuple(purposes)
    needs = missing_needs(purposes)
    asked_before = {need.debian for need in needs} <= set(declined)
    if needs and not asked_before and shutil.which("apt-get"):
        names = [need.debian for need in needs]
        print(f"Missing system packages: {' '.join(names)}", flush=True)
        apt_install(names)
        needs = missing_needs(purposes)
    if needs:
        print(f"Going on without some system packages. To add them: {install_hint(needs)}")
        for purpose in dict.fromkeys(need.purpose for need in needs):
            print(f"  Until then {WHAT_IS_LOST[purpose]}.", flush=True)
    return [need.debian for need in needs]
