"""Evaluation as a job: clip by clip, giving way, with the figures of the command line."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.evaluation.plan import ClipPlan, ClipScored, Contestant, EvaluationPlan, OpenedClip
from app.evaluation_job import ClipRequest, EvaluationRequest
from app.jobs import JobRunner, JobStep, Priority
from app.separation_job import LoadedSeparators
from core.datasets import Clip, find_clips
from core.errors import Cancelled, DataError, ModelError
from core.evaluation import evaluate
from core.models import find_model

RATE = 8000


def write_clips(folder: Path, seconds: tuple[float, ...] = (1.0, 0.5)) -> list[Clip]:
    """MIR-1K clips: high noise at the left, low noise at the right."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, length_s in enumerate(seconds):
        rng = np.random.default_rng(index)
        noise = 0.1 * rng.standard_normal((2, round(length_s * RATE)))
        pair = np.stack([np.diff(noise[0], prepend=0), np.convolve(noise[1], np.ones(4), "same")])
        soundfile.write(folder / f"one_{index}_01.wav", pair.T, RATE, subtype="FLOAT")
    return find_clips(folder, "mir1k")


def write_estimates(folder: Path, clips: list[Clip], gain: float = 0.5) -> Contestant:
    """The references with some of the other source in them, shorter than the clips."""
    folder.mkdir(parents=True)
    for clip in clips:
        voice, music = clip.load()
        for source, own, other in (("vocals", voice, music), ("accompaniment", music, voice)):
            samples = gain * (own + 0.1 * other)[0, :-9]
            soundfile.write(folder / f"{clip.name}_{source}.wav", samples, RATE, subtype="FLOAT")
    return Contestant.of_estimates(folder)


def results(steps: Generator[JobStep, None, object]) -> tuple[list[JobStep], object]:
    done = []
    while True:
        try:
            done.append(next(steps))
        except StopIteration as end:
            return done, end.value


def never() -> bool:
    return False


def test_a_model_and_estimates_clip_by_clip(tmp_path: Path, tiny_model_folder: Path) -> None:
    clips = write_clips(tmp_path / "data")
    model = Contestant.of_model(find_model(str(tiny_model_folder)))
    ready = write_estimates(tmp_path / "ready", clips)
    plan = EvaluationPlan(tuple((clip, (model, ready)) for clip in clips), "paper", "cpu")
    steps, _ = results(EvaluationRequest(plan, LoadedSeparators("float32")).run(never))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    scored = [step.detail for step in steps if isinstance(step.detail, ClipScored)]
    assert [(s.key, s.score.name) for s in scored] == [
        (who.key, clip.name) for clip in clips for who in (model, ready)
    ]
    assert len(steps) > 2 * len(scored)  # it gives way within a clip, too

    from core.checkpoint import load_model
    from core.separator import separate

    loaded = load_model(tiny_model_folder)
    same = evaluate(clips, lambda clip, mixture: separate(mixture, loaded).stems)
    for found, wanted in zip(
        [s.score for s in scored if s.key == model.key], same.clips, strict=True
    ):
        for source, score in wanted.scores.items():
            assert vars(found.scores[source]) == pytest.approx(vars(score), abs=1e-6)
    of_estimates = [s.score for s in scored if s.key == ready.key]
    assert of_estimates[0].scores["vocals"].plain_sdr_db is None
    assert of_estimates[0].scores["vocals"].sir_db > 10


