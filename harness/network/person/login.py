"""The person's browser, headless: walks a DVZA's pages with a recipe, over plain HTTP.

A recipe says, per page, how to recognise it, what to fill in and what to press::

    name: Mijn DVZA
    steps:
      - page: landing                      # landing | login | consent | other
        match: {text: "U bent nu bij"}     # text, title, url (parts that must occur) or step (data-step)
        press: {label: "Verder"}           # a button by label, or by {name: value}
      - page: login
        match: {title: "Inloggen"}
        fill: {username: "{user}", password: "{password}"}
        press: {label: "Inloggen"}
      - page: consent
        match: {text: "toestemming"}
        check: {langdurig: "{long_term}"}  # a checkbox; empty or "no" leaves it off
        press: {yes: {label: "Ja"}, no: {label: "Nee"}}

``browser: true`` at the top walks the pages in Chromium (:mod:`harness.network.person.browser`).
``{placeholders}`` come from the person's ``values`` in the network file, plus ``{person}`` and
``{long_term}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.http.bounds import MAX_COOKIES
from harness.core.run.exchanges import header_values, media_type
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.medmij import pages
from harness.network.wire.client import Answer

MAX_HOPS: Final = 25
PageKind = Literal["landing", "login", "consent", "other"]


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a page is recognised; every given part must occur."""

    text: str = ""
    title: str = ""
    url: str = ""
    step: str = ""

    def fits(self, page: pages.Page, url: str) -> bool:
        """Whether the page is the one."""
        if self.step and page.step != self.step:
            return False
        return (
            self.text.lower() in page.text.lower()
            and self.title.lower() in page.title.lower()
            and self.url in url
        )


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do on one page. ``press`` is a button, or on consent pages buttons for ``yes`` and ``no``."""

    page: PageKind
    match: Match = Match()
    fill: dict[str, str] = {}
    check: dict[str, str] = {}
    press: dict[str, Any] = {}
    cancel: dict[str, Any] = {}
    form: str = ""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A login recipe.

    :ivar browser: walk the pages in Chromium instead of over plain HTTP (pages that need JavaScript).
    """

    name: str = ""
    browser: bool = False
    steps: tuple[Step, ...]


