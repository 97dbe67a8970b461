"""Refresh: long-term consent is used, and withdrawn, after the first access token."""

from __future__ import annotations

from urllib.parse import quote

from harness.medmij.flows import RefreshStep
from harness.medmij.pages import Form
from harness.network.drive.authorization import MAX_PAGES
from harness.network.drive.session import FlowSession, Stop
from harness.network.drive.token import TokenEndpoint
from harness.network.drive.visits import Visits
from harness.network.person import login
from harness.network.person.logins import Login


class Consents:
    """The screen of a DVZA in which a person sees and withdraws consents (our twin's only).

    :ivar url: its address; ``visits`` the browser.
    """

    def __init__(self, session: FlowSession, visits: Visits, recipe: login.Recipe, entry: Login) -> None:
        self.url = f"{session.listed.authorization_endpoint.removesuffix('/authorize')}/consents"
        self.visits = visits
        self._recipe = recipe
        self._values = {**entry.values, "person": session.person}

    def open(self) -> None:
        """Log in and see them.

        :raises Stop: the pages are not those of our twin.
        """
        url = self.url
        self.visits.visit("GET", url, "consent", "withdraw")
        for _ in range(MAX_PAGES):
            seen = self.visits.page
            step = login.submission(self._recipe, seen, url, self._values, {}) if seen is not None else None
            if step is None:
                break
            url = step.url
            self.visits.visit("POST", url, "consent", "withdraw", step.body)
        if self.visits.page is None:
            raise Stop

    @property
    def forms(self) -> tuple[Form, ...]:
        """One form per consent, the newest first."""
        return self.visits.page.forms if self.visits.page is not None else ()

    def press(self, form: Form, instead: dict[str, str] | None = None) -> None:
        """Withdraw the consent of a form.

        :param instead: hidden fields that get another value.
        """
        pairs = [(item.name, item.value) for item in form.controls if item.kind in ("hidden", "submit")]
        pairs = [(name, (instead or {}).get(name, value)) for name, value in pairs]
        body = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in pairs).encode()
        self.visits.visit("POST", form.action, "consent", "withdraw", body)


class Refresh:
    """The refresh token of a flow.

    :param visits: the person's browser, for withdrawing; ``None`` when nobody logs in.
    """

    def __init__(
        self, session: FlowSession, endpoint: TokenEndpoint, visits: Visits | None, entry: Login
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._visits = visits
        self._entry = entry

    def run(self, step: RefreshStep) -> None:
        """Exchange the refresh token, keep the rotated one.

        :raises Stop: there is none, or it is refused.
        """
        session = self._session
        first = session.values.get("refresh", "")
        if not first:
            raise Stop
        if step.withdraw:
            self.withdraw()
        for _ in range(step.times):
            if not session.pgo.fault("refresh-keeps-correlation"):
                session.values["correlation"] = session.new_id()
            answer = self._endpoint.offer_refresh(session.values["refresh"], "token-refresh")
            if answer is None or not self._endpoint.keep(answer):
                raise Stop
        if step.reuse:
            self._endpoint.offer_refresh(first, "token-refresh-again")

    def screen(self) -> Consents | None:
        """The person's screen of consents; ``None`` when the DVZA's pages are not those of our twin."""
        visits, recipe = self._visits, self._entry.recipe
        if not self._entry.own_pages or visits is None or recipe is None:
            return None
        return Consents(self._session, visits, recipe, self._entry)

    def withdraw(self, times: int = 1) -> None:
        """The person withdraws the newest consents, as far as they are shown.

        :raises Stop: the DVZA's pages are not those of our twin, or show none.
        """
        screen = self.screen()
        if screen is None:
            raise Stop
        screen.open()
        if not screen.forms:
            raise Stop
        for _ in range(times):
            if screen.forms:
                screen.press(screen.forms[0])
