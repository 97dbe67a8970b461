"""The person's browser as a real one: Chromium through Playwright, for login pages that need JavaScript.

An optional extra (``pip install medmij-harness[browser]``), asked for with ``browser: true`` in a login
recipe. Chromium renders and runs the pages; every request that it makes is answered by the caller's own
client, so that connect map, trust, recording and redaction are those of every other request, and nothing
reaches the network past the recorder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.core.errors import ConfigurationError, HarnessError
from harness.core.text import Text
from harness.medmij import authorization, pages
from harness.network.person import login
from harness.network.wire.client import Answer

CHROMIUM_VARIABLE: Final = "HARNESS_CHROMIUM"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_TIMEOUT: Final = 20_000
"""Milliseconds that one step in the browser may take."""

Visit = Callable[[str, str, bytes, bool], Answer]
"""``(method, url, body, is_page) -> Answer``: the recorded request that stands behind one of the browser."""
Entered = Callable[[login.Step], None]
"""Told which step of the recipe is about to be done."""


def _chromium() -> str:
    path = os.environ.get(CHROMIUM_VARIABLE) or next(
        (found for name in _NAMES if (found := shutil.which(name))), ""
    )
    if not path:
        raise ConfigurationError(
            Text(nl="Chromium is niet gevonden", en="Chromium was not found"),
            where=CHROMIUM_VARIABLE,
            expected=", ".join(_NAMES),
            next_step=Text(
                nl="installeer Chromium of haal browser: true uit het recept",
                en="install Chromium, or take browser: true out of the recipe",
            ),
        )
    return path


def _playwright() -> Any:
    try:
        from playwright import sync_api
    except ImportError:
        raise ConfigurationError(
            Text(nl="Playwright is niet geïnstalleerd", en="Playwright is not installed"),
            where="browser: true",
            next_step=Text(
                nl="pip install 'medmij-harness[browser]', of haal browser: true uit het recept",
                en="pip install 'medmij-harness[browser]', or take browser: true out of the recipe",
            ),
        ) from None
    return sync_api


def walk(
    recipe: login.Recipe,
    start: str,
    redirect_uri: str,
    values: Mapping[str, str],
    answers: Mapping[str, str],
    *,
    visit: Visit,
    entered: Entered,
) -> str:
    """Walk the pages in Chromium until one leads back to the client.

    :param start: the authorization request.
    :param visit: answers the browser's requests; records them.
    :returns: the ``Location`` that leads back, ``""`` when the pages end elsewhere.
    :raises ConfigurationError: Playwright or Chromium is not there.
    :raises HarnessError: the browser itself failed.
    """
    sync_api = _playwright()
    session = _Session(redirect_uri, visit)
    try:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
            try:
                page = browser.new_context(locale="nl-NL").new_page()
                page.set_default_timeout(_TIMEOUT)
                page.route("**/*", session.answer)
                page.goto(start)
                for _ in range(login.MAX_HOPS):
                    if session.location or not _act(page, recipe, values, answers, entered):
                        break
                    page.wait_for_load_state("load")
            finally:
                browser.close()
    except sync_api.Error as error:
        if not session.location:
            raise HarnessError(
                Text(nl="de browser kwam niet verder", en="the browser could not go on"),
                where=start.partition("?")[0],
                received=str(error).splitlines()[0],
            ) from None
    return session.location


class _Session:
    """Answers the browser's requests through the caller's client and watches for the way back."""

    def __init__(self, redirect_uri: str, visit: Visit) -> None:
        self._redirect_uri = redirect_uri
        self._visit = visit
        self.location = ""

    def answer(self, route: Any) -> None:
        """Fulfil one request of the browser."""
        request = route.request
        if authorization.returns_to(request.url, self._redirect_uri):
            self.location = self.location or request.url
            route.fulfill(status=200, content_type="text/html", body="<title>PGO</title>")
            return
        page = request.is_navigation_request()
        answer = self._visit(request.method, request.url, request.post_data_buffer or b"", page)
        target = login.redirect_target(answer, request.url)
        if target and authorization.returns_to(target, self._redirect_uri):
            self.location = self.location or target
            route.fulfill(status=200, content_type="text/html", body="<title>PGO</title>")
        elif target:
            # A redirect that is fulfilled is followed without asking us again; a page that moves on is not.
            escaped = target.replace("&", "&amp;").replace('"', "&quot;")
            body = f'<meta http-equiv="refresh" content="0;url={escaped}">'
            route.fulfill(status=200, content_type="text/html", body=body)
        else:
            headers = {name: value for name, value in answer.headers if name.lower() not in _DROPPED}
            route.fulfill(status=answer.status or 502, headers=headers, body=answer.body)


_DROPPED: Final = ("content-length", "content-encoding", "transfer-encoding", "set-cookie", "connection")


def _act(
    page: Any,
    recipe: login.Recipe,
    values: Mapping[str, str],
    answers: Mapping[str, str],
    entered: Entered,
) -> bool:
    """Do what the recipe says on the page that is shown; ``False`` when it does not know the page."""
    page.wait_for_load_state("load")
    if 'http-equiv="refresh"' in page.content():
        page.wait_for_timeout(150)
        return True
    parsed = pages.parse(page.content().encode(), page.url)
    step = next((item for item in recipe.steps if parsed and item.match.fits(parsed, page.url)), None)
    if step is None:
        return False
    entered(step)
    scope = page.locator(f"form#{step.form}") if step.form else page
    for name, text in step.fill.items():
        _fill(scope.locator(f"[name='{name}']"), _filled(text, values))
    for name, text in step.check.items():
        on = _filled(text, values) not in ("", "no", "false")
        scope.locator(f"[name='{name}']").first.set_checked(on)
    wanted: dict[str, Any] = dict(step.press)
    if isinstance(wanted.get("yes"), dict):
        wanted = dict(wanted[answers.get("consent", "yes")])
    if step.page == "landing" and answers.get("landing") == "cancel":
        wanted = dict(step.cancel)
    _press(scope, wanted)
    return True


def _fill(control: Any, value: str) -> None:
    kind = control.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
    if kind == "radio":
        control.and_(control.page.locator(f"[value='{value}']")).check()
    elif kind == "select":
        control.first.select_option(value)
    else:
        control.first.fill(value)


def _press(scope: Any, wanted: dict[str, Any]) -> None:
    label = str(wanted.get("label", ""))
    if label:
        scope.get_by_role("button", name=re.compile(re.escape(label), re.IGNORECASE)).first.click()
        return
    for name, value in wanted.items():
        scope.locator(f"[name='{name}'][value='{value}']").first.click()


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match.group(1), ""), text)