MOCK: Final = Recipe(
    name="mock",
    steps=(
        Step(
            page="landing",
            match=Match(step="landing"),
            press={"action": "continue"},
            cancel={"action": "cancel"},
        ),
        Step(
            page="login",
            match=Match(step="login"),
            fill={"person": "{person}"},
            press={"action": "login"},
            cancel={"action": "cancel"},
        ),
        Step(
            page="consent",
            match=Match(step="consent"),
            check={"long_term": "{long_term}"},
            press={"yes": {"action": "yes"}, "no": {"action": "no"}},
        ),
    ),
)
"""The recipe of our own DVZA twin's pages."""


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    :raises ConfigurationError: unknown key, wrong type, no steps.
    """
    document = load_yaml(path)
    try:
        recipe = msgspec.convert(document.data, Recipe)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            Text(nl="het inlogrecept klopt niet", en="the login recipe is wrong"),
            where=str(path),
            received=str(error),
            next_step=Text(
                nl="sleutels per stap: page, match, fill, check, press, cancel, form",
                en="keys per step: page, match, fill, check, press, cancel, form",
            ),
        ) from None
    if not recipe.steps:
        raise ConfigurationError(
            Text(nl="het inlogrecept heeft geen stappen", en="the login recipe has no steps"), where=str(path)
        )
    return recipe


class Cookies:
    """A small cookie jar: name and value per host; paths and domains are not needed for a login.

    :param planted: cookies that are there before anything is visited, by host.
    """

    def __init__(self, planted: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._jar: dict[str, dict[str, str]] = {host: dict(jar) for host, jar in (planted or {}).items()}

    def update(self, url: str, answer: Answer) -> None:
        """Take over what a response sets or removes."""
        host = urlsplit(url).hostname or ""
        for value in header_values(answer.headers, "set-cookie"):
            try:
                parsed: SimpleCookie = SimpleCookie(value)
            except CookieError:
                continue
            for name, morsel in parsed.items():
                jar = self._jar.setdefault(host, {})
                if morsel["max-age"] == "0" or not morsel.value:
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
                    if len(jar) > MAX_COOKIES:
                        del jar[next(iter(jar))]

    def copy(self) -> Cookies:
        """A browser with the same cookies."""
        return Cookies(self._jar)

    def of(self, url: str) -> dict[str, str]:
        """The cookies for a URL, by name."""
        return dict(self._jar.get(urlsplit(url).hostname or "", {}))

    def header(self, url: str) -> list[tuple[str, str]]:
        """The ``Cookie`` header for a URL, or nothing."""
        jar = self._jar.get(urlsplit(url).hostname or "", {})
        return [("Cookie", "; ".join(f"{name}={value}" for name, value in jar.items()))] if jar else []


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a page leads to."""

    method: str
    url: str
    body: bytes = b""
    page: PageKind = "other"

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Content headers of the submission."""
        return [("Content-Type", "application/x-www-form-urlencoded")] if self.method == "POST" else []


def read_page(answer: Answer, url: str) -> pages.Page | None:
    """The page of an answer, ``None`` when it is no HTML."""
    if "html" not in media_type(answer.headers):
        return None
    return pages.parse(answer.body, url)


def redirect_target(answer: Answer, url: str) -> str:
    """Absolute ``Location`` of a redirect, ``""`` when the answer is none."""
    if answer.status not in (301, 302, 303, 307, 308):
        return ""
    values = header_values(answer.headers, "location")
    return urljoin(url, values[0]) if values else ""


def page_facts(page: pages.Page, kind: str) -> dict[str, Any]:
    """What judges may know of a page: its kind, title, and the state of its controls."""
    return {
        "step": kind or page.step,
        "title": page.title[:200],
        "lang": page.lang,
        "controls": [
            {"name": item.name, "kind": item.kind, "checked": item.checked, "label": item.label[:200]}
            for form in page.forms[:5]
            for item in form.controls[:40]
            if item.kind != "hidden"
        ],
    }


def submission(
    recipe: Recipe, page: pages.Page, url: str, values: dict[str, str], answers: dict[str, str]
) -> Submission | None:
    """What the person does on a page; ``None`` when the recipe does not know it.

    :param values: placeholders.
    :param answers: ``consent``: yes or no; ``landing``: continue or cancel.
    """
    step = next((item for item in recipe.steps if item.match.fits(page, url)), None)
    if step is None:
        return None
    form = next((item for item in page.forms if not step.form or item.id == step.form), None)
    if form is None:
        return None
    wanted: dict[str, Any] = dict(step.press)
    if "yes" in wanted and isinstance(wanted["yes"], dict):
        wanted = dict(wanted[answers.get("consent", "yes")])
    if step.page == "landing" and answers.get("landing") == "cancel":
        wanted = dict(step.cancel)
    fill = {name: _filled(text, values) for name, text in step.fill.items()}
    check = {name: _filled(text, values) for name, text in step.check.items()}
    pairs: list[tuple[str, str]] = []
    for control in form.controls:
        if not control.name or control.kind in ("submit", "button", "reset", "image"):
            continue
        if control.name in fill:
            if control.kind in ("radio", "select") and control.value != fill[control.name]:
                continue
            pairs.append((control.name, fill[control.name]))
        elif control.kind == "checkbox":
            on = check.get(control.name, "yes" if control.checked else "no") not in ("", "no", "false")
            if on:
                pairs.append((control.name, control.value))
        elif control.kind in ("radio", "select"):
            if control.checked:
                pairs.append((control.name, control.value))
        else:
            pairs.append((control.name, control.value))
    pairs += _button(form, wanted)
    query = urlencode(pairs)
    if form.method == "POST":
        return Submission(method="POST", url=form.action or url, body=query.encode(), page=step.page)
    base = (form.action or url).partition("?")[0]
    return Submission(method="GET", url=f"{base}?{query}", page=step.page)


def kind_of(recipe: Recipe, page: pages.Page, url: str) -> str:
    """Which page of the recipe this is, ``""`` when none."""
    return next((item.page for item in recipe.steps if item.match.fits(page, url)), "")


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match.group(1), ""), text)


def _button(form: pages.Form, wanted: dict[str, Any]) -> list[tuple[str, str]]:
    label = str(wanted.get("label", ""))
    for control in form.controls:
        if control.kind not in ("submit", "button", "image"):
            continue
        if label and label.lower() in control.label.lower():
            return [(control.name, control.value)] if control.name else []
        if control.name and str(wanted.get(control.name, "\0")) == control.value:
            return [(control.name, control.value)]
    return []
