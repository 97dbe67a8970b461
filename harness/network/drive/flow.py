"""One flow of one cell, step by step as a PGO does it (read this one first).

The main flow (``collect`` or ``share``): lists → authorization request → landing → login → consent →
redirect → token → CapabilityStatement → all queries of the standard. A variant
(``profiles/afsprakenstelsel/flows.yaml``) changes something on the way and stops after its last step. A flow
stops earlier when it cannot go on; the recording shows why, the judges say what that means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from harness.core.text import Text
from harness.medmij.flows import Changes, Variant
from harness.network.drive.authorization import Authorization
from harness.network.drive.lists import Lists
from harness.network.drive.refresh import Consents, Refresh
from harness.network.drive.resource import Resource
from harness.network.drive.session import FlowSession, Stop
from harness.network.drive.token import TokenEndpoint
from harness.network.drive.visits import Visits
from harness.network.person.login import Cookies
from harness.network.person.logins import Login
from harness.network.probes import flow as probes
from harness.network.wire.connect import ConnectMap

MAIN: Final = Variant(
    name="main",
    title=Text(nl="hoofdstroom", en="main flow"),
    subject="dvza",
    steps=("lists", "authorize", "landing", "login", "consent", "token", "metadata", "resource"),
    requirements=(),
)
"""Nothing is changed: every list is fetched, every query of the standard is sent."""
TO_TOKEN: Final = msgspec.structs.replace(MAIN, steps=MAIN.steps[: MAIN.steps.index("token") + 1])
"""The main flow up to its access token."""


class Flow:
    """One flow.

    :param variant: :data:`MAIN`, or what changes on the way.
    :param entry: how the person gets in, or the token that is supplied instead.
    :param lists: where the lists are: public host, or base URL of a live stelselnode.
    :param connect: other places where names listen, for this flow only (faulty servers).
    :param cookies: those of a browser that was there before; default: a fresh one.
    :ivar cookies: those of the browser.
    """

    def __init__(
        self,
        session: FlowSession,
        variant: Variant,
        *,
        entry: Login,
        lists: str,
        connect: ConnectMap | None = None,
        cookies: Cookies | None = None,
    ) -> None:
        self.session = session
        self.variant = variant
        self._main = variant.name == MAIN.name
        self._entry = entry
        self._connect = connect
        self._lists = Lists(session, lists)
        self.cookies = cookies or Cookies()
        self._visits = Visits(session, entry.recipe, self.cookies) if entry.recipe is not None else None
        self._token = TokenEndpoint(session, connect)
        self._resource = Resource(session)

    def run(self) -> None:
        """All steps, until one cannot be done."""
        try:
            self._steps()
        except Stop:
            return
        finally:
            self._token.close()

    def locate(self) -> bool:
        """Find the endpoints only; whether the lists have them."""
        try:
            self._lists.fetch(everything=False)
            self._lists.find_endpoint()
        except Stop:
            return False
        return True

    def withdraw(self, times: int = 1) -> bool:
        """The person withdraws the newest consent, or so many; whether that could be done."""
        try:
            Refresh(self.session, self._token, self._visits, self._entry).withdraw(times)
        except Stop:
            return False
        return True

    def consents(self) -> Consents | None:
        """The person's screen of consents, opened; ``None`` when there is none that we know."""
        if self.session.endpoint is None and not self.locate():
            return None
        screen = Refresh(self.session, self._token, self._visits, self._entry).screen()
        if screen is None or self._entry.recipe is None:
            return None
        try:
            screen.open()
        except Stop:
            return None
        return screen

    def begin(self, change: Callable[[FlowSession], Changes]) -> Authorization:
        """An authorization request that is changed when its endpoints are known, with the pages behind it.

        :raises Stop: there is no provider in the lists, or nobody logs in.
        """
        self._lists.fetch(everything=False)
        self._lists.find_endpoint()
        if self._entry.recipe is None or self._visits is None:
            raise Stop
        variant = msgspec.structs.replace(self.variant, authorize=change(self.session))
        return Authorization(self.session, variant, self._visits, self._entry, self._entry.recipe)

    def _steps(self) -> None:
        steps = self.variant.steps
        self._lists.fetch(everything=self._main or "lists" in steps)
        if steps == ("lists",):
            return
        self._lists.find_endpoint()
        if steps == ("probe",):
            pgo = self.session.pgo
            probes.run(self.session, self._connect or pgo.connect, proxied=bool(pgo.proxy))
            return
        if not self._obtain_token():
            return
        if "metadata" in steps:
            self._resource.metadata()
        if "resource" in steps:
            if self._main:
                self._resource.all_queries()
            else:
                self._resource.first_query(self.variant)
        if "refresh" in steps:
            Refresh(self.session, self._token, self._visits, self._entry).run(self.variant.refresh)

    def _obtain_token(self) -> bool:
        """Get an access token; ``False`` when the flow ends before it."""
        recipe, visits = self._entry.recipe, self._visits
        if recipe is None or visits is None:
            self._token.supplied(self._entry.token)
            return True
        authorization = Authorization(self.session, self.variant, visits, self._entry, recipe)
        if self._main and recipe.browser:  # variants that break things stay with plain HTTP
            authorization.in_chromium()
        else:
            authorization.over_http()
        if "token" not in self.variant.steps:
            return False
        self._token.offer_code(self.variant.token)
        return True
