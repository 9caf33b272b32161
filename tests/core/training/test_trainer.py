from __future__ import annotations

import importlib.util
import json
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import Cancelled, DataError, UsageError
from core.training import blocks
from core.training.blocks import Block, Preparation
from core.training.examples import ClipPair
from core.training.mixing import Mixer
from core.training.reports import EpochReport, StepReport
from core.training.run_folder import BEST_FILE, HISTORY_FILE, STATE_FILE
from core.training.trainer import Trainer

_SETUP = Path(__file__).with_name("trainer_setup.py")
_spec = importlib.util.spec_from_file_location("trainer_setup", _SETUP)
assert _spec is not None
assert _spec.loader is not None
setup = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(setup)

clips, small_recipe, digest, Ramp = setup.clips, setup.small_recipe, setup.digest, setup.Ramp


def epochs(trainer: Trainer) -> list[EpochReport]:
    return [report for report in trainer.run() if isinstance(report, EpochReport)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "adamw", "weight_decay": 0.01, "schedule": "constant"},
        {"method": "lbfgs", "lbfgs_iterations": 8},
        {"truncate_frames": 10, "gradient_norm": 0.0, "gradient_value": 0.1},
        {"objective": {"error": "kl", "spectra": "magnitude"}},
        {"objective": {"error": "l1"}, "network": {"output": "voice"}},
        {"network": {"normalisation": "batch", "cell": "gru", "bidirectional": True}},
    ],
    ids=str,
)
def test_training_lowers_the_loss(changes: dict[str, object], tmp_path: Path) -> None:
    reports = epochs(Trainer(small_recipe(**changes), clips(), tmp_path))
    assert reports[-1].loss < reports[0].loss


def test_every_batch_and_every_epoch_are_reported(tmp_path: Path) -> None:
    trainer = Trainer(small_recipe(), clips(), tmp_path)
    reports = list(trainer.run())
    steps = [report for report in reports if isinstance(report, StepReport)]
    ended = [report for report in reports if isinstance(report, EpochReport)]
    assert [report.step for report in steps] == list(range(1, len(steps) + 1))
    assert [report.epoch for report in ended] == [1, 2, 3, 4]
    assert all(report.frames_per_second > 0 for report in steps)
    assert steps[-1].n_steps == len(steps) == ended[-1].step == ended[-1].n_steps
    lines = (tmp_path / HISTORY_FILE).read_text().splitlines()
    assert [EpochReport(**json.loads(line)) for line in lines] == ended
    assert ended[0].seconds > 0
    assert ended[0].memory_bytes >= 0
    assert trainer.is_finished
    assert list(trainer.run()) == []


def test_a_budget_of_steps_is_kept_whatever_the_epochs(tmp_path: Path) -> None:
    for n_steps in (3, 20):
        trainer = Trainer(small_recipe(steps=n_steps, epochs=1), clips(), tmp_path / str(n_steps))
        reports = list(trainer.run())
        assert trainer.step == n_steps
        assert isinstance(reports[-1], EpochReport)
        assert reports[-1].epoch == reports[-1].n_epochs == trainer.epoch
        steps = [report for report in reports if isinstance(report, StepReport)]
        assert {report.n_steps for report in steps} == {n_steps}


@pytest.mark.parametrize(
    ("kind", "n_done"),
    [(kind, n_done) for kind in ("adam", "lbfgs") for n_done in (1, 7, 12)]
    + [("varied", 20), ("varied", 90)],
)
def test_a_run_goes_on_from_any_batch(kind: str, n_done: int, tmp_path: Path) -> None:
    recipe, figures = setup.RECIPES[kind](), (1, 3, 2, 2.5)
    whole = Trainer(recipe, clips(), tmp_path / "whole", validator=Ramp(*figures))
    history = epochs(whole)
    first = Trainer(recipe, clips(), tmp_path / "parts", validator=Ramp(*figures))
    running = first.run()
    for _ in range(n_done):
        next(running)
    first.save()
    next(running)  # what was done since is lost
    running.close()
    second = Trainer(recipe, clips(), tmp_path / "parts", validator=Ramp(*figures))
    assert second.resume()
    rest = epochs(second)
    assert digest(second) == digest(whole)
    assert [report.loss for report in rest] == [r.loss for r in history[-len(rest) :]]
    lines = (tmp_path / "parts" / HISTORY_FILE).read_text().splitlines()
    assert [json.loads(line)["loss"] for line in lines] == [r.loss for r in history]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is Unix's")
