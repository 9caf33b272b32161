"""What a run's folder and its model's card say about a training."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from core.card import read_card
from core.training.request import TrainRequest
from core.training.run_data import RunData
from core.training.run_folder import RunFolder, RunInfo, now
from core.training.sources import names_of
from core.training.trainer import Trainer


def run_info(request: TrainRequest, data: RunData, before: RunInfo | None) -> RunInfo:
    """What ``run.json`` says from now on; ``before`` is what it said, if training goes on."""
    return RunInfo(
        title=request.recipe.title,
        created=before.created if before is not None else now(),
        data=tuple(str(folder.resolve()) for folder in request.data),
        layout=data.layout,
        recipe=request.recipe.as_dict(),
        device=request.device,
        training=data.training_names,
        validation=tuple(pair.name for pair in data.validation),
        test=data.test_names,
        split_rule=data.split_rule,
        left_out=data.left_out,
        minutes=round(data.minutes, 1),
        validation_data=(
            str(request.validation_data.resolve()) if request.validation_data else None
        ),
        pinned=data.pinned.name,
        begun_with=before.begun_with if before is not None else _begun_with(request),
        accompaniment=tuple(str(folder.resolve()) for folder in request.accompaniment),
        weights=request.weights,
    )


def _begun_with(request: TrainRequest) -> dict[str, Any] | None:
    if request.begin_with is None:
        return None
    card = read_card(request.begin_with)
    return {"model_id": card.model_id, "sha256": card.sha256, "training": card.training}


def training_facts(info: RunInfo, run: RunFolder, trainer: Trainer) -> dict[str, Any]:
    """What the card says about training."""
    facts: dict[str, Any] = {
        "data": names_of(info.data),
        "layout": info.layout,
        "split": info.split_rule,
        "clips": len(info.training),
        "minutes": info.minutes,
        "left_out": [name for name, _ in info.left_out],
        "epochs": trainer.epoch,
        "steps": trainer.step,
        "device": info.device,
        "recipe": info.recipe,
    }
    if info.accompaniment:
        facts["accompaniment"] = names_of(info.accompaniment)
    if any(weight != 1 for weight in info.weights):
        facts["weights"] = list(info.weights)
    if info.begun_with is not None:
        facts["begun_with"] = info.begun_with
    best = run.best()
    if info.validation:
        facts["validation"] = {"clips": list(info.validation)}
        if info.validation_data:
            facts["validation"]["data"] = Path(info.validation_data).name
        if best is not None:
            figures = dataclasses.asdict(best)
            for name in ("epoch", "validation_loss", "gnsdr_db", "gsir_db", "gsar_db"):
                facts["validation"][name] = figures[name]
    return facts
