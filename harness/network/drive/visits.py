"""The person's browser: each page is one recorded request; it keeps cookies and the page that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.medmij import pages
from harness.network.drive.session import FlowSession
from harness.network.person import login
from harness.network.wire.client import Answer


class Visits:
    """The pages that the person of a flow visits.

    :param recipe: how the DVZA's pages are recognised.
    :param cookies: those that the browser has already.
    :ivar page: the page that is shown, ``None`` when the last answer was none.
    :ivar notes: what the recording says of every visit; ``look``: what it says further of an answer.
    :ivar cookies: those of this browser now; ``headers`` what it sends besides.
    """

    def __init__(self, session: FlowSession, recipe: login.Recipe, cookies: login.Cookies) -> None:
        self.page: pages.Page | None = None
        self.notes: dict[str, Any] = {}
        self.headers: tuple[tuple[str, str], ...] = ()
        self.look: Callable[[Answer], dict[str, Any]] = lambda answer: {}
        self._session = session
        self._recipe = recipe
        self.cookies = cookies

    def visit(self, method: str, url: str, interface: str, operation: str, body: bytes = b"") -> Answer:
        """One request of the person's browser."""
        headers = [
            ("Accept", "text/html,application/xhtml+xml"),
            ("Accept-Language", "nl"),
            ("User-Agent", "harness-browser/1"),
            *self.cookies.header(url),
            *self.headers,
        ]
        if method == "POST":
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))

        def annotate(answer: Answer) -> dict[str, Any]:
            seen = self.page = login.read_page(answer, url)
            if seen is None:
                return self.look(answer)
            return {"page": login.page_facts(seen, login.kind_of(self._recipe, seen, url))}

        answer = self._session.send(
            self._session.pgo.front(),
            method,
            url,
            headers,
            body,
            interface=interface,
            operation=operation,
            person=self._session.person if self._session.logged_in else None,
            timeout=30.0,
            notes=self.notes,
            annotate=annotate,
        )
        self.cookies.update(url, answer)
        return answer
