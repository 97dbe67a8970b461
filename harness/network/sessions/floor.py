"""The sessions that are open, and whose a request is: by who asks, and by what it descends from."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from harness.core.http.credentials import bearer_token
from harness.core.run.exchanges import header
from harness.core.standards.table import service_standard
from harness.medmij.urls import host_of
from harness.network.sessions.session import SHARED, Session
from harness.network.sessions.visit import Visit
from harness.network.twins.dvza.records import Grant, hashed
from harness.network.twins.dvza.state import DvzaState
from harness.network.twins.stelselnode import client_host
from harness.network.wire.serving import Incoming

_PAGES: Final = ("landing", "login", "consent")


@dataclass(frozen=True)
class Place:
    """Where a request belongs.

    :ivar session: ``None``: in none that is open, although it came from one.
    :ivar reason: why it is not one of the session, ``""``: it is.
    """

    session: Session | None
    visit: Visit | None = None
    reason: str = ""


class Floor:
    """All sessions of a network that is served. Thread-safe.

    :param known: hosts of the PGOs of the network, lower case.
    """

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known = frozenset(known)
        self._lock = threading.RLock()
        self._open: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """A session opens."""
        with self._lock:
            self._open[session.id] = session

    def remove(self, session: Session) -> None:
        """A session has closed."""
        with self._lock:
            self._open.pop(session.id, None)

    @property
    def sessions(self) -> list[Session]:
        """Those that are open."""
        with self._lock:
            return list(self._open.values())

    def of_host(self, host: str) -> Session | None:
        """The open session of a PGO."""
        return next((item for item in self.sessions if item.host == host.lower()), None)

    def fetching(self, host: str, known: bool) -> list[Session]:
        """The open sessions for which lists are fetched.

        :param known: whether the host is that of a PGO; else any component of a PGO may be fetching that said
            that its lists are read elsewhere.
        """
        if known:
            found = self.of_host(host)
            return [found] if found is not None else []
        return [item for item in self.sessions if item.pgo.list_fetcher == "shared"]

    def list_client(self, host: str, known: bool) -> str:
        """Whose lists are served to a host."""
        return SHARED if not known and self.fetching(host, known) else host

    def place(
        self, twin: DvzaState, request: Incoming, rest: tuple[str, ...], fields: dict[str, str]
    ) -> Place | None:
        """Where a request at a DVZA belongs; ``None``: to no session, and it never did.

        :param rest: segments of its path after the release.
        :param fields: first values of its query and form.
        """
        if not rest:
            return None
        if rest[0] == "authorize":
            return self._authorize(twin, request, fields)
        if rest[0] in _PAGES:
            with twin.lock:
                begun = twin.sessions.get(hashed(fields.get("transaction", "")))
            return self._descendant(begun.visit) if begun is not None and begun.visit else None
        if rest[0] == "token":
            kept = twin.refresh if "refresh_token" in fields and "code" not in fields else twin.codes
            return self._granted(
                kept.get(hashed(fields.get("code") or fields.get("refresh_token", ""))), request
            )
        if len(rest) >= 3 and rest[2] == "fhir":
            return self._resource(twin, request, rest)
        return None

    def _authorize(self, twin: DvzaState, request: Incoming, fields: dict[str, str]) -> Place | None:
        """By ``client_id``; one that is nobody's belongs to the PGO that the person is to come back to."""
        named, returned = fields.get("client_id", "").lower(), host_of(fields.get("redirect_uri", ""))
        session = self.of_host(named) or self.of_host(returned)
        if session is None or session.cell.dvza != twin.participant.id:
            return None
        if named != returned and {named, returned} <= self._known:
            return Place(session, reason="other-client")
        release, _ = twin.release_of(request.path)
        his = twin.his_by_name(fields.get("scope", "").partition(" ")[0].partition("~")[0])
        if release is None or release.id != session.cell.release:
            return Place(session, reason="other-release")
        if his is not None and his.id != session.cell.his:
            return Place(session, reason="other-provider")
        return Place(session)

    def _resource(self, twin: DvzaState, request: Incoming, rest: tuple[str, ...]) -> Place | None:
        token = bearer_token(header(request.headers, "authorization") or "") or ""
        found = self._granted(twin.access.get(hashed(token)) if token else None, request)
        if found is None or found.session is None or found.reason:
            return found
        known = service_standard(rest[1])
        if rest[0] != found.session.cell.his:
            return Place(found.session, reason="other-provider")
        if known is not None and known.id != found.session.cell.standard:
            return Place(found.session, reason="other-standard")
        return found

    def _granted(self, grant: Grant | None, request: Incoming) -> Place | None:
        """By what is offered; else by who asks, in what it did last."""
        host = client_host(request)
        asking = self.of_host(host)
        if grant is None:
            return Place(asking, asking.visit("")) if asking is not None else None
        if host not in ("", grant.client_id.lower()):
            owner = self.of_host(grant.client_id)
            found = owner or asking
            return Place(found, reason="other-certificate") if found is not None else None
        if grant.visit:
            return self._descendant(grant.visit)
        return Place(asking, reason="before-session") if asking is not None else None

    def _descendant(self, name: str) -> Place:
        identifier, _, _ = name.partition(".")
        with self._lock:
            session = self._open.get(identifier)
        if session is not None:
            return Place(session, session.visit(name))
        return Place(None, reason="after-session")
