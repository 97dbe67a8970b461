# ruff: noqa: UP031 - script fragments read better unbroken
"""Execution of scripts: variables, operations, asserts, stop rules, isolation, both roles."""

from __future__ import annotations

import pytest
from scriptkit import ASSERT_RULE, PATIENT, QUERY_PARAMETER, TOKEN, check, fixture, operation, rule, variable

from harness.core.text import said
from harness.core.verdicts import Verdict

SEARCH = operation("search", "Observation", "?date=ge${DATE, T, D,-60}", response="found")
OK = check(responseCode="200,201", operator="in", stop=True)


def asserts(result):
    return [step.verdict for step in result.steps if step.kind == "assert"]


def only(results):
    (result,) = results.values()
    return result


def run_one(kit, run, *actions, **more):
    return only(run(kit.server_script(*actions, **more)))


def test_a_plain_script_passes_and_every_assert_is_counted(kit, run):
    result = run_one(
        kit, run, SEARCH, OK,
        check(resource="Bundle"),
        check(expression="Bundle.type", operator="equals", value="searchset"),
        check(expression="Bundle.entry.where(resource.is(Observation)).count() = 2"),
        check(expression="Bundle.total.toInteger() = 2"),
        check(headerField="Content-Type", value="application/fhir+json"),
        check(requestURL="patient=", operator="notContains", direction="request"),
        check(expression="Bundle.entry.resource.id", operator="notEmpty"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings
    assert result.asserts["pass"] == 8 and sum(result.asserts.values()) == 8
    assert result.role == "XIS-Server" and result.side == "server" and not result.findings


CASES = {
    "status": check(responseCode="404"),
    "type": check(resource="Patient"),
    "value": check(expression="Bundle.type", operator="equals", value="batch-response"),
    "not-equals": check(expression="Bundle.type", operator="notEquals", value="searchset"),
    "false": check(expression="Bundle.entry.count() = 3"),
    "empty": check(expression="Bundle.entry.resource.where(status = 'x')"),
    "not-empty": check(expression="Bundle.entry.where(fullUrl = 'x')", operator="notEmpty"),
    "several": check(expression="Bundle.entry.resource.id", operator="equals", value="kit-o1"),
    "header": check(headerField="Content-Type", value="application/pdf"),
    "absent header": check(headerField="X-Missing", value="1"),
    "url": check(requestURL="date=", operator="notContains", direction="request"),
    "status in": check(responseCode="404,410", operator="in"),
    "status not in": check(responseCode="200,201", operator="notIn"),
    "parameter": check(value="le2026-01-01", operator="in", extension=f'<extension url="{QUERY_PARAMETER}"><valueString value="date"/></extension>'),
    "rule": check(extension=rule("assertRequestURLContains", searchparam1="nowhere")),
    "singleton": check(expression="Bundle.entry.fullUrl.contains('x')"),
}  # fmt: skip


def test_each_kind_of_assert_can_fail_and_says_what_it_saw(kit, run):
    for name, fragment in CASES.items():
        result = run_one(kit, run, SEARCH, OK, fragment)
        assert result.verdict is Verdict.FAIL, name
        (finding,) = result.findings
        assert finding.expected and finding.received and finding.where.action == "test[0].action[2]", name
        assert finding.where.line > 0 and finding.where.exchange == "1"
        assert finding.next_step.nl and finding.blame.value == "product"


WORDS = {
    "not-empty": ("Bundle.entry.where(fullUrl = 'x') is niet leeg", "leeg"),
    "absent header": ("header X-Missing equals 1", "header X-Missing ontbreekt"),
    "status": ("HTTP-status equals 404", "HTTP 200"),
    "url": ("URL van het verzoek notContains date=", ""),
    "type": ("resourcetype equals Patient", "Bundle"),
}


@pytest.mark.parametrize("name", WORDS)
def test_what_was_asked_and_seen_is_told_in_dutch(kit, run, name):
    (finding,) = run_one(kit, run, SEARCH, OK, CASES[name]).findings
    expected, received = WORDS[name]
    assert said(finding.wanted, "nl") == expected
    assert said(finding.seen, "nl") == received or not received


def test_the_explanation_names_the_value_and_the_first_offender(kit, run):
    counted = run_one(kit, run, SEARCH, OK, check(expression="Bundle.entry.count() = 3")).findings[0]
    assert "2 (instead of = 3)" in counted.received and "2 (in plaats van = 3)" in said(counted.seen, "nl")
    broken = run_one(
        kit, run, SEARCH, OK, check(expression="Bundle.entry.resource.all(id = 'kit-o1')")
    ).findings[0]
    assert broken.where.path == "Bundle.entry[1].resource"
    present = run_one(
        kit, run, SEARCH, OK, check(expression="Bundle.entry.where(resource.id = 'kit-o2').empty()")
    ).findings[0]
    assert present.where.path == "Bundle.entry[1]"


def test_warning_only_does_not_fail_the_script(kit, run):
    result = run_one(kit, run, SEARCH, OK, check(resource="Patient", warning=True))
    assert result.verdict is Verdict.PASS and result.asserts["warning"] == 1
    assert result.findings[0].verdict is Verdict.WARNING


def test_stop_ends_the_block_and_the_next_test_still_runs(kit, run):
    result = only(run(kit.server_script(tests=[
        [SEARCH, check(responseCode="404", stop=True), check(resource="Bundle")],
        [check(expression="Bundle.total.toInteger() = 2")],
    ])))  # fmt: skip
    assert asserts(result) == [Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.PASS], (
        "the second test looks back"
    )


def test_a_failing_setup_skips_the_tests_and_runs_the_teardown(kit, run):
    result = only(run(kit.server_script(
        tests=[[SEARCH, OK]],
        setup=operation("search", "Observation") + check(responseCode="404"),
        teardown=operation("search", "Patient") + check(responseCode="200"),
    )))  # fmt: skip
    assert asserts(result) == [Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.PASS]
    assert result.verdict is Verdict.FAIL


def test_stop_with_warning_only_stops_but_warns(kit, run):
    result = run_one(
        kit, run, SEARCH, check(responseCode="404", stop=True, warning=True), check(resource="Patient")
    )
    assert asserts(result) == [Verdict.WARNING, Verdict.NOT_APPLICABLE] and result.verdict is Verdict.PASS


def test_expression_variables_come_from_fixtures_and_responses(kit, run):
    result = run_one(
        kit, run, SEARCH, OK,
        operation("read", "Observation", "/${first}"), OK,
        check(expression="Observation.id = '${first}'"),
        check(expression="Observation.subject.reference", operator="equals", value="Patient/${who}"),
        variables=variable("first", expression="Bundle.entry[0].resource.id", source="found")
        + variable("who", expression="Patient.id", source="patient"),
        fixtures=fixture("patient", "../_reference/resources/patient.xml"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings


def test_defaults_are_evaluated_once_and_a_literal_uuid_each_time(kit, run):
    headers = {"Authorization": "${token}", "X-Correlation-ID": "${corr}", "MedMij-Request-ID": "${UUID}"}
    result = run_one(
        kit, run, operation("search", "Patient", headers=headers), operation("search", "Patient", headers=headers),
        variables=variable("corr", default="${UUID}"),
    )  # fmt: skip
    sent = [dict(step.request.headers) for step in result.steps]
    assert sent[0]["X-Correlation-ID"] == sent[1]["X-Correlation-ID"]
    assert sent[0]["MedMij-Request-ID"] != sent[1]["MedMij-Request-ID"]


def test_urls_are_encoded_but_operations_and_escapes_stay(kit, run):
    result = run_one(
        kit,
        run,
        operation(
            "search",
            "Observation",
            "/$lastn?code=http://loinc.org|8867-4, x&date=le2026-01-01T00:00:00+01:00%7C",
        ),
    )
    url = result.steps[0].request.url
    assert "/$lastn?code=http://loinc.org%7C8867-4,%20x&date=le2026-01-01T00:00:00%2B01:00%7C" in url


def test_accept_and_content_type(kit, run):
    for code, expected in (
        ("json", "application/fhir+json"),
        ("xml", "application/fhir+xml"),
        ("none", "*/*"),
        ("", "*/*"),
    ):
        result = run_one(kit, run, operation("search", "Patient", accept=code))
        assert dict(result.steps[0].request.headers)["Accept"] == expected


def test_a_bundle_is_sent_and_the_store_of_other_scripts_is_untouched(kit, run):
    kit.write(
        "_reference/bundles/send.json",
        '{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"${DATE, T, D, -1}"},"request":{"method":"POST","url":"Observation"}}]}'
        % PATIENT,
    )
    kit.server_script(
        operation("batch", source="b", response="r"), OK, check(expression="Bundle.entry.response.status.startsWith('201')"),
        operation("search", "Observation", "?date=${DATE, T, D, -1}"), check(expression="Bundle.total.toInteger() = 1"),
        name="a-sends", fixtures=fixture("b", "../_reference/bundles/send.json"),
    )  # fmt: skip
    kit.server_script(SEARCH, check(expression="Bundle.total.toInteger() = 2"), name="b-counts")
    results = run(kit.goal)
    assert {name: result.verdict for name, result in results.items()} == {
        "a-sends": Verdict.PASS,
        "b-counts": Verdict.PASS,
    }
    assert results["a-sends"].steps[0].request.body.startswith(b'{"resourceType"')


def test_the_self_link_rule(kit, run):
    good = run_one(
        kit, run, SEARCH, check(extension=rule("assert-response-queryParamsInSelfLink"), warning=True)
    )
    assert good.asserts["pass"] == 1
    other = run_one(
        kit,
        run,
        operation("search", "Patient", "?_id=1"),
        operation("read", "Patient", f"/{PATIENT}"),
        check(extension=rule("assert-response-queryParamsInSelfLink"), warning=True),
    )
    assert other.asserts["warning"] == 1 and "self link" in other.findings[0].received


def test_the_task_rule_makes_a_fixture(kit, run):
    kit.write(
        "_reference/resources/task.xml",
        f'<Task xmlns="http://hl7.org/fhir"><id value="kit-task"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">x</div></text><status value="requested"/><intent value="order"/><for><reference value="Patient/{PATIENT}"/></for></Task>',
    )
    kit_load = kit.goal / "_LoadResources" / "load-resources-purgecreateupdate-xml.xml"
    text = (
        kit_load.read_text()
        .replace("</TestScript>", "")
        .replace(
            '<variable><name value="token"/>',
            fixture("task", "../_reference/resources/task.xml") + '<variable><name value="token"/>',
            1,
        )
    )
    extra = operation(
        "update", "Task", "/kit-task", own=True, source="task", headers={"Authorization": TOKEN}
    )
    kit_load.write_text(text.replace("</test>", extra + "</test>") + "</TestScript>")
    result = run_one(
        kit, run, operation("search", "Task", "?status=requested", response="tasks"), OK,
        check(extension=rule("modifyTask", responseId="tasks", newStatus="accepted", fixtureId="changed")),
        operation("update", "Task", "/kit-task", source="changed"), check(responseCode="200"),
        operation("read", "Task", "/kit-task"), check(expression="Task.status = 'accepted'"), check(expression="Task.text.empty()"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings


def test_client_scripts_are_watched(kit, run):
    expected = operation(
        "search", "Observation", "?date=ge${DATE, T, D,-60}", headers={"Authorization": TOKEN}, accept=""
    )
    kit.client_script(
        expected,
        check(headerField="Authorization", value=TOKEN, direction="request"),
        check(requestURL="patient=", operator="notContains", direction="request"),
        OK,
        check(expression="Bundle.entry.where(resource.is(Observation)).count() = 2"),
    )
    result = run(kit.goal)["client"]
    assert result.verdict is Verdict.PASS and result.side == "client" and result.role == "PHR-Client"
    assert dict(result.steps[0].request.headers)["Accept"] == "application/fhir+json"


def test_loading_declaratively_is_the_same_as_executing_the_load_script(kit, run):
    from datetime import date

    from harness.testscript.execute.execution import Execution, drive
    from harness.testscript.execute.transport import in_process
    from harness.testscript.own.server import OwnServers, lenient
    from harness.testscript.plan.plan import Plan
    from harness.testscript.read.script import load_script
    from harness.testscript.read.sets import load_scripts_of

    path = kit.server_script(SEARCH, OK)
    script = load_script(path)
    plan = Plan(date(2026, 3, 1))
    servers = OwnServers(plan.t)
    loaded = servers.for_script(script).server
    empty = loaded.fork(authorize=lenient(loaded.authorize))
    for stored in list(empty.store):
        empty.store.delete(stored.type, stored.id)
    (load,) = load_scripts_of(kit.goal)
    execution = Execution(load_script(load), plan.settings(script, servers.base, servers.base, loaded.model))
    drive(execution, {"own": in_process(empty.handle), "server": in_process(empty.handle)})
    assert execution.result().verdict is Verdict.PASS
    assert {s.key: s.resource for s in empty.store} == {s.key: s.resource for s in loaded.store}


def test_rule_extension_of_the_other_vendor_is_understood(kit, run):
    other = (
        ASSERT_RULE.replace("testscript-assert-rule", "x").rpartition("/")[0]
        + "/Interoplab-CL-ext-assert-rule"
    )
    fragment = check(
        extension=rule("assertRequestURLContains", searchparam1="date=").replace(ASSERT_RULE, other)
    )
    assert run_one(kit, run, SEARCH, fragment).verdict is Verdict.PASS


BSN = "http://fhir.nl/fhir/NamingSystem/bsn"


def test_operator_input_comes_from_the_fixtures_and_is_noted(kit, run):
    path = kit.reference / "patient.xml"
    known = f'<identifier><system value="{BSN}"/><value value="999911120"/></identifier>'
    path.write_text(path.read_text().replace("<name>", known + "<name>"))
    result = run_one(
        kit, run, operation("search", "Patient", f"?identifier={BSN}|${{Some-BSN}}&_id=${{patient-id}}"), OK,
        check(expression="Bundle.total.toInteger() = 1"), variables=variable("Some-BSN") + variable("patient-id"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings
    assert "999911120" in result.notes[0] and PATIENT in result.notes[1]


def test_operator_input_that_nothing_answers_waits_and_is_never_invented(kit, run):
    for name in (
        "Some-BSN",
        "reason",
        "task-id",
        "medicationStatementId",
        "unknown-patient-id",
        "baseline-date",
    ):
        result = run_one(
            kit, run, operation("search", "Patient", f"?identifier=x|${{{name}}}"), OK,
            operation("search", "Patient"), check(responseCode="404"), variables=variable(name),
        )  # fmt: skip
        assert result.verdict is Verdict.INCONCLUSIVE and not result.notes
        assert "waits for input" in result.findings[0].received
        assert f"--set {name}=" in result.findings[0].next_step.en
        assert not result.asserts["fail"] and result.asserts["not-applicable"] == 2


def test_value_of_a_primitive_is_its_text(kit, run):
    result = run_one(
        kit, run, SEARCH, OK,
        check(expression="Bundle.entry.resource.where($this is Observation).where(status.where(value = 'final')).count() = 2"),
        check(expression="Bundle.entry.resource.where(id = 'kit-o1').status.value", operator="equals", value="final"),
        check(expression="Bundle.entry.resource.where(id = 'kit-o1').status.value = 'amended'"),
    )  # fmt: skip
    assert asserts(result) == [Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.FAIL]


INVALID = {
    "unknown function": "Bundle.entry.wher(resource.exists())",
    "unknown function that is not reached": "Bundle.entry.where(fullUrl = 'x').where(resource.fooBar()).empty()",
    "arguments": "Bundle.entry.exists('a', 'b')",
    "syntax": "Bundle.entry.where(",
}


def test_an_invalid_expression_is_an_error_of_the_script_never_of_the_product(kit, run):
    for name, text in INVALID.items():
        result = run_one(kit, run, SEARCH, OK, check(expression=text))
        (finding,) = result.findings
        assert result.verdict is finding.verdict is Verdict.ERROR, name
        assert finding.blame.value == "specification" and "publisher" in finding.next_step.en, name
        result = run_one(
            kit, run, SEARCH, operation("read", "Observation", "/${a}"), check(responseCode="404"),
            variables=variable("a", expression=text.replace("Bundle", "Patient"), source="p"),
            fixtures=fixture("p", "../_reference/resources/patient.xml"),
        )  # fmt: skip
        assert result.verdict is Verdict.ERROR and result.findings[0].blame.value == "specification", name


def test_what_the_engine_cannot_evaluate_is_its_own_error(kit, run):
    result = run_one(kit, run, SEARCH, OK, check(expression="Bundle.entry.resource[0].status.memberOf('x')"))
    assert result.verdict is Verdict.ERROR and result.findings[0].blame.value == "harness"


def test_expressions_know_the_frozen_day(kit, run):
    result = run_one(kit, run, SEARCH, OK, check(expression="today() = @2026-03-01"))
    assert result.verdict is Verdict.PASS, result.findings


def test_asserts_do_not_look_at_an_exchange_before_an_operation_that_was_not_performed(kit, run):
    result = only(run(kit.server_script(tests=[
        [SEARCH, OK, operation("frobnicate", "Patient"), check(resource="Patient")],
        [check(resource="Patient")],
        [SEARCH, check(resource="Bundle")],
    ])))  # fmt: skip
    assert result.verdict is Verdict.ERROR and not result.asserts["fail"]
    assert asserts(result) == [
        Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE, Verdict.PASS,
    ]  # fmt: skip


def test_a_response_without_the_value_that_a_script_needs_leaves_it_undecided(kit, run):
    result = run_one(
        kit, run, operation("search", "Encounter", response="none"), OK,
        operation("read", "Encounter", "/${first}"), check(responseCode="200"),
        variables=variable("first", expression="Bundle.entry[0].resource.id", source="none"),
    )  # fmt: skip
    assert result.verdict is Verdict.INCONCLUSIVE and "no value" in result.findings[0].received


def test_the_next_page_is_followed_where_a_script_asks_for_it(kit, run):
    first = operation("search", "Observation", "?_count=2", response="page")
    following = check(expression="Bundle.entry.count() = 2")
    result = run_one(
        kit, run, first, OK, following, operation("read", url="${next}"), OK, check(expression="Bundle.entry.count() = 1"),
        variables=variable("next", expression="Bundle.link.where(relation = 'next').url", source="page"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings


def test_a_variable_may_be_a_header_of_a_response(kit, run):
    from scriptkit import value

    extra = f"<variable>{value('name', 'type')}{value('headerField', 'Content-Type')}{value('sourceId', 'found')}</variable>"
    good = check(headerField="Content-Type", value="${type}")
    assert run_one(kit, run, SEARCH, good, variables=extra).verdict is Verdict.PASS


@pytest.mark.parametrize("path", ["fhir:Bundle/fhir:type/@value", "Bundle/type", "fhir:Bundle/fhir:type"])
def test_a_variable_may_be_a_path(kit, run, path):
    from scriptkit import value

    extra = f"<variable>{value('name', 'type')}{value('path', path)}{value('sourceId', 'found')}</variable>"
    good = check(expression="Bundle.type", value="${type}")
    assert run_one(kit, run, SEARCH, good, variables=extra).verdict is Verdict.PASS
    empty = extra.replace(path, f"{path}/none")
    assert run_one(kit, run, SEARCH, good, variables=empty).verdict is Verdict.INCONCLUSIVE


def test_a_set_whose_scripts_send_no_token_is_answered(kit, run):
    kit.server_script(operation("search", "Patient", headers={}) + OK, name="a")
    kit.server_script(operation("search", "Patient", headers={}) + check(responseCode="401"), name="b")
    results = run(kit.goal)
    assert {name: r.verdict.value for name, r in results.items()} == {"a": "pass", "b": "fail"}
    kit.server_script(operation("search", "Patient") + OK, name="c")
    results = run(kit.goal)
    assert {name: r.verdict.value for name, r in results.items()} == {
        "a": "fail",
        "b": "pass",
        "c": "pass",
    }, "beside scripts with tokens a script without tests just that"


def load_file(kit):
    return kit.goal / "_LoadResources" / "load-resources-purgecreateupdate-xml.xml"


def test_a_token_stands_for_the_patients_that_are_loaded(kit, run):
    path, text = load_file(kit), load_file(kit).read_text()
    gone = operation(
        "purge", "Patient", "kit-gone/$purge", own=True, accept="", headers={"Authorization": TOKEN}
    )
    path.write_text(text.replace("</setup>", gone + "</setup>"))
    (kit.root / "QualificationTokens.json").unlink()
    count = check(expression="Bundle.entry.where(resource.is(Patient)).count() = 1")
    result = run_one(kit, run, operation("search", "Patient"), OK, count)
    assert result.verdict is Verdict.PASS, result.findings


def test_a_token_may_stand_for_several_patients(kit, run):
    path, text = load_file(kit), load_file(kit).read_text()
    (kit.reference / "other.xml").write_text(
        (kit.reference / "patient.xml").read_text().replace(PATIENT, "kit-other")
    )
    purge = operation(
        "purge", "Patient", "kit-other/$purge", own=True, accept="", headers={"Authorization": TOKEN}
    )
    put = operation(
        "update", "Patient", "/kit-other", own=True, source="other", headers={"Authorization": TOKEN}
    )
    text = text.replace("</setup>", purge + "</setup>").replace("</test>", put + "</test>")
    path.write_text(
        text.replace("<variable>", fixture("other", "../_reference/resources/other.xml") + "<variable>", 1)
    )
    (kit.root / "QualificationTokens.json").unlink()
    result = run_one(
        kit, run, operation("search", "Patient"), OK,
        check(expression="Bundle.entry.where(resource.is(Patient)).count() = 2"),
        operation("read", "Patient", "/kit-other"), check(responseCode="200"),
    )  # fmt: skip
    assert result.verdict is Verdict.PASS, result.findings


def test_a_set_that_only_sends_needs_no_fixtures(tmp_path, run):
    from scriptkit import Kit

    kit = Kit(tmp_path / "sending")
    load_file(kit).unlink()
    for path in kit.reference.iterdir():
        path.unlink()
    kit.write("_reference/bundles/b.json", '{"resourceType":"Bundle","type":"batch","entry":[]}')
    (kit.root / "QualificationTokens.json").unlink()
    send = operation("batch", source="b", contentType="json")
    kit.server_script(send + OK, name="sends", fixtures=fixture("b", "../_reference/bundles/b.json"))
    kit.server_script(operation("search", "Patient") + OK, name="asks")
    results = run(kit.goal)
    assert results["sends"].verdict is Verdict.PASS, results["sends"].findings
    assert results["asks"].verdict is Verdict.ERROR and "no fixtures" in results["asks"].findings[0].received


def test_what_only_the_client_can_bring_is_left_undecided_in_a_self_test(kit, run):
    kit.client_script(
        operation("transaction", headers={"Authorization": TOKEN}, accept=""),
        check(expression="Bundle.type = 'transaction'", direction="request"),
    )
    result = run(kit.goal)["client"]
    assert result.verdict is Verdict.INCONCLUSIVE and "itself can bring" in result.findings[0].next_step.en


def test_the_setup_of_another_variant_gives_our_server_its_data(kit, run):
    import json

    info = {**kit.properties("XIS-Server"), "informationStandard": "Questionnaires 2.x"}
    kit.write("XIS-Server/properties.json", json.dumps(info))
    kit.write(
        "XIS-Server-Nictiz-intern/properties.json", json.dumps({**info, "variant": {"name": "Nictiz-intern"}})
    )
    kit.write(
        "_reference/resources/extra.xml",
        f'<Observation xmlns="http://hl7.org/fhir"><id value="extra"/><status value="final"/><code><text value="x"/></code><subject><reference value="Patient/{PATIENT}"/></subject></Observation>',
    )
    read = operation("read", "Observation", "/extra") + check(responseCode="200")
    kit.server_script(read, name="one")
    from scriptkit import script

    put = operation("update", "Observation", "/extra", own=True, source="e", headers={"Authorization": TOKEN})
    kit.write(
        "XIS-Server-Nictiz-intern/one.xml",
        script(read, identity="one", setup=put, fixtures=fixture("e", "../_reference/resources/extra.xml")),
    )
    result = only(run(kit.goal / "XIS-Server"))
    assert result.verdict is Verdict.PASS, result.findings
    assert "XIS-Server-Nictiz-intern/one.xml" in result.notes[0]


def test_a_script_with_two_pairs_runs_whole_in_a_self_test(kit, run):
    from scriptkit import party, script

    second = party("origin", True).replace('index value="1"', 'index value="2"') + party(
        "destination", False
    ).replace('index value="1"', 'index value="2"')
    by_client = (
        operation("search", "Patient", headers={"Authorization": TOKEN})
        .replace('<origin value="1"/>', '<origin value="2"/>')
        .replace('<destination value="1"/>', '<destination value="2"/>')
    )
    text = script(SEARCH + OK, by_client + OK, identity="mixed").replace(
        "<variable>", second + "<variable>", 1
    )
    path = kit.write("XIS-Server/mixed.xml", text)
    result = only(run(path))
    assert result.side == "mixed" and result.verdict is Verdict.PASS, result.findings


def test_r4_sets_run_on_r4_facts(kit, run):
    import json

    kit.write("XIS-Server/properties.json", json.dumps({**kit.properties("XIS-Server"), "fhirVersion": "R4"}))
    kit.server_script(
        operation("search", "Observation", "?code=8867-4&_include:iterate=Observation:subject"), OK,
        check(expression="Bundle.entry.resource.where($this is Patient).count() = 1"),
    )  # fmt: skip
    assert only(run(kit.goal)).verdict is Verdict.PASS
