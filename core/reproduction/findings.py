"""The paper's findings, each held against our figures by a rule that its sentence states.

A finding is confirmed if the difference of means over seeds that it claims has the claimed sign on
the test clips; it is called certain if the 95 % interval of that difference over singers leaves
out zero. Nothing is said of rows that were not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.reproduction.catalogue import ARCHITECTURES, TABLES
from core.reproduction.results import Difference, Results, RowResult, difference
from core.reproduction.rows import Row

CONFIRMED, NOT_CONFIRMED, NOT_MEASURED = "confirmed", "not confirmed", "not measured"

RULE = (
    "Confirmed: the claimed difference of GNSDR (or of the figure named), in the mean over seeds "
    "and weighted by clip length, has the claimed sign. Certain: its 95 % bootstrap interval over "
    "singers, paired clip by clip, leaves out zero. One seed where no number is given."
)


@dataclass(frozen=True)
class Finding:
    """What the paper claims, the verdict, and the numbers in words."""

    claim: str
    verdict: str
    details: str

    @property
    def sentence(self) -> str:
        return f"{self.claim}: {self.verdict}. {self.details}".strip()


@dataclass(frozen=True)
class _Comparison:
    """Rows whose mean should be above that of the others, and what to call it."""

    words: str
    above: tuple[Row, ...]
    below: tuple[Row, ...]
    figure: str = "nsdr_db"
    n_seeds: int | None = None


def findings(results: Results) -> list[Finding]:
    """All findings in the order of the tables."""
    return [make(results) for make in _FINDINGS]


def _row(table: str, label: str) -> Row:
    rows = next(t.rows for t in TABLES if t.name == table)
    return next(row for row in rows if row.label == label)


def _held(results: Results, claim: str, comparisons: Sequence[_Comparison]) -> Finding:
    """Confirmed if every comparison has the claimed sign."""
    signs: list[bool] = []
    words: list[str] = []
    for comparison in comparisons:
        above = [results.of(row, comparison.n_seeds) for row in comparison.above]
        below = [results.of(row, comparison.n_seeds) for row in comparison.below]
        known = [r for r in (*above, *below) if r is not None]
        if len(known) < len(above) + len(below):
            return Finding(claim, NOT_MEASURED, "")
        first, second = known[: len(above)], known[len(above) :]
        found = difference(first, second, comparison.figure)
        signs.append(found.mean_db > 0)
        words.append(f"{comparison.words} {_in_words(found, (*first, *second))}")
    verdict = CONFIRMED if all(signs) else NOT_CONFIRMED
    return Finding(claim, verdict, "; ".join(words) + ".")


def _in_words(found: Difference, rows: Sequence[RowResult]) -> str:
    text = f"{found.mean_db:+.2f} dB"
    if found.interval is not None:
        certain = "certain" if found.is_certain else "not certain"
        text += f" ({found.interval.low:+.2f} to {found.interval.high:+.2f}, {certain})"
    n_seeds = {len(row.by_seed) for row in rows if row.row.is_trained}
    if n_seeds and max(n_seeds) > 1:
        text += (
            f", {min(n_seeds)} to {max(n_seeds)} seeds"
            if len(n_seeds) > 1
            else (f", {max(n_seeds)} seeds")
        )
    return text


def _context(results: Results) -> Finding:
    three = (_row("1", "3 frames"),)
    return _held(
        results,
        "A context of 3 frames is the best of 1, 3 and 5",
        [
            _Comparison("3 over 1:", three, (_row("1", "1 frame"),)),
            _Comparison("3 over 5:", three, (_row("1", "5 frames"),)),
        ],
    )


def _shift(results: Results) -> Finding:
    none = (_row("2", "none"),)
    steps = [f"steps of {n} 000 samples" for n in (50, 25, 10)]
    return _held(
        results,
        "Circular shifts of the accompaniment improve on none",
        [_Comparison(f"{label}:", (_row("2", label),), none) for label in steps],
    )


def _smallest_step(results: Results) -> Finding:
    best = (_row("2", "steps of 10 000 samples"),)
    others = ("none", "steps of 50 000 samples", "steps of 25 000 samples")
    return _held(
        results,
        "Steps of 10 000 samples, the most data, are the best",
        [_Comparison(f"over {label}:", best, (_row("2", label),)) for label in others],
    )


def _outputs(results: Results) -> Finding:
    joint = (_row("3", "two sources with joint mask, soft mask"),)
    return _held(
        results,
        "The joint mask inside the network beats outputs without it",
        [
            _Comparison("over two sources:", joint, (_row("3", "two sources, soft mask"),)),
            _Comparison("over one source:", joint, (_row("3", "one source, soft mask"),)),
        ],
    )


def _recurrence(results: Results) -> Finding:
    dnn = (_row("4", "DNN, squared error"),)
    return _held(
        results,
        "Recurrence helps: every DRNN beats the DNN",
        [
            _Comparison(f"{label}:", (_row("4", f"{label}, squared error"),), dnn)
            for label in ("DRNN-1", "DRNN-2", "DRNN-3")
        ],
    )


def _best_architecture(results: Results) -> Finding:
    best = (_row("4", "DRNN-2, squared error"),)
    others = [label for label in ARCHITECTURES.values() if label != "DRNN-2"]
    return _held(
        results,
        "DRNN-2, with which the paper's best run was made, is the best architecture",
        [
            _Comparison(f"over {label}:", best, (_row("4", f"{label}, squared error"),))
            for label in others
        ],
    )


def _objective(results: Results) -> Finding:
    labels = ARCHITECTURES.values()
    return _held(
        results,
        "Squared error, with which the paper's best run was made, beats KL",
        [
            _Comparison(
                "mean of five architectures:",
                tuple(_row("4", f"{label}, squared error") for label in labels),
                tuple(_row("4", f"{label}, KL") for label in labels),
                n_seeds=1,
            )
        ],
    )


def _discrimination(results: Results) -> Finding:
    plain = (_row("5", "DRNN-2"),)
    discriminative = (_row("5", "DRNN-2 + discriminative"),)
    return _held(
        results,
        "Discriminative training raises GNSDR and GSIR and lowers GSAR (DRNN-2; published: "
        "+0.18, +1.10 and −0.31 dB)",
        [
            _Comparison("GNSDR:", discriminative, plain),
            _Comparison("GSIR:", discriminative, plain, "sir_db"),
            _Comparison("GSAR, plain over discriminative:", plain, discriminative, "sar_db"),
        ],
    )


def _beats_rpca(results: Results) -> Finding:
    network = (_row("5", "DRNN-2 + discriminative"),)
    return _held(
        results,
        "The network beats RPCA (published: by 4.30 dB)",
        [
            _Comparison("over the soft mask:", network, (_row("5", "RPCA, soft mask"),)),
            _Comparison("over the binary mask:", network, (_row("5", "RPCA, binary mask"),)),
        ],
    )


_FINDINGS: tuple[Callable[[Results], Finding], ...] = (
    _context,
    _shift,
    _smallest_step,
    _outputs,
    _recurrence,
    _best_architecture,
    _objective,
    _discrimination,
    _beats_rpca,
)
