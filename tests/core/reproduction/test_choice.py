"""Rows that are measured on singers whom their trainings left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets import Clip, Part
from core.errors import UsageError
from core.reproduction.catalogue import TABLES, tables_called
from core.reproduction.choice import CHOICE
from core.reproduction.records import ClipFigures, Record
from core.reproduction.report import JSON_FILE, MARKDOWN_FILE, Report
from core.reproduction.results import Results
from core.reproduction.rows import Row
from core.reproduction.unheard import clips_of, unheard_difference, unheard_result
from core.reproduction.units import Settings, recipe_of, units_for
from core.training.recipe import find_recipe, shipped_recipes

SINGERS = ("abjones", "amy")
WHOLE = Row("U-Net", "choice/whole", unheard=SINGERS)
BANDS = Row("bands", "choice/bands", unheard=SINGERS)
NAMES = ("date", "processor", "system", "python", "torch", "stemscope", "commit")
MADE = {**dict.fromkeys(NAMES, ""), "n_cores": 2}

CHANGES = {
    "no-recurrence": {"paths": []},
    "bands": {"paths": ["bands"]},
    "all": {"paths": ["all"]},
    "half": {"widths": [12, 16, 32, 48], "band_units": 32, "all_units": 192},
    "no-pitch": {"pitch_semitones": 0.0, "formant_semitones": 0.0},
    "no-remix": {"own_accompaniment": 1.0},
    "magnitudes": {"spectra": "magnitude"},
    "front-end": {"front_end": "convolution"},
    "attention": {"attention_heads": 4},
}


def record(row: Row, singer: str, *figures_db: float) -> Record:
    """Clips of 1 s, 2 s and so on with these figures."""
    clips = tuple(
        ClipFigures(f"{singer}_{k}_01", k, value, value + 5, value + 3)
        for k, value in enumerate(figures_db, start=1)
    )
    training = {
        "recipe": {"optimiser": {"batch_sequences": 8, "sequence_frames": 128}},
        "steps": 400,
        "seconds": 500.0,
        "processor_seconds": 330.0,
    }
    return Record(
        row.method, row.label, 1, row.mask, "key", clips, training=training, unheard=singer
    )


def flat(name: str) -> dict[str, object]:
    table = find_recipe(f"choice/{name}").as_dict()
    sections = (table["network"]["arguments"], table["augmentation"], table["objective"])
    found = {key: value for section in sections for key, value in section.items()}
    optimiser = {k: v for k, v in table["optimiser"].items() if k != "steps"}
    return found | {"chunk": table["chunk"], "optimiser": optimiser}


@pytest.mark.parametrize("name", CHANGES)
def test_each_row_changes_one_thing(name: str) -> None:
    base = flat("drnn-2" if name in ("front-end", "attention") else "whole")
    assert {k: v for k, v in flat(name).items() if base.get(k) != v} == CHANGES[name]


def test_the_first_row_is_the_shipped_network() -> None:
    mine, shipped = find_recipe("choice/whole"), find_recipe("u-net")
    for part in ("network", "augmentation", "objective", "stft", "chunk", "level"):
        assert getattr(mine, part) == getattr(shipped, part)
    for name in ("drnn-2", "lstm"):
        other = find_recipe(f"choice/{name}")
        assert other.augmentation == shipped.augmentation
        assert other.objective == shipped.objective


def test_every_recipe_is_a_row_with_its_own_steps() -> None:
    names = {name for name in shipped_recipes() if name.startswith("choice/")}
    assert names == {row.method for row in CHOICE.rows}
    assert all(find_recipe(name).optimiser.steps > 0 for name in names)


def test_only_made_when_named() -> None:
    assert CHOICE not in tables_called(None)
    assert tables_called(["choice", "1"]) == (TABLES[0], CHOICE)


def test_one_training_without_each_singer() -> None:
    units = units_for([CHOICE], Settings(), "data")
    assert len(units) == 2 * len(CHOICE.rows)
    assert len({unit.key for unit in units}) == len(units)
    assert [unit.unheard for unit in units[:2]] == list(SINGERS)
    assert units[0].name == "choice-whole-without-abjones-seed1"
    assert units[0].title == "U-Net as shipped, without abjones"
    assert units[0].recipe is not None
    assert units[0].recipe.validation.singer == "abjones"
    # Whatever the test clips are, they play no part.
    assert units[0].measured_on("some") == units[0].measured_on("others")


def test_budgets_keep_their_proportions() -> None:
    whole = recipe_of("choice/whole", Settings(n_steps=100)).optimiser
    assert whole.steps == round(find_recipe("choice/whole").optimiser.steps / 10)
    assert whole.warm_up_steps <= whole.steps // 10
    tiny = recipe_of("choice/whole", Settings(tiny=True))
    assert tiny.network.arguments["widths"] == [3, 4, 8, 12]
    assert tiny.optimiser.steps == 4
    units = units_for([CHOICE], Settings(tiny=True), "data")
    assert len(units) == 2 * len(CHOICE.rows)  # none has become another's


def test_clips_are_taken_evenly() -> None:
    names = [f"{singer}_1_{k:02d}" for singer in SINGERS for k in range(80)]
    clips = [_clip(name) for name in names]
    taken = [clip.name for clip in clips_of(clips, "amy")]
    assert taken == [f"amy_1_{k:02d}" for k in range(0, 80, 2)]
    few = [clip.name for clip in clips_of([*clips[:80], *clips[80:83]], "amy")]
    assert few == ["amy_1_00", "amy_1_01", "amy_1_02"]
    with pytest.raises(UsageError, match="No clip is of the singer"):
        clips_of(clips, "anybody")


def _clip(name: str) -> Clip:
    part = Part(Path(f"{name}.wav"), 1)
    return Clip(name, "mir1k", part, (part,), 16000, 16000)


def test_the_mean_is_over_singers() -> None:
    records = [record(WHOLE, "abjones", 6.0, 9.0), record(WHOLE, "amy", 4.0)]
    result = unheard_result(Results(records, Settings()), WHOLE)
    assert result is not None
    assert [each.figures.gnsdr_db for each in result.by_singer] == pytest.approx([8.0, 4.0])
    assert result.mean is not None
    assert result.mean.gnsdr_db == pytest.approx(6.0)
    assert result.mean.gsir_db == pytest.approx(11.0)


def test_a_singer_alone_makes_no_mean() -> None:
    results = Results([record(WHOLE, "amy", 4.0)], Settings())
    result = unheard_result(results, WHOLE)
    assert result is not None
    assert result.mean is None
    assert unheard_difference(result, result) is None
    assert unheard_result(results, BANDS) is None
    assert results.clips == ()  # none of them is a test clip


def test_differences_are_paired_and_singers_weigh_the_same() -> None:
    records = [
        record(WHOLE, "abjones", 6.0, 9.0),
        record(WHOLE, "amy", 4.0),
        record(BANDS, "abjones", 6.0, 9.0),
        record(BANDS, "amy", 3.0),
    ]
    results = Results(records, Settings())
    first, second = unheard_result(results, WHOLE), unheard_result(results, BANDS)
    assert first is not None
    assert second is not None
    found = unheard_difference(second, first)
    assert found is not None
    assert found.mean_db == pytest.approx(-0.5)
    assert found.interval is not None
    assert found.interval.n_groups == 3


def test_the_report_gives_both_singers(tmp_path: Path) -> None:
    table = replace(CHOICE, rows=(WHOLE, BANDS))
    records = [
        record(WHOLE, "abjones", 6.0, 9.0),
        record(WHOLE, "amy", 4.0),
        record(BANDS, "abjones", 5.0, 8.0),
    ]
    results = Results(records, Settings())
    Report([table], results, Settings(), "command", "data", MADE, n_missing=1).write(tmp_path)
    text = (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")
    assert "| U-Net | 400 | 409600 | 5.5 | 8.00 | 4.00 | **6.00** |  | 11.00 | 9.00 |" in text
    assert "| bands | 400 | 409600 | 5.5 | 7.00 | not made |  |  |  |  |" in text
    assert "2 clips of abjones, abjones_1_01 to abjones_2_01" in text
    assert "findings" not in text
    assert "test clips (" not in text
    (found,) = json.loads((tmp_path / JSON_FILE).read_text(encoding="utf-8"))["tables"]
    ours = found["rows"][0]["ours"]
    assert ours["gnsdr_db"] == pytest.approx(6.0)
    assert [each["singer"] for each in ours["by_singer"]] == list(SINGERS)
    assert ours["by_singer"][0]["clips"] == ["abjones_1_01", "abjones_2_01"]
    assert "gnsdr_db" not in found["rows"][1]["ours"]
