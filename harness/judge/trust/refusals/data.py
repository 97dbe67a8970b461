"""What an answer of the resource endpoint to a request means that must be refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from harness.core.run.exchanges import Exchange, header_values, media_type
from harness.core.text import Phrase, Text, joined
from harness.judge.every_standard.identity.owners import (
    every_resource,
    foreign_in,
    patient_references,
)
from harness.judge.phrases import ACCEPTED, DATA, OF_ANOTHER
from harness.judge.trust.refusals.tried import Outcome, Tried, tried
from harness.judge.trust.steps import Trust, status, unanswered

NO_DATA: Final = ("OperationOutcome", "CapabilityStatement")
"""Resources that say nothing of anybody."""
_OTHERWISE: Final = Text(nl="{this}, {other} bij {like}", en="{this}, {other} for {like}")
_NO_OUTCOME: Final = Text(nl="geen OperationOutcome", en="no OperationOutcome")
_MADE: Final = Text(nl="aangemaakt", en="made")
_ERROR: Final = re.compile(r'error\s*=\s*"?([a-z_]+)', re.IGNORECASE)


def outcome(cell: Trust, item: Tried) -> tuple[Outcome, Phrase]:
    """What came of a request for data, and how it looked."""
    answered = item.exchange
    if answered.response is None:
        return _unanswered(item), unanswered(answered)
    code = answered.response.status
    if code == 429:
        return "stopped", status(answered)
    leaked = _leak(cell, item)
    if leaked:
        return "open", joined(status(answered), leaked, separator=" ")
    if code >= 500:
        return "broken", status(answered)
    if item.group.wanted(item.row) in ("own", "empty", "read") and code < 300:
        return "refused", status(answered)
    if item.row.like and (other := _otherwise(cell, item)):
        return "accepted", _OTHERWISE.format(this=status(answered), other=other, like=item.row.like)
    expected = item.row.expect or (400, 401, 403, 404, 405, 406)
    if code not in expected or not challenged(answered, item.row.error):
        return "form", described(answered)
    if item.row.certificate == "own" and not _explained(answered):
        return "form", joined(described(answered), _NO_OUTCOME, separator=", ")
    return "refused", status(answered)


def _unanswered(item: Tried) -> Outcome:
    """Closed without an answer: a refusal when the certificate was wrong, else nothing."""
    refused = item.exchange.error.startswith(("tls", "protocol"))
    return "refused" if refused and item.row.certificate != "own" else "silent"


def challenged(item: Exchange, error: str) -> bool:
    """Whether a 401 carries a challenge, and the challenge the error code (``-``: none, ``""``: any)."""
    if item.response is None:
        return False
    values = header_values(item.response.headers, "www-authenticate")
    if item.response.status == 401 and not any("bearer" in value.lower() for value in values):
        return False
    if not error:
        return True
    found = _ERROR.search(" ".join(values))
    return found is None if error == "-" else found is not None and found.group(1) == error


def _explained(item: Exchange) -> bool:
    """Whether a refusal has the form of FHIR, or no body at all.

    Not asked of what a web server in front refuses because of a certificate: it knows no FHIR.
    """
    if item.response is None or not item.response.body:
        return True
    return "fhir" in media_type(item.response.headers)


def described(item: Exchange) -> Phrase:
    """Status and challenge of an answer."""
    if item.response is None:
        return unanswered(item)
    values = header_values(item.response.headers, "www-authenticate")
    return f"HTTP {item.response.status} {'; '.join(values)}".strip()[:120]


def _leak(cell: Trust, item: Tried) -> Phrase:
    """What an answer gave that it should not have, ``""``: nothing."""
    answered = item.exchange
    if answered.response is None:
        return ""
    code, want = answered.response.status, item.group.wanted(item.row)
    if want == "read":
        return _MADE if code == 201 or header_values(answered.response.headers, "location") else ""
    if of_another(cell, answered):
        return OF_ANOTHER
    if want == "own":
        return OF_ANOTHER if _foreign(cell, item) or _of_others(cell, item) else ""
    if item.requirement == "MM-RSC-003" and _of_others(cell, item):
        return OF_ANOTHER
    if item.group.axis == "cross":
        return DATA if item.on.partition(":")[2] in _types(cell, answered) else ""
    data = shows_data(cell, answered)
    if want == "empty":
        return DATA if data else ""
    if data:
        return DATA
    if code >= 300:
        return ""
    if item.group.axis == "route":  # OPTIONS, a page that explains: no door
        return ACCEPTED if answered.request.method == "HEAD" else ""
    return ACCEPTED


def of_another(cell: Trust, item: Exchange, *, declared: bool = False) -> bool:
    """Whether an answer says that it is of another than the person of its session.

    Not when all answers of the cell say so: the network file then declares another person than the HIS holds.

    :param declared: only when the other one is a declared person.
    """
    if cell.view.ownership.misdeclared:
        return False
    said = (one for one in item.identities if one.side == "response" and (one.person or not declared))
    return any(one.belongs in ("other", "mixed") for one in said)


def _otherwise(cell: Trust, item: Tried) -> Phrase:
    """How the row that should be refused alike was, when it was not; ``""``: alike, or not sent."""
    like = (one for one in tried(cell) if one.group is item.group and one.row.row == item.row.like)
    other = next((one.exchange for one in like if one.on == item.on), None)
    if other is None or other.response is None or item.exchange.response is None:
        return ""
    return "" if other.response.status == item.exchange.response.status else status(other)


def shows_data(cell: Trust, item: Exchange) -> bool:
    """Whether an answer carries care data: a resource of somebody, or a document."""
    if item.response is None or not item.response.body:
        return False
    document = cell.view.document(item)
    if document is None or document.fatal:
        kind = "".join(header_values(item.response.headers, "content-type")).lower()
        return item.response.status < 300 and not ("html" in kind or "text/plain" in kind)
    resources = list(_resources(document.resource))
    return any(one.get("resourceType") not in NO_DATA for one in resources)


def _resources(found: Any) -> Iterator[dict[str, Any]]:
    """The resources of an answer, also contained ones; those of a Bundle instead of the Bundle."""
    return (one for _, one in every_resource(found))


def _types(cell: Trust, item: Exchange) -> set[str]:
    """The types of the resources of an answer."""
    document = cell.view.document(item) if item.response is not None and item.response.body else None
    if document is None or document.fatal:
        return set()
    return {str(one.get("resourceType", "")) for one in _resources(document.resource)}


def _personal(one: dict[str, Any]) -> bool:
    """Whether a resource is of a person."""
    return one.get("resourceType") == "Patient" or "subject" in one or "patient" in one


def _names(cell: Trust, item: Exchange) -> set[str]:
    document = cell.view.document(item) if item.response is not None else None
    if document is None or document.fatal:
        return set()
    return {
        f"{one.get('resourceType')}/{one.get('id')}"
        for one in _resources(document.resource)
        if _personal(one)
    }


def _of_others(cell: Trust, item: Tried) -> bool:
    """Whether an answer holds what only another known person's record says, or is of the other Patient.

    Content alone is not enough where the answer says that it is the person's own.
    """
    document = cell.view.document(item.exchange)
    resources = dict(every_resource(document.resource if document is not None else None))
    own, other = _patients(cell)
    named = {place: {patient for _, patient in patient_references(one)} for place, one in resources.items()}
    if any(patients & (other - own) for patients in named.values()):
        return True
    found = foreign_in(cell.view, item.exchange)
    return any(one.said or (named.get(one.path) and not named[one.path] & own) for one in found)


def _patients(cell: Trust) -> tuple[set[str], set[str]]:
    """``Patient/id`` of the person, and of the other one, as their legal requests showed them."""

    def known() -> tuple[set[str], set[str]]:
        found: tuple[set[str], set[str]] = (set(), set())
        for exchange in cell.view.exchanges:
            note = exchange.notes.get("control")
            document = cell.view.document(exchange) if isinstance(note, dict) else None
            if isinstance(note, dict) and document is not None and not document.fatal:
                for one in _resources(document.resource):
                    found[bool(note.get("person"))].update(name for _, name in patient_references(one))
        return found

    made: tuple[set[str], set[str]] = cell.view.memo("refusals:patients", known)
    return made


def _foreign(cell: Trust, item: Tried) -> bool:
    """Whether an answer holds what only the other person's own search gave."""

    def known() -> set[str]:
        own: set[str] = set()
        other: set[str] = set()
        for found in cell.view.exchanges:
            note = found.notes.get("control")
            if isinstance(note, dict):
                (other if note.get("person") else own).update(_names(cell, found))
        return other - own

    theirs: set[str] = cell.view.memo("refusals:foreign", known)
    return bool(_names(cell, item.exchange) & theirs)
