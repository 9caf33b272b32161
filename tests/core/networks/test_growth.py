import torch

from core.networks import build_network
from core.networks.growth import grown

SMALL = {
    "n_bins": 33,
    "fine_bins": 8,
    "medium_bins": 16,
    "widths": [4, 6, 8],
    "band_units": 5,
    "all_units": 7,
}


def made(seed: int, **arguments: object) -> torch.nn.Module:
    torch.manual_seed(seed)
    return build_network("recurrent_u_net", {**SMALL, **arguments}).eval()


def test_a_wider_band_in_stereo_begins_with_the_masks_of_the_smaller_network() -> None:
    small, large = made(1), made(2, n_bins=129, coarse_bins=32, n_channels=2)
    weights = grown(large, small.state_dict())
    assert weights is not None
    large.load_state_dict(weights)
    song = torch.rand(1, 20, 33)
    wide = torch.zeros(1, 20, 3, 129)
    wide[:, :, :2, :33] = song[:, :, None]
    with torch.no_grad():
        before, after = small(song), large(wide)
    # Near the old upper edge a convolution sees the new positions.
    for channel in range(2):
        torch.testing.assert_close(after[:, :, :, channel, :8], before[..., :8], atol=0.02, rtol=0)
    assert float((after[:, :, :, 0, :8] - before[..., :8]).std()) < 0.2 * float(before.std())


def test_a_causal_network_takes_over_the_forward_half() -> None:
    both, causal = made(1), made(2, causal=True)
    weights = grown(causal, both.state_dict())
    assert weights is not None
    causal.load_state_dict(weights)
    ours, theirs = causal.state_dict(), both.state_dict()
    for path in ("paths.0", "paths.1"):
        units = len(theirs[f"{path}.forwards"])
        torch.testing.assert_close(ours[f"{path}.forwards"], theirs[f"{path}.forwards"])
        torch.testing.assert_close(
            ours[f"{path}.into.weight"], theirs[f"{path}.into.weight"][:units]
        )
        torch.testing.assert_close(
            ours[f"{path}.out.weight"], theirs[f"{path}.out.weight"][:, :units]
        )


def test_what_does_not_fit_is_not_taken() -> None:
    weights = made(1).state_dict()
    assert grown(made(2, widths=[4, 6, 10]), weights) is None
    assert grown(made(2, widths=[4, 8]), weights) is None
    assert grown(made(2, widths=[3, 6, 8], n_channels=2), weights) is None
    assert grown(made(2), made(1, n_channels=2).state_dict()) is None
    assert grown(made(2, paths=["bands"]), weights) is None
    assert grown(made(2, n_bins=25), weights) is None
    dense = build_network("recurrent", {"n_bins": 33, "hidden": [4], "recurrent_layers": []})
    assert grown(dense, weights) is None
