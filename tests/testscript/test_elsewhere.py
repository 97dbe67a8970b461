"""Scripts from elsewhere: other forms, parties that nobody marks, features that Nictiz does not use; the ledger."""

from __future__ import annotations

import base64
import json
from datetime import date

import msgspec
import pytest
from scriptkit import NS, TOKEN, check, operation, value

from harness.core.errors import ConfigurationError, InputError
from harness.core.run.exchanges import Exchange, Request
from harness.core.standards.ledger import Ruling, entry_of, ledger, read_ledger
from harness.core.verdicts import Blame, Verdict
from harness.fhir import fhirpath
from harness.fhir.model.types import load_model
from harness.fhir.server.options import ServerOptions, open_access
from harness.fhir.server.service import FhirServer
from harness.report.programme.question import Example, example_in, question
from harness.testscript.execute.execution import Execution, drive
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.transport import in_process
from harness.testscript.judge import patterns
from harness.testscript.judge.disputes import Disputes
from harness.testscript.outcome.recording import RunRecord
from harness.testscript.read.json_form import element_of
from harness.testscript.read.script import load_script

BASE = "https://server.example/fhir"
OK = check(responseCode="200")
OBSERVATION = {
    "resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"},
    "category": [{"text": "a"}, {"text": "b"}], "valueQuantity": {"value": 1, "unit": "x"},
}  # fmt: skip


def script(body, *, flags="", profiles="", reference="it.json", identity="own", variables=""):
    return (
        f"<TestScript {NS}>{value('id', identity)}<fixture id='it'>{flags}<resource>{value('reference', reference)}"
        f"</resource></fixture>{profiles}{variables}{body}</TestScript>"
    )


@pytest.fixture
def go(tmp_path):
    """Runs a script text against an empty server."""

    def run(text, *, name="script.xml", faults=(), version="3.0.2", fixture=OBSERVATION, overrides=None):
        (tmp_path / "it.json").write_text(json.dumps(fixture))
        (tmp_path / name).write_text(text, encoding="utf-8")
        server = FhirServer.create(
            version, options=ServerOptions(base_url=BASE, faults=frozenset(faults)), authorize=open_access
        )

        loaded = load_script(tmp_path / name)
        settings = Settings(
            server.model, date(2026, 3, 1), BASE, BASE, overrides=overrides or {}, keep_steps=True
        )
        execution = Execution(loaded, settings)
        drive(execution, {"server": in_process(server.handle)})
        return execution.result()

    return run


def op(code, kind="Observation", **more):
    return operation(code, kind, own=True, headers={}, **more)


PUT = op("update", source="it", targetId="it")
READ = op("read", targetId="it", response="got")


def test_nobody_is_marked_so_the_server_is_under_test(go):
    result = go(script(f"<test>{PUT}{check(responseCode='201')}{READ}{OK}</test>"))
    assert result.side == "server" and result.verdict is Verdict.PASS, result.findings
    failed = go(script(f"<test>{READ}{OK}</test>"))
    assert failed.verdict is Verdict.FAIL and failed.findings[0].blame is Blame.PRODUCT


def test_a_load_script_stays_one(kit):
    assert (
        load_script(kit.goal / "_LoadResources" / "load-resources-purgecreateupdate-xml.xml").side == "load"
    )


AUTO = value("autocreate", "true") + value("autodelete", "true")


def test_fixtures_are_created_before_and_deleted_after(go):
    result = go(script(f"<test>{READ}{OK}</test>", flags=AUTO))
    assert result.verdict is Verdict.PASS, result.findings
    assert [step.request.method for step in result.steps if step.kind == "operation"] == [
        "PUT",
        "GET",
        "DELETE",
    ]


