"""What a network makes of the magnitudes it is given: features, context, a front end."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FEATURES = ("magnitude", "power", "log_power", "log_mel")

# Chosen so that each feature of music has about zero mean (logarithms) and unit variance.
POWER_SCALE = 0.1
LOG_FLOOR = 1e-5  # 50 dB below the running level, if noise filled the band
LOG_MEAN_DB = -24.0
LOG_SPREAD_DB = 15.0


class Features(nn.Module):
    """Features of level-normalised magnitudes X, frame by frame.

    - ``magnitude``: X;
    - ``power``: 0.1 X²;
    - ``log_power``: (10 log₁₀(X² + 10⁻⁵) + 24) / 15, decibels made small;
    - ``log_mel``: the same of the mean of X² under each of ``n_mels`` triangles.
    """

    def __init__(self, kind: str, n_bins: int, n_mels: int = 0, sample_rate: int = 16000) -> None:
        super().__init__()
        self.kind = kind
        self.n_features = n_mels if kind == "log_mel" else n_bins
        self.filters: Tensor | None
        if kind == "log_mel":
            filters = mel_filters(n_mels, n_bins, sample_rate)
            means = filters / filters.sum(axis=1, keepdims=True)
            # Follows from the arguments, so it is no weight.
            self.register_buffer("filters", torch.from_numpy(means.T).float(), persistent=False)
        else:
            self.filters = None

    def forward(self, magnitude: Tensor) -> Tensor:
        """``(batch, n_frames, n_bins)`` to ``(batch, n_frames, n_features)``."""
        if self.kind == "magnitude":
            return magnitude
        power = magnitude * magnitude
        if self.kind == "power":
            return POWER_SCALE * power
        if self.filters is not None:
            with torch.autocast(magnitude.device.type, enabled=False):
                power = power @ self.filters.to(power.dtype)
        return (10 * torch.log10(power + LOG_FLOOR) - LOG_MEAN_DB) / LOG_SPREAD_DB


def mel_filters(n_mels: int, n_bins: int, sample_rate: int) -> NDArray[np.float64]:
    """Triangles of equal width in mel, from 0 Hz to half of ``sample_rate``: ``(n_mels, n_bins)``.

    m = 2595 log₁₀(1 + f / 700), f in Hz (O'Shaughnessy 1987). A filter's weight of a bin is the
    mean of its triangle over the bin's width, so that triangles narrower than a bin lose nothing;
    from the first centre to the last the weights of a bin sum to 1.
    """
    top_mel = 2595 * np.log10(1 + sample_rate / 2 / 700)
    corners_hz = 700 * (10 ** (np.linspace(0, top_mel, n_mels + 2) / 2595) - 1)
    width_hz = sample_rate / 2 / (n_bins - 1)
    edges_hz = np.clip((np.arange(n_bins + 1) - 0.5) * width_hz, 0, sample_rate / 2)
    left, centre, right = (corners_hz[k : k + n_mels, None] for k in range(3))
    rise, fall = np.clip(edges_hz, left, centre), np.clip(edges_hz, centre, right)
    # The part of a bin under each slope, times the slope's height in the middle of that part.
    areas = np.diff(rise) * ((rise[:, 1:] + rise[:, :-1]) / 2 - left) / (centre - left)
    areas += np.diff(fall) * (right - (fall[:, 1:] + fall[:, :-1]) / 2) / (right - centre)
    return areas / np.diff(edges_hz)


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


class ConvolutionFrontEnd(nn.Module):
    """Two convolutions over frequency, the frames of the context being their input channels.

    Nine features wide, in steps of 2 and then 4: about as many values come out as there were
    features in three frames, each of a stretch of 25 features.
    """

    CHANNELS = (16, 32)

    def __init__(self, context_frames: int, n_features: int) -> None:
        super().__init__()
        self.context_frames = context_frames
        first, second = self.CHANNELS
        self.first = nn.Conv1d(context_frames, first, kernel_size=9, stride=2, padding=4)
        self.second = nn.Conv1d(first, second, kernel_size=9, stride=4, padding=4)
        self.n_outputs = second * (((n_features - 1) // 2) // 4 + 1)

    def reset(self) -> None:
        """Weights that keep the variance through ReLU (He et al. 2015)."""
        for layer in (self.first, self.second):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """``(batch, n_frames, context_frames * n_features)`` to ``(…, n_outputs)``."""
        batch, n_frames, _ = frames.shape
        x = frames.reshape(batch * n_frames, self.context_frames, -1)
        x = torch.relu(self.second(torch.relu(self.first(x))))
        return x.reshape(batch, n_frames, self.n_outputs)
