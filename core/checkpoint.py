"""Models on disk: weights in safetensors beside a card, written whole, read strictly."""

from __future__ import annotations

import difflib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from core.card import CARD_FILE, PICKLES, WEIGHTS_FILE, Card, read_card, refuse_pickle
from core.card_memory import CardMemory
from core.errors import ModelError, OutputError, StemscopeError, UsageError
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.networks.streaming import MaskStream
from core.precision import check_precision, product_dtype

MASK_KINDS = ("soft", "binary")


class Model:
    """A network with its card, ready to make masks on one device.

    It computes on the CPU where ``wanted_device`` has too little memory for it: see ``device``.
    """

    def __init__(
        self,
        card: Card,
        network: SourceNetwork,
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        self._wanted_precision = check_precision(precision)
        self.card = card
        self.wanted_device = device
        self.device = "cpu"
        self._network = network.eval()
        self._mask_kind = "soft"
        self._set_precision()
        self.move(device)

    @property
    def n_weights(self) -> int:
        return sum(weight.numel() for weight in self._network.parameters())

    @property
    def precision(self) -> str:
        """``"float32"`` or ``"bfloat16"``: that of the matrix products where it computes now."""
        return "bfloat16" if self._product_dtype is torch.bfloat16 else "float32"

    @property
    def chunks_together(self) -> int:
        """How many chunks of a song to give to ``masks`` at a time.

        What it is fastest with on a processor; what a graphics card has free memory for.
        """
        name = "chunks_together_wide" if self.precision == "float32" else "chunks_together"
        together = int(getattr(self._network, name, 4))
        return together if self._memory is None else self._memory.n_chunks(together)

    @property
    def mask_kind(self) -> str:
        """``"soft"``: the network's masks; ``"binary"``: 1 for the largest source, else 0.

        Sources of equal size count as the first of them. ``UsageError`` for any other kind.
        """
        return self._mask_kind

    @mask_kind.setter
    def mask_kind(self, kind: str) -> None:
        if kind not in MASK_KINDS:
            raise UsageError(
                "A mask is “soft” or “binary”, not “{value}”. Did you mean “{near}”?",
                value=kind,
                near=difflib.get_close_matches(str(kind), MASK_KINDS, n=1, cutoff=0.0)[0],
            )
        self._mask_kind = kind

    @property
    def weights(self) -> dict[str, Tensor]:
        """The network's weights by name, copies on the CPU."""
        return {k: v.detach().cpu().clone() for k, v in self._network.state_dict().items()}

    def move(self, device: str) -> bool:
        """Compute on ``device``; False if its memory does not suffice, and then on the CPU."""
        if device == self.device:
            return True
        if device != "cpu":
            # TF32 products keep 10 bits of 23: masks must not depend on the device.
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
        fits = True
        try:
            self._network.to(device)
        except torch.OutOfMemoryError:
            fits = False
        self.device = device if fits else "cpu"
        if self.device == "cpu":
            self._network.to("cpu")
            _give_memory_back()
        self._set_precision()
        return fits

    def _set_precision(self) -> None:
        self._product_dtype = product_dtype(self._wanted_precision, self.device)
        self._network.product_dtype = self._product_dtype
        is_cuda = self.device.startswith("cuda") and torch.cuda.is_available()
        self._memory = CardMemory(self.device) if is_cuda else None

    def masks(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Masks of all sources but the last.

        ``features`` is ``(batch, n_frames, n_bins)``, or ``(batch, n_frames, 3, n_bins)`` for a
        network of two channels: magnitudes in units of the running level. Returns
        ``(batch, n_sources - 1, n_channels, n_frames, n_bins)`` in [0, 1]. Raises ``MemoryError``
        where the device has too little memory for the batch.
        """
        kind = torch.device(self.device).type
        is_reduced = self._product_dtype is not torch.float32
        # Both modes belong to the thread that computes, so they are entered here.
        with torch.inference_mode(), torch.autocast(kind, self._product_dtype, enabled=is_reduced):
            try:
                with self._memory.watched(len(features)) if self._memory else nullcontext():
                    masks = self._network(torch.from_numpy(features).to(self.device))
                if self._mask_kind == "binary":
                    largest = masks.argmax(dim=1, keepdim=True)
                    masks = torch.zeros_like(masks).scatter_(1, largest, 1)
                masks = masks[:, :-1, None] if masks.ndim == 4 else masks[:, :-1].transpose(2, 3)
                kept: NDArray[np.float32] = masks.float().cpu().numpy()
                return kept
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
        # Out of the except block: the error's frames, and the tensors they held, are gone.
        _give_memory_back()
        raise MemoryError

    def stream(self) -> MaskStream:
        """Soft masks of one signal as it comes in; ``UsageError`` where the network hears ahead."""
        return MaskStream(self._network.stream(), self.device)


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device, or the processor's own memory, is full; the latter has no class."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _give_memory_back() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def save_model(
    card: Card, weights: Mapping[str, Tensor], folder: Path, overwrite: bool = False
) -> Card:
    """Write a model folder whole or not at all, weights in float16; returns the card as written.

    ``OutputError`` if the folder exists and ``overwrite`` is false, or cannot be written.
    """
    if folder.exists() and not overwrite:
        raise OutputError("“{name}” already exists. Choose another name.", name=str(folder))
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".model-", dir=folder.parent))
        half = {name: value.detach().half().cpu().contiguous() for name, value in weights.items()}
        # Not save_file: its errors do not say that the disk is full.
        (temporary / WEIGHTS_FILE).write_bytes(save(half))
        card = replace(card, sha256=_sha256(temporary / WEIGHTS_FILE))
        (temporary / CARD_FILE).write_text(card.to_json(), encoding="utf-8")
        # Temporary folders are private; a model may be installed for every user of a machine.
        temporary.chmod(0o755)
        if folder.exists():
            retired = Path(tempfile.mkdtemp(prefix=".old-", dir=folder.parent))
            os.replace(folder, retired / folder.name)
            os.replace(temporary, folder)
            shutil.rmtree(retired, ignore_errors=True)
        else:
            os.replace(temporary, folder)
    except OSError as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise OutputError(
            "The model “{name}” could not be written: {reason}.",
            name=folder.name,
            reason=error.strerror or str(error),
        ) from error
    return card


def load_model(folder: Path, device: str = "cpu", precision: str = "float32") -> Model:
    """The model in ``folder``; ``ModelError`` if it is missing, damaged or unsafe.

    ``precision`` is one of ``core.precision.PRECISIONS``: reduced ones cost at most 0.05 dB of SDR.
    The weights' SHA-256 must be the card's, their names and shapes the network's. Nothing is ever
    unpickled.
    """
    refuse_pickle(folder)
    card = read_card(folder)
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        if any(folder.glob(f"*{suffix}") for suffix in PICKLES):
            refuse_pickle(next(p for s in PICKLES for p in folder.glob(f"*{s}")))
        raise ModelError(
            "The model “{name}” lacks its weights ({file}). Install the model again.",
            name=card.title,
            file=WEIGHTS_FILE,
        )
    if _sha256(path) != card.sha256:
        raise ModelError(
            "The weights of the model “{name}” are not those its card names: the file was damaged "
            "or exchanged. Install the model again.",
            name=card.title,
        )
    try:
        weights = load_file(path)
        network = build_network(card.network.name, card.network.arguments)
        network.load_state_dict({k: v.float() for k, v in weights.items()}, strict=True)
    except (SafetensorError, RuntimeError, StemscopeError) as error:
        raise ModelError(
            "The model “{name}” does not fit its card ({reason}). Install the model again.",
            name=card.title,
            reason=str(error).splitlines()[0],
        ) from error
    return Model(card, network, device, precision)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
