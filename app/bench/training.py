"""How fast the paper's network trains, beside what matrix products on one thread would allow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.training.mixing import ClipPair
    from core.training.recipe import Recipe

RECIPE = "paper"
N_WARM_UP_STEPS = 2
N_STEPS = 24
N_CLIPS = 64
CLIP_SECONDS = 8
HIDDEN = (1000, 1000, 1000)


@dataclass
class TrainingFigures:
    """Training of DRNN-2 with the recipe's own augmentation, made while it trains.

    ``operations_per_frame`` are those of the matrix products, there and back; ``share`` is the rate
    over that at which one thread's float32 products (``product_gflops``) would do them.
    """

    recipe: str
    product_dtype: str
    n_threads: int
    product_gflops: float
    frames_per_second: float
    operations_per_frame: float
    share: float


def measure_training(product_gflops: Callable[[], float]) -> TrainingFigures:
    """Train some epochs on noise as the command ``train`` does.

    One core is left to prepare examples meanwhile, which is part of what is measured.
    ``product_gflops`` measures one thread's products: before and after, as other programs come and
    go.
    """
    import torch

    from core.training.recipe import find_recipe
    from core.training.reports import StepReport
    from core.training.trainer import Trainer

    recipe = find_recipe(RECIPE)
    arguments = {**recipe.network.arguments, "hidden": list(HIDDEN)}
    recipe = replace(recipe, network=replace(recipe.network, arguments=arguments))
    before = product_gflops()
    with tempfile.TemporaryDirectory(prefix="stemscope-bench-") as folder:
        trainer = Trainer(recipe, _noise(recipe), Path(folder))
        steps = (r for r in trainer.run(lambda: False) if isinstance(r, StepReport))
        for _ in range(N_WARM_UP_STEPS):
            next(steps)
        started = time.perf_counter()
        for _ in range(N_STEPS):
            next(steps)
        seconds = time.perf_counter() - started
        steps.close()
    n_threads = torch.get_num_threads()
    settings = recipe.optimiser
    rate = N_STEPS * settings.batch_sequences * settings.sequence_frames / seconds
    operations = training_operations(recipe)
    gflops = (before + product_gflops()) / 2
    limit = gflops * 1e9 / operations
    return TrainingFigures(
        RECIPE, settings.product_dtype, n_threads, gflops, rate, operations, rate / limit
    )


def training_operations(recipe: Recipe) -> float:
    """Multiplications and additions of the matrix products for one training frame.

    Each weight is used three times (forward, for the gradient of its input and for its own), but
    nobody asks for the gradient of the features.
    """
    from core.networks import build_network

    network = build_network(recipe.network.name, recipe.network.arguments)
    matrices = [weight for weight in network.parameters() if weight.ndim > 1]
    first = recipe.network.arguments.get("context_frames", 1) * network.n_bins
    without_input = first * recipe.network.arguments["hidden"][0]
    return 2.0 * (3 * sum(weight.numel() for weight in matrices) - without_input)


def training_lines(figures: TrainingFigures) -> list[str]:
    """The figures for people."""
    return [
        f"Training DRNN-2, 3 × {HIDDEN[0]}, products in {figures.product_dtype}, "
        f"{figures.n_threads} threads: {figures.frames_per_second:.0f} frames/s, "
        f"{100 * figures.share:.0f} % of what one thread's float32 matrix product allows",
    ]


def _noise(recipe: Recipe) -> list[ClipPair]:
    """No stage is faster or slower on music."""
    from core.training.mixing import ClipPair

    rng = np.random.default_rng(0)
    shape = (2, 1, CLIP_SECONDS * recipe.sample_rate)
    return [
        ClipPair(f"clip {index}", *rng.normal(0, 0.1, shape).astype(np.float32))
        for index in range(N_CLIPS)
    ]
