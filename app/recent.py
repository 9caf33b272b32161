"""The songs opened lately, remembered between runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

N_RECENT = 12
RECENT_KEY = "recent_files"


class Memory(Protocol):
    """What a session remembers between runs; a ``dict`` will do."""

    def get(self, key: str, default: Any = None, /) -> Any: ...

    def __setitem__(self, key: str, value: Any, /) -> None: ...


class RecentSongs:
    """A list of paths in ``memory``, the latest first."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def paths(self) -> list[Path]:
        """Those that are still there."""
        return [path for path in map(Path, self._names()) if path.is_file()]

    def add(self, path: Path) -> None:
        names = [str(path), *(name for name in self._names() if name != str(path))]
        self._memory[RECENT_KEY] = names[:N_RECENT]

    def clear(self) -> None:
        self._memory[RECENT_KEY] = []

    def _names(self) -> list[str]:
        value = self._memory.get(RECENT_KEY, None)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
