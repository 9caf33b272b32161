"""The trials of a blind test, and what they are worth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from itertools import pairwise, product
from pathlib import Path

import pytest

from app.comparison import report
from app.comparison.blind_sound import Match
from app.comparison.trials import BlindTest, Heard, by_guessing

FACTS = report.Circumstances(
    "A song", ("Studio", "Paper"), "vocals", (6.6, 11.4), Match(-20.0, -21.5), False
)


def answered(n_right: int, n_trials: int, planned: int | None = None) -> BlindTest:
    test = BlindTest(planned or n_trials, coin=lambda: True)
    for number in range(n_trials):
        test.hear(Heard.X)
        test.answer(Heard.A if number < n_right else Heard.B)
    return test


@pytest.mark.parametrize("n", [1, 5, 8])
def test_guessing_is_counted_out(n: int) -> None:
    """Against all the ways in which n coins can fall."""
    ways = Counter(sum(coins) for coins in product((0, 1), repeat=n))
    for n_right in range(n + 1):
        expected = sum(count for k, count in ways.items() if k >= n_right) / 2**n
        assert by_guessing(n_right, n) == expected


def test_twelve_of_sixteen_happen_once_in_26_tests() -> None:
    assert by_guessing(12, 16) == pytest.approx(0.0384, abs=1e-4)
    assert "12 of 16 right" in report.score(answered(12, 16))
    assert "once in 26 tests (p = 0.038)" in report.score(answered(12, 16))
    assert "in 60 % of all tests (p = 0.598)" in report.score(answered(8, 16))
    assert "once in 65 536 tests (p = 1.5e-05)" in report.score(answered(16, 16))


def test_each_x_is_tossed_for_by_itself() -> None:
    """By the system's chance: both come, and so does each of the four pairs in a row."""
    test = BlindTest(100)
    for _ in range(100):
        test.hear(Heard.X)
        test.answer(Heard.A)
    drawn = [trial.x_was for trial in test.trials]
    assert 25 <= test.n_right <= 75  # otherwise once in four million runs
    pairs = Counter(pairwise(drawn))
    assert set(pairs) == set(product((Heard.A, Heard.B), repeat=2))


def test_x_must_be_heard_before_it_is_named() -> None:
    coins = iter([True, False, False])
    test = BlindTest(2, coin=lambda: next(coins))
    assert test.hear(Heard.B) is Heard.B
    assert not test.can_answer
    with pytest.raises(ValueError, match="nothing to answer"):
        test.answer(Heard.A)
    assert test.hear(Heard.X) is Heard.A
    assert test.answer(Heard.A).is_right
    assert not test.can_answer, "the next X has not been heard"
    assert test.hear(Heard.X) is Heard.B
    assert not test.answer(Heard.A).is_right
    assert test.is_over
    assert (test.n_right, len(test.trials)) == (1, 2)


def test_a_test_may_end_early_and_says_so() -> None:
    test = answered(3, 4, planned=10)
    assert not test.is_over
    test.end()
    assert test.is_over
    assert not test.can_answer
    assert "Ended after 4 of 10 trials." in report.text(test, FACTS)


def test_the_louder_one_is_turned_down() -> None:
    assert Match(-20.0, -21.5).gains_db == {Heard.A: -1.5, Heard.B: 0.0}
    assert Match(-25.0, -21.5).gains_db == {Heard.A: 0.0, Heard.B: -3.5}
    assert not Match(float("-inf"), -20.0).is_possible


def test_results_are_written_as_json_and_csv(tmp_path: Path) -> None:
    test = answered(2, 3)
    report.write(tmp_path / "result.json", test, FACTS)
    table = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert table["right"] == 2
    assert table["a"] == {"model": "Studio", "loudness_lufs": -20.0, "gain_db": -1.5}
    assert table["p_value_one_sided"] == 0.5
    assert [trial["right"] for trial in table["trials"]] == [True, True, False]
    report.write(tmp_path / "result.CSV", test, FACTS)
    rows = list(csv.DictReader((tmp_path / "result.CSV").read_text(encoding="utf-8").splitlines()))
    assert [(row["trial"], row["x"], row["answer"], row["right"]) for row in rows] == [
        ("1", "A", "A", "1"), ("2", "A", "A", "1"), ("3", "A", "B", "0"),
    ]  # fmt: skip
    assert rows[0]["model_b"] == "Paper"
    lines = report.text(test, FACTS).splitlines()
    assert lines[1] == "Voice, 0:06.60 to 0:11.40"
    assert lines[2] == "A: Studio, −1.5 dB"
