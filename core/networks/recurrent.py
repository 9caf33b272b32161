"""One stack of layers with recurrence per layer: DNN, DRNN-k and sRNN of Huang et al. (2014).

Beyond the paper: gated cells, both directions, dropout, normalisation, a convolutional front end
over frequency and attention over time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.errors import UsageError
from core.networks import arguments as args
from core.networks.attention import LocalAttention
from core.networks.base import OUTPUTS, SourceNetwork, widened
from core.networks.features import FEATURES, ConvolutionFrontEnd, Features, with_context
from core.networks.gated import GATED_CELLS, GatedLayer
from core.networks.normalisation import NORMALISATIONS, normalisation
from core.networks.recurrence import ACTIVATIONS, going_on, recurrence

CELLS = (*ACTIVATIONS, *GATED_CELLS)
FRONT_ENDS = ("none", "convolution")
_BACKWARD = "{}_backward"


class Recurrent(SourceNetwork):
    """Hidden layers, of which some are recurrent, over context frames of a feature.

    Parameters
    ----------
    n_bins: frequency bins of the magnitudes.
    hidden: units of each hidden layer; of each direction, where a layer has two.
    recurrent_layers: which of them are recurrent, counted from 1: ``[]`` is the paper's DNN,
        ``[2]`` its DRNN-2 and all of them its sRNN.
    context_frames: odd number of frames that the first layer sees, the edge frames repeated.
    n_sources: how many sources the masks are for.
    features, n_mels, sample_rate: as ``Features``; the latter two are for ``"log_mel"``.
    cell: of the recurrent layers. Plain cells (``"relu"``, ``"tanh"``, ``"sigmoid"``) are the
        activation of the other layers too; beside ``"lstm"`` and ``"gru"`` these are ReLU.
    bidirectional: whether recurrent layers also run from the last frame to the first.
    dropout: share of each hidden layer's outputs that training leaves out.
    normalisation: ``"layer"`` or ``"batch"``, of what a layer gets from below before its activation
        or plain recurrence (Laurent et al. 2016); of its output, where the cell is gated.
    front_end: ``"convolution"`` puts ``ConvolutionFrontEnd`` before the first layer.
    attention_heads: 0, or heads of a ``LocalAttention`` after the last hidden layer.
    attention_behind, attention_ahead: its window in frames; with a context of three frames the
        defaults are what a card's default chunk settings allow for.
    output: see ``SourceNetwork.output_kind``.

    ``UsageError`` names what is not supported and the nearest value that is.
    """

    def __init__(
        self,
        n_bins: int = 513,
        hidden: Sequence[int] = (1000, 1000, 1000),
        recurrent_layers: Sequence[int] = (2,),
        context_frames: int = 3,
        n_sources: int = 2,
        features: str = "magnitude",
        n_mels: int = 0,
        sample_rate: int = 16000,
        cell: str = "relu",
        bidirectional: bool = False,
        dropout: float = 0.0,
        normalisation: str = "none",
        front_end: str = "none",
        attention_heads: int = 0,
        attention_behind: int = 64,
        attention_ahead: int = 7,
        output: str = "joint_mask",
    ) -> None:
        n_bins = args.count("n_bins", n_bins, *args.BINS)
        n_sources = args.count("n_sources", n_sources, *args.SOURCES)
        args.choice("output", output, OUTPUTS)
        if output == "voice" and n_sources != 2:
            args.refuse_pair("n_sources", n_sources, "output", output, 2)
        super().__init__(n_bins, n_sources, output)
        hidden = args.counts("hidden", hidden, *args.UNITS, least=1)
        self.recurrent_layers = _checked_layers(recurrent_layers, len(hidden))
        self.context_frames = _checked_context(context_frames)
        self.cell = args.choice("cell", cell, CELLS)
        self.bidirectional = args.flag("bidirectional", bidirectional)
        if not self.recurrent_layers:
            if cell in GATED_CELLS:
                args.refuse_pair("cell", cell, "recurrent_layers", [], "relu")
            if bidirectional:
                args.refuse_pair("bidirectional", True, "recurrent_layers", [], False)
        self.dropout = args.number("dropout", dropout, 0.0, 0.9)
        _check_features(features, n_mels, sample_rate, n_bins)
        args.choice("normalisation", normalisation, NORMALISATIONS)
        args.choice("front_end", front_end, FRONT_ENDS)
        args.count("attention_heads", attention_heads, 0, 64)
        args.count("attention_behind", attention_behind, 0, 4096)
        args.count("attention_ahead", attention_ahead, 0, 4096)

        self.features = Features(features, n_bins, n_mels, sample_rate)
        n_inputs = self.context_frames * self.features.n_features
        self.front_end: ConvolutionFrontEnd | None = None
        if front_end == "convolution":
            self.front_end = ConvolutionFrontEnd(self.context_frames, self.features.n_features)
            n_inputs = self.front_end.n_outputs
        self._add_layers(n_inputs, hidden, normalisation)
        n_last = self._n_outputs_of(len(hidden), hidden[-1])
        self.attention: LocalAttention | None = None
        if attention_heads:
            if n_last % attention_heads:
                near = next(n for n in range(attention_heads, 0, -1) if n_last % n == 0)
                args.refuse_pair("attention_heads", attention_heads, "hidden", hidden, near)
            self.attention = LocalAttention(
                n_last, attention_heads, attention_behind, attention_ahead
            )
        self.output = nn.Linear(n_last, self.n_outputs * n_bins)
        self.is_causal = self.reach_frames[1] == 0
        self.streams = False
        self._states: dict[str, Tensor] = {}
        self.reset()

    def _n_outputs_of(self, number: int, units: int) -> int:
        both = self.bidirectional and number in self.recurrent_layers
        return 2 * units if both else units

    def _add_layers(self, n_inputs: int, hidden: list[int], normalisation_kind: str) -> None:
        self.layers = nn.ModuleList()
        self.recurrences = nn.ParameterDict()
        self.norms = nn.ModuleDict()
        for number, units in enumerate(hidden, start=1):
            n_outputs = self._n_outputs_of(number, units)
            if number in self.recurrent_layers and self.cell in GATED_CELLS:
                self.layers.append(GatedLayer(self.cell, n_inputs, units, self.bidirectional))
            else:
                self.layers.append(nn.Linear(n_inputs, n_outputs))
                if number in self.recurrent_layers:
                    names = [str(number), _BACKWARD.format(number)]
                    for name in names[: 2 if self.bidirectional else 1]:
                        self.recurrences[name] = nn.Parameter(torch.empty(units, units))
            if normalisation_kind != "none":
                self.norms[str(number)] = normalisation(normalisation_kind, n_outputs)
            n_inputs = n_outputs

    def reset(self) -> None:
        """Uniform Glorot weights, plain recurrent layers with the fans of the paper's authors."""
        for part in (self.front_end, self.attention):
            if part is not None:
                part.reset()
        for number, layer in enumerate(self.layers, start=1):
            if isinstance(layer, GatedLayer):
                layer.reset()
                continue
            assert isinstance(layer, nn.Linear)
            before, units = layer.in_features, layer.out_features
            matrices = [
                self.recurrences[name]
                for name in (str(number), _BACKWARD.format(number))
                if name in self.recurrences
            ]
            if matrices:
                units = len(matrices[0])
            bound = (6 / (before + (2 if matrices else 1) * units)) ** 0.5
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)
            for matrix in matrices:
                bound = (6 / (3 * units)) ** 0.5
                nn.init.uniform_(matrix, -bound, bound)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    @property
    def reach_frames(self) -> tuple[int | None, int | None]:
        behind = ahead = self.context_frames // 2
        if self.attention is not None:
            behind, ahead = behind + self.attention.behind, ahead + self.attention.ahead
        return (
            None if self.recurrent_layers else behind,
            None if self.recurrent_layers and self.bidirectional else ahead,
        )

    def outputs(self, magnitude: Tensor) -> Tensor:
        batch, n_frames, _ = magnitude.shape
        x = with_context(self.features(magnitude), self.context_frames)
        if self.front_end is not None:
            x = self.front_end(x)
        for number, layer in enumerate(self.layers, start=1):
            x = self._hidden(str(number), layer, x)
            if self.dropout:
                x = nn.functional.dropout(x, self.dropout, self.training)
        if self.attention is not None:
            x = self.attention(x)
        return self.output(x).view(batch, n_frames, self.n_outputs, self.n_bins).transpose(1, 2)

    def _hidden(self, number: str, layer: nn.Module, x: Tensor) -> Tensor:
        if isinstance(layer, GatedLayer):
            x = layer(x, self.truncate_frames)
            return self.norms[number](x) if number in self.norms else x
        x = layer(x)
        if number in self.norms:
            x = self.norms[number](x)
        if number not in self.recurrences:
            return ACTIVATIONS.get(self.cell, torch.relu)(x)
        if torch.is_grad_enabled():
            x = widened(x)
        if not self.bidirectional:
            return self._recur(x, number)
        forwards, backwards = x.chunk(2, dim=2)
        other = self._recur(backwards, _BACKWARD.format(number), backward=True)
        return torch.cat([self._recur(forwards, number), other], dim=2)

    def _recur(self, x: Tensor, name: str, backward: bool = False) -> Tensor:
        weight = self.recurrences[name]
        x = going_on(x, self._states.get(name), weight)
        states = recurrence(
            x, weight, self.cell, self.product_dtype, self.truncate_frames, backward
        )
        if self.streams:
            self._states[name] = states[:, -1]
        return states


