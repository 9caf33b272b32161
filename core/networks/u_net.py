"""A recurrent U-Net: convolutions share their weights over frequency, recurrences run over time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks import arguments as args
from core.networks.base import SourceNetwork, widened
from core.networks.recurrence import recurrence

PATHS = ("bands", "all")

_LOUDNESS = 8.0
_SPREAD = 0.7
"""0.7 · log(1 + 8 X) of level-normalised magnitudes X has a spread of about one."""

_MEMORY = 0.7
"""What a unit keeps of itself from frame to frame at first (Le, Jaitly and Hinton 2015)."""


class RecurrentUNet(SourceNetwork):
    """Down over frequency, recurrent over time, up again, with the masking layer inside.

    A song's harmonics look alike wherever they lie and whoever sings them; weights shared over
    frequency learn them from few singers. The recurrences between the way down and the way up
    hear the whole song, in both directions.

    Parameters
    ----------
    n_bins: frequency bins of the magnitudes.
    n_sources: how many sources the masks are for.
    fine_bins, medium_bins: below ``fine_bins`` every bin counts, from there to ``medium_bins``
        every two and above every four bins count as one. High up a mask needs less resolution, and
        positions are what the network's time goes into.
    widths: channels of each level, from fine to coarse; each halves the positions of the one
        before.
    paths: what follows the way down, in this order: ``"bands"`` is a recurrence over time of each
        position by itself, with weights that positions share, ``"all"`` one of all positions
        together. Without any, a mask depends on a few frames around it.
    band_units, all_units: units of these, per direction.
    dropout: share of the channels that training leaves out before the last layer.
    """

    def __init__(
        self,
        n_bins: int = 513,
        n_sources: int = 2,
        fine_bins: int = 128,
        medium_bins: int = 256,
        widths: Sequence[int] = (24, 32, 64, 96),
        paths: Sequence[str] = ("bands", "all"),
        band_units: int = 64,
        all_units: int = 384,
        dropout: float = 0.0,
    ) -> None:
        n_bins = args.count("n_bins", n_bins, *args.BINS)
        n_sources = args.count("n_sources", n_sources, *args.SOURCES)
        super().__init__(n_bins, n_sources)
        widths = args.counts("widths", widths, *args.UNITS, least=2)
        for path in paths:
            args.choice("paths", path, PATHS)
        self.dropout = args.number("dropout", dropout, 0.0, 0.9)
        self.folds = Folds(n_bins, fine_bins, medium_bins, 2 ** (len(widths) - 1))
        n_positions = self.folds.n_positions >> (len(widths) - 1)
        self.input = nn.Conv2d(1, widths[0], (3, 5), padding=(1, 2))
        self.place_in = nn.Parameter(torch.zeros(widths[0], 1, self.folds.n_positions))
        levels = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(_Block(fine, coarse, 2) for fine, coarse in levels)
        self.place = nn.Parameter(torch.empty(n_positions, widths[-1]))
        self.paths = nn.ModuleList()
        for path in paths:
            if path == "bands":
                self.paths.append(_Bands(widths[-1], args.count("band_units", band_units, 1, 4096)))
            else:
                n_units = args.count("all_units", all_units, 1, 4096)
                self.paths.append(_All(n_positions, widths[-1], n_units))
        self.up = nn.ModuleList(nn.Conv2d(coarse, 2 * fine, 1) for fine, coarse in levels)
        self.mix = nn.ModuleList(_Block(fine, fine) for fine, _ in levels)
        self.output = nn.Conv2d(widths[0], self.n_outputs, 1)
        self.reset()
        # Channels lie together in memory: twice as fast on the CPU.
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                weight = module.weight.data
                module.weight.data = weight.contiguous(memory_format=torch.channels_last)

    def reset(self) -> None:
        """Random weights; what adds to what is already there begins small."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=5**0.5)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        for module in self.modules():
            if isinstance(module, (_Block, _Bands, _All)):
                module.reset()
        nn.init.normal_(self.place, std=0.1)
        with torch.no_grad():
            self.output.weight.mul_(0.3)

    @property
    def reach_frames(self) -> tuple[int | None, int | None]:
        if len(self.paths):
            return None, None
        reach = 1 + 2 * (len(self.down) + len(self.mix))
        return reach, reach

    def outputs(self, magnitude: Tensor) -> Tensor:
        batch, n_frames, _ = magnitude.shape
        x = torch.log1p(_LOUDNESS * self.folds.fold(magnitude)) * _SPREAD
        x = x[:, None].contiguous(memory_format=torch.channels_last)
        x = self.input(x)
        x = torch.relu(x + self.place_in.to(x.dtype))
        passed = []
        for down in self.down:
            passed.append(x)
            x = down(x)
        y = x.permute(0, 2, 3, 1)  # (batch, n_frames, n_positions, n_channels)
        y = y + self.place.to(y.dtype)
        for path in self.paths:
            y = path(y, self.product_dtype, self.truncate_frames)
        x = y.permute(0, 3, 1, 2)
        for up, mix, beside in zip(
            reversed(self.up), reversed(self.mix), reversed(passed), strict=True
        ):
            # Each position becomes two: twice the channels, laid out along frequency.
            x = up(x).permute(0, 2, 3, 1)
            n_channels = x.shape[3] // 2
            x = x.reshape(batch, n_frames, 2 * x.shape[2], n_channels).permute(0, 3, 1, 2)
            x = mix(x + beside)
        if self.dropout:
            x = functional.dropout2d(x, self.dropout, self.training)
        # Positive already: where it is large it is linear, so that the mask can be as sharp.
        return self.folds.unfold(functional.softplus(widened(self.output(x))))