@pytest.mark.parametrize(
    ("code", "method", "path"),
    [
        ("read", "GET", "Observation/o1"),
        ("history", "GET", "Observation/o1/_history"),
        ("delete", "DELETE", "Observation/o1"),
        ("everything", "GET", "Observation/o1/$everything"),
        ("validate", "GET", "Observation/o1/$validate"),
    ],
)
def test_an_operation_may_be_about_a_fixture(go, code, method, path):
    result = go(script(f"<test>{op(code, targetId='it')}</test>", flags=AUTO))
    sent = [step.request for step in result.steps if step.kind == "operation"][1]
    assert (sent.method, sent.url) == (method, f"{BASE}/{path}")


def test_vread_of_a_stored_response_capabilities_and_a_method_of_its_own(go):
    body = f"<test>{READ}{op('vread', targetId='got')}{OK}{op('capabilities', kind='')}{OK}{op('read', targetId='it', method='head')}{OK}</test>"
    result = go(script(body, flags=AUTO))
    sent = [step.request for step in result.steps if step.kind == "operation"]
    assert [item.url.removeprefix(BASE) for item in sent[2:4]] == ["/Observation/o1/_history/1", "/metadata"]
    assert sent[4].method == "HEAD" and result.verdict is Verdict.PASS, result.findings


def test_the_location_of_a_create_is_a_target_and_the_request_a_source(go):
    body = f"<test>{op('create', source='it', response='made', requestId='sent')}{check(responseCode='201')}{op('read', targetId='made')}{OK}" \
           f"{check(sourceId='sent', expression='Observation.status', value='final')}</test>"  # fmt: skip
    result = go(script(body))
    assert result.verdict is Verdict.PASS, result.findings
    assert "/_history" not in [s.request.url for s in result.steps if s.kind == "operation"][1]


SEARCH = op("search", params="?_id=o1")
GOOD = {
    "content-type": READ + check(contentType="json"),
    "media type": READ + check(contentType="application/fhir+json"),
    "method": READ + check(requestMethod="get"),
    "path": READ + check(path="fhir:Observation/fhir:status/@value", value="final"),
    "bare path": READ + check(path="Observation/status", value="final"),
    "path that is there": READ + check(path="fhir:Observation/fhir:code"),
    "path that counts": READ + check(path="count(/fhir:Observation/fhir:category)", value="2"),
    "one of several": READ + check(path="fhir:Observation/fhir:category/fhir:text/@value", value="b"),
    "minimum": READ + check(minimumId="it"),
    "compared": READ + check(compareToSourceId="it", compareToSourceExpression="Observation.status"),
    "compared apart": READ
    + check(
        compareToSourceId="it",
        compareToSourceExpression="Observation.status",
        expression="Observation.status",
    ),
    "compared lists": READ
    + check(compareToSourceId="it", compareToSourcePath="//fhir:category/fhir:text/@value"),
    "source": READ + SEARCH + check(sourceId="got", resource="Observation"),
    "links": SEARCH + check(navigationLinks="true"),
    "no links asked": READ + check(navigationLinks="false"),
    "response": READ + check(response="okay"),
}
BAD = {
    "content-type": READ + check(contentType="xml"),
    "method": READ + check(requestMethod="post"),
    "path": READ + check(path="fhir:Observation/fhir:status/@value", value="amended"),
    "path that is not there": READ + check(path="fhir:Observation/fhir:comment"),
    "none of several": READ + check(path="//fhir:category/fhir:text/@value", value="a", operator="notEquals"),
    "compared": READ + check(compareToSourceId="it", compareToSourceExpression="Observation.code.text", expression="Observation.status"),
    "links": READ + check(navigationLinks="true"),
    "source": READ + SEARCH + check(sourceId="got", resource="Bundle"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GOOD))
def test_criteria_that_hold(go, name):
    result = go(script(f"<test>{GOOD[name]}</test>", flags=AUTO))
    assert result.verdict is Verdict.PASS, result.findings


@pytest.mark.parametrize("name", sorted(BAD))
def test_criteria_that_do_not_hold_are_failures_of_the_product(go, name):
    result = go(script(f"<test>{BAD[name]}</test>", flags=AUTO))
    assert result.verdict is Verdict.FAIL and {f.blame for f in result.findings} == {Blame.PRODUCT}


