"""A recurrent U-Net: convolutions share their weights over frequency, recurrences run over time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks import arguments as args
from core.networks.base import SourceNetwork, widened
from core.networks.u_net_parts import AllBands, Bands, Block, Convolution, Folds, OverTime

PATHS = ("bands", "all")

_LOUDNESS = 8.0
_SPREAD = 0.7
"""0.7 · log(1 + 8 X) of level-normalised magnitudes X has a spread of about one."""


_NUMBERS_PER_FRAME = 18432
"""Of the finest level, in all chunks that are computed together: more gains next to nothing."""


class RecurrentUNet(SourceNetwork):
    """Down over frequency, recurrent over time, up again, with the masking layer inside.

    A song's harmonics look alike wherever they lie and whoever sings them; weights shared over
    frequency learn them from few singers. The recurrences between the way down and the way up
    hear the whole song, in both directions, or what was before.

    Parameters
    ----------
    n_bins: frequency bins of the magnitudes.
    n_sources: how many sources the masks are for.
    n_channels: 1, or 2 to hear left, right and half their difference, with a mask for each side.
    fine_bins, medium_bins, coarse_bins: below ``fine_bins`` every bin counts, from there to
        ``medium_bins`` every two, to ``coarse_bins`` every four and above every sixteen bins count
        as one; ``coarse_bins`` 0 is all of them. High up a mask needs less resolution, and
        positions are what the network's time goes into.
    widths: channels of each level, from fine to coarse; each halves the positions of the one
        before.
    paths: what follows the way down, in this order: ``"bands"`` is a recurrence over time of each
        position by itself, with weights that positions share, ``"all"`` one of all positions
        together. Without any, a mask depends on a few frames around it.
    band_units, all_units: units of these, per direction.
    causal: whether a frame's mask depends on that frame and those before it alone.
    dropout: share of the channels that training leaves out before the last layer.
    """

    def __init__(
        self,
        n_bins: int = 513,
        n_sources: int = 2,
        n_channels: int = 1,
        fine_bins: int = 128,
        medium_bins: int = 256,
        coarse_bins: int = 0,
        widths: Sequence[int] = (24, 32, 64, 96),
        paths: Sequence[str] = ("bands", "all"),
        band_units: int = 64,
        all_units: int = 384,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> None:
        n_bins = args.count("n_bins", n_bins, *args.BINS)
        n_sources = args.count("n_sources", n_sources, *args.SOURCES)
        n_channels = args.count("n_channels", n_channels, 1, 2)
        super().__init__(n_bins, n_sources, n_channels=n_channels)
        widths = args.counts("widths", widths, *args.UNITS, least=2)
        for path in paths:
            args.choice("paths", path, PATHS)
        self.dropout = args.number("dropout", dropout, 0.0, 0.9)
        self.is_causal = args.flag("causal", causal)
        edges = (fine_bins, medium_bins, coarse_bins or n_bins)
        self.folds = Folds(n_bins, edges, 2 ** (len(widths) - 1))
        n_positions = self.folds.n_positions >> (len(widths) - 1)
        n_views = 1 if n_channels == 1 else 3
        self.input = Convolution(n_views, widths[0], (3, 5), 1, self.is_causal)
        self.place_in = nn.Parameter(torch.zeros(widths[0], 1, self.folds.n_positions))
        levels = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(Block(fine, coarse, 2, self.is_causal) for fine, coarse in levels)
        self.place = nn.Parameter(torch.empty(n_positions, widths[-1]))
        self.paths = nn.ModuleList()
        for path in paths:
            if path == "bands":
                n_units = args.count("band_units", band_units, 1, 4096)
                self.paths.append(Bands(widths[-1], n_units, self.is_causal))
            else:
                n_units = args.count("all_units", all_units, 1, 4096)
                self.paths.append(AllBands(n_positions, widths[-1], n_units, self.is_causal))
        self.up = nn.ModuleList(nn.Conv2d(coarse, 2 * fine, 1) for fine, coarse in levels)
        self.mix = nn.ModuleList(Block(fine, fine, 1, self.is_causal) for fine, _ in levels)
        together = _NUMBERS_PER_FRAME // (self.folds.n_positions * widths[0])
        self.chunks_together, self.chunks_together_wide = max(1, together), max(1, together // 2)
        self.output = nn.Conv2d(widths[0], self.n_outputs * n_channels, 1)
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
            if isinstance(module, (Block, OverTime)):
                module.reset()
        nn.init.normal_(self.place, std=0.1)
        with torch.no_grad():
            self.output.weight.mul_(0.3)

    @property
    def reach_frames(self) -> tuple[int | None, int | None]:
        reach = 1 + 2 * (len(self.down) + len(self.mix))
        if self.is_causal:
            return (None if len(self.paths) else 2 * reach), 0
        return (None, None) if len(self.paths) else (reach, reach)

    def outputs(self, magnitude: Tensor) -> Tensor:
        batch = len(magnitude)
        if self._n_silent:  # so many frames the causal convolutions leave out
            silence = magnitude.new_zeros(batch, self._n_silent, *magnitude.shape[2:])
            magnitude = torch.cat([silence, magnitude], dim=1)
        x = torch.log1p(_LOUDNESS * self.folds.fold(magnitude)) * _SPREAD
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        # (batch, n_frames, n_positions, n_channels) in memory: of one channel too the strides must
        # say so, since they decide on the order in which a convolution gives its channels.
        x = x[..., None] if self.n_channels == 1 else x.transpose(2, 3).contiguous()
        x = x.permute(0, 3, 1, 2)
        x = self.input(x)
        place = self.place_in.to(x.dtype)[None].contiguous(memory_format=torch.channels_last)
        x = torch.relu_(x + place)
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
            _, n_frames, n_positions, n_both = x.shape
            x = x.reshape(batch, n_frames, 2 * n_positions, n_both // 2).permute(0, 3, 1, 2)
            x = mix(x + beside[:, :, beside.shape[2] - n_frames :])
        if self.dropout:
            x = functional.dropout2d(x, self.dropout, self.training)
        x = self.output(x)
        if self.n_channels > 1:  # (batch, n_outputs, n_frames, n_channels, n_positions)
            x = x.unflatten(1, (self.n_outputs, self.n_channels)).transpose(2, 3)
        return x

    @property
    def _n_silent(self) -> int:
        """Frames of silence to put before a song, or before the beginning of a stream."""
        goes_on = self.input.streams and self.input.past is not None
        convolutions = (m for m in self.modules() if isinstance(m, Convolution))
        return 0 if goes_on else sum(each.n_behind for each in convolutions)

    def estimates_of(self, outputs: Tensor) -> Tensor:
        # Where it is large it is linear, so that the mask can be as sharp.
        return functional.softplus(widened(outputs))

    def masks_of(self, outputs: Tensor, magnitude: Tensor) -> Tensor:
        # Bins of one position have one mask: it is made before they are laid out.
        return self.folds.unfold(super().masks_of(outputs, magnitude))
