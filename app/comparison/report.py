"""What came of a blind test, in words, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.comparison.blind_sound import Match
from app.comparison.trials import BlindTest, Heard
from app.formats import clock, decibels, stem_text
from app.i18n import tr
from core.whole_file import whole_file, write_json

FORMAT = "stemscope-blind-test"
VERSION = 1


@dataclass(frozen=True)
class Circumstances:
    """What was compared: titles of song and models, source, seconds of the loop."""

    song: str
    models: tuple[str, str]
    source: str
    loop_s: tuple[float, float]
    match: Match
    told_each: bool
    """Whether each answer was judged at once, rather than all at the end."""


def score(test: BlindTest) -> str:
    """``12 of 16 right. By guessing, that many or more are right once in 26 tests.``"""
    n_right, n_trials, p = test.n_right, len(test.trials), test.p_value
    if n_trials == 0:
        return tr("Nothing was answered.")
    if p <= 0.5:
        return tr(
            "{right} of {n} right. Who guesses gets so many, or more, once in {tests} tests "
            "(p = {p}).",
            right=n_right,
            n=n_trials,
            tests=f"{round(1 / p):,}".replace(",", " "),
            p=_figure(p),
        )
    return tr(
        "{right} of {n} right. Who guesses gets so many, or more, in {share} of all tests "
        "(p = {p}).",
        right=n_right,
        n=n_trials,
        share=f"{100 * p:.0f} %",
        p=_figure(p),
    )


def _figure(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def text(test: BlindTest, facts: Circumstances) -> str:
    """The result as some lines to paste anywhere."""
    a, b = facts.models
    gains = facts.match.gains_db
    lines = [
        tr("Blind test (ABX): {song}", song=facts.song),
        tr(
            "{stem}, {start} to {stop}",
            stem=tr(stem_text(facts.source)),
            start=clock(facts.loop_s[0]),
            stop=clock(facts.loop_s[1]),
        ),
        tr("A: {model}, {gain}", model=a, gain=decibels(gains[Heard.A])),
        tr("B: {model}, {gain}", model=b, gain=decibels(gains[Heard.B])),
        score(test),
    ]
    if len(test.trials) < test.n_trials:
        lines.append(
            tr("Ended after {n} of {planned} trials.", n=len(test.trials), planned=test.n_trials)
        )
    return "\n".join(lines) + "\n"


def table(test: BlindTest, facts: Circumstances) -> dict[str, Any]:
    """Everything as plain values."""
    gains = facts.match.gains_db
    return {
        "format": FORMAT,
        "version": VERSION,
        "song": facts.song,
        "source": facts.source,
        "loop_s": [round(edge, 6) for edge in facts.loop_s],
        "a": {
            "model": facts.models[0],
            "loudness_lufs": round(facts.match.a_lufs, 3),
            "gain_db": round(gains[Heard.A], 3),
        },
        "b": {
            "model": facts.models[1],
            "loudness_lufs": round(facts.match.b_lufs, 3),
            "gain_db": round(gains[Heard.B], 3),
        },
        "told_after_each_answer": facts.told_each,
        "planned_trials": test.n_trials,
        "answered_trials": len(test.trials),
        "right": test.n_right,
        "p_value_one_sided": test.p_value,
        "trials": [
            {"x": str(trial.x_was), "answer": str(trial.answer), "right": trial.is_right}
            for trial in test.trials
        ],
    }


def write(path: Path, test: BlindTest, facts: Circumstances) -> None:
    """Write JSON, or CSV with a line for each trial; ``OutputError`` if the disk refuses."""
    if path.suffix.lower() != ".csv":
        write_json(path, table(test, facts))
        return
    whole = table(test, facts)
    common = [
        whole["song"], whole["source"], *whole["loop_s"], whole["a"]["model"],
        whole["a"]["gain_db"], whole["b"]["model"], whole["b"]["gain_db"],
    ]  # fmt: skip
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        ["trial", "x", "answer", "right", "song", "source", "start_s", "stop_s", "model_a",
         "gain_a_db", "model_b", "gain_b_db"]
    )  # fmt: skip
    for number, trial in enumerate(whole["trials"], 1):
        writer.writerow([number, trial["x"], trial["answer"], int(trial["right"]), *common])
    with whole_file(path) as temporary:
        temporary.write_text(file.getvalue(), encoding="utf-8")
