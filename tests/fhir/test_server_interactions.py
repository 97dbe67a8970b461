"""The FHIR server as client libraries use it: pages, parts, history, conditions, patches, operations."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from serverkit import BASE, COMPOSITION, JSON, XML, call, content, ids, make, observation, ref, send

from harness.core.run.exchanges import Request, Response, header
from harness.fhir.codec import documents as codec
from harness.fhir.server.asgi import compressed, decompressed
from harness.fhir.server.conformance import STRUCTURE
from harness.fhir.server.errors import FhirError
from harness.fhir.server.faults import FAULTS
from harness.fhir.server.interactions.patch import apply_patch
from harness.fhir.server.options import ServerOptions, open_access
from harness.fhir.server.service import FhirServer
from harness.fhir.server.subset import summary_facts
from harness.fhir.validation import Validator
from harness.fhir.validation.messages import RULES


@pytest.fixture(scope="module")
def loaded():
    return make()


@pytest.fixture
def server(loaded):
    return loaded.fork()


def everyone(**options):
    """The same server for a caller who sees everything."""
    server = make(**options)
    server.authorize = open_access
    return server


def link(bundle, relation):
    return next((item["url"] for item in bundle["link"] if item["relation"] == relation), "")


def clean(resource, version="3.0.2"):
    return [i for i in Validator(embedded=False, version=version).validate(resource) if i.severity == "error"]


# -- pages -----


def walk(server, target, relation="next"):
    found = []
    while target:
        bundle = content(call(server, target))
        assert not clean(bundle)
        found.append([entry["resource"]["id"] for entry in bundle.get("entry", [])])
        assert bundle["total"] == 3
        target = link(bundle, relation)
    return found


@pytest.mark.parametrize("form", ["offset", "token"])
def test_pages_are_linked_in_both_directions(form):
    server = make(paging=form)
    assert walk(server, "Observation?_sort=date&_count=2") == [["o3", "o1"], ["o2"]]
    first = content(call(server, "Observation?_sort=date&_count=1"))
    assert not link(first, "previous")
    last = content(call(server, link(first, "last")))
    assert [e["resource"]["id"] for e in last["entry"]] == ["o2"] and not link(last, "next")
    assert walk(server, link(first, "last"), "previous") == [["o2"], ["o1"], ["o3"]]
    assert link(content(call(server, link(last, "first"))), "next") == link(first, "next")


def test_a_page_token_keeps_the_result_and_belongs_to_who_asked():
    server = make(paging="token")
    target = link(content(call(server, "Observation?_sort=date&_count=2")), "next")
    send(server, observation("o0", "p1", "x", "2020-01-01"), "Observation/o0", "PUT")
    assert ids(call(server, target)) == ["o2"], "what was asked, not what is there now"
    assert call(server, target, token="two").status == 410
    assert call(server, "?_page=nothing.0").status == 410
    assert call(server, target.rpartition(".")[0] + ".x").status == 400


def test_page_size_and_its_limit_are_switches():
    server = make(page_size=2)
    assert len(ids(call(server, "Observation"))) == 2
    assert len(ids(call(server, "Observation?_count=3"))) == 3
    server = make(max_page=1)
    assert walk(server, "Observation?_sort=date&_count=50") == [["o3"], ["o1"], ["o2"]]


def test_without_links_the_total_is_left_out_unless_asked():
    server = make(paging="none")
    bundle = content(call(server, "Observation?_sort=-date&_count=1"))
    assert "total" not in bundle and [item["relation"] for item in bundle["link"]] == ["self"]
    assert content(call(server, "Observation?_count=1&_total=accurate"))["total"] == 3


def test_total_can_be_left_out(server):
    assert "total" not in content(call(server, "Observation?_total=none"))
    assert content(call(server, "Observation?_total=estimate"))["total"] == 3


def test_includes_belong_to_the_matches_of_the_page(server):
    target = "Observation?_sort=date&_count=2&_include=Observation:context"
    assert ids(call(server, target), "include") == ["ep1", "e1"]
    assert ids(call(server, link(content(call(server, target)), "next")), "include") == []


# -- parts -----


@pytest.mark.parametrize("accept", [JSON, XML])
def test_elements_leaves_identity_mandatory_and_modifier_elements(server, accept):
    response = call(server, "Observation?_id=o1&_elements=value", accept=accept)
    bundle = codec.read(response.body, model=server.model)
    resource = bundle["entry"][0]["resource"]
    assert set(resource) == {"resourceType", "id", "meta", "status", "code", "valueQuantity"}
    assert resource["meta"]["tag"] == [
        {"system": "http://hl7.org/fhir/v3/ObservationValue", "code": "SUBSETTED"}
    ]
    assert not clean(bundle)


@pytest.mark.parametrize(
    "target", ["Observation?_elements=valeu", "Observation/o1?_elements=valueQuantity", "Patient/p1/*?_elements=x"]
)  # fmt: skip
def test_a_name_that_is_no_element_is_refused(server, target):
    """It would leave out what the client meant to have."""
    refused = call(server, target)
    assert refused.status == 400 and target.rpartition("=")[2] in content(refused)["issue"][0]["diagnostics"]
    assert call(server, "Patient/p1/*?_elements=value,birthDate,Patient.name").status == 200
    assert call(server, "Observation?_elements=valeu", Prefer="handling=lenient").status == 200


def test_a_form_says_format_and_form_too(server):
    form = {"method": "POST", "Content_Type": "application/x-www-form-urlencoded"}
    asked = call(server, "Patient/_search", body=b"_format=xml&_pretty=true", **form)
    assert header(asked.headers, "content-type").startswith(XML) and b"\n  <" in asked.body
    assert call(server, "Patient/_search", body=b"_format=text/html", **form).status == 406
    assert call(server, "Patient/_search", body=b"_id=%ff\xff", **form).status == 400
    assert call(server, "Patient/p1/_search", body=b"", **form).status == 400
    assert ids(call(server, "Patient/p1/Observation/_search", body=b"code=8867-4", **form)) == ["o1", "o2"]


def test_elements_of_a_named_type(server):
    target = "Patient?_elements=Patient.name&_include=Patient:general-practitioner"
    patient, doctor = (entry["resource"] for entry in content(call(server, target))["entry"])
    assert set(patient) == {"resourceType", "id", "meta", "name"}
    assert "tag" not in doctor["meta"] and doctor["name"]


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("true", {"resourceType", "id", "meta", "name", "birthDate", "managingOrganization"}),
        ("text", {"resourceType", "id", "meta", "text"}),
        ("data", {"resourceType", "id", "meta", "name", "birthDate", "generalPractitioner", "managingOrganization"}),
    ],
)  # fmt: skip
def test_summaries(server, summary, kept):
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    patient = {**server.store.find("Patient/p1").resource, "text": text}
    send(server, patient, "Patient/p1", "PUT")
    assert set(content(call(server, f"Patient?_summary={summary}"))["entry"][0]["resource"]) == kept
    assert set(content(call(server, f"Patient/p1?_summary={summary}"))) == kept
    assert "tag" not in content(call(server, "Patient/p1?_summary=false"))["meta"]
    assert set(content(call(server, "Patient/p1?_elements=name"))) == {"resourceType", "id", "meta", "name"}


def test_a_summary_goes_into_the_structure_of_a_resource(server):
    quantity = {"value": 1, "unit": "x"}
    component = [{"code": {"text": "a"}, "valueQuantity": quantity, "interpretation": {"text": "H"}}]
    send(server, observation("c", "p1", "x", "2026-01-01", component=component), "Observation/c", "PUT")
    short = content(call(server, "Observation/c?_summary=true"))
    assert short["component"] == [{"code": {"text": "a"}, "valueQuantity": quantity}]


@pytest.mark.parametrize("version", ["3.0.2", "4.0.1"])
def test_the_summary_facts_name_elements_of_the_specification(version):
    model = FhirServer.create(version).model
    for kind, facts in summary_facts(version).items():
        names = {element.name for element in model.types[kind].element_list}
        assert {path for path in facts.summary if "." not in path} <= names
        assert facts.modifier <= names


def test_pretty_is_for_people(server):
    for accept in (JSON, XML):
        plain = call(server, "Observation/o1", accept=accept).body
        shown = call(server, "Observation/o1?_pretty=true", accept=accept).body
        assert shown.count(b"\n") > 10 and codec.read(shown, model=server.model) == codec.read(
            plain, model=server.model
        )


def test_pretty_leaves_narrative_alone(server):
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a <b>b</b><i>c</i></p></div>'
    text = {"status": "generated", "div": div}
    send(server, observation("n", "p1", "x", "2026-01-01", text=text), "Observation/n", "PUT")
    shown = call(server, "Observation/n?_pretty=true", accept=XML).body
    found = etree.fromstring(shown).find(".//{http://www.w3.org/1999/xhtml}p")
    assert etree.tostring(found, with_tail=False).endswith(b">a <b>b</b><i>c</i></p>")


def test_handling_of_unknown_parameters_is_the_clients_first():
    for asked, status in (("", 400), ("handling=lenient", 200), ("handling=strict", 400)):
        headers = {"Prefer": asked} if asked else {}
        assert call(make(), "Observation?colour=red", **headers).status == status
    server = make(unknown_parameters="ignore")
    assert link(content(call(server, "Observation?colour=red&_count=9")), "self").endswith("?_count=9")
    assert call(server, "Observation?colour=red", Prefer="handling=strict").status == 400


# -- several types, compartments -----


def test_search_on_several_types(server):
    assert set(ids(call(server, "?_type=Patient,Encounter"))) == {"p1", "e1"}
    assert set(ids(call(server, "?_id=o1,p1"))) == {"o1", "p1"}
    assert ids(call(server, "?_type=Patient&_lastUpdated=ge2030")) == []
    assert call(server, "?_type=Nonsense").status == 400
    assert call(server, "?_type=Patient,Encounter&family=x").status == 400, "not a parameter of every type"
    posted = call(
        server,
        "_search",
        method="POST",
        body=b"_type=Encounter",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert ids(posted) == ["e1"]


def test_compartment_search_follows_the_definition():
    server = everyone()
    assert set(ids(call(server, "Patient/p1/Observation"))) == {"o1", "o2", "o3"}
    assert ids(call(server, "Patient/p1/Observation?code=85354-9")) == ["o3"]
    assert ids(call(server, "Patient/p2/Observation")) == ["o9"]
    assert ids(call(server, "Encounter/e1/Observation")) == ["o1"]
    everything = set(ids(call(server, "Patient/p1/*")))
    assert {"p1", "o1", "e1", "a1"} <= everything and not {"p2", "o9", "gp", "m1"} & everything
    assert link(content(call(server, "Patient/p1/Observation?_count=1")), "next").startswith(
        f"{BASE}/Patient/p1/Observation?"
    )
    assert call(server, "Patient/p1/Medication").status == 404, "not in the definition"
    assert call(server, "Observation/o1/Patient").status == 404, "no compartment"
    assert call(server, "Patient/none/Observation").status == 404
    assert call(server, "Patient/p1/Observation", method="POST").status == 405


def test_a_compartment_of_another_patient_stays_closed(server):
    assert call(server, "Patient/p2/Observation").status == 404


def test_provenance_is_in_a_compartment_through_its_target():
    server = everyone()
    made = {"resourceType": "Provenance", "id": "pr", "target": [ref("Observation/o1")],
            "recorded": "2026-01-01T00:00:00Z", "agent": [{"whoReference": ref("Practitioner/gp")}]}  # fmt: skip
    server.load([made])
    assert ids(call(server, "Patient/p1/Provenance")) == ["pr"]
    assert ids(call(server, "Patient/p2/Provenance")) == []
    assert ids(call(server, "Observation?_id=o1&_revinclude=Provenance:target"), "include") == ["pr"]


# -- history -----


def test_history_of_an_instance_and_its_versions(server):
    new = observation("h", "p1", "x", "2026-01-01")
    send(server, new, "Observation/h", "PUT")
    send(server, {**new, "status": "amended"}, "Observation/h", "PUT")
    assert content(call(server, "Observation/h/_history/1"))["status"] == "final"
    assert content(call(server, "Observation/h/_history/2"))["status"] == "amended"
    call(server, "Observation/h", method="DELETE")
    assert call(server, "Observation/h/_history/3").status == 410
    assert call(server, "Observation/h/_history/9").status == 404
    assert content(call(server, "Observation/h/_history/1"))["meta"]["versionId"] == "1", "kept when deleted"
    bundle = content(call(server, "Observation/h/_history"))
    assert bundle["type"] == "history" and bundle["total"] == 3 and not clean(bundle)
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["DELETE", "PUT", "PUT"]
    again = send(server, new, "Observation/h", "PUT")
    assert again.status == 201 and content(again)["meta"]["versionId"] == "4"


def test_history_in_pages_and_since():
    moments = iter(datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(1_000))
    server = everyone()
    server.now = lambda: next(moments)
    new = observation("h", "p1", "x", "2026-01-01")
    for status in ("final", "amended", "corrected"):
        send(server, {**new, "status": status}, "Observation/h", "PUT")
    target, seen = "Observation/h/_history?_count=1", []
    while target:
        bundle = content(call(server, target))
        seen += [entry["resource"]["status"] for entry in bundle["entry"]]
        target = link(bundle, "next")
    assert seen == ["corrected", "amended", "final"]
    moment = content(call(server, "Observation/h/_history/2"))["meta"]["lastUpdated"]
    assert content(call(server, f"Observation/h/_history?_since={moment.replace('+', '%2B')}"))["total"] == 2
    assert (
        content(call(server, "Observation/_history?_count=1"))["entry"][0]["resource"]["status"]
        == "corrected"
    )
    assert content(call(server, "_history"))["total"] > 20
    assert call(server, "Observation/h/_history?_since=yesterday").status == 400
    assert call(server, "Observation/h/_history?colour=red").status == 400
    page = content(
        call(server, "Observation/h/_history?_count=1&x=1&_format=json", Prefer="handling=lenient")
    )
    assert link(page, "self").endswith("_history?_count=1&_format=json"), "without what was ignored"
    assert link(page, "next").endswith("_history?_format=json&_count=1&_offset=1")


def test_history_stays_with_its_patient(server):
    everyone = server.fork(authorize=open_access)
    everyone.store = server.store
    send(everyone, observation("moved", "p2", "x", "2026-01-01"), "Observation/moved", "PUT")
    send(everyone, observation("moved", "p1", "x", "2026-01-01"), "Observation/moved", "PUT")
    assert content(call(server, "Observation/moved/_history"))["total"] == 1
    assert call(server, "Observation/moved/_history/1").status == 404
    assert call(server, "Observation/o9/_history").status == 404
    call(everyone, "Observation/o9", method="DELETE")
    assert call(server, "Observation/o9/_history").status in (404, 410)
    assert "o9" not in call(server, "Observation/_history").body.decode()


def test_history_in_r4_says_what_happened():
    server = FhirServer.create("4.0.1", options=ServerOptions(base_url=BASE))
    send(server, {"resourceType": "Patient", "id": "a"}, "Patient/a", "PUT")
    call(server, "Patient/a", method="DELETE")
    bundle = content(call(server, "Patient/a/_history"))
    assert not clean(bundle, "4.0.1")
    assert [entry["response"]["status"] for entry in bundle["entry"]] == ["204 No Content", "200 OK"]


# -- conditions -----


def with_number(value, identity="n"):
    return observation(identity, "p1", "x", "2026-01-01", identifier=[{"system": "urn:n", "value": value}])


def test_conditional_create(server):
    first = send(server, with_number("1"), "Observation", If_None_Exist="identifier=urn:n|1")
    assert first.status == 201
    again = send(server, with_number("1"), "Observation", If_None_Exist="identifier=urn:n|1")
    assert again.status == 200 and content(again)["id"] == content(first)["id"]
    send(server, with_number("1"), "Observation")
    many = send(server, with_number("1"), "Observation", If_None_Exist="identifier=urn:n|1")
    assert many.status == 412
    assert send(server, with_number("1"), "Observation", If_None_Exist="colour=red").status == 400
    for nothing in ("_count=1", "", "?", "identifier="):
        assert send(server, with_number("1"), "Observation", If_None_Exist=nothing).status == 412
    known = f"{BASE}/Observation?_format=json&identifier=urn:n|9"
    made = [send(server, with_number("9"), "Observation", If_None_Exist=known).status for _ in range(2)]
    assert made == [201, 200], "as the HAPI client sends it"
    assert send(server, with_number("9"), "Observation?identifier=urn:n|9").status == 400, "no FHIR"
    assert call(server, "Observation/o1?x=1", method="DELETE").status == 400


@pytest.mark.parametrize("second", ["identifier=urn:n|8", "identifier=urn:n|7", ""])
def test_two_conditions_of_a_create_are_refused(server, second):
    one = {"If_None_Exist": "identifier=urn:n|7"}
    answer = send(server, with_number("7"), "Observation", **one, if_none_exist=second)
    assert answer.status == 400 and "If-None-Exist" in content(answer)["issue"][0]["diagnostics"]
    made = [send(server, with_number("7"), "Observation", **one).status for _ in range(2)]
    assert made == [201, 200], "the refused one made nothing"


def test_conditional_update_patch_and_delete(server):
    bare = {key: value for key, value in with_number("7").items() if key != "id"}
    created = send(server, bare, "Observation?identifier=urn:n|7", "PUT")
    assert created.status == 201
    identity = content(created)["id"]
    updated = send(server, {**bare, "status": "amended"}, "Observation?identifier=urn:n|7", "PUT")
    assert (updated.status, content(updated)["id"]) == (200, identity)
    assert send(server, with_number("7", "other"), "Observation?identifier=urn:n|7", "PUT").status == 400
    patch = json.dumps([{"op": "replace", "path": "/status", "value": "final"}]).encode()
    changed = call(
        server,
        "Observation?identifier=urn:n|7",
        method="PATCH",
        body=patch,
        Content_Type="application/json-patch+json",
    )
    assert content(changed)["status"] == "final"
    assert call(server, "Observation?identifier=urn:n|7", method="DELETE").status == 204
    assert call(server, f"Observation/{identity}").status == 410
    assert call(server, "Observation?code=8867-4", method="DELETE").status == 412, "several"
    assert call(server, "Observation?identifier=urn:n|8", method="DELETE").status == 204, "none"


def test_conditional_read(server):
    response = call(server, "Observation/o1")
    modified = header(response.headers, "last-modified")
    assert modified == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert call(server, "Observation/o1", If_Modified_Since=modified).status == 304
    assert call(server, "Observation/o1", If_Modified_Since="Sat, 28 Feb 2026 12:00:00 GMT").status == 200
    assert call(server, "Observation/o1", If_Modified_Since="whenever").status == 200
    assert call(server, "Observation/o1", If_None_Match='W/"9", W/"1"').status == 304


def entry(method, url, resource=None, **more):
    found = {"request": {"method": method, "url": url, **more}}
    return {**found, "resource": resource, "fullUrl": f"urn:uuid:{url}"} if resource else found


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_conditions_in_bundles(server, kind):
    send(server, with_number("1", "known"), "Observation/known", "PUT")
    linked = observation(
        "z", "p1", "x", "2026-01-01", related=[{"target": {"reference": "urn:uuid:Observation"}}]
    )
    bundle = {"resourceType": "Bundle", "type": kind, "entry": [
        entry("POST", "Observation", with_number("1"), ifNoneExist="identifier=urn:n|1"),
        entry("PUT", "Observation/z", {**linked, "subject": {"reference": "Patient?family=Wïlgen"}}),
        entry("PUT", "Observation?identifier=urn:n|2", with_number("2", "fresh")),
        entry("DELETE", "Observation?identifier=urn:n|none"),
    ]}  # fmt: skip
    answer = content(send(server, bundle, ""))
    assert [item["response"]["status"][:3] for item in answer["entry"]] == ["200", "201", "201", "204"]
    stored = server.store.find("Observation/z").resource
    assert stored["subject"]["reference"] == "Patient/p1"
    assert stored["related"][0]["target"]["reference"] == "Observation/known"
    assert server.store.find("Observation/fresh")


def test_a_conditional_reference_must_mean_one(server):
    for condition in ("Patient?family=Niemand", "Observation?code=8867-4", "Patient?colour=red"):
        resource = observation("z", "p1", "x", "2026-01-01", subject={"reference": condition})
        bundle = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [entry("PUT", "Observation/z", resource)],
        }
        assert send(server, bundle, "").status == 412


def test_preconditions_of_an_entry(server):
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [
        entry("PUT", "Observation/o1", observation("o1", "p1", "x", "2026-01-01"), ifMatch='W/"7"'),
        entry("PUT", "Observation/o2", observation("o2", "p1", "x", "2026-01-01"), ifMatch='W/"1"'),
    ]}  # fmt: skip
    answer = content(send(server, bundle, "", If_Match='W/"99"'))
    assert [item["response"]["status"][:3] for item in answer["entry"]] == ["412", "200"]


# -- patches -----


def patched(server, operations, target="Observation/o1", kind="application/json-patch+json", **headers):
    body = operations if isinstance(operations, bytes) else json.dumps(operations).encode()
    return call(server, target, method="PATCH", body=body, Content_Type=kind, **headers)


def test_json_patch(server):
    response = patched(server, [
        {"op": "test", "path": "/status", "value": "final"},
        {"op": "replace", "path": "/status", "value": "amended"},
        {"op": "add", "path": "/category", "value": [{"text": "a"}]},
        {"op": "add", "path": "/category/-", "value": {"text": "b"}},
        {"op": "remove", "path": "/valueQuantity/unit"},
    ])  # fmt: skip
    assert response.status == 200
    changed = content(response)
    assert changed["status"] == "amended" and [c["text"] for c in changed["category"]] == ["a", "b"]
    assert "unit" not in changed["valueQuantity"] and changed["meta"]["versionId"] == "2"
    assert content(call(server, "Observation/o1/_history/1"))["status"] == "final"


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        (b"{", 400),
        (b"{}", 400),
        ([{"op": "leap", "path": "/status"}], 400),
        ([{"op": "add", "path": "/status"}], 400),
        ([{"op": "add", "path": "status", "value": 1}], 400),
        ([{"op": "remove", "path": ""}], 400),
        ([{"op": "move", "from": "/code", "path": "/code/coding"}], 400),
        ([{"op": "test", "path": "/status", "value": "amended"}], 422),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "replace", "path": "/code/coding/5", "value": {}}], 422),
        ([{"op": "add", "path": "/code/coding/01", "value": {}}], 422),
        ([{"op": "add", "path": "/colour", "value": "red"}], 422),
        ([{"op": "replace", "path": "/resourceType", "value": "Patient"}], 400),
        ([{"op": "replace", "path": "/id", "value": "o2"}], 400),
        ([{"op": "replace", "path": "", "value": 5}], 422),
        ([{"op": "remove", "path": "/resourceType"}], 422),
    ],
)
def test_patches_that_are_refused_change_nothing(server, operations, status):
    before = server.store.find("Observation/o1")
    response = patched(server, operations)
    assert response.status == status, response.body
    assert content(response)["resourceType"] == "OperationOutcome"
    assert server.store.find("Observation/o1") is before


def test_other_patches_and_stale_ones(server):
    response = patched(server, [], kind="application/json")
    assert (
        response.status == 415 and header(response.headers, "accept-patch") == "application/json-patch+json"
    )
    status = [{"op": "replace", "path": "/status", "value": "amended"}]
    assert patched(server, status, If_Match='W/"9"').status == 412
    assert patched(server, status, "Observation/o9").status == 404
    assert patched(server, status, "Observation/none").status == 404
    assert patched(make(read_only=True), status).status == 405


RFC_6902 = [  # the examples of appendix A, and errors (None)
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    ({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
     [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
     {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
    ({"foo": ["all", "grass", "cows", "eat"]}, [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
     {"foo": ["all", "cows", "eat", "grass"]}),
    ({"baz": "qux", "foo": ["a", 2, "c"]},
     [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
     {"baz": "qux", "foo": ["a", 2, "c"]}),
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], None),
    ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
     {"foo": "bar", "child": {"grandchild": {}}}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], None),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], None),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": True}], None),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    ([1, 2], [{"op": "replace", "path": "/1", "value": 3}], [1, 3]),
]  # fmt: skip


@pytest.mark.parametrize(("document", "operations", "wanted"), RFC_6902)
def test_json_patch_as_the_rfc_has_it(document, operations, wanted):
    before = json.dumps(document)
    if wanted is None:
        with pytest.raises(FhirError):
            apply_patch(document, operations)
    else:
        assert apply_patch(document, operations) == wanted
    assert json.dumps(document) == before


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
POINTERS = st.lists(st.sampled_from(["a", "b", "0", "1", "-", "~0", "~1", "ab"]), max_size=3).map(
    lambda parts: "".join(f"/{part}" for part in parts)
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"value": VALUES, "from": POINTERS},
)


@given(VALUES, st.lists(OPERATIONS, max_size=4))
def test_any_patch_is_done_or_refused(document, operations):
    before = json.dumps(document)
    try:
        json.dumps(apply_patch(document, operations))
    except FhirError as error:
        assert error.status in (400, 422)
    assert json.dumps(document) == before


# -- operations -----


def operation(server, target, resource=None, method="POST", **headers):
    if resource is None:
        return call(server, target, method=method, **headers)
    return send(server, resource, target, method, **headers)


def severities(response):
    assert response.status == 200, response.body
    return {issue["severity"] for issue in content(response)["issue"]}


def test_validate(server):
    good, bad = observation("n", "p1", "x", "2026-01-01"), observation("n", "p1", "x", "yesterday")
    assert "error" not in severities(operation(server, "Observation/$validate", good))
    assert "error" in severities(operation(server, "Observation/$validate", bad))
    assert "error" not in severities(operation(server, "Observation/o1/$validate", method="GET"))
    wrapped = {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": good},
        {"name": "profile", "valueUri": "http://nictiz.nl/fhir/StructureDefinition/zib-BloodPressure"},
    ]}  # fmt: skip
    assert "error" in severities(operation(server, "Observation/$validate", wrapped)), "by the profile"
    profile = "Observation/o1/$validate?profile=http://nictiz.nl/fhir/StructureDefinition/zib-BloodPressure"
    assert "error" in severities(operation(server, profile, method="GET"))
    assert "error" not in severities(operation(server, "Observation/o1/$validate?mode=delete"))


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("Observation/$validate", "GET", 405),
        ("Observation/$validate", "POST", 400),
        ("Observation/o9/$validate", "GET", 404),
        ("Observation/o1/$validate?mode=guess", "GET", 400),
        ("Observation/$validate", "DELETE", 405),
        ("Composition/$document", "GET", 400),
        ("Composition/none/$document", "GET", 404),
        ("Composition/c1/$document?persist=yes", "GET", 400),
        ("Composition/c1/$document?graph=x", "GET", 400),
        ("Observation/o1/$document", "GET", 400),
    ],
)
def test_operations_that_are_refused(server, target, method, status):
    assert operation(server, target, method=method).status == status
    if status == 400 and "validate" in target and method == "POST":
        assert operation(server, target, {"resourceType": "Patient"}).status == 400


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_document(server, method):
    server.load([COMPOSITION])
    bundle = content(operation(server, "Composition/c1/$document", method=method))
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert bundle["type"] == "document" and kinds[0] == "Composition" and not clean(bundle)
    assert {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]} == {
        "Composition/c1", "Patient/p1", "Practitioner/gp", "Organization/org", "Observation/o2", "Observation/o1",
        "Encounter/e1", "EpisodeOfCare/ep1",
    }  # fmt: skip
    assert bundle["entry"][0]["fullUrl"] == f"{BASE}/Composition/c1"
    assert bundle["identifier"]["value"]


def test_a_document_is_kept_when_asked(server):
    server.load([COMPOSITION])
    bundle = content(operation(server, "Composition/$document?id=Composition/c1&persist=true", method="GET"))
    assert server.store.find(f"Bundle/{bundle['id']}").resource["type"] == "document"
    assert operation(make(read_only=True), "Composition/c1/$document?persist=true").status == 404


# -- browsers, compression -----


def test_pages_of_other_origins():
    server = make(cors="*")
    asked = call(server, "Observation", method="OPTIONS", token="", Origin="https://app.example",
                 Access_Control_Request_Method="PATCH", Access_Control_Request_Headers="authorization,x-own")  # fmt: skip
    assert asked.status == 204
    assert header(asked.headers, "access-control-allow-origin") == "*"
    assert "PATCH" in header(asked.headers, "access-control-allow-methods")
    assert header(asked.headers, "access-control-allow-headers") == "authorization,x-own"
    for target, status in (("Patient", 200), ("Patient/none", 404)):
        response = call(server, target, Origin="https://app.example")
        assert response.status == status and header(response.headers, "access-control-allow-origin") == "*"
        assert "Location" in header(response.headers, "access-control-expose-headers")
    assert header(call(server, "Patient").headers, "access-control-allow-origin") is None


def test_one_origin_or_none():
    server = make(cors="https://app.example")
    for origin, wanted in (("https://app.example", "https://app.example"), ("https://other.example", None)):
        response = call(server, "Patient", Origin=origin)
        assert header(response.headers, "access-control-allow-origin") == wanted
        assert header(response.headers, "vary") == "Origin", "a cache keeps them apart"
        asked = call(
            server, "Patient", method="OPTIONS", Origin=origin, Access_Control_Request_Method="GET", token=""
        )
        assert header(asked.headers, "access-control-allow-origin") == wanted
    assert header(call(make(), "Patient", Origin="x").headers, "access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("gzip", True), ("deflate, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False),
     ("*, gzip;q=0", False), ("*;q=0, x-gzip", True), ("identity, *;q=0", False)],
)  # fmt: skip
def test_answers_in_gzip(accepted, expected):
    request = Request(method="GET", url=BASE, headers=(("Accept-Encoding", accepted),) if accepted else ())
    response = compressed(request, Response(status=200, body=b"x" * 5_000))
    assert (header(response.headers, "content-encoding") == "gzip") is expected
    assert (gzip.decompress(response.body) if expected else response.body) == b"x" * 5_000
    assert compressed(request, Response(status=200, body=b"short")).body == b"short"


def test_requests_in_gzip():
    def sent(body, coding="gzip"):
        return decompressed(
            Request(method="POST", url=BASE, headers=(("Content-Encoding", coding),), body=body)
        )

    assert sent(gzip.compress(b"{}")).body == b"{}"
    assert sent(b"{}", "identity").body == b"{}"
    assert sent(b"{}", "br").status == 415
    assert sent(b"not gzip").status == 400
    assert sent(gzip.compress(b"x" * 100)[:-5]).status == 400
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(80)) + bomb.flush()
    assert len(packed) < 1 << 20 and sent(packed).status == 413


# -- deliberate faults -----


TRIGGERS = {
    "lost-include": "Patient?_include=Patient:general-practitioner",
    "error-as-html": "Patient/none",
    "error-without-body": "Patient/none",
    "no-etag": "Patient/p1",
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_changes_what_a_client_gets(server, name):
    wrong = server.fork(options=ServerOptions(base_url=BASE, faults=frozenset({name})))
    new_id = iter(range(10_000))
    server.new_id = wrong.new_id = lambda: str(next(new_id) % 1)
    if name == "no-location":
        answers = [
            send(one, observation("a", "p1", "x", "2026-01-01"), "Observation") for one in (server, wrong)
        ]
    else:
        target = TRIGGERS.get(name, "Observation?_count=2")
        answers = [call(one, target) for one in (server, wrong)]
    right, other = answers
    assert right.status < 500 and (other.status, other.headers, other.body) != (
        right.status,
        right.headers,
        right.body,
    )
    assert FAULTS[name].title.nl and FAULTS[name].title.en
    xml = call(wrong, "Observation?_count=2", accept=XML)
    assert isinstance(xml, Response)


def test_the_rules_of_form_exist():
    assert set(RULES) >= STRUCTURE


def test_what_is_accepted_can_be_given_back_in_both_formats(server):
    for wrong in (
        {"resourceType": "Patient", "foo": 1, "name": {"family": "x"}, "active": "ja"},
        {"resourceType": "Patient", "deceasedBoolean": True, "deceasedDateTime": "2020"},
        {"resourceType": "Patient", "contact": [{"name": [{"family": "x"}]}]},
    ):
        assert send(server, wrong, "Patient").status in (400, 422)
    made = send(server, {"resourceType": "Patient", "active": True}, "Patient")
    key = header(made.headers, "location").removeprefix(BASE + "/")
    for accept in (JSON, XML):
        answer = call(server.fork(authorize=open_access), key, accept=accept)
        assert codec.read(answer.body, model=server.model)["active"] is True
