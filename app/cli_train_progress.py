"""How a training shows on the command line: epoch, loss, GNSDR and the time left."""

from __future__ import annotations

import time

from app.cli_console import BarDisplay, Display
from core.training.reports import EpochReport, StageReport, StepReport, TrainingReport

PLAIN_INTERVAL_S = 10.0
"""Without a terminal a line about training comes at most this often; the last epoch's always."""


class TrainingProgress:
    """Turns reports into the one item of ``display``."""

    def __init__(self, display: Display, title: str) -> None:
        self._update = display.item(title)
        self._is_live = isinstance(display, BarDisplay)
        self._said_at = float("-inf")
        self._began: tuple[float, int] | None = None  # when, and at which step
        self._validated: EpochReport | None = None
        self._fraction = 0.0

    def show(self, report: TrainingReport) -> None:
        """Take the next report of a training."""
        match report:
            case StageReport():
                if self._is_live:
                    done = f"{100 * report.fraction:.0f} %"
                    self._update(f"{report.stage}, {done}", self._fraction)
                elif self._began is None:
                    self._update(report.stage, 0.0)
            case StepReport():
                self._advance(report)
            case EpochReport():
                if report.gnsdr_db is not None:
                    self._validated = report
                self._advance(report)

    def _advance(self, report: StepReport | EpochReport) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = (now, report.step)
        self._fraction = report.step / max(1, report.n_steps)
        is_last = isinstance(report, EpochReport) and report.step >= report.n_steps
        if not (self._is_live or is_last or now - self._said_at >= PLAIN_INTERVAL_S):
            return
        facts = [f"epoch {report.epoch} of {report.n_epochs}", f"loss {report.loss:.4g}"]
        if self._validated is not None:
            facts.append(f"GNSDR {self._validated.gnsdr_db:.2f} dB")
        left_s = self._seconds_left(report, now)
        if left_s is not None and not is_last:
            facts.append(f"{duration(left_s)} left")
        self._said_at = now
        self._update(", ".join(facts), self._fraction)

    def _seconds_left(self, report: StepReport | EpochReport, now: float) -> float | None:
        """None before there is anything to go by."""
        assert self._began is not None
        began, first = self._began
        done = report.step - first
        return (now - began) / done * (report.n_steps - report.step) if done > 0 else None


def duration(seconds: float) -> str:
    """1:02:03, 2:03 or 0:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
