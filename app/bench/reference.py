"""A network that many know, timed in the same run: the shape of Open-Unmix, with random weights.

Three layers of LSTM in both directions between two dense layers, over the spectrogram of a stereo
song (Stöter, Uhlich, Liutkus and Mitsufuji, “Open-Unmix — a reference implementation for music
source separation”, JOSS 2019). It estimates one stem; nothing of its training is needed to time it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bench.stages import best

if TYPE_CHECKING:
    from torch import nn

SECONDS = 60
RATE = 44100
N_FFT, HOP = 4096, 1024
N_CHANNELS = 2
HIDDEN = 512
"""Of a layer, both directions together."""
N_LAYERS = 3
BAND_HZ = 16000
"""What it hears; it estimates the whole band."""


@dataclass
class ReferenceFigures:
    """``network`` in multiples of real time for one stem, from spectrogram to spectrogram."""

    shape: str
    n_weights: int
    n_threads: int
    network: float
    network_gflops: float


def measure_reference() -> ReferenceFigures:
    """Time one pass over a spectrogram of a minute, the best of a few tries."""
    import torch

    network = reference_network().eval()
    n_frames = SECONDS * RATE // HOP + 1
    mixture = torch.rand(n_frames, N_CHANNELS, N_FFT // 2 + 1)
    with torch.inference_mode():
        seconds = best(lambda: network(mixture))
    n_weights = sum(weight.numel() for weight in network.parameters())
    return ReferenceFigures(
        f"Open-Unmix: {N_LAYERS} LSTM layers of {HIDDEN} both ways, n_fft {N_FFT}, hop {HOP}",
        n_weights,
        torch.get_num_threads(),
        SECONDS / seconds,
        2 * n_weights * n_frames / seconds / 1e9,
    )


def reference_network() -> nn.Module:
    """From magnitudes ``(n_frames, n_channels, n_bins)`` of a mixture to those of one stem."""
    import torch
    from torch import Tensor, nn

    n_bins = N_FFT // 2 + 1
    n_heard = BAND_HZ * N_FFT // RATE + 1

    class Reference(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shift = nn.Parameter(torch.zeros(n_heard))
            self.scale = nn.Parameter(torch.ones(n_heard))
            self.into = nn.Linear(N_CHANNELS * n_heard, HIDDEN, bias=False)
            self.into_norm = nn.BatchNorm1d(HIDDEN)
            self.over_time = nn.LSTM(HIDDEN, HIDDEN // 2, N_LAYERS, bidirectional=True)
            self.middle = nn.Linear(2 * HIDDEN, HIDDEN, bias=False)
            self.middle_norm = nn.BatchNorm1d(HIDDEN)
            self.out = nn.Linear(HIDDEN, N_CHANNELS * n_bins, bias=False)
            self.out_norm = nn.BatchNorm1d(N_CHANNELS * n_bins)

        def forward(self, mixture: Tensor) -> Tensor:
            heard = (mixture[..., :n_heard] + self.shift) * self.scale
            x = torch.tanh(self.into_norm(self.into(heard.flatten(1))))
            x = torch.cat([x, self.over_time(x)[0]], dim=1)
            x = torch.relu(self.middle_norm(self.middle(x)))
            mask = torch.relu(self.out_norm(self.out(x)))
            return mask.view_as(mixture) * mixture

    return Reference()


def reference_line(figures: ReferenceFigures, limit_gflops: float) -> str:
    """The figures for people, in the columns of the models' table."""
    share = 100 * figures.network_gflops / limit_gflops
    return (
        f"{'reference':<12}{'':>20}{figures.network:9.0f}×{'':>30}{share:8.0f} %  {figures.shape}"
    )
