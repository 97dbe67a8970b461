"""Nothing that a client sends makes the server raise or answer without an OperationOutcome."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.run.exchanges import Request, media_type
from harness.fhir.codec import documents as codec
from harness.fhir.server.options import ServerOptions, by_token
from harness.fhir.server.service import FhirServer

BASE = "https://his.example/fhir"
SERVER = FhirServer.create(
    "3.0.2", options=ServerOptions(base_url=BASE), authorize=by_token({"Bearer one": "p1"})
)
SERVER.load([
    {"resourceType": "Patient", "id": "p1", "name": [{"family": "A"}]},
    {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"},
     "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-01-01"},
    {"resourceType": "Composition", "id": "c1", "status": "final", "date": "2026", "title": "x", "type": {"text": "x"},
     "subject": {"reference": "Patient/p1"}, "author": [{"reference": "Patient/p1"}]},
])  # fmt: skip

WORDS = st.sampled_from([
    "Patient", "Observation", "p1", "o1", "$lastn", "$purge", "$", "_history", "1", "_search", "metadata", "?", "&", "=",
    "/", "code", "date", "ge2026", ":", ".", ",", "|", "_include", "_sort", "_count", "%20", "%ff", "..", "*", "_format",
    "xml", "_has", "subject", "Patient:", "é", "\x00", "-1", "name:exact", "value-quantity", "5.4", "$validate",
    "$document", "_elements", "_summary", "true", "text", "_total", "none", "_pretty=true", "_type", "_page", "_offset",
    "_since", "2026-01-01T00:00:00Z", "id=", "mode", "profile", "Composition/c1", "_history/1", "Patient/p1/*",
])  # fmt: skip
TARGETS = st.lists(WORDS, max_size=12).map("".join)
ACCEPTS = st.sampled_from([
    "", "*/*", "application/fhir+json", "application/fhir+xml", "text/html", ",,;q=", "application/fhir+json; fhirVersion=9",
    "application/pdf;q=x", "a" * 300,
])  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text(max_size=8),
    st.sampled_from(["urn:uuid:1", "Patient/p1", "p1", "POST", "PUT", "GET", "DELETE"]),
)
KEYS = st.sampled_from(
    [
        "resourceType",
        "id",
        "type",
        "entry",
        "request",
        "method",
        "url",
        "fullUrl",
        "resource",
        "status",
        "subject",
        "reference",
        "meta",
        "code",
        "coding",
    ]
)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)
KINDS = st.sampled_from(["Bundle", "Observation", "Patient", "Binary", "Nothing", 5])


def sane(response):
    assert 200 <= response.status < 600
    if response.status >= 400 and response.body:
        form = "json" if "json" in media_type(response.headers) else "xml"
        outcome = codec.parse(response.body, format=form, model=SERVER.model).resource
        assert outcome["resourceType"] == "OperationOutcome" and outcome["issue"][0]["code"]


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "X"]),
    TARGETS,
    ACCEPTS,
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_request_is_answered(method, target, accept, known):
    headers = (("Accept", accept), ("Authorization", "Bearer one" if known else "Basic x"))
    sane(SERVER.fork().handle(Request(method=method, url=f"{BASE}/{target}", headers=headers)))


@given(
    BODIES,
    KINDS,
    st.sampled_from(
        [
            "",
            "Observation",
            "Observation/o1",
            "Patient/p1",
            "Binary",
            "Observation/$validate",
            "Observation?code=x",
            "Composition/c1/$document",
            "Parameters/$validate",
        ]
    ),
    st.sampled_from(["POST", "PUT"]),
)
@settings(max_examples=400, deadline=None)
def test_any_json_body_is_answered(body, kind, target, method):
    if isinstance(body, dict):
        body = {**body, "resourceType": kind}
        if kind == "Bundle":
            body.setdefault("type", "transaction")
    headers = (("Authorization", "Bearer one"), ("Content-Type", "application/fhir+json"))
    data = json.dumps(body).encode()
    sane(SERVER.fork().handle(Request(method=method, url=f"{BASE}/{target}", headers=headers, body=data)))


@given(
    st.binary(max_size=200),
    st.sampled_from(["application/fhir+json", "application/fhir+xml", "application/pdf", "x"]),
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_answered(data, kind):
    headers = (("Authorization", "Bearer one"), ("Content-Type", kind))
    sane(SERVER.fork().handle(Request(method="POST", url=f"{BASE}/Observation", headers=headers, body=data)))


POINTERS = st.sampled_from(
    ["/status", "/code/text", "/subject", "/id", "/resourceType", "", "/category/-", "/meta", "x", "/a/b"]
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"]), "path": POINTERS},
    optional={"value": BODIES, "from": POINTERS},
)


@given(st.one_of(st.lists(OPERATIONS, max_size=4), BODIES))
@settings(max_examples=300, deadline=None)
def test_any_patch_is_answered_and_what_it_leaves_can_be_given_back(operations):
    server = SERVER.fork()
    url, headers = f"{BASE}/Observation/o1", [("Authorization", "Bearer one")]
    data = json.dumps(operations).encode()
    kind = ("Content-Type", "application/json-patch+json")
    sane(server.handle(Request(method="PATCH", url=url, headers=(*headers, kind), body=data)))
    for accept in ("application/fhir+json", "application/fhir+xml"):
        again = server.handle(Request(method="GET", url=url, headers=(*headers, ("Accept", accept))))
        assert again.status in (200, 404), again.body
