"""Duties of the PGO on lists and the authorization interface (``requirements-client.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.http import addresses
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.registry import judge
from harness.judge.trust.lineage import asked, correlation_threads, reloaded
from harness.judge.trust.seen import flows, list_taken_over, not_seen, watched
from harness.judge.trust.steps import (
    AGAIN,
    CARE,
    FOREIGN,
    MAIN_FLOWS,
    NOT_REACHED,
    Trust,
    host,
    status,
    trust,
    undecided,
)
from harness.judge.trust.tls import refused_certificates
from harness.judge.view import CellView
from harness.medmij import authorization, headers, scope
from harness.medmij.lists import Ocl, Service, Whitelist, Zal
from harness.medmij.releases import LIST_KINDS, Function

SCOPE_RULES: Final = "scope"
CLIENT_RULES: Final = (
    "redirect-uri-host",
    "redirect-uri-port",
    "redirect-uri-scheme",
    "redirect-uri-userinfo",
)
NO_LIST = Text(nl="er is geen geldige lijst gezien", en="no valid list was seen")
STATE_BITS = 64
LISTS = Text(
    nl="niet opgehaald in deze sessie: {}. Haal de vier lijsten op; doet een ander onderdeel dat met een "
    "eigen certificaat, geef dan list_fetcher: shared op in het netwerkbestand",
    en="not fetched in this session: {}. Fetch the four lists; if another component does so with its own "
    "certificate, declare list_fetcher: shared in the network file",
)


def own_requests(cell: Trust) -> list[tuple[str, Exchange]]:
    """Authorization requests that the PGO made of its own accord (positive flows)."""
    return [(flow, item) for flow in cell.positive for item in cell.authorize(flow)]


@judge("MM-CLI-001")
def reads_lists(view: CellView) -> Iterator[Finding]:
    """ZAL, OCL, GNL and WHL are read over mutual TLS; what came was valid."""
    cell = trust(view)
    yield from refused_certificates(cell, "MM-CLI-001", "stelselnode")
    fetched = {kind: cell.list_fetches(kind, cell.pgo) for kind in LIST_KINDS}
    if view.situations and not all(fetched.values()):
        missing = ", ".join(kind for kind, found in fetched.items() if not found)
        yield view.not_tested("MM-CLI-001", Text(nl=LISTS.nl.format(missing), en=LISTS.en.format(missing)))
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
            yield view.fail("MM-CLI-001", path=f"list-{kind}", expected="fetched", received="not fetched")
            continue
        came = [item for item in found if _came(item)]
        if not came:
            yield view.inconclusive("MM-CLI-001", NO_LIST, exchange=found[0], received=status(found[0]))
        else:
            yield view.ok("MM-CLI-001", came[0])


def _came(item: Exchange) -> bool:
    return item.response is not None and item.response.status == 200


def _services(cell: Trust) -> list[Service]:
    """The services of the cell's provider in this interface version, on any valid list that was served."""
    names = []
    for _, item in own_requests(cell):
        parsed = scope.parse(cell.query(item).get("scope", ""), cell.release)
        if parsed.scope is not None:
            names.append(parsed.scope.name)
    found: list[Service] = []
    for zal in cell.versions("zal"):
        provider = zal.provider(names[0]) if names and isinstance(zal, Zal) else None
        for version in provider.versions if provider else ():
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
                    requirement, exchange=taken[0], path=flow, expected="refused", received="taken over"
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


