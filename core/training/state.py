"""States of training on disk: tensors in safetensors beside JSON, written whole, never pickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from core.whole_file import whole_file

_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_ALIGNMENT = 8
_FACTS = "stemscope"


def write_state(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write ``tensors`` and ``facts`` (anything JSON holds) to ``path``, whole or not at all.

    Tensor after tensor goes to the disk, so that no second copy of a large state is in memory.
    ``OutputError`` for whatever the disk refuses; what lay there before is untouched then.
    """
    header: dict[str, Any] = {"__metadata__": {_FACTS: json.dumps(facts, ensure_ascii=False)}}
    # The format's own order, wide types first, keeps every tensor aligned.
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    offset = 0
    for name, value in ordered:
        n_bytes = value.numel() * value.element_size()
        header[name] = {
            "dtype": _DTYPES[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [offset, offset + n_bytes],
        }
        offset += n_bytes
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for _, value in ordered:
            flat = value.detach().to("cpu").contiguous().reshape(-1)
            file.write(flat.view(torch.uint8).numpy().data)


def read_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and facts of ``write_state``.

    Raises ``SafetensorError``, ``OSError``, ``ValueError`` or ``KeyError`` for anything else.
    """
    facts = read_facts(path)
    return load_file(path), facts


def read_facts(path: Path) -> dict[str, Any]:
    """The facts alone; raises as ``read_state`` does."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    facts = json.loads(metadata[_FACTS])
    if not isinstance(facts, dict):
        raise ValueError("no table of facts")
    return facts


def part(tensors: Mapping[str, Tensor], head: str) -> dict[str, Tensor]:
    """The tensors under ``head/``, by the rest of their names."""
    return {
        name[len(head) + 1 :]: value
        for name, value in tensors.items()
        if name.startswith(head + "/")
    }
