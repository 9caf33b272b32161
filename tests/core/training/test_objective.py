from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from core.features import LevelSettings
from core.networks import build_network
from core.stft import Stft
from core.training.examples import DrawnAudio, all_frames, analysed
from core.training.objective import KL_FLOOR_UNITS, Objective, discriminative_errors, errors
from core.training.settings import ObjectiveSettings

BATCH, N_FRAMES, N_BINS = 3, 7, 9


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def spectra() -> tuple[Tensor, Tensor, Tensor]:
    """Complex voice and music, and their mixture."""
    rng = torch.Generator().manual_seed(0)
    parts = torch.randn(4, BATCH, N_FRAMES, N_BINS, generator=rng)
    voice, music = torch.complex(parts[0], parts[1]), torch.complex(parts[2], parts[3])
    return voice, music, voice + music


def in_phase(source: Tensor, mixture: Tensor) -> Tensor:
    return (source * mixture.conj()).real / mixture.abs()


def network(output: str = "joint_mask") -> torch.nn.Module:
    torch.manual_seed(1)
    arguments = {"n_bins": N_BINS, "hidden": [8, 8], "recurrent_layers": [1], "output": output}
    return build_network("recurrent", arguments)


def test_the_phase_sensitive_error_is_that_of_complex_spectra_but_for_a_constant() -> None:
    voice, music, mixture = spectra()
    targets = in_phase(voice, mixture), in_phase(music, mixture)

    def complex_error(mask: Tensor, gamma: float) -> Tensor:
        pairs = ((mask, voice, music), (1 - mask, music, voice))
        own = sum((m * mixture - own).abs().square() for m, own, _ in pairs)
        other = sum((m * mixture - other).abs().square() for m, _, other in pairs)
        return (own - gamma * other).mean() / 2

    masks = [drawn(k, BATCH, N_FRAMES, N_BINS) for k in range(2)]
    for gamma in (0.0, 0.05):
        settings = ObjectiveSettings(gamma=gamma)
        ours = [
            discriminative_errors(
                torch.stack([m, 1 - m], dim=1) * mixture.abs()[:, None], *targets, settings
            ).mean()
            for m in masks
        ]
        direct = [complex_error(m, gamma) for m in masks]
        torch.testing.assert_close(ours[0] - ours[1], direct[0] - direct[1])


