"""Servers that a PGO must not trust (MM-CLI-021, 022)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import failure
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.phrases import ABORTED
from harness.judge.registry import judge
from harness.judge.trust.seen import server_refused
from harness.judge.trust.steps import NOT_REACHED, status, trust, undecided
from harness.judge.view import CellView

NO_REQUEST: Final = Text(nl="helemaal geen verzoek", en="no request at all")


@judge("MM-CLI-021", "MM-CLI-022")
def refuses_bad_servers(view: CellView) -> Iterator[Finding]:
    """Wrong certificates, servers outside the white list, old TLS: nothing is sent to them."""
    cell = trust(view)
    for requirement in ("MM-CLI-021", "MM-CLI-022") if view.situations else ():
        yield from server_refused(view, requirement)
    for requirement in ("MM-CLI-021", "MM-CLI-022") if not view.situations else ():
        for flow in view.catalogue[requirement].flows:
            if not view.find(flow=flow):
                yield undecided(cell, requirement)
                continue
            returned = cell.redirect(flow)
            reached = [item for item in cell.tokens(flow) if item.response is not None]
            if reached:
                yield view.fail(
                    requirement,
                    exchange=reached[0],
                    path=flow,
                    expected=ABORTED,
                    received=status(reached[0]),
                )
            elif returned is not None and returned[1].code:
                evidence = next(iter(cell.tokens(flow)), returned[0])
                yield view.ok(requirement, evidence, received=failure(evidence.error) or flow)
            elif flow == "neg-not-whitelisted" and not cell.authorize(flow):
                fetched = view.find(flow=flow, interface="list")
                yield view.ok(requirement, fetched[-1] if fetched else None, received=NO_REQUEST)
            else:
                yield undecided(cell, requirement, NOT_REACHED)