def test_clips_without_figures_do_not_stop_the_rest(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "data", (0.5, 0.5, 0.5))
    ready = write_estimates(tmp_path / "ready", clips)
    (tmp_path / "ready" / "one_1_01_vocals.wav").unlink()
    silent = np.zeros((RATE // 2, 2), np.float32)
    silent[:, 0] = 0.1
    soundfile.write(tmp_path / "data" / "one_2_01.wav", silent, RATE, subtype="FLOAT")
    plan = EvaluationPlan(tuple((clip, (ready,)) for clip in clips), "paper")
    steps, _ = results(EvaluationRequest(plan, LoadedSeparators()).run(never))
    scores = [step.detail.score for step in steps if isinstance(step.detail, ClipScored)]
    assert [score.failed for score in scores] == [False, True, False]
    assert scores[0].reason is None
    assert isinstance(scores[1].problem, DataError)
    assert scores[1].problem.__traceback__ is None
    assert scores[2].reason == "the reference of vocals is silent"
    assert scores[2].scores == {}


def test_what_is_damaged_says_so_before_the_first_clip(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "data", (0.5,))
    ready = write_estimates(tmp_path / "ready", clips)
    gone = Contestant("model:x", "Gone", tmp_path / "gone", True)
    plan = EvaluationPlan(((clips[0], (ready, gone)),), "paper")
    steps = EvaluationRequest(plan, LoadedSeparators()).run(never)
    with pytest.raises(ModelError):
        results(steps)


def test_cancelling_leaves_no_disk_space_taken(tmp_path: Path, tiny_model_folder: Path) -> None:
    clips = write_clips(tmp_path / "data", (3.0,))
    model = Contestant.of_model(find_model(str(tiny_model_folder)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    plan = EvaluationPlan(((clips[0], (model,)),), "paper", "cpu", str(scratch))
    stop = False
    steps = EvaluationRequest(plan, LoadedSeparators()).run(lambda: stop)
    for step in steps:
        if step.fraction > 0:
            break
    stop = True
    with pytest.raises(Cancelled):
        results(steps)
    assert list(scratch.iterdir()) == []


def test_a_clip_to_look_at(tmp_path: Path, tiny_model_folder: Path) -> None:
    clip = write_clips(tmp_path / "data", (1.0,))[0]
    model = Contestant.of_model(find_model(str(tiny_model_folder)))
    opened = results(ClipRequest(ClipPlan(clip, "paper", model), LoadedSeparators()).run(never))[1]
    assert isinstance(opened, OpenedClip)
    n = opened.mixture.n_samples
    mixture = opened.mixture.read(0, n)
    for signals in (opened.references, opened.estimates):
        total = sum(audio.read(0, n) for audio in signals.values())
        np.testing.assert_allclose(total, mixture, atol=1e-5)
    assert not opened.fitted
    level_dbfs = 10 * np.log10(np.mean(mixture**2))
    assert level_dbfs == pytest.approx(-20, abs=0.1)


def test_finished_estimates_come_at_the_level_of_their_references(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "data", (1.0,))
    ready = write_estimates(tmp_path / "ready", clips, gain=0.01)
    plan = ClipPlan(clips[0], "paper", ready)
    opened = results(ClipRequest(plan, LoadedSeparators()).run(never))[1]
    assert isinstance(opened, OpenedClip)
    assert opened.fitted
    for source, reference in opened.references.items():
        estimate = opened.estimates[source]
        assert estimate.n_samples == reference.n_samples == opened.mixture.n_samples
        truth, heard = (a.read(0, a.n_samples) for a in (reference, estimate))
        assert np.sqrt(np.mean(heard**2) / np.mean(truth**2)) == pytest.approx(1.0, abs=0.05)


def test_without_a_contestant_only_the_references(tmp_path: Path) -> None:
    clip = write_clips(tmp_path / "data", (0.5,))[0]
    opened = results(ClipRequest(ClipPlan(clip, "paper", None), LoadedSeparators()).run(never))[1]
    assert isinstance(opened, OpenedClip)
    assert opened.estimates == {}


@dataclass(frozen=True)
class Urgent:
    """A song that was dropped meanwhile."""

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, str]:
        yield JobStep(0.5, "Separating")
        return "done"


def test_what_is_more_urgent_goes_first(qtbot, tmp_path: Path, tiny_model_folder: Path) -> None:
    clips = write_clips(tmp_path / "data", (0.5,) * 30)
    model = Contestant.of_model(find_model(str(tiny_model_folder)))
    plan = EvaluationPlan(tuple((clip, (model,)) for clip in clips), "paper", "cpu")
    runner = JobRunner()
    evaluation = runner.submit(EvaluationRequest(plan, LoadedSeparators()), Priority.QUEUE)
    with qtbot.waitSignal(evaluation.progressed, timeout=30_000):
        pass
    song = runner.submit(Urgent(), Priority.ON_SCREEN)
    with qtbot.waitSignal(song.finished, timeout=30_000):
        pass
    assert not evaluation.ended
    evaluation.cancel()
    with qtbot.waitSignal(evaluation.cancelled, timeout=30_000):
        pass
    assert runner.shutdown()
