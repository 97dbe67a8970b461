"""What an earlier cell sent stands in the HIS of the next: it accuses nobody, and hides nothing of the record."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from standard_cell import NOW, StandardCell, T, edit

from harness.core.verdicts import worst
from harness.network.person.persons import fixture_person

ZM = "zelfmetingen-2.0"


def sent(days=0):
    """The measurements that the person sends, as a HIS keeps them: each twice, once per format."""
    person = fixture_person("hanna-wilgenkamp")
    found = []
    for name in ("meting-gewicht", "metingen-bloeddruk", "metingen-gemengd"):
        for entry in person.bundle(name, T - timedelta(days=days), NOW)["entry"]:
            if entry["resource"]["resourceType"] == "Observation":
                found.append(
                    {
                        **entry["resource"],
                        "subject": {"reference": f"Patient/{person.patient}", "display": "x"},
                    }
                )
    return [{**item, "id": f"eerder-{number}"} for number, item in enumerate([*found, *found])]


def codes(resource):
    return {(one.get("system"), one["code"]) for one in resource["code"]["coding"]}


def holding(more, own=True):
    """A HIS that shows more measurements of the codes that are asked, and no others of its own when told so."""

    def change(name, request, response):
        if (
            not name.startswith("zm-")
            or b"searchset" not in response.body
            or "period" in name
            or "empty" in name
        ):
            return response

        def add(bundle):
            listed = bundle.get("entry", [])
            asked = set().union(
                *(codes(entry["resource"]) for entry in listed if "code" in entry["resource"])
            )
            fitting = [item for item in more if codes(item) & asked]
            if "last" in name and fitting:
                listed = []
                fitting = [max(fitting, key=lambda item: item["effectiveDateTime"])]
            if not own:
                listed = listed[1:]
            base = "https://his.example/fhir/Observation"
            added = [
                {"fullUrl": f"{base}/{item['id']}", "resource": item, "search": {"mode": "match"}}
                for item in fitting
            ]
            bundle["entry"] = [*listed, *added]
            bundle["total"] = len(bundle["entry"])

        return edit(response, add)

    return change


def content(change):
    cell = StandardCell(ZM, change=change, flows=("collect",))
    said = {}
    for item in cell.findings():
        if item.requirement.partition("-")[2].startswith(("EXP", "REC", "GEN-022", "PRV")):
            said.setdefault(item.requirement, []).append(item.verdict)
    return {name: worst(verdicts).value for name, verdicts in said.items() if worst(verdicts).value != "pass"}


@pytest.mark.parametrize("days", [0, 1, 30])
def test_what_was_sent_before_accuses_nobody(days):
    assert content(holding(sent(days))) == {}


def test_it_hides_nothing_of_the_record():
    found = content(holding(sent(), own=False))
    assert "fail" in found.values()


def test_what_nobody_sent_is_unknown_still():
    changed = [
        {**item, "valueQuantity": {**item["valueQuantity"], "value": Decimal("133.7")}}
        for item in sent()
        if "valueQuantity" in item
    ]
    assert "fail" in content(holding(changed)).values()
