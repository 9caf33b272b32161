"""The mask of a stretch of a song, without that of the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.audio.source import Audio
from core.batches import MaskMaker
from core.checkpoint import Model
from core.chunks import Listener, cut, kept_masks
from core.errors import Cancelled
from core.masks import HalfArray
from core.plan import Seams


def stretch_masks(
    mixture: Audio,
    model: Model,
    first: int,
    last: int,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[HalfArray, HalfArray]:
    """Frames ``first`` to ``last`` of the mask that ``model`` makes of ``mixture``.

    The same as the whole song's: of its chunks those that give one of these frames are computed.
    Returns float16 ``(n_sources - 1, n_channels or 1, n_bins, n)`` and what lies above the band,
    ``(n_sources - 1, n_channels or 1, n)``; frames beyond the song are left out. ``Cancelled`` if
    asked to stop between two batches.
    """
    card = model.card
    listener, maker = Listener(mixture, card), MaskMaker(model)
    first, last = max(0, first), min(last, listener.n_frames)
    chunks = cut(listener.n_frames, card.chunk)
    seams = Seams(chunks)
    wanted = [chunk for chunk in chunks if chunk.first < last and chunk.fade_last > first]
    n_channels = card.n_channels if mixture.n_channels == 2 else 1
    n_bins = card.stft.stft().n_bins
    made = np.zeros((len(card.sources) - 1, n_channels, max(0, last - first), n_bins + 1))
    while wanted:
        if should_stop is not None and should_stop():
            raise Cancelled
        batch, wanted = wanted[: maker.n_next], wanted[maker.n_next :]
        heard = [listener.hear(chunk) for chunk in batch]
        for part, masks in zip(heard, maker.masks(heard), strict=True):
            begin, values = seams.join(part.chunk, kept_masks(part, masks, n_channels, card))
            end = begin + values.shape[2]
            low, high = max(begin, first), min(end, last)
            if low < high:
                made[:, :, low - first : high - first] = values[:, :, low - begin : high - begin]
    half = made.astype(np.float16)
    return np.ascontiguousarray(half[..., :-1].swapaxes(2, 3)), half[..., -1]
