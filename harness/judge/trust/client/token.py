"""The token requests of a PGO: codes, refreshing, patience (MM-CLI-011 to 014, 018, 023)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from harness.core.run.exchanges import Exchange, failure, header, media_type
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, counted
from harness.judge.phrases import A_NEW_UUID, ABSENT, CODES, NO_VALUE, PRESENT
from harness.judge.registry import judge
from harness.judge.trust.lineage import AGAIN as AGAIN_REFRESH
from harness.judge.trust.lineage import refreshes, requested
from harness.judge.trust.seen import not_seen, watched
from harness.judge.trust.steps import NOT_REACHED, Trust, status, trust, undecided
from harness.judge.trust.tls import refused_certificates
from harness.judge.view import CellView
from harness.medmij import forms, headers, token
from harness.medmij.releases import limits
from harness.pki.facts import names_host

LATEST_TOKEN: Final = Text(nl="het nieuwste token", en="the latest token")
AN_OLDER_ONE: Final = Text(nl="een ouder", en="an older one")
ONE_OFFER: Final = Text(nl="één keer aangeboden", en="one offer")
OFFERED: Final = Text(nl="aangeboden in {exchange}", en="offered in {exchange}")
IN_BODY: Final = Text(nl="in de body", en="in the body")
WAITS: Final = Text(nl="wacht {seconds} s", en="waits {seconds} s")
HUNG_UP: Final = Text(nl="verbrak de verbinding na {seconds} s", en="closed the connection after {seconds} s")
ROTATED: Final = 2
"""Refreshes after which a PGO has shown which token it uses."""
NO_LONG_TERM: Final = "no-long-term-consent"
"""What a PGO declares that never refreshes."""
IN_FLIGHT: Final = timedelta(seconds=2)
"""How long a request may be under way."""


@judge("MM-CLI-011", "MM-CLI-018")
def refresh_requests(view: CellView) -> Iterator[Finding]:
    """Refreshing: a new X-Correlation-ID, grant_type refresh_token, and always the latest token.

    A live PGO refreshes when it likes, so every flow of its own counts.
    """
    cell = trust(view)
    if not cell.release.refresh:
        return
    flows = [
        flow for flow in ("refresh", *cell.positive) if any(refreshes(cell, i) for i in cell.tokens(flow))
    ]
    if not flows:
        for requirement in ("MM-CLI-011", "MM-CLI-018"):
            yield (
                not_seen(view, requirement, capability=NO_LONG_TERM)
                if view.situations
                else undecided(cell, requirement, NOT_REACHED)
                if view.find(flow="refresh")
                else undecided(cell, requirement)
            )
        return
    for flow in flows:
        used = {cell.query(item).get(headers.CORRELATION_ID, ""): "" for item in cell.authorize(flow)}
        families: dict[str, int] = {}  # refresh token -> the consent that it comes from
        latest: dict[int, tuple[str, Exchange]] = {}
        for number, item in enumerate(cell.tokens(flow)):
            if item.operation == AGAIN_REFRESH:
                continue
            family = number
            if refreshes(cell, item):
                family = families.get(cell.form(item).get("refresh_token", ""), number)
                yield from _one_refresh(cell, item, used, latest.get(family))
                thread = header(item.request.headers, headers.CORRELATION_ID) or ""
                used.setdefault(thread, cell.form(item).get("refresh_token", ""))
            parsed = cell.response(item)
            if parsed is not None and parsed.response is not None and parsed.response.refresh_token:
                latest[family] = (parsed.response.refresh_token, item)
                families[parsed.response.refresh_token] = family
    made = sum(refreshes(cell, item) for flow in flows for item in cell.tokens(flow))
    if view.situations and made < ROTATED:
        yield not_seen(view, "MM-CLI-018")


def _one_refresh(
    cell: Trust, item: Exchange, used: dict[str, str], latest: tuple[str, Exchange] | None
) -> Iterator[Finding]:
    """One refresh; the same token offered again is the same refresh, and may keep its thread.

    :param used: X-Correlation-IDs, each with the refresh token that it came with.
    :param latest: the newest refresh token of the consent, with the answer that brought it.
    """
    view = cell.view
    value = header(item.request.headers, headers.CORRELATION_ID) or ""
    offered = cell.form(item).get("refresh_token", "")
    if not value or (value in used and (not offered or used[value] != offered)):
        yield view.fail(
            "MM-CLI-011",
            exchange=item,
            path=headers.CORRELATION_ID,
            expected=A_NEW_UUID,
            received=value or NO_VALUE,
        )
    else:
        yield view.ok("MM-CLI-011", item)
    sent = cell.form(item)
    if sent.get("grant_type") != "refresh_token":
        yield view.fail(
            "MM-CLI-018",
            exchange=item,
            path="grant_type",
            expected="refresh_token",
            received=sent.get("grant_type", NO_VALUE),
        )
    elif latest is not None and sent.get("refresh_token") != latest[0]:
        say = view.warn if _on_its_way(item, latest[1]) else view.fail
        yield say(
            "MM-CLI-018",
            exchange=item,
            path="refresh_token",
            expected=LATEST_TOKEN,
            received=AN_OLDER_ONE,
        )
    else:
        yield view.ok("MM-CLI-018", item)


def _on_its_way(item: Exchange, newer: Exchange) -> bool:
    """Whether a request may have left before the newer token arrived: two workers at once.

    Its connection then stood beside the other one before that was answered.
    """
    here, there = item.notes.get("connection"), newer.notes.get("connection")
    if not isinstance(here, dict) or not isinstance(there, dict) or here["number"] == there["number"]:
        return False
    began, answered = datetime.fromisoformat(item.started), datetime.fromisoformat(newer.started)
    answered += timedelta(seconds=newer.duration)
    made = began - timedelta(seconds=here["age"])
    return made <= answered and began - answered <= IN_FLIGHT


@judge("MM-CLI-012")
def code_once(view: CellView) -> Iterator[Finding]:
    """Each code is offered once, also when the token endpoint fails."""
    cell = trust(view)
    flow = "neg-token-500"
    offers: dict[str, Exchange] = {}
    wrong = False
    calls = [(name, item) for name in (*cell.positive, flow) for item in cell.tokens(name)]
    if view.situations:  # a live PGO may offer a code of any visit again
        calls = [(item.flow, item) for item in view.find(interface="token", client="pgo", server="dvza")]
    for name, item in calls:
        code = cell.form(item).get("code", "")
        if not code or item.operation not in ("token-code", "token-code-again"):
            continue
        if code in offers:
            wrong = True
            yield view.fail(
                "MM-CLI-012",
                exchange=item,
                path=name,
                expected=ONE_OFFER,
                received=OFFERED.format(exchange=offers[code].id),
            )
        offers[code] = item
    if not cell.tokens(flow) or not watched(view, flow):
        if not wrong:
            yield undecided(cell, "MM-CLI-012")
    elif not wrong:
        yield view.ok("MM-CLI-012", cell.tokens(flow)[0], received=counted(len(offers), *CODES))


@judge("MM-CLI-013", "MM-CLI-014")
def token_requests(view: CellView) -> Iterator[Finding]:
    """POST, form body, client_id, same redirect_uri, own certificate, no secret."""
    cell = trust(view)
    yield from refused_certificates(cell, "MM-CLI-013", cell.dvza)
    seen = False
    for flow in cell.positive:
        asked = requested(cell, flow)
        for item in cell.tokens(flow):
            if item.operation != "token-code":
                continue
            seen = True
            wanted = cell.query(asked[item.id]) if item.id in asked else {}
            problems, secrets = _token_problems(cell, item, wanted)
            for path, expected, received in problems:
                yield view.fail("MM-CLI-013", exchange=item, path=path, expected=expected, received=received)
            for path in secrets:
                yield view.fail("MM-CLI-014", exchange=item, path=path, expected=ABSENT, received=PRESENT)
            if not problems:
                yield view.ok("MM-CLI-013", item)
            if not secrets:
                yield view.ok("MM-CLI-014", item)
            in_url = {pair.name for pair in _url_pairs(item)} & {
                "code",
                "grant_type",
                "redirect_uri",
                "client_id",
            }
            if in_url:
                yield view.warn(
                    "MM-CLI-013",
                    exchange=item,
                    path="query",
                    expected=IN_BODY,
                    received=", ".join(sorted(in_url)),
                )
    if not seen:
        yield undecided(cell, "MM-CLI-013", NOT_REACHED)
        yield undecided(cell, "MM-CLI-014", NOT_REACHED)


def _url_pairs(item: Exchange) -> tuple[forms.Pair, ...]:
    try:
        return forms.parse(forms.query_of(item.request.url))
    except forms.FormError:
        return ()


def _token_problems(
    cell: Trust, item: Exchange, wanted: dict[str, str]
) -> tuple[list[tuple[str, Phrase, Phrase]], list[str]]:
    problems: list[tuple[str, Phrase, Phrase]] = []
    secrets = []
    if item.request.method != "POST":
        problems.append(("method", "POST", item.request.method))
    kind = media_type(item.request.headers)
    if header(item.request.headers, "authorization"):
        secrets.append("Authorization")
    if kind != token.FORM:
        problems.append(("Content-Type", token.FORM, kind or NO_VALUE))
        if b"client_secret" in item.request.body:
            secrets.append("client_secret")
        return problems, secrets
    sent = cell.form(item)
    if "client_secret" in sent:
        secrets.append("client_secret")
    if sent.get("grant_type") != "authorization_code":
        problems.append(("grant_type", "authorization_code", sent.get("grant_type", NO_VALUE)))
    client_id = wanted.get("client_id", "")
    needed = cell.release.client_id_at_token == "required"
    if (needed or sent.get("client_id")) and client_id and sent.get("client_id") != client_id:
        problems.append(("client_id", client_id, sent.get("client_id", NO_VALUE)))
    if wanted.get("redirect_uri") and sent.get("redirect_uri") != wanted["redirect_uri"]:
        problems.append(("redirect_uri", wanted["redirect_uri"], sent.get("redirect_uri", NO_VALUE)))
    facts = item.tls.client if item.tls else None
    if facts is not None and client_id and not names_host(facts.dns_names, client_id):
        problems.append(("client certificate", client_id, ", ".join(facts.dns_names) or facts.subject))
    return problems, secrets


@judge("MM-CLI-023")
def patience(view: CellView) -> Iterator[Finding]:
    """The PGO waits for a token that comes within the limit."""
    cell = trust(view)
    flow = "var-slow-token"
    calls = cell.tokens(flow)
    if not calls:
        yield (
            undecided(cell, "MM-CLI-023", NOT_REACHED)
            if view.find(flow=flow)
            else undecided(cell, "MM-CLI-023")
        )
        return
    item = calls[0]
    if view.situations:
        yield _waited(cell, item)
    elif item.response is not None and item.response.status == 200:
        yield view.ok("MM-CLI-023", item, received=status(item))
    elif item.error.startswith("timeout") or item.duration < limits().token_response.seconds:
        yield view.fail(
            "MM-CLI-023",
            exchange=item,
            expected=WAITS.format(seconds=f"{limits().token_response.seconds:.0f}"),
            received=failure(item.error) or status(item),
        )
    else:
        reason = Text(nl="de DVZA gaf geen token", en="the DVZA gave no token")
        yield view.inconclusive("MM-CLI-023", reason, exchange=item, received=status(item))


def _waited(cell: Trust, item: Exchange) -> Finding:
    """Whether a live PGO took a token that came late: it hung up, or used it."""
    view = cell.view
    if item.notes.get("gone"):
        return view.fail(
            "MM-CLI-023",
            exchange=item,
            expected=WAITS.format(seconds=f"{limits().token_response.seconds:.0f}"),
            received=HUNG_UP.format(seconds=f"{item.duration:.1f}"),
        )
    if cell.care(item.flow):
        return view.ok("MM-CLI-023", item, received=status(item))
    return not_seen(view, "MM-CLI-023")
