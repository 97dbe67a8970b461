"""The FHIR server: interactions, search, compartments, negotiation, errors."""

from __future__ import annotations

import pytest
from serverkit import BASE, JSON, XML, call, concept, content, ids, make, observation, ref, send

from harness.core.run.exchanges import Request, header
from harness.fhir.codec import documents as codec
from harness.fhir.search.parameters import SearchParameter, from_resource, with_end
from harness.fhir.server.options import Document, Refusal, ServerOptions
from harness.fhir.server.service import FhirServer


@pytest.fixture(scope="module")
def loaded():
    return make()


@pytest.fixture
def server(loaded):
    return loaded.fork()


# -- search -----


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Observation?code=http://loinc.org|8867-4", {"o1", "o2"}),
        ("Observation?code=8867-4,%2085354-9", {"o1", "o2", "o3"}),
        ("Observation?code=http://loinc.org|", {"o1", "o2", "o3"}),
        ("Observation?code=http://other|8867-4", set()),
        ("Observation?code:not=8867-4", {"o3"}),
        ("Observation?date=ge2026-01-01", {"o1", "o2"}),
        ("Observation?date=ge2026-01-01&date=lt2026-02-01", {"o1"}),
        ("Observation?date=2026-02", {"o2"}),
        ("Observation?date=le2025-12-31", {"o3"}),
        ("Observation?date=lt2025-12-31T23:30:00Z", {"o3", "o1"}),
        ("Observation?value-quantity=gt60", {"o1"}),
        ("Observation?value-quantity=70|http://unitsofmeasure.org|/min", {"o1"}),
        ("Observation?value-quantity:missing=true", {"o2", "o3"}),
        ("Observation?code-value-quantity=8867-4$ge70", {"o1"}),
        ("Observation?code-value-quantity=85354-9$ge70", set()),
        ("Observation?context=Encounter/e1", {"o1"}),
        ("Observation?context=ep1", {"o3"}),
        ("Observation?context:Encounter.episodeofcare=EpisodeOfCare/ep1", {"o1"}),
        ("Observation?patient=p1&status=final", {"o1", "o2", "o3"}),
        ("Observation?subject:Patient.birthdate=1970-05-04&code=85354-9", {"o3"}),
        ("Observation?_id=o1,o9", {"o1"}),
        ("Patient?family=wilg", {"p1"}),
        ("Patient?family:exact=Wïlgen", {"p1"}),
        ("Patient?name:contains=LGE", {"p1"}),
        ("Patient?_has:Observation:patient:code=85354-9", {"p1"}),
        ("Patient?_has:Observation:patient:code=nothing", set()),
        ("Encounter?class=http://x|AMB", {"e1"}),
        ("MedicationRequest?periodofuse=ge2026-03-01", {"r-open", "r-none"}),
        ("MedicationRequest?periodofuse=ge2025-01-20", {"r-open", "r-none", "r-closed", "r-duration"}),
        ("MedicationRequest?periodofuse=ge2025-02-15&category=16076005", {"r-open", "r-none", "r-closed"}),
        ("MedicationRequest?medication.code=urn:gpk|123&periodofuse=lt2020-01-02", {"r-inline", "r-none"}),
        ("DocumentReference?status=current&indexed=ge2026-01-05", {"d1"}),
        ("DocumentReference?indexed=ge2026-01-06", set()),
        ("Appointment?date=ge2026-03-01", {"a1"}),
        ("Practitioner?name=dok", {"gp"}),
    ],
)  # fmt: skip
def test_search_finds(server, query, wanted):
    response = call(server, query)
    assert response.status == 200, response.body
    assert set(ids(response)) == wanted
    assert content(response)["total"] == len(wanted)


def test_searchset_form(server):
    target = "Patient?_include=Patient:general-practitioner&_include=Patient:organization"
    bundle = content(call(server, target))
    assert bundle["type"] == "searchset" and bundle["total"] == 1
    assert bundle["link"] == [{"relation": "self", "url": f"{BASE}/{target}"}]
    assert [e["fullUrl"] for e in bundle["entry"]] == [
        f"{BASE}/Patient/p1", f"{BASE}/Practitioner/gp", f"{BASE}/Organization/org"
    ]  # fmt: skip
    assert [e["search"]["mode"] for e in bundle["entry"]] == ["match", "include", "include"]