def test_minimum_content_is_compared_deeply_but_not_what_a_server_fills_in(go):
    stamped = {**OBSERVATION, "meta": {"versionId": "99", "lastUpdated": "2000-01-01T00:00:00Z"}}
    body = f"<test>{READ}{check(minimumId='it')}</test>"
    assert go(script(body, flags=AUTO), fixture=stamped).verdict is Verdict.PASS
    changed = f"<test>{READ}{op('update', source='other', targetId='it')}{READ}{check(minimumId='it')}</test>"
    other = f"<contained><Observation {NS}>{value('id', 'o1')}{value('status', 'final')}<code>{value('text', 'x')}</code></Observation></contained>"
    text = script(changed, flags=AUTO).replace(
        "<fixture id='it'>", f"{other}<fixture id='other'><resource>{value('reference', '#o1')}</resource></fixture><fixture id='it'>", 1
    )  # fmt: skip
    result = go(text)
    assert result.verdict is Verdict.FAIL and "Observation.category[0]" in result.findings[0].received


@pytest.mark.parametrize(
    ("faults", "verdict"),
    [((), Verdict.PASS), (("no-self-link",), Verdict.FAIL), (("no-next-link",), Verdict.FAIL)],
)
def test_links_must_lead_to_what_is_not_on_the_page(go, faults, verdict):
    second = op("create", source="it")
    body = f"<test>{second}{op('search', params='?_count=1')}{check(navigationLinks='true')}</test>"
    assert go(script(body, flags=AUTO), faults=faults).verdict is verdict


def test_not_in_looks_at_every_repeated_header(go):
    from harness.testscript.judge.messages import meets

    assert meets("notIn", ["a", "b"], "b,c") is False and meets("notIn", ["a", "d"], "b,c") is True
    assert meets("in", ["a", "b"], "b,c") is True and meets("in", [], "b,c") is False
    assert meets("notEquals", [], "b") is True and meets("empty", [], "") is True
    assert meets("resembles", [], "b") is None and meets("resembles", ["a"], "b") is None


def test_a_variable_without_source_looks_at_the_last_response(go):
    total = f"<variable>{value('name', 'n')}{value('expression', 'Bundle.total')}</variable>"
    body = f"<test>{SEARCH}{check(expression='Bundle.total', value='${n}')}</test>"
    assert go(script(body, flags=AUTO, variables=total)).verdict is Verdict.PASS


# -- JSON -----


def test_a_script_in_json_is_the_same_script(go):
    actions = [
        {
            "operation": {
                "type": {"code": "read"},
                "resource": "Observation",
                "targetId": "it",
                "accept": "json",
            }
        },
        {"assert": {"response": "okay", "warningOnly": False}},
        {"assert": {"extension": [{"url": "urn:odd", "valueString": "x"}], "resource": "Observation"}},
    ]
    fixtures = [{"id": "it", "autocreate": True, "resource": {"reference": "it.json"}}]
    text = json.dumps(
        {"resourceType": "TestScript", "id": "j", "fixture": fixtures, "test": [{"action": actions[:2]}]}
    )
    result = go(text, name="script.json")
    assert result.verdict is Verdict.PASS and result.id == "j" and result.asserts["pass"] == 1
    odd = json.dumps({"resourceType": "TestScript", "fixture": fixtures, "test": [{"action": actions}]})
    result = go(odd, name="script.json")
    assert result.verdict is Verdict.ERROR and result.findings[0].blame is Blame.HARNESS


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"id": "x"}', '{"resourceType": "TestScript", "test": [[1]]}', '{"resourceType": "a b"}',
     '{"resourceType": "TestScript", "name": "\\u0000"}', '{"resourceType": "TestScript", "a": ' + '{"a": ' * 200 + "1" + "}" * 201],
)  # fmt: skip
def test_what_is_no_script_in_json_is_refused_with_its_name(text):
    with pytest.raises(InputError) as error:
        element_of(text.encode(), "here.json")
    assert error.value.where == "here.json"


