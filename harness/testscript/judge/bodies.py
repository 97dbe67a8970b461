"""Bodies of requests, responses and fixtures: parsed once, asked many times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lxml import etree

from harness.core.errors import HarnessError
from harness.core.http.media import parse_media
from harness.core.issues import Issue, shorten, shortened
from harness.core.text import Phrase, Text, Told, joined
from harness.fhir import fhirpath
from harness.fhir.codec import documents as codec
from harness.fhir.codec.media import format_of
from harness.fhir.codec.numbers import number_text
from harness.fhir.model.types import Model
from harness.fhir.phrases import UNKNOWN_TYPE
from harness.testscript.phrases import (
    EXPECTED,
    IN_LINE,
    NO_BODY,
    NO_RESOURCE,
    NO_TYPE,
    NOT_FHIR,
    RECEIVED,
    UNKNOWN_CONTENT,
)
from harness.testscript.read.errors import ScriptError

DIALECT = "hapi"
_NO_SUCH_TYPE = UNKNOWN_TYPE.en.removesuffix("{name}")


@dataclass
class Body:
    """Content of one message, parsed as FHIR when it is FHIR.

    :ivar data: the bytes as sent or received.
    :ivar form: ``json``, ``xml`` or ``""`` when it is no FHIR content.
    :ivar resource: the resource, ``None`` when there is none or it cannot be parsed.
    :ivar problem: why there is no resource, in one line; ``""`` when there is one.
    :ivar issues: defects that the parser found.
    """

    data: bytes
    model: Model
    form: str = ""
    resource: dict[str, Any] | None = None
    problem: Phrase = ""
    issues: tuple[Issue, ...] = ()
    document: codec.Document | None = None
    _context: fhirpath.DocumentContext | None = field(default=None, repr=False)
    _root: Any = field(default=None, repr=False)

    @property
    def type(self) -> str:
        """Resource type, ``""`` when there is no resource."""
        return str(self.resource.get("resourceType", "")) if self.resource else ""

    @property
    def context(self) -> fhirpath.DocumentContext:
        """The body prepared for FHIRPath."""
        if self._context is None:
            self._context = fhirpath.DocumentContext(self.resource, model=self.model)
        return self._context

    def evaluate(self, expression: str, now: datetime | date | None = None) -> list[Any]:
        """Result of a FHIRPath expression on this body.

        :param now: what ``now()`` and ``today()`` say.
        :raises ScriptError: a text that is no valid expression, whatever it is evaluated on.
        :raises FHIRPathError: an expression that cannot be evaluated here.
        """
        return compiled(expression, self.model).evaluate(self.context, now=now)

    def select(self, path: str) -> list[str]:
        """Texts that an XPath on the XML form of this body finds (``fhir:Patient/fhir:id``); of an element
        its ``value``.

        :raises ScriptError: a text that is no valid XPath.
        :raises FHIRPathUnsupportedError: JSONPath.
        """
        if path.startswith("$"):
            raise fhirpath.FHIRPathUnsupportedError(
                "JSONPath wordt niet ondersteund", "JSONPath is not supported"
            )
        if self._root is None:
            data = self.data if self.form == "xml" else codec.to_xml(self.resource or {}, self.model)
            self._root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        return select(self._root, path)


MAX_PATH = 2_000
_NAMESPACES = {
    "fhir": "http://hl7.org/fhir",
    "f": "http://hl7.org/fhir",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:/@?[A-Za-z][A-Za-z0-9]*)*", re.ASCII)


def select(root: Any, path: str) -> list[str]:
    """Texts that an XPath finds below the document of ``root``; a path without prefixes means FHIR names.

    :raises ScriptError: a text that is no valid XPath.
    """
    if _BARE.fullmatch(path):
        path = "/".join(part if part.startswith("@") else f"fhir:{part}" for part in path.split("/"))
    try:
        if len(path) > MAX_PATH:
            raise etree.XPathSyntaxError("too long")
        found = root.getroottree().xpath(
            path if path.startswith(("/", "(")) or "(" in path else f"//{path}", namespaces=_NAMESPACES
        )
    except etree.XPathError as error:
        raise ScriptError(
            Text(nl="geen geldige XPath-expressie", en="not a valid XPath expression"),
            expected="XPath 1.0",
            received=f"{path}: {error}",
        ) from None
    items = found if isinstance(found, list) else [found]
    return [_xpath_text(item) for item in items]


def _xpath_text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else str(item)
    if isinstance(item, etree._Element):
        return item.get("value") or "".join(str(text) for text in item.itertext()).strip()
    return str(item)


@lru_cache(maxsize=20_000)
def compiled(expression: str, model: Model) -> fhirpath.Expression:
    """A compiled expression (errors are not cached).

    :raises ScriptError: wrong syntax, an unknown function or a wrong number of arguments, which the engines
        that scripts are written for refuse before they evaluate anything.
    """
    try:
        found = fhirpath.compile(expression, model=model, dialect=DIALECT)
    except fhirpath.FHIRPathSyntaxError as error:
        raise _invalid(error.message, error.wanted, error.seen) from None
    odd = next((text for text in found.warnings if not text.en.startswith(_NO_SUCH_TYPE)), None)
    if odd is not None:
        message = Text(nl="geen geldige FHIRPath-expressie", en="not a valid FHIRPath expression")
        raise _invalid(message, "", odd)
    return found


def _invalid(message: Text, expected: Phrase, received: Phrase) -> ScriptError:
    return ScriptError(
        message,
        expected=expected,
        received=received,
        next_step=Text(
            nl="de expressie in het script is ongeldig; meld dit bij de uitgever van het script",
            en="the expression in the script is invalid; report it to the publisher of the script",
        ),
    )


def plain(value: Any) -> Any:
    """JSON value of a FHIRPath result item."""
    return value.value if isinstance(value, fhirpath.Node) else value


def as_text(value: Any) -> str:
    """String form of a FHIRPath result item, as asserts compare it."""
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, (dict, list)):
        return (
            shorten(codec.to_json(value).decode("utf-8", "replace"))
            if isinstance(value, dict)
            else str(value)
        )
    return "" if value is None else str(value)


def body_of(data: bytes, content_type: str, model: Model) -> Body:
    """The body of a message.

    :param content_type: header value; without one the first character decides.
    """
    media = parse_media(content_type) if content_type else None
    form = format_of(media.name) if media else codec.sniff(data) or ""
    if not data:
        return Body(data, model, problem=NO_BODY)
    if not form:
        name = media.name if media else UNKNOWN_CONTENT
        return Body(data, model, problem=NOT_FHIR.format(name=name, found=excerpt(data)))
    return parsed(data, form, model)


def parsed(data: bytes, form: str, model: Model) -> Body:
    """A body that is said to be JSON or XML."""
    document = codec.parse(data, format="json" if form == "json" else "xml", model=model)
    resource = document.resource if not document.fatal and "resourceType" in document.resource else None
    problem: Phrase = ""
    if resource is None:
        worst = next((issue for issue in document.issues if issue.severity == "error"), None)
        reason = worst.message if worst else NO_TYPE
        if worst and worst.line:
            reason = IN_LINE.format(reason=reason, line=worst.line, column=worst.column)
        problem = NO_RESOURCE.format(reason=reason, found=excerpt(data))
    return Body(data, model, form, resource, problem, tuple(document.issues), document)


def excerpt(data: bytes) -> str:
    """The beginning of a body for people."""
    return shorten(data[:120].decode("utf-8", "replace").strip(), 120)


def error_text(error: HarnessError) -> Phrase:
    """Message of an error with what was expected and received, on one line."""
    return shortened(joined(error.message, *expected_and_received(error), separator="; "))


def expected_and_received(told: Told) -> Iterator[Text]:
    """What of both there is, with its name before it."""
    if told.expected:
        yield EXPECTED.format(what=told.wanted)
    if told.received:
        yield RECEIVED.format(what=told.seen)