def test_the_papers_recipe_has_the_gradient_of_one_masked_source() -> None:
    """What "paper" is trained by: squared error of the masked voice, less gamma of the music."""
    voice, _, mixture = spectra()
    magnitude, target = mixture.abs(), in_phase(voice, mixture)
    net = network()
    gamma = 0.05
    masked = net(magnitude)[:, 0] * magnitude
    own = masked * (masked - 2 * target)
    other = masked * (masked - 2 * (magnitude - target))
    (own - gamma * other).mean().backward()
    wanted = [weight.grad.clone() for weight in net.parameters()]

    net.zero_grad()
    objective = Objective(net, ObjectiveSettings(gamma=gamma), torch.float32)
    ones = torch.ones(BATCH, N_FRAMES)
    total = objective(magnitude, ones, target, magnitude - target, ones)
    (total / (BATCH * N_FRAMES)).backward()
    for weight, gradient in zip(net.parameters(), wanted, strict=True):
        torch.testing.assert_close(weight.grad, gradient, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("output", ["joint_mask", "sources", "voice"])
@pytest.mark.parametrize(
    "settings",
    [
        ObjectiveSettings("squared", 0.05),
        ObjectiveSettings("squared", 0.0, "magnitude"),
        ObjectiveSettings("l1", 0.1),
        ObjectiveSettings("kl", 0.05, "magnitude"),
    ],
    ids=lambda s: f"{s.error}-{s.spectra}",
)
def test_working_through_sequences_gives_the_plain_gradient(
    output: str, settings: ObjectiveSettings
) -> None:
    voice, music, mixture = spectra()
    magnitude = mixture.abs()
    scale, weights = 0.5 + drawn(5, BATCH, N_FRAMES), drawn(6, BATCH, N_FRAMES).round()
    targets = voice.abs(), music.abs()
    if settings.spectra == "phase_sensitive":  # they sum to the mixture
        own = in_phase(voice, mixture)
        targets = own, magnitude * scale[..., None] - own
    net = network(output)
    estimates = net.spectra(magnitude) * scale[:, None, :, None]
    plain = (discriminative_errors(estimates, *targets, settings).mean(2) * weights).sum()
    plain.backward()
    wanted = [weight.grad.clone() for weight in net.parameters()]

    net.zero_grad()
    objective = Objective(net, settings, torch.float32)
    total = objective(magnitude, scale, *targets, weights)
    total.backward()
    torch.testing.assert_close(total, plain, rtol=1e-5, atol=1e-5)
    for weight, gradient in zip(net.parameters(), wanted, strict=True):
        torch.testing.assert_close(weight.grad, gradient, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(
            objective(magnitude, scale, *targets, weights), plain.detach(), rtol=1e-5, atol=1e-5
        )
    wide = objective(magnitude, scale, *targets, weights, wide_sums=True)
    assert wide.dtype == torch.float64


def test_frames_without_weight_do_not_count() -> None:
    magnitude = drawn(1, BATCH, N_FRAMES, N_BINS)
    voice = drawn(2, BATCH, N_FRAMES, N_BINS)
    ones = torch.ones(BATCH, N_FRAMES)
    weights = ones.clone()
    weights[:, 4:] = 0
    objective = Objective(network("sources"), ObjectiveSettings(), torch.float32)
    other = voice.clone()
    other[:, 4:] = 99
    totals = [objective(magnitude, ones, v, magnitude - v, weights) for v in (voice, other)]
    assert totals[0] == totals[1]


def test_each_error_is_what_it_says() -> None:
    estimate, target = torch.tensor([0.0, 1.0, 3.0]), torch.tensor([2.0, 1.0, 0.0])
    magnitudes = {"gamma": 0.0, "spectra": "magnitude"}
    squared = errors(estimate, target, ObjectiveSettings("squared"))
    torch.testing.assert_close(squared, torch.tensor([4.0, 0.0, 9.0]))
    absolute = errors(estimate, target, ObjectiveSettings("l1"))
    torch.testing.assert_close(absolute, torch.tensor([2.0, 0.0, 3.0]))
    kl = errors(estimate, target, ObjectiveSettings("kl", kl_floor=1e-3, **magnitudes))
    c, beside = 1e-3, KL_FLOOR_UNITS * 1e-3
    by_hand = [2 * math.log(2 / beside + c) - 2, math.log(1 / (1 + beside) + c) - 1 + 1, 3.0]
    torch.testing.assert_close(kl, torch.tensor(by_hand), rtol=1e-5, atol=1e-6)


def test_the_floor_keeps_kl_finite_and_its_minimum_near_the_target() -> None:
    settings = ObjectiveSettings("kl", spectra="magnitude")
    beside = KL_FLOOR_UNITS * settings.kl_floor
    for t in (1e-3, 0.3, 2.0):
        estimates = (torch.linspace(0, 2 * t, 4001)).requires_grad_()
        values = errors(estimates, torch.full((4001,), t), settings)
        values.sum().backward()
        assert bool(values.isfinite().all())
        assert bool(estimates.grad.isfinite().all())
        assert abs(float(estimates[values.argmin()].detach()) - t) < 0.02 * t + 1.1 * beside


def test_the_floor_of_kl_is_as_far_below_the_sources_as_in_the_paper() -> None:
    """Eight seconds at unit energy, as its authors have them, and at unit power as here."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((1, 8 * 16000)).astype(np.float32)
    stft = Stft(1024, 512)
    theirs = np.abs(all_frames(samples / np.linalg.norm(samples), stft))
    silence = np.zeros_like(samples)
    audio = DrawnAudio(samples, samples, silence, 16000)
    power_dbfs = 10 * np.log10(np.mean(samples**2))
    ours = analysed(audio, power_dbfs, stft, LevelSettings(), "magnitude").voice
    ratio = np.sqrt(np.mean(ours**2) / np.mean(theirs**2))
    assert ratio == pytest.approx(KL_FLOOR_UNITS, rel=0.02)


def test_gamma_takes_the_estimates_away_from_the_other_source() -> None:
    voice, music = torch.tensor([[[1.0]]]), torch.tensor([[[3.0]]])
    estimate = torch.tensor([[[[1.0]]]], requires_grad=True)  # the voice alone, and right
    for gamma, sign in ((0.0, 0.0), (0.1, 1.0)):
        estimate.grad = None
        discriminative_errors(
            estimate, voice, music, ObjectiveSettings(gamma=gamma)
        ).sum().backward()
        assert float(estimate.grad.sign()) == sign


def test_bfloat16_products_give_about_the_same() -> None:
    voice, _, mixture = spectra()
    magnitude = mixture.abs()
    ones = torch.ones(BATCH, N_FRAMES)
    target = in_phase(voice, mixture)
    net = network()
    totals = []
    for dtype in (torch.float32, torch.bfloat16):
        net.product_dtype = dtype
        objective = Objective(net, ObjectiveSettings(), dtype)
        totals.append(float(objective(magnitude, ones, target, magnitude - target, ones).detach()))
    assert totals[1] == pytest.approx(totals[0], rel=0.02)