def test_xml_and_json_say_the_same(server):
    target = "Observation?_include=Observation:related-target&code=8867-4"
    left = codec.read(call(server, target, accept=JSON).body, model=server.model)
    right = codec.read(call(server, target, accept=XML).body, model=server.model)
    for bundle in (left, right):
        bundle.pop("id")
    assert left == right


def test_includes_iterate_reverse_and_typed(server):
    assert ids(
        call(server, "MedicationRequest?_id=r-open&_include=MedicationRequest:medication"), "include"
    ) == ["m1"]
    plain = call(
        server, "Observation?_id=o2&_include=Observation:related-target&_include=Observation:context"
    )
    assert ids(plain, "include") == ["o1"]
    deep = call(
        server, "Observation?_id=o2&_include=Observation:related-target&_include:recurse=Observation:context"
    )
    assert ids(deep, "include") == ["o1", "e1"]
    back = call(server, "Encounter?_revinclude=Observation:context")
    assert ids(back, "include") == ["o1"]
    typed = call(server, "Observation?_id=o1&_include=Observation:context:EpisodeOfCare")
    assert ids(typed, "include") == []


def test_sort_and_count(server):
    assert ids(call(server, "Observation?_sort=-date")) == ["o2", "o1", "o3"]
    first = call(server, "Observation?_sort=-date&_count=1")
    assert ids(first) == ["o2"]
    assert content(first)["total"] == 3, "the total counts all pages"
    for target in ("Observation?_summary=count", "Observation?_count=0"):
        counted = content(call(server, target))
        assert counted["total"] == 3 and "entry" not in counted and len(counted["link"]) == 1


def test_posted_search(server):
    response = call(
        server,
        "Observation/_search",
        method="POST",
        body=b"code=85354-9",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert ids(response) == ["o3"]


def test_lastn_merges_groups_that_share_any_coding(server):
    server.load([
        observation("h1", "p1", "8302-2", "2026-01-01"),
        {**observation("h2", "p1", "8302-2", "2026-01-05"),
         "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}, {"system": "urn:x", "code": "y"}]}},
        {**observation("h3", "p1", "z", "2026-01-09"), "code": concept("urn:x", "y")},
    ])  # fmt: skip
    assert ids(call(server, "Observation/$lastn?code=8302-2,y")) == ["h3"]
    assert ids(call(server, "Observation/$lastn?code=8302-2,y&max=2")) == ["h3", "h2"]
    assert set(ids(call(server, "Observation/$lastn?code=http://loinc.org|"))) == {"o2", "o3", "h2"}
    assert content(call(server, "Observation/$lastn?code=8302-2,y"))["link"][0]["url"].endswith(
        "$lastn?code=8302-2,y"
    )


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("DocumentReference/$", 400, "not-supported"),
        ("Observation/$nothing", 400, "not-supported"),
        ("Nonsense", 404, "not-supported"),
        ("Binary/unknown", 404, "not-found"),
        ("Observation?colour=red", 400, "not-supported"),
        ("Observation?code:below=x", 400, "not-supported"),
        ("Observation?date=yesterday", 400, "invalid"),
        ("Observation?value-quantity=abc", 400, "invalid"),
        ("Observation?status.code=x", 400, "invalid"),
        ("Observation?_include=Observation:colour", 400, "not-supported"),
        ("Observation?_include=Observation", 400, "invalid"),
        ("Observation?_elements=a-b", 400, "invalid"),
        ("Observation?_summary=much", 400, "invalid"),
        ("Observation?_total=some", 400, "invalid"),
        ("Observation?_contained=true", 400, "not-supported"),
        ("Observation?_summary=text&_include=Observation:context", 400, "invalid"),
        ("Observation/o1?_summary=count", 400, "not-supported"),
        ("Observation/o1/_history/1/more", 400, "not-supported"),
        ("Observation/o1?x=1", 400, "not-supported"),
        ("Observation/bad%20id", 400, "value"),
        ("", 400, "not-supported"),
        ("Observation/o1/_history/7", 404, "not-found"),
    ],
)
def test_errors_are_operation_outcomes(server, target, status, code):
    for accept in (JSON, XML):
        response = call(server, target, accept=accept)
        assert response.status == status
        outcome = codec.read(response.body, model=server.model)
        assert outcome["resourceType"] == "OperationOutcome"
        assert outcome["issue"][0]["code"] == code and outcome["issue"][0]["severity"] == "error"
        assert outcome["issue"][0]["diagnostics"]


