"""The judges on the official fixtures of the four sets, served by our own server: no false alarms.

The official scripts pass on these fixtures, so every rule that comes from a script must pass too. What is
different on purpose is named here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from standard_cell import BASE, NOW, StandardCell, T, own_looking

from harness.core.data import data_path
from harness.core.run.exchanges import header
from harness.core.tdates import TDates
from harness.core.verdicts import worst
from harness.fhir.codec.documents import read
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import from_yaml
from harness.fhir.server.options import Access, Refusal, ServerOptions
from harness.fhir.server.service import FhirServer
from harness.network.person.looking import words_in
from harness.reference.record.load import load_records
from harness.reference.records import Records
from harness.testscript.own.records import import_set

SETS = {
    "huisartsgegevens-2.0": ("GenPractData-2-0", "gpdata-patient-kwalificatie1"),
    "pdfa-3.0": ("PDFA-3-0", "example-pdfa-kwalificatie1"),
    "eafspraak-2.0": ("eAppointment-2-0", "eAfspraak-Patient-kwalificatie1"),
    "zelfmetingen-2.0": ("SelfMeasurements-2-0", "selfmeasurement-patient-kwalificatie1"),
    "overgevoeligheden-3.0": ("AllergyIntolerance-3-0", "XXX-TEST-D"),
    "laboratoriumresultaten-2.0": ("LaboratoryResults-2-0", "laboratoryresults-patient-kwalificatie1"),
}
LEFT_OUT = ("-S.xml", "-O.xml")
"""Not loaded by the official load script: S and O lines."""


def goal(material, standard):
    """Folder of the set of a standard."""
    return material / "nictiz-testscripts" / "STU3" / SETS[standard][0] / "MedMij" / "Cert"


def official_cell(material, standard, t=T, records=()) -> StandardCell:
    patient = SETS[standard][1]
    model = load_model("3.0.2")

    def access(request):
        token = header(request.headers, "X-Patient")
        return Access(token) if token else Refusal()

    server = FhirServer.create(
        "3.0.2",
        parameters=from_yaml(data_path("profiles", "search", "stu3.yaml")),
        options=ServerOptions(base_url=BASE),
        authorize=access,
        now=lambda: NOW,
    )
    loaded = {}
    for path in sorted((goal(material, standard) / "_reference").rglob("*.xml")):
        if path.name.endswith(LEFT_OUT):
            continue
        text = TDates(t).resolve(path.read_text(encoding="utf-8"))
        resource = read(text.encode(), model=model, where=path.name)
        if resource["resourceType"] != "Bundle":
            loaded.setdefault((resource["resourceType"], resource["id"]), resource)
    server.load(list(loaded.values()))

    def handle(request, whose):
        headers = (*request.headers, ("X-Patient", whose)) if whose else request.headers
        changed = type(request)(method=request.method, url=request.url, headers=headers, body=request.body)
        return server.handle(changed)

    seen = replace(own_looking(t), held=words_in(records)) if records else None
    return StandardCell(standard, t=t, handle=handle, patient=patient, flows=("collect",), looking=seen)


@pytest.mark.official
@pytest.mark.parametrize("days", [0, 61])
@pytest.mark.parametrize("standard", sorted(SETS))
def test_no_false_alarm_on_official_fixtures(material, standard, days, tmp_path):
    """The set is what the server holds, and the record that its answers are compared with."""
    t = T + timedelta(days=days)
    import_set(goal(material, standard), tmp_path, t)
    records = load_records(sorted(path.parent for path in tmp_path.glob("*/record.yaml")), t=t)
    cell = official_cell(material, standard, t, records)
    (person,) = (item.person for item in records if item.patient == SETS[standard][1])
    broken = cell.broken(records=Records(records), persons={cell.cell.key: person})
    trouble = {name: verdict for name, verdict in broken.items() if verdict in ("fail", "error", "disputed")}
    assert trouble == {}
    warned = {name for name, verdict in broken.items() if verdict == "warning"}
    assert warned <= {"HG-OBS-003", "HG-MED-003", "PD-DOC-002"}, "one document of the set leads to nothing"


@pytest.mark.official
@pytest.mark.parametrize(("origin", "verdict"), [
    ("official", "warning"), ("bureau", "warning"), ("vendor", "inconclusive"), ("draft", "inconclusive"),
    ("", "fail"),
])  # fmt: skip
def test_a_document_that_leads_to_nothing_in_the_record_too(material, tmp_path, origin, verdict):
    """Who loaded an official set serves what it says; a record of the supplier's own excuses nothing."""
    cell = official_cell(material, "pdfa-3.0")
    import_set(goal(material, "pdfa-3.0"), tmp_path, T)
    records = load_records(sorted(path.parent for path in tmp_path.glob("*/record.yaml")), t=T)
    (held,) = (item for item in records if item.patient == SETS["pdfa-3.0"][1])
    known = [replace(item, origin=origin) if item is held else item for item in records] if origin else []
    found = cell.findings("PD-DOC-002", records=Records(known), persons={cell.cell.key: held.person})
    assert worst([item.verdict for item in found]).value == verdict
    if origin == "official":
        other = [item for item in known if item is not held]
        whole = Records([*other, replace(held, dangling=frozenset())])
        found = cell.findings("PD-DOC-002", records=whole, persons={cell.cell.key: held.person})
        assert worst([item.verdict for item in found]).value == "fail", "404 of what the record does hold"
