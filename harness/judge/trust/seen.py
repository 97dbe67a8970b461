"""What a session with a live PGO showed: which situations were played, and if they were watched to the end.

A live PGO does what it likes when it likes. So *nothing followed* is said only when that was watched for long
enough, and *not seen* is never a verdict on the PGO.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.phrases import A_TOKEN_REQUEST, ABORTED
from harness.judge.view import CellView
from harness.medmij.situations.table import Situation, deciding

GOOD_LIST: Final = Text(nl="de lijst die goed was", en="the list that was good")
LED: Final = Text(
    nl="kwam op een adres dat alleen deze lijst noemt", en="came to an address that only this list names"
)
PORTAL: Final = "authorize"
"""The server that only a list leads to which must not be taken over."""


def played(view: CellView, requirement: str) -> tuple[Situation, ...]:
    """The situations of the session that decide a requirement."""
    of_standard = bool(view.catalogue[requirement].standard)
    found = deciding(requirement, view.cell.release, of_standard=of_standard)
    return tuple(item for item in found if item.id in view.situations)


def flows(view: CellView, requirement: str) -> tuple[str, ...]:
    """The flows in which a requirement is exercised: of the session, or of the catalogue."""
    if view.situations:
        return tuple(item.flow for item in played(view, requirement))
    return view.catalogue[requirement].flows


def watched(view: CellView, flow: str) -> bool:
    """Whether a flow was looked at until a wrong party would have gone on; always when we drove it."""
    return not view.situations or bool(view.find(interface="session", operation="watched", flow=flow))


def not_seen(view: CellView, requirement: str, flow: str = "", capability: str = "") -> Finding:
    """The session did not show what decides a requirement; says what to do.

    :param flow: what was not shown; default: everything that decides it.
    :param capability: what a PGO declares for which this never happens.
    """
    wanted = [item for item in played(view, requirement) if not flow or item.flow == flow]
    todo = Text(
        nl="; ".join(f"{item.title.nl}: {item.do.nl}" for item in wanted),
        en="; ".join(f"{item.title.en}: {item.do.en}" for item in wanted),
    )
    reason = Text(nl=f"niet gezien in deze sessie. {todo.nl}", en=f"not seen in this session. {todo.en}")
    return view.unseen(requirement, reason, capability)


def list_taken_over(view: CellView, requirement: str) -> Iterator[Finding]:
    """Lists that must not be taken over: where the PGO went afterwards tells whether it did."""
    for situation in played(view, requirement):
        if not situation.list:
            continue
        fetched = view.find(flow=situation.flow, interface="list", answered=True)
        led = [
            item
            for item in view.find(flow=situation.flow, operation="authorize")
            if item.notes.get("stage") == PORTAL
        ]
        asked = _held_meanwhile(view, situation.flow)
        if led:
            yield view.fail(
                requirement,
                exchange=led[0],
                path=situation.id,
                expected=GOOD_LIST,
                received=LED,
            )
        elif fetched and asked:
            yield view.ok(requirement, fetched[0], received=situation.id)
        else:
            yield not_seen(view, requirement, situation.flow)


def _held_meanwhile(view: CellView, flow: str) -> list[Exchange]:
    """The authorization requests that a PGO made while the list of a situation was the last that it fetched.

    Also those to an address that an earlier wrong list names: then it did not take over this one.
    """
    held, found = False, []
    for item in view.exchanges:
        if item.operation == "list-zal" and item.response is not None and item.response.status == 200:
            held = item.flow == flow
        elif held and item.operation == "authorize" and item.client == view.party("pgo"):
            found.append(item)
    return found


def server_refused(view: CellView, requirement: str) -> Iterator[Finding]:
    """Servers that must not be trusted: whether the code was sent to them."""
    for situation in played(view, requirement):
        flow = situation.flow
        reached = view.find(flow=flow, interface="token")
        reached = [item for item in reached if item.notes.get("stage") == situation.server]
        tried = view.find(flow=flow, interface="session", operation="connection")
        if reached:
            yield view.fail(
                requirement,
                exchange=reached[0],
                path=situation.id,
                expected=ABORTED,
                received=A_TOKEN_REQUEST,
            )
        elif not watched(view, flow):
            yield not_seen(view, requirement, flow)
        elif tried or situation.server == "off-list":
            evidence: Exchange | None = next(iter(tried), None)
            yield view.ok(requirement, evidence, received=situation.id)
        else:
            yield not_seen(view, requirement, flow)
