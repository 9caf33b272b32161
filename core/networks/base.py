"""What every network is: magnitudes in, estimates of the sources and masks out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.errors import UsageError
from core.networks.streaming import NetworkStream

MASK_EPSILON = 1e-4

OUTPUTS = ("joint_mask", "sources", "voice")


class SourceNetwork(nn.Module):
    """From level-normalised magnitudes to the sources' magnitudes (training) and masks (use).

    A subclass gives ``outputs``; what they mean is decided by ``output_kind``:

    - ``"joint_mask"``: one output per source, and the masking layer of Huang et al. 2014 (eq. 7)
      inside the network, so that the estimates sum to the mixture;
    - ``"sources"``: one output per source, which is its magnitude as it is;
    - ``"voice"``: one output, the first of two sources.

    A network hears one channel, or with ``n_channels`` 2 left, right and half their difference:
    then what is ``(batch, n_frames, n_bins)`` below is ``(batch, n_frames, 3, n_bins)``, and
    outputs, spectra and masks have left and right as a dimension before the bins.

    Attributes that the trainer sets: ``product_dtype``, the precision of matrix products in layers
    of their own (float32 or bfloat16; a network in float64 takes float64), and
    ``truncate_frames``: gradients flow back over time within pieces of so many frames; 0 means
    over all.

    ``is_causal`` says whether a frame's mask depends on that frame and those before it alone.
    """

    is_causal = False

    def __init__(
        self,
        n_bins: int,
        n_sources: int = 2,
        output_kind: str = "joint_mask",
        n_channels: int = 1,
    ) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.n_bins = n_bins
        self.n_sources = n_sources
        self.n_outputs = 1 if output_kind == "voice" else n_sources
        self.output_kind = output_kind
        self.product_dtype = torch.float32
        self.truncate_frames = 0
        # Chunks that are best computed at a time: in bfloat16, and in float32, which is wider.
        self.chunks_together = self.chunks_together_wide = 4

    @property
    def reach_frames(self) -> tuple[int | None, int | None]:
        """How many frames behind and ahead a frame's mask can depend on; None: on all.

        Chunks whose warm-up and look-ahead reach that far give the masks of the whole song. Where
        it is None, they come as close as the network forgets.
        """
        return None, None

    def stream(self) -> NetworkStream:
        """A way through one signal in pieces; ``UsageError`` where the network hears ahead."""
        if not self.is_causal:
            raise UsageError("This model hears ahead; choose a causal model for live sound.")
        return NetworkStream(self)

    def heard(self, magnitude: Tensor) -> Tensor:
        """The part of what is heard that the masks are for: left and right of the three views."""
        return magnitude if self.n_channels == 1 else magnitude[:, :, : self.n_channels]

    def outputs(self, magnitude: Tensor) -> Tensor:
        """What the last layer gives, ``(batch, n_outputs, n_frames, …)``, in any precision."""
        raise NotImplementedError

    def estimates_of(self, outputs: Tensor) -> Tensor:
        """Sizes of the sources, of the shape of ``outputs``, at least 0."""
        return widened(outputs).abs()

    def masks_of(self, outputs: Tensor, magnitude: Tensor) -> Tensor:
        """The masks that ``outputs`` of ``magnitude`` stand for, as ``forward`` returns them."""
        estimates = self.estimates_of(outputs)
        if self.output_kind == "voice":
            mixture = magnitude[:, None]
            voice = torch.minimum(estimates, mixture)
            estimates = torch.cat([voice, mixture - voice], dim=1)
        return ratio_masks(estimates)

    def spectra_of(self, outputs: Tensor, magnitude: Tensor) -> Tensor:
        """The spectra that ``outputs`` of ``magnitude`` stand for, as ``spectra`` returns them."""
        if self.output_kind == "joint_mask":
            return self.masks_of(outputs, magnitude) * self.heard(magnitude)[:, None]
        return self.estimates_of(outputs)

    def spectra(self, magnitude: Tensor) -> Tensor:
        """Estimates of the sources' magnitudes in the units of ``magnitude``, for training.

        ``magnitude`` is ``(batch, n_frames, n_bins)``, at least 0; returns
        ``(batch, n_outputs, n_frames, n_bins)``, at least 0. With the joint masking layer they sum
        to ``magnitude`` over the sources.
        """
        return self.spectra_of(self.outputs(magnitude), magnitude)

    def forward(self, magnitude: Tensor) -> Tensor:
        """Masks ``(batch, n_sources, n_frames, n_bins)`` in [0, 1], summing to 1 over the sources.

        ``magnitude`` is ``(batch, n_frames, n_bins)``, at least 0. Networks without the masking
        layer get a ratio mask of their outputs; the one output a of a voice network counts as
        min(a, X) of a mixture X, and the rest is the other source.
        """
        return self.masks_of(self.outputs(magnitude), magnitude)


def ratio_masks(estimates: Tensor) -> Tensor:
    """(a_i + ε) / Σ_j (a_j + ε) over dimension 1 of ``(batch, n_sources, …)``, at least 0.

    The small ε makes equal shares of zeros, never a hole.
    """
    positive = estimates + MASK_EPSILON
    return positive / positive.sum(dim=1, keepdim=True)


def widened(x: Tensor) -> Tensor:
    """``x`` in float32 if it was in half precision; float32 and float64 as they are."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
