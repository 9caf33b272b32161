"""The command ``train``: from a data set and a recipe to a model."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli_console import progress_display
from app.cli_errors import EXIT_OK, interruptible
from app.torch_setup import wait_passively
from core.errors import DataError, OutputError, UsageError

if TYPE_CHECKING:
    from core.training.recipe import Recipe


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it."""

    data: Path
    recipe: str
    folder: Path
    layout: str | None = None
    resume: bool = False


def train_model(request: Request) -> int:
    """Train to the end of the recipe. Ctrl-C keeps the state for ``--resume``."""
    if not request.data.is_dir():
        raise DataError(
            "There is no folder “{name}”. Choose the folder of a data set.", name=request.data
        )
    recipe = find_recipe(request.recipe)
    wait_passively()
    from core.training.run import MODEL_FOLDER, train
    from core.training.trainer import STATE_FILE

    kept = [request.folder / STATE_FILE, request.folder / MODEL_FOLDER]
    if not request.resume and any(path.exists() for path in kept):
        raise OutputError(
            "“{name}” holds a training already. Go on with --resume, or choose another folder.",
            name=request.folder,
        )
    with interruptible() as interrupt, progress_display(1) as display:
        update = display.item(recipe.title)
        update("Reading the data", 0.0)
        epochs = train(
            request.data,
            recipe,
            request.folder,
            layout=request.layout,
            resume=request.resume,
            should_stop=interrupt.is_set,
        )
        for report in epochs:
            stage = f"epoch {report.epoch} of {report.n_epochs}, loss {report.loss:.4f}"
            update(stage, report.epoch / report.n_epochs)
        display.say(f"The model was written to “{request.folder / MODEL_FOLDER}”.")
    return EXIT_OK


def find_recipe(name: str) -> Recipe:
    """The built-in recipe called ``name``, or the one in the TOML file ``name``."""
    from core.training.recipe import load_recipe

    if Path(name).is_file():
        return load_recipe(Path(name))
    folder = Path(str(files("resources") / "recipes"))
    path = folder / f"{name.lower()}.toml"
    if path.is_file():
        return load_recipe(path)
    known = sorted(recipe.stem for recipe in folder.glob("*.toml"))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    raise UsageError(
        "There is no recipe “{name}”. Did you mean “{near}”?",
        name=name,
        near=near[0] if near else "a TOML file",
    )
