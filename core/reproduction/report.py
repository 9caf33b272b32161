"""What came of it, for people (``results.md``) and for programs (``results.json``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.intervals import LEVEL, Interval, group_clips
from core.reproduction.findings import RULE, findings
from core.reproduction.published import PUBLISHED, SOURCES, Figures
from core.reproduction.results import LAYOUT, Results, RowResult
from core.reproduction.rows import Row, Table
from core.reproduction.unheard_table import unheard_dict, unheard_markdown
from core.reproduction.units import FORMAT, Settings
from core.whole_file import whole_file, write_json

MARKDOWN_FILE = "results.md"
JSON_FILE = "results.json"

NAMES = ("GNSDR", "GSIR", "GSAR")


@dataclass(frozen=True)
class Report:
    """All that is said of a reproduction.

    ``made`` is ``machine.made_here()`` of the writing; ``problems`` are rows that failed, each a
    sentence; ``n_missing`` rows are still to be made; ``test_measurements`` are those of each model
    on the test clips, ``Records.test_measurements()``.
    """

    tables: Sequence[Table]
    results: Results
    settings: Settings
    command: str
    data: str
    made: dict[str, Any]
    problems: Sequence[str] = ()
    n_missing: int = 0
    test_measurements: Mapping[str, int] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write both files, replacing earlier ones; ``OutputError`` if the disk refuses."""
        write_json(folder / JSON_FILE, self.as_dict())
        with whole_file(folder / MARKDOWN_FILE) as temporary:
            temporary.write_text(self.markdown(), encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and lists."""
        clips = self.results.clips
        grouping = group_clips([clip.name for clip in clips], LAYOUT)
        return {
            "format": FORMAT,
            "title": "The tables of Huang et al. 2014 made again",
            "made": self.made,
            "command": self.command,
            "data": self.data,
            "settings": asdict(self.settings),
            "n_test_clips": len(clips),
            "test_minutes": round(sum(clip.duration_s for clip in clips) / 60, 2),
            "n_groups": grouping.n_groups,
            "groups": grouping.unit,
            "level": LEVEL,
            "n_missing_rows": self.n_missing,
            "test_measurements": dict(self.test_measurements),
            "problems": list(self.problems),
            "tables": [self._table_dict(table) for table in self.tables],
            "finding_rule": RULE,
            "findings": [
                {"claim": f.claim, "verdict": f.verdict, "details": f.details}
                for f in findings(self.results)
            ],
            "published_sources": SOURCES,
        }

    def _table_dict(self, table: Table) -> dict[str, Any]:
        return {
            "name": table.name,
            "title": table.title,
            "note": table.note,
            "rows": [
                unheard_dict(row, self.results)
                if row.unheard
                else _row_dict(row, self.results.of(row))
                for row in table.rows
            ],
        }

    def markdown(self) -> str:
        """The tables and findings for people."""
        parts = [_heading(self), *(self._table(t) for t in self.tables if t.rows)]
        if any(not table.leaves_singers_out for table in self.tables):
            parts.append(_findings_section(self.results))
        parts.append(_notes(self))
        return "\n\n".join(part for part in parts if part) + "\n"

    def _table(self, table: Table) -> str:
        if table.leaves_singers_out:
            return unheard_markdown(table, self.results)
        number = f"Table {table.name}: " if table.name.isdigit() else ""
        lines = [f"## {number}{table.title}", ""]
        if table.note:
            lines += [table.note, ""]
        head = ["row", "seeds"]
        for name in NAMES:
            head += [name, "published"]
        lines.append("| " + " | ".join(head) + " |")
        lines.append("|---|---:|" + "---:|" * (2 * len(NAMES)))
        for row in table.rows:
            lines.append("| " + " | ".join(_cells(row, self.results.of(row))) + " |")
        return "\n".join(lines)


def _heading(report: Report) -> str:
    clips, made = report.results.clips, report.made
    grouping = group_clips([clip.name for clip in clips], LAYOUT)
    minutes = sum(clip.duration_s for clip in clips) / 60
    lines = ["# The tables of Huang et al. 2014 made again", ""]
    if report.settings.tiny:
        lines += ["**A trial with tiny networks and a few steps: these figures mean nothing.**", ""]
    if report.n_missing:
        lines += [f"Not complete: {report.n_missing} rows are still to be made.", ""]
    figures = "BSS Eval v3 of the voice in dB, voice and accompaniment of a clip at unit energy; "
    figures += "means weighted by clip length."
    if clips:
        figures += (
            f" On {len(clips)} test clips ({minutes:.1f} minutes, {grouping.n_groups} "
            f"{grouping.unit}), if nothing else is said. In brackets the 95 % bootstrap interval "
            f"(percentile, over {grouping.unit}); ± half the range of the seeds."
        )
    lines += [
        figures,
        "",
        f"- Budget: {_budget(report)}",
        f"- Seeds: {report.settings.n_seeds} where the paper claims an order, else 1",
        f"- Machine: {made['processor']}, {made['n_cores']} cores, {made['system']}; "
        f"Python {made['python']}, torch {made['torch']}",
        f"- Date: {made['date']}; Stemscope {made['stemscope']}"
        + (f", commit {made['commit']}" if made["commit"] else ""),
        f"- Command: `{report.command}`",
        f"- Data: {report.data}",
        f"- Measurements on the test clips: {_measurements(report.test_measurements)}",
    ]
    return "\n".join(lines)


def _budget(report: Report) -> str:
    """Steps and time of the trainings, from their records."""
    records = [
        record
        for table in report.tables
        for row in table.rows
        if row.is_trained and not row.unheard
        for result in [report.results.of(row)]
        if result is not None
        for record in result.records
    ]
    if not records:
        return "none yet of those on all singers"
    trained = {record.key: record.training for record in records}.values()
    adam = [t for t in trained if t["recipe"]["optimiser"]["method"] != "lbfgs"]
    words = []
    if adam:
        optimiser = adam[0]["recipe"]["optimiser"]
        words.append(
            f"{_range([t['steps'] for t in adam])} Adam steps of {optimiser['batch_sequences']} "
            f"sequences of {optimiser['sequence_frames']} frames"
        )
    lbfgs = [t["recipe"]["optimiser"]["lbfgs_iterations"] for t in trained if t not in adam]
    if lbfgs:
        words.append(f"{_range(lbfgs)} L-BFGS iterations")
    minutes = [t["seconds"] / 60 for t in trained]
    words.append(
        f"{min(minutes):.1f} to {max(minutes):.1f} minutes a training on one thread, "
        f"{len(minutes)} trainings, {sum(minutes) / 60:.1f} hours"
    )
    return "; ".join(words)


def _measurements(counts: Mapping[str, int]) -> str:
    """How often which models were measured on the test clips in this folder."""
    if not counts:
        return "none"
    several = [f"{name} ({n})" for name, n in counts.items() if n > 1]
    text = f"{sum(counts.values())} of {len(counts)} models in this folder"
    return text + (f"; more than once: {', '.join(several)}" if several else ", each once")


def _range(values: Iterable[int]) -> str:
    low, high = min(values := list(values)), max(values)
    return f"{low}" if low == high else f"{low} to {high}"


def _cells(row: Row, result: RowResult | None) -> list[str]:
    published = PUBLISHED.get(row.published)
    if result is None:
        ours = ["" if not row.method else "not made"] + [""] * 2
        seeds = ""
    else:
        n_seeds = len(result.by_seed)
        seeds = f"{n_seeds}" if row.is_trained else ""
        if n_seeds < result.n_wanted_seeds:
            seeds += f" of {result.n_wanted_seeds}"
        spread = result.gnsdr_spread_db
        mean = result.mean
        ours = [
            _with_interval(mean.gnsdr_db, result.gnsdr_interval, spread),
            _with_interval(mean.gsir_db, result.gsir_interval),
            _with_interval(mean.gsar_db, result.gsar_interval),
        ]
    cells = [row.label, seeds]
    for value, known in zip(ours, _published(published), strict=True):
        cells += [value, known]
    return cells


def _with_interval(value: float, interval: Interval | None, spread: float | None = None) -> str:
    text = f"**{value:.2f}**"
    if spread is not None:
        text += f" ± {spread / 2:.2f}"
    if interval is not None:
        text += f" ({interval.low:.2f} to {interval.high:.2f})"
    return text


def _published(figures: Figures | None) -> list[str]:
    if figures is None:
        return ["", "", ""]
    return [f"{v:.2f}" for v in (figures.gnsdr_db, figures.gsir_db, figures.gsar_db)]


def _findings_section(results: Results) -> str:
    lines = ["## The paper's findings", "", RULE, ""]
    for finding in findings(results):
        rest = f" {finding.details}" if finding.details else ""
        lines.append(f"- {finding.claim}: **{finding.verdict}**.{rest}")
    return "\n".join(lines)


def _notes(report: Report) -> str:
    lines = ["## Notes", ""]
    lines.append(
        "- Published columns are blank where the published figure is not at hand. Those given: "
        + "; ".join(dict.fromkeys(SOURCES.values()))
        + "."
    )
    for problem in report.problems:
        lines.append(f"- {problem}")
    return "\n".join(lines)


def _row_dict(row: Row, result: RowResult | None) -> dict[str, Any]:
    published = PUBLISHED.get(row.published)
    table: dict[str, Any] = {
        "label": row.label,
        "method": row.method,
        "mask": row.mask,
        "published": asdict(published) if published else None,
        "ours": None,
    }
    if result is not None:
        table["ours"] = {
            **asdict(result.mean),
            "gnsdr_interval": _pair(result.gnsdr_interval),
            "gsir_interval": _pair(result.gsir_interval),
            "gsar_interval": _pair(result.gsar_interval),
            "n_seeds": len(result.by_seed),
            "n_wanted_seeds": result.n_wanted_seeds,
            "by_seed": [{"seed": s.seed, **asdict(s.figures)} for s in result.by_seed],
            "n_clips": len(result.clips),
            "n_left_out": result.n_left_out,
            "trainings": [
                {
                    "key": record.key,
                    "steps": record.training.get("steps"),
                    "seconds": record.training.get("seconds"),
                    "made": record.made,
                }
                for record in result.records
            ],
        }
    return table


def _pair(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
