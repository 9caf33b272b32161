"""Sounds to encode and a way to encode them with FFmpeg's own encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

AvWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def make_bursts() -> Callable[..., np.ndarray]:
    """``(n_samples, rate, n_channels)`` to float32: noise bursts over a quiet tone."""

    def make(n_samples: int, rate: int, n_channels: int = 2) -> np.ndarray:
        rng = np.random.default_rng(n_samples + rate)
        time = np.arange(n_samples) / rate
        signal = np.tile(0.1 * np.sin(2 * np.pi * 440 * time), (n_channels, 1))
        for place in (0, n_samples // 5, n_samples // 2, n_samples - 2000):
            signal[:, place : place + 500] += rng.uniform(-0.5, 0.5, (n_channels, 500))
        return signal.astype(np.float32)

    return make


@pytest.fixture
def write_with_av(tmp_path: Path) -> AvWriter:
    """``(name, codec, samples, rate, container=..., bit_rate=...)`` to the path of the file."""

    def write(
        name: str,
        codec: str,
        samples: np.ndarray,
        rate: int,
        container: str | None = None,
        bit_rate: int | None = 192_000,
        n_tracks: int = 1,
        options: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]
        with av.open(str(path), "w", format=container, options=options or {}) as file:
            streams = [file.add_stream(codec, rate=rate, layout=layout) for _ in range(n_tracks)]
            for number, stream in enumerate(streams):
                if bit_rate:
                    stream.bit_rate = bit_rate
                planes = np.ascontiguousarray(samples / (1 + number), np.float32)
                frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, 0
                resampler = av.AudioResampler(
                    stream.codec_context.format, layout, rate, stream.codec_context.frame_size
                )
                for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                    file.mux(stream.encode(piece))
                file.mux(stream.encode(None))
        return path

    return write
