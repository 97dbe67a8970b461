"""What a PGO does with lists: fetches them, keeps the good ones, goes where they say (MM-CLI-001 to 004)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.http import addresses
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.phrases import REFUSED
from harness.judge.registry import judge
from harness.judge.trust.seen import list_taken_over
from harness.judge.trust.steps import NOT_REACHED, Trust, host, status, trust, undecided
from harness.judge.trust.tls import refused_certificates
from harness.judge.view import CellView
from harness.medmij import scope
from harness.medmij.lists import Service, Zal
from harness.medmij.releases import LIST_KINDS, ListKind

NO_LIST = Text(nl="er is geen geldige lijst gezien", en="no valid list was seen")
FETCHED: Final = Text(nl="opgehaald", en="fetched")
NOT_FETCHED: Final = Text(nl="niet opgehaald", en="not fetched")
SENT_ANYWAY: Final = Text(
    nl="niet opgehaald, en er is een code verstuurd naar een host die er niet op staat",
    en="not fetched, and a code was sent to a host that is not on it",
)
TAKEN_OVER: Final = Text(nl="overgenomen", en="taken over")
OFF_LIST: Final = "off-list"
"""The server of a session that is on no Whitelist, as token endpoint."""
LISTS = Text(
    nl="niet opgehaald in deze sessie: {}. Haal de vier lijsten op; doet een ander onderdeel dat met een "
    "eigen certificaat, geef dan list_fetcher: shared op in het netwerkbestand",
    en="not fetched in this session: {}. Fetch the four lists; if another component does so with its own "
    "certificate, declare list_fetcher: shared in the network file",
)


@judge("MM-CLI-001")
def reads_lists(view: CellView) -> Iterator[Finding]:
    """ZAL, OCL, GNL and WHL are read over mutual TLS; what came was valid."""
    cell = trust(view)
    yield from refused_certificates(cell, "MM-CLI-001", "stelselnode")
    fetched = {kind: cell.list_fetches(kind, cell.pgo) for kind in LIST_KINDS}
    missing = [kind for kind, found in fetched.items() if not found]
    if view.situations and missing:
        yield _not_fetched(view, missing)
        return
    if not any(fetched.values()):
        reason = Text(nl="het PGO heeft geen lijsten opgehaald", en="the PGO fetched no lists")
        yield view.inconclusive("MM-CLI-001", reason)
        return
    good = [item for found in fetched.values() for item in found if _came(item)]
    if not good:  # whoever got no list at all need not ask for the next one
        yield view.inconclusive("MM-CLI-001", NO_LIST)
        return
    for kind in LIST_KINDS:
        found = fetched[kind]
        if not found:
            yield view.fail("MM-CLI-001", path=f"list-{kind}", expected=FETCHED, received=NOT_FETCHED)
            continue
        came = [item for item in found if _came(item)]
        if not came:
            yield view.inconclusive("MM-CLI-001", NO_LIST, exchange=found[0], received=status(found[0]))
        else:
            yield view.ok("MM-CLI-001", came[0])


def _not_fetched(view: CellView, missing: list[ListKind]) -> Finding:
    """Lists that a live PGO did not fetch; it may have them from elsewhere, unless it shows otherwise."""
    sent = [item for item in view.find(interface="token") if item.notes.get("stage") == OFF_LIST]
    if "whl" in missing and sent and view.over:
        return view.fail(
            "MM-CLI-001",
            exchange=sent[0],
            path="list-whl",
            expected=FETCHED,
            received=SENT_ANYWAY,
        )
    told = ", ".join(missing)
    return view.not_tested("MM-CLI-001", Text(nl=LISTS.nl.format(told), en=LISTS.en.format(told)))


def _came(item: Exchange) -> bool:
    return item.response is not None and item.response.status == 200


def _services(cell: Trust) -> list[Service]:
    """The services of the cell's provider in this interface version, on any valid list that was served.

    Of all providers when no request names one in a way that can be read.
    """
    scopes = [
        scope.parse(cell.query(item).get("scope", ""), cell.release).scope for _, item in cell.own_requests
    ]
    names = [item.name for item in scopes if item is not None]
    found: list[Service] = []
    for zal in cell.versions("zal"):
        if not isinstance(zal, Zal):
            continue
        provider = zal.provider(names[0]) if names else None
        providers = zal.providers if scopes and not names else (provider,) if provider else ()
        for version in (version for item in providers for version in item.versions):
            if version.id in ("", cell.release.interface_version):
                found += version.services
    return found


@judge("MM-CLI-002", "MM-CLI-003")
def keeps_good_lists(view: CellView) -> Iterator[Finding]:
    """After an invalid or older list the PGO goes on with the last valid one.

    Evidence: the note of our own PGO about the list, or the endpoint that it uses afterwards.
    """
    cell = trust(view)
    for requirement in ("MM-CLI-002", "MM-CLI-003"):
        if view.situations:
            yield from list_taken_over(view, requirement)
            continue
        for flow in view.catalogue[requirement].flows:
            fetches = [item for item in view.find(flow=flow, interface="list") if item.client == cell.pgo]
            bad = [
                item
                for item in fetches
                if item.notes.get("list", {}).get("outcome") in ("refused", "replaced")
            ]
            if not fetches:
                yield undecided(cell, requirement)
                continue
            taken = [item for item in fetches if _taken_over(cell, item, requirement)]
            if taken:
                yield view.fail(
                    requirement, exchange=taken[0], path=flow, expected=REFUSED, received=TAKEN_OVER
                )
            elif bad:
                yield view.ok(requirement, bad[0], received=flow)
            else:
                yield undecided(cell, requirement, NOT_REACHED)


def _taken_over(cell: Trust, item: Exchange, requirement: str) -> bool:
    """Whether a list was replaced that should not have been."""
    if item.notes.get("list", {}).get("outcome") != "replaced":
        return False
    kind = item.operation.removeprefix("list-")
    if kind not in LIST_KINDS:
        return False
    parsed = cell.parsed_list(item, kind)
    if requirement == "MM-CLI-002":
        return parsed is None or parsed.document is None
    held = cell.document(kind)
    return (
        parsed is not None
        and parsed.document is not None
        and held is not None
        and parsed.document.sequence < held.sequence
    )


@judge("MM-CLI-004")
def endpoints_of_the_list(view: CellView) -> Iterator[Finding]:
    """Authorization, token and data go to the endpoints of the ZAL for this interface version."""
    cell = trust(view)
    if view.situations:
        yield from list_taken_over(view, "MM-CLI-004")
    services = _services(cell)
    if not services:
        if view.endpoints_stated:
            reason = Text(
                nl="het netwerkbestand noemt zelf de adressen; ze staan niet op een lijst",
                en="the network file itself states the endpoints; they are on no list",
            )
            yield view.not_tested("MM-CLI-004", reason)
        else:
            yield undecided(cell, "MM-CLI-004", NO_LIST)
        return
    authorize = {item.authorization_endpoint for item in services}
    token = {item.token_endpoint for item in services}
    data = {role.resource_endpoint.rstrip("/") for item in services for role in item.roles}
    wrong = False
    seen: Exchange | None = None
    for flow in cell.positive:
        for item in view.find(flow=flow):
            if item.client != cell.pgo:
                continue
            base = item.request.url.partition("?")[0]
            expected: set[str] = set()
            if item.operation == "authorize" and item is cell.authorize(flow)[0]:
                expected = authorize
            elif item.interface == "token":
                expected = token
            if expected and not any(addresses.same(base, url) for url in expected):
                wrong = True
                yield view.fail(
                    "MM-CLI-004", exchange=item, expected=" | ".join(sorted(expected)), received=base
                )
            seen = seen or (item if expected else None)
            listed = item.interface == "resource" and host(base) in {host(url) for url in data}
            if listed and not any(_below(base, url) for url in data):
                wrong = True
                yield view.fail("MM-CLI-004", exchange=item, expected=" | ".join(sorted(data)), received=base)
    if not wrong:
        yield view.ok("MM-CLI-004", seen) if seen else undecided(cell, "MM-CLI-004", NOT_REACHED)


def _below(url: str, base: str) -> bool:
    scheme, _, rest = url.partition("://")
    return addresses.below(f"{scheme}://{rest.replace('//', '/')}", base)  # a doubled slash: MM-CLI-024
