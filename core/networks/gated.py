"""Layers of gated cells: PyTorch's own LSTM and GRU, one or both ways, truncated on request."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from core.networks.base import widened

_CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}

GATED_CELLS = tuple(_CELLS)


class GatedLayer(nn.Module):
    """One recurrent layer of LSTM (Hochreiter and Schmidhuber 1997, with forget gates) or GRU.

    Each direction is a module of its own, so that either can be truncated.
    """

    def __init__(self, cell: str, n_inputs: int, units: int, bidirectional: bool) -> None:
        super().__init__()
        kind = _CELLS[cell]
        self.forwards = kind(n_inputs, units, batch_first=True)
        self.backwards = kind(n_inputs, units, batch_first=True) if bidirectional else None
        self.streams = False
        self._state: Any = None

    def reset(self) -> None:
        """Glorot inputs, orthogonal recurrence, no bias but 1 in the LSTM's forget gate.

        That bias lets an LSTM remember from the start (Jozefowicz et al. 2015).
        """
        for rnn in (self.forwards, self.backwards):
            if rnn is None:
                continue
            units = rnn.hidden_size
            weights = dict(rnn.named_parameters())
            for gate in range(len(weights["weight_ih_l0"]) // units):
                rows = slice(gate * units, (gate + 1) * units)
                nn.init.xavier_uniform_(weights["weight_ih_l0"][rows])
                nn.init.orthogonal_(weights["weight_hh_l0"][rows])
            nn.init.zeros_(weights["bias_ih_l0"])
            nn.init.zeros_(weights["bias_hh_l0"])
            if isinstance(rnn, nn.LSTM):
                nn.init.ones_(weights["bias_ih_l0"][units : 2 * units])

    def forward(self, x: Tensor, truncate_frames: int = 0) -> Tensor:
        """States from the zero state: ``(batch, n_frames, n_inputs)`` to ``(…, units)``.

        Twice ``units`` where there are both directions. Gradients flow within pieces of
        ``truncate_frames``, counted from where each direction begins; 0 means over all.
        """
        if self.streams:
            states, self._state = self.forwards(x, self._state)
            return widened(states)
        states = _run(self.forwards, x, truncate_frames)
        if self.backwards is None:
            return states
        other = _run(self.backwards, x.flip(1), truncate_frames).flip(1)
        return torch.cat([states, other], dim=2)


def _run(rnn: nn.LSTM | nn.GRU, x: Tensor, truncate_frames: int) -> Tensor:
    if not truncate_frames or not torch.is_grad_enabled():
        return widened(rnn(x)[0])
    pieces = []
    state = None
    for piece in x.split(truncate_frames, dim=1):
        states, state = rnn(piece, state)
        pieces.append(widened(states))
        # What it remembers goes on; what it would have had to remember does not come back.
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    return torch.cat(pieces, dim=1)
