"""What the recorder of a run looks with: texts of PDFs, and what the records say that stays inside."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache, cached_property
from typing import Any, Final, Literal

import msgspec

from harness.core.data import data_path
from harness.fhir.codec.defects import WITHOUT_CONTENT
from harness.fhir.codec.documents import MESSAGE_LIMITS, parse
from harness.fhir.codec.media import format_of
from harness.fhir.model.types import load_model
from harness.network.file import Network
from harness.network.person.familiar import familiar
from harness.network.person.records import network_records
from harness.network.person.words import FHIR_VERSIONS, protocol_words, vocabulary
from harness.pdfa import Violation, check
from harness.pdfa.advice import tool_of, tools
from harness.pdfa.text import text_of, texts_of
from harness.record import Looking
from harness.record.redact.holding.groups import DATA, NOT_TEXTS, SUMS
from harness.record.redact.holding.held import Held, held_by
from harness.record.redact.people.digits import candidates
from harness.reference.reconcile.documents import Documents
from harness.reference.record.model import Record
from harness.reference.records import Records

MAX_COMPARED: Final = 200
"""Documents of one record with which one that is not kept is compared."""
_CLAIM: Final = re.compile(r"[0-9][a-z]?")
_OTHER_CLAIM: Final = re.compile(r"PDF/[A-Z]{1,4}-[0-9]")
_WORDS: Final = frozenset({"string", "markdown", "xhtml"})
"""Types whose values are words."""


def looking(records: Iterable[Record], network: Network, *, observed: bool = False) -> Looking:
    """Looks for the texts of these records, and for what nobody knows in a run of this network.

    :param observed: whether others come to our mocks (``harness serve``).
    """
    known = list(records)
    stored = Records(known)
    return Looking(
        texts_of,
        stored.found_in,
        numbers_in(known),
        words_in(known),
        Examining(stored),
        familiar(network, protocol_words(), observed=observed),
        vocabulary(_resources(known), coded_elements()),
        unread,
    )


def unread(body: bytes, media_type: str) -> dict[str, Any]:
    """Why a body cannot be read as FHIR; what stands in it is not told."""
    form = format_of(media_type)
    if form not in ("json", "xml"):
        return {}
    kind: Literal["json", "xml"] = "json" if form == "json" else "xml"
    found = parse(body, model=load_model("3.0.2"), format=kind, limits=MESSAGE_LIMITS)
    if not found.fatal:
        return {}
    wrong = found.issues[-1]
    told = {"rule": wrong.rule, "line": wrong.line, "column": wrong.column}
    return {**told, "received": wrong.received} if wrong.rule in WITHOUT_CONTENT else told


class Examining:
    """Says of documents that are not kept what judges ask. Thread-safe.

    :param records: what documents are compared with.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()

    @cached_property
    def _known(self) -> Documents:
        return Documents(self._records.known, text_of)

    def __call__(self, data: bytes, person: str) -> dict[str, Any]:
        """Whether a document is PDF/A, how it differs from those of a person, what of others it holds."""
        told = examined(data)
        record = self._records.of(person, "")
        papers = [stored.key for stored in record if stored.type == "Binary"] if record is not None else []
        if record is None or len(papers) > MAX_COMPARED:
            return told
        with self._lock:
            told["record"] = {
                key: msgspec.to_builtins(self._known.compare("pd-retrieve", record, key, data))
                for key in papers
            }
            told["foreign"] = [list(one) for one in self._known.foreign(record, data)]
        return told


def examined(data: bytes) -> dict[str, Any]:
    """Whether a document is PDF/A, and what is wrong with it; nothing that stands in it.

    A place may be named by its author (a form field, an attachment, a font), and a claim is a text: places
    are numbers here, and a claim that is none is left out.
    """
    report = check(data)
    tool = tools().get(tool_of(report.producer) or "", "")
    bare = msgspec.structs.replace(
        report,
        findings=tuple(
            msgspec.structs.replace(one, where=_numbered(one), expected="", received="")
            for one in report.findings
        ),
        producer=tool,
        claimed=report.claimed if report.claimed and _CLAIM.fullmatch(report.claimed) else None,
        also=tuple(item for item in report.also if _OTHER_CLAIM.fullmatch(item)),
    )
    told: dict[str, Any] = msgspec.to_builtins(bare)
    return told


def _numbered(found: Violation) -> str:
    """Where something is, without any name."""
    return f"object {found.object}" if found.object else f"page {found.page}" if found.page else ""


def _resources(records: Iterable[Record]) -> Iterator[Mapping[str, Any]]:
    """All that these records hold, and what their persons send in a run."""
    for record in records:
        yield from (item.resource for item in record)
        yield from record.sent


def words_in(records: Iterable[Record]) -> Held:
    """The words about people that these records hold, and what their persons send in a run."""
    known = list(records)
    persons = (record.person for record in known)
    papers = (path.read_bytes() for path in sorted(data_path("fixtures", "documenten").glob("*.pdf")))
    return held_by(_resources(known), coded_elements(), persons, protocol_words(), papers)


@cache
def coded_elements() -> frozenset[str]:
    """The elements of FHIR in which no words stand, in any version of it that we know."""
    texts: set[str] = {"birthDate", *DATA, *SUMS}
    others: set[str] = set()
    for version in FHIR_VERSIONS:
        model = load_model(version)
        for kind in model.types.values():
            for name, key in kind.keys.items():
                if key.type.code in _WORDS:
                    texts.add(name)
                elif key.type.code in model.types and model.is_primitive(key.type.code):
                    others.add(name)
    return NOT_TEXTS | (others - texts)


def numbers_in(records: Iterable[Record]) -> frozenset[str]:
    """Every number of nine digits in these records and their documents, also in groups: what a HIS may show,
    and nobody's BSN.
    """
    return frozenset(
        found.digits
        for record in records
        for stored in record
        for text in _texts(stored.resource)
        for found in candidates(text)
        if found.form == "number"
    )


def _texts(resource: Mapping[str, Any]) -> Iterator[str]:
    if resource.get("resourceType") != "Binary":
        yield msgspec.json.encode(resource).decode()
        return
    try:
        yield from texts_of(base64.b64decode(str(resource.get("content", ""))))
    except binascii.Error:
        return


def network_looking(network: Network, t: date, *, observed: bool = False) -> Looking:
    """:func:`looking` for the records of a network.

    :raises HarnessError: as of :func:`~harness.network.person.records.network_records`.
    """
    return looking(network_records(network, t), network, observed=observed)
