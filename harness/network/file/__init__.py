"""The network file: who takes part, where they live, which persons are declared.

:mod:`harness.network.file.model` is its typed form (read this one first),
:mod:`harness.network.file.reading` reads it, :mod:`harness.network.file.checking` checks what a schema cannot
say: references between participants, fields that do not belong to a role, files that must exist.
"""

from __future__ import annotations

from harness.network.file.model import STELSELNODE, Client, Network, Participant, stated_endpoints
from harness.network.file.reading import demo_path, network_schema, read_network, shape_errors

__all__ = [
    "STELSELNODE",
    "Client",
    "Network",
    "Participant",
    "demo_path",
    "network_schema",
    "read_network",
    "shape_errors",
    "stated_endpoints",
]
