"""How torch is set up beside a window, or alone. No Qt here."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import platform
import sys
from pathlib import Path

MAX_THREADS = 4
"""The steps of a recurrent network are too small to be shared among many."""


def wait_passively() -> None:
    """Before torch is loaded: threads that spin while they wait take the time of those that work.

    They would take it from the player and the window too.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def prepare_torch() -> None:
    """Set what torch needs in this thread, before its first use there; cheap to call again."""
    wait_passively()
    _preload_torch()
    import torch

    torch.set_num_threads(n_compute_threads())


@functools.cache
def _preload_torch() -> None:
    """Let the system load torch's libraries while other threads run.

    An import holds the interpreter's lock while they are loaded, which stops the window for half
    a second; a foreign call does not. Where it does not work, the import does it.
    """
    if sys.platform == "win32" or "torch" in sys.modules:
        return  # on Windows torch is loaded before Qt
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return
    folder = Path(spec.submodule_search_locations[0]) / "lib"
    suffix = "dylib" if sys.platform == "darwin" else "so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
    for name in ("torch_cpu", "torch_cuda"):
        path = folder / f"lib{name}.{suffix}"
        if path.exists():
            dlopen(os.fsencode(path), os.RTLD_NOW | os.RTLD_LOCAL)


def n_compute_threads() -> int:
    """All but one of the physical cores that this process may use, and at least one.

    The one left is for the window, the player and the stages beside the network: where they must
    share, threads that wait for one another at every recurrent step make a song several times
    slower. At most ``MAX_THREADS`` and ``OMP_NUM_THREADS``.
    """
    return _at_most(_n_physical_cores() - 1)


def n_threads_without_window() -> int:
    """As ``n_compute_threads`` where nobody looks on: all of the physical cores."""
    return _at_most(_n_physical_cores())


def _at_most(n_threads: int) -> int:
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(wanted) if wanted.isdigit() and int(wanted) > 0 else MAX_THREADS
    return max(1, min(n_threads, MAX_THREADS, limit))


def _n_physical_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
        cores = set()
        for cpu in allowed:
            siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            try:
                cores.add(siblings.read_text().strip())
            except OSError:
                return len(allowed)
        return len(cores)
    n_logical = os.cpu_count() or 1
    return n_logical if n_logical <= 2 or platform.machine() == "arm64" else n_logical // 2
