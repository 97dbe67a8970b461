"""Refused requests at the token endpoint: a grant that is no good, or a good one offered wrongly."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

from harness.core.contracts import prepare_structs
from harness.medmij import token
from harness.medmij.flows import Changes
from harness.medmij.refusals.cells import Cell
from harness.medmij.refusals.rows import Row
from harness.network.drive.refusals.authorize import redirect_values
from harness.network.drive.refusals.pace import Pace
from harness.network.drive.refusals.wallet import LONG, LONG_TO_CODE, Wallet
from harness.network.drive.session import FlowSession
from harness.network.wire.client import Answer

TIMEOUT: Final = 12.0
MOST_OFFERS: Final = 8
"""Wrong offers of one code, at a server that keeps a code when an offer was wrong."""
Pairs = list[tuple[str, str]]


class Grants:
    """The token endpoint of one flow.

    A server may discard a code at its first offer, whatever was wrong with it. Whether it does is measured
    once; if so, every wrong offer gets a code of its own, else several share one, and a legal offer follows.
    """

    def __init__(self, wallet: Wallet, pace: Pace) -> None:
        self._wallet = wallet
        self._pace = pace
        self._keeps: bool | None = None
        self._code: FlowSession | None = None
        self._offers = 0
        self._refresh: FlowSession | None = None

    def attempt(self, cell: Cell) -> None:
        """Send a request that must be refused, when it can be made."""
        session = self._session(cell)
        if session is None:
            return
        value = self._value(cell, session)
        if value is None:
            return
        if cell.row.age and self._wallet.others.age is not None:
            self._wallet.others.age(value, cell.row.age)
        pairs = self._pairs(cell.on, value, session)
        if cell.row.grant == "other-pgo" and self._wallet.others.second is not None:
            redirect = self._wallet.others.second.participant.redirect
            pairs = [(n, redirect if n == "redirect_uri" else v) for n, v in pairs]
        changed = _filled(cell.row, self._values(session)).apply(pairs, session.placeholders())
        note = {"refusal": cell.note}
        if cell.row.times > 1:
            prepare_structs()
            with ThreadPoolExecutor(cell.row.times) as pool:
                list(pool.map(lambda _: self._offer(session, changed, cell.row, note), range(cell.row.times)))
            self._code = self._refresh = None
        elif cell.row.unlisted and self._wallet.others.unlisted is not None:
            self._wallet.others.unlisted(
                lambda: self._offer(session, changed, cell.row, note), cell.row.listed
            )
            self._code = self._refresh = None
        elif cell.row.narrowed and self._wallet.others.lists is not None:

            def offer() -> None:
                self._offer(session, changed, cell.row, note)

            self._wallet.others.lists(session.standard, offer)
            self._code = self._refresh = None
        elif self._offer(session, changed, cell.row, note).status == 200:  # the door was open: it is spent
            self._code = self._refresh = None

    def control(self, group: str, kinds: Iterable[str]) -> None:
        """Legal offers of what a group offered wrongly."""
        for kind in kinds:
            if kind == "refresh":
                session = self._refresh or self._long()
                self._refresh = session if session is not None and self._refreshed(session, group) else None
            else:
                session = (self._code if self._keeps else None) or self._fresh_code()
                if session is not None:
                    pairs = self._pairs("code", session.values["code"], session)
                    self._offer(session, pairs, None, {"control": {"group": group, "on": "code"}})
                self._code = None

    # -- sessions ----------------------------------------------------------------------------------

    def _session(self, cell: Cell) -> FlowSession | None:
        """A session with a grant of its own that nobody offered yet."""
        spent = cell.row.grant in ("used", "withdrawn") or bool(cell.row.age)
        if cell.on == "refresh":
            if spent:
                return self._long()
            if self._refresh is None or not self._refreshed(self._refresh, cell.group.id):
                self._refresh = self._long()
            return self._refresh
        if spent or cell.row.times > 1:
            return self._fresh_code()
        if self._keeps is None:
            self._measure(cell.group.id)
        if self._code is None or not self._keeps or self._offers >= MOST_OFFERS:
            if self._code is not None and self._keeps:
                self.control(cell.group.id, ["code"])
            self._code, self._offers = self._fresh_code(), 0
        self._offers += 1
        return self._code

    def _measure(self, group: str) -> None:
        """Whether a code still works after a wrong offer."""
        session = self._fresh_code()
        if session is None:
            self._keeps = False
            return
        pairs = self._pairs("code", session.values["code"], session)
        wrong = [(n, f"{v}/elders" if n == "redirect_uri" else v) for n, v in pairs]
        self._offer(session, wrong, None, {"measure": group})
        self._keeps = self._offer(session, pairs, None, {"measure": group}).status == 200

    def _fresh_code(self) -> FlowSession | None:
        session = self._wallet.login(LONG_TO_CODE)
        return session if session.values.get("code") else None

    def _long(self) -> FlowSession | None:
        """A login with a refresh token, where there are any."""
        session = self._wallet.login(LONG)
        return session if session.values.get("refresh") else None

    def _refreshed(self, session: FlowSession, group: str) -> bool:
        """Refresh as one should; whether the refresh token still worked."""
        pairs = self._pairs("refresh", session.values["refresh"], session)
        answer = self._offer(session, pairs, None, {"control": {"group": group, "on": "refresh"}})
        parsed = token.parse_response(answer.status, answer.headers, answer.body, session.release)
        if answer.status != 200 or parsed.response is None or not parsed.response.refresh_token:
            return False
        session.values["refresh"] = parsed.response.refresh_token
        session.remember("refresh", "refresh-received", parsed.response.refresh_token)
        session.remember("token", "token-received", parsed.response.access_token)
        return True

    # -- grants ------------------------------------------------------------------------------------

    def _value(self, cell: Cell, session: FlowSession) -> str | None:
        """The code or refresh token to offer; ``None`` when there cannot be one of this kind."""
        kind = "refresh" if cell.on == "refresh" else "code"
        own = session.values[kind]
        makers: dict[str, Callable[[], str | None]] = {
            "own": lambda: own,
            "garbage": lambda: secrets.token_urlsafe(32),
            "changed": lambda: f"{own[:-2]}{'A' if own[-2:-1] != 'A' else 'B'}{own[-1:]}",
            "swapped": lambda: self._swapped(kind),
            "used": lambda: self._used(kind, session),
            "withdrawn": lambda: self._wallet.withdrawn(kind),
            "access": lambda: session.values.get("token"),
            "other-pgo": lambda: self._other(kind, second=True),
            "other-release": lambda: self._other(kind, second=False),
        }
        return makers[cell.row.grant]()

    def _swapped(self, kind: str) -> str | None:
        """A code where a refresh token is asked, and the other way round."""
        session = self._long() if kind == "code" else self._fresh_code()
        return session.values["refresh" if kind == "code" else "code"] if session is not None else None

    def _used(self, kind: str, session: FlowSession) -> str | None:
        value = session.values[kind]
        if kind == "refresh":
            return value if self._refreshed(session, "AS-grant") else None
        pairs = self._pairs("code", value, session)
        answer = self._offer(session, pairs, None, {"control": {"group": "AS-grant", "on": "code"}})
        return value if answer.status == 200 else None

    def _other(self, kind: str, *, second: bool) -> str | None:
        others = self._wallet.others
        variant = LONG if kind == "refresh" else LONG_TO_CODE
        if second:
            return self._wallet.login(variant, pgo=others.second).values.get(kind)
        return self._wallet.login(variant, release=others.release).values.get(kind)

    # -- requests ----------------------------------------------------------------------------------

    def _pairs(self, kind: str, value: str, session: FlowSession) -> Pairs:
        """A legal request."""
        if kind == "refresh":
            grant = [("grant_type", "refresh_token"), ("refresh_token", value)]
        else:
            redirect = session.values["redirect_uri"]
            grant = [("grant_type", "authorization_code"), ("code", value), ("redirect_uri", redirect)]
        return [*grant, ("client_id", session.parties.pgo.pgo_host)]

    def _values(self, session: FlowSession) -> dict[str, str]:
        second = self._wallet.others.second
        return {**redirect_values(session), "other_client": second.host if second is not None else ""}

    def _offer(self, session: FlowSession, pairs: Pairs, row: Row | None, notes: dict[str, Any]) -> Answer:
        self._pace.request()
        method, kind = (row.method or "POST", row.body) if row is not None else ("POST", None)
        certificate = row.certificate if row is not None else "own"
        url = session.listed.token_endpoint
        headers = token.request_headers(
            session.release, session.new_id(), session.values.get("correlation", "")
        )
        body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs).encode()
        if kind == "query" or method == "GET":
            url, body = f"{url}?{body.decode()}", b""
        elif kind == "json":
            body = json.dumps(dict(pairs)).encode()
            headers = [(n, "application/json" if n == "Content-Type" else v) for n, v in headers]
        elif kind == "none":
            body = b""
        shown = {"certificate": certificate} if certificate != "own" else {}
        answer = session.send(
            self._wallet.certified(session, certificate),
            method,
            url,
            headers,
            body,
            interface="token",
            operation="refused" if row is not None else "control",
            timeout=TIMEOUT,
            notes={**notes, **shown},
        )
        self._pace.seen(answer)
        return answer


def _filled(row: Row, values: dict[str, str]) -> Changes:
    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    return Changes(
        set={name: filled(text) for name, text in row.set.items()},
        remove=row.remove,
        add=tuple((name, filled(text)) for name, text in row.add),
    )