def test_lenient_handling_leaves_unknown_parameters_out_of_the_self_link(server):
    response = call(server, "Observation?colour=red&code=85354-9", Prefer="handling=lenient")
    assert ids(response) == ["o3"]
    assert content(response)["link"][0]["url"] == f"{BASE}/Observation?code=85354-9"


# -- who may see what -----


def test_without_or_with_a_wrong_token_nothing_is_shown(server):
    for token in ("", "unknown"):
        response = call(server, "Patient", token=token)
        assert response.status == 401 and header(response.headers, "www-authenticate") == "Bearer"
        assert content(response)["issue"][0]["code"] == "login"
    assert call(server, "metadata", token="").status == 200


def test_a_token_sees_its_own_patient_only(server):
    assert ids(call(server, "Patient")) == ["p1"]
    assert ids(call(server, "Observation", token="two")) == ["o9"]
    assert call(server, "Observation/o9").status == 404
    assert call(server, "Patient/p2").status == 404
    assert call(server, "Binary/b1", token="two").status == 404
    assert call(server, "Binary/b1").status == 200
    assert ids(call(server, "Observation?subject:Patient.family=beuk")) == []
    assert send(server, observation("o9", "p1", "x", "2026-01-01"), "Observation/o9", "PUT").status == 403
    assert call(server, "Observation/o9", method="DELETE").status == 403
    assert call(server, "Patient/p2/$purge", method="POST").status == 403


def test_refusal_decides_the_status():
    server = make()
    server.authorize = lambda request: Refusal(403)
    assert call(server, "Patient").status == 403


# -- negotiation -----


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/fhir+xml", "application/fhir+xml"),
        ("application/json+fhir", "application/fhir+json"),
        ("text/xml", "application/fhir+xml"),
        ("application/json", "application/fhir+json"),
        ("*/*", "application/fhir+json"),
        ("", "application/fhir+json"),
        ("text/html, application/fhir+xml;q=0.9, */*;q=0.1", "application/fhir+xml"),
        (
            "application/fhir+json; fhirVersion=4.0, application/fhir+xml; fhirVersion=3.0;q=0.5",
            "application/fhir+xml",
        ),
        ("application/fhir+json;q=0, */*", "application/fhir+xml"),
        ("application/fhir+xml;q=0.1, */*;q=0.9", "application/fhir+json"),
        ("application/fhir+json;q=0, application/json", "application/fhir+json"),
        ("application/*;q=0, application/fhir+xml;q=0.2, */*", "application/fhir+xml"),
    ],
)
def test_accept(server, accept, expected):
    response = call(server, "Patient", accept=accept)
    assert response.status == 200
    assert header(response.headers, "content-type").startswith(expected + ";")


def test_fhir_version_is_echoed_and_another_one_refused(server):
    response = call(server, "Patient", accept="application/fhir+json; fhirVersion=3.0")
    assert header(response.headers, "content-type").endswith("fhirVersion=3.0")
    assert call(server, "Patient", accept="application/fhir+json; fhirVersion=4.0").status == 406
    assert call(server, "Patient", accept="text/html").status == 406
    assert call(server, "Patient?_format=xml", accept="text/html").status == 200
    assert send(server, observation("n", "p1", "x", "2026-01-01"), "Observation", form="json").status == 201
    wrong = call(
        server,
        "Observation",
        method="POST",
        body=b"{}",
        Content_Type="application/fhir+json; fhirVersion=4.0",
    )
    assert wrong.status == 415
    assert call(server, "Observation", method="POST", body=b"{}", Content_Type="text/plain").status == 415


@pytest.mark.parametrize(
    "accept",
    ["application/fhir+json;q=0, application/fhir+xml;q=0, */*", "*/*;q=0", "application/*;q=0, */*"],
)
def test_what_the_client_refuses_is_not_sent(server, accept):
    assert call(server, "Patient", accept=accept).status == 406


def test_several_accept_headers_are_one_list(server):
    headers = (("Accept", "text/html"), ("Accept", XML), ("Authorization", "Bearer one"))
    response = server.handle(Request(method="GET", url=f"{BASE}/Patient/p1", headers=headers))
    assert header(response.headers, "content-type").startswith(XML)


