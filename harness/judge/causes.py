"""First cause: what could not be seen because an earlier step of a positive flow broke, and whose it was.

A flow breaks at the first exchange that failed in the chain of what the last one depends on
(:mod:`harness.judge.depends`). Requirements without evidence then stay undecided, point at that exchange and
name its party, so that one broken step is one cause with its consequences, not fifty findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.core.http.addresses import authority_of
from harness.core.http.bounds import MAX_COOKIES
from harness.core.run.exchanges import BUSY, Exchange, failure, header_values
from harness.core.run.findings import Finding, Where, finding
from harness.core.run.limits import FAILURES, GONE, not_reachable, unreachable
from harness.core.standards.queries import base_operation, load_queries
from harness.core.text import Phrase, Text, joined, said
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import Requirement
from harness.judge.depends import CARE
from harness.judge.hops import heard
from harness.judge.phrases import NO_TOKEN
from harness.judge.trust.steps import AGAIN, MAIN_FLOWS, trust
from harness.judge.view import CellView

CLIENT_DUTIES: Final = ("MM-CLI-004", "MM-CLI-005", "MM-CLI-006", "MM-CLI-007", "MM-CLI-013", "MM-CLI-019")
"""Requirements of the client's own requests: when one fails in the chain, the client broke the flow."""
OBJECTIONS: Final = (Verdict.FAIL, Verdict.WARNING)

REDIRECTED: Final = Text(nl="redirect met error={error}", en="redirect with error={error}")
NO_PAGE: Final = Text(nl="geen HTML-pagina die te lezen is", en="no HTML page that can be read")
UNKNOWN_PAGE: Final = Text(
    nl="een pagina die niet herkend is als landingspagina, inlogpagina of toestemmingsvraag",
    en="a page that is not recognised as landing page, login page or consent question",
)
FLOOD: Final = Text(
    nl="{number} cookies in één antwoord, een browser bewaart er {most}",
    en="{number} cookies in one answer, a browser keeps {most}",
)
_PAGES: Final[dict[str, Text]] = {
    "landing": Text(nl="opnieuw of nog de landingspagina", en="the landing page, again or still"),
    "login": Text(nl="opnieuw of nog de inlogpagina", en="the login page, again or still"),
    "consent": Text(nl="opnieuw of nog de toestemmingsvraag", en="the consent question, again or still"),
}
_WALKED: Final = ("authorization", "login", "consent")
"""Interfaces whose pages lead a person on."""
_STEPS: Final[dict[str, Text]] = {
    "tls": Text(nl="de TLS-handdruk", en="the TLS handshake"),
    "list": Text(nl="het ophalen van de lijsten", en="fetching the lists"),
    "authorization": Text(nl="het autorisatieverzoek", en="the authorization request"),
    "login": Text(nl="het inloggen", en="the login"),
    "consent": Text(nl="de toestemming", en="the consent"),
    "redirect": Text(nl="de terugkeer naar het PGO", en="the return to the PGO"),
    "token": Text(nl="het tokenverzoek", en="the token request"),
    "resource": Text(nl="het opvragen van gegevens", en="the request for data"),
    "document": Text(nl="het opvragen van een document", en="the request for a document"),
}

Duties = Callable[[Sequence[str]], Iterable[Finding]]
"""Findings of the judges of some requirements, whether they were asked or not."""


@dataclass(frozen=True)
class Cause:
    """Where a flow broke first.

    :ivar party: participant id of whoever broke it.
    """

    exchange: Exchange
    party: str
    received: Phrase
    reason: Text


