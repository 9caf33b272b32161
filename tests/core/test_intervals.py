"""Bootstrap intervals against what is known of means."""

from __future__ import annotations

import numpy as np
import pytest

from core.intervals import bootstrap_mean, bootstrap_median, group_clips


def test_interval_of_independent_values_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    interval = bootstrap_mean(values)
    assert interval is not None
    half = 1.96 * values.std() / np.sqrt(400)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.03)
    assert interval.n_groups == 400


def test_it_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        interval = bootstrap_mean(rng.normal(0.0, 1.0, 40), level=0.9, n_resamples=400)
        assert interval is not None
        hits += interval.low <= 0.0 <= interval.high
    assert 0.82 <= hits / 200 <= 0.96


def test_clips_of_a_group_count_as_one_draw() -> None:
    of_groups = np.random.default_rng(3).normal(0.0, 1.0, 12)
    values = np.repeat(of_groups, 30)
    groups = [f"singer{i // 30}" for i in range(values.size)]
    by_group, by_clip = bootstrap_mean(values, groups=groups), bootstrap_mean(values)
    alone = bootstrap_mean(of_groups)
    assert by_group is not None
    assert by_clip is not None
    assert alone is not None
    assert by_group.high - by_group.low > 3 * (by_clip.high - by_clip.low)
    assert by_group.high - by_group.low == pytest.approx(alone.high - alone.low, rel=0.2)


def test_long_clips_weigh_more() -> None:
    heavy = bootstrap_mean([0.0, 0.0, 0.0, 10.0], [1.0, 1.0, 1.0, 97.0])
    assert heavy is not None
    assert heavy.high > 9.0
    assert bootstrap_mean([1.0, 1.0], [3.0, 4.0]) == pytest.approx(
        bootstrap_mean([1.0, 1.0], [5.0, 6.0])
    )


def test_same_seed_same_interval() -> None:
    values = np.arange(20.0)
    assert bootstrap_mean(values, seed=4) == bootstrap_mean(values, seed=4)
    assert bootstrap_mean(values, seed=4) != bootstrap_mean(values, seed=5)


def test_what_has_no_interval() -> None:
    assert bootstrap_mean([]) is None
    assert bootstrap_mean([3.0]) is None
    assert bootstrap_mean([3.0, 4.0], groups=["a", "a"]) is None
    assert bootstrap_mean([3.0, 4.0], [0.0, 0.0]) is None
    with pytest.raises(ValueError, match="differ"):
        bootstrap_mean([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="groups"):
        bootstrap_mean([1.0, 2.0], groups=["a"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        bootstrap_mean([1.0, 2.0], level=1.0)


def test_the_largest_groups_of_which_there_are_enough() -> None:
    dev = ["abjones_5_08", "abjones_5_09", "amy_9_08", "amy_9_09"]
    assert group_clips(dev, "mir1k").unit == "clips"
    songs = [f"abjones_{song}_0{clip}" for song in range(5) for clip in range(2)]
    assert group_clips(songs, "mir1k").unit == "songs"
    assert group_clips(songs, "mir1k").n_groups == 5
    singers = [f"Wavfile/{name}_1_0{clip}" for name in "abcdef" for clip in range(3)]
    assert group_clips(singers, "mir1k").groups[:4] == ("a", "a", "a", "b")
    assert group_clips(["Song A", "Song B"], "musdb18").unit == "songs"


def test_a_median_is_of_songs_and_its_interval_covers_the_true_one() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(200):
        found = bootstrap_median(rng.normal(2.0, 1.0, 15), n_resamples=400)
        assert found is not None
        assert found.interval is not None
        covered += found.interval.low <= 2.0 <= found.interval.high
    assert 0.88 < covered / 200 < 0.99
    assert bootstrap_median([]) is None
    one = bootstrap_median([3.0])
    assert one is not None
    assert (one.value, one.interval) == (3.0, None)
    assert bootstrap_median([1.0, 9.0, 2.0]) == bootstrap_median([1.0, 9.0, 2.0])
