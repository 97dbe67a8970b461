"""The API: as its description says, and clear about what is wrong."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from served import Served, network

from harness.cli.serve.sessions.api import Api, openapi
from harness.core.exits import ExitCode
from harness.network.wire.serving import Incoming


def test_the_description_is_openapi():
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(openapi())


def fits(answer: Any) -> Any:
    """The document of an answer, after it was compared with the description."""
    described = openapi()
    request = answer.request
    path = request.url.path
    template = next(
        item
        for item in described["paths"]
        if item.replace("{id}", path.split("/")[2] if path.count("/") > 1 else "-") == path
    )
    responses = described["paths"][template][request.method.lower()]["responses"]
    response = responses.get(str(answer.status_code), responses["default"])
    if "$ref" in response:
        response = described["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = response["content"][kind]["schema"]
    if kind == "text/html":
        return answer.text
    found = answer.json()
    jsonschema.Draft202012Validator({**schema, "components": described["components"]}).validate(found)
    return found


def test_answers_are_as_described(served: Served):
    assert fits(served.ask("GET", "/situations"))["out_of_reach"]
    session = fits(
        served.ask("POST", "/sessions", {"pgo": "pgo-zon", "standard": "hg", "situations": ["all"]})
    )
    served.visit(session, served.pgo(session))
    name = f"/sessions/{session['id']}"
    assert fits(served.ask("GET", name))["state"] == "running"
    assert fits(served.ask("GET", "/sessions"))["sessions"]
    first = fits(served.ask("GET", f"{name}/findings"))
    assert first["findings"]
    assert fits(served.ask("GET", f"{name}/findings?since={first['seq']}"))["findings"] == []
    assert "Wilgenkamp" in fits(served.ask("GET", f"{name}/sheet"))
    assert (
        fits(served.ask("POST", f"{name}/next", {"situation": "state-altered"}))["now"]["id"]
        == "state-altered"
    )
    assert fits(served.ask("POST", f"{name}/end", {}))["state"] == "ended"
    assert fits(served.ask("POST", f"{name}/end", {}))["state"] == "ended", "ending twice is fine"
    assert fits(served.ask("POST", f"{name}/next", {}))["status"] == 410


@pytest.mark.parametrize(
    ("wish", "field", "hint"),
    [
        ({"pgo": "pgo-zonn"}, "pgo", "pgo-zon"),
        ({"pgo": "pgo-zon", "standard": "hg", "person": "hanna-wilgenkam"}, "person", "hanna-wilgenkamp"),
        ({"pgo": "pgo-zon", "standard": "hg", "situations": ["stat-altered"]}, "situations", "state-altered"),
        ({"pgo": "pgo-zon", "standard": "huisartsgegeven-2.0"}, "standard", "huisartsgegevens-2.0"),
        ({"pgo": "pgo-zon", "standard": "pdfa-3.0"}, "standard", ""),
        ({"pgo": "pgo-zon"}, "standard", ""),
        ({"pgo": "pgo-zon", "standard": "hg", "his": "his-eikk"}, "his", "his-eik"),
        ({"pgo": "pgo-zon", "standard": "hg", "situations": []}, "situations", ""),
        ({"pgo": "pgo-zon", "standard": "hg", "idle": 0}, "idle", ""),
        ({"pgo": "pgo-zon", "standard": "hg", "longest": 1e9}, "longest", ""),
        ({"pgo": 1}, "pgo", ""),
        ({"pgo": "pgo-zon", "wat": 1}, "body", ""),
        ({}, "body", ""),
        ([], "body", ""),
    ],
)
def test_what_is_unknown_is_named(served: Served, wish: Any, field: str, hint: str):
    problem = fits(served.ask("POST", "/sessions", wish))
    assert problem["status"] == 422
    assert problem["field"] == field
    assert hint in problem["next_step"]["en"]
    assert not served.desk.all


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/sessions/s99", b"", "", 404),
        ("POST", "/sessions/s99/end", b"{}", "application/json", 404),
        ("GET", "/", b"", "", 404),
        ("GET", "/sessions/../../etc", b"", "", 404),
        ("DELETE", "/sessions", b"", "", 405),
        ("POST", "/sessions", b"pgo=pgo-zon", "application/x-www-form-urlencoded", 415),
        ("POST", "/sessions", b"{", "application/json", 400),
        ("POST", "/sessions", b"\xff\xfe", "application/json", 400),
        ("POST", "/sessions", b'{"pgo":' * 5_000, "application/json", 422),
        ("POST", "/sessions", b"{" + b" " * 200_000 + b"}", "application/json", 413),
    ],
)
def test_a_bad_request_gets_a_clear_answer(served, method, path, body, kind, status):
    import httpx

    headers = {"Content-Type": kind} if kind else {}
    answer = httpx.request(method, served.api + path, content=body, headers=headers, trust_env=False)
    assert answer.status_code == status
    if status != 413:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]["nl"]


def test_one_session_of_a_pgo_at_a_time(served: Served):
    first = served.begin("ordinary")
    again = served.ask("POST", "/sessions", {"pgo": "pgo-zon", "standard": "ov"})
    assert again.status_code in (409, 422)
    problem = served.ask("POST", "/sessions", {"pgo": "pgo-zon", "standard": "hg"})
    assert problem.status_code == 409
    assert first["id"] in problem.json()["next_step"]["en"]
    other = served.begin("ordinary", pgo="pgo-maan")
    assert other["id"] != first["id"]
    served.end(first)
    assert served.begin("ordinary")["state"] == "waiting"


@pytest.mark.parametrize("host", ["harness.example", "127.0.0.1.evil.example", "", "10.0.0.1:80"])
def test_without_a_key_only_this_machine_asks(served: Served, host: str):
    answer = served.ask("GET", "/sessions", headers={"Host": host})
    assert answer.status_code in (400, 403)


def test_with_a_key_nobody_gets_in_without_it(served: Served):
    import asyncio

    api = Api(served.desk, served.running, served.watch.facts.catalogue, key="sleutel", sheet=lambda *_: "")

    def status(*headers: tuple[str, str]) -> int:
        request = Incoming(
            method="GET", url="http://h/sessions", path="/sessions", query="", headers=headers, body=b""
        )
        return asyncio.run(api.handle(request)).status

    assert status() == 401
    assert status(("Authorization", "Bearer sleute")) == 401
    assert status(("Authorization", "Bearer sleutel")) == 200


def test_nothing_seen_is_nothing_ran(served: Served):
    session = served.end(served.begin())
    assert session["exit"] == ExitCode.NOTHING_RAN
    assert "fail" not in {item["said"] for item in session["requirements"]}


def test_what_cannot_be_played_is_left_out(tmp_path):
    one = network(standards=("huisartsgegevens-2.0",))
    with Served(tmp_path / "run", one) as served:
        session = served.begin()
        assert [item["id"] for item in session["left_out"]] == ["narrow-scope"]
        assert "MM-CLI-017" not in {item["id"] for item in session["requirements"]}
        assert json.dumps(session)


def test_a_situation_that_made_way_by_itself_is_not_passed_over(served: Served):
    session = served.begin("ordinary", "state-altered", "state-missing")
    name = f"/sessions/{session['id']}"
    pgo = served.pgo(session)
    for _ in range(2):
        served.visit(session, pgo)
    served.later(4)
    assert served.show(session)["now"]["id"] == "state-altered"
    after = served.ask("POST", f"{name}/next", {"after": "ordinary"}).json()
    assert after["now"]["id"] == "state-altered", "it is still to be played"
    after = served.ask("POST", f"{name}/next", {"after": "state-altered"}).json()
    assert after["now"]["id"] == "state-missing"
    problem = served.ask("POST", f"{name}/next", {"after": "state"})
    assert (problem.status_code, problem.json()["field"]) == (422, "after")
