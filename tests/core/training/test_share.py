from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from core.errors import UsageError
from core.training.blocks import Block, Preparation
from core.training.learner import Learner
from core.training.mixing import Mixer
from core.training.share import Share

_spec = importlib.util.spec_from_file_location(
    "trainer_setup", Path(__file__).with_name("trainer_setup.py")
)
assert _spec is not None
assert _spec.loader is not None
setup = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(setup)


def test_every_sequence_is_in_one_share() -> None:
    chosen = torch.tensor([5, 3, 8, 1, 9])
    parts = [Share(rank, 3).of(chosen).tolist() for rank in range(3)]
    assert sorted(k for part in parts for k in part) == sorted(chosen.tolist())
    assert [len(part) for part in parts] == [2, 2, 1]
    assert Share().of(chosen).tolist() == chosen.tolist()


@pytest.mark.parametrize("n_sequences", [5, 2], ids=["uneven", "fewer than processes"])
def test_the_mean_over_the_shares_is_the_whole_batch(n_sequences: int) -> None:
    # Sequences longer than most clips, so that they hold different numbers of frames.
    recipe = setup.small_recipe(sequence_frames=240, network={"output": "sources"})
    with Preparation(Mixer(setup.clips(6), recipe), recipe) as preparation:
        *_, block = preparation.block(0, 0)
    assert isinstance(block, Block)
    chosen = torch.arange(n_sequences)
    learner = Learner(recipe, "cpu", Share())
    weights = list(learner.network.parameters())

    def of(share: Share) -> tuple[torch.Tensor, list[torch.Tensor]]:
        learner.share = share
        loss = learner.loss(block, chosen)
        return loss.detach(), list(torch.autograd.grad(loss, weights))

    whole_loss, whole = of(Share())
    shares = [of(Share(rank, 3)) for rank in range(3)]
    torch.testing.assert_close(sum(loss for loss, _ in shares) / 3, whole_loss)
    for index, gradient in enumerate(whole):
        mean = sum(gradients[index] for _, gradients in shares) / 3
        torch.testing.assert_close(mean, gradient, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "lbfgs"}, "L-BFGS cannot be distributed"),
        ({"network": {"normalisation": "batch"}}, "Batch normalisation cannot be distributed"),
    ],
)
def test_what_cannot_be_shared_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        Learner(setup.small_recipe(**changes), "cpu", Share(0, 2))
