"""Duties of the list publisher (``requirements-lists.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import Exchange, Response, media_type
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.phrases import A_CERTIFICATE
from harness.judge.registry import judge
from harness.judge.trust.steps import Trust, host, trust
from harness.judge.view import CellView
from harness.medmij.lists import Ocl, Whitelist, Zal
from harness.medmij.lists.diff import diff
from harness.medmij.releases import LIST_KINDS, ListKind

NOT_ASKED: Final = Text(nl="niet gevraagd", en="not asked")
NO_PREFIX: Final = Text(nl="xmlns zonder prefix", en="xmlns without prefix")
A_PREFIX: Final = Text(nl="een prefix", en="a prefix")
ON_THE_LISTS: Final = Text(nl="op de lijsten", en="on the lists")
NO_LISTS = Text(nl="er zijn geen lijsten gezien", en="no lists were seen")


def _fetched(cell: Trust) -> list[tuple[ListKind, Exchange, Response]]:
    return [
        (kind, item, item.response)
        for kind in LIST_KINDS
        for item in cell.list_fetches(kind)
        if item.response is not None and item.response.status == 200
    ]


@judge("MM-LST-001", "MM-LST-002", "MM-LST-003", "MM-LST-005")
def each_list(view: CellView) -> Iterator[Finding]:
    """Every fetched list: schema, media type, mutual TLS, namespace without prefix."""
    cell = trust(view)
    found = _fetched(cell)
    if not found:
        for requirement in ("MM-LST-001", "MM-LST-002", "MM-LST-003", "MM-LST-005"):
            yield view.inconclusive(requirement, NO_LISTS)
    for kind, item, response in found:
        parsed = cell.parsed_list(item, kind)
        for issue in parsed.issues if parsed else ():
            yield view.fail(
                "MM-LST-001",
                exchange=item,
                path=issue.path or kind,
                line=issue.line,
                column=issue.column,
                expected=issue.wanted,
                received=issue.seen,
                rule=issue.rule,
            )
        if parsed is not None and parsed.document is not None:
            yield view.ok("MM-LST-001", item)
        form = media_type(response.headers)
        if form in ("application/xml", "text/xml"):
            yield view.ok("MM-LST-002", item)
        else:
            yield view.fail(
                "MM-LST-002", exchange=item, path="Content-Type", expected="application/xml", received=form
            )
        if item.tls is None or not item.tls.version:
            yield view.inconclusive("MM-LST-003", NO_LISTS, exchange=item)
        elif item.tls.client is None:
            yield view.fail("MM-LST-003", exchange=item, expected=A_CERTIFICATE, received=NOT_ASKED)
        else:
            yield view.ok("MM-LST-003", item)
        head = response.body[:2000]
        if b" xmlns:" in head.replace(b" xmlns:xsi=", b" ").split(b">", 2)[1 if b"<?xml" in head else 0]:
            yield view.fail("MM-LST-005", exchange=item, path=kind, expected=NO_PREFIX, received=A_PREFIX)
        else:
            yield view.ok("MM-LST-005", item)


@judge("MM-LST-004")
def sequence_numbers(view: CellView) -> Iterator[Finding]:
    """Other content has a higher Volgnummer; the number never goes down."""
    cell = trust(view)
    seen = wrong = 0
    for kind in LIST_KINDS:
        held = None
        for item in cell.list_fetches(kind):
            parsed = cell.parsed_list(item, kind)
            document = parsed.document if parsed else None
            if document is None:
                continue
            seen += 1
            if held is not None:
                changed = bool(diff(held, document))
                if document.sequence < held.sequence or (changed and document.sequence == held.sequence):
                    wrong += 1
                    yield view.fail(
                        "MM-LST-004",
                        exchange=item,
                        path="Volgnummer",
                        expected=f"> {held.sequence}" if changed else f">= {held.sequence}",
                        received=str(document.sequence),
                    )
            held = document
    if not seen:
        yield view.inconclusive("MM-LST-004", NO_LISTS)
    elif not wrong:
        yield view.ok("MM-LST-004")


@judge("MM-LST-006")
def parties_are_listed(view: CellView) -> Iterator[Finding]:
    """The PGO is on OCL and white list; the back-channel hosts of the provider are on the white list."""
    cell = trust(view)
    newest = {kind: cell.latest(kind) for kind in LIST_KINDS}
    ocl, whl, zal = newest["ocl"], newest["whl"], newest["zal"]
    clients = {
        cell.query(item).get("client_id", "") for flow in cell.positive for item in cell.authorize(flow)
    } - {""}
    if not isinstance(whl, Whitelist) or not isinstance(zal, Zal) or not isinstance(ocl, Ocl):
        yield view.inconclusive("MM-LST-006", NO_LISTS)
        return
    missing = [f"{name} (OCL)" for name in sorted(clients) if ocl.client(name) is None]
    hosts = {
        host(item.request.url) for item in cell.positive_exchanges if item.interface == "token"
    } | clients
    missing += [f"{name} (WHL)" for name in sorted(hosts) if not whl.allows(name)]
    if not hosts:
        yield view.inconclusive("MM-LST-006", NO_LISTS)
    elif missing:
        yield view.fail("MM-LST-006", expected=ON_THE_LISTS, received=", ".join(missing))
    else:
        yield view.ok("MM-LST-006", received=", ".join(sorted(hosts)))
