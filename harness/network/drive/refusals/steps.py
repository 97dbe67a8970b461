"""Refused steps: the person's pages are walked as they should be, but for one step."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from harness.medmij import authorization
from harness.medmij.flows import Changes
from harness.medmij.pages import Form, Page
from harness.medmij.refusals.cells import Cell
from harness.medmij.refusals.rows import Wrong
from harness.network.drive.authorization import INTERFACES, MAX_PAGES, Authorization, stays
from harness.network.drive.refusals.pace import Pace
from harness.network.drive.refusals.wallet import LONG, LONG_TO_CODE, TO_CODE, Maker, Others
from harness.network.person import login
from harness.network.person.login import Submission

SLOW_STEP: Final = 840.0
"""Seconds on each page: two of them are longer than a consent may take, one is not."""
Pairs = list[tuple[str, str]]


class Walk:
    """A person's way through the pages, one at a time.

    :param note: what the recording says of every visit.
    :ivar url: address of the page that is shown.
    """

    def __init__(self, made: Authorization, pace: Pace, note: dict[str, Any]) -> None:
        self.made = made
        self.visits = made.visits
        self.url = made.request()
        self._pace = pace
        self._note = note
        self._left = False

    @property
    def page(self) -> Page | None:
        """The page that is shown, ``None`` when the person left or got none."""
        return None if self._left else self.visits.page

    @property
    def kind(self) -> str:
        """Which page is shown, as the recipe names it."""
        return login.kind_of(self.made.recipe, self.page, self.url) if self.page is not None else ""

    def open(self, more: str = "", *, wrong: bool = False) -> None:
        """Send the authorization request."""
        self._visit("GET", self.url + more, "authorization", "authorize", wrong=wrong)

    def submission(self, consent: str = "yes") -> Submission | None:
        """What the person sends on the page that is shown."""
        if self.page is None:
            return None
        answers = {**self.made.answers, "consent": consent}
        return login.submission(self.made.recipe, self.page, self.url, self.made.values(), answers)

    def send(self, step: Submission, *, wrong: bool = False) -> None:
        """Leave a page; what leads to another server is not followed."""
        if not stays(step.url, self.url):
            self._left = True
            return
        session = self.made.session
        session.logged_in = session.logged_in or step.page == "login"
        interface = INTERFACES.get(step.page, "login")
        self._visit(step.method, step.url, interface, step.page, step.body, wrong=wrong)

    def go_on(self, until: str = "", *, wrong: bool = False) -> bool:
        """Take the right steps to a page of a kind, or to the end; whether it was reached."""
        for _ in range(MAX_PAGES):
            if until and self.kind == until:
                return True
            step = self.submission()
            if step is None:
                return False
            self.send(step, wrong=wrong)
            wrong = False
        return False

    def _visit(
        self, method: str, url: str, interface: str, operation: str, body: bytes = b"", *, wrong: bool
    ) -> None:
        """One request, and the redirects within the server that follow from it."""
        self._pace.request()
        self.url = url
        for _ in range(MAX_PAGES):
            self.visits.notes = {**self._note, **({"wrong": True} if wrong else {})}
            answer = self.visits.visit(method, self.url, interface, operation, body)
            self._pace.seen(answer)
            target = login.redirect_target(answer, self.url)
            self._left = not target and answer.status >= 400
            if not target:
                return
            self._left = not stays(target, self.url) or authorization.carries_outcome(target)
            if self._left:
                return
            method, self.url, body, operation = "GET", target, b"", "page"


class Steps:
    """The pages of the authorization server of one flow."""

    def __init__(self, make: Maker, others: Others, pace: Pace) -> None:
        self._make = make
        self._others = others
        self._pace = pace
        self._legal: dict[str, Submission] | None = None
        self._cookies: dict[str, str] = {}
        self._hidden: set[str] = set()

    def attempt(self, cell: Cell) -> None:
        """Walk with one step wrong, when it can be made.

        :raises Stop: the provider is not on the lists, nobody logs in, or the server asks to stop.
        """
        self._pace.login()
        self._learn()
        ways: dict[Wrong, Callable[[Walk, str], None]] = {
            "no-cookie": self._without_cookies,
            "planted": self._planted,
            "get": self._by_get,
            "ahead": self._ahead,
            "unchosen": self._chosen,
            "unknown-choice": self._chosen,
            "other-case": self._chosen,
            "again": self._again,
            "reconsidered": self._reconsidered,
            "late": self._late,
            "other-pgo": self._unasked,
            "other-person": self._unasked,
            "deep-link": self._deep_link,
        }
        wrong = cell.row.wrong
        if wrong in ("consents-link", "withdraw-other"):
            self._consents(wrong, {"refusal": cell.note})
            return
        if wrong in ("other-pgo", "other-person"):
            self._make(LONG_TO_CODE).run()
        pgo = self._others.second if wrong == "other-pgo" else None
        person = self._others.person if wrong == "other-person" else ""
        made = self._make(TO_CODE, pgo=pgo, person=person).begin(lambda _: Changes())
        ways[wrong](Walk(made, self._pace, {"refusal": cell.note}), cell.row.at or wrong)

    def _learn(self) -> None:
        """What the person sends on each page, and the names of the cookies, in a walk as it should be."""
        if self._legal is not None:
            return
        self._legal = {}
        walk = Walk(self._make(TO_CODE).begin(lambda _: Changes()), self._pace, {})
        walk.open()
        self._cookies = walk.visits.cookies.of(walk.url)
        while (step := walk.submission()) is not None and step.page not in self._legal:
            self._legal[step.page] = step
            self._hidden.update(name for name, _ in _hidden(walk.page))
            walk.send(step)

    # -- the browser -------------------------------------------------------------------------------

    def _without_cookies(self, walk: Walk, at: str) -> None:
        """From one page on, by a browser that has none of the cookies."""
        walk.open()
        if walk.go_on(at) and walk.visits.cookies.of(walk.url):
            walk.visits.cookies = login.Cookies()
            walk.go_on(wrong=True)

    def _planted(self, walk: Walk, at: str) -> None:
        """A browser brings cookies that somebody made up; another browser with those goes on."""
        if not self._cookies:
            return
        host = urlsplit(walk.url).hostname or ""
        made_up = {host: {name: secrets.token_urlsafe(32) for name in self._cookies}}
        walk.visits.cookies = login.Cookies(made_up)
        walk.open()
        walk.visits.cookies = login.Cookies(made_up)
        walk.go_on(wrong=True)

    def _by_get(self, walk: Walk, at: str) -> None:
        """The answer to the question in the query of an address."""
        walk.open()
        step = walk.submission() if walk.go_on("consent") else None
        if step is not None and step.method == "POST":
            url = f"{step.url.partition('?')[0]}?{step.body.decode('ascii')}"
            walk.send(msgspec.structs.replace(step, method="GET", url=url, body=b""), wrong=True)
            walk.go_on()

    def _late(self, walk: Walk, at: str) -> None:
        """A while on every page, together longer than it may take."""
        age, late = self._others.age, False
        walk.open()
        while age is not None and (step := walk.submission()) is not None:
            for _, value in _hidden(walk.page):
                age(value, SLOW_STEP)
            walk.send(step, wrong=late)
            late = True

    # -- the order ---------------------------------------------------------------------------------

    def _ahead(self, walk: Walk, at: str) -> None:
        """Consent is given on the login page; then the person logs in."""
        consent = (self._legal or {}).get("consent")
        walk.open()
        if consent is None or not walk.go_on("login") or walk.page is None:
            return
        page, url = walk.page, walk.url
        now = dict(_hidden(page))
        body = urlencode([(name, now.get(name, value)) for name, value in _pairs(consent)]).encode()
        walk.send(msgspec.structs.replace(consent, body=body), wrong=True)
        if walk.kind != "login":  # back in the browser
            walk.visits.page, walk.url = page, url
        step = walk.submission()
        if step is not None:
            walk.send(step)  # a question that is asked now is not answered

    def _deep_link(self, walk: Walk, at: str) -> None:
        """What is filled in at the login stands in the address."""
        step = (self._legal or {}).get("login")
        if step is None:
            return
        fields = [(name, value) for name, value in _pairs(step) if name not in self._hidden]
        walk.open(f"&{urlencode(fields)}", wrong=True)
        walk.go_on("login")

    def _again(self, walk: Walk, at: str) -> None:
        """The answer is sent twice (a double click)."""
        walk.open()
        yes = walk.submission() if walk.go_on("consent") else None
        if yes is not None:
            kept = walk.visits.cookies.copy()
            walk.send(yes)
            walk.visits.cookies = kept
            walk.send(yes, wrong=True)

    def _reconsidered(self, walk: Walk, at: str) -> None:
        """No, then back in the browser, and yes."""
        walk.open()
        if walk.go_on("consent"):
            yes, no = walk.submission("yes"), walk.submission("no")
            if yes is not None and no is not None and yes != no:
                kept = walk.visits.cookies.copy()
                walk.send(no)
                walk.visits.cookies = kept
                walk.send(yes, wrong=True)

    # -- the answer --------------------------------------------------------------------------------

    def _chosen(self, walk: Walk, at: str) -> None:
        """Neither yes nor no: no button, one that is not there, or *no* in other letters.

        Only where yes and no are two values of one button: else the address may tell them apart.
        """
        walk.open()
        if not walk.go_on("consent"):
            return
        yes, no = walk.submission("yes"), walk.submission("no")
        if yes is None or no is None or (yes.url, yes.method) != (no.url, no.method):
            return
        only_yes = [pair for pair in _pairs(yes) if pair not in _pairs(no)]
        only_no = [pair for pair in _pairs(no) if pair not in _pairs(yes)]
        if len(only_yes) != 1 or len(only_no) != 1 or only_yes[0][0] != only_no[0][0]:
            return
        name, value = only_no[0]
        instead: Pairs = {
            "unknown-choice": [(name, "misschien")],
            "other-case": [(name, value.swapcase())],
        }.get(at, [])
        if instead == only_no:
            return
        pairs = [*(pair for pair in _pairs(no) if pair != only_no[0]), *instead]
        walk.send(msgspec.structs.replace(no, body=urlencode(pairs).encode()), wrong=True)

    def _unasked(self, walk: Walk, at: str) -> None:
        """Somebody else's consent without end date is there already; this question has to come still."""
        walk.open(wrong=True)
        walk.go_on("consent")

    # -- consents without end date -----------------------------------------------------------------

    def _consents(self, wrong: Wrong, note: dict[str, Any]) -> None:
        """The screen of consents: without login, or with the consent of another person."""
        if wrong == "consents-link":
            screen = self._make(TO_CODE).consents()
            step = (self._legal or {}).get("login")
            if screen is not None and step is not None:
                fields = [(name, value) for name, value in _pairs(step) if name not in self._hidden]
                screen.visits.cookies = login.Cookies()
                screen.visits.notes = {**note, "wrong": True}
                screen.visits.visit("GET", f"{screen.url}?{urlencode(fields)}", "consent", "refused")
            return
        flow, other = self._make(LONG), self._make(LONG_TO_CODE, person=self._others.person)
        flow.run()
        other.run()
        mine, theirs = flow.consents(), other.consents()
        if mine is None or theirs is None or not mine.forms or not theirs.forms:
            return
        theirs.visits.notes = {**note, "wrong": True}
        form = theirs.forms[0]
        for name, value in _hidden_of(mine.forms[0]):
            if dict(_hidden_of(form)).get(name, value) != value:
                theirs.press(form, {name: value})
        mine.visits.notes = note
        mine.open()


def _hidden_of(form: Form) -> Pairs:
    return [(item.name, item.value) for item in form.controls if item.kind == "hidden"]


def _hidden(page: Page | None) -> Pairs:
    """The hidden fields of a page."""
    return [pair for form in (page.forms if page is not None else ()) for pair in _hidden_of(form)]


def _pairs(step: Submission | None) -> Pairs:
    return parse_qsl(step.body.decode("ascii"), keep_blank_values=True) if step is not None else []
