"""What the judges of the trust framework share: the steps of a flow, as recorded, with strict readings.

The labels are those of :mod:`harness.core.run.exchanges`; the flows are those of
``profiles/afsprakenstelsel/flows.yaml``. Secrets are tags here; equal tags mean equal values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from harness.core.http import addresses
from harness.core.run.exchanges import BUSY, Exchange, Fact, failure, header, media_type
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.phrases import NO_RESPONSE
from harness.judge.trust.seen import not_seen
from harness.judge.view import CellView
from harness.medmij import authorization, forms, lists, releases, token, urls
from harness.medmij import pages as html
from harness.medmij.flows import variants
from harness.medmij.releases import ListKind

MAIN_FLOWS: Final = ("collect", "share")
AGAIN: Final = "again"
FOREIGN: Final = "var-foreign-next"
"""Visits in which a page leads to a host that is on no Whitelist."""
FRONT: Final = ("authorization", "login", "consent", "redirect")
CARE: Final = ("resource", "document")
NOT_DRIVEN: Final = Text(
    nl="deze variant is in deze run niet aangedreven", en="this variant was not driven in this run"
)
NOT_REACHED: Final = Text(
    nl="de stroom kwam niet tot de stap die deze eis toetst",
    en="the flow did not reach the step that this requirement is about",
)
LATE: Final = Text(
    nl="{number} te laat; p95 {p95} s, max {longest} s", en="{number} late; p95 {p95} s, max {longest} s"
)
IN_TIME: Final = Text(nl="{number}x op tijd", en="{number}x in time")
OWN_TWIN: Final = Text(
    nl="onze eigen mock speelt deze rol; de echte wederpartij kan niet worden gevraagd zich te misdragen",
    en="our own mock plays this role; the live other party cannot be asked to misbehave",
)
FAULTY_TWIN: Final = Text(
    nl="vraagt een nagebootste DVZA zonder fouten, die zich alleen voor deze toets misdraagt; dit netwerk "
    "heeft er geen",
    en="needs a simulated DVZA without faults, which misbehaves for this test only; this network has none",
)
OTHER_LISTS: Final = Text(
    nl="vraagt een lijst die alleen onze stelselnode publiceert; een echte DVZA leest andere. Toets zelf.",
    en="needs a list that only our stelselnode publishes; a live DVZA reads other lists. Test it by hand.",
)
TOKENS_GIVEN: Final = Text(
    nl="het netwerkbestand levert tokens; inloggen en toestemming worden niet doorlopen",
    en="the network file supplies tokens; login and consent are not exercised",
)


class Trust:
    """The trust-framework side of one cell."""

    def __init__(self, view: CellView) -> None:
        self.view = view
        self.release = releases.release(view.cell.release)
        self.dvza = view.party("dvza")
        self.pgo = view.party("pgo")
        self._memo: dict[str, Any] = {}

    # -- flows -------------------------------------------------------------------------------------

    def flow(self, name: str) -> list[Exchange]:
        """All exchanges of a flow between PGO and DVZA."""
        return [
            item for item in self.view.find(flow=name) if item.client == self.pgo and item.server == self.dvza
        ]

    @property
    def main(self) -> list[str]:
        """The main flows that were driven."""
        return [name for name in MAIN_FLOWS if self.flow(name)]

    def authorize(self, flow: str) -> list[Exchange]:
        """Authorization requests of a flow."""
        return [item for item in self.flow(flow) if item.operation == "authorize"]

    def front(self, flow: str) -> list[Exchange]:
        """Front-channel exchanges of a flow, in order."""
        return [item for item in self.flow(flow) if item.interface in FRONT]

    def tokens(self, flow: str) -> list[Exchange]:
        """Token requests of a flow."""
        return [item for item in self.flow(flow) if item.interface == "token"]

    def care(self, flow: str) -> list[Exchange]:
        """Resource and document requests of a flow."""
        return [item for item in self.flow(flow) if item.interface in CARE and item.operation != BUSY]

    def care_anywhere(self, flow: str) -> list[Exchange]:
        """Resource and document requests of the PGO, also to servers outside the cell."""
        found = self.view.find(flow=flow)
        return [item for item in found if item.client == self.pgo and item.interface in CARE]

    @property
    def positive(self) -> list[str]:
        """The main flows and their repetition: everything in them should succeed."""
        return [name for name in (*MAIN_FLOWS, AGAIN) if self.flow(name)]

    @property
    def positive_exchanges(self) -> list[Exchange]:
        """All exchanges of the positive flows between PGO and DVZA."""
        return [item for name in self.positive for item in self.flow(name)]

    @property
    def own_requests(self) -> list[tuple[str, Exchange]]:
        """Authorization requests that the PGO made of its own accord (positive flows), with their flow; where
        the server led its browser is not its doing."""
        again = self.repeated
        return [
            (flow, item) for flow in self.positive for item in self.authorize(flow) if item.id not in again
        ]

    @property
    def begun(self) -> list[Exchange]:
        """All its authorization requests that can be read, what our driver makes wrong on purpose aside, and
        what a browser :attr:`repeated`."""
        again = self.repeated
        return [
            item
            for item in self.all
            if item.operation == "authorize"
            and "refusal" not in item.notes
            and item.id not in again
            and self.query(item)
        ]

    @property
    def repeated(self) -> frozenset[str]:
        """Ids of authorization requests that a browser only sent again, before any token request: a reload, a
        prefetch, or because the server led it on.

        A PGO that asks anew asks something else: each request has identifiers of its own.
        """
        found: set[str] = set()
        under_way: set[object] = set()
        for item in self.all:
            if item.interface == "token":
                under_way.clear()
            elif item.operation == "authorize":
                if _address(item.request.url) in under_way:
                    found.add(item.id)
                led = header(item.response.headers, "location") if item.response is not None else None
                under_way |= {_address(item.request.url), _address(urljoin(item.request.url, led or ""))}
        return frozenset(found)

    @property
    def all(self) -> list[Exchange]:
        """Every exchange of the cell between PGO and DVZA, in all flows."""
        return [item for item in self.view.exchanges if item.client == self.pgo and item.server == self.dvza]

    # -- readings ----------------------------------------------------------------------------------

    def query(self, exchange: Exchange) -> dict[str, str]:
        """First value of each query parameter; empty when the query cannot be read."""
        try:
            pairs = forms.parse(forms.query_of(exchange.request.url))
        except forms.FormError:
            return {}
        return {pair.name: pair.value for pair in reversed(pairs)}

    def form(self, exchange: Exchange) -> dict[str, str]:
        """First value of each parameter of a form body."""
        try:
            pairs = forms.parse(exchange.request.body.decode("utf-8", "replace"))
        except forms.FormError:
            return {}
        return {pair.name: pair.value for pair in reversed(pairs)}

    def redirect(self, flow: str, skip: int = 0) -> tuple[Exchange, authorization.RedirectResult] | None:
        """The redirect back to the PGO: from ``Location`` or, for a live PGO, from its own request line."""
        found = list(self.redirects(flow))
        return found[skip] if len(found) > skip else None

    def redirects(self, flow: str) -> Iterator[tuple[Exchange, authorization.RedirectResult]]:
        """All redirects back to the PGO in a flow."""
        target = ""
        for item in self.view.find(flow=flow):
            if item.operation == "authorize":
                target = self.query(item).get("redirect_uri", "") or target  # a redirect of its own has none
            if not target:
                continue
            location = header(item.response.headers, "location") if item.response else None
            if not location and item.interface == "redirect":
                location = item.request.url
            if location and authorization.returns_to(location, target):
                yield item, authorization.parse_redirect(location, target)

    def pages(self, flow: str) -> list[tuple[Exchange, html.Page]]:
        """The HTML pages that the person saw, in order."""
        key = f"pages:{flow}"
        if key not in self._memo:
            found = []
            for item in self.front(flow):
                if item.response is None or "html" not in media_type(item.response.headers):
                    continue
                page = html.parse(item.response.body, item.request.url)
                if page is not None:
                    found.append((item, page))
            self._memo[key] = found
        result: list[tuple[Exchange, html.Page]] = self._memo[key]
        return result

    def consent_page(self, flow: str) -> tuple[Exchange, html.Page] | None:
        """The page with the consent (or confirmation) question.

        The page that says so (``data-step``), else the last one before the redirect with a code.
        """
        marked = [(item, page) for item, page in self.pages(flow) if page.step == "consent"]
        if marked:
            return marked[-1]
        returned = self.redirect(flow)
        if returned is None or not returned[1].code:
            return None
        exchanges = [item.id for item in self.front(flow)]
        end = exchanges.index(returned[0].id) if returned[0].id in exchanges else len(exchanges)
        before = [(item, page) for item, page in self.pages(flow) if exchanges.index(item.id) < end]
        known = (before[-1][0].notes.get("page") or {}).get("step") if before else ""
        return before[-1] if before and known not in ("landing", "login") else None

    def response(self, exchange: Exchange) -> token.ParsedResponse | None:
        """The strict reading of a token response."""
        if exchange.response is None:
            return None
        answer = exchange.response
        return token.parse_response(answer.status, answer.headers, answer.body, self.release)

    def granted(self, flow: str) -> Exchange | None:
        """The first token exchange of a flow that gave an access token."""
        for item in self.tokens(flow):
            parsed = self.response(item)
            if (
                parsed is not None
                and parsed.response is not None
                and item.response
                and item.response.status == 200
            ):
                return item
        return None

    # -- lists -------------------------------------------------------------------------------------

    def list_fetches(self, kind: ListKind, client: str | None = None) -> list[Exchange]:
        """Fetches of one list in the main flows (all clients, or one)."""
        return [
            item
            for item in self.view.find(interface="list", operation=f"list-{kind}")
            if item.flow in (*MAIN_FLOWS, AGAIN, "") and (client is None or item.client == client)
        ]

    def parsed_list(self, exchange: Exchange, kind: ListKind) -> lists.ParsedList | None:
        """A fetched list, validated; ``None`` when there was no answer with status 200."""
        if exchange.response is None or exchange.response.status != 200:
            return None
        key = f"list:{exchange.id}"
        if key not in self._memo:
            self._memo[key] = lists.parse(kind, exchange.response.body, self.release)
        result: lists.ParsedList = self._memo[key]
        return result

    def document(self, kind: ListKind) -> lists.AnyList | None:
        """The newest valid version of a list in the main flows, preferably as the PGO saw it."""
        for client in (self.pgo, None):
            for item in reversed(self.list_fetches(kind, client)):
                parsed = self.parsed_list(item, kind)
                if parsed is not None and parsed.document is not None:
                    return parsed.document
        return None

    def versions(self, kind: ListKind) -> list[lists.AnyList]:
        """Every valid version of a list that was served in the positive flows."""
        found = [self.parsed_list(item, kind) for item in self.list_fetches(kind)]
        return [item.document for item in found if item is not None and item.document is not None]

    def latest(self, kind: ListKind) -> lists.AnyList | None:
        """The last valid version that was served, whoever fetched it."""
        for item in reversed(self.list_fetches(kind)):
            parsed = self.parsed_list(item, kind)
            if parsed is not None and parsed.document is not None:
                return parsed.document
        return None


def trust(view: CellView) -> Trust:
    """The shared reading of a cell; made once."""
    found: Trust = view.memo("mm:trust", lambda: Trust(view))
    return found


def host(url: str) -> str:
    """Host of a URL; ``""`` when there is none."""
    return urls.host_of(url)


def scheme(url: str) -> str:
    """Scheme of a URL, lower case."""
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def refused(exchange: Exchange) -> bool:
    """Whether the server refused: in TLS, by closing the connection, or with a 4xx status."""
    if exchange.response is None:
        return exchange.error.startswith(("tls", "protocol"))
    return 400 <= exchange.response.status < 500


def redirects(exchange: Exchange) -> bool:
    """Whether the answer leads elsewhere (to a login page, say) instead of giving what was asked."""
    return exchange.response is not None and exchange.response.status in (301, 302, 303, 307, 308)


def is_error(exchange: Exchange) -> bool:
    """Whether an answer is an error: a 4xx or 5xx status, or a redirect that says ``error``.

    A code that it repeats it has not issued.
    """
    if exchange.response is None or exchange.response.status >= 400:
        return True
    location = header(exchange.response.headers, "location") or ""
    try:
        return any(pair.name == "error" and pair.value for pair in forms.parse(forms.query_of(location)))
    except forms.FormError:
        return False


def status(exchange: Exchange) -> Phrase:
    """How an exchange ended, short."""
    return f"HTTP {exchange.response.status}" if exchange.response else unanswered(exchange)


def unanswered(exchange: Exchange) -> Phrase:
    """Why there is no answer."""
    return failure(exchange.error) or NO_RESPONSE


def facts(
    exchanges: Iterable[Exchange], kinds: tuple[str, ...], places: tuple[str, ...]
) -> list[tuple[Exchange, Fact]]:
    """Facts of values at given places, with their exchange."""
    return [
        (item, fact)
        for item in exchanges
        for fact in item.facts
        if fact.kind in kinds and fact.place.startswith(places)
    ]


def undecided(cell: Trust, requirement: str, reason: Text = NOT_DRIVEN) -> Finding:
    """No evidence: inconclusive when a flow broke off, not tested when nothing was driven.

    Nothing can be driven when the network file supplies tokens instead of a login, when the party that the
    requirement is about is our own mock while the other party is live, and when the DVZA that has to
    misbehave towards the PGO has faults of its own.
    """
    view = cell.view
    if view.situations:
        return not_seen(view, requirement)
    if view.tokens_given:
        return view.not_tested(requirement, TOKENS_GIVEN)
    role = view.catalogue[requirement].role
    other = "dvza" if role == "pgo" else "pgo"
    mocked = view.participant(role).kind == "twin" and view.participant(other).kind == "live"
    if reason is NOT_DRIVEN and role in ("dvza", "pgo") and mocked:
        return view.not_tested(requirement, OWN_TWIN)
    if reason is NOT_DRIVEN and role == "pgo" and view.faulty("dvza"):
        return view.not_tested(requirement, FAULTY_TWIN)
    if reason is NOT_DRIVEN and role == "dvza" and view.participant("dvza").kind == "live":
        return _not_driven_live(view, requirement)
    return (view.not_tested if reason is NOT_DRIVEN else view.inconclusive)(requirement, reason)


def not_driven(cell: Trust, flow: str) -> bool:
    """Whether a variant belongs to the release, and nothing of it was recorded: a gap is never a pass."""
    return cell.release.id in variants()[flow].releases and not cell.view.find(flow=flow)


def _not_driven_live(view: CellView, requirement: str) -> Finding:
    """Why a variant was not driven towards a live DVZA."""
    known = variants()
    missing = [
        known[flow]
        for flow in view.catalogue[requirement].flows
        if flow in known and not view.find(flow=flow)
    ]
    served = any(item.server for item in missing)
    return view.not_tested(requirement, OTHER_LISTS if served else NOT_DRIVEN)


def late(cell: Trust, requirement: str, exchanges: list[Exchange], limit: releases.Late) -> Iterator[Finding]:
    """The share of late answers in a sample: fails on the share, never on one answer (section 7)."""
    answered = [item for item in exchanges if item.response is not None or item.error.startswith("timeout")]
    if not answered:
        yield undecided(cell, requirement, NOT_REACHED)
        return
    slow = [item for item in answered if item.response is None or item.duration > limit.seconds]
    allowed = 1 - limit.share
    durations = sorted(item.duration for item in answered)
    p95 = durations[min(len(durations) - 1, int(len(durations) * 0.95))]
    number = f"{len(slow)}/{len(answered)}"
    received = LATE.format(number=number, p95=f"{p95:.0f}", longest=f"{durations[-1]:.0f}")
    if slow and len(slow) / len(answered) > allowed and len(slow) > 1:
        yield cell.view.fail(
            requirement,
            exchange=slow[0],
            expected=f"{limit.share:.1%} <= {limit.seconds:.0f} s",
            received=received,
        )
    elif slow and len(answered) < 1 / allowed:
        yield cell.view.inconclusive(
            requirement,
            Text(
                nl="te weinig antwoorden om een te laat antwoord te wegen",
                en="too few answers to weigh a late one",
            ),
            exchange=slow[0],
            received=received,
        )
    else:
        yield cell.view.ok(requirement, answered[0], received=IN_TIME.format(number=len(answered)))


def _address(url: str) -> object:
    """What equal URLs have in common."""
    return addresses.normal(url), tuple(addresses.parameters(url.partition("?")[2]))
