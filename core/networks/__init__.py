"""One registry of networks: adding one is a file and a line here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from core.errors import UsageError
from core.networks.arguments import check_names
from core.networks.base import SourceNetwork
from core.networks.recurrent import Recurrent
from core.networks.u_net import RecurrentUNet

NETWORKS: dict[str, type[SourceNetwork]] = {
    "recurrent": Recurrent,
    "recurrent_u_net": RecurrentUNet,
}


def build_network(name: str, arguments: Mapping[str, Any]) -> SourceNetwork:
    """The network called ``name``; ``UsageError`` names what is not supported and what is near."""
    if not isinstance(name, str) or name not in NETWORKS:
        near = difflib.get_close_matches(str(name), NETWORKS, n=1, cutoff=0.0)[0]
        raise UsageError(
            "There is no network called “{name}”. Did you mean “{near}”?", name=name, near=near
        )
    try:
        check_names(name, NETWORKS[name], arguments)
        return NETWORKS[name](**arguments)
    except TypeError as error:
        raise UsageError(
            "The network “{name}” does not take these arguments: {reason}.",
            name=name,
            reason=str(error),
        ) from error
