"""Tables of rows that were measured on singers whom their trainings left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from core.reproduction.results import Results
from core.reproduction.rows import Row, Table
from core.reproduction.unheard import (
    SingerFigures,
    UnheardResult,
    unheard_difference,
    unheard_result,
)

LEGEND = (
    "GNSDR of each singer by a training that never heard her or him, then the mean of both, and "
    "how much higher it is than that of the first row, paired clip by clip, with the 95 % "
    "bootstrap interval over songs: two singers say little about a third. Minutes are processor "
    "time of one training."
)


def unheard_markdown(table: Table, results: Results) -> str:
    """The table for people, under a heading."""
    singers = table.rows[0].unheard
    found = [unheard_result(results, row) for row in table.rows]
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [LEGEND, ""]
    measured = _measured(found, singers)
    if measured:
        lines += [measured, ""]
    head = ["row", "steps", "frames", "minutes", *singers, "GNSDR", "over the first row"]
    head += ["GSIR", "GSAR"]
    lines.append("| " + " | ".join(head) + " |")
    lines.append("|---|" + "---:|" * (len(head) - 1))
    for row, result in zip(table.rows, found, strict=True):
        cells = [row.label, *_cells(result, found[0], singers)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _measured(found: Iterable[UnheardResult | None], singers: Sequence[str]) -> str:
    """How many clips of each singer were measured, and which."""
    words = []
    for singer in singers:
        each = next((s for r in found if r for s in r.by_singer if s.singer == singer), None)
        if each is not None:
            names = [clip.name for clip in each.record.clips]
            words.append(f"{len(names)} clips of {singer}, {names[0]} to {names[-1]}")
    return f"Measured on {'; '.join(words)}; all are named in the rows' files." if words else ""


def _cells(
    result: UnheardResult | None, first: UnheardResult | None, singers: Sequence[str]
) -> list[str]:
    if result is None:
        return ["", "", "", *("" for _ in singers), "not made", "", "", ""]
    by_singer = {each.singer: each for each in result.by_singer}
    own = [
        f"{by_singer[s].figures.gnsdr_db:.2f}" if s in by_singer else "not made" for s in singers
    ]
    facts = [_facts(each) for each in result.by_singer]
    minutes = [fact["processor_s"] / 60 for fact in facts if fact["processor_s"] is not None]
    cells = [
        _range([fact["steps"] for fact in facts]),
        _range([fact["frames"] for fact in facts]),
        f"{sum(minutes) / len(minutes):.1f}" if minutes else "",
        *own,
    ]
    mean = result.mean
    if mean is None:
        return [*cells, "", "", "", ""]
    gnsdr, gsir, gsar = (f"{value:.2f}" for value in (mean.gnsdr_db, mean.gsir_db, mean.gsar_db))
    return [*cells, f"**{gnsdr}**", _over(result, first), gsir, gsar]


def _over(result: UnheardResult, first: UnheardResult | None) -> str:
    if first is None or first.row == result.row:
        return ""
    found = unheard_difference(result, first)
    if found is None:
        return ""
    text = f"{found.mean_db:+.2f}"
    if found.interval is not None:
        text += f" ({found.interval.low:+.2f} to {found.interval.high:+.2f})"
    return text


def _facts(each: SingerFigures) -> dict[str, Any]:
    """Steps, frames and processor time of a training."""
    training = each.record.training
    optimiser = training.get("recipe", {}).get("optimiser", {})
    steps = int(training.get("steps", 0))
    per_step = optimiser.get("batch_sequences", 0) * optimiser.get("sequence_frames", 0)
    processor_s = training.get("processor_seconds")
    return {"steps": steps, "frames": steps * per_step, "processor_s": processor_s}


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{low} to {high}"


def unheard_dict(row: Row, results: Results) -> dict[str, Any]:
    """A row for programs."""
    result = unheard_result(results, row)
    table: dict[str, Any] = {
        "label": row.label,
        "method": row.method,
        "mask": row.mask,
        "unheard": list(row.unheard),
        "published": None,
        "ours": None,
    }
    if result is not None:
        table["ours"] = {
            **(asdict(result.mean) if result.mean else {}),
            "by_singer": [_singer_dict(each) for each in result.by_singer],
        }
    return table


def _singer_dict(each: SingerFigures) -> dict[str, Any]:
    return {
        "singer": each.singer,
        **asdict(each.figures),
        "clips": [clip.name for clip in each.record.clips],
        "n_left_out": len(each.record.left_out),
        "key": each.record.key,
        **_facts(each),
        "seconds": each.record.training.get("seconds"),
        "made": each.record.made,
    }
