"""Refused requests at the authorization endpoint: a legal request with one thing wrong."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import quote, urlsplit

from harness.medmij import scope
from harness.medmij.flows import Changes
from harness.medmij.refusals.cells import Cell
from harness.medmij.refusals.rows import Row
from harness.network.drive.refusals.pace import Pace
from harness.network.drive.refusals.wallet import LOGIN, TO_CODE, Maker, Others
from harness.network.drive.session import FlowSession

LONG_VALUE: Final = 4000
"""Characters: longer than any browser's address bar shows, shorter than what servers refuse unread."""
HOMOGRAPHS: Final = str.maketrans({"o": "о", "a": "а", "e": "е"})
"""Latin letters and the Cyrillic ones that look the same."""


class Authorize:
    """The authorization endpoint of one flow.

    :param other_provider: MedMij name of a provider that this server does not authorize for.
    """

    def __init__(self, make: Maker, others: Others, pace: Pace, other_provider: str) -> None:
        self._make = make
        self._others = others
        self._pace = pace
        self._other_provider = other_provider

    def attempt(self, cell: Cell) -> None:
        """Send a request that must be refused, or one whose state has to come back exactly.

        :raises Stop: the provider is not on the lists, or the server asks to stop.
        """
        row = cell.row
        self._pace.request()
        flow = self._make(LOGIN if cell.group.axis == "walk" else TO_CODE)
        authorization = flow.begin(lambda session: self._changes(row, session))
        authorization.visits.headers = tuple(row.headers.items())
        answer = authorization.attempt(row.method or "GET", {"refusal": cell.note})
        self._pace.seen(answer)

    def _changes(self, row: Row, session: FlowSession) -> Changes:
        values = self._values(session)

        def filled(text: str) -> str:
            for name, value in values.items():
                text = text.replace("{" + name + "}", value)
            return text

        return Changes(
            set={name: filled(text) for name, text in row.set.items()},
            remove=row.remove,
            add=tuple((name, filled(text)) for name, text in row.add),
        )

    def _values(self, session: FlowSession) -> dict[str, str]:
        host, redirect = session.pgo.host, session.parties.pgo.redirect
        right = scope.build(session.release, session.function, session.values["name"], (session.service.id,))
        share = session.standard.share
        second = self._others.second
        return {
            "client_parent": host.partition(".")[2],
            "client_homograph": host.translate(HOMOGRAPHS).encode("idna").decode("ascii"),
            "client_upper": host.upper(),
            "client_short": host[1:],
            "other_client": second.host if second is not None else "",
            "redirect_encoded": quote(redirect, safe=""),
            "redirect_uri": redirect,
            "client": host,
            "scope_upper": right.upper(),
            "scope": right,
            "name": session.values["name"],
            "service": session.service.id,
            "share": share.id if share is not None else "53",
            "other_provider": right.replace(session.values["name"], self._other_provider),
            "long": "x" * LONG_VALUE,
            "digits": "1" * (LONG_VALUE // 2),
            "random": secrets.token_urlsafe(16),
        }


def redirect_values(session: FlowSession) -> dict[str, str]:
    """Spellings of the redirect_uri that are not identical to it."""
    redirect = session.parties.pgo.redirect
    parts = urlsplit(redirect)
    upper = parts._replace(path=parts.path.upper()).geturl()
    return {
        "redirect_encoded": quote(redirect, safe=""),
        "redirect_upper": upper if upper != redirect else f"{redirect}/X",
        "redirect_short": redirect[:-1],
    }
