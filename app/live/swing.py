"""How far what waits for the output goes up and down, since sound comes and goes in bursts."""

from __future__ import annotations

SETTLE_S, WINDOW_S = 0.4, 2.0


class Swing:
    """Watches the frames written and asked for, and says how much of them is only a swing.

    A driver hands over several blocks at once and then nothing for a while, and computing takes
    longer at times: what waits for the output rises and falls, whatever its mean. Only what is
    left when it is lowest is a reserve. For the thread of the output alone.
    """

    def __init__(self, rate: int) -> None:
        self._settle, self._window = int(SETTLE_S * rate), int(WINDOW_S * rate)
        self._asked = self._since = self._begun = 0
        self._low = self._high = self._there = 0
        self._before: int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether enough was seen to go by."""
        return self._begun >= self._settle

    @property
    def n_frames(self) -> int:
        """From the lowest to the highest, over the last few seconds."""
        return max(self._before or 0, self._high - self._low)

    @property
    def n_above(self) -> int:
        """How far the latest is above the lowest, over the last few seconds."""
        return self._there - self._low

    def watch(self, written: int, n_frames: int) -> None:
        """``n_frames`` are asked for when ``written`` have ever come; before the first, nothing."""
        if not written:
            return
        self._there = there = written - self._asked
        if not self._since or self._since >= self._window:
            if self._since:
                self._before = self._high - self._low
            self._low = self._high = there
            self._since = 0
        self._low, self._high = min(self._low, there), max(self._high, there)
        self._asked += n_frames
        self._since += n_frames
        self._begun += n_frames

    def begin_again(self) -> None:
        """Sound was interrupted, or began: what was seen lately was no swing, but for the first."""
        if self._before is None:
            self._before = self._high - self._low
        self._low = self._high = self._since = 0
