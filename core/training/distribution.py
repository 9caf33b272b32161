"""One training in several processes, on one machine or more, as ``torchrun`` starts them.

Each process computes its part of every global batch; PyTorch's DistributedDataParallel adds the
gradients up, so that all hold the same weights. Only the first writes and speaks.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

from core.errors import DeviceError, UsageError
from core.training.reports import ValidationFigures

if TYPE_CHECKING:
    from core.networks.base import SourceNetwork
    from core.training.recipe import Recipe
    from core.training.share import Share
    from core.training.trainer import Validator

TIMEOUT_S = 600.0
"""After this long without a word from the others a process gives up."""

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def n_processes() -> int:
    """How many processes ``torchrun`` has started for this training; 1 without it."""
    return _number("WORLD_SIZE", 1)


def share_of_environment() -> Share | None:
    """Which part of every batch is this process's, or None if it is alone.

    ``UsageError`` if the environment is only half set.
    """
    if n_processes() == 1:
        return None
    from core.training.share import Share

    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing or not 0 <= _number("RANK", 0) < n_processes():
        raise UsageError(
            "Several processes are to train together, but {names} is not set as it should be. "
            "Start them with torchrun.",
            names=", ".join(missing or ["RANK"]),
        )
    return Share(_number("RANK", 0), n_processes())


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if text and not text.isdigit():
        raise UsageError(
            "{name} is “{text}”, which is no number of a process. Start training with torchrun.",
            name=name,
            text=text,
        )
    return max(int(text), 0 if name != "WORLD_SIZE" else 1) if text else default


def refuse_undistributable(recipe: Recipe, n_ranks: int) -> None:
    """``UsageError`` for a recipe whose result would depend on the number of processes."""
    if recipe.optimiser.method == "lbfgs":
        raise UsageError(
            "L-BFGS cannot be distributed over several processes: its line search needs all data "
            "in one. Start one process, or take the method “adam”."
        )
    if recipe.network.arguments.get("normalisation") == "batch":
        raise UsageError(
            "Batch normalisation cannot be distributed over several processes: each would "
            "normalise by its own part of the batch. Start one process, or take “layer”."
        )
    if n_ranks > recipe.optimiser.batch_sequences:
        raise UsageError(
            "{n_ranks} processes cannot share batches of {n_sequences} sequences. Start fewer, or "
            "raise batch_sequences.",
            n_ranks=n_ranks,
            n_sequences=recipe.optimiser.batch_sequences,
        )


@contextlib.contextmanager
def joined(device: str) -> Iterator[str]:
    """Meet the other processes for the body; gives the device of this one.

    gloo on the CPU, nccl on CUDA, where each process of a machine takes the GPU of its
    ``LOCAL_RANK``. ``DeviceError`` if there are too few GPUs or the others cannot be reached.
    """
    own_device = device
    if device.startswith("cuda"):
        local = _number("LOCAL_RANK", 0)
        if local >= torch.cuda.device_count():
            raise DeviceError(
                "Process {local} of this machine has no GPU of its own: there are {n_gpus}. Start "
                "as many processes as GPUs, or train on the CPU.",
                local=local,
                n_gpus=torch.cuda.device_count(),
            )
        own_device = f"cuda:{local}"
        torch.cuda.set_device(local)
    try:
        dist.init_process_group(
            "nccl" if own_device != "cpu" else "gloo", timeout=timedelta(seconds=TIMEOUT_S)
        )
    except (RuntimeError, ValueError) as error:
        raise DeviceError(
            "The processes that should train together cannot reach each other: {reason}.",
            reason=str(error).splitlines()[0].rstrip("."),
        ) from error
    try:
        yield own_device
    finally:
        dist.destroy_process_group()


def agreed(
    should_stop: Callable[[], bool], step: Callable[[], int], device: str
) -> Callable[[], bool]:
    """A ``should_stop`` that is true in all processes at the same batch, or in none.

    A process that stopped alone would leave the others waiting for its gradients. The processes
    agree once per value of ``step()``, the number of batches done; each must ask at least once at
    every value, and may ask more often.
    """
    flag = torch.zeros(1, device=device)
    asked_at: int | None = None

    def ask() -> bool:
        nonlocal asked_at
        if asked_at != step():
            asked_at = step()
            flag.fill_(float(should_stop()))
            dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag.item())

    return ask


class SharedValidator:
    """Validation by the first process, the figures told to all, so that they decide alike."""

    def __init__(self, validator: Validator | None, device: str) -> None:
        self._validator = validator
        self._device = device

    def __call__(self, network: SourceNetwork, epoch: int) -> ValidationFigures:
        figures = self._validator(network, epoch) if self._validator is not None else None
        told: list[ValidationFigures | None] = [figures]
        dist.broadcast_object_list(told, src=0, device=torch.device(self._device))
        assert told[0] is not None
        return told[0]


def hand_out(path: Path, own_path: Path, device: str) -> None:
    """Give the first process's file ``path`` to all others as their ``own_path``.

    Machines need share no disk. Nothing is written where the first process has no such file.
    """
    first = dist.get_rank() == 0
    content: list[bytes | None] = [path.read_bytes() if first and path.exists() else None]
    dist.broadcast_object_list(content, src=0, device=torch.device(device))
    if not first and content[0] is not None:
        own_path.parent.mkdir(parents=True, exist_ok=True)
        own_path.write_bytes(content[0])
