"""The requests of a PGO for data: token, address, Accept, scope (MM-CLI-017, 019, 020, 024 to 026)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.http.media import parse_accept
from harness.core.run.exchanges import Exchange, header
from harness.core.run.findings import Finding
from harness.core.standards.queries import load_queries
from harness.core.text import Text
from harness.judge.masks import proven_numbers
from harness.judge.phrases import A_BSN, NO_BSN, NO_VALUE
from harness.judge.registry import judge
from harness.judge.trust.client.lists import NO_LIST
from harness.judge.trust.seen import not_seen, watched
from harness.judge.trust.steps import AGAIN, FOREIGN, MAIN_FLOWS, NOT_REACHED, host, trust, undecided
from harness.judge.view import CellView
from harness.medmij import forms, resource
from harness.medmij.lists import Whitelist

NO_CALL: Final = Text(nl="geen gegevensverzoek", en="no data call")
ONE_TOKEN: Final = Text(nl="één bearertoken", en="one bearer token")
CASES: Final = {
    "no-token": Text(nl="geen token", en="no-token"),
    "several-methods": Text(nl="op meer dan één manier", en="several-methods"),
    "invalid-token": Text(nl="ongeldig token", en="invalid-token"),
}
RESOURCE_ONLY: Final = Text(nl="alleen naar het resource endpoint", en="to the resource endpoint only")
SENT_TO: Final = Text(nl="naar {host}", en="to {host}")
ONE_SLASH: Final = Text(nl="één schuine streep", en="one slash")
HOST_ON_WHITELIST: Final = Text(nl="een host op de Whitelist", en="a host on the white list")
FHIR: Final = ("application/fhir+json", "application/fhir+xml")
STU3: Final = ("3.0", "3.0.2")
"""Values of ``fhirVersion`` that mean STU3."""
ELSEWHERE: Final = "elsewhere"
"""The server of a session that is on no Whitelist, where a next page leads to."""


@judge("MM-CLI-017")
def granted_scope(view: CellView) -> Iterator[Finding]:
    """Nothing granted for this service: no data call follows."""
    cell = trust(view)
    flow = "var-narrow-scope"
    if not view.find(flow=flow):
        yield undecided(cell, "MM-CLI-017")
    elif cell.granted(flow) is None:
        yield undecided(cell, "MM-CLI-017", NOT_REACHED)
    else:
        calls = [item for item in cell.care(flow) if item.operation != "fhir-metadata"]
        if calls:
            yield view.fail("MM-CLI-017", exchange=calls[0], expected=NO_CALL, received=calls[0].operation)
        elif not watched(view, flow):
            yield undecided(cell, "MM-CLI-017")
        else:
            yield view.ok("MM-CLI-017", cell.granted(flow))


@judge("MM-CLI-019", "MM-CLI-020")
def token_and_bsn(view: CellView) -> Iterator[Finding]:
    """The token only in the Authorization header; no BSN in any URL, header or form of the PGO."""
    cell = trust(view)
    calls = [item for flow in cell.positive for item in cell.care(flow)]
    wrong_token = wrong_bsn = False
    for item in calls:
        found = resource.bearer(
            item.request.headers, forms.query_of(item.request.url), item.request.body[:2000]
        )
        if found.case == "no-token" and (item.operation == "fhir-metadata" or _tokenless(view, item)):
            continue
        if found.case:
            wrong_token = True
            yield view.fail(
                "MM-CLI-019",
                exchange=item,
                path="Authorization",
                expected=ONE_TOKEN,
                received=CASES[found.case],
            )
    for item in view.find(flow=FOREIGN, client="pgo"):
        if item.notes.get("stage") == ELSEWHERE and header(item.request.headers, "authorization"):
            wrong_token = True
            yield view.fail(
                "MM-CLI-019",
                exchange=item,
                path="Authorization",
                expected=RESOURCE_ONLY,
                received=SENT_TO.format(host=host(item.request.url)),
            )
    positive = cell.positive
    sent = [item for item in view.exchanges if item.client == cell.pgo and item.flow in positive]
    for item in sent:
        if item.interface in ("login", "consent"):
            continue  # the person's own browser at the DVZA
        places = proven_numbers(item.facts, "request")
        if places:
            wrong_bsn = True
            yield view.fail(
                "MM-CLI-020",
                exchange=item,
                path=places[0],
                expected=NO_BSN,
                received=A_BSN,
            )
    if not calls:
        yield undecided(cell, "MM-CLI-019", NOT_REACHED)
    elif not wrong_token:
        yield view.ok("MM-CLI-019", calls[0], received=f"{len(calls)}x")
    if not sent:
        yield undecided(cell, "MM-CLI-020", NOT_REACHED)
    elif not wrong_bsn:
        yield view.ok("MM-CLI-020", sent[0], received=f"{len(sent)}x")


def _tokenless(view: CellView, item: Exchange) -> bool:
    """Whether a query of the standard leaves the token out on purpose."""
    query = load_queries(view.cell.standard).get(item.operation)
    return query is not None and query.authorization == "none"


@judge("MM-CLI-024", "MM-CLI-025")
def resource_urls(view: CellView) -> Iterator[Finding]:
    """One slash between base and path; data only from hosts on the white list."""
    cell = trust(view)
    whitelists = [item for item in cell.versions("whl") if isinstance(item, Whitelist)]
    seen: Exchange | None = None
    doubled = foreign = False
    for flow in (*MAIN_FLOWS, AGAIN, FOREIGN):
        for item in cell.care_anywhere(flow):
            seen = seen or item
            path = item.request.url.partition("?")[0].partition("://")[2]
            if "//" in path:
                doubled = True
                yield view.fail("MM-CLI-024", exchange=item, expected=ONE_SLASH, received=item.request.url)
            listed = any(known.allows(host(item.request.url)) for known in whitelists)
            if item.notes.get("stage") == ELSEWHERE or (whitelists and not listed):
                foreign = True
                yield view.fail(
                    "MM-CLI-025",
                    exchange=item,
                    expected=HOST_ON_WHITELIST,
                    received=host(item.request.url) or item.request.url,
                )
    if seen is None:
        yield undecided(cell, "MM-CLI-024", NOT_REACHED)
        yield undecided(cell, "MM-CLI-025", NOT_REACHED)
        return
    if not doubled:
        yield view.ok("MM-CLI-024", seen)
    if not whitelists and not foreign:
        yield view.inconclusive("MM-CLI-025", NO_LIST)
    elif not foreign:
        offered = not view.situations or watched(view, FOREIGN)
        yield view.ok("MM-CLI-025", seen) if offered else not_seen(view, "MM-CLI-025")


@judge("MM-CLI-026")
def accepts(view: CellView) -> Iterator[Finding]:
    """Accept names FHIR JSON or XML with fhirVersion 3.0 (the STU3 services of this harness)."""
    cell = trust(view)
    calls = [item for flow in cell.positive for item in cell.care(flow) if item.interface == "resource"]
    wrong = False
    for item in calls:
        value = header(item.request.headers, "accept") or ""
        ranges = parse_accept(value)
        fits = [
            media
            for media in ranges
            if media.quality == ranges[0].quality
            and media.name in FHIR
            and media.parameters.get("fhirversion") in STU3
        ]
        if not fits:
            wrong = True
            yield view.fail(
                "MM-CLI-026",
                exchange=item,
                path="Accept",
                expected="application/fhir+json|xml; fhirVersion=3.0",
                received=value or NO_VALUE,
            )
    if not calls:
        yield undecided(cell, "MM-CLI-026", NOT_REACHED)
    elif not wrong:
        yield view.ok("MM-CLI-026", calls[0], received=f"{len(calls)}x")
