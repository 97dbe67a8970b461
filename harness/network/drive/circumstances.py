"""Circumstances of a variant: our DVZA, stelselnode or Whitelist misbehaves while one flow runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.run.findings import Cell
from harness.core.standards.table import standard
from harness.medmij.flows import Variant
from harness.network.wire.connect import ConnectMap

if TYPE_CHECKING:
    from harness.network.running import RunningNetwork

_BACK_CERTIFICATES = {
    "certificate-expired": "expired",
    "certificate-untrusted": "untrusted",
    "certificate-wrong-host": "wrong-host",
    "certificate-wildcard": "wildcard",
    "tls-1-1-only": "",
}


@contextmanager
def circumstances(running: RunningNetwork, cell: Cell, variant: Variant) -> Iterator[ConnectMap | None]:
    """Switch on what ``variant.server`` asks, for the PGO of this cell only; off again afterwards.

    :returns: a connect map for this flow when a faulty server stands in, else ``None``.
    """
    pgo = running.pgos[cell.pgo]
    if variant.token.certificate == "not-on-whitelist":
        running.stelselnode.whitelist_without([pgo.host])
        try:
            yield None
        finally:
            running.stelselnode.whitelist_without(())
        return
    if not variant.server:
        yield None
        return
    dvza = running.dvzas[cell.dvza]
    node = running.stelselnode
    connect: ConnectMap | None = None
    switches = [
        name
        for name in variant.server
        if not name.startswith(("list-", "certificate-", "tls-", "whitelist-"))
    ]
    listed = [name.removeprefix("list-") for name in variant.server if name.startswith("list-")]
    certificates = [name for name in variant.server if name in _BACK_CERTIFICATES]
    dvza.set_faults(pgo.host, switches)
    node.set_faults(pgo.host, listed)
    hidden = "whitelist-without-dvza" in variant.server
    unserved = "ocl-without-service" in variant.server
    if unserved:
        node.without_services({pgo.host: [standard(cell.standard).collect.id]})
    if hidden:
        node.whitelist_without([dvza.participant.back_host])
    if certificates:
        host = dvza.participant.back_host
        port = running.serve_host(
            host,
            dvza.back,
            channel="back",
            mtls=True,
            fault=_BACK_CERTIFICATES[certificates[0]],
            weak=certificates[0] if certificates[0] == "tls-1-1-only" else "",
            publish=False,
        )
        connect = ConnectMap(running.connect.entries())
        connect.add(host, 443, "127.0.0.1", port)
    try:
        yield connect
    finally:
        dvza.set_faults(pgo.host, ())
        node.set_faults(pgo.host, ())
        if hidden:
            node.whitelist_without(())
        if unserved:
            node.without_services({})
        if hidden or listed:
            running.forget_lists()
