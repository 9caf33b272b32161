"""Several folders of recordings as one data set, and folders of accompaniments without a voice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.audio import FloatArray
from core.clip_files import Part, look_at_header, resampled
from core.dataset_folders import look_through
from core.datasets import Clip, Dataset, Problem, find_dataset
from core.errors import AudioFileError, DataError, UsageError

BACKING = "accompaniment"
"""What stands for the layout of a folder whose files have no voice."""


@dataclass(frozen=True)
class BackingClip(Clip):
    """A file that holds an accompaniment alone; it has no voice at all, not a silent one."""

    def load(self, rate: int | None = None, mono: bool = False) -> tuple[FloatArray, FloatArray]:
        """As ``Clip.load``, the voice being ``(1, 0)``."""
        samples, own_rate = self.vocals.read()
        if mono:
            samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
        samples = resampled(samples, own_rate, rate or own_rate)
        return np.zeros((1, 0), np.float32), np.ascontiguousarray(samples)


@dataclass(frozen=True)
class FolderPart:
    """The clips of one folder, under the names that they have among all."""

    folder: Path
    layout: str
    weight: float
    clips: list[Clip]


@dataclass(frozen=True)
class Collection(Dataset):
    """Clips of several folders: ``clips`` with a voice, ``backing`` without.

    Where clips of different folders are called the same, all of them have their folder's name in
    front. ``layout`` is that of all folders, or those of each in order with commas between.
    ``parts`` are the folders one by one, those without voices last.
    """

    backing: list[BackingClip] = field(default_factory=list)
    parts: tuple[FolderPart, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders with voices."""
        return tuple(part.folder for part in self.parts if part.layout != BACKING)

    @property
    def backing_folders(self) -> tuple[Path, ...]:
        return tuple(part.folder for part in self.parts if part.layout == BACKING)

    @property
    def folder_weights(self) -> tuple[float, ...]:
        """One for each part; empty where they are all alike."""
        weights = tuple(part.weight for part in self.parts)
        return weights if any(weight != 1 for weight in weights) else ()

    @property
    def name(self) -> str:
        """The folders' names."""
        return names_of(self.folders)

    @property
    def weights(self) -> dict[str, float]:
        """By name of the clip, how much oftener than others a second of it is to be heard."""
        return {clip.name: part.weight for part in self.parts for clip in part.clips}


def names_of(folders: Iterable[Path | str]) -> str:
    """The names of folders in a line."""
    return ", ".join(Path(folder).name for folder in folders)


def find_collection(
    folders: Sequence[Path],
    layout: str | None = None,
    backing_folders: Sequence[Path] = (),
    weights: Sequence[float] = (),
) -> Collection:
    """Look through ``folders`` for clips and through ``backing_folders`` for accompaniments.

    ``layout`` is one for all folders, or one for each with commas between; ``weights`` has one for
    each folder of both kinds, or is empty. Raises ``UsageError`` for a folder that is named twice
    or a number of weights that does not fit, and what ``find_dataset`` raises.
    """
    places = [*folders, *backing_folders]
    _refuse_twice(places)
    if not folders:
        raise UsageError("Name a folder with voices to train on.")
    if weights and len(weights) != len(places):
        raise UsageError(
            "There are {n_weights} weights for {n_folders} folders. Give each folder one.",
            n_weights=len(weights),
            n_folders=len(places),
        )
    layouts = _layouts(layout, len(folders))
    sets = [find_dataset(folder, one) for folder, one in zip(folders, layouts, strict=True)]
    backings = [_find_backing(folder) for folder in backing_folders]
    found: list[list[Clip]] = [*(each.clips for each in sets), *(clips for clips, _ in backings)]
    named = _told_apart(found, places)
    kinds = [*(each.layout for each in sets), *(BACKING for _ in backings)]
    by_place = list(weights) or [1.0] * len(places)
    parts = tuple(
        FolderPart(Path(place), kind, weight, clips)
        for place, kind, weight, clips in zip(places, kinds, by_place, named, strict=True)
    )
    n_voiced = len(sets)
    return Collection(
        folder=Path(folders[0]),
        layout=_joined(kinds[:n_voiced]),
        clips=[clip for part in parts[:n_voiced] for clip in part.clips],
        problems=[
            *(problem for each in sets for problem in each.problems),
            *(problem for _, problems in backings for problem in problems),
        ],
        backing=[clip for part in parts for clip in part.clips if isinstance(clip, BackingClip)],
        parts=parts,
    )


def _layouts(layout: str | None, n_folders: int) -> list[str | None]:
    given = [name or None for name in (layout or "").split(",")]
    return given * n_folders if len(given) == 1 else (given + [None] * n_folders)[:n_folders]


def _joined(layouts: Sequence[str]) -> str:
    return layouts[0] if len(set(layouts)) == 1 else ",".join(layouts)


def _find_backing(folder: Path) -> tuple[list[Clip], list[Problem]]:
    """Every sound file under ``folder`` but the voices of song folders."""
    if not Path(folder).is_dir():
        raise DataError(
            "There is no folder “{name}”. Choose the folder of a data set.", name=folder
        )
    found = look_through(Path(folder))
    files = {path: path for path in found.loose}
    files |= {
        song.path: song.stems["accompaniment"]
        for song in found.songs
        if "accompaniment" in song.stems
    }
    clips: list[Clip] = []
    problems: list[Problem] = []
    for named, path in files.items():
        try:
            shape = look_at_header(path)
        except AudioFileError as error:
            problems.append(Problem(path, error))
            continue
        part = Part(path)
        rate, n_samples = shape.sample_rate, shape.n_samples
        clips.append(BackingClip(found.name_of(named), BACKING, part, (part,), rate, n_samples))
    if not clips:
        raise DataError("“{name}” holds no accompaniments that can be read.", name=folder)
    return sorted(clips, key=lambda clip: clip.name), problems


def _told_apart(found: Sequence[Sequence[Clip]], places: Sequence[Path]) -> list[list[Clip]]:
    """The clips of each place, with the place in front of names that two places share."""
    n_places = Counter(name for clips in found for name in {clip.name for clip in clips})
    labels = labels_of(places)
    return [
        [
            replace(clip, name=f"{label}/{clip.name}") if n_places[clip.name] > 1 else clip
            for clip in clips
        ]
        for label, clips in zip(labels, found, strict=True)
    ]


def labels_of(places: Sequence[Path]) -> list[str]:
    """The end of each path, as much of it as tells it from the others."""
    parts = [Path(place).resolve().parts for place in places]
    labels = []
    for part in parts:
        depth = 1
        while depth < len(part) and sum(other[-depth:] == part[-depth:] for other in parts) > 1:
            depth += 1
        labels.append("/".join(part[-depth:]).lstrip("/"))
    return labels


def _refuse_twice(places: Sequence[Path]) -> None:
    counts = Counter(Path(place).resolve() for place in places)
    for place, n_times in counts.items():
        if n_times > 1:
            raise UsageError("The folder “{name}” is named twice. Name it once.", name=place)
