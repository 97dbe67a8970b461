"""Reading the pages of a DVZA: title, visible text, forms and their controls.

A headless PGO driver fills the forms; judges read the consent page. The HTML is a stranger's: it is parsed
without network, entities or scripts, within size limits.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urljoin

import msgspec
from lxml import etree, html

MAX_PAGE: Final = 2_000_000
MAX_CONTROLS: Final = 500


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One form control.

    :ivar kind: ``text``, ``checkbox``, ``radio``, ``submit``, ``hidden``, ``select`` … (lower case).
    :ivar checked: for checkbox and radio; for an option of a select whether it is preselected.
    :ivar label: text of its label, or of the button.
    """

    name: str
    kind: str
    value: str = ""
    checked: bool = False
    label: str = ""
    id: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form with its absolute action URL and method (upper case)."""

    action: str
    method: str
    controls: tuple[Control, ...]
    id: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a person sees and can do.

    :ivar text: visible text with single spaces.
    :ivar step: value of ``data-step`` on body or main, when the page names its step; else ``""``.
    :ivar links: absolute targets of links with their text.
    """

    title: str
    text: str
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...] = ()
    lang: str = ""
    step: str = ""


def parse(body: bytes, base_url: str = "") -> Page | None:
    """Parse a page; ``None`` when it is too large or no HTML at all."""
    if not body.strip() or len(body) > MAX_PAGE:
        return None
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        root: Any = html.document_fromstring(body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    for element in root.xpath("//script|//style|//template|//noscript"):
        element.drop_tree()
    marked = root.xpath("//*[@data-step]/@data-step")
    links = tuple(
        (_absolute(base_url, anchor.get("href", "")), _squeeze(anchor.text_content()))
        for anchor in root.xpath("//a[@href]")[:MAX_CONTROLS]
    )
    return Page(
        title=_squeeze(" ".join(root.xpath("//title//text()"))),
        text=_squeeze(" ".join(_visible(root))),
        forms=tuple(_form(form, root, base_url) for form in root.xpath("//form")[:50]),
        links=links,
        lang=root.get("lang", ""),
        step=str(marked[0]) if marked else "",
    )


def _visible(root: Any) -> list[str]:
    return [str(text) for text in root.xpath("//body//text()[not(ancestor::*[@hidden])]")]


def _absolute(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _label(control: Any, root: Any) -> str:
    if control.get("aria-label"):
        return _squeeze(control.get("aria-label"))
    if control.get("id"):
        for label in root.iter("label"):
            if label.get("for") == control.get("id"):
                return _squeeze(label.text_content())
    parent = control.getparent()
    while parent is not None:
        if parent.tag == "label":
            return _squeeze(parent.text_content())
        parent = parent.getparent()
    return ""


def _form(form: Any, root: Any, base: str) -> Form:
    controls = []
    for element in form.xpath(".//input|.//button|.//select|.//textarea")[:MAX_CONTROLS]:
        name = element.get("name", "")
        identity = element.get("id", "")
        label = _label(element, root)
        if element.tag == "select":
            for option in element.xpath(".//option"):
                controls.append(
                    Control(
                        name=name,
                        kind="select",
                        value=option.get("value", _squeeze(option.text_content())),
                        checked=option.get("selected") is not None,
                        label=_squeeze(option.text_content()),
                        id=identity,
                    )
                )
            continue
        default = {"button": "submit", "textarea": "textarea"}.get(element.tag, "text")
        kind = element.get("type", default).lower()
        value = element.get("value", "on" if kind in ("checkbox", "radio") else "")
        if element.tag == "button":
            label = label or _squeeze(element.text_content())
        elif kind == "submit":
            label = label or value
        elif element.tag == "textarea":
            value = element.text or ""
        controls.append(
            Control(
                name=name,
                kind=kind,
                value=value,
                checked=element.get("checked") is not None,
                label=label,
                id=identity,
            )
        )
    return Form(
        action=_absolute(base, form.get("action", "")),
        method=form.get("method", "get").upper(),
        controls=tuple(controls),
        id=form.get("id", ""),
    )
