"""What the command line says: progress bars, plain lines where there is no terminal, errors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

PLAIN_INTERVAL_S = 5.0
"""At most this often does a long stage say a line where there is no terminal."""

Update = Callable[[str, float], None]
"""Takes the stage in words and the fraction of the whole item that is done."""


class Display(Protocol):
    """Shows how far the items of a command are."""

    def item(self, name: str) -> Update:
        """Begin the next item; the one before is over."""

    def say(self, text: str) -> None:
        """A line of results, to stdout."""

    def complain(self, text: str) -> None:
        """A line about what went wrong, to stderr."""


@contextmanager
def progress_display(n_items: int, verb: str = "Songs") -> Iterator[Display]:
    """Bars on a terminal, else plain lines on stderr, for ``n_items`` songs or clips."""
    if not sys.stderr.isatty():
        yield PlainDisplay()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[stage]}", markup=False),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
        # results for a pipe must reach it, not the terminal that shows the bars
        redirect_stdout=sys.stdout.isatty(),
    )
    with progress:
        yield BarDisplay(progress, n_items, verb)


class PlainDisplay:
    """One line when an item begins a stage, and one now and then while it lasts."""

    def item(self, name: str) -> Update:
        last_stage = ""
        last_said = 0.0

        def update(stage: str, fraction: float) -> None:
            nonlocal last_stage, last_said
            now = time.monotonic()
            if stage == last_stage and now - last_said < PLAIN_INTERVAL_S:
                return
            last_stage, last_said = stage, now
            print(f"{name}: {stage}, {100 * fraction:.0f} %", file=sys.stderr, flush=True)

        return update

    def say(self, text: str) -> None:
        print(text, flush=True)

    def complain(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class BarDisplay:
    """A bar for the item in work and, where there are several, one for all of them."""

    def __init__(self, progress: object, n_items: int, verb: str) -> None:
        from rich.progress import Progress

        assert isinstance(progress, Progress)
        self._progress = progress
        self._item = progress.add_task("", total=1.0, stage="", visible=False)
        self._n_begun = 0
        self._all = None
        if n_items > 1:
            self._all = progress.add_task(verb, total=float(n_items), stage=f"0 of {n_items}")
        self._n_items = n_items

    def item(self, name: str) -> Update:
        n_before = self._n_begun
        self._n_begun += 1
        self._progress.reset(self._item, description=_shortened(name), stage="", visible=True)

        def update(stage: str, fraction: float) -> None:
            self._progress.update(self._item, completed=fraction, stage=stage)
            if self._all is not None:
                self._progress.update(
                    self._all,
                    completed=n_before + fraction,
                    stage=f"{n_before + 1} of {self._n_items}",
                )

        return update

    def say(self, text: str) -> None:
        print(text, flush=True)

    def complain(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _shortened(name: str, n_characters: int = 32) -> str:
    return name if len(name) <= n_characters else name[: n_characters - 1] + "…"