def test_the_format_parameter_names_a_version_too(server):
    assert call(server, "Patient?_format=application/fhir%2Bjson;fhirVersion=4.0").status == 406
    response = call(server, "Patient?_format=application/fhir%2Bjson;fhirVersion=3.0")
    assert header(response.headers, "content-type").endswith("fhirVersion=3.0")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/pdf;q=0, */*", JSON),
        ("application/pdf, application/fhir+xml;q=0.5", "application/pdf"),
        ("application/pdf;q=0.5, application/fhir+xml", XML),
        ("application/json", JSON),
    ],
)
def test_a_document_by_what_is_most_welcome(server, accept, media):
    response = call(server, "Binary/b1", accept=accept)
    assert (response.status, header(response.headers, "content-type").partition(";")[0]) == (200, media)


def test_binary_as_resource_and_native(server):
    resource = call(server, "Binary/b1", accept=XML)
    assert codec.read(resource.body, model=server.model)["contentType"] == "application/pdf"
    for accept in ("", "*/*", "application/pdf"):
        native = call(server, "Binary/b1", accept=accept)
        assert (native.body, header(native.headers, "content-type")) == (b"%PDF-", "application/pdf")
    assert call(server, "Binary/b1", accept="image/png").status == 406
    sent = call(server, "Binary", method="POST", body=b"%PDF-1", Content_Type="application/pdf")
    assert sent.status == 201
    key = header(sent.headers, "location").removeprefix(BASE + "/").split("/_history")[0]
    assert call(server, key, accept="*/*").body == b"%PDF-1"


# -- writing -----


def test_update_create_read_delete(server):
    new = observation("mine", "p1", "x", "2026-01-01")
    created = send(server, new, "Observation/mine", "PUT", form="xml")
    assert (created.status, header(created.headers, "etag")) == (201, 'W/"1"')
    updated = send(server, {**new, "status": "amended"}, "Observation/mine", "PUT", If_Match='W/"1"')
    assert updated.status == 200 and content(updated)["meta"]["versionId"] == "2"
    assert send(server, new, "Observation/mine", "PUT", If_Match='W/"1"').status == 412
    assert send(server, new, "Observation/other", "PUT").status == 400
    assert send(server, new, "Patient", "POST").status == 400
    assert call(server, "Observation/mine", If_None_Match='W/"2"').status == 304
    assert send(server, new, "Observation", "POST", Prefer="return=minimal").body == b""
    assert call(server, "Observation/mine", method="DELETE").status == 204
    assert call(server, "Observation/mine").status == 410
    assert call(server, "Observation/mine", method="DELETE").status == 204


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", JSON), (b"{", JSON), (b"[]", JSON), (b"<a/>", XML), (b"<Observation", XML), (b"\xff\xfe", JSON),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Observation xmlns="http://hl7.org/fhir">&x;</Observation>', XML),
        (b'{"resourceType": "Nonsense"}', JSON), (b'{"a":' * 5000 + b"1" + b"}" * 5000, JSON),
    ],
)  # fmt: skip
def test_bad_bodies_are_refused(server, body, kind):
    response = call(server, "Observation", method="POST", body=body, Content_Type=kind)
    assert response.status == 400
    assert content(response)["resourceType"] == "OperationOutcome"
    assert b"root:" not in response.body


def test_methods_that_do_not_exist(server):
    assert call(server, "Observation/o1", method="TRACE").status == 405
    assert header(call(server, "Observation", method="DELETE").headers, "allow") == "GET, POST"
    assert call(server, "", method="PUT").status == 405
    assert call(server, "Observation", method="HEAD").body == b""


