"""What the API of sessions says, as JSON documents (``openapi.yaml``)."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from harness.core.errors import HarnessError
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.matrix.sessions.held import Held
from harness.medmij.situations.table import Situation, table
from harness.network.running import RunningNetwork
from harness.network.twins.stelselnode import list_host


def session_document(
    held: Held, running: RunningNetwork, catalogue: Catalogue, *, now: bool = True
) -> dict[str, Any]:
    """One session with everything that is known of it.

    :param now: whether what it says of requirements has to be of this moment.
    """
    session, wish = held.session, held.settled.wish
    cell = session.cell
    latest = session.started + timedelta(minutes=wish.longest)
    idle = session.last + timedelta(minutes=wish.idle)
    return {
        **line_document(held),
        "dvza": cell.dvza,
        "run": str(held.keeper.folder.path),
        "closes_by_itself": {"idle": idle.isoformat(), "latest": latest.isoformat()},
        "reach": {
            "provider": session.his.provider_name,
            "client_id": session.pgo.pgo_host,
            "redirect_uri": session.pgo.redirect,
            "lists": f"https://{list_host(running.network, cell.release)}/",
            "hosts": dict(session.stage.entries),
        },
        "now": _situation(session.now) if session.now is not None else None,
        "situations": [
            {**_situation(item), "standing": session.standing[item.id]} for item in session.wanted.values()
        ],
        "left_out": [{"id": name, "reason": _text(reason)} for name, reason in held.settled.left_out.items()],
        "requirements": [
            {
                "id": item.requirement,
                "title": _text(catalogue[item.requirement].title),
                "strength": catalogue[item.requirement].strength.value,
                "said": item.said,
                "received": item.finding.received,
                "next_step": _text(item.finding.next_step),
            }
            for item in held.standings(now=now)
        ],
        "unassigned": dict(session.unassigned),
    }


def line_document(held: Held) -> dict[str, Any]:
    """One session in short, for lists."""
    session = held.session
    return {
        "id": session.id,
        "state": held.state,
        "reason": held.reason,
        "pgo": session.cell.pgo,
        "his": session.cell.his,
        "person": session.person,
        "standard": session.cell.standard,
        "release": session.cell.release,
        "started": session.started.isoformat(),
        "last": session.last.isoformat(),
        "exchanges": session.count,
        "exit": int(held.exit) if held.exit is not None else None,
    }


def findings_document(held: Held, since: int) -> dict[str, Any]:
    """Findings that came after a number."""
    number, found = held.findings(since)
    return {"session": held.session.id, "seq": number, "findings": [_finding(item) for item in found]}


def situations_document() -> dict[str, Any]:
    """What a session can play, and which requirements nothing of it decides."""
    known = table()
    return {
        "situations": [
            {**_situation(item), "requirements": list(item.requirements)} for item in known.situations
        ],
        "out_of_reach": [{"id": name, "reason": _text(text)} for name, text in known.out_of_reach.items()],
    }


def problem_document(status: int, error: HarnessError) -> dict[str, Any]:
    """What went wrong (RFC 9457)."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _text(error.message),
        "field": error.where,
        "expected": error.expected,
        "received": error.received,
        "next_step": _text(error.next_step),
    }


def _situation(item: Situation) -> dict[str, Any]:
    return {"id": item.id, "title": _text(item.title), "do": _text(item.do), "fetch_lists": item.fetched}


def _finding(item: Finding) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(item)
    return found


def _text(text: Text) -> dict[str, str]:
    return {"nl": text.nl, "en": text.en}
