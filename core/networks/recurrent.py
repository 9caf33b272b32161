"""The networks of Huang et al. (ISMIR 2014): DNN, DRNN-k and stacked RNN with a masking layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.errors import UsageError
from core.networks.base import SourceNetwork, widened
from core.networks.recurrence import relu_recurrence


class Recurrent(SourceNetwork):
    """ReLU layers, of which some are recurrent, over context frames; two outputs; a joint mask.

    Parameters
    ----------
    n_bins: frequency bins of the magnitudes.
    hidden: units of each hidden layer.
    recurrent_layers: which of them are recurrent, counted from 1: ``[]`` is the paper's DNN,
        ``[2]`` its DRNN-2 and all of them its sRNN.
    context_frames: odd number of frames that the first layer sees, the edge frames repeated.
    n_sources: outputs of ``n_bins`` each.
    """

    def __init__(
        self,
        n_bins: int = 513,
        hidden: Sequence[int] = (1000, 1000, 1000),
        recurrent_layers: Sequence[int] = (2,),
        context_frames: int = 3,
        n_sources: int = 2,
    ) -> None:
        super().__init__(n_bins, n_sources)
        if context_frames < 1 or context_frames % 2 == 0:
            raise UsageError(
                "A context of {n} frames is not possible; use an odd number such as {near}.",
                n=context_frames,
                near=max(1, context_frames + 1),
            )
        unknown = sorted(set(recurrent_layers) - set(range(1, len(hidden) + 1)))
        if unknown:
            raise UsageError(
                "Layer {layer} cannot be recurrent: the network has hidden layers 1 to {n}.",
                layer=unknown[0],
                n=len(hidden),
            )
        self.context_frames = context_frames
        sizes = [context_frames * n_bins, *hidden]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in itertools.pairwise(sizes))
        self.recurrences = nn.ParameterDict(
            {
                str(k): nn.Parameter(torch.empty(hidden[k - 1], hidden[k - 1]))
                for k in recurrent_layers
            }
        )
        self.output = nn.Linear(sizes[-1], n_sources * n_bins)
        self.reset()

    def reset(self) -> None:
        """Uniform Glorot weights, recurrent layers with the fans of the paper's authors."""
        for number, layer in enumerate(self.layers, start=1):
            assert isinstance(layer, nn.Linear)
            before, units = layer.in_features, layer.out_features
            recurrent = str(number) in self.recurrences
            bound = (6 / (before + (2 if recurrent else 1) * units)) ** 0.5
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)
            if recurrent:
                bound = (6 / (3 * units)) ** 0.5
                nn.init.uniform_(self.recurrences[str(number)], -bound, bound)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def outputs(self, magnitude: Tensor) -> Tensor:
        batch, n_frames, _ = magnitude.shape
        x = with_context(magnitude, self.context_frames)
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x)
            if str(number) in self.recurrences:
                x = relu_recurrence(widened(x), self.recurrences[str(number)], self.product_dtype)
            else:
                x = torch.relu(x)
        return self.output(x).view(batch, n_frames, self.n_outputs, self.n_bins).transpose(1, 2)


def with_context(frames: Tensor, n_context: int) -> Tensor:
    """Each frame beside its neighbours, the edge frames repeated.

    ``frames`` is ``(batch, n_frames, n_bins)``; returns ``(batch, n_frames, n_context * n_bins)``.
    """
    side = n_context // 2
    if side == 0:
        return frames
    first, last = frames[:, :1], frames[:, -1:]
    padded = torch.cat([first.expand(-1, side, -1), frames, last.expand(-1, side, -1)], dim=1)
    n_frames = frames.shape[1]
    return torch.cat([padded[:, k : k + n_frames] for k in range(n_context)], dim=2)
