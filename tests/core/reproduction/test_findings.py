"""Means over seeds, paired intervals, verdicts and the report that says them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.reproduction.catalogue import TABLES, with_models
from core.reproduction.findings import CONFIRMED, NOT_CONFIRMED, NOT_MEASURED, findings
from core.reproduction.records import Record, Records
from core.reproduction.report import JSON_FILE, MARKDOWN_FILE, Report
from core.reproduction.results import Results, difference
from core.reproduction.rows import RPCA, Row
from core.reproduction.units import Settings, Unit, units_for

MADE = {
    "date": "2026-01-01T00:00:00+00:00",
    "processor": "Some processor",
    "n_cores": 2,
    "system": "Some system",
    "python": "3.11",
    "torch": "2",
    "numpy": "2",
    "stemscope": "0.1.0",
    "commit": "abc",
}

Make = Callable[..., Record]


def as_published(make: Make) -> list[Record]:
    """Every row, with figures that bear out every claim."""
    records = []
    for unit in units_for(with_models(TABLES, ["paper"]), Settings(), "data"):
        gnsdr_db, gsir_db, gsar_db = 6.5, 11.0, 10.0
        if unit.method == "base":
            gnsdr_db = 7.27
        if unit.method == "dnn":
            gnsdr_db = 6.0
        if unit.method == "shift-none":
            gnsdr_db = 5.5
        if unit.method.endswith("-kl"):
            gnsdr_db = 5.9
        if unit.method == "drnn-2-discriminative":
            gnsdr_db, gsir_db, gsar_db = 7.45, 13.08, 9.68
        if unit.method == RPCA:
            gnsdr_db, gsir_db = 3.15, 4.43
        records += [
            make(
                unit.method,
                gnsdr_db,
                seed=unit.seed,
                mask=mask,
                gsir_db=gsir_db,
                gsar_db=gsar_db,
            )
            for mask in unit.masks
        ]
    return records


def test_mean_over_seeds_and_its_spread(make_record: Make) -> None:
    row = Row("DRNN-2", "base", in_order=True)
    records = [make_record("base", value, seed=s) for s, value in ((1, 7.0), (2, 7.5), (3, 6.8))]
    result = Results(records, Settings()).of(row)
    assert result is not None
    assert result.mean.gnsdr_db == pytest.approx(7.1)
    assert result.gnsdr_spread_db == pytest.approx(0.7)
    assert [seed.figures.gnsdr_db for seed in result.by_seed] == pytest.approx([7.0, 7.5, 6.8])
    interval = result.gnsdr_interval
    assert interval is not None
    assert interval.n_groups == 6
    assert interval.low < 7.1 < interval.high


def test_rows_of_one_seed_take_the_first(make_record: Make) -> None:
    records = [make_record("base", 7.0), make_record("base", 9.0, seed=2)]
    result = Results(records, Settings()).of(Row("3 frames", "base"))
    assert result is not None
    assert result.mean.gnsdr_db == pytest.approx(7.0)
    assert result.n_wanted_seeds == 1


def test_rows_without_records_have_no_result(make_record: Make) -> None:
    results = Results([make_record("base", 7.0, mask="binary")], Settings())
    assert results.of(Row("3 frames", "base")) is None
    assert results.of(Row("MLRR", published="mlrr")) is None


def test_differences_are_paired(make_record: Make) -> None:
    """Singers differ by 5 dB, the methods by 0.2 dB everywhere: the difference is certain."""
    records = [make_record("base", 7.2), make_record("dnn", 7.0)]
    results = Results(records, Settings(n_seeds=1))
    first, second = results.of(Row("", "base")), results.of(Row("", "dnn"))
    assert first is not None
    assert second is not None
    found = difference([first], [second])
    assert found.mean_db == pytest.approx(0.2)
    assert found.is_certain
    assert first.gnsdr_interval is not None
    assert first.gnsdr_interval.high - first.gnsdr_interval.low > 1


def test_a_difference_smaller_than_its_noise_is_not_certain(make_record: Make) -> None:
    records = [make_record("base", 7.0, noise_db=2.0), make_record("dnn", 7.0, noise_db=2.0)]
    results = Results(records, Settings(n_seeds=1))
    first, second = results.of(Row("", "base")), results.of(Row("", "dnn"))
    assert first is not None
    assert second is not None
    assert not difference([first], [second]).is_certain


def test_every_claim_is_confirmed_by_figures_like_the_published(make_record: Make) -> None:
    found = findings(Results(as_published(make_record), Settings()))
    assert len(found) == 9
    assert {finding.claim: finding.verdict for finding in found} == {
        finding.claim: CONFIRMED for finding in found
    }
    recurrence = next(f for f in found if f.claim.startswith("Recurrence"))
    assert "DRNN-2: +1.27 dB" in recurrence.sentence
    assert "3 seeds" in recurrence.sentence


def test_one_seed_that_disagrees_does_not_decide(make_record: Make) -> None:
    records = [r for r in as_published(make_record) if (r.method, r.seed) != ("dnn", 2)]
    records.append(make_record("dnn", 7.4, seed=2))
    found = findings(Results(records, Settings()))
    recurrence = next(f for f in found if f.claim.startswith("Recurrence"))
    assert recurrence.verdict == CONFIRMED if 6 + 6 + 7.4 < 3 * 6.5 else NOT_CONFIRMED


def test_claims_that_do_not_hold_and_claims_not_measured(make_record: Make) -> None:
    records = [make_record("context-1", 7.5), make_record("base", 7.0), make_record("dnn", 1.0)]
    verdicts = [f.verdict for f in findings(Results(records, Settings(n_seeds=1)))]
    assert verdicts.count(NOT_MEASURED) == len(verdicts)
    records.append(make_record("context-5", 6.0))
    context = findings(Results(records, Settings(n_seeds=1)))[0]
    assert context.verdict == NOT_CONFIRMED
    assert "3 over 1: -0.50 dB" in context.details


def test_report_says_what_was_made_and_what_was_published(
    make_record: Make, tmp_path: Path
) -> None:
    results = Results(as_published(make_record), Settings())
    counts = {"DRNN-2, seed 1": 2, "Model Paper": 1}
    report = Report(
        TABLES,
        results,
        Settings(),
        "stemscope-cli reproduce -o out",
        "data",
        MADE,
        test_measurements=counts,
    )
    report.write(tmp_path)
    text = (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")
    assert "12 test clips (1.2 minutes, 6 singers)" in text
    assert "1000 Adam steps of 16 sequences of 100 frames; 30 L-BFGS iterations" in text
    assert "36 trainings, 2.4 hours" in text
    assert "Some processor, 2 cores" in text
    assert "commit abc" in text
    assert "`stemscope-cli reproduce -o out`" in text
    said = "Measurements on the test clips: 3 of 2 models in this folder; more than once: DRNN-2"
    assert said in text
    line = next(line for line in text.splitlines() if line.startswith("| DRNN-2 + discr"))
    assert "**7.45** ± 0.00 (" in line
    assert "| 13.08 |" in line
    assert text.count("**confirmed**") == 9
    assert "| RNMF |  |  | 4.97 |  | 7.66 |  | 10.03 |" in text

    table = json.loads((tmp_path / JSON_FILE).read_text(encoding="utf-8"))
    assert table["n_test_clips"] == 12
    assert table["test_measurements"] == counts
    assert [t["name"] for t in table["tables"]] == [t.name for t in TABLES]
    rows = {row["label"]: row for row in table["tables"][0]["rows"]}
    assert rows["3 frames"]["ours"]["gnsdr_db"] == pytest.approx(7.27)
    assert rows["3 frames"]["published"] is None
    assert table["findings"][0]["verdict"] == CONFIRMED


def test_report_of_nothing_yet(tmp_path: Path) -> None:
    settings = Settings(tiny=True)
    report = Report(TABLES, Results([], settings), settings, "c", "d", MADE, ("A: failed.",), 41)
    report.write(tmp_path)
    text = (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")
    assert "41 rows are still to be made" in text
    assert "these figures mean nothing" in text
    assert "not made" in text
    assert "A: failed." in text


def test_records_on_disk(make_record: Make, tmp_path: Path) -> None:
    records = Records(tmp_path)
    unit = Unit("base", "DRNN-2", 1, ("soft", "binary"), "key")
    record = make_record("base", 7.0)
    assert records.missing(unit, "test") == ("soft", "binary")
    records.keep(unit, record, "test")
    assert records.missing(unit, "test") == ("binary",)
    assert records.find(unit, "soft", "test") == record
    assert records.find(unit, "soft", "other test") is None
    assert records.all_of([unit], "test") == [record]
    records.keep(replace(unit, key="of other weights"), record, "test")
    records.keep(replace(unit, unheard="amy"), replace(record, unheard="amy"), "test")
    assert records.test_measurements() == {"base, seed 1": 2}
    records.path(unit, "soft", "test").write_text('{"format": 1', encoding="utf-8")
    assert records.missing(unit, "test") == ("soft", "binary")