class Causes:
    """The first causes of one cell."""

    def __init__(self, view: CellView, duties: Duties) -> None:
        self._view = view
        self._cell = trust(view)
        self._duties = duties

    def explain(self, requirement: Requirement, item: Finding) -> Finding:
        """A finding with its first cause: what an earlier step broke is undecided, and points there."""
        if item.verdict is Verdict.INCONCLUSIVE and not item.where.exchange and item.blame is None:
            cause = self._of_absence(requirement)
            return self._undecided(item, cause) if cause is not None else item
        exchange = self._view.exchange(item.where.exchange)
        if item.verdict in OBJECTIONS and exchange is not None and requirement.role in ("his", "dvza"):
            cause = self._of_objection(requirement, exchange)
            return self._undecided(item, cause) if cause is not None else self._told(item, exchange)
        return item

    def _undecided(self, item: Finding, cause: Cause) -> Finding:
        return finding(
            item.requirement,
            item.cell,
            Verdict.INCONCLUSIVE,
            party=item.party,
            cause=cause.party if cause.party != item.party else "",
            where=Where(exchange=cause.exchange.id),
            received=cause.received,
            next_step=cause.reason,
        )

    def _told(self, item: Finding, exchange: Exchange) -> Finding:
        """An objection to a refusal, with what the server said and what really left us."""
        text = self._heard(exchange)
        if not text or said(text, "en") in item.received:
            return item
        return finding(
            item.requirement,
            item.cell,
            item.verdict,
            blame=item.blame,
            party=item.party,
            where=item.where,
            expected=item.wanted,
            received=joined(item.seen, text, separator="; "),
            next_step=item.next_step,
            mode=item.mode,
            rule=item.rule,
        )

    def _heard(self, exchange: Exchange) -> Phrase:
        return heard(exchange, self._view.document(exchange), self._view.hop(exchange))

    # -- objections ------------------------------------------------------------------------------

    def _of_objection(self, requirement: Requirement, exchange: Exchange) -> Cause | None:
        """Why an objection at an exchange is not the fault of the party that the requirement is about."""
        view = self._view
        party = view.party(requirement.role)
        if exchange.response is None:
            mine = exchange.server == party
            gone = exchange.error.startswith("connect")
            return self._failed(exchange, exchange.server) if gone or not mine else None
        hop = view.hop(exchange)
        answer = hop.response if hop is not None else None
        if hop is not None and answer is None:
            return self._failed(exchange, hop.server, hop)
        if exchange.response.status < 400:
            return None
        if exchange.interface in CARE and self._client_broke({exchange.id}):
            return self._broken(exchange, self._cell.pgo)
        if hop is not None and answer is not None and requirement.role == "dvza":
            return self._broken(exchange, hop.server) if answer.status == exchange.response.status else None
        own_refusal = view.passes_through and hop is None and exchange.interface in CARE
        if requirement.role == "his" and requirement.standard and own_refusal and exchange.flow in MAIN_FLOWS:
            return self._broken(exchange, exchange.server)
        return None

    # -- absence ---------------------------------------------------------------------------------

    def _of_absence(self, requirement: Requirement) -> Cause | None:
        """Why there is nothing to judge a requirement by."""
        for flow in self._flows(requirement):
            cause = self._break(flow)
            if cause is not None:
                return cause
        refused = self._refused_request(requirement)
        if refused is not None:
            return self._refused(refused)
        for flow in requirement.flows:
            last = self._cell.flow(flow)[-1:]
            if last and last[0].response is None and last[0].error.startswith("connect"):
                return self._failed(last[0], last[0].server)
        return None

    def _flows(self, requirement: Requirement) -> tuple[str, ...]:
        """The positive flows without which there is nothing to judge a requirement by."""
        if not requirement.standard:
            return (*MAIN_FLOWS, AGAIN)
        queries = load_queries(requirement.standard)
        known = (queries.get(name) for name in operations(requirement))
        asked = {query.flow for query in known if query is not None}
        return tuple(flow for flow in MAIN_FLOWS if flow in asked) or MAIN_FLOWS

    def _refused_request(self, requirement: Requirement) -> Exchange | None:
        """The first request for what a requirement looks at, when none of these was answered well.

        A judge in code does not tell which requests it looks at: then those that were never answered well.
        """
        named = operations(requirement)
        if not named and not (requirement.standard and requirement.role == "his"):
            return None
        tried: dict[str, list[Exchange]] = {}
        for item in self._view.exchanges:
            name = base_operation(item.operation)[0]
            if item.flow not in MAIN_FLOWS or item.interface not in CARE or item.operation == BUSY:
                continue
            if name in named or not named:
                tried.setdefault(name, []).append(item)
        refused = [items[0] for items in tried.values() if not any(_good(item) for item in items)]
        whole = len(refused) == len(tried) if named else bool(refused)
        return refused[0] if refused and whole else None

    def _break(self, flow: str) -> Cause | None:
        """Where a positive flow broke; ``None`` when it came to its data."""
        found: Cause | None = self._view.memo(f"break:{flow}", lambda: self._find_break(flow))
        return found

    def _find_break(self, flow: str) -> Cause | None:
        cell = self._cell
        steps = [item for item in self._view.find(flow=flow) if item.client == cell.pgo]
        if not steps:
            return None
        care = [item for item in steps if item.interface in CARE and item.operation != "fhir-metadata"]
        if care:
            return self._refused(care[0]) if not any(_good(item) for item in care) else None
        last = next((item for item in reversed(steps) if item.interface != "list"), None)
        if last is None:
            failed = [item for item in steps if not _good(item)]
            return self._refused(failed[0]) if failed else None
        if last.interface in CARE:  # the CapabilityStatement was the last that was asked
            return None
        chain = self._chain(last)
        return self._refused(next((item for item in chain if not self._went_well(item)), last), chain)

    def _chain(self, last: Exchange) -> list[Exchange]:
        """Everything that an exchange depends on, and itself, in time order."""
        ids, todo = {last.id}, [last.id]
        while todo:
            for name in self._view.depends.get(todo.pop(), ()):
                if name not in ids:
                    ids.add(name)
                    todo.append(name)
        return [item for item in self._view.exchanges if item.id in ids]

    def _went_well(self, item: Exchange) -> bool:
        """Whether a step of a positive flow did what it is for."""
        if not _good(item):
            return False
        returned = next((result for found, result in self._cell.redirects(item.flow) if found is item), None)
        return returned is None or not returned.error

    # -- causes ----------------------------------------------------------------------------------

    def _refused(self, item: Exchange, chain: Sequence[Exchange] = ()) -> Cause:
        """A step that was refused or failed: by the client, by the HIS behind our DVZA, or by the server."""
        hop = self._view.hop(item)
        if hop is not None and hop.response is None:
            return self._failed(item, hop.server, hop)
        if item.interface == "tls":  # a server of ours ended it, because of what the client presented
            return self._broken(item, item.client, failure(item.error))
        if item.response is None:
            return self._failed(item, item.server)
        if self._client_broke({found.id for found in chain or self._chain(item)}):
            return self._broken(item, self._cell.pgo)
        return self._broken(item, hop.server if hop is not None else self._answering(item))

    def _client_broke(self, ids: Collection[str]) -> bool:
        """Whether the client's own requests in a chain were wrong."""
        return any(
            found.verdict is Verdict.FAIL and found.blame is Blame.PRODUCT and found.where.exchange in ids
            for found in self._duties(CLIENT_DUTIES)
        )

    def _answering(self, item: Exchange) -> str:
        """Who gave an answer: data are those of the HIS, whatever DVZA hands them over, unless our own DVZA
        refused before it asked a live HIS."""
        of_his = item.interface in CARE and item.server == self._cell.dvza and not self._view.passes_through
        return self._view.party("his") if of_his else item.server

    def _failed(self, item: Exchange, party: str, at: Exchange | None = None) -> Cause:
        """A connection that failed."""
        at = at or item
        row = self._row(at)
        if at.error.startswith("connect") or (at.error.startswith(GONE) and len(row) >= FAILURES):
            since = row[0].started
            return Cause(item, party, not_reachable(since, at.error), unreachable(party, since, at.error))
        return self._broken(item, party, failure(at.error))

    def _row(self, at: Exchange) -> list[Exchange]:
        """The equal failures of a host that an exchange is one of, without any answer between them."""
        host = authority_of(at.request.url)
        found: list[Exchange] = []
        for item in (*self._view.exchanges, *self._view.upstream):
            if authority_of(item.request.url) != host or item.interface == "probe" or "refusal" in item.notes:
                continue
            if item.error == at.error:
                found.append(item)
            elif at in found:
                break
            elif not item.error.startswith(GONE):
                found.clear()
        return sorted(found or [at], key=lambda one: one.started)

    def _broken(self, item: Exchange, party: str, received: Phrase = "") -> Cause:
        step = _STEPS.get(item.interface, _STEPS["resource"])
        told = received or self._outcome(item)
        return Cause(
            item,
            party,
            told,
            Text(
                nl=f"niet te zien doordat de stroom afbrak bij {step.nl} ({party}); los dat eerst op",
                en=f"could not be seen because the flow broke off at {step.en} ({party}); solve that first",
            ),
        )

    def _outcome(self, item: Exchange) -> Phrase:
        """How a step ended: an error in the redirect, or the status with what the server said."""
        returned = next((result for found, result in self._cell.redirects(item.flow) if found is item), None)
        if returned is not None and returned.error:
            return REDIRECTED.format(error=returned.error)
        status = f"HTTP {item.response.status}" if item.response is not None else failure(item.error)
        return joined(status, _page(item), _flood(item), self._token(item), self._heard(item), separator="; ")

    def _token(self, item: Exchange) -> Phrase:
        """Why an answer of a token server gives no token; ``""`` when it does, or says so itself."""
        parsed = self._cell.response(item) if item.interface == "token" else None
        if parsed is None or parsed.response is not None or parsed.error:
            return ""
        wrong = next((issue for issue in reversed(parsed.issues) if issue.severity == "error"), None)
        return joined(wrong.message, wrong.seen) if wrong is not None else NO_TOKEN


def _page(item: Exchange) -> Phrase:
    """Which page a person was left with, where pages lead on; ``""`` for other answers."""
    if item.interface not in _WALKED or item.response is None or item.response.status != 200:
        return ""
    shown = item.notes.get("page")
    step = shown.get("step") if isinstance(shown, dict) else None
    return NO_PAGE if shown is None else _PAGES.get(str(step), UNKNOWN_PAGE)


def _flood(item: Exchange) -> Phrase:
    """How many cookies an answer sets when no browser keeps so many; ``""`` when one does."""
    number = len(header_values(item.response.headers, "set-cookie")) if item.response is not None else 0
    return FLOOD.format(number=number, most=MAX_COOKIES) if number > MAX_COOKIES else ""


def _good(item: Exchange) -> bool:
    return item.response is not None and item.response.status < 400


def operations(requirement: Requirement) -> tuple[str, ...]:
    """The operations whose answers a requirement with a check as data looks at."""
    check = requirement.check
    one = getattr(check, "operation", "")
    several: tuple[str, ...] = getattr(check, "operations", ())
    return (one,) if one else several
