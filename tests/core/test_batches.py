"""What happens when a device is short of memory, with a model that pretends to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.audio import ArrayAudio, FloatArray
from core.checkpoint import Model, load_model
from core.separator import Separation, separate


@pytest.fixture(scope="module")
def whole(tiny_model_folder: Path) -> Separation:
    return separate(song(), load_model(tiny_model_folder))


def song() -> ArrayAudio:
    """Enough for several batches of the tiny model's chunks."""
    return ArrayAudio(np.random.default_rng(5).normal(0, 0.1, (2, 30 * 8000)), 8000)


class SmallCard(Model):
    """A model on a card that takes ``n_fit`` chunks at a time; in truth the processor computes."""

    def __init__(self, folder: Path, n_fit: int, weights_fit: bool = True) -> None:
        real = load_model(folder)
        self.n_fit, self.weights_fit = n_fit, weights_fit
        self.batches: list[tuple[str, int]] = []
        super().__init__(real.card, Watched(self, real._network))
        self.wanted_device = "cuda:0"


class Watched(nn.Module):
    """Runs ``network`` and raises what torch raises when the device is full."""

    def __init__(self, card: SmallCard, network: nn.Module) -> None:
        super().__init__()
        self._card = [card]  # in a list, as a module must not hold what holds it
        self.network = network

    def to(self, device: str) -> Watched:  # type: ignore[override]
        if device != "cpu" and not self._card[0].weights_fit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self

    def forward(self, features: Tensor) -> Tensor:
        card = self._card[0]
        card.batches.append((card.device, len(features)))
        if card.device != "cpu" and len(features) > card.n_fit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        result: Tensor = self.network(features)
        return result


@pytest.fixture(autouse=True)
def _tensors_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors meant for the pretended card stay where they are."""
    real = torch.Tensor.to

    def stay(tensor: Tensor, *arguments: object, **named: object) -> Tensor:
        if arguments == ("cuda:0",):
            return tensor
        return real(tensor, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(torch.Tensor, "to", stay)


def vocals(separation: Separation) -> FloatArray:
    return separation.stems["vocals"].read(0, separation.mixture.n_samples)


def test_smaller_batches_where_memory_is_short(tiny_model_folder: Path, whole: Separation) -> None:
    model = SmallCard(tiny_model_folder, n_fit=3)
    done = separate(song(), model)
    np.testing.assert_allclose(vocals(done), vocals(whole), atol=1e-4)
    sizes = [size for _, size in model.batches]
    # Two threads bring batches, so the one of two and the one of four may change places.
    refused = sizes.index(4)
    assert sizes[0] == 1
    assert max(sizes[:refused]) <= 2
    after = sizes[refused + 1 :]
    assert after[:2] == [2, 2], "what was refused is halved"
    assert max(after) == 2, "and stays so"
    assert {device for device, _ in model.batches} == {"cuda:0"}
    assert done.notice is None


def test_on_the_cpu_where_not_even_one_chunk_fits(
    tiny_model_folder: Path, whole: Separation
) -> None:
    model = SmallCard(tiny_model_folder, n_fit=0)
    done = separate(song(), model)
    np.testing.assert_allclose(vocals(done), vocals(whole), atol=1e-4)
    assert model.batches[:2] == [("cuda:0", 1), ("cpu", 1)]
    assert {device for device, _ in model.batches[1:]} == {"cpu"}
    assert max(size for _, size in model.batches) == model.chunks_together
    assert "separated on the CPU" in str(done.notice)


def test_the_next_song_tries_the_device_again(tiny_model_folder: Path) -> None:
    model = SmallCard(tiny_model_folder, n_fit=0)
    separate(song(), model).close()
    model.n_fit = 99
    model.batches.clear()
    done = separate(song(), model)
    assert {device for device, _ in model.batches} == {"cuda:0"}
    assert done.notice is None


def test_weights_that_do_not_fit_stay_on_the_cpu(
    tiny_model_folder: Path, whole: Separation
) -> None:
    model = SmallCard(tiny_model_folder, n_fit=99, weights_fit=False)
    done = separate(song(), model)
    np.testing.assert_allclose(vocals(done), vocals(whole), atol=1e-4)
    assert {device for device, _ in model.batches} == {"cpu"}
    assert "separated on the CPU" in str(done.notice)


def test_a_full_processor_is_a_memory_error(tiny_model_folder: Path) -> None:
    """Torch has no class for it: ``MemoryError`` has a sentence of its own in the window."""

    class Full(nn.Module):
        def forward(self, features: Tensor) -> Tensor:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    model = Model(load_model(tiny_model_folder).card, Full())
    with pytest.raises(MemoryError):
        separate(song(), model)


def test_other_errors_are_not_taken_for_it(tiny_model_folder: Path) -> None:
    class Broken(nn.Module):
        def forward(self, features: Tensor) -> Tensor:
            raise RuntimeError("shapes do not match")

    model = Model(load_model(tiny_model_folder).card, Broken())
    with pytest.raises(RuntimeError, match="shapes"):
        separate(song(), model)
