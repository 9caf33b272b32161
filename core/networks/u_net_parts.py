"""What the recurrent U-Net is built of: folds of bins, convolutions, recurrences over time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks import arguments as args
from core.networks.base import widened
from core.networks.recurrence import recurrence

_MEMORY = 0.7
"""What a unit keeps of itself from frame to frame at first (Le, Jaitly and Hinton 2015)."""


class Folds(nn.Module):
    """Bins to positions: one to one at the bottom, then by twos, by fours, and by sixteens.

    ``edges`` are the bins from which it is by twos, fours and sixteens. ``multiple`` is what the
    number of positions must be a multiple of; bins that are left over at the top (at least the one
    at the Nyquist frequency) take the value of the last position.
    """

    def __init__(self, n_bins: int, edges: tuple[int, int, int], multiple: int) -> None:
        super().__init__()
        fine, medium, coarse = edges
        args.count("coarse_bins", coarse, 0, n_bins)
        args.count("medium_bins", medium, 0, coarse)
        args.count("fine_bins", fine, 0, medium)
        counts = [fine, (medium - fine) // 2]
        used = fine + 2 * counts[1]
        counts.append((coarse - used) // 4)
        used += 4 * counts[2]
        counts.append((n_bins - used) // 16)
        top = 3 if counts[3] else 2
        counts[top] -= sum(counts) % multiple
        self.n_positions = sum(counts)
        if counts[top] < 0 or self.n_positions < multiple:
            near = max(0, fine - fine % multiple)
            args.refuse_pair("fine_bins", fine, "n_bins", n_bins, near)
        self.groups = [(n, size) for n, size in zip(counts, (1, 2, 4, 16), strict=True) if n]
        self.n_left = n_bins - sum(n * size for n, size in self.groups)

    def fold(self, magnitude: Tensor) -> Tensor:
        """Root mean squares: ``(…, n_bins)`` to ``(…, n_positions)``."""
        pieces = magnitude.split([n * size for n, size in self.groups] + [self.n_left], dim=-1)
        parts = []
        for part, (_, size) in zip(pieces, self.groups, strict=False):
            if size > 1:
                part = torch.sqrt(part.unflatten(-1, (-1, size)).square().mean(dim=-1))
            parts.append(part)
        return torch.cat(parts, dim=-1)

    def unfold(self, positions: Tensor) -> Tensor:
        """Each bin the value of its position: ``(…, n_positions)`` to ``(…, n_bins)``."""
        pieces = positions.split([n for n, _ in self.groups], dim=-1)
        parts = [
            part.repeat_interleave(size, -1) if size > 1 else part
            for part, (_, size) in zip(pieces, self.groups, strict=True)
        ]
        parts.append(positions[..., -1:].expand(*positions.shape[:-1], self.n_left))
        return torch.cat(parts, dim=-1)


class Convolution(nn.Conv2d):
    """A convolution over time and frequency.

    Over time it is centred and keeps the number of frames, or it is causal: then a frame is made
    of itself and those before it, and the first ``width - 1`` frames, which have too few before
    them, are left out. While ``streams`` is set, what is given goes on from what was given before.
    """

    def __init__(
        self, n_before: int, n_after: int, width: tuple[int, int], stride: int, is_causal: bool
    ) -> None:
        frames, bins = width
        padding = (0 if is_causal else frames // 2, bins // 2)
        super().__init__(n_before, n_after, width, stride=(1, stride), padding=padding)
        self.n_behind = frames - 1 if is_causal else 0
        self.streams = False
        self.past: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        return self._over_time(x, self._convolved)

    def rectified(self, x: Tensor) -> Tensor:
        """The same, and negative values made zero."""
        return self._over_time(x, self._convolved_and_rectified)

    def _over_time(self, x: Tensor, convolved: Callable[[Tensor], Tensor]) -> Tensor:
        if self.streams and self.n_behind:
            if self.past is not None:
                x = torch.cat([self.past, x], dim=2)
            self.past = x[:, :, -self.n_behind :].clone()
        return convolved(x)

    def _convolved(self, x: Tensor) -> Tensor:
        return super().forward(x)

    def _convolved_and_rectified(self, x: Tensor) -> Tensor:
        if _can_fuse(x):
            # One pass over memory instead of two: a quarter less time for the whole network.
            dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
            assert self.bias is not None
            fused: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x.to(dtype),
                self.weight.to(dtype),
                self.bias.to(dtype),
                list(self.padding),
                list(self.stride),
                list(self.dilation),
                1,
                "relu",
                [],
                "",
            )
            return fused
        return torch.relu(super().forward(x))


def _can_fuse(x: Tensor) -> bool:
    """Whether PyTorch's oneDNN can rectify what it convolves: on the CPU, without gradients."""
    return (
        x.device.type == "cpu"
        and x.dtype != torch.float64
        and not torch.is_grad_enabled()
        and torch.backends.mkldnn.is_available()
    )