@pytest.mark.parametrize(
    ("kind", "kills"),  # after so many lines: reports of a process, saved before or not
    [("adam", (2, 9, 14)), ("lbfgs", (8, 30))],
)
def test_a_killed_run_gives_the_weights_of_one_that_was_not(
    kind: str, kills: tuple[int, ...], tmp_path: Path
) -> None:
    def start(folder: Path) -> subprocess.Popen[str]:
        command = [sys.executable, str(_SETUP), str(folder), kind]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole = start(tmp_path / "whole")
    wanted = whole.communicate(timeout=120)[0].splitlines()[-1]
    assert wanted.startswith("digest")

    for kill_after in kills:
        killed = start(tmp_path / "killed")
        assert killed.stdout is not None
        for number, _line in enumerate(killed.stdout):
            if number == kill_after:
                killed.send_signal(signal.SIGKILL)
                break
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
    last = start(tmp_path / "killed")
    lines = last.communicate(timeout=120)[0].splitlines()
    assert lines[0] != "began 0 0"
    assert lines[-1] == wanted
    histories = [
        [
            json.loads(line)["loss"]
            for line in (tmp_path / name / HISTORY_FILE).read_text().splitlines()
        ]
        for name in ("whole", "killed")
    ]
    assert histories[0] == histories[1]


