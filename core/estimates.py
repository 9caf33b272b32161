"""Finished estimates in a folder, to be scored in place of a model's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.audio import ArrayAudio, Audio, FloatArray
from core.clip_files import Part, resampled
from core.dataset_folders import SUFFIXES
from core.datasets import Clip
from core.errors import DataError
from core.evaluation import SOURCES


class EstimateFolder:
    """Estimates as ``<folder>/<clip>/vocals.*`` or ``<folder>/<clip>_vocals.*``.

    Both sources are wanted for every clip. Raises ``DataError`` if the folder is missing.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise DataError(
                "There is no folder “{name}”. Choose the folder of the estimates.",
                name=self.folder,
            )

    def __call__(self, clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        """The estimates of ``clip`` at the rate and with the channels of ``mixture``."""
        stems: dict[str, Audio] = {}
        for source in SOURCES:
            samples, rate = Part(self._find(clip, source)).read()
            samples = resampled(samples, rate, mixture.sample_rate)
            fitted = _fitted(samples, mixture.n_channels, clip, source)
            stems[source] = ArrayAudio(fitted, mixture.sample_rate)
        return stems

    def _find(self, clip: Clip, source: str) -> Path:
        short = clip.name.rsplit("/", 1)[-1]
        for name in dict.fromkeys((clip.name, short)):
            for start in (f"{name}/{source}", f"{name}_{source}"):
                for suffix in SUFFIXES:
                    path = self.folder / (start + suffix)
                    if path.is_file():
                        return path
        raise DataError(
            "“{folder}” holds no estimate of {source} for “{clip}”.",
            folder=self.folder.name,
            source=source,
            clip=clip.name,
        )


def _fitted(samples: FloatArray, n_channels: int, clip: Clip, source: str) -> FloatArray:
    if len(samples) == n_channels:
        return samples
    if n_channels == 1:
        return np.asarray(samples.mean(axis=0, keepdims=True), np.float32)
    if len(samples) == 1:
        return np.repeat(samples, n_channels, axis=0)
    raise DataError(
        "The estimate of {source} for “{clip}” has {found} channels instead of {wanted}.",
        source=source,
        clip=clip.name,
        found=len(samples),
        wanted=n_channels,
    )
