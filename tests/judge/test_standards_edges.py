"""Edges of the judges of PDF/A, eAfspraak and Zelfmetingen that no fault of a twin shows."""

from __future__ import annotations

import json

import msgspec
import pytest
from standard_cell import StandardCell, edit

from harness.core.data import data_path
from harness.core.run.exchanges import Response
from harness.judge.standards import pdfa_documents

pytestmark = pytest.mark.usefixtures("literals")

PD, EA, ZM = "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0"
HG = "huisartsgegevens-2.0"
LINE = data_path("fixtures", "records", "hanna-wilgenkamp", "resources", "contact-01-s.json")
INSIDE = json.loads(LINE.read_text(encoding="utf-8"))["valueString"]
UNSUPPORTED = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported",'
    b'"diagnostics":"DocumentManifest"}]}'
)


def no_manifest(operation, request, response):
    if "manifest" not in operation:
        return response
    headers = (("Content-Type", "application/fhir+json"),)
    return Response(status=404, headers=headers, body=UNSUPPORTED)


def verdicts(cell, *requirements, **settings):
    return {item.requirement: item.verdict.value for item in cell.findings(*requirements, **settings)}


def test_a_his_without_manifests_passes_when_it_says_so_and_declares_it():
    cell = StandardCell(PD, change=no_manifest)
    cell.exchanges = [item for item in cell.exchanges if "manifest-document" not in item.operation]
    names = {"PD-MAN-002", "PD-MAN-003", "PD-MAN-004", "PD-EXP-003", "PD-EXP-004"}
    assert cell.broken() == dict.fromkeys(names, "not-tested")
    (told, *_) = cell.findings("PD-MAN-002")
    assert "capabilities: [no-document-manifest]" in told.next_step.en
    declared = cell.broken(capabilities={"his-a": ("no-document-manifest",)})
    assert declared == dict.fromkeys(names, "not-applicable")


def test_a_404_with_another_code_is_no_proper_refusal():
    def change(operation, request, response):
        answer = no_manifest(operation, request, response)
        return msgspec.structs.replace(answer, body=answer.body.replace(b"not-supported", b"not-found"))

    assert StandardCell(PD, change=change).broken("PD-MAN-001") == {"PD-MAN-001": "fail"}


@pytest.mark.parametrize(
    ("status", "verdict"), [(401, "pass"), (403, "pass"), (404, "pass"), (500, "warning")]
)
def test_the_refusal_without_token(status, verdict):
    def change(operation, request, response):
        return Response(status=status) if operation.startswith("pd-without-token") else response

    cell = StandardCell(PD, change=change)
    assert verdicts(cell, "PD-SEC-001", "PD-SEC-002") == {"PD-SEC-001": "pass", "PD-SEC-002": verdict}


def test_a_document_without_token_is_a_blocking_finding():
    def change(operation, request, response):
        if not operation.startswith("pd-without-token"):
            return response
        return Response(status=200, headers=(("Content-Type", "application/pdf"),), body=b"%PDF-1.7")

    (found,) = StandardCell(PD, change=change).findings("PD-SEC-001")
    assert found.verdict.value == "fail" and found.party == "dvza-a"


def entries_edited(operation_prefix, change_entry):
    """A change of every entry of the answers to some queries."""

    def change(operation, request, response):
        def each(bundle):
            for entry in bundle.get("entry", ()):
                change_entry(entry)

        return edit(response, each) if operation.startswith(operation_prefix) else response

    return change


def test_a_media_type_may_be_in_capitals():
    def loud(entry):
        entry["resource"]["content"][0]["attachment"]["contentType"] = "Application/PDF"

    assert StandardCell(PD, change=entries_edited("pd-find-current", loud)).broken("PD-DOC-006") == {}


def test_entries_may_come_without_full_url():
    cell = StandardCell(ZM, change=entries_edited("zm-", lambda entry: entry.pop("fullUrl")))
    assert cell.broken("ZM-GEN-005", "ZM-GEN-018") == {}


def test_a_line_that_stays_inside_is_seen_in_an_outcome_too():
    def change(operation, request, response):
        issue = {"severity": "information", "code": "informational", "diagnostics": INSIDE}
        outcome = {
            "resource": {"resourceType": "OperationOutcome", "issue": [issue]},
            "search": {"mode": "outcome"},
        }
        return (
            edit(response, lambda bundle: bundle["entry"].append(outcome))
            if operation.startswith("hg-encounter")
            else response
        )

    assert StandardCell(HG, change=change).broken("HG-PRV-001", "HG-PRV-002") == {"HG-PRV-002": "fail"}


def of_binary(**changes):
    def change(operation, request, response):
        if not operation.startswith("pd-retrieve") or b"Binary" not in response.body[:200]:
            return response
        return edit(response, lambda binary: binary.update(changes))

    return change


@pytest.mark.parametrize("changes", [{"contentType": "text/plain"}, {"id": "een-ander"}])
def test_a_binary_that_says_something_else_than_it_is(changes):
    broken = StandardCell(PD, change=of_binary(**changes)).broken("PD-DOC-003")
    assert broken == {"PD-DOC-003": "fail"}