@judge("MM-CLI-005", "MM-CLI-006", "MM-CLI-007")
def authorization_request(view: CellView) -> Iterator[Finding]:
    """Values and encoding, own client_id and redirect_uri, scope: each request of the positive flows."""
    cell = trust(view)
    for item in view.find(interface="authorization", operation="authorize-post", client="pgo"):
        yield view.warn(
            "MM-CLI-005", exchange=item, path="method", expected="GET", received=item.request.method
        )
    requests = own_requests(cell)
    ids = ("MM-CLI-005", "MM-CLI-006", "MM-CLI-007")
    if not requests:
        for requirement in ids:
            yield undecided(cell, requirement, NOT_REACHED)
        return
    known = [item for item in cell.versions("ocl") if isinstance(item, Ocl)]
    for flow, item in requests:
        function: Function = "share" if flow == "share" else "collect"
        broken: set[str] = set()
        issues = authorization.check_syntax(item.request.url.partition("?")[2], cell.release, function)
        for issue in issues:
            requirement = "MM-CLI-005"
            if issue.rule.startswith(SCOPE_RULES):
                requirement = "MM-CLI-007"
            elif issue.rule.startswith("client-id") or issue.rule in CLIENT_RULES:
                requirement = "MM-CLI-006"
            elif issue.rule.startswith("correlation"):
                continue  # MM-CLI-010, over the whole flow
            elif issue.rule == "state":
                continue  # MM-CLI-008
            broken.add(requirement)
            yield view.fail(
                requirement,
                exchange=item,
                path=issue.path,
                expected=issue.expected,
                received=issue.received,
                rule=issue.rule,
            )
        sent = cell.query(item)
        client_id = sent.get("client_id", "")
        listed = any(ocl.client(client_id) is not None for ocl in known)
        if known and not listed and "MM-CLI-006" not in broken:
            broken.add("MM-CLI-006")
            yield view.fail(
                "MM-CLI-006",
                exchange=item,
                path="client_id",
                expected="a host on the OCL",
                received=client_id,
            )
        for requirement in ids:
            if requirement not in broken:
                yield view.ok(requirement, item)


@judge("MM-CLI-008")
def state_values(view: CellView) -> Iterator[Finding]:
    """``state`` is new for each request and cannot be guessed."""
    cell = trust(view)
    seen: dict[str, Exchange] = {}
    wrong = False
    requests = asked(cell)
    for item in requests:
        value = cell.query(item).get("state", "")
        if not value:
            wrong = True
            yield view.fail(
                "MM-CLI-008", exchange=item, path="state", expected="a new value", received="no value"
            )
            continue
        if value in seen:
            wrong = True
            yield view.fail(
                "MM-CLI-008",
                exchange=item,
                path="state",
                expected="a new value",
                received=f"as in {seen[value].id}",
            )
        seen.setdefault(value, item)
        weak = [
            fact
            for fact in item.facts
            if fact.kind == "state" and fact.tag == value and fact.entropy_bits < STATE_BITS
        ]
        if weak:
            wrong = True
            yield view.fail(
                "MM-CLI-008",
                exchange=item,
                path="state",
                expected=f">= {STATE_BITS} bits",
                received=f"{weak[0].length} characters, {weak[0].entropy_bits} bits",
            )
    if not wrong and len(seen) < 2:
        yield undecided(cell, "MM-CLI-008", NOT_REACHED)
    elif not wrong:
        yield view.ok("MM-CLI-008", requests[0], received=f"{len(requests)}x")


def _stops(cell: Trust, requirement: str, flow: str, outcome: str) -> Finding:
    """After a redirect that must stop the flow, no token request may follow."""
    view = cell.view
    if not cell.authorize(flow):
        return undecided(cell, requirement)
    returned = cell.redirect(flow)
    if returned is None:
        return undecided(cell, requirement, NOT_REACHED)
    calls = cell.tokens(flow)
    if calls:
        return view.fail(
            requirement, exchange=calls[0], path=flow, expected="no token request", received=outcome
        )
    if not watched(view, flow):
        return not_seen(view, requirement, flow)
    return view.ok(requirement, returned[0], received=flow)


@judge("MM-CLI-009", "MM-CLI-015")
def stops_at_bad_redirects(view: CellView) -> Iterator[Finding]:
    """Altered or missing state, and error redirects: no token request follows."""
    cell = trust(view)
    for requirement in ("MM-CLI-009", "MM-CLI-015"):
        for flow in flows(view, requirement):
            yield _stops(cell, requirement, flow, "a token request")


