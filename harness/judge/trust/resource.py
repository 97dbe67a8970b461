"""The resource server's side of the resource interface (``requirements-resource.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.exchanges import Exchange, header, header_values
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.hops import heard
from harness.judge.masks import proven_numbers
from harness.judge.phrases import A_BSN, NO_BSN
from harness.judge.registry import judge
from harness.judge.trust.steps import NOT_REACHED, Trust, late, refused, status, trust, undecided
from harness.judge.view import CellView
from harness.medmij.releases import limits

ANYWAY = Text(
    nl="hetzelfde verzoek wordt ook zonder deze variant geweigerd, of het HIS erachter weigert het",
    en="the same request is refused without this variant too, or the HIS behind it refuses it",
)
PATIENT_WORDS = (b'"Patient"', b"<Patient", b'"Bundle"', b"<Bundle")
SHARED = frozenset({"public", "s-maxage", "must-revalidate"})
"""What lets a shared cache keep an answer to a request with a token (RFC 9111 3.5), unless ..."""
NOT_SHARED = frozenset({"no-store", "private"})
"""... the same answer forbids it (5.2.2.5, 5.2.2.7): ``no-cache, no-store, must-revalidate`` is common."""
OUTCOME_WORDS = (b'"OperationOutcome"', b"<OperationOutcome")


def shows_data(item: Exchange) -> bool:
    """Whether a response carries care data: a resource other than an OperationOutcome, or a document."""
    if item.response is None:
        return False
    body = item.response.body
    if item.response.status < 300 and body and not any(word in body[:400] for word in OUTCOME_WORDS):
        return True
    return any(word in body for word in PATIENT_WORDS)


@judge("MM-RSC-004")
def in_time(view: CellView) -> Iterator[Finding]:
    """Response within 60 s, at least 98.5 % of the time; over all data calls of the cell."""
    cell = trust(view)
    calls = [
        item
        for item in cell.all
        if item.interface in ("resource", "document") and "refusal" not in item.notes
    ]
    yield from late(cell, "MM-RSC-004", calls, limits().resource_response)


def _refused_anyway(cell: Trust, item: Exchange) -> bool:
    """Whether the variant is not the reason: the HIS refused it, or the same query without it is refused too.

    A DVZA that passes on what its HIS says has refused nothing itself.
    """
    hop = cell.view.hop(item)
    if hop is not None and (hop.response is None or hop.response.status >= 400):
        return True
    same = [call for flow in cell.main for call in cell.care(flow) if call.operation == item.operation]
    return bool(same) and all(call.response is None or call.response.status >= 400 for call in same)


def _heard(view: CellView, item: Exchange) -> Phrase:
    return heard(item, view.document(item), view.hop(item)) or status(item)


@judge("MM-RSC-005")
def headers_ignored(view: CellView) -> Iterator[Finding]:
    """Correlation headers are accepted, unknown headers ignored."""
    cell = trust(view)
    flow = "var-resource-extra-header"
    calls = cell.care(flow)
    if not calls:
        yield (
            undecided(cell, "MM-RSC-005", NOT_REACHED)
            if view.find(flow=flow)
            else undecided(cell, "MM-RSC-005")
        )
        return
    item = calls[0]
    if item.response is not None and item.response.status < 400:
        yield view.ok("MM-RSC-005", item, received=status(item))
    elif _refused_anyway(cell, item):
        yield view.inconclusive("MM-RSC-005", ANYWAY, exchange=item, received=_heard(view, item))
    else:
        yield view.fail("MM-RSC-005", exchange=item, path=flow, expected="HTTP 200", received=status(item))


@judge("MM-RSC-006")
def fhir_versions(view: CellView) -> Iterator[Finding]:
    """A wrong fhirVersion is refused (406 or 400); without one there is an answer."""
    cell = trust(view)
    wrong, plain = cell.care("neg-resource-version"), cell.care("var-resource-plain-accept")
    if not wrong or not plain:
        yield undecided(cell, "MM-RSC-006")
        return
    item = wrong[0]
    if item.response is not None and item.response.status in (400, 406):
        yield view.ok("MM-RSC-006", item, received=status(item))
    else:
        yield view.fail("MM-RSC-006", exchange=item, expected="HTTP 406", received=status(item))
    for item in plain[:1]:
        if refused(item) and _refused_anyway(cell, item):
            yield view.inconclusive("MM-RSC-006", ANYWAY, exchange=item, received=_heard(view, item))
        elif refused(item):
            yield view.fail("MM-RSC-006", exchange=item, expected="HTTP 200", received=status(item))
        else:
            yield view.ok("MM-RSC-006", item, received=status(item))


@judge("MM-RSC-008")
def no_bsn(view: CellView) -> Iterator[Finding]:
    """No BSN in control data that the DVZA sends: headers, Location, token response."""
    cell = trust(view)
    seen = False
    for item in cell.positive_exchanges:
        if item.response is None:
            continue
        seen = True
        places = proven_numbers(item.facts, "response" if item.interface == "token" else "response.header")
        if places:
            yield view.fail(
                "MM-RSC-008",
                exchange=item,
                path=places[0],
                expected=NO_BSN,
                received=A_BSN,
            )
    if seen:
        yield view.ok("MM-RSC-008", cell.positive_exchanges[0])
    else:
        yield view.inconclusive("MM-RSC-008", Text(nl="geen verkeer gezien", en="no traffic was seen"))


@judge("MM-RSC-015")
def not_in_a_shared_cache(view: CellView) -> Iterator[Finding]:
    """No answer with data says that a cache may give it to others, which a token else forbids."""
    cell = trust(view)
    given = [
        item
        for item in cell.all
        if item.interface in ("resource", "document")
        and item.operation != "fhir-metadata"
        and item.response is not None
        and item.response.status < 300
        and header(item.request.headers, "authorization")
    ]
    shared: dict[str, Exchange] = {}
    for item in given:
        values = header_values(item.response.headers if item.response is not None else (), "cache-control")
        names = {part.partition("=")[0].strip().lower() for value in values for part in value.split(",")}
        for name in () if names & NOT_SHARED else sorted(names & SHARED):
            shared.setdefault(f"{item.interface} {name}", item)
    for name, item in shared.items():
        yield view.fail("MM-RSC-015", exchange=item, path="Cache-Control", expected="no-store", received=name)
    if not given:
        yield undecided(cell, "MM-RSC-015", NOT_REACHED)
    elif not shared:
        yield view.ok("MM-RSC-015", given[0])