class Folds(nn.Module):
    """Bins to positions: one to one at the bottom, by twos in the middle, by fours above.

    ``multiple`` is what the number of positions must be a multiple of; bins that are left over at
    the top (at least the one at the Nyquist frequency) take the value of the last position.
    """

    def __init__(self, n_bins: int, fine_bins: int, medium_bins: int, multiple: int) -> None:
        super().__init__()
        args.count("medium_bins", medium_bins, 0, n_bins)
        args.count("fine_bins", fine_bins, 0, medium_bins)
        self.fine = fine_bins
        self.n_medium = (medium_bins - fine_bins) // 2
        first = fine_bins + 2 * self.n_medium
        n_coarse = (n_bins - first) // 4
        n_coarse -= (fine_bins + self.n_medium + n_coarse) % multiple
        if n_coarse < 0 or fine_bins + self.n_medium + n_coarse < multiple:
            near = max(0, fine_bins - fine_bins % multiple)
            args.refuse_pair("fine_bins", fine_bins, "n_bins", n_bins, near)
        self.first_coarse, self.n_coarse = first, n_coarse
        self.n_positions = fine_bins + self.n_medium + n_coarse
        self.n_left = n_bins - first - 4 * n_coarse

    def fold(self, magnitude: Tensor) -> Tensor:
        """Root mean squares: ``(…, n_bins)`` to ``(…, n_positions)``."""
        fine, medium, coarse, _ = magnitude.split(
            [self.fine, 2 * self.n_medium, 4 * self.n_coarse, self.n_left], dim=-1
        )
        parts = [fine]
        for part, n_together in ((medium, 2), (coarse, 4)):
            if part.shape[-1]:
                power = part.unflatten(-1, (-1, n_together)).square().mean(dim=-1)
                parts.append(torch.sqrt(power))
        return torch.cat(parts, dim=-1)

    def unfold(self, positions: Tensor) -> Tensor:
        """Each bin the value of its position: ``(…, n_positions)`` to ``(…, n_bins)``."""
        fine, medium, coarse = positions.split([self.fine, self.n_medium, self.n_coarse], dim=-1)
        left = positions[..., -1:].expand(*positions.shape[:-1], self.n_left)
        parts = [fine, medium.repeat_interleave(2, -1), coarse.repeat_interleave(4, -1), left]
        return torch.cat(parts, dim=-1)


class _Block(nn.Module):
    """Two convolutions over time and frequency, the second added to what the first gives."""

    def __init__(self, n_before: int, n_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_before, n_channels, 3, padding=1, stride=(1, stride))
        self.second = nn.Conv2d(n_channels, n_channels, 3, padding=1)

    def reset(self) -> None:
        for convolution in (self.first, self.second):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        with torch.no_grad():
            self.second.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x))
        return x + torch.relu(self.second(x))


class _BothWays(nn.Module):
    """ReLU recurrences over time in both directions, added to what they are given."""

    def __init__(self, n_inputs: int, units: int) -> None:
        super().__init__()
        self.into = nn.Linear(n_inputs, 2 * units)
        self.forwards = nn.Parameter(torch.empty(units, units))
        self.backwards = nn.Parameter(torch.empty(units, units))
        self.out = nn.Linear(2 * units, n_inputs)

    def reset(self) -> None:
        for matrix in (self.forwards, self.backwards):
            units = len(matrix)
            nn.init.normal_(matrix, std=0.3 / units**0.5)
            with torch.no_grad():
                matrix.add_(torch.eye(units), alpha=_MEMORY)
        with torch.no_grad():
            self.out.weight.mul_(0.5)

    def _added(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        """``(rows, n_frames, n_inputs)`` to the same."""
        ahead, back = widened(self.into(x)).chunk(2, dim=2)
        ahead = recurrence(ahead, self.forwards, "relu", product_dtype, truncate_frames)
        back = recurrence(back, self.backwards, "relu", product_dtype, truncate_frames, True)
        added: Tensor = self.out(torch.cat([ahead, back], dim=2))
        return added


class _Bands(_BothWays):
    """Each position by itself: ``(batch, n_frames, n_positions, n_channels)`` to the same."""

    def forward(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        batch, n_frames, n_positions, n_channels = x.shape
        rows = x.transpose(1, 2).reshape(batch * n_positions, n_frames, n_channels)
        added = self._added(rows, product_dtype, truncate_frames)
        return x + added.view(batch, n_positions, n_frames, n_channels).transpose(1, 2)


class _All(_BothWays):
    """All positions together: ``(batch, n_frames, n_positions, n_channels)`` to the same."""

    def __init__(self, n_positions: int, n_channels: int, units: int) -> None:
        super().__init__(n_positions * n_channels, units)

    def forward(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        return x + self._added(x.flatten(2), product_dtype, truncate_frames).view_as(x)