@pytest.mark.parametrize("changes", [{"description": "Iets anders"}, {"id": "een-ander"}])
def test_a_read_that_gives_something_else_than_the_search(changes):
    def change(operation, request, response):
        if not operation.startswith("pd-manifest-document"):
            return response
        return edit(response, lambda document: document.update(changes))

    assert StandardCell(PD, change=change).broken("PD-MAN-004") == {"PD-MAN-004": "fail"}


def test_size_and_hash_are_optional():
    def change(operation, request, response):
        if not operation.startswith("pd-find-current"):
            return response

        def strip(bundle):
            for entry in bundle.get("entry", ()):
                for key in ("size", "hash"):
                    entry["resource"]["content"][0]["attachment"].pop(key)

        return edit(response, strip)

    cell = StandardCell(PD, change=change)
    assert cell.broken() == {"PD-DOC-007": "not-tested", "PD-DOC-008": "not-tested"}
    declared = cell.broken(capabilities={"his-a": ("no-document-size",)})
    assert declared == {"PD-DOC-007": "not-applicable", "PD-DOC-008": "not-tested"}


def test_findings_of_pdfa_name_the_rule():
    found = StandardCell(PD, faults=["document-not-pdfa"]).findings("PD-PDF-001")
    assert {item.mode for item in found} == {"pdfa:builtin"}
    assert all(item.rule for item in found)
    assert "geen" in found[0].next_step.nl or "PDF/A" in found[0].next_step.nl


def test_an_unreadable_document_is_invalid_and_warned_about():
    def change(operation, request, response):
        if operation != "pd-retrieve-native":
            return response
        return msgspec.structs.replace(response, body=b"%PDF-1.7\nniets\n%%EOF\n")

    broken = StandardCell(PD, change=change).broken("PD-PDF-001", "PD-PDF-002")
    assert broken == {"PD-PDF-001": "fail", "PD-PDF-002": "warning"}


@pytest.mark.parametrize(
    ("requested", "reference", "same"),
    [
        ("https://a.example/fhir/Binary/1", "Binary/1", True),
        ("https://a.example/fhir/Binary/11", "Binary/1", False),
        ("https://a.example/fhir/Binary/1", "https://a.example/fhir/Binary/1", True),
        ("https://b.example/fhir/Binary/1", "https://a.example/fhir/Binary/1", False),
        ("https://a.example/fhir/Binary/1", "", False),
    ],
)
def test_same_target(requested, reference, same):
    assert pdfa_documents.same_target(requested, reference) is same


def test_boundary_days_of_appointments_belong_to_the_window():
    cell = StandardCell(EA)
    assert verdicts(cell, "EA-APT-001") == {"EA-APT-001": "pass"}

    def one_day_out(operation, request, response):
        if not operation.startswith("ea-month"):
            return response

        def shift(bundle):
            first = min(bundle["entry"], key=lambda entry: entry["resource"]["start"])["resource"]
            first["start"] = first["start"].replace("2026-01-30", "2026-01-29")

        return edit(response, shift)

    found = StandardCell(EA, change=one_day_out).findings("EA-APT-001")
    assert {item.expected for item in found} == {"2026-01-30 .. 2026-03-01"}
    assert {item.received for item in found} == {"2026-01-29"}


def test_an_empty_answer_may_hold_an_operation_outcome():
    def change(operation, request, response):
        if not operation.startswith("ea-empty"):
            return response

        def note(bundle):
            outcome = {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "information", "code": "not-found", "diagnostics": "niets"}],
            }
            bundle["entry"] = [
                {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": outcome}
            ]

        return edit(response, note)

    assert StandardCell(EA, change=change).broken() == {}


def test_units_must_be_ucum():
    def change(operation, request, response):
        if not operation.startswith("zm-glucose"):
            return response

        def local(bundle):
            bundle["entry"][0]["resource"]["valueQuantity"]["system"] = "urn:eigen:eenheden"

        return edit(response, local)

    found = StandardCell(ZM, change=change).findings("ZM-VAL-001")
    assert {item.verdict.value for item in found} == {"fail"}
    assert all(item.received.startswith("urn:mask:") for item in found), "no word of FHIR, so it is not kept"


def test_a_batch_with_fewer_entries_back_fails():
    def change(operation, request, response):
        if operation != "zm-send-mixed-json":
            return response
        return edit(response, lambda bundle: bundle["entry"].pop())

    broken = StandardCell(ZM, change=change).broken("ZM-SND-001", "ZM-SND-003", "ZM-SND-004")
    assert broken["ZM-SND-001"] == "fail"


def test_sending_is_inconclusive_when_nothing_was_sent():
    cell = StandardCell(ZM)
    cell.exchanges = [item for item in cell.exchanges if item.flow == "collect"]
    found = verdicts(cell)
    open_ = {name for name, verdict in found.items() if verdict == "inconclusive"}
    assert open_ == {f"ZM-SND-00{n}" for n in range(1, 6)} | {f"ZM-BUN-00{n}" for n in range(1, 4)}
