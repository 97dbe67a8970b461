"""Resources in and out: XML and JSON bytes <-> one JSON-shaped dictionary; nothing is repaired silently.

::

    model = load_model("3.0.2")
    document = parse(data, model=model)              # format is found from the first character
    document.resource                                # {"resourceType": "Patient", …}; {} when fatal
    document.issues                                  # defects that the dictionary cannot show
    document.locate("Patient.name[0].given[1]")      # (line, column) in the source, on demand
    to_xml(document.resource, model); to_json(document.resource)

The dictionary is FHIR's JSON form: lists for repeating elements, ``_name`` for ids and extensions of
primitives (paired per item), narrative as a string. Numbers are ``int`` or ``Decimal`` (``9.20`` keeps its
zero), booleans ``bool``. A primitive in XML that is not what its type asks (``<active value="yes"/>``)
stays a string, so that the validator can report it.

Defects of the source are :class:`~harness.core.issues.Issue` with rule ids of
:mod:`harness.fhir.codec.defects`. ``parse`` never raises for bad content: a document that cannot be read at
all is ``fatal``, with the reason in ``issues``. Limits (:class:`Limits`) bound time and memory; DTDs,
entities and the network are never used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.core.errors import InputError
from harness.core.http.bounds import (
    MAX_ATTRIBUTES,
    MAX_ENTRIES,
    MAX_TEXT,
    MAX_VALUES,
    long_text,
    many_attributes,
    values_in,
)
from harness.core.issues import Issue
from harness.core.text import joined
from harness.fhir.codec.defects import RULES, defect
from harness.fhir.codec.errors import EncodeError
from harness.fhir.codec.json.read import read_json
from harness.fhir.codec.json.write import to_json
from harness.fhir.codec.positions import Positions, Step, json_positions, xml_positions
from harness.fhir.codec.xml.read import read_xml
from harness.fhir.codec.xml.write import to_xml
from harness.fhir.collector import paused
from harness.fhir.model.types import Model
from harness.fhir.phrases import ATTRIBUTES, BRACKET, CHARACTERS, ENTRIES, NODES, OF_ONE_TEXT, most

__all__ = [
    "MESSAGE_LIMITS",
    "Document",
    "EncodeError",
    "Format",
    "Limits",
    "parse",
    "read",
    "sniff",
    "to_json",
    "to_xml",
    "too_large",
    "unread",
]

Format = Literal["xml", "json"]


@dataclass(frozen=True)
class Limits:
    """What a reader accepts.

    :param size: bytes.
    :param depth: levels of nesting: elements in XML, objects and arrays in JSON (each level of a repeating
        element counts twice there, so JSON is given twice this number).
    :param nodes: elements in XML, values in JSON, counted roughly from the punctuation; bounds memory.
    :param entries: entries of a Bundle.
    :param text: characters of one text that is no base64.
    :param attributes: of one element in XML.
    """

    size: int = 64 * 1024 * 1024
    depth: int = 100
    nodes: int = 2_000_000
    entries: int = 2_000_000
    text: int = 64 * 1024 * 1024
    attributes: int = 2_000


DEFAULT_LIMITS = Limits()
MESSAGE_LIMITS = Limits(nodes=MAX_VALUES, entries=MAX_ENTRIES, text=MAX_TEXT, attributes=MAX_ATTRIBUTES)
"""What is read of the messages of a party: its size must not decide how long a run takes."""


@dataclass
class Document:
    """One parsed resource and its source.

    :ivar resource: the JSON-shaped resource; ``{}`` when ``fatal``.
    :ivar issues: defects of the source, in document order.
    :ivar format: ``xml`` or ``json``.
    :ivar fatal: nothing could be read; the reason is the last of ``issues``.
    :ivar source: the bytes that were parsed.
    :ivar dropped: what the source has and the dictionary cannot hold, without being wrong (severity
        ``information``).
    """

    resource: dict[str, Any]
    issues: list[Issue]
    format: Format
    fatal: bool
    source: bytes = field(repr=False)
    dropped: list[Issue] = field(default_factory=list)
    _positions: Positions | None = field(default=None, repr=False, compare=False)

    def locate(self, path: str | Iterable[Step]) -> tuple[int, int]:
        """1-based line and column of an element.

        :param path: FHIRPath location (``Bundle.entry[0].resource.value``), the JSON spelling
            (``valueQuantity``, ``_given[1].id``), or JSON steps (``("entry", 0, "resource")``).
        :returns: the place of the element or of its nearest ancestor that exists; ``(0, 0)`` when unknown.
        """
        if self._positions is None:
            scan = xml_positions if self.format == "xml" else json_positions
            self._positions = scan(self.source)
        return self._positions.locate(path)


def too_large(received: str, format: Format) -> Document:
    """The document of a message that is not kept, because it holds more than is looked at."""
    limits = MESSAGE_LIMITS
    expected = joined(
        most(ENTRIES, limits.entries),
        NODES.format(count=limits.nodes),
        OF_ONE_TEXT.format(count=limits.text),
        ATTRIBUTES.format(count=limits.attributes),
        f"{limits.size} bytes",
        separator=", ",
    )
    issue = defect("fhir-size", expected=expected, received=received)
    return Document({}, [issue], format, True, b"")


def unread(
    rule: str, format: Format, *, line: int = 0, column: int = 0, received: str = ""
) -> Document | None:
    """The document of a message that could not be read before it was masked.

    :returns: ``None`` when there is no such rule.
    """
    if rule not in RULES:
        return None
    wrong = defect(rule, line=line, column=column, received=received)
    return Document({}, [wrong], format, True, b"")


def sniff(data: bytes) -> Format | None:
    """``xml`` or ``json`` from the first character that is not white space; ``None`` when it is neither."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return "xml" if start == b"<" else "json" if start in (b"{", b"[") else None


def parse(
    data: bytes, *, model: Model, format: Format | None = None, limits: Limits = DEFAULT_LIMITS
) -> Document:
    """One resource from XML or JSON bytes; never raises for bad content, see :class:`Document`.

    :param data: the whole document, UTF-8.
    :param model: facts of the FHIR version to read it as.
    :param format: ``xml``, ``json``, or ``None`` to decide by the first character.
    :param limits: size and depth that are accepted.
    """
    found = format or sniff(data)

    def stop(issue: Issue) -> Document:
        return Document({}, [issue], found or "json", True, data)

    if len(data) > limits.size:
        return stop(defect("fhir-size", expected=f"<= {limits.size} bytes", received=f"{len(data)} bytes"))
    if found is None:
        excerpt = data[:40].decode("utf-8", "replace")
        return stop(defect("fhir-format", line=1, column=1, expected=BRACKET, received=excerpt))
    least = 2 * limits.nodes  # so many bytes take the marks of so many nodes
    if len(data) > least and (nodes := values_in(data, xml=found == "xml")) > limits.nodes:
        return stop(
            defect(
                "fhir-size",
                expected=most(NODES, limits.nodes),
                received=joined("~", NODES.format(count=nodes), separator=" "),
            )
        )
    if length := long_text(data, xml=found == "xml", most=limits.text):
        return stop(
            defect(
                "fhir-size",
                expected=most(OF_ONE_TEXT, limits.text),
                received=CHARACTERS.format(count=length),
            )
        )
    if found == "xml" and many_attributes(data, limits.attributes):
        return stop(defect("fhir-size", expected=most(ATTRIBUTES, limits.attributes)))
    with paused():
        if found == "xml":
            resource, issues, fatal = read_xml(data, model, max_depth=limits.depth)
        else:
            resource, issues, fatal = read_json(data, model, max_depth=2 * limits.depth)
    entries = resource.get("entry")
    if isinstance(entries, list) and len(entries) > limits.entries:
        return stop(
            defect(
                "fhir-size",
                expected=most(ENTRIES, limits.entries),
                received=ENTRIES.format(count=len(entries)),
            )
        )
    dropped = [issue for issue in issues if issue.severity == "information"]
    if dropped:
        issues = [issue for issue in issues if issue.severity != "information"]
    return Document(resource, issues, found, fatal, data, dropped)


def read(data: bytes, *, model: Model, format: Format | None = None, where: str = "") -> dict[str, Any]:
    """The resource in ``data``, for callers that cannot use a document with defects (fixtures, packages).

    :param where: file name or URL for the message.
    :raises InputError: for the first defect of severity error.
    """
    document = parse(data, model=model, format=format)
    for issue in document.issues:
        if issue.severity == "error":
            place = f"{where}:{issue.line}:{issue.column}" if issue.line else where
            raise InputError(issue.message, where=place, expected=issue.wanted, received=issue.seen)
    return document.resource
