"""Judge of what every Bundle holds. The official checks are data: what decides, and what finds the places.

``decides`` is the expression of the official assert (a fact of the scripts); ``offends`` selects the elements
that break it, for line and column. Both are evaluated in the dialect of the official engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.run.exchanges import Exchange, Fact
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, joined
from harness.judge.every_standard.answers import OFFENDERS, Answer, own, place, searchsets, select, show, true
from harness.judge.masks import MAIN_FLOWS, proven
from harness.judge.phrases import A_BSN
from harness.judge.registry import judge_every
from harness.judge.view import CellView

OID = r"^urn:oid:[0-2](\\.(0|[1-9]\\d*))*$"
UUID = r"^urn:uuid:[A-Fa-f\\d]{8}-[A-Fa-f\\d]{4}-[A-Fa-f\\d]{4}-[A-Fa-f\\d]{4}-[A-Fa-f\\d]{12}$"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NULL_FLAVOR = "http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor"
_WITH_BSN = Text(nl="identifier met een BSN als waarde", en="identifier with a BSN value")
BODY = "response.body"
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
ZIB_VALUE_SETS = "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2"


@dataclass(frozen=True)
class BundleRule:
    """One check of every Bundle.

    :ivar number: topic and number of the requirement.
    :ivar decides: expression that is true when the check holds.
    :ivar offends: expression that selects the elements that break it.
    :ivar expected: what is right, for the finding.
    :ivar advice: what to do, for the finding.
    :ivar beside: the element beside the place that decides too.
    """

    number: str
    decides: str
    offends: str
    expected: Phrase
    advice: Text
    beside: str = ""


_TEMPORARY = f"fullUrl.matches('{OID}') or fullUrl.matches('{UUID}')"
_ABSOLUTE = f"startsWith('http://') or startsWith('https://') or matches('{OID}') or matches('{UUID}')"

_SHOWN = (
    f"display.exists() or extension.where(url = '{ABSENT}').exists() "
    f"or extension.where(url = '{NULL_FLAVOR}').exists()"
)

RULES: tuple[BundleRule, ...] = (
    BundleRule(
        "GEN-003",
        f"Bundle.entry.all({_TEMPORARY} or resource.id.exists())",
        f"Bundle.entry.where(({_TEMPORARY} or resource.id.exists()).not()).resource",
        "resource.id",
        Text(nl="Geef elke resource een id.", en="Give every resource an id."),
    ),
    BundleRule(
        "GEN-004",
        "Bundle.entry.resource.where(is(OperationOutcome).not()).where(is(Binary).not())"
        ".where(meta.profile.empty()).empty()",
        "Bundle.entry.resource.where(is(OperationOutcome).not()).where(is(Binary).not())"
        ".where(meta.profile.empty())",
        "meta.profile",
        Text(
            nl="Noem in meta.profile het profiel van de resource, ook bij meegeleverde resources.",
            en="State the profile of the resource in meta.profile, in included resources too.",
        ),
    ),
    BundleRule(
        "GEN-005",
        "Bundle.entry.where(fullUrl.exists() and resource.id.exists()).all(fullUrl.endsWith(resource.id))",
        "Bundle.entry.where(fullUrl.exists() and resource.id.exists())"
        ".where(fullUrl.endsWith(resource.id).not()).fullUrl",
        "fullUrl = …/<resource.id>",
        Text(
            nl="Maak fullUrl en de id van de resource gelijk, of laat fullUrl weg.",
            en="Make fullUrl and the id of the resource agree, or leave fullUrl out.",
        ),
        beside="resource.id",
    ),
    BundleRule(
        "GEN-006",
        f"Bundle.entry.fullUrl.all({_ABSOLUTE})",
        f"Bundle.entry.fullUrl.where(({_ABSOLUTE}).not())",
        "https://… | urn:uuid:… | urn:oid:…",
        Text(
            nl="Schrijf fullUrl als absolute URL (of laat het weg); een relatief pad mag niet.",
            en="Write fullUrl as an absolute URL (or leave it out); a relative path is not allowed.",
        ),
    ),
    BundleRule(
        "GEN-007",
        "Bundle.descendants().where($this.is(Coding)).all(system.exists() and code.exists())",
        "Bundle.descendants().where($this.is(Coding)).where((system.exists() and code.exists()).not())",
        "Coding.system + Coding.code",
        Text(
            nl="Vul system en code, ook in extensies, meta en contained resources.",
            en="Fill system and code, also in extensions, meta and contained resources.",
        ),
    ),
    BundleRule(
        "GEN-008",
        f"Bundle.descendants().where($this.is(Coding)).where(system.startsWith('{ZIB_VALUE_SETS}')).empty()",
        f"Bundle.descendants().where($this.is(Coding)).where(system.startsWith('{ZIB_VALUE_SETS}'))",
        Text(
            nl="Coding.system = codestelsel, geen waardelijst",
            en="Coding.system = code system, not a value set",
        ),
        Text(
            nl="Gebruik het codestelsel waar de code uit komt, niet de OID van de waardelijst.",
            en="Use the code system that the code comes from, not the OID of the value set.",
        ),
    ),
    BundleRule(
        "GEN-009",
        "Bundle.descendants().where($this.is(CodeableConcept))"
        ".all(coding.display.exists() or text.exists() or extension.exists())",
        "Bundle.descendants().where($this.is(CodeableConcept))"
        ".where((coding.display.exists() or text.exists() or extension.exists()).not())",
        "coding.display | text",
        Text(
            nl="Geef de code een display of een tekst, zodat een mens hem kan lezen.",
            en="Give the code a display or a text, so that a person can read it.",
        ),
    ),
    BundleRule(
        "GEN-010",
        f"Bundle.descendants().where($this.is(Reference)).all({_SHOWN})",
        f"Bundle.descendants().where($this.is(Reference)).where(({_SHOWN}).not())",
        "Reference.display",
        Text(nl="Geef elke verwijzing een display.", en="Give every reference a display."),
    ),
    BundleRule(
        "GEN-011",
        "Bundle.descendants().where($this.is(Identifier))"
        ".all((system.exists() or type.exists()) and value.exists())",
        "Bundle.descendants().where($this.is(Identifier))"
        ".where(((system.exists() or type.exists()) and value.exists()).not())",
        Text(
            nl="Identifier.system (of type) + Identifier.value",
            en="Identifier.system (or type) + Identifier.value",
        ),
        Text(
            nl="Vul system (of type) en value; een gemaskeerde waarde heeft een data-absent-reason.",
            en="Fill system (or type) and value; a masked value has a data-absent-reason.",
        ),
    ),
    BundleRule(
        "GEN-012",
        f"Bundle.descendants().select(identifier.where(system = '{BSN}')"
        ".where(value.empty().not() and value.extension.exists().not())).count() = 0",
        f"Bundle.descendants().where($this.is(Identifier)).where(system = '{BSN}')"
        ".where(value.empty().not() and value.extension.exists().not())",
        Text(
            nl="geen BSN als waarde (data-absent-reason masked)",
            en="no BSN value (data-absent-reason masked)",
        ),
        Text(
            nl="Het BSN mag het PGO niet bereiken: vervang de waarde door data-absent-reason 'masked'.",
            en="The BSN may not reach the PGO: replace the value by data-absent-reason 'masked'.",
        ),
    ),
)
"""Checks 4-7 and 9-14 of the official list (8 is profile validation, see GEN-018)."""

FOR_WRITES = tuple(rule for rule in RULES if rule.number != "GEN-008")
"""Checks that also hold for a Bundle that is sent and for its response."""


def check_bundle(view: CellView, answer: Answer, rule: BundleRule, requirement_id: str) -> Iterator[Finding]:
    """Findings of one rule on one Bundle: one pass, or one per place that breaks it (at most five)."""
    context = answer.context
    if true(rule.decides, context):
        yield view.ok(requirement_id, answer.exchange, mode="fhirpath:hapi")
        return
    offenders = select(rule.offends, context)[:OFFENDERS] or [None]
    for item in offenders:
        path = place(item) or "Bundle"
        if rule.beside and answer.masks.hides(f"{path.rpartition('.')[0]}.{rule.beside}"):
            yield view.masked(requirement_id, answer.exchange, path)
            continue
        line, column = answer.line(path)
        yield view.fail(
            requirement_id,
            exchange=answer.exchange,
            path=path,
            line=line,
            column=column,
            expected=rule.expected,
            received=_received(rule, item),
            next_step=rule.advice,
            mode="fhirpath:hapi",
        )


def _received(rule: BundleRule, item: object) -> Phrase:
    if item is None:
        return ""
    return _WITH_BSN if rule.number == "GEN-012" else show(item)


@judge_every(*(rule.number for rule in RULES))
def bundle_checks(view: CellView) -> Iterator[Finding]:
    """The official checks of every Bundle that has entries: an empty one shows nothing."""
    for answer in searchsets(view):
        if not answer.entries:
            continue
        for rule in RULES:
            numbers = _in_entries(answer.exchange) if rule.number == "GEN-012" else []
            if numbers:
                yield from _numbers(view, answer, rule, numbers)
            else:
                yield from check_bundle(view, answer, rule, own(view, rule.number))
    yield from _elsewhere(view, next(rule for rule in RULES if rule.number == "GEN-012"))


def _numbers(view: CellView, answer: Answer, rule: BundleRule, numbers: list[Fact]) -> Iterator[Finding]:
    """BSNs anywhere in a searchset, as the recorder saw them: in text, in an id, escaped, in coded words.

    Those in links are for GEN-015; in a document that is attached, see :func:`_elsewhere`.
    """
    worst_first = sorted(numbers, key=lambda found: _in_letter(view, found))
    for found in worst_first[:OFFENDERS]:
        path = found.place.partition(":")[2]
        line, column = answer.line(path)
        yield (view.warn if _in_letter(view, found) else view.fail)(
            own(view, rule.number),
            exchange=answer.exchange,
            path=path or "body",
            line=line,
            column=column,
            expected=rule.expected,
            received=_a_bsn(found),
            next_step=rule.advice,
        )


def _elsewhere(view: CellView, rule: BundleRule) -> Iterator[Finding]:
    """BSNs in what is no searchset: in an error, in a resource that was read, in a document.

    The person's own number in the text of a letter is a remark: no source says that letters are rewritten.
    """
    sets = {answer.exchange.id for answer in searchsets(view) if answer.entries}
    for exchange in view.exchanges:
        if exchange.interface not in ("resource", "document") or exchange.flow not in MAIN_FLOWS:
            continue
        for found in () if exchange.id in sets else _in_entries(exchange):
            yield (view.warn if _in_letter(view, found) else view.fail)(
                own(view, rule.number),
                exchange=exchange,
                path=found.place.partition(":")[2] or "body",
                expected=rule.expected,
                received=_a_bsn(found),
                next_step=rule.advice,
            )


def _in_entries(exchange: Exchange) -> list[Fact]:
    """The numbers in a body but those in the links of a searchset."""
    return [
        fact
        for fact in proven(exchange.facts, BODY)
        if not fact.place.partition(":")[2].startswith("Bundle.link")
    ]


def _in_letter(view: CellView, found: Fact) -> bool:
    """Whether it is the person's own number in a PDF."""
    return "pdf" in found.ways and found.owner in ("", view.person)


def _a_bsn(found: Fact) -> Phrase:
    return joined(A_BSN, f"({' > '.join(found.ways)})" if found.ways else "", separator=" ")
