"""The authorization server's side of the token interface (``requirements-token.yaml``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from harness.core.run.exchanges import Exchange, Fact
from harness.core.run.findings import Finding
from harness.core.standards.table import standard
from harness.core.text import Phrase, Text, counted, joined
from harness.core.verdicts import Verdict
from harness.judge.phrases import (
    A_NEW_VALUE,
    A_REFRESH_TOKEN,
    A_TOKEN,
    ABSENT,
    CODES,
    NONE,
    REFUSED,
    SECRETS,
    as_in,
    strength,
)
from harness.judge.registry import judge
from harness.judge.trust.refusals.findings import refusals
from harness.judge.trust.steps import (
    NOT_REACHED,
    Trust,
    facts,
    is_error,
    late,
    redirects,
    refused,
    status,
    trust,
    undecided,
)
from harness.judge.view import CellView
from harness.medmij import scope
from harness.medmij.releases import limits
from harness.medmij.token import ParsedResponse

MINIMUM_BITS = 128
VALUES: Final = (Text(nl="waarde", en="value"), Text(nl="waarden", en="values"))
WITHOUT: Final = Text(nl="zonder {service}", en="without {service}")
NEW_TOKENS: Final = Text(nl="nieuwe tokens", en="new tokens")
THE_OLD_ONE: Final = Text(nl="de oude", en="the old one")
NOT_RIPE = Text(
    nl="het eerste verzoek gaf geen token; het tweede zegt dan niets",
    en="the first request gave no token; the second then says nothing",
)


@judge("MM-TOK-001", "MM-TOK-002")
def single_use(view: CellView) -> Iterator[Finding]:
    """A second offer of the code is refused with ``invalid_grant``; the first token is then revoked."""
    cell = trust(view)
    yield from refusals(cell, "MM-TOK-001")
    yield from refusals(cell, "MM-TOK-002")
    yield from _kept(cell)
    flow = "neg-code-twice"
    offers = cell.tokens(flow)
    if len(offers) < 2:
        reason = NOT_REACHED if offers else None
        for requirement in ("MM-TOK-001", "MM-TOK-002"):
            yield undecided(cell, requirement, reason) if reason else undecided(cell, requirement)
        return
    if cell.granted(flow) is not offers[0]:
        for requirement in ("MM-TOK-001", "MM-TOK-002"):
            yield undecided(cell, requirement, NOT_RIPE)
        return
    second = cell.response(offers[1])
    if second is not None and second.error == "invalid_grant":
        yield view.ok("MM-TOK-001", offers[1], received="invalid_grant")
    elif refused(offers[1]):
        yield view.warn(
            "MM-TOK-001",
            exchange=offers[1],
            expected="invalid_grant",
            received=second.error if second else "",
        )
    else:
        yield view.fail(
            "MM-TOK-001", exchange=offers[1], expected="invalid_grant", received=status(offers[1])
        )
    used = cell.care(flow)
    if not used:
        yield undecided(cell, "MM-TOK-002", NOT_REACHED)
    elif refused(used[0]) or redirects(used[0]):
        yield view.ok("MM-TOK-002", used[0], received=status(used[0]))
    else:
        yield view.fail("MM-TOK-002", exchange=used[0], expected="HTTP 401", received=status(used[0]))


def _kept(cell: Trust) -> Iterator[Finding]:
    """A code that was offered wrongly is discarded as well (``core.tknint.204``)."""
    offers = [item for item in cell.view.find(interface="token") if "measure" in item.notes]
    for wrong, right in pairwise(offers):
        same = cell.form(wrong).get("code", "") == cell.form(right).get("code", "-")
        if same and refused(wrong) and right.response is not None and right.response.status == 200:
            yield cell.view.warn(
                "MM-TOK-001", exchange=right, path="AS-redirect", expected="invalid_grant", received=A_TOKEN
            )


@judge("MM-TOK-003")
def code_expiry(view: CellView) -> Iterator[Finding]:
    """A code works after 14.5 minutes and not after 15.5."""
    cell = trust(view)
    early, over = cell.tokens("var-code-late"), cell.tokens("neg-code-expired")
    if not over or not early:  # a refusal alone may have any reason
        yield undecided(cell, "MM-TOK-003")
        return
    if cell.granted("var-code-late") is None:
        yield view.fail(
            "MM-TOK-003", exchange=early[0], path="14.5 min", expected=A_TOKEN, received=status(early[0])
        )
    else:
        yield view.ok("MM-TOK-003", early[0])
    if refused(over[0]):
        yield view.ok("MM-TOK-003", over[0], received=status(over[0]))
    else:
        yield view.fail(
            "MM-TOK-003", exchange=over[0], path="15.5 min", expected=REFUSED, received=status(over[0])
        )


ISSUED = ("response",)


def _sent(item: Exchange) -> set[str]:
    """Tags of the secrets that a request carried."""
    return {fact.tag for fact in item.facts if fact.place.startswith("request")}


def _offered(item: Exchange) -> set[str]:
    """Tags of the code or refresh token that a token request offered."""
    if item.interface != "token":
        return set()
    return {
        fact.tag
        for fact in item.facts
        if fact.place.startswith("request") and fact.kind in ("code", "refresh")
    }


def _issued(cell: Trust) -> list[tuple[Exchange, Fact]]:
    """Every first appearance of a code, access token or refresh token that the server issued.

    What came in with the request, or stands in an error, is repeated and not issued. One exchange may show
    the same code in ``Location`` and body; it counts once per exchange and kind.
    """
    found: dict[tuple[str, str], tuple[Exchange, Fact]] = {}
    for item, fact in facts(cell.all, ("code", "token", "refresh"), ISSUED):
        if item.response is None or is_error(item) or fact.tag in _sent(item):
            continue
        if item.interface in ("token", "authorization", "login", "consent") and fact.length:
            found.setdefault((item.id, fact.tag), (item, fact))
    return list(found.values())


@judge("MM-TOK-004", "MM-TOK-005")
def secrets_of_the_server(view: CellView) -> Iterator[Finding]:
    """Codes and tokens never repeat; each looks like at least 128 bits."""
    cell = trust(view)
    issued = _issued(cell)
    samples = len([1 for _, fact in issued if fact.kind == "code"])
    wanted = view.minimum_samples("MM-TOK-004")
    first: dict[str, Exchange] = {}
    repeated = False
    for item, fact in issued:
        if fact.tag in first and first[fact.tag].id != item.id:
            if _offered(item) & _offered(first[fact.tag]):
                continue  # the same answer to the same offer: nothing new was issued (MM-TOK-001, MM-TOK-014)
            repeated = True
            yield view.fail(
                "MM-TOK-004",
                exchange=item,
                path=fact.place,
                expected=A_NEW_VALUE,
                received=joined(SECRETS[fact.kind], as_in(first[fact.tag].id), separator=" "),
            )
        first.setdefault(fact.tag, item)
    short = [(item, fact) for item, fact in issued if fact.entropy_bits < MINIMUM_BITS]
    for item, fact in short[:5]:
        yield view.fail(
            "MM-TOK-005",
            exchange=item,
            path=fact.place,
            expected=f">= {MINIMUM_BITS} bits",
            received=joined(SECRETS[fact.kind], strength(fact)),
        )
    if not issued:
        yield undecided(cell, "MM-TOK-004", NOT_REACHED)
        yield undecided(cell, "MM-TOK-005", NOT_REACHED)
        return
    if not repeated:
        if samples < wanted:
            yield view.too_few_samples("MM-TOK-004", samples)
        else:
            yield view.ok("MM-TOK-004", issued[0][0], received=counted(samples, *CODES))
    if not short:
        if samples < wanted:
            yield view.too_few_samples("MM-TOK-005", samples)
        else:
            yield view.ok("MM-TOK-005", issued[0][0], received=counted(len(issued), *VALUES))


@judge("MM-TOK-009", "MM-TOK-010", "MM-TOK-016")
def response_fields(view: CellView) -> Iterator[Finding]:
    """Fields of a token response: complete, Bearer, 900 seconds, not to be stored."""
    cell = trust(view)
    seen = False
    for flow in cell.positive:
        for item in cell.tokens(flow):
            answered = item.response is not None and item.response.status == 200
            parsed = cell.response(item) if answered and item.operation == "token-code" else None
            if parsed is None:
                continue
            seen = True
            yield from _fields(cell, item, parsed)
    if not seen:
        for requirement in ("MM-TOK-009", "MM-TOK-010", "MM-TOK-016"):
            yield undecided(cell, requirement, NOT_REACHED)


def _fields(cell: Trust, item: Exchange, parsed: ParsedResponse) -> Iterator[Finding]:
    view = cell.view
    wrong = [issue for issue in parsed.issues if issue.rule != "token-no-store"]  # MM-TOK-016
    for issue in wrong:
        yield (view.fail if issue.severity == "error" else view.warn)(
            "MM-TOK-009",
            exchange=item,
            path=issue.path,
            expected=issue.wanted,
            received=issue.seen,
            rule=issue.rule,
        )
    if not wrong:
        yield view.ok("MM-TOK-009", item, received="Bearer")
    expires = parsed.response.expires_in if parsed.response else _number(item, "expires_in")
    lifetime = limits().access_token_lifetime
    if expires == lifetime:
        yield view.ok("MM-TOK-010", item, received=str(expires))
    elif expires is None:
        yield undecided(cell, "MM-TOK-010", NOT_REACHED)
    else:
        yield view.fail(
            "MM-TOK-010", exchange=item, path="expires_in", expected=str(lifetime), received=str(expires)
        )
    if any(issue.rule == "token-no-store" for issue in parsed.issues):
        yield view.fail(
            "MM-TOK-016", exchange=item, path="Cache-Control", expected="no-store", received=ABSENT
        )
    else:
        yield view.ok("MM-TOK-016", item)


def _number(item: Exchange, name: str) -> int | None:
    try:
        value = json.loads(item.response.body if item.response else b"").get(name)
    except (ValueError, AttributeError, RecursionError):
        return None
    return value if type(value) is int else None


@judge("MM-TOK-011")
def in_time(view: CellView) -> Iterator[Finding]:
    """Access token within 10 s, at least 99.5 % of the time; over all token calls of the cell."""
    cell = trust(view)
    calls = [
        item
        for item in cell.all
        if item.interface == "token" and item.flow != "var-slow-token" and "refusal" not in item.notes
    ]
    yield from late(cell, "MM-TOK-011", calls, limits().token_response)


@judge("MM-TOK-012")
def only_listed_services(view: CellView) -> Iterator[Finding]:
    """A service that the OCL does not list for the client is not granted, and gives no data."""
    cell = trust(view)
    # Requests with a narrowed token take a second service; the flow below needs one only.
    yield from (item for item in refusals(cell, "MM-TOK-012") if item.verdict is not Verdict.NOT_APPLICABLE)
    flow = "neg-ocl-service"
    offers = cell.tokens(flow)
    if not offers:
        yield (
            undecided(cell, "MM-TOK-012", NOT_REACHED)
            if view.find(flow=flow)
            else undecided(cell, "MM-TOK-012")
        )
        return
    granted = cell.granted(flow)
    if granted is None:
        yield view.ok("MM-TOK-012", offers[0], received=status(offers[0]))
        return
    data = [item for item in cell.care(flow) if item.response is not None and item.response.status < 300]
    parsed = cell.response(granted)
    services = scope.parse_granted(parsed.response.scope) if parsed and parsed.response else None
    service = standard(view.cell.standard).collect.id
    if data:
        yield view.fail("MM-TOK-012", exchange=data[0], expected="HTTP 403", received=status(data[0]))
    elif services is not None and service in services:
        yield view.fail(
            "MM-TOK-012",
            exchange=granted,
            path="scope",
            expected=WITHOUT.format(service=service),
            received=" ".join(services),
        )
    elif services is None and not cell.care(flow):
        yield undecided(cell, "MM-TOK-012", NOT_REACHED)
    else:
        yield view.ok("MM-TOK-012", granted, received=" ".join(services or ()))


@judge("MM-TOK-013", "MM-TOK-014", "MM-TOK-015")
def refreshing(view: CellView) -> Iterator[Finding]:
    """Refreshing rotates both tokens; a used refresh token is dead; so is one after withdrawal."""
    cell = trust(view)
    if not cell.release.refresh:
        return
    yield from refusals(cell, "MM-TOK-014")
    yield from refusals(cell, "MM-TOK-015")
    yield from _rotation(cell)
    again = [item for item in cell.tokens("refresh") if item.operation == "token-refresh-again"]
    if not cell.tokens("refresh"):
        yield undecided(cell, "MM-TOK-014")
    elif not again:
        yield undecided(cell, "MM-TOK-014", NOT_REACHED)
    elif refused(again[0]):
        yield view.ok("MM-TOK-014", again[0], received=status(again[0]))
    else:
        yield view.fail("MM-TOK-014", exchange=again[0], expected="invalid_grant", received=status(again[0]))
    flow = "neg-refresh-withdrawn"
    after = [item for item in cell.tokens(flow) if item.operation.startswith("token-refresh")]
    if not after:
        yield undecided(cell, "MM-TOK-015")
    elif refused(after[-1]):
        yield view.ok("MM-TOK-015", after[-1], received=status(after[-1]))
    else:
        yield view.fail("MM-TOK-015", exchange=after[-1], expected=REFUSED, received=status(after[-1]))


def _rotation(cell: Trust) -> Iterator[Finding]:
    view = cell.view
    calls = cell.tokens("refresh")
    refreshed = [item for item in calls if item.operation == "token-refresh"]
    if not refreshed:
        yield undecided(cell, "MM-TOK-013", NOT_REACHED) if calls else undecided(cell, "MM-TOK-013")
        return
    seen: dict[str, str] = {}
    for item in [*[call for call in calls if call.operation == "token-code"][:1], *refreshed]:
        parsed = cell.response(item)
        if parsed is None or parsed.response is None or (item.response and item.response.status != 200):
            received: Phrase = parsed.error if parsed and parsed.error else status(item)
            if parsed is not None and parsed.error in ("unsupported_grant_type", "invalid_request"):
                yield undecided(cell, "MM-TOK-013", NOT_REACHED)  # the request was not conformant
            else:
                yield view.fail("MM-TOK-013", exchange=item, expected=NEW_TOKENS, received=received)
            return
        if not parsed.response.refresh_token:
            yield view.fail(
                "MM-TOK-013", exchange=item, path="refresh_token", expected=A_REFRESH_TOKEN, received=NONE
            )
            return
        for name in (parsed.response.access_token, parsed.response.refresh_token):
            if name in seen:
                yield view.fail(
                    "MM-TOK-013",
                    exchange=item,
                    path=seen[name],
                    expected=A_NEW_VALUE,
                    received=THE_OLD_ONE,
                )
                return
        seen[parsed.response.access_token] = "access_token"
        seen[parsed.response.refresh_token] = "refresh_token"
    yield view.ok("MM-TOK-013", refreshed[0], received=f"{len(refreshed)}x")
