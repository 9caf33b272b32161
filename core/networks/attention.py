"""Self-attention over time within a window, so that a chunk hears what the song would."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BLOCK_FRAMES = 256


class LocalAttention(nn.Module):
    """Each frame adds what it finds in the frames around it (Vaswani et al. 2017).

    A frame attends to itself, ``behind`` frames before it and ``ahead`` frames after it, as far as
    there are any, with a learned preference of each head for each distance (Shaw et al. 2018, as a
    bias). So a chunk with at least that much warm-up and look-ahead gives what the whole song
    gives. Memory grows with the length of the song, not with its square.
    """

    def __init__(self, units: int, n_heads: int, behind: int, ahead: int) -> None:
        super().__init__()
        self.n_heads, self.behind, self.ahead = n_heads, behind, ahead
        self.norm = nn.LayerNorm(units)
        self.projection = nn.Linear(units, 3 * units)
        self.result = nn.Linear(units, units)
        self.distance = nn.Parameter(torch.zeros(n_heads, behind + ahead + 1))
        self.streams = False
        self._past: Tensor | None = None

    def reset(self) -> None:
        """Glorot for the projections; the result begins at zero: the layer passes its input on."""
        nn.init.xavier_uniform_(self.projection.weight)
        nn.init.zeros_(self.projection.bias)
        nn.init.zeros_(self.result.weight)
        nn.init.zeros_(self.result.bias)
        nn.init.zeros_(self.distance)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, n_frames, units)``, in and out."""
        if self.streams and self.behind:
            n_new = x.shape[1]
            x = x if self._past is None else torch.cat([self._past, x], dim=1)
            self._past = x[:, -self.behind :]
            return self._found(x)[:, -n_new:]
        return self._found(x)

    def _found(self, x: Tensor) -> Tensor:
        batch, n_frames, units = x.shape
        # (3, batch, heads, frames, units per head)
        parts = self.projection(self.norm(x)).view(batch, n_frames, 3, self.n_heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        found = []
        for first in range(0, n_frames, BLOCK_FRAMES):
            last = min(first + BLOCK_FRAMES, n_frames)
            start, stop = max(0, first - self.behind), min(n_frames, last + self.ahead)
            found.append(
                nn.functional.scaled_dot_product_attention(
                    queries[:, :, first:last],
                    keys[:, :, start:stop],
                    values[:, :, start:stop],
                    attn_mask=self._bias(first, last, start, stop).to(queries.dtype),
                )
            )
        joined = torch.cat(found, dim=2).transpose(1, 2).reshape(batch, n_frames, units)
        return x + self.result(joined)

    def _bias(self, first: int, last: int, start: int, stop: int) -> Tensor:
        """Preferences of frames ``first:last`` for ``start:stop``: ``(heads, n, m)``."""
        device = self.distance.device
        own = torch.arange(first, last, device=device)[:, None]
        place = torch.arange(start, stop, device=device)[None] - own + self.behind
        outside = (place < 0) | (place > self.behind + self.ahead)
        bias = self.distance[:, place.clamp(0, self.behind + self.ahead)]
        return bias.masked_fill(outside, -torch.inf)
