"""The flow ``search`` of a cell: with an access token, searches that the standard and the CapabilityStatement
promise."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from harness.medmij import resource, urls
from harness.network.drive import queries
from harness.network.drive.searching.generate import Pool, Search
from harness.network.drive.searching.search import Searching
from harness.network.drive.session import FlowSession
from harness.reference.records import Records
from harness.reference.searching.promise import Promise
from harness.reference.searching.replies import Reply
from harness.reference.searching.selection import Selection

FLOW: Final = "search"
PAUSE: Final = 0.2
"""Seconds between two requests to a party that is not ours."""


def seed_of(cell: str, day: str) -> int:
    """The seed of a cell on a day: the same run asks the same, another day asks something else."""
    return zlib.crc32(f"{cell} {day}".encode()) % 100_000


def run(session: FlowSession, records: Callable[[], Records]) -> None:
    """Search in a session that has a token.

    :param records: those of the network, read when they are needed.
    :raises Stop: no endpoint was found.
    """
    asked = _Asked(session)
    statement = asked("metadata", "json", {}) or Reply(0, {})
    promise = Promise(session.standard.id, session.dates, statement.resource)
    if not promise.kinds:
        return
    known = records()
    record = known.of(session.person, session.standard.id)
    if record is not None:
        pool = Pool(stored.resource for stored in record)
        selection = Selection(promise, record, known.known, session.dates.t)
    else:
        pool, selection = Pool(_seen(promise, asked)), None
    Searching(
        promise,
        pool,
        asked,
        selection=selection,
        number=seed_of(session.cell.key, session.dates.t.isoformat()),
        monotonic=session.clock.monotonic,
    ).run()


def _seen(promise: Promise, ask: _Asked) -> Iterable[dict[str, Any]]:
    """What the standard's own searches over all time bring, for want of a record."""
    for kind in promise.kinds:
        reply = ask(Search(kind, promise.own(kind)[0]).path(), "json", {})
        for entry in reply.resource.get("entry", ()) if reply is not None and reply.answered else ():
            found = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(found, dict) and isinstance(found.get("id"), str) and found.get("resourceType"):
                yield found


class _Asked:
    """Sends what is asked with the token of the session, and records it."""

    def __init__(self, session: FlowSession) -> None:
        self._session = session
        self._base = queries.resource_base(session)
        self._live = session.parties.dvza.kind == "live" or session.parties.his.kind == "live"

    def __call__(self, address: str, media: str, notes: dict[str, Any]) -> Reply | None:
        session = self._session
        url = address if address.startswith("https://") else urls.join(self._base, address)
        if session.token_expired() or not session.pgo.allowed_host(
            session.release, urlsplit(url).hostname or ""
        ):
            return None
        if self._live:
            session.wait(PAUSE)
        headers = resource.request_headers(
            session.release,
            session.values.get("token", ""),
            session.new_id(),
            session.values.get("correlation", ""),
            f"application/fhir+{media}; fhirVersion={session.standard.fhir_version}",
        )
        answer = session.send(
            session.pgo.back(),
            "GET",
            url,
            headers,
            interface="resource",
            operation=f"search-{media}" if address != "metadata" else "fhir-metadata",
            person=session.person,
            timeout=queries.TIMEOUT,
            notes={"driven": notes} if notes else {},
        )
        return queries.reply_of(answer, url)
