"""Narrative: the xhtml of ``text.div`` is safe, limited and not empty (STU3 narrative.html, txt-1 and txt-2).

Only formatting elements and attributes are allowed; no scripts, forms, event attributes, frames, external
links to code, no DTD and no entities of its own.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

from lxml import etree

from harness.core.text import Text
from harness.fhir.parsers import xml_parser
from harness.fhir.phrases import (
    FORMATTING_ATTRIBUTES,
    FORMATTING_ELEMENTS,
    NO_BLOCK,
    NO_DTD,
    TEXT,
    UNICODE,
    WELL_FORMED,
)
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Run

XHTML = "http://www.w3.org/1999/xhtml"
_SPACE = " \t\r\n"
"""White space of XML; a no-break space is content."""
_PREFIX = f"{{{XHTML}}}"

ELEMENTS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "b",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "del",
        "kbd",
        "li",
        "map",
        "area",
        "ol",
        "p",
        "pre",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "ul",
        "var",
        "u",
        "s",
        "strike",
        "center",
        "font",
    ]
)
"""Elements of HTML 4 chapters 7-11 and 15, and ``a`` and ``img``."""

ATTRIBUTES = frozenset(
    [
        "abbr",
        "accesskey",
        "align",
        "alt",
        "axis",
        "bgcolor",
        "border",
        "cellhalign",
        "cellpadding",
        "cellspacing",
        "cellvalign",
        "char",
        "charoff",
        "charset",
        "cite",
        "class",
        "clear",
        "color",
        "colspan",
        "compact",
        "coords",
        "datetime",
        "dir",
        "face",
        "frame",
        "headers",
        "height",
        "href",
        "hreflang",
        "hspace",
        "id",
        "lang",
        "longdesc",
        "name",
        "nohref",
        "noshade",
        "nowrap",
        "rel",
        "rev",
        "rowspan",
        "rules",
        "scope",
        "shape",
        "size",
        "span",
        "src",
        "start",
        "style",
        "summary",
        "tabindex",
        "title",
        "type",
        "usemap",
        "valign",
        "value",
        "vspace",
        "width",
        "xmlns",
    ]
)
"""Attributes that only describe presentation or structure."""

BLOCKS = frozenset(
    [
        *("address", "blockquote", "div", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre"),
        *("table", "ul"),
    ]
)
"""Block elements: XHTML 1.0 allows none of them in a paragraph."""

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LINKS = ("href", "src")
_PARAGRAPH = _PREFIX + "p"
_PLAIN_TAGS = frozenset(_PREFIX + name for name in ELEMENTS)
_BLOCK_TAGS = frozenset(_PREFIX + name for name in BLOCKS)
_PLAIN_ATTRIBUTES = (ATTRIBUTES | {_XML_LANG}) - frozenset(_LINKS)
_SAFE_LINK = re.compile(
    r"(?i)\s*(?:https?:|mailto:|tel:|ftp:|urn:|cid:|data:(?:image/(?!svg)|application/pdf)|[#/.?]|[^:/?#]*(?:[/?#]|\Z))"
).match
_LONG = 8_000
_DOCUMENT = b";base64,"
_BASE64 = f"{string.ascii_letters}{string.digits}+/=".encode()
_NO_URL = re.compile(r'[\s{}|\\^`<>"]').search
"""Characters that no URI has (RFC 3986); white space around one does not count."""
_TEXTS = {
    "txt-1": Text(
        nl="de narrative bevat een element of attribuut dat niet mag",
        en="the narrative has an element or attribute that is not allowed",
    ),
    "txt-2": Text(nl="de narrative is leeg", en="the narrative is empty"),
}


def _shortened(data: bytes) -> bytes:
    """The narrative without most of the documents in its links: their letters mean nothing to XML, and it
    takes nearly all the time to read them."""
    pieces: list[bytes] = []
    last = at = 0
    while (at := data.find(_DOCUMENT, at)) >= 0 and (end := data.find(b'"', at)) >= 0:
        at = data.rfind(_DOCUMENT, at, end)  # what stands before the last one is no base64
        if end - at > _LONG and not data[at + len(_DOCUMENT) : end].translate(None, _BASE64):
            pieces.append(data[last : at + _LONG])
            last = end
        at = end
    return b"".join((*pieces, data[last:])) if pieces else data


def _attributes(node: etree._Element) -> Iterator[tuple[str, str]]:
    for key, content in node.attrib.items():
        yield str(key), content if isinstance(content, str) else content.decode("utf-8", "replace")


def check(value: Any, place: Place, run: Run) -> None:
    """Checks ``div`` of a Narrative."""
    div = value.get("div")
    if type(div) is not str:
        return
    at = (place, "div", -1, "div")
    try:
        data = div.encode()
    except UnicodeEncodeError:
        run.add("fhir-xhtml", at, expected=UNICODE, received=ascii(div[:80]))
        return
    if len(data) > _LONG:
        data = _shortened(data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        run.add("fhir-xhtml", at, expected=NO_DTD, received=div)
        return
    try:
        root = etree.fromstring(data, xml_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        run.add("fhir-xhtml", at, expected=WELL_FORMED, received=str(error))
        return
    if root.tag != _PREFIX + "div":
        run.add("fhir-xhtml", at, expected=f'<div xmlns="{XHTML}">', received=str(root.tag))
        return
    nodes = list(root.iter())
    if not _plain(nodes) and _wrong(nodes, at, run):
        return
    if not any(_fills(node) for node in nodes):
        run.add("txt-2", at, message=_TEXTS["txt-2"], expected=TEXT, received=div)


def _plain(nodes: list[etree._Element]) -> bool:
    """Whether there are only allowed elements and attributes, no links, and no blocks in paragraphs: most
    narratives, told by a look at what occurs at all."""
    if not _PLAIN_TAGS.issuperset([node.tag for node in nodes]):
        return False
    if not _PLAIN_ATTRIBUTES.issuperset([key for node in nodes for key in node.keys()]):  # noqa: SIM118
        return False
    return not any(
        inner.tag in _BLOCK_TAGS for p in nodes[0].iter(_PARAGRAPH) for inner in p.iterdescendants()
    )


def _fills(node: etree._Element) -> bool:
    """Whether a node shows something, or the text after it does; a comment or processing instruction itself
    does not."""
    if node.tail and node.tail.strip(_SPACE):
        return True
    return isinstance(node.tag, str) and (
        bool(node.text and node.text.strip(_SPACE)) or node.tag.removeprefix(_PREFIX) == "img"
    )


def _wrong(nodes: list[etree._Element], at: Place, run: Run) -> bool:
    """Reports the first element or attribute that is not allowed."""
    paragraphs = False
    for node in nodes:
        tag: Any = node.tag
        if not isinstance(tag, str):  # a comment or processing instruction
            continue
        name = tag.removeprefix(_PREFIX)
        if _wrong_element(node, name, paragraphs, at, run) or _wrong_attribute(node, name, at, run):
            return True
        paragraphs = paragraphs or name == "p"
    return False


def _wrong_element(node: etree._Element, name: str, paragraphs: bool, at: Place, run: Run) -> bool:
    """Reports an element that is not allowed, or not here.

    :param paragraphs: whether a paragraph came before.
    """
    if name not in ELEMENTS or not str(node.tag).startswith(_PREFIX):
        run.add("txt-1", at, message=_TEXTS["txt-1"], expected=FORMATTING_ELEMENTS, received=f"<{name}>")
        return True
    if paragraphs and name in BLOCKS and any(up.tag == _PARAGRAPH for up in node.iterancestors()):
        run.add("fhir-xhtml", at, expected=NO_BLOCK, received=f"<{name}>")
        return True
    return False


def _wrong_attribute(node: etree._Element, name: str, at: Place, run: Run) -> bool:
    """Reports an attribute that is not allowed, or a link that is unsafe or no URL."""
    for key, content in _attributes(node):
        if key not in ATTRIBUTES and key != _XML_LANG:
            run.add(
                "txt-1",
                at,
                message=_TEXTS["txt-1"],
                expected=FORMATTING_ATTRIBUTES,
                received=f"{name}@{key}",
            )
            return True
        if key in _LINKS:
            if not _SAFE_LINK(content[:2000]):
                run.add("fhir-xhtml", at, expected="http(s), mailto, tel, #id", received=content)
                return True
            if not content.startswith("data:") and _NO_URL(content.strip()):
                run.add("fhir-xhtml", at, expected="URL", received=content)
                return True
    return False
