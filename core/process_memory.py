"""How much memory this process takes, and the most it took."""

from __future__ import annotations

import os
import sys
from typing import Any


def resident_bytes() -> int | None:
    """Memory of this process that lies in the machine's own; None where the system keeps it back.

    On macOS the most it has been so far, which is all that the system tells without more ado.
    """
    try:
        if sys.platform == "win32":
            return int(_memory_counters().WorkingSetSize)
        if os.path.exists("/proc/self/statm"):
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        return _most_by_accounts()
    except (OSError, ValueError, ImportError, AttributeError):
        return None


def peak_bytes() -> int | None:
    """The most memory that this process has had so far; None where the system keeps it back."""
    try:
        if sys.platform == "win32":
            return int(_memory_counters().PeakWorkingSetSize)
        if os.path.exists("/proc/self/status"):
            # Not by the system's accounts: there a new process begins with what its parent had.
            with open("/proc/self/status", encoding="ascii") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        return int(line.split()[1]) * 1024
        return _most_by_accounts()
    except (OSError, ValueError, ImportError, AttributeError):
        return None


def _most_by_accounts() -> int:
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _memory_counters() -> Any:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    query = kernel.K32GetProcessMemoryInfo
    query.argtypes = [wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD]
    if not query(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb):
        raise OSError("the system does not say")
    return counters