def test_purge_empties_the_compartment(server):
    assert call(server, "Patient/p1/$purge", method="POST").status == 200
    assert call(server, "Patient/p1").status == 410
    assert ids(call(server, "Observation", token="two")) == ["o9"]
    assert server.store.find("Practitioner/gp") is not None


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(full, resource):
    return {
        "fullUrl": full,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


SENT = (
    post("urn:uuid:1", {"resourceType": "Patient", "name": [{"family": "Wilgen"}]}),
    post("urn:uuid:2", {
        **{k: v for k, v in observation("x", "p1", "8867-4", "2026-02-20").items() if k != "id"},
        "subject": {"reference": "urn:uuid:1", "display": "Jan"},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:1">p</a></div>'},
    }),
)  # fmt: skip


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_bundles_rewrite_references_and_return_resources(server, kind, form):
    response = send(server, bundle(kind, *SENT), "", form=form, Prefer="return=representation")
    assert response.status == 200, response.body
    answer = content(response)
    assert answer["type"] == f"{kind}-response"
    patient, measured = answer["entry"]
    assert patient["response"]["status"] == "200 OK" and patient["resource"]["id"] == "p1", (
        "the token's own patient"
    )
    assert measured["response"]["status"] == "201 Created"
    assert measured["resource"]["subject"]["reference"] == "Patient/p1"
    assert 'href="Patient/p1"' in measured["resource"]["text"]["div"]
    assert measured["fullUrl"] == f"{BASE}/Observation/{measured['resource']['id']}"
    assert measured["response"]["location"].startswith(f"Observation/{measured['resource']['id']}/_history/")
    assert measured["resource"]["id"] in ids(call(server, "Observation?date=2026-02-20"))


def test_received_patient_new_is_a_switch():
    server = make(received_patient="new")
    patient = content(send(server, bundle("transaction", *SENT), ""))["entry"][0]
    assert patient["response"]["status"] == "201 Created" and patient["resource"]["id"] != "p1"


def test_a_transaction_is_all_or_nothing_and_a_batch_is_not(server):
    bad = {
        "request": {"method": "PUT", "url": "Observation/zz"},
        "resource": observation("other", "p1", "x", "2026-01-01"),
    }
    before = len(server.store)
    response = send(server, bundle("transaction", *SENT, bad), "")
    assert response.status == 400 and "entry[2]" in content(response)["issue"][0]["expression"][0]
    assert len(server.store) == before
    answer = content(send(server, bundle("batch", *SENT, bad), ""))
    assert [e["response"]["status"][:3] for e in answer["entry"]] == ["200", "201", "400"]
    assert len(server.store) == before + 1


def test_batch_reads_and_deletes(server):
    answer = content(send(server, bundle(
        "batch",
        {"request": {"method": "GET", "url": "Observation?code=85354-9"}},
        {"request": {"method": "GET", "url": "Observation/none"}},
        {"request": {"method": "DELETE", "url": "Observation/o3"}},
        {"request": {"method": "GET", "url": "Observation/o1"}},
    ), ""))  # fmt: skip
    found, missing, deleted, read = answer["entry"]
    assert found["resource"]["total"] == 1
    assert missing["response"]["outcome"]["issue"][0]["code"] == "not-found"
    assert deleted["response"]["status"] == "204 No Content"
    assert read["resource"]["id"] == "o1" and read["fullUrl"] == f"{BASE}/Observation/o1"


@pytest.mark.parametrize(
    "bad",
    [
        {"resourceType": "Bundle", "type": "collection"},
        bundle("batch", {"request": {}}),
        {"resourceType": "Patient"},
    ],
)
def test_other_bundles_are_refused(server, bad):
    assert send(server, bad, "").status == 400


# -- switches -----


def test_unsupported_and_not_served_types():
    gone = make(unsupported=frozenset({"Observation"}))
    for target in ("Observation", "Observation/o1"):
        response = call(gone, target)
        assert response.status == 404 and content(response)["issue"][0]["code"] == "not-supported"
    assert "Observation" not in {r["type"] for r in content(call(gone, "metadata"))["rest"][0]["resource"]}
    receiving = make(not_served=frozenset({"Observation"}))
    assert call(receiving, "Observation").status == 404
    assert send(receiving, bundle("transaction", *SENT), "").status == 200


def test_drop_hides_a_stored_resource():
    server = make(drop=frozenset({"Observation/o1"}))
    assert set(ids(call(server, "Observation"))) == {"o2", "o3"}
    assert content(call(server, "Observation"))["total"] == 2
    assert call(server, "Observation/o1").status == 404


def test_documents_open_and_with_token():
    url = "https://docs.example/a.pdf"
    for access, expected in (("open", 200), ("token", 401)):
        server = make(documents=(Document(url, b"%PDF", access=access),))
        assert call(server, url, token="").status == expected
        assert call(server, url).body == b"%PDF"


def test_a_task_is_completed_only_with_a_response():
    server = make(task_needs_response=True)
    task = {
        "resourceType": "Task",
        "id": "t",
        "status": "completed",
        "intent": "order",
        "for": ref("Patient/p1"),
    }
    assert send(server, task, "Task/t", "PUT").status == 422
    answer = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "subject": ref("Patient/p1"),
              "basedOn": [ref("Task/t")]}  # fmt: skip
    entries = [
        {"request": {"method": "PUT", "url": "Task/t"}, "resource": task, "fullUrl": f"{BASE}/Task/t"},
        post("urn:uuid:9", answer),
    ]
    assert send(server, bundle("transaction", *entries), "").status == 200


