"""What a running live chain tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Latency:
    """Seconds between a sound at the input and its stem at the output, and what they are made of.

    ``total_s`` is measured by the streams' own clocks; ``buffers_s`` is what its other parts leave
    of it, blocks on their way and the reserve against dropouts.
    """

    total_s: float = 0.0
    input_s: float = 0.0
    window_s: float = 0.0
    buffers_s: float = 0.0
    output_s: float = 0.0


@dataclass(frozen=True)
class Dropouts:
    """How often sound was lost: at the output, on the way, and by the devices' own account."""

    underruns: int = 0
    overruns: int = 0
    device: int = 0

    @property
    def total(self) -> int:
        return self.underruns + self.overruns + self.device


@dataclass(frozen=True)
class LiveFigures:
    """``levels`` are (peak, RMS) in dB of "input", of each source behind its fader and of "output".

    ``load`` is the share of one core that the computing took lately.
    """

    seconds: float = 0.0
    latency: Latency = Latency()
    dropouts: Dropouts = Dropouts()
    load: float = 0.0
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)