def test_scripts_in_json_are_found_beside_other_files(kit, run):
    action = {"operation": {"type": {"code": "search"}, "resource": "Patient", "origin": 1, "destination": 1}}
    kit.write(
        "XIS-Server/in-json.json",
        json.dumps({"resourceType": "TestScript", "id": "j", "test": [{"action": [action]}]}),
    )
    kit.write("XIS-Server/other.json", '{"resourceType": "Patient", "id": "x"}')
    kit.server_script(operation("search", "Patient") + OK, name="in-xml")
    assert set(run(kit.goal)) == {"in-json", "in-xml"}


def test_the_version_of_a_script_without_a_set(tmp_path):
    system = "http://terminology.hl7.org/CodeSystem/testscript-operation-codes"
    for text, version in ((system, "R4"), ("http://hl7.org/fhir/testscript-operation-codes", "STU3")):
        kind = {"system": text, "code": "read"}
        found = {"resourceType": "TestScript", "test": [{"action": [{"operation": {"type": kind}}]}]}
        (tmp_path / "s.json").write_text(json.dumps(found))
        assert load_script(tmp_path / "s.json").info.fhir_version == version


# -- Conformancelab's own extensions, as SUSHI writes them in JSON -----

CL = "http://fhir.interoplab.eu/fhir/StructureDefinition/Interoplab-CL-ext-"


def ext(name, **content):
    return {"url": CL + name, **content}


def jws(header):
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + ".e30.c2ln"


def matches(pattern):
    return {"extension": [ext("assert-regex-matches", valueString=pattern)]}