class Block(nn.Module):
    """Two convolutions over time and frequency, the second added to what the first gives."""

    def __init__(
        self, n_before: int, n_channels: int, stride: int = 1, is_causal: bool = False
    ) -> None:
        super().__init__()
        self.first = Convolution(n_before, n_channels, (3, 3), stride, is_causal)
        self.second = Convolution(n_channels, n_channels, (3, 3), 1, is_causal)

    def reset(self) -> None:
        for convolution in (self.first, self.second):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        with torch.no_grad():
            self.second.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first.rectified(x)
        more = self.second.rectified(x)
        return x[:, :, x.shape[2] - more.shape[2] :] + more


class OverTime(nn.Module):
    """ReLU recurrences over time, added to what they are given: in both directions, or causal."""

    def __init__(self, n_inputs: int, units: int, is_causal: bool = False) -> None:
        super().__init__()
        n_states = units if is_causal else 2 * units
        self.into = nn.Linear(n_inputs, n_states)
        self.forwards = nn.Parameter(torch.empty(units, units))
        if not is_causal:
            self.backwards = nn.Parameter(torch.empty(units, units))
        self.out = nn.Linear(n_states, n_inputs)
        self.is_causal = is_causal
        self.streams = False
        self._state: Tensor | None = None

    def reset(self) -> None:
        matrices = [self.forwards] if self.is_causal else [self.forwards, self.backwards]
        for matrix in matrices:
            units = len(matrix)
            nn.init.normal_(matrix, std=0.3 / units**0.5)
            with torch.no_grad():
                matrix.add_(torch.eye(units), alpha=_MEMORY)
        with torch.no_grad():
            self.out.weight.mul_(0.5)

    def _added(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        """``(rows, n_frames, n_inputs)`` to the same."""
        x = self.into(x)
        if torch.is_grad_enabled():
            x = widened(x)
        if self.is_causal:
            added: Tensor = self.out(self._ahead(x, product_dtype, truncate_frames))
            return added
        ahead, back = x.chunk(2, dim=2)
        ahead = self._ahead(ahead, product_dtype, truncate_frames)
        back = recurrence(back, self.backwards, "relu", product_dtype, truncate_frames, True)
        added = self.out(torch.cat([ahead, back], dim=2))
        return added

    def _ahead(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        if self.streams and self._state is not None:
            # What the state adds to the first frame.
            first = x[:, :1] + functional.linear(self._state, self.forwards)[:, None]
            x = torch.cat([first, x[:, 1:]], dim=1)
        states = recurrence(x, self.forwards, "relu", product_dtype, truncate_frames)
        if self.streams:
            self._state = states[:, -1].clone()
        return states


class Bands(OverTime):
    """Each position by itself: ``(batch, n_frames, n_positions, n_channels)`` to the same."""

    def forward(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        batch, n_frames, n_positions, n_channels = x.shape
        rows = x.transpose(1, 2).reshape(batch * n_positions, n_frames, n_channels)
        added = self._added(rows, product_dtype, truncate_frames)
        return x + added.view(batch, n_positions, n_frames, n_channels).transpose(1, 2)


class AllBands(OverTime):
    """All positions together: ``(batch, n_frames, n_positions, n_channels)`` to the same."""

    def __init__(
        self, n_positions: int, n_channels: int, units: int, is_causal: bool = False
    ) -> None:
        super().__init__(n_positions * n_channels, units, is_causal)

    def forward(self, x: Tensor, product_dtype: torch.dtype, truncate_frames: int) -> Tensor:
        return x + self._added(x.flatten(2), product_dtype, truncate_frames).view_as(x)
