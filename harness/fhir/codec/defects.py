"""What a reader can find wrong with the bytes of a resource: rule ids and texts, one place.

Only defects that the JSON-shaped result cannot show stand here (order, repeats, attributes, duplicate keys,
syntax). Everything that is visible in the result (unknown JSON key, wrong value) is the validator's.
"""

from __future__ import annotations

from harness.core.issues import Issue, Severity, issue, shorten, shortened
from harness.core.text import Phrase, Text
from harness.fhir.codec.positions import Positions

RULES: dict[str, Text] = {
    "fhir-size": Text(
        nl="het document is te groot om te verwerken", en="the document is too large to be processed"
    ),
    "fhir-depth": Text(nl="het document is te diep genest", en="the document is nested too deeply"),
    "fhir-format": Text(nl="dit is geen FHIR-XML of -JSON", en="this is neither FHIR XML nor JSON"),
    "fhir-encoding": Text(nl="de tekst is geen geldige UTF-8", en="the text is not valid UTF-8"),
    "fhir-resource-type": Text(
        nl="'{name}' is geen resourcetype van deze FHIR-versie",
        en="'{name}' is not a resource type of this FHIR version",
    ),
    "fhir-xml-syntax": Text(nl="de XML is niet welgevormd", en="the XML is not well-formed"),
    "fhir-xml-doctype": Text(
        nl="een DOCTYPE (en dus entiteiten) is niet toegestaan",
        en="a DOCTYPE (and so entities) is not allowed",
    ),
    "fhir-xml-namespace": Text(
        nl="element '{name}' staat in de verkeerde namespace", en="element '{name}' is in the wrong namespace"
    ),
    "fhir-xml-unknown-element": Text(
        nl="element '{name}' bestaat hier niet", en="element '{name}' does not exist here"
    ),
    "fhir-xml-order": Text(
        nl="element '{name}' staat niet op de voorgeschreven plaats",
        en="element '{name}' is not in the prescribed position",
    ),
    "fhir-xml-repeated": Text(
        nl="element '{name}' mag maar één keer voorkomen", en="element '{name}' may occur only once"
    ),
    "fhir-xml-unknown-attribute": Text(
        nl="attribuut '{name}' bestaat hier niet", en="attribute '{name}' does not exist here"
    ),
    "fhir-xml-dropped": Text(
        nl="attribuut '{name}' is voor XML-gereedschap; FHIR kent het niet en JSON heeft het niet",
        en="attribute '{name}' is for XML tools; FHIR does not know it and JSON does not have it",
    ),
    "fhir-xml-text": Text(
        nl="tekst tussen de elementen is niet toegestaan", en="text between the elements is not allowed"
    ),
    "fhir-xml-empty": Text(
        nl="element '{name}' is leeg: geen waarde, geen inhoud",
        en="element '{name}' is empty: no value, no content",
    ),
    "fhir-xml-resource": Text(
        nl="element '{name}' moet precies één resource bevatten",
        en="element '{name}' must hold exactly one resource",
    ),
    "fhir-json-syntax": Text(nl="de JSON is ongeldig", en="the JSON is invalid"),
    "fhir-json-object": Text(
        nl="een resource is een JSON-object met 'resourceType'",
        en="a resource is a JSON object with 'resourceType'",
    ),
    "fhir-json-duplicate-key": Text(
        nl="sleutel '{name}' komt vaker voor in hetzelfde object",
        en="key '{name}' occurs more than once in the same object",
    ),
    "fhir-json-bom": Text(
        nl="JSON hoort niet met een byte order mark te beginnen",
        en="JSON should not start with a byte order mark",
    ),
}
"""Message per rule id; ``{name}`` is filled in with the element, attribute or key."""


WITHOUT_CONTENT = frozenset(
    {"fhir-size", "fhir-depth", "fhir-encoding", "fhir-json-syntax", "fhir-xml-doctype"}
)
"""Rules of which what was received is told in numbers and words of ours, never in those of the document."""


def defect(
    rule: str,
    *,
    name: str = "",
    path: str = "",
    line: int = 0,
    column: int = 0,
    expected: Phrase = "",
    received: Phrase = "",
    excerpt: str = "",
    severity: Severity = "error",
) -> Issue:
    """An issue of one of :data:`RULES`, its texts cut to size."""
    message = RULES[rule]
    if name:
        message = Text(
            nl=message.nl.replace("{name}", shorten(name, 80)),
            en=message.en.replace("{name}", shorten(name, 80)),
        )
    return issue(
        rule,
        message,
        severity=severity,
        path=path,
        line=line,
        column=column,
        expected=shortened(expected),
        received=received,
        excerpt=shorten(excerpt),
    )


def undecodable(data: bytes) -> Issue | None:
    """The defect of bytes that are no UTF-8: where the first one is."""
    if data.isascii():
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = Positions(None, xml=False, text=data).line_of(error.start)
        received = f"0x{data[error.start]:02X}, byte {error.start}"
        return defect("fhir-encoding", line=line, column=column, expected="UTF-8", received=received)
    return None