INPUT_TOKEN, INPUT_HEADER = (ext("assert-input-variable", valueString=name) for name in ("whole", "first"))
DECODED = ext("assert-mapper-function", valueCode="base64Decode")
CL_ASSERTS = [
    {"extension": [ext("assert-additional-operators", valueCode="exists")], "headerField": "Authorization"},
    {"extension": [ext("assert-additional-operators", valueCode="notExists")], "headerField": "X-Nothing"},
    {"headerField": "Authorization", "operator": "contains", "value": "Bearer "},
    {"extension": [INPUT_TOKEN], "_value": matches(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$")},
    {"extension": [INPUT_HEADER, DECODED], "_value": matches(r'"alg"\s*:\s*"RS256"')},
    {
        "extension": [INPUT_TOKEN, ext("assert-mapper-function", valueCode="length")],
        "operator": "greaterThan",
        "value": "10",
    },
]


def token_script(asserts, token):
    def mapped(name, pattern):
        return {"name": name, "headerField": "Authorization", "sourceId": "sent",
                "extension": [ext("variable-regex-mapper", valueString=pattern)]}  # fmt: skip

    operation = {"type": {"code": "search"}, "resource": "Patient", "requestId": "sent", "origin": 1, "destination": 1,
                 "requestHeader": [{"field": "Authorization", "value": token}]}  # fmt: skip
    checks = [{"assert": {"direction": "request", "warningOnly": False, **item}} for item in asserts]
    mode = ext("test-request-mode", valueCode="extra-allowed")
    return json.dumps({
        "resourceType": "TestScript", "id": "dva",
        "origin": [{"index": 1, "profile": {"code": "Conformancelab-Client"}}],
        "destination": [{"index": 1, "profile": {"code": "FHIR-Server"}, "extension": [ext("destination-title", valueString="x")]}],
        "variable": [mapped("whole", "(?<=Bearer ).*$"), mapped("first", "(?<=Bearer )[A-Za-z0-9_-]+")],
        "test": [{"extension": [mode], "action": [{"operation": operation}, *checks]}],
    })  # fmt: skip


@pytest.mark.parametrize("item", CL_ASSERTS, ids=str)
def test_what_a_token_looks_like_from_outside(go, item):
    good = go(token_script([item], f"Bearer {jws({'alg': 'RS256'})}"), name="script.json")
    assert good.side == "server" and good.verdict is Verdict.PASS, good.findings


@pytest.mark.parametrize(
    "token",
    ["Bearer opaque", f"Basic {jws({'alg': 'RS256'})}", f"Bearer {jws({'alg': 'none'})}", "Bearer !!"],
)
def test_another_token_is_a_failure(go, token):
    result = go(token_script([CL_ASSERTS[4]], token), name="script.json")
    assert result.verdict is Verdict.FAIL and result.findings[0].blame is Blame.PRODUCT


def test_what_only_a_person_can_judge_waits_for_one(go):
    asked = {"operator": "manualEval", "description": "Did the caller stop?"}
    result = go(token_script([asked], "Bearer x"), name="script.json")
    assert result.verdict is Verdict.INCONCLUSIVE and result.findings[0].blame is Blame.CONFIGURATION
    assert "Did the caller stop?" in result.findings[0].next_step.nl


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (
            {"extension": [INPUT_TOKEN, ext("assert-mapper-function", valueCode="rot13")], "value": "x"},
            "rot13",
        ),
        ({"extension": [INPUT_TOKEN], "_value": matches("(?<!x)y")}, "regular expression"),
        ({"extension": [ext("assert-of-tomorrow", valueCode="x")], "headerField": "Accept"}, "of-tomorrow"),
    ],
)
def test_what_the_engine_does_not_have_is_its_own_error(go, item, words):
    result = go(token_script([item], "Bearer x"), name="script.json")
    assert result.verdict is Verdict.ERROR and result.findings[0].blame is Blame.HARNESS
    assert words in result.findings[0].received


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("(?<=Bearer ).*$", "Bearer a.b", "a.b"), ("(?<=Bearer )[a-z]+", "Basic a", None), ("[0-9]+", "a12b3", "12"),
        ("[a-z]+(?=;)", "ab cd; ef", "cd"), ("(?<=a)b(?=c)", "xabc", "b"), (r"(?<=\()[^)]*(?=\))", "f(x)", "x"),
    ],
)  # fmt: skip
def test_a_pattern_takes_a_part_out_of_a_text(pattern, text, wanted):
    assert patterns.found(pattern, text) == wanted


def test_mapper_functions():
    assert patterns.MAPPERS["length"]("a b") == "3"
    assert patterns.MAPPERS["urlEncode"]("a b/é") == "a%20b%2F%C3%A9"
    assert patterns.MAPPERS["urlDecode"]("a+b%2F") == "a b/"
    assert patterns.MAPPERS["base64Encode"]("a?>") == "YT8+"
    for text in ("YT8+", "YT8-", "eyJhIjoxfQ", "eyJhIjoxfQ=="):
        assert patterns.MAPPERS["base64Decode"](text) in ("a?>", '{"a":1}')
    for text in ("!", "/w==", "é"):
        with pytest.raises(ValueError, match="not base64"):
            patterns.MAPPERS["base64Decode"](text)


