"""Undo and redo without an end."""

from __future__ import annotations

from dataclasses import dataclass

from core.editing.edited import MaskState


@dataclass(frozen=True)
class _Entry:
    label: str
    state: MaskState


class EditHistory:
    """The states that a mask went through, each under the label of the step that led to it.

    States share what they have in common, so that a step costs little more than what it added.
    Entry 0 is the beginning, which cannot be undone.
    """

    def __init__(self, state: MaskState | None = None, label: str = "") -> None:
        self._entries = [_Entry(label, state or MaskState())]
        self._index = 0
        self._open_key: object = None

    @property
    def state(self) -> MaskState:
        """The state as it is now."""
        return self._entries[self._index].state

    @property
    def index(self) -> int:
        """Which entry that is."""
        return self._index

    @property
    def entries(self) -> tuple[str, ...]:
        """All labels, those that were undone included."""
        return tuple(entry.label for entry in self._entries)

    @property
    def was_used(self) -> bool:
        """Whether there was any step, even if it was undone."""
        return len(self._entries) > 1

    @property
    def can_undo(self) -> bool:
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        return self._index < len(self._entries) - 1

    def push(self, label: str, state: MaskState, merge_key: object = None) -> None:
        """A step to ``state``. What was undone before it is gone.

        Steps that follow each other with the same ``merge_key`` become one, such as those of a
        slider that is being dragged.
        """
        entry = _Entry(label, state)
        if merge_key is not None and merge_key == self._open_key:
            self._entries[self._index] = entry
            return
        del self._entries[self._index + 1 :]
        self._entries.append(entry)
        self._index += 1
        self._open_key = merge_key

    def seal(self) -> None:
        """The step is over: the next one is an entry of its own, whatever its ``merge_key``."""
        self._open_key = None

    def undo(self) -> MaskState:
        """One step back, if there is one; the state there."""
        return self.go_to(self._index - 1)

    def redo(self) -> MaskState:
        """One step forward again, if one was undone; the state there."""
        return self.go_to(self._index + 1)

    def go_to(self, index: int) -> MaskState:
        """To any entry, or the one nearest to ``index``; the state there."""
        self.seal()
        self._index = max(0, min(index, len(self._entries) - 1))
        return self.state
