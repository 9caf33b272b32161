import pytest
import torch

from core.errors import UsageError
from core.networks import build_network
from core.networks.u_net import RecurrentUNet
from core.networks.u_net_parts import Folds

SMALL = {
    "n_bins": 65,
    "fine_bins": 16,
    "medium_bins": 32,
    "widths": [4, 6, 8],
    "band_units": 5,
    "all_units": 7,
}


def made(**arguments: object) -> RecurrentUNet:
    torch.manual_seed(1)
    network = build_network("recurrent_u_net", {**SMALL, **arguments})
    assert isinstance(network, RecurrentUNet)
    return network.eval()


def test_masks_sum_to_one_and_depend_on_what_is_heard() -> None:
    magnitude = torch.rand(2, 9, 65)
    masks = made()(magnitude).detach()
    assert masks.shape == (2, 2, 9, 65)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 9, 65))
    assert float(masks[:, 0].std()) > 1e-3


def test_silence_gives_a_finite_mask() -> None:
    masks = made()(torch.zeros(1, 4, 65))
    assert torch.isfinite(masks).all()


def test_spectra_sum_to_the_mixture() -> None:
    magnitude = torch.rand(1, 6, 65)
    torch.testing.assert_close(made().spectra(magnitude).sum(1), magnitude)


def test_folds_take_root_mean_squares_and_give_values_back() -> None:
    folds = Folds(513, (128, 256, 513), 8)
    assert folds.n_positions == 128 + 64 + 64
    magnitude = torch.rand(3, 513)
    positions = folds.fold(magnitude)
    torch.testing.assert_close(positions[:, :128], magnitude[:, :128])
    pair = magnitude[:, 128:130].square().mean(1).sqrt()
    torch.testing.assert_close(positions[:, 128], pair)
    four = magnitude[:, 256:260].square().mean(1).sqrt()
    torch.testing.assert_close(positions[:, 192], four)
    back = folds.unfold(positions)
    assert back.shape == (3, 513)
    torch.testing.assert_close(back[:, 256:260], positions[:, 192:193].expand(3, 4))
    # What is left over at the top is the last position's.
    torch.testing.assert_close(back[:, 512], positions[:, -1])


def test_bins_far_up_are_folded_by_sixteens() -> None:
    folds = Folds(1409, (128, 256, 512), 8)
    assert folds.n_positions == 128 + 64 + 64 + 56
    magnitude = torch.rand(1409)
    many = magnitude[512:528].square().mean().sqrt()
    torch.testing.assert_close(folds.fold(magnitude)[256], many)
    torch.testing.assert_close(folds.unfold(folds.fold(magnitude))[512:528], many.expand(16))


@pytest.mark.parametrize("n_bins", [65, 100, 129, 513, 1025])
def test_every_bin_gets_a_mask(n_bins: int) -> None:
    folds = Folds(n_bins, (16, 32, min(64, n_bins)), 8)
    assert folds.n_positions % 8 == 0
    assert folds.unfold(folds.fold(torch.rand(n_bins))).shape == (n_bins,)


@pytest.mark.parametrize("paths", [["bands"], ["all"], ["all", "bands"]])
def test_the_whole_song_is_heard_in_both_directions(paths: list[str]) -> None:
    network = made(paths=paths)
    magnitude = torch.rand(1, 60, 65, requires_grad=True)
    network(magnitude)[0, 0, 30].sum().backward()
    assert magnitude.grad is not None
    heard = magnitude.grad.abs().sum(dim=2)[0]
    assert heard[0] > 0
    assert heard[-1] > 0
    assert heard[30] > heard[0]


def test_without_recurrences_it_hears_what_its_convolutions_reach() -> None:
    network = made(paths=[])
    behind, ahead = network.reach_frames
    assert behind == ahead == 1 + 2 * (2 + 2)
    magnitude = torch.rand(1, 60, 65, requires_grad=True)
    network(magnitude)[0, 0, 30].sum().backward()
    assert magnitude.grad is not None
    heard = magnitude.grad.abs().sum(dim=2)[0].nonzero()[:, 0]
    assert (int(heard[0]), int(heard[-1])) == (30 - behind, 30 + ahead)
    assert made().reach_frames == (None, None)


@pytest.mark.parametrize("paths", [["bands", "all"], []])
def test_gradients_reach_every_weight(paths: list[str]) -> None:
    network = made(paths=paths).train()
    network.spectra(torch.rand(2, 8, 65) + 0.1)[:, 0].square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_gradients_flow_in_time_only_as_far_as_they_may() -> None:
    network = made(paths=["all"])
    network.truncate_frames = 20
    magnitude = torch.rand(1, 60, 65, requires_grad=True)
    network(magnitude)[0, 0, 59].sum().backward()
    assert magnitude.grad is not None
    # Beyond the piece there is nothing but what convolutions reach.
    assert magnitude.grad[0, :20].abs().sum() == 0
    assert magnitude.grad[0, 45].abs().sum() > 0


def test_reduced_precision_is_close() -> None:
    network = made()
    magnitude = torch.rand(1, 20, 65)
    exact = network(magnitude)
    network.product_dtype = torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        reduced = network(magnitude)
    assert reduced.dtype == torch.float32
    assert float((exact - reduced).detach().abs().max()) < 0.02


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"paths": ["band"]}, "bands"),
        ({"widths": [8]}, "widths"),
        ({"fine_bins": 64, "medium_bins": 32}, "fine_bins"),
        ({"n_bins": 10, "fine_bins": 1, "medium_bins": 1, "widths": [2] * 6}, "fine_bins"),
        ({"dropout": 2}, "0.9"),
        ({"unit": 3}, "unit"),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made(**arguments)


def test_two_channels_are_heard_apart_and_each_gets_its_mask() -> None:
    network = made(n_channels=2)
    views = torch.rand(2, 9, 3, 65)
    masks = network(views).detach()
    assert masks.shape == (2, 2, 9, 2, 65)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 9, 2, 65))
    assert not torch.allclose(masks[:, :, :, 0], masks[:, :, :, 1])
    torch.testing.assert_close(network.spectra(views).sum(1), views[:, :, :2])
    for view in range(3):
        changed = views.clone()
        changed[:, :, view] += 0.5
        assert not torch.allclose(network(changed), masks), view


@pytest.mark.parametrize("paths", [["bands", "all"], ["bands"], []])
def test_a_causal_network_hears_nothing_of_what_comes(paths: list[str]) -> None:
    network = made(causal=True, paths=paths)
    magnitude = torch.rand(1, 60, 65, requires_grad=True)
    network(magnitude)[0, 0, 40].sum().backward()
    assert magnitude.grad is not None
    heard = magnitude.grad.abs().sum(dim=2)[0]
    assert heard[41:].sum() == 0
    assert heard[40] > 0
    behind, ahead = network.reach_frames
    assert ahead == 0
    assert (heard[0] > 0) == (behind is None)
    if behind is not None:
        assert heard[40 - behind] > 0
        assert heard[: 40 - behind].sum() == 0
