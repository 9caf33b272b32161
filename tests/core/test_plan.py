from __future__ import annotations

import numpy as np
import pytest

from core.card import ChunkSettings
from core.chunks import cut
from core.plan import ChunkPlan, Seams

SETTINGS = ChunkSettings(core_frames=10, warm_up_frames=4, look_ahead_frames=2, fade_frames=3)


def plan_of(n_frames: int) -> ChunkPlan:
    return ChunkPlan(cut(n_frames, SETTINGS))


def taken(plan: ChunkPlan, most: int = 8, n_frames_there: int | None = None) -> list[int]:
    return [chunk.index for chunk in plan.take(most, n_frames_there)]


def drain(plan: ChunkPlan) -> list[int]:
    order: list[int] = []
    while some := taken(plan):
        order += some
    return order


def test_from_left_to_right_in_growing_batches() -> None:
    plan = plan_of(95)
    assert [taken(plan), taken(plan), taken(plan)] == [[0], [1, 2], [3, 4, 5, 6]]
    assert taken(plan, most=1) == [7]
    assert plan
    assert drain(plan) == [8, 9]
    assert not plan


def test_goes_on_from_where_somebody_listens_then_does_the_rest() -> None:
    plan = plan_of(100)
    assert taken(plan) == [0]
    plan.seek(65)
    assert [taken(plan), taken(plan), taken(plan)] == [[6], [7, 8], [9]]
    assert drain(plan) == [1, 2, 3, 4, 5]


def test_the_latest_wish_counts_and_done_chunks_are_passed_over() -> None:
    plan = plan_of(100)
    plan.seek(85)
    assert taken(plan) == [8]
    plan.seek(25)
    plan.seek(75)
    assert drain(plan) == [7, 9, 0, 1, 2, 3, 4, 5, 6]


def test_a_frame_that_is_faded_over_needs_the_chunk_before_too() -> None:
    plan = plan_of(100)
    plan.seek(52)
    assert taken(plan) == [4]
    assert taken(plan) == [5, 6]


def test_following_the_playhead_does_not_make_batches_small() -> None:
    plan = plan_of(200)
    assert [taken(plan), taken(plan)] == [[0], [1, 2]]
    plan.seek(12)
    assert taken(plan) == [3, 4, 5, 6]
    plan.seek(195)
    assert taken(plan) == [19]


@pytest.mark.parametrize("frame", [-5, 99, 10_000])
def test_places_outside_the_song_are_held_inside(frame: int) -> None:
    plan = plan_of(100)
    plan.seek(frame)
    assert drain(plan)[0] == (0 if frame < 0 else 9)


def test_of_a_song_still_being_read_only_what_can_be_heard() -> None:
    plan = plan_of(100)
    assert taken(plan, n_frames_there=10) == []
    assert taken(plan, n_frames_there=20) == [0]
    plan.seek(75)
    assert taken(plan, n_frames_there=40) == [], "the decoder gets there sooner alone"
    assert taken(plan, n_frames_there=85) == [7]
    assert taken(plan, n_frames_there=85) == [1, 2], "behind it nothing is there yet"
    assert drain(plan) == [8, 9, 3, 4, 5, 6]


@pytest.mark.parametrize("n_frames", [1, 9, 10, 11, 12, 31, 44])
def test_seams_do_not_depend_on_the_order(n_frames: int) -> None:
    chunks = cut(n_frames, SETTINGS)
    rng = np.random.default_rng(n_frames)
    values = [rng.random((1, 2, c.fade_last - c.first, 5), np.float32) for c in chunks]

    def joined(order: list[int]) -> tuple[np.ndarray, np.ndarray]:
        whole, times = np.zeros((1, 2, n_frames, 5), np.float32), np.zeros(n_frames, int)
        seams = Seams(chunks)
        for index in order:
            first, part = seams.join(chunks[index], values[index])
            last = first + part.shape[2]
            whole[:, :, first:last] = part
            times[first:last] += 1
        return whole, times

    order = list(range(len(chunks)))
    whole, times = joined(order)
    assert (times == 1).all()
    for _ in range(5):
        rng.shuffle(order)
        again, times = joined(order)
        assert (times == 1).all()
        np.testing.assert_array_equal(again, whole)