def test_hooks_change_what_leaves_the_server_only():
    def resource_hook(resource):
        return {**resource, "language": "nl"}

    def bundle_hook(found, request):
        return {**found, "total": 99}

    server = make(transform_resource=resource_hook, transform_bundle=bundle_hook)
    found = content(call(server, "Patient"))
    assert found["total"] == 99 and found["entry"][0]["resource"]["language"] == "nl"
    assert "language" not in server.store.find("Patient/p1").resource
    assert set(server.options.describe()) == {"base_url", "transform_resource", "transform_bundle"}


GOOD = observation("n", "p1", "x", "2026-01-01")
NO_ELEMENT = {**GOOD, "colour": "red"}
WRONG_CODE = {**GOOD, "status": "done"}
OTHER_PROFILE = {**GOOD, "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-BloodPressure"]}}


@pytest.mark.parametrize(
    ("level", "refused"),
    [
        ("off", []),
        ("structure", [NO_ELEMENT]),
        ("base", [NO_ELEMENT, WRONG_CODE]),
        ("profiles", [NO_ELEMENT, WRONG_CODE, OTHER_PROFILE]),
    ],
)
def test_what_a_write_must_meet_is_a_switch(level, refused):
    server = make(validate_writes=level)
    for resource in (GOOD, NO_ELEMENT, WRONG_CODE, OTHER_PROFILE):
        response = send(server, resource, "Observation/n", "PUT")
        assert (response.status == 422) is (resource in refused)
        if resource in refused:
            assert len(content(response)["issue"]) > 1


def test_a_type_before_a_parameter_is_a_switch():
    target = "Patient?Patient.family=wilgen"
    assert call(make(), target).status == 400
    assert ids(call(make(type_prefix=True), target)) == ["p1"]


def test_read_only_refuses_writes():
    server = make(read_only=True)
    assert send(server, observation("n", "p1", "x", "2026-01-01"), "Observation/n", "PUT").status == 405
    assert send(server, bundle("batch"), "").status == 405
    assert call(server, "Observation/o1", method="DELETE").status == 405


def test_capability_statement_says_what_is_supported(server):
    from harness.fhir.validation import Validator

    for accept in (JSON, XML):
        document = codec.parse(call(server, "metadata", accept=accept).body, model=server.model)
        assert not [i for i in Validator(embedded=False).validate(document) if i.severity == "error"]
    rest = document.resource["rest"][0]
    medication = next(r for r in rest["resource"] if r["type"] == "MedicationRequest")
    assert "periodofuse" in {p["name"] for p in medication["searchParam"]}
    assert "MedicationRequest:medication" in medication["searchInclude"]


@pytest.mark.parametrize("version", ["3.0.2", "4.0.1"])
def test_every_parameter_of_the_capability_statement_can_be_searched(version):
    server = FhirServer.create(version, options=ServerOptions(base_url=BASE))
    examples = {"token": "x", "date": "2026-01-01", "reference": "Patient/1", "string": "a", "uri": "urn:a", "number": "1",
                "quantity": "1"}  # fmt: skip
    refused = []
    for kind in sorted(server.model.resource_types):
        server.store.put({"resourceType": kind, "id": "1"})
        for parameter in server.parameters.definitions(kind):
            if parameter.kind == "composite":
                continue
            response = call(server, f"{kind}?{parameter.code}={examples[parameter.kind]}", token="")
            if response.status != 200:
                refused.append((kind, parameter.code, response.status))
    assert not refused


def test_forks_do_not_share_writes(loaded):
    left, right = loaded.fork(), loaded.fork()
    send(left, observation("only-left", "p1", "x", "2026-01-01"), "Observation/only-left", "PUT")
    assert call(left, "Observation/only-left").status == 200
    assert call(right, "Observation/only-left").status == 404


def test_search_parameter_resources_and_durations():
    found = from_resource(
        {"code": "a", "type": "token", "base": ["Patient"], "expression": "Patient.active", "url": "u"}
    )
    assert found == SearchParameter("a", ("Patient",), "token", "Patient.active", (), "u")
    assert from_resource({"code": "a"}) is None
    assert with_end({"start": "2026-01-01"}, [({"value": 2, "code": "wk"}, "")])["end"] == "2026-01-15"
    assert with_end({"start": "2026-01-01", "end": "x"}, [({"value": 2, "code": "wk"}, "")])["end"] == "x"
    assert "end" not in with_end({"start": "2026-01-01"}, [({"value": 2, "code": "?"}, "")])
