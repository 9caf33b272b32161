"""Orders of channels: Ogg has its own, everything else shares that of WAV."""

from __future__ import annotations

import numpy as np

# Place k of an Ogg file holds this channel of WAV's order (left, right, centre, LFE, rears, sides).
_OGG = {
    3: (0, 2, 1), 5: (0, 2, 1, 3, 4), 6: (0, 2, 1, 4, 5, 3), 7: (0, 2, 1, 5, 6, 4, 3),
    8: (0, 2, 1, 6, 7, 4, 5, 3),
}  # fmt: skip


def to_ogg_order(n_channels: int) -> list[int] | None:
    """Index that puts channels in WAV order into Ogg order, or None where both are the same."""
    return list(_OGG[n_channels]) if n_channels in _OGG else None


def from_ogg_order(n_channels: int) -> list[int] | None:
    """The inverse of ``to_ogg_order``."""
    return np.argsort(_OGG[n_channels]).tolist() if n_channels in _OGG else None
