"""Judges of JSON and XML: the format that was asked for, readable, and the same in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.http.media import Media, parse_media
from harness.core.issues import shorten
from harness.core.run.exchanges import header, media_type
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.every_standard.answers import OFFENDERS, own, searches
from harness.judge.every_standard.paging.chains import Chain, chains
from harness.judge.phrases import NO_CONTENT_TYPE
from harness.judge.registry import judge_every
from harness.judge.view import FHIR_JSON, FHIR_XML, CellView, body_format

NOT_IN: Final = Text(nl="niet in {side}", en="not in {side}")
EXACT: Final = (
    "application/fhir+json",
    "application/fhir+xml",
    "application/json+fhir",
    "application/xml+fhir",
)
"""What FHIR calls its formats; the last two are those of older releases, which are accepted."""
STU3: Final = ("3.0", "3.0.2", "3.0.1")
"""Values of ``fhirVersion`` that mean STU3."""
UTF8: Final = ("utf-8", "utf8")


@judge_every("GEN-019")
def asked_format(view: CellView) -> Iterator[Finding]:
    """JSON when JSON was asked for, XML when XML was; a media type that only nearly says so is a remark.

    What FHIR calls the formats, which version and which characters are marked C: never a failure.
    """
    requirement = own(view, "GEN-019")
    for answer in searches(view, pages=True):
        if not answer.answered or answer.format == "native" or answer.exchange.response is None:
            continue
        kind = media_type(answer.exchange.response.headers)
        if body_format(kind) == answer.format:
            stated = header(answer.exchange.response.headers, "content-type") or ""
            for expected, received in _inexact(parse_media(stated), answer.format):
                yield view.warn(
                    requirement,
                    exchange=answer.exchange,
                    path="Content-Type",
                    expected=expected,
                    received=received,
                )
            yield view.ok(requirement, answer.exchange, received=kind)
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Content-Type",
                expected=FHIR_JSON[0] if answer.format == "json" else FHIR_XML[0],
                received=kind or NO_CONTENT_TYPE,
            )


def _inexact(media: Media | None, form: str) -> Iterator[tuple[str, str]]:
    """What a media type of the right format should say, and what it says."""
    if media is None:
        return
    if media.name not in EXACT:
        yield FHIR_JSON[0] if form == "json" else FHIR_XML[0], media.name
    version = media.parameters.get("fhirversion", STU3[0])
    if version not in STU3:
        yield f"fhirVersion={STU3[0]}", f"fhirVersion={version}"
    charset = media.parameters.get("charset", UTF8[0]).lower()
    if charset not in UTF8:
        yield f"charset={UTF8[0]}", f"charset={charset}"


@judge_every("GEN-020")
def readable(view: CellView) -> Iterator[Finding]:
    """The body can be read as FHIR, without defects of syntax or unknown elements; a BOM is a remark."""
    requirement = own(view, "GEN-020")
    for answer in searches(view, pages=True):
        if not answer.answered or answer.document is None:
            continue
        defects = [issue for issue in answer.document.issues if issue.severity == "error"]
        if not defects:
            yield view.ok(requirement, answer.exchange, mode="codec")
        remarks = [issue for issue in answer.document.issues if issue.severity == "warning"]
        for issue in [*defects, *remarks][:OFFENDERS]:
            yield (view.fail if issue.severity == "error" else view.warn)(
                requirement,
                exchange=answer.exchange,
                path=issue.path,
                line=issue.line,
                column=issue.column,
                expected=issue.wanted,
                received=issue.seen or issue.message,
                next_step=issue.message,
                rule=issue.rule,
                mode="codec",
            )


@judge_every("GEN-021")
def same_in_both_formats(view: CellView) -> Iterator[Finding]:
    """The JSON and the XML answer of one search hold the same resources."""
    requirement = own(view, "GEN-021")
    by_operation: dict[str, dict[str, Chain]] = {}
    for chain in chains(view):
        by_operation.setdefault(chain.first.query.operation, {})[chain.first.format] = chain
    pairs = [both for both in by_operation.values() if {"json", "xml"} <= both.keys()]
    if by_operation and not pairs:
        yield view.not_tested(
            requirement,
            Text(nl="de PGO vroeg maar één formaat", en="the PGO asked for one format only"),
        )
    for both in pairs:
        in_json, in_xml = (_identities(both[name]) for name in ("json", "xml"))
        cut = next((one for one in both.values() if not one.whole), None)
        if in_json == in_xml:
            yield view.ok(requirement, both["xml"].first.exchange)
        elif cut is not None:
            yield view.inconclusive(requirement, cut.unseen, exchange=cut.first.exchange)
        elif any(_ids_masked(chain) for chain in both.values()):
            yield view.masked(requirement, both["xml"].first.exchange, "Bundle.entry")
        else:
            missing = sorted(in_json - in_xml) or sorted(in_xml - in_json)
            side = "XML" if in_json - in_xml else "JSON"
            yield view.fail(
                requirement,
                exchange=both["xml"].first.exchange,
                expected=shorten(", ".join(missing)),
                received=NOT_IN.format(side=side),
            )


def _identities(chain: Chain) -> set[str]:
    return {
        f"{item.get('resourceType')}/{item.get('id')}"
        for answer in chain.answers
        for _, item in answer.resources
    }


def _ids_masked(chain: Chain) -> bool:
    return any(answer.masks.hides("Bundle.entry.resource.id") for answer in chain.answers)
