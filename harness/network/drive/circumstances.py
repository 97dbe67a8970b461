"""Circumstances of a variant: our DVZA, stelselnode or Whitelist misbehaves while one flow runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from harness.core.run.findings import Cell
from harness.core.standards.table import standard
from harness.medmij.flows import Variant
from harness.network.hosts import Hosts
from harness.network.twins.building import Twins
from harness.network.twins.dvza.twin import DvzaTwin
from harness.network.wire.connect import ConnectMap

_BACK_CERTIFICATES: Final = {
    "certificate-expired": "expired",
    "certificate-untrusted": "untrusted",
    "certificate-wrong-host": "wrong-host",
    "certificate-wildcard": "wildcard",
    "tls-1-1-only": "",
}
_ELSEWHERE: Final = ("list-", "certificate-", "tls-", "whitelist-")
"""Beginnings of switches that are not the DVZA's own."""


@contextmanager
def circumstances(twins: Twins, hosts: Hosts, cell: Cell, variant: Variant) -> Iterator[ConnectMap | None]:
    """Switch on what ``variant.server`` asks, for the PGO of this cell only; off again afterwards.

    :returns: a connect map for this flow when a faulty server stands in, else ``None``.
    """
    pgo = twins.pgos[cell.pgo]
    node = twins.stelselnode
    if not variant.server:
        yield None
        return
    dvza = twins.dvzas[cell.dvza]
    listed = [name.removeprefix("list-") for name in variant.server if name.startswith("list-")]
    dvza.set_faults(pgo.host, [name for name in variant.server if not name.startswith(_ELSEWHERE)])
    node.set_faults(pgo.host, listed)
    hidden = "whitelist-without-dvza" in variant.server
    unserved = "ocl-without-service" in variant.server
    if unserved:
        node.without_services({pgo.host: [standard(cell.standard).collect.id]})
    if hidden:
        node.whitelist_without([dvza.participant.back_host])
    try:
        yield _stand_in(hosts, dvza, variant)
    finally:
        dvza.set_faults(pgo.host, ())
        node.set_faults(pgo.host, ())
        if hidden:
            node.whitelist_without(())
        if unserved:
            node.without_services({})
        if hidden or listed:
            twins.forget_lists()


def _stand_in(hosts: Hosts, dvza: DvzaTwin, variant: Variant) -> ConnectMap | None:
    """The back channel once more with a faulty certificate or TLS version, and the way to it."""
    fault = next((name for name in variant.server if name in _BACK_CERTIFICATES), "")
    if not fault:
        return None
    host = dvza.participant.back_host
    port = hosts.listen(
        host,
        dvza.back,
        channel="back",
        mtls=True,
        fault=_BACK_CERTIFICATES[fault],
        weak=fault if fault == "tls-1-1-only" else "",
    )
    connect = ConnectMap(hosts.connect.entries())
    connect.add(host, 443, "127.0.0.1", port)
    return connect
