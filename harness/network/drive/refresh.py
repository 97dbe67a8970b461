"""Refresh: long-term consent is used, and withdrawn, after the first access token."""

from __future__ import annotations

from urllib.parse import quote

from harness.medmij.flows import RefreshStep
from harness.network.drive.authorization import MAX_PAGES
from harness.network.drive.session import FlowSession, Stop
from harness.network.drive.token import TokenEndpoint
from harness.network.drive.visits import Visits
from harness.network.person import login
from harness.network.person.logins import Login


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

    def withdraw(self) -> None:
        """The person withdraws the consent in the DVZA's own screens (our twin only).

        :raises Stop: the DVZA's pages are not those of our twin.
        """
        visits, recipe = self._visits, self._entry.recipe
        if not self._entry.own_pages or visits is None or recipe is None:
            raise Stop
        url = f"{self._session.listed.authorization_endpoint.removesuffix('/authorize')}/consents"
        visits.visit("GET", url, "consent", "withdraw")
        values = {**self._entry.values, "person": self._session.person}
        for _ in range(MAX_PAGES):
            seen = visits.page
            if seen is None or not seen.forms:
                raise Stop
            step = login.submission(recipe, seen, url, values, {})
            if step is not None:
                url, body = step.url, step.body
                visits.visit("POST", url, "consent", "withdraw", body)
                continue
            form = seen.forms[0]  # the newest consent
            pairs = [(item.name, item.value) for item in form.controls if item.kind in ("hidden", "submit")]
            body = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in pairs).encode()
            visits.visit("POST", form.action, "consent", "withdraw", body)
            return
        raise Stop