def _checked_layers(value: object, n_hidden: int) -> list[int]:
    layers = args.counts("recurrent_layers", value, *args.ANY)
    for layer in layers:
        if not 1 <= layer <= n_hidden:
            raise UsageError(
                "Layer {layer} cannot be recurrent: the network has hidden layers 1 to {n}.",
                layer=layer,
                n=n_hidden,
            )
    if len(set(layers)) < len(layers):
        args.refuse("recurrent_layers", layers, f"[1 … {n_hidden}, …]", sorted(set(layers)))
    return layers


def _checked_context(value: object) -> int:
    n_frames = args.count("context_frames", value, 1, 101)
    if n_frames % 2 == 0:
        raise UsageError(
            "A context of {n} frames is not possible; use an odd number such as {near}.",
            n=n_frames,
            near=n_frames + 1,
        )
    return n_frames


def _check_features(features: object, n_mels: object, sample_rate: object, n_bins: int) -> None:
    args.choice("features", features, FEATURES)
    n_filters = args.count("n_mels", n_mels, 0, n_bins)
    args.count("sample_rate", sample_rate, 1000, 768000)
    if features == "log_mel" and n_filters == 0:
        args.refuse_pair("n_mels", n_mels, "features", features, min(64, n_bins))
    if features != "log_mel" and n_filters:
        args.refuse_pair("n_mels", n_mels, "features", features, 0)
