"""Networks that hear a signal piece by piece, as it comes in."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FloatArray = NDArray[np.float32]


class NetworkStream:
    """One causal network on its way through one signal.

    What the pieces give, joined, is what the network gives for the whole. Each stream has a state
    of its own; the weights are the network's, not copies of them. The parts of a network that
    remember have a flag ``streams``; while it is set, what they are given goes on from what they
    were given before.
    """

    def __init__(self, network: nn.Module) -> None:
        weights = {id(w): w for w in (*network.parameters(), *network.buffers())}
        self._network = copy.deepcopy(network, dict(weights)).eval()
        for module in self._network.modules():
            if hasattr(module, "streams"):
                module.streams = True  # type: ignore[assignment]

    def step(self, features: Tensor) -> Tensor:
        """Masks of the next frames: ``forward`` of ``(1, n_frames, …)``, at least one frame."""
        with torch.inference_mode():
            masks: Tensor = self._network(features)
        return masks


class MaskStream:
    """A network's soft masks as arrays, frame by frame, on the network's device."""

    def __init__(self, stream: NetworkStream, device: str = "cpu") -> None:
        self._stream = stream
        self._device = device

    def masks(self, features: FloatArray) -> FloatArray:
        """Masks of all sources but the last, of the next frames.

        ``features`` is ``(n_frames, n_bins)``, or ``(n_frames, 3, n_bins)`` for a network of two
        channels, in units of the running level. Returns ``(n_sources - 1, n_channels, n_frames,
        n_bins)`` in [0, 1].
        """
        masks = self._stream.step(torch.from_numpy(features[None]).to(self._device))[0, :-1]
        masks = masks[:, None] if masks.ndim == 3 else masks.transpose(1, 2)
        kept: FloatArray = masks.float().cpu().numpy()
        return kept
