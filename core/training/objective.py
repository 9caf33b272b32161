"""What training makes small: how far the estimates of voice and accompaniment are from theirs."""

from __future__ import annotations

import torch
from torch import Tensor

from core.networks.base import SourceNetwork
from core.training.settings import ObjectiveSettings


def errors(estimate: Tensor, target: Tensor, settings: ObjectiveSettings) -> Tensor:
    """The error of each element of ``estimate`` against ``target``, of the same shape.

    Squared, absolute, or the generalised Kullback-Leibler divergence
    t log(t / (y + c) + c) - t + y of magnitudes, floored by c as the authors of Huang et al. 2014
    did, so that it stays finite where an estimate is zero.
    """
    if settings.error == "squared":
        return (estimate - target).square()
    if settings.error == "l1":
        return (estimate - target).abs()
    floor = settings.kl_floor
    return target * torch.log(target / (estimate + floor) + floor) - target + estimate


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
        with torch.autocast(features.device.type, self._product_dtype, enabled=reduced):
            spectra = self.network.spectra(features)
        if self._is_symmetric:
            spectra = spectra[:, :1]
        estimates = spectra * scale[:, None, :, None]
        frame_errors = discriminative_errors(estimates, voice, music, self._settings).mean(dim=2)
        total = frame_errors * weights
        return total.sum(dtype=torch.float64) if wide_sums else total.sum()