def test_a_load_script_in_json_and_tokens_by_the_name_of_the_patient(kit, run):
    load = kit.goal / "_LoadResources" / "load-resources-purgecreateupdate-xml.xml"
    action = {"operation": {"type": {"code": "update"}, "resource": "Patient", "sourceId": "p", "params": "/kit-patient",
                            "requestHeader": [{"field": "Authorization", "value": TOKEN}]}}  # fmt: skip
    fixture = {"id": "p", "resource": {"reference": "../_reference/resources/patient.xml"}}
    load.unlink()
    text = {"resourceType": "TestScript", "id": "load", "fixture": [fixture], "test": [{"action": [action]}]}
    kit.write("_LoadResources/TestScript-resources-purgecreateupdate-xml.json", json.dumps(text))
    waits = f"<variable>{value('name', 'patient-token-Kit')}</variable>"
    for name, header in (("whole", "${patient-token-Kit}"), ("bare", "Bearer ${patient-token-Kit}")):
        sent = operation("search", "Patient", headers={"Authorization": header})
        kit.server_script(sent + check(expression="Bundle.entry.count() = 1"), name=name, variables=waits)
    other = operation("search", "Patient", headers={"Authorization": "Bearer ${auth-01-token}"})
    kit.server_script(
        other + OK, name="other", variables=f"<variable>{value('name', 'auth-01-token')}</variable>"
    )
    results = run(kit.goal)
    assert {name: result.verdict.value for name, result in results.items()} == {
        "whole": "pass", "bare": "pass", "other": "inconclusive"
    }, [result.findings for result in results.values()]  # fmt: skip
    assert "the token of that patient" in results["bare"].notes[0]


# -- the ledger -----


def test_the_ledger_is_whole():
    entries = ledger()
    assert len({entry.id for entry in entries}) == len(entries) >= 4
    for entry in entries:
        assert len(entry.readings) >= 2 and entry.clause and entry.evidence
        for known in entry.asserts:
            assert known.status or known.holds, "the other reading must show in the answer"
            if known.holds:
                assert not fhirpath.compile(known.holds, model=load_model("STU3")).warnings


WRONG_ID = op("update", source="it", params="/another")


def test_a_known_fault_of_an_official_script_is_disputed_and_its_consequences_too(go):
    body = f"<test>{WRONG_ID}{check(responseCode='200', stop=False)}{check(resource='Observation')}{PUT}{check(responseCode='201')}</test>"
    result = go(script(body, identity="testscript-example-update"))
    assert result.verdict is Verdict.DISPUTED
    assert [(f.verdict, f.blame, f.ledger) for f in result.findings] == [
        (Verdict.DISPUTED, Blame.SPECIFICATION, "LED-TS-101")
    ] * 2  # fmt: skip
    assert "LED-TS-101" in result.findings[0].next_step.nl and result.asserts["pass"] == 1
    other = go(script(body, identity="somebody-elses"))
    assert other.verdict is Verdict.FAIL and not other.findings[0].ledger


def test_another_fault_in_the_same_place_stays_a_failure(go):
    body = f"<test>{WRONG_ID}{check(responseCode='200')}</test>"
    result = go(script(body, identity="testscript-example-update"), faults=("status-500",))
    assert result.verdict is Verdict.FAIL and result.findings[0].blame is Blame.PRODUCT


TOTAL = "Bundle.total.exists() implies (Bundle.total.toInteger() <= Bundle.entry.where(search.empty() or search.mode = 'match').count())"


def test_pages_are_not_a_failure_where_fhir_allows_them(go):
    create, asked = op("create", source="it"), check(expression=TOTAL)
    paged = go(script(f"<test>{create}{op('search', params='?_count=1')}{asked}</test>", flags=AUTO))
    assert paged.verdict is Verdict.DISPUTED and paged.findings[0].ledger == "LED-TS-002"
    whole = go(script(f"<test>{create}{op('search')}{asked}</test>", flags=AUTO))
    assert whole.verdict is Verdict.PASS, whole.findings
    more = f"<test>{create}{op('search', params='?_count=1')}{asked}{check(resource='Patient')}</test>"
    assert go(script(more, flags=AUTO)).verdict is Verdict.FAIL, (
        "what does not rest on the entry stays a failure"
    )


