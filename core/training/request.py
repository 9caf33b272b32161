"""What somebody asks of a training. Needs no torch: windows make these and jobs carry them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError, UsageError
from core.training.recipe import Recipe, recipe_from_dict
from core.training.run_folder import RunFolder, RunInfo
from core.training.sources import Collection, find_collection


@dataclass(frozen=True)
class TrainRequest:
    """Train ``recipe`` on the data sets ``data`` in ``folder``.

    ``data`` are one folder or several, ``accompaniment`` folders of sound without a voice, which is
    mixed under the voices of the others. ``weights`` says for each folder, those of accompaniments
    last, how much oftener than others a second of it is to be heard; empty: all alike.
    ``layout`` is that of all folders of ``data``, or those of each with commas between.
    ``validation_data`` is a data set to validate on instead of what the recipe holds out;
    ``pinned`` names the clip that is separated again after every epoch (by default one that is
    held out); with ``resume`` the training that lies in ``folder`` goes on. ``begin_with`` is the
    folder of a model with the same network, whose weights are the first.
    """

    data: tuple[Path, ...]
    recipe: Recipe
    folder: Path
    layout: str | None = None
    resume: bool = False
    device: str = "cpu"
    validation_data: Path | None = None
    pinned: str | None = None
    begin_with: Path | None = None
    accompaniment: tuple[Path, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.data, Path):
            object.__setattr__(self, "data", (self.data,))
        if any(weight != 1 for weight in self.weights) and not self.recipe.augmentation.drawn:
            raise UsageError(
                "Weights of folders need a recipe that says how many examples an epoch has. Set "
                "epoch_examples in [augmentation], or leave the weights out."
            )

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders that are read to train on."""
        return (*self.data, *self.accompaniment)

    def collection(self) -> Collection:
        """The clips in the folders; raises what ``find_collection`` does."""
        return find_collection(self.data, self.layout, self.accompaniment, self.weights)


def request_of(folder: Path) -> TrainRequest:
    """The request that goes on with the training in ``folder``, as ``run.json`` tells it."""
    info = RunFolder(folder).info()
    return TrainRequest(
        data=tuple(Path(folder) for folder in info.data),
        recipe=recipe_from_dict(info.recipe, "The recipe of this training"),
        folder=folder,
        layout=info.layout or None,
        resume=True,
        device=info.device,
        validation_data=Path(info.validation_data) if info.validation_data else None,
        pinned=info.pinned,
        accompaniment=tuple(Path(folder) for folder in info.accompaniment),
        weights=tuple(info.weights),
    )


def refuse_other_recipe(info: RunInfo, recipe: Recipe, folder: Path) -> None:
    """``DataError`` that names the first value in which ``recipe`` is not the begun one."""
    begun = recipe_from_dict(info.recipe, "The recipe of this training").as_dict()
    for name, was, now in differences(begun, recipe.as_dict()):
        raise DataError(
            "The training in “{folder}” was begun with another recipe: {name} was {was} and is now "
            "{now}. Take the recipe it was begun with, or another folder.",
            folder=folder,
            name=name,
            was=was,
            now=now,
        )


def differences(
    begun: dict[str, Any], wanted: dict[str, Any], head: str = ""
) -> list[tuple[str, object, object]]:
    """(name, first value, second value) of all in which two tables of settings differ."""
    found: list[tuple[str, object, object]] = []
    for name in [*begun, *(name for name in wanted if name not in begun)]:
        was, now = begun.get(name), wanted.get(name)
        if isinstance(was, dict) and isinstance(now, dict):
            found += differences(was, now, f"{head}{name}.")
        elif _plain(was) != _plain(now):
            found.append((head + name, was, now))
    return found


def _plain(value: object) -> object:
    """``value`` with tuples as lists, as which they come back from JSON."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def refuse_other_clips(info: RunInfo, training: tuple[str, ...], folder: Path) -> None:
    """``DataError`` if the clips to train on are no longer those of the begun training."""
    gone = sorted(set(info.training) - set(training))
    new = sorted(set(training) - set(info.training))
    if gone or new:
        raise DataError(
            "The training in “{folder}” cannot go on: its data have changed since ({n_gone} clips "
            "are gone and {n_new} are new, “{name}” for one). Bring the data back as they were, or "
            "begin anew in another folder.",
            folder=folder,
            n_gone=len(gone),
            n_new=len(new),
            name=(gone or new)[0],
        )


def known_clip(name: str, names: list[str]) -> str:
    """``name`` if it is among ``names``; ``UsageError`` with the nearest one if not."""
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    raise UsageError(
        "There is no clip “{name}” to follow. Did you mean “{near}”?",
        name=name,
        near=near[0] if near else "",
    )
