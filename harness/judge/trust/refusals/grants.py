"""What an answer of the token endpoint to a request means that must be refused."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from harness.core.standards.table import standard
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_TOKEN
from harness.judge.trust.refusals.tried import Outcome, Tried
from harness.judge.trust.steps import Trust, status, unanswered
from harness.medmij import scope

_FOR: Final = Text(nl="een toegangstoken voor {service}", en="a token for {service}")
_FOR_NO_MORE: Final = Text(nl="een toegangstoken voor niet meer", en="a token for no more")
_NAMES: Final = Text(nl="{status}, noemt {named}", en="{status}, names {named}")
_AS: Final = Text(nl="{shown} als {kind}", en="{shown} as {kind}")
_NOTHING: Final = Text(nl="niets", en="nothing")
_SAME: Final = Text(nl="{given} van {of} gaven hetzelfde toegangstoken", en="{given} of {of} the same token")
_SEVERAL: Final = Text(nl="{given} van {of} gaven een toegangstoken", en="{given} of {of} a token")
_ONCE: Final = Text(nl="één keer", en="once")
_NEVER: Final = Text(nl="nooit", en="never")


def outcome(cell: Trust, item: Tried) -> tuple[Outcome, Phrase]:
    """What came of a request for a token, and how it looked."""
    answered = item.exchange
    if answered.response is None:
        refused = answered.error.startswith(("tls", "protocol")) and item.row.certificate != "own"
        return ("refused" if refused else "silent"), unanswered(answered)
    code = answered.response.status
    if code == 429:
        return "stopped", status(answered)
    parsed = cell.response(answered)
    if gives_token(cell, item):
        if item.group.wanted(item.row) != "narrow":
            return "open", A_TOKEN
        wider = _wider(cell, item)
        return ("open", _FOR.format(service=wider)) if wider else ("refused", _FOR_NO_MORE)
    if named := _others_named(cell, item):
        return "accepted", _NAMES.format(status=status(answered), named=named)
    if code >= 500:
        return "broken", status(answered)
    error = parsed.error if parsed is not None else ""
    right = code in item.row.expect and (not item.row.error or error == item.row.error)
    shown = f"HTTP {code} {error}".strip()
    if right and code in (400, 401) and item.row.certificate == "own" and parsed is not None:
        wrong = next((issue for issue in parsed.issues if issue.rule == "token-response-type"), None)
        if wrong is not None:  # RFC 6749 5.2; what a web server in front says of a certificate is not asked
            return "form", _AS.format(shown=shown, kind=wrong.received or _NOTHING)
    return ("refused" if right else "form"), shown


def _wider(cell: Trust, item: Tried) -> str:
    """The service that was taken from the client list, where an answer grants it; ``""``: it does not."""
    parsed = cell.response(item.exchange)
    granted = scope.parse_granted(parsed.response.scope) if parsed and parsed.response else None
    taken = standard(cell.view.cell.standard).collect.id
    return taken if taken in (granted or ()) else ""


def _others_named(cell: Trust, item: Tried) -> str:
    """The host of another PGO that an answer tells, and the request did not; ``""``: none."""
    request = unquote(f"{item.exchange.request.url} {item.exchange.request.body.decode('utf-8', 'replace')}")
    body = item.exchange.response.body if item.exchange.response is not None else b""
    found = (one for one in _clients(cell) if one not in request and one.encode() in body)
    return next(found, "")


def _clients(cell: Trust) -> list[str]:
    """The hosts of the PGOs that asked for an authorization."""

    def known() -> list[str]:
        named = {cell.query(one).get("client_id", "") for one in cell.view.find(operation="authorize")}
        return sorted(one for one in named if "." in one)

    found: list[str] = cell.view.memo("refusals:clients", known)
    return found


def gives_token(cell: Trust, item: Tried) -> bool:
    """Whether an answer holds an access token."""
    answered = item.exchange
    if answered.response is None or answered.response.status >= 400:
        return False
    parsed = cell.response(answered)
    if parsed is not None and parsed.response is not None and parsed.response.access_token:
        return True
    return any(
        fact.kind in ("token", "refresh") and fact.place.startswith("response.body")
        for fact in answered.facts
    )


def together(items: list[Tried], cell: Trust) -> tuple[Outcome, Phrase]:
    """What came of the same offer several times at once: it may succeed once.

    A server that gives the same token to all has given one (a grace period for retries).
    """
    given = [item.exchange for item in items if gives_token(cell, item)]
    tokens = {
        parsed.response.access_token
        for item in given
        if (parsed := cell.response(item)) is not None and parsed.response is not None
    }
    if len(given) > 1 and len(tokens) == 1:
        return "accepted", _SAME.format(given=len(given), of=len(items))
    if len(given) > 1:
        return "open", _SEVERAL.format(given=len(given), of=len(items))
    return ("refused", _ONCE) if given else ("unclear", _NEVER)