def test_the_question_for_the_owner_holds_both_readings_and_an_example(go, tmp_path):
    create, asked = op("create", source="it"), check(expression=TOTAL)
    result = go(script(f"<test>{create}{op('search', params='?_count=1')}{asked}</test>", flags=AUTO))
    with RunRecord(tmp_path / "run") as record:
        record.keep("f", result)
    entry = entry_of("LED-TS-002")
    example = example_in(tmp_path / "run", entry)
    assert example is not None and "_count=1" in example.exchange.request.url
    assert example_in(tmp_path / "run", entry_of("LED-TS-101")) is None
    for lang, words in (
        ("nl", ("Welke lezing is juist?", "Een voorbeeld")),
        ("en", ("Which reading is right?",)),
    ):
        told = question(entry, example, lang)
        assert all(word in told for word in words) and entry.clause in told
        assert all(reading.of(lang) in told for reading in entry.readings)
        assert "_count=1" in told and "HTTP 200" in told and TOKEN not in told and "LED-TS-002" in told
    ruled = msgspec.structs.replace(entry, ruling=Ruling(reading=2, date="2027-01-31", owner="HL7"))
    assert "It was ruled: reading 2, on 2027-01-31, by HL7" in question(ruled, None, "en")


def test_what_stands_in_a_message_is_no_markup_of_the_question():
    body = b"```\n# heading\n" + b"x" * 5000
    asked = Request(method="GET", url=f"{BASE}/Patient?a=`b`", headers=(("A", "1"),), body=body)
    example = Example("*script*", replace_request(asked))
    told = question(entry_of("LED-PDF-001"), example, "en")
    assert (
        "````\nGET " in told and "\\*script\\*" in told and "(cut off here)" in told and "no answer" in told
    )


def replace_request(asked: Request) -> Exchange:
    return Exchange(
        id="1", cell="", interface="resource", flow="", operation="", client="a", server="b", started="",
        duration=0.0, request=asked, response=None,
    )  # fmt: skip


def test_a_wrong_total_is_still_a_failure(go):
    body = f"<test>{op('search')}{check(expression=TOTAL)}</test>"
    assert go(script(body, flags=AUTO), faults=("total-too-high",)).verdict is Verdict.FAIL


ENTRY = """
ledger:
  - id: LED-TS-900
    kind: ambiguity
    title: {nl: a, en: a}
    owner: x
    clause: x
    readings: [{nl: een, en: one}, {nl: twee, en: two}]
    evidence: x
    asserts: [{criterion: responseCode, status: [404]}]
"""


@pytest.mark.parametrize(("ruling", "verdict"), [("", "disputed"), ("2", "pass"), ("1", "fail")])
def test_a_ruling_ends_the_dispute_for_either_side(go, tmp_path, monkeypatch, ruling, verdict):
    more = f"    ruling: {{reading: {ruling}, date: '2026-01-01', owner: beheerder}}\n" if ruling else ""
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "own.yaml").write_text(ENTRY + more)
    entries = read_ledger(folder)
    monkeypatch.setattr("harness.testscript.judge.disputes.ledger", lambda: entries)
    assert go(script(f"<test>{READ}{OK}</test>")).verdict.value == verdict
    other = go(script(f"<test>{READ}{OK}</test>"), faults=("status-500",))
    assert other.verdict is Verdict.FAIL, "no ruling excuses what shows no other reading"
    assert Disputes.of(load_script(tmp_path / "script.xml"), ()).entries == ()


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.replace("kind: ambiguity", "kind: rumour"),
        ENTRY.replace("evidence: x", "proof: x"),
        ENTRY.replace(
            "readings: [{nl: een, en: one}, {nl: twee, en: two}]", "readings: [{nl: een, en: one}]"
        ),
        ENTRY + "    scripts: '('\n",
        ENTRY + "    ruling: {reading: 3, date: '2026-01-01', owner: x}\n",
        ENTRY + "    ruling: {reading: 2, date: '2026-02-31', owner: x}\n",
        ENTRY + "    ruling: {reading: 2, owner: x}\n",
        ENTRY.replace("asserts: [{criterion: responseCode, status: [404]}]", "rules: [all]"),
        ENTRY + ENTRY.replace("ledger:\n", ""),
    ],
)
def test_a_wrong_ledger_is_refused_with_its_place(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        read_ledger(tmp_path)
    assert "own.yaml" in error.value.where
