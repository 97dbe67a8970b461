# ruff: noqa: SIM105 - script fragments read better unbroken
"""Bad scripts and bad servers: a clear error or failure, bounded, and the run goes on."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time

import pytest
from scriptkit import check, fixture, operation, rule, variable

from harness.cli import run as harness
from harness.core.verdicts import Verdict
from harness.testscript.execute.transport import HttpTransport
from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import collect
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.run.parallel import run_all
from harness.testscript.run.server import run_server

OK = check(responseCode="200", stop=True)
GOOD = operation("search", "Patient") + OK


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"actions": [operation("search", "Patient", "?_id=${nothing}")]}, "unknown placeholder ${nothing}"),
        ({"actions": [operation("search", "Patient", "?_id=${a}")], "variables": variable("a", default="${b}") + variable("b", default="${a}")}, "refers to itself"),
        ({"actions": [operation("search", "Patient", "?_id=${a}")], "variables": variable("a", expression="Patient.x", source="p"), "fixtures": fixture("p", "../_reference/resources/patient.xml")}, "no value"),
        ({"actions": [operation("search", "Patient", "?_id=${a}")], "variables": variable("a", expression="Patient.(", source="p"), "fixtures": fixture("p", "../_reference/resources/patient.xml")}, "not a valid FHIRPath"),
        ({"actions": [operation("search", "Patient", "?_id=${a}")], "variables": variable("a", expression="Patient.id", source="zz")}, "unknown source"),
        ({"actions": [operation("update", "Patient", "/x", source="p")], "fixtures": fixture("p", "../_reference/missing.xml")}, "cannot be read"),
        ({"actions": [operation("update", "Patient", "/x", source="q")]}, "unknown source"),
        ({"actions": [operation("update", "Patient", "/x")]}, "without sourceId"),
        ({"actions": [operation("create", "Patient")]}, "without sourceId"),
        ({"actions": [operation("frobnicate", "Patient")]}, "unsupported feature: operation frobnicate"),
        ({"actions": [operation("search", "Patient", targetId="x")]}, "unknown source"),
        ({"actions": [operation("search", "Patient", odd="x")]}, "unsupported feature: odd"),
        ({"actions": [operation("search", "Patient"), check(expression="Bundle.entry.where(")]}, "not a valid FHIRPath"),
        ({"actions": [operation("search", "Patient"), check(minimumId="x")]}, "unknown source"),
        ({"actions": [operation("search", "Patient"), check(odd="x")]}, "unsupported feature: assert.odd"),
        ({"actions": [operation("search", "Patient"), check(path="fhir:Bundle[")]}, "not a valid XPath"),
        ({"actions": [operation("search", "Patient"), check(path="fhir:Bundle/nope:x")]}, "not a valid XPath"),
        ({"actions": [operation("search", "Patient"), check(path="$.id")]}, "JSONPath is not supported"),
        ({"actions": [operation("search", "Patient"), check(compareToSourceId="x", compareToSourceExpression="id")]}, "unknown source"),
        ({"actions": [operation("search", "Patient"), check(resource="Bundle", responseCode="200")]}, "more than one criterion"),
        ({"actions": [operation("search", "Patient"), check(responseCode="200", operator="resembles")]}, "operator resembles"),
        ({"actions": [operation("search", "Patient"), check(extension=rule("somethingElse"))]}, "rule somethingElse"),
        ({"actions": [operation("search", "Patient"), check(validateProfileId="nope")]}, "no such profile"),
        ({"actions": [operation("search", "Patient"), check()]}, "assert without criterion"),
        ({"actions": [check(responseCode="200")]}, "no operation was executed"),
    ],
)  # fmt: skip
def test_bad_scripts_are_errors_with_a_reason_and_the_run_goes_on(kit, run, more, words):
    kit.server_script(*more.pop("actions"), name="a-bad", **more)
    kit.server_script(GOOD, name="b-good")
    results = run(kit.goal)
    assert results["a-bad"].verdict is Verdict.ERROR
    text = " ".join(f"{f.received} {f.expected}" for f in results["a-bad"].findings)
    assert words in text, text
    assert results["b-good"].verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<TestScript",
        '<!DOCTYPE x [<!ENTITY a "b">]><TestScript xmlns="http://hl7.org/fhir"/>',
        "<a/>",
        "\x00",
    ],
)
def test_files_that_are_no_script_are_errors_of_that_file(kit, run, text):
    kit.write("XIS-Server/a-bad.xml", text)
    kit.server_script(GOOD, name="b-good")
    results = run(kit.goal)
    assert results["a-bad"].verdict is Verdict.ERROR and results["a-bad"].findings[0].received
    assert results["b-good"].verdict is Verdict.PASS


def test_a_load_script_with_a_missing_fixture_is_noted_and_what_needs_it_fails(kit, run):
    (kit.reference / "o2.xml").unlink()
    kit.server_script(GOOD, name="a-other")
    kit.server_script(operation("read", "Observation", "/kit-o2") + OK, name="b-needs-it")
    results = run(kit.goal)
    assert "fixture o2 is not loaded" in results["b-needs-it"].notes[0]
    assert results["b-needs-it"].verdict is Verdict.FAIL
    assert results["a-other"].verdict is Verdict.PASS and results["a-other"].notes


def respond(connection, data):
    connection.recv(65536)
    connection.sendall(data)


def html(connection):
    respond(
        connection, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
    )


def redirect(connection):
    respond(
        connection, b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    )


def hang(connection):
    connection.recv(65536)
    time.sleep(6)


def drip(connection):
    respond(
        connection,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 1000000\r\n\r\n",
    )
    for _ in range(60):
        connection.sendall(b" ")
        time.sleep(0.1)


def reset(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def nonsense(connection):
    respond(connection, b"\x16\x03\x01 nonsense\r\n\r\n")


def huge(connection):
    respond(
        connection,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 1000000000\r\n\r\n",
    )
    block = b"x" * 1_000_000
    try:
        for _ in range(1000):
            connection.sendall(block)
    except OSError:
        pass


BOMB = gzip.compress(b"x" * 20_000_000)


def bomb(connection):
    respond(
        connection,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        % len(BOMB)
        + BOMB,
    )


@pytest.fixture
def serve():
    """A TCP server that treats every connection with a function; yields its base URL."""
    stop = []

    def start(treat):
        listener = socket.create_server(("127.0.0.1", 0))
        stop.append(listener)

        def handle(connection):
            with connection:
                try:
                    treat(connection)
                except OSError:
                    pass

        def loop():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"

    yield start
    for listener in stop:
        listener.close()


@pytest.mark.parametrize(
    ("treat", "words"),
    [
        (html, "not FHIR but text/html"),
        (redirect, "redirect to http://elsewhere.example/"),
        (hang, "timeout"),
        (drip, "timeout"),
        (reset, "protocol"),
        (nonsense, "protocol"),
        (huge, "larger than"),
        (bomb, "larger than"),
    ],
)
def test_bad_servers_fail_in_bounded_time(kit, serve, treat, words):
    kit.server_script(
        operation("search", "Patient") + check(responseCode="200") + check(expression="Bundle.exists()"),
        name="one",
    )
    plan = Plan(__import__("datetime").date(2026, 3, 1), profiles=ProfileChecks(enabled=False))
    transport = HttpTransport(timeout=1.5, max_response=5_000_000)
    base = serve(treat)
    started = time.monotonic()
    ((_, result),) = run_all(
        collect([kit.goal], plan), lambda item: run_server(item, plan, base, transport, OwnServers(plan.t))
    )
    transport.close()
    assert time.monotonic() - started < 5
    assert result.verdict is Verdict.FAIL
    assert words in " ".join(f.received for f in result.findings), result.findings


def test_a_server_that_always_hangs_gets_less_and_less_patience(serve):
    from harness.core.run.exchanges import Request

    transport = HttpTransport(timeout=0.3)
    transport.timeout = 0.3
    base = serve(hang)
    for _ in range(6):
        assert "timeout" in transport(Request(method="GET", url=base)).error
    transport.timeout = 30
    started = time.monotonic()
    assert "timeout" in transport(Request(method="GET", url=base)).error
    assert time.monotonic() - started < 5
    transport.close()


def test_nobody_listens_is_a_configuration_error(kit, capsys):
    kit.server_script(GOOD)
    code = harness(
        ["testscript", "run", str(kit.goal), "--server", "http://127.0.0.1:9/fhir", "--json", "--no-profiles"]
    )
    document = json.loads(capsys.readouterr().out)
    assert code == 2 and document["summary"]["error"] == 1
    assert document["items"][0]["findings"][0]["blame"] == "configuration"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["run", "{empty}", "--self"], "no TestScripts found"),
        (["run", "/nonexistent", "--self"], "does not exist"),
        (["run", "{kit}"], "exactly one"),
        (["run", "{kit}", "--self", "--only", "nothing-like-it"], "no TestScripts left"),
        (["run", "{kit}", "--self", "--format", "yaml"], "unknown format"),
        (["run", "{kit}", "--self", "--set", "novalue"], "NAME=VALUE"),
        (["run", "{kit}", "--self", "--at", "someday"], "not a date"),
        (["run", "{kit}", "--server", "ftp://x"], "not an http"),
        (["run", "{kit}", "--self", "--package", "/nonexistent.tgz"], "does not exist"),
        (["run", "{kit}", "--self", "--resume"], "need --out"),
        (["run", "{kit}", "--self", "--token-map", "{tokens}"], "not a list"),
    ],
)
def test_usage_errors_are_one_message_and_exit_2(kit, tmp_path, capsys, words, text):
    kit.server_script(
        GOOD + check(validateProfileId="b"),
        profiles='<profile id="b" value="http://hl7.org/fhir/StructureDefinition/Bundle"/>',
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    tokens = tmp_path / "tokens.json"
    tokens.write_text("{}")
    filled = [word.format(kit=kit.goal, empty=empty, tokens=tokens) for word in words]
    code = harness(["testscript", *filled, "--lang", "en"])
    captured = capsys.readouterr()
    assert code == 2, captured
    assert text in captured.err + captured.out and "Traceback" not in captured.err


def test_operator_input_against_a_live_server_is_asked_for(kit, capsys):
    kit.server_script(operation("search", "Patient", "?_id=${a}"), variables=variable("a"))
    words = [
        "testscript",
        "run",
        str(kit.goal),
        "--server",
        "http://127.0.0.1:9/fhir",
        "--json",
        "--no-profiles",
    ]
    assert harness(words) == 6
    finding = json.loads(capsys.readouterr().out)["items"][0]["findings"][0]
    assert finding["verdict"] == "inconclusive" and finding["blame"] == "configuration"
    assert "waits for input" in finding["received"] and "--set a=" in finding["next_step"]["en"]