def test_small_blocks_bound_the_memory_and_change_nothing_of_a_resumed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe(epochs=2)
    n_bytes = 60_000  # one clip
    parts = Preparation(Mixer(clips(), recipe), recipe, block_bytes=n_bytes)
    with parts as preparation:
        first, spans = 0, []
        while first < 4:
            (block,) = [b for b in preparation.block(0, first) if isinstance(b, Block)]
            spans.append((block.first, block.last))
            first = block.last
    assert spans == [(0, 1), (1, 2), (2, 3), (3, 4)]

    def small_blocks(*args: object, **kwargs: object) -> Preparation:
        return Preparation(*args, **kwargs, block_bytes=n_bytes)  # type: ignore[arg-type]

    monkeypatch.setattr("core.training.trainer.Preparation", small_blocks)
    whole = Trainer(recipe, clips(), tmp_path / "whole")
    n_steps = sum(isinstance(report, StepReport) for report in whole.run())
    for n_done in (2, n_steps // 2, n_steps - 1):
        first_part = Trainer(recipe, clips(), tmp_path / "parts")
        running = first_part.run()
        while first_part.step < n_done:
            next(running)
        first_part.save()
        running.close()
        second = Trainer(recipe, clips(), tmp_path / "parts")
        assert second.resume()
        list(second.run())
        assert digest(second) == digest(whole)


def test_several_threads_make_the_same_blocks() -> None:
    recipe = setup.RECIPES["varied"]()

    def blocks(n_workers: int) -> list[Block]:
        mixer = Mixer(clips(), recipe)
        found, first = [], 0
        with Preparation(mixer, recipe, block_bytes=150_000, n_workers=n_workers) as preparation:
            while first < len(mixer):
                (block,) = [b for b in preparation.block(9, first) if isinstance(b, Block)]
                found.append(block)
                first = block.last
        return found

    for one, several in zip(blocks(1), blocks(3), strict=True):
        assert (one.first, one.last, one.items) == (several.first, several.last, several.items)
        assert torch.equal(one.features, several.features)
        assert torch.equal(one.voice, several.voice)


def test_a_fixed_set_is_the_same_in_blocks_and_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe(method="lbfgs", lbfgs_iterations=3)
    losses = []
    for n_bytes in (blocks.BLOCK_BYTES, 60_000):
        monkeypatch.setattr(
            "core.training.trainer.Preparation",
            lambda *a, n=n_bytes, **k: Preparation(*a, **k, block_bytes=n),
        )
        reports = epochs(Trainer(recipe, clips(), tmp_path / str(n_bytes)))
        losses.append([report.loss for report in reports])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_the_sequences_of_an_epoch_hold_its_examples() -> None:
    recipe = small_recipe()
    mixer = Mixer(clips(), recipe)
    for fixed in (False, True):
        with Preparation(mixer, recipe, fixed=fixed) as preparation:
            *_, block = preparation.block(0, 0)
        assert isinstance(block, Block)
        assert block.features.shape[1:] == (30, 65)
        for item in range(4):
            example = mixer.example(0, item)
            mine = torch.tensor([k for k, owner in enumerate(block.items) if owner == item])
            n_frames = int(block.weights[mine].sum())
            if fixed:
                assert n_frames == len(example.features)
            else:
                assert n_frames == len(example.features) // 30 * 30
            voice = block.voice[mine][block.weights[mine] > 0].numpy()
            starts = [
                k for k in range(len(example.voice)) if np.array_equal(example.voice[k], voice[0])
            ]
            assert any(np.array_equal(example.voice[k : k + n_frames], voice) for k in starts)


def test_a_clip_shorter_than_a_sequence_is_filled_up_without_weight(tmp_path: Path) -> None:
    recipe = small_recipe(sequence_frames=2000)
    with Preparation(Mixer(clips(2), recipe), recipe) as preparation:
        *_, block = preparation.block(0, 0)
    assert isinstance(block, Block)
    assert block.features.shape[1] == 2000
    assert 0 < float(block.weights.mean()) < 0.5
    assert np.isfinite(epochs(Trainer(recipe, clips(2), tmp_path))[-1].loss)


def test_a_loss_that_is_no_number_stops_with_the_batch_and_its_clips(tmp_path: Path) -> None:
    bad = clips()
    bad[2] = ClipPair("the bad one", bad[2].vocals * np.float32(math.nan), bad[2].accompaniment)
    recipe = small_recipe()
    recipe = replace(recipe, augmentation=replace(recipe.augmentation, own_accompaniment=1.0))
    trainer = Trainer(recipe, bad, tmp_path)
    trainer.save()
    kept = (tmp_path / STATE_FILE).read_bytes()
    with pytest.raises(DataError, match=r"loss became nan in epoch 1, batch \d+ .*the bad one"):
        list(trainer.run())
    assert (tmp_path / STATE_FILE).read_bytes() == kept
    assert all(bool(weight.isfinite().all()) for weight in trainer.network.parameters())
    full_batch = Trainer(
        replace(recipe, optimiser=small_recipe(method="lbfgs").optimiser), bad, tmp_path
    )
    with pytest.raises(DataError, match="loss became nan"):
        list(full_batch.run())


def test_a_gradient_that_is_infinite_stops_before_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(small_recipe(), clips(), tmp_path)
    weight = next(trainer.network.parameters())
    weight.register_hook(lambda gradient: gradient * math.inf)
    before = weight.detach().clone()
    with pytest.raises(DataError, match="gradient became"):
        list(trainer.run())
    assert torch.equal(weight, before)


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    trainer = Trainer(small_recipe(), clips(), tmp_path, validator=Ramp(1, 5, 4, 4.5))
    best = None
    reports = []
    for report in trainer.run():
        if isinstance(report, EpochReport):
            reports.append(report)
            if report.epoch == 2:
                best = trainer.averaged_network().state_dict()
    assert [report.is_best for report in reports] == [True, True, False, False]
    assert reports[1].gnsdr_db == 5
    assert reports[1].validation_loss == -5
    assert best is not None
    trainer.save()
    for which in (trainer, Trainer.of_state(small_recipe(), tmp_path)):
        for name, value in which.best_network().state_dict().items():
            assert torch.equal(value, best[name])
        assert not torch.equal(
            which.averaged_network().state_dict()["output.weight"], best["output.weight"]
        )
    (tmp_path / BEST_FILE).write_bytes(b"damaged")
    with pytest.raises(DataError, match="damaged"):
        trainer.best_network()


def test_validation_comes_as_often_as_asked_and_at_the_end(tmp_path: Path) -> None:
    recipe = small_recipe()
    recipe = replace(recipe, validation=replace(recipe.validation, every_epochs=3))
    reports = epochs(Trainer(recipe, clips(), tmp_path, validator=Ramp(1, 2, 3, 4)))
    assert [report.gnsdr_db for report in reports] == [None, None, 3, 4]


def test_it_stops_early_and_says_so(tmp_path: Path) -> None:
    recipe = small_recipe(epochs=20, early_stopping_epochs=2)
    trainer = Trainer(recipe, clips(), tmp_path, validator=Ramp(1, 5, 4, 4, 4))
    assert len(epochs(trainer)) == 4
    assert trainer.ending == ("Training ended early, after 4 epochs: none was better than epoch 2.")
    trainer.save()
    again = Trainer(recipe, clips(), tmp_path, validator=Ramp(9))
    assert again.resume()
    assert list(again.run()) == []


def test_lbfgs_says_when_it_finds_nothing_lower(tmp_path: Path) -> None:
    recipe = small_recipe(
        network={"hidden": [2], "recurrent_layers": []}, method="lbfgs", lbfgs_iterations=3000
    )
    tiny = [ClipPair("a", clips(1)[0].vocals[:, :600], clips(1)[0].accompaniment[:, :600])]
    trainer = Trainer(recipe, tiny, tmp_path)
    n_done = len(epochs(trainer))
    assert n_done < 3000
    assert trainer.ending is not None
    assert f"after {n_done} iterations: the line search found no lower loss" in trainer.ending


def test_lbfgs_gives_the_same_with_dropout_as_without(tmp_path: Path) -> None:
    losses = [
        epochs(
            Trainer(
                small_recipe(network={"dropout": p}, method="lbfgs", lbfgs_iterations=3),
                clips(),
                tmp_path / str(p),
            )
        )[-1].loss
        for p in (0.0, 0.5)
    ]
    assert losses[0] == losses[1]


def test_a_state_of_another_recipe_is_refused(tmp_path: Path) -> None:
    Trainer(small_recipe(), clips(), tmp_path).save()
    others = (small_recipe(network={"hidden": [9, 9]}), small_recipe(method="lbfgs"))
    for other in others:
        with pytest.raises(DataError, match="another recipe"):
            Trainer(other, clips(), tmp_path).resume()
    (tmp_path / STATE_FILE).write_bytes(b"no tensors")
    with pytest.raises(DataError, match="damaged"):
        Trainer(small_recipe(), clips(), tmp_path).resume()
    with pytest.raises(DataError, match="not learnt anything"):
        Trainer.of_state(small_recipe(), tmp_path / "empty")


def test_what_cannot_be_trained_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        Trainer(small_recipe(), [], tmp_path)
    with pytest.raises(UsageError, match="nearest is"):
        Trainer(small_recipe(network={"cell": "elman"}), clips(), tmp_path)


def test_a_stop_is_heeded_before_the_next_batch(tmp_path: Path) -> None:
    trainer = Trainer(small_recipe(), clips(), tmp_path)
    with pytest.raises(Cancelled):
        list(trainer.run(lambda: trainer.step >= 3))
    assert trainer.step == 3


def test_the_gradient_mode_is_the_callers_own_between_batches(tmp_path: Path) -> None:
    trainer = Trainer(small_recipe(epochs=1), clips(), tmp_path)
    with torch.inference_mode():
        for _ in trainer.run():
            assert torch.is_inference_mode_enabled()
    assert trainer.step > 0
