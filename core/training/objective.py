"""What training makes small: how far the estimates of voice and accompaniment are from theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from core.networks.base import SourceNetwork
from core.training.settings import ObjectiveSettings

KL_FLOOR_UNITS = 16.0
"""The floor of Huang et al. 2014 is in units of clips of unit energy; a target of unit power is
√(N / Σ window²) times as large: 16 for eight seconds at 16 kHz and a sine window of 1024."""


def errors(estimate: Tensor, target: Tensor, settings: ObjectiveSettings) -> Tensor:
    """The error of each element of ``estimate`` against ``target``, of the same shape.

    Squared, absolute, or the generalised Kullback-Leibler divergence
    t log(t / (y + c) + c) - t + y of magnitudes, floored by c as the authors of Huang et al. 2014
    did, so that it stays finite where an estimate is zero; the c beside y in the targets' units.
    """
    if settings.error == "squared":
        return (estimate - target).square()
    if settings.error == "l1":
        return (estimate - target).abs()
    floor = settings.kl_floor
    ratio = target / (estimate + KL_FLOOR_UNITS * floor)
    return target * torch.log(ratio + floor) - target + estimate


def discriminative_errors(
    estimates: Tensor, voice: Tensor, music: Tensor, settings: ObjectiveSettings
) -> Tensor:
    """Error against the own source minus gamma times that against the other one, per frame and bin.

    Huang et al. 2014, eq. 9 (squared) and 10 (KL), as the mean over the sources. ``estimates`` is
    ``(batch, n_outputs, n_frames, n_bins)``, one output being the voice alone; ``voice`` and
    ``music`` are ``(batch, n_frames, n_bins)``, all in the same units. Returns
    ``(batch, n_frames, n_bins)``.
    """
    total: Tensor | None = None
    for estimate, own, other in zip(
        estimates.unbind(1), (voice, music), (music, voice), strict=False
    ):
        error = errors(estimate, own, settings)
        if settings.gamma:
            error = error - settings.gamma * errors(estimate, other, settings)
        total = error if total is None else total + error
    assert total is not None
    return total / estimates.shape[1] if estimates.shape[1] > 1 else total


class Objective(torch.nn.Module):
    """A network and its objective as one module, so that it can be spread over processes."""

    def __init__(
        self, network: SourceNetwork, settings: ObjectiveSettings, product_dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.network = network
        self._settings = settings
        self._product_dtype = product_dtype
        # What the masking layer leaves of the mixture is the other source, and in phase with the
        # mixture so are the targets: both outputs have the same error, and one is enough.
        self._is_symmetric = (
            settings.spectra == "phase_sensitive"
            and network.output_kind == "joint_mask"
            and settings.error != "kl"
        )

    def forward(
        self,
        features: Tensor,
        scale: Tensor,
        voice: Tensor,
        music: Tensor,
        weights: Tensor,
        wide_sums: bool = False,
    ) -> Tensor:
        """The sum over all frames of ``weights`` times the mean error of a frame: a scalar.

        ``features``, ``voice`` and ``music`` are ``(batch, n_frames, n_bins)`` as an ``Example``
        has them, ``scale`` and ``weights`` ``(batch, n_frames)``. With ``wide_sums`` the sum is
        made in float64.
        """
        reduced = self._product_dtype != torch.float32
        network = self.network
        with torch.autocast(features.device.type, self._product_dtype, enabled=reduced):
            found = network.outputs(features)
        dtype = torch.float64 if wide_sums else torch.float32

        def error_sum(part: Tensor, which: slice) -> Tensor:
            spectra = network.spectra_of(part, features[which])
            if self._is_symmetric:
                spectra = spectra[:, :1]
            per_frame = scale[which].reshape(-1, 1, scale.shape[1], *[1] * (spectra.ndim - 3))
            estimates = spectra * per_frame
            errors = discriminative_errors(estimates, voice[which], music[which], self._settings)
            return (errors.flatten(2).mean(dim=2) * weights[which]).sum(dtype=dtype)

        if features.device.type != "cpu" or not torch.is_grad_enabled():
            return error_sum(found, slice(None))
        total: Tensor = _PiecewiseSum.apply(found, error_sum)  # type: ignore[no-untyped-call]
        return total


class _PiecewiseSum(torch.autograd.Function):
    """The sum of a function of each sequence, with its gradient made at once.

    One sequence after the other stays in the processor's cache, where a whole batch would go to
    memory and back for each of some thirty operations.
    """

    @staticmethod
    def forward(ctx: Any, found: Tensor, error_sum: Callable[[Tensor, slice], Tensor]) -> Tensor:
        gradient = torch.empty_like(found)
        total: Tensor | None = None
        for index in range(len(found)):
            which = slice(index, index + 1)
            with torch.enable_grad():
                part = found[which].detach().requires_grad_()
                error = error_sum(part, which)
            (gradient[which],) = torch.autograd.grad(error, part)
            total = error.detach() if total is None else total + error.detach()
        assert total is not None
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0].to(gradient.dtype), None
