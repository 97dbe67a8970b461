"""The receiver of a list as a pure state machine: refresh, validation, failure.

Rules (section 2.1; where the framework is silent a default that can be configured): validate, then swap
atomically; an invalid list, an older Volgnummer or an empty Whitelist never replaces a good one; a failed
refresh keeps the last valid list and raises an alarm. States are values: every step returns a new one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from harness.core.issues import Issue, Severity, issue
from harness.core.text import Phrase, Text
from harness.medmij.lists import reading
from harness.medmij.lists.model import AnyList, Whitelist
from harness.medmij.releases import ListKind, Release, limits

Outcome = Literal["replaced", "unchanged", "refused", "failed"]
FUTURE = timedelta(minutes=5)
"""A Tijdstempel further ahead than this is reported (clock skew), not refused."""


class CacheState(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver holds of one list.

    :ivar fetched: when the current document was taken over; ``None`` before the first success.
    :ivar attempted: last attempt of any outcome.
    :ivar failures: attempts since the last good one.
    """

    kind: ListKind
    document: AnyList | None = None
    fetched: datetime | None = None
    attempted: datetime | None = None
    failures: int = 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The new state, what happened, and the reasons (alarms) when it was not a plain success."""

    state: CacheState
    outcome: Outcome
    issues: tuple[Issue, ...] = ()


def due(state: CacheState, now: datetime, *, interval: timedelta | None = None) -> bool:
    """Whether the list must be fetched again (default interval: ``limits().list_refresh`` seconds)."""
    wait = interval if interval is not None else timedelta(seconds=limits().list_refresh)
    return state.attempted is None or now - state.attempted >= wait


def stale(state: CacheState, now: datetime, maximum: timedelta | None) -> bool:
    """Whether the held list is older than ``maximum`` (``None``: the framework names no maximum age)."""
    return state.fetched is None or (maximum is not None and now - state.fetched > maximum)


def received(state: CacheState, data: bytes, release: Release, now: datetime) -> Step:
    """A response body came in."""
    parsed = reading.parse(state.kind, data, release)
    document = parsed.document
    if document is None:
        return _keep(state, now, "refused", parsed.issues)
    if isinstance(document, Whitelist) and not document.hostnames:
        return _keep(state, now, "refused", (_alarm("list-whitelist-empty", _A_NODE, _NONE),))
    held = state.document
    if held is not None and document.sequence < held.sequence:
        older = _alarm("list-sequence", f">= {held.sequence}", str(document.sequence))
        return _keep(state, now, "refused", (older,))
    if held is not None and document.sequence == held.sequence:
        if document == held:
            fresh = msgspec.structs.replace(state, fetched=now, attempted=now, failures=0)
            return Step(state=fresh, outcome="unchanged")
        higher = _HIGHER.format(number=held.sequence)
        same = _alarm("list-sequence-same", higher, str(document.sequence))
        return _keep(state, now, "refused", (same,))
    issues = _future(document, now)
    replaced = CacheState(kind=state.kind, document=document, fetched=now, attempted=now)
    return Step(state=replaced, outcome="replaced", issues=issues)


def failed(state: CacheState, reason: str, now: datetime) -> Step:
    """No usable response: connection, TLS, HTTP status, timeout."""
    return _keep(state, now, "failed", (_alarm("list-fetch", "HTTP 200", reason),))


def _keep(state: CacheState, now: datetime, outcome: Outcome, issues: tuple[Issue, ...]) -> Step:
    kept = msgspec.structs.replace(state, attempted=now, failures=state.failures + 1)
    return Step(state=kept, outcome=outcome, issues=issues)


def _future(document: AnyList, now: datetime) -> tuple[Issue, ...]:
    try:
        stamp = datetime.fromisoformat(document.timestamp)
    except ValueError:
        return ()  # xs:dateTime knows forms that Python does not; the schema has accepted it
    if stamp.tzinfo is None or stamp <= now + FUTURE:
        return ()
    return (_alarm("list-future", f"<= {now.isoformat()}", document.timestamp, severity="warning"),)


def _alarm(rule: str, expected: Phrase, seen: Phrase, severity: Severity = "error") -> Issue:
    return issue(rule, _MESSAGES[rule], severity=severity, expected=expected, received=seen)


_A_NODE: Final = Text(nl="minstens één node", en="at least one node")
_NONE: Final = Text(nl="geen", en="none")
_HIGHER: Final = Text(nl="> {number} na een wijziging", en="> {number} after a change")


_MESSAGES = {
    "list-whitelist-empty": Text(nl="de whitelist is leeg", en="the whitelist is empty"),
    "list-sequence": Text(
        nl="het volgnummer is lager dan dat van de huidige lijst",
        en="the sequence number is lower than that of the current list",
    ),
    "list-sequence-same": Text(
        nl="de inhoud is veranderd maar het volgnummer niet",
        en="content changed but the sequence number did not",
    ),
    "list-fetch": Text(nl="de lijst kon niet worden opgehaald", en="the list could not be fetched"),
    "list-future": Text(nl="het tijdstempel ligt in de toekomst", en="the timestamp lies in the future"),
}
