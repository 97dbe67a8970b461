"""What documents say of themselves: a masterIdentifier is of one document, and what the PDF says is free."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import standard_cell
from msgspec.structs import replace as replace_body
from standard_cell import StandardCell, edit

from harness.core.verdicts import worst

pytestmark = pytest.mark.usefixtures("literals")

PD = "pdfa-3.0"


def verdict(put):
    def change(name, request, response):
        if not name.startswith("pd-find-current"):
            return response
        return edit(response, lambda bundle: put([entry["resource"] for entry in bundle["entry"]]))

    return worst([item.verdict for item in StandardCell(PD, change=change).findings("PD-DOC-011")]).value


def shared(documents):
    documents[1]["masterIdentifier"] = documents[0]["masterIdentifier"]


def other_system(documents):
    value = documents[0]["masterIdentifier"]["value"]
    documents[1]["masterIdentifier"] = {"system": "https://his.example/nummer", "value": value}


def plain_number(documents):
    for number, document in enumerate(documents):
        document["masterIdentifier"] = {"system": "https://his.example/nummer", "value": f"85285{number}"}


def same_address_twice(documents):
    documents[1]["masterIdentifier"] = documents[0]["masterIdentifier"]
    documents[1]["content"] = documents[0]["content"]


@pytest.mark.parametrize(("put", "wanted"), [
    (shared, "warning"), (other_system, "pass"), (plain_number, "pass"), (same_address_twice, "pass"),
])  # fmt: skip
def test_a_name_is_of_one_document(put, wanted):
    assert verdict(put) == wanted


# -- documents that were not kept ----------------------------------------------------------------------------


def masking(monkeypatch, change=None, **more):
    """A cell in which every document says nine digits that may be somebody's."""
    looking = standard_cell.own_looking(standard_cell.T)
    looking = replace(looking, extract=lambda data: ["dossier 111222333"], **more)
    monkeypatch.setattr(standard_cell, "own_looking", lambda t: looking)
    monkeypatch.setattr(standard_cell, "_KEPT", {})
    return StandardCell(PD, change=change)


def said(cell, *requirements):
    found = {}
    for item in cell.findings(*requirements):
        found.setdefault(item.requirement, set()).add(item.verdict.value)
    return found


def test_what_is_known_of_a_document_that_was_not_kept_decides(monkeypatch):
    asked = ("PD-PDF-001", "PD-PDF-002", *(f"PD-DOC-{number:03}" for number in range(3, 12)))
    cell = masking(monkeypatch)
    retrieved = [item for item in cell.exchanges if item.operation.startswith("pd-retrieve")]
    assert retrieved and all(item.notes["documents"][0]["outcome"] == "valid" for item in retrieved)
    assert all(b"%PDF" not in item.response.body and b"JVBER" not in item.response.body for item in retrieved)
    assert said(cell, *asked) == {name: {"pass"} for name in asked}


def test_what_was_not_kept_and_not_looked_at_is_undecided(monkeypatch):
    cell = masking(monkeypatch, examine=lambda data, person: {})
    assert said(cell, "PD-DOC-008", "PD-DOC-009") == {
        "PD-DOC-008": {"inconclusive"},
        "PD-DOC-009": {"inconclusive"},
    }


FAULTS = (
    "", "document-not-pdfa", "document-empty-page", "document-of-another", "documents-share-bytes",
    "native-other-bytes", "document-wrong-hash", "document-wrong-size", "document-content-type-word",
    "binary-without-content", "native-content-type",
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_document_that_was_not_kept_is_judged_as_one_that_was(monkeypatch, fault):
    kept = standard_cell.own_looking(standard_cell.T)
    none = replace(kept, held=replace(kept.held, documents=frozenset(), sums=frozenset()))
    verdicts, keeping = [], []
    for looking in (kept, none):
        monkeypatch.setattr(standard_cell, "own_looking", lambda t, looking=looking: looking)
        monkeypatch.setattr(standard_cell, "_KEPT", {})
        cell = StandardCell(PD, faults=[fault] if fault else [])
        verdicts.append(said(cell))
        bodies = [item.response.body for item in cell.exchanges]
        keeping.append(any(b"%PDF" in body or b"JVBERi0" in body for body in bodies))
    assert verdicts[0] == verdicts[1]
    assert keeping == [True, False]


def test_a_document_that_is_no_pdfa_fails_also_when_it_was_not_kept(monkeypatch):
    def spoiled(data):
        return data.replace(b"pdfaid", b"pdfxid")

    def broken(operation, request, response):
        if not operation.startswith("pd-retrieve"):
            return response
        if response.body.startswith(b"%PDF"):
            return replace_body(response, body=spoiled(response.body))
        return edit(response, lambda binary: binary.update(content=recoded(binary["content"])))

    def recoded(content):
        return base64.b64encode(spoiled(base64.b64decode(content))).decode()

    found = said(masking(monkeypatch, broken), "PD-PDF-001", "PD-PDF-002")
    assert found == {"PD-PDF-001": {"fail"}, "PD-PDF-002": {"pass"}}