@judge("MM-CLI-010")
def correlation(view: CellView) -> Iterator[Finding]:
    """MedMij-Request-ID new per request; X-Correlation-ID kept over authorize, token and data; both UUIDs."""
    cell = trust(view)
    if not cell.release.correlation:
        return
    seen: dict[str, Exchange] = {}
    checked = wrong = 0
    again = reloaded(cell)
    for flow in cell.positive:
        threads = correlation_threads(cell, flow)
        for item in view.find(flow=flow):
            if item.client != cell.pgo or item.server != cell.dvza:
                continue
            if item.id in again or not _carries_ids(item):
                continue
            request_id, correlation_id, problems = _ids(cell, item)
            checked += 1
            for path, expected, received in problems:
                wrong += 1
                yield view.fail("MM-CLI-010", exchange=item, path=path, expected=expected, received=received)
            if request_id:
                if request_id in seen:
                    wrong += 1
                    say = view.warn if _unheard(seen[request_id], item) else view.fail
                    yield say(
                        "MM-CLI-010",
                        exchange=item,
                        path=headers.REQUEST_ID,
                        expected="a new UUID",
                        received=f"as in {seen[request_id].id}",
                    )
                seen[request_id] = item
            thread = threads.get(item.id, "")
            if thread and correlation_id and correlation_id != thread:
                wrong += 1
                yield view.fail(
                    "MM-CLI-010",
                    exchange=item,
                    path=headers.CORRELATION_ID,
                    expected=thread,
                    received=correlation_id,
                )
    if not checked:
        yield undecided(cell, "MM-CLI-010", NOT_REACHED)
    elif not wrong:
        yield view.ok("MM-CLI-010", next(iter(seen.values())), received=f"{checked}x")


def _unheard(first: Exchange, item: Exchange) -> bool:
    """Whether a GET only repeats one whose answer nobody read, as HTTP libraries do by themselves."""
    same = (first.request.method, first.request.url) == (item.request.method, item.request.url)
    return same and item.request.method == "GET" and bool(first.notes.get("gone"))


def _carries_ids(item: Exchange) -> bool:
    return item.operation == "authorize" or item.interface in ("token", *CARE)


def _ids(cell: Trust, item: Exchange) -> tuple[str, str, list[tuple[str, str, str]]]:
    """Request id, correlation id and problems of one request."""
    if item.operation == "authorize":
        sent = cell.query(item)
        pairs = [
            (name, [sent[name]] if name in sent else [])
            for name in (headers.REQUEST_ID, headers.CORRELATION_ID)
        ]
    else:
        pairs = [
            (name, [value for key, value in item.request.headers if key.lower() == name.lower()])
            for name in (headers.REQUEST_ID, headers.CORRELATION_ID)
        ]
    problems = [
        (issue.path, issue.expected, issue.received or "(absent)")
        for name, values in pairs
        for issue in headers.check_id(name, values)
    ]
    first = [values[0] if values else "" for _, values in pairs]
    return first[0], first[1], problems


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
                yield view.fail("MM-CLI-024", exchange=item, expected="one slash", received=item.request.url)
            if whitelists and not any(known.allows(host(item.request.url)) for known in whitelists):
                foreign = True
                yield view.fail(
                    "MM-CLI-025",
                    exchange=item,
                    expected="a host on the white list",
                    received=host(item.request.url) or item.request.url,
                )
    if seen is None:
        yield undecided(cell, "MM-CLI-024", NOT_REACHED)
        yield undecided(cell, "MM-CLI-025", NOT_REACHED)
        return
    if not doubled:
        yield view.ok("MM-CLI-024", seen)
    if not whitelists:
        yield view.inconclusive("MM-CLI-025", NO_LIST)
    elif not foreign:
        offered = not view.situations or watched(view, FOREIGN)
        yield view.ok("MM-CLI-025", seen) if offered else not_seen(view, "MM-CLI-025")
