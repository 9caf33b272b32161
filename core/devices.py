"""What can compute here: the processor and each CUDA GPU by name."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from core.errors import DeviceError


@dataclass(frozen=True)
class Device:
    """``id`` is what torch calls it ("cpu", "cuda:0"), ``name`` what a person does."""

    id: str
    name: str


def list_devices() -> list[Device]:
    """The processor, then every CUDA GPU. Loads torch: call it from a worker."""
    import torch

    devices = [Device("cpu", "CPU")]
    if torch.cuda.is_available():
        devices += [
            Device(f"cuda:{index}", torch.cuda.get_device_name(index))
            for index in range(torch.cuda.device_count())
        ]
    return devices


def unused_gpu_hint() -> str | None:
    """A sentence if there is an NVIDIA GPU that this build of torch cannot use."""
    import torch

    if torch.cuda.is_available() or shutil.which("nvidia-smi") is None:
        return None
    if torch.version.cuda is None:
        return (
            "This computer has an NVIDIA GPU, but the installed PyTorch is the CPU build. Install "
            "the CUDA build to use it."
        )
    return "This computer has an NVIDIA GPU, but its driver does not answer. Update the driver."


def resolve_device(name: str) -> str:
    """ "auto", "cpu", "cuda" or "cuda:1" as a device of torch; ``DeviceError`` if it is absent."""
    if name == "cpu":
        return "cpu"
    import torch

    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda:0" if n_gpus else "cpu"
    kind, _, index = name.partition(":")
    if kind != "cuda" or (index and not index.isdigit()):
        raise DeviceError("There is no device “{name}”; use auto, cpu or cuda.", name=name)
    if int(index or 0) >= n_gpus:
        raise DeviceError(
            "The device “{name}” is not available: {hint}",
            name=name,
            hint=unused_gpu_hint() or "no CUDA GPU was found. Use --device cpu or auto.",
        )
    return f"cuda:{int(index or 0)}"
