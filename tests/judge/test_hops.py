"""Both hops of a pass-through: which belong together, and what is told of a refusal."""

from __future__ import annotations

import pytest
from drivenkit import CATALOGUE, NOW, T

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Cell
from harness.core.text import said
from harness.judge.hops import heard, onward
from harness.judge.view import CellView

CELL = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard="huisartsgegevens-2.0", release="mm-2.2")
ID = "MedMij-Request-ID"


def asked(number: int, path: str = "Patient", request_id: str = "", **fields: object) -> Exchange:
    headers = ((ID, request_id),) if request_id else ()
    given: dict[str, object] = {
        "id": f"x.{number:04d}",
        "cell": CELL.key,
        "interface": "resource",
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": "pgo-1",
        "server": "dvza-a",
        "started": "2026-03-01T11:00:00Z",
        "request": Request(method="GET", url=f"https://mtls.dvza.example/fhir/{path}", headers=headers),
        "response": Response(status=404),
        **fields,
    }
    return Exchange(**given)  # type: ignore[arg-type]


def passed(number: int, path: str = "Patient", request_id: str = "", **fields: object) -> Exchange:
    parties = {"flow": "upstream", "operation": "upstream", "client": "dvza-a", "server": "his-a"}
    return asked(number, path, request_id, **{**parties, **fields})


def pairs(*exchanges: Exchange) -> dict[str, str]:
    return {key: hop.id for key, hop in onward(exchanges).items()}


def test_a_hop_belongs_to_the_request_with_its_id_whatever_the_order() -> None:
    hops = [passed(1, request_id="b"), passed(2, request_id="a")]
    assert pairs(*hops, asked(3, request_id="a"), asked(4, request_id="b")) == {
        "x.0003": "x.0002",
        "x.0004": "x.0001",
    }


def test_without_ids_a_hop_belongs_to_the_next_request_for_the_same() -> None:
    first = [passed(1), asked(2), passed(3, "Encounter"), asked(4, "Encounter?x=1")]
    assert pairs(*first) == {"x.0002": "x.0001", "x.0004": "x.0003"}


@pytest.mark.parametrize(
    "exchanges",
    [
        (passed(1), asked(2, "Encounter")),
        (passed(1), asked(2, server="dvza-b")),
        (passed(1), asked(2, interface="token")),
        (asked(1), passed(2)),
        (asked(1), asked(2)),
    ],
    ids=["another resource", "another DVZA", "no request for data", "after it", "no hop"],
)
def test_what_does_not_fit_is_no_hop(exchanges: tuple[Exchange, ...]) -> None:
    assert pairs(*exchanges) == {}


def test_a_hop_belongs_to_one_request_only() -> None:
    assert pairs(passed(1), asked(2), asked(3)) == {"x.0002": "x.0001"}


def test_a_repeated_hop_counts_as_the_last_one() -> None:
    assert pairs(passed(1, request_id="a"), passed(2, request_id="a"), asked(3, request_id="a")) == {
        "x.0003": "x.0002"
    }


def test_the_view_keeps_hops_apart_from_what_judges_look_at() -> None:
    hop, request = passed(1), asked(2)
    view = CellView(CELL, [hop, request], CATALOGUE, t=T, now=NOW)
    assert (view.exchanges, view.upstream, view.hop(request)) == ((request,), (hop,), hop)
    assert view.exchange(hop.id) is None


def test_a_body_that_comes_again_is_read_once() -> None:
    def said(number: int, body: bytes, kind: str = "json") -> Exchange:
        response = Response(status=200, headers=(("Content-Type", f"application/fhir+{kind}"),), body=body)
        return asked(number, response=response)

    body = b'{"resourceType":"Patient","id":"a"}'
    same = [said(1, body), said(2, bytes(bytearray(body)))]
    others = [said(3, body.replace(b"a", b"b")), said(4, body, "xml")]
    view = CellView(CELL, [*same, *others], CATALOGUE, t=T, now=NOW)
    first, second, *rest = (view.document(item) for item in (*same, *others))
    assert first is second and all(item is not None and item is not first for item in rest)
    assert rest[1] is not None and rest[1].fatal


def told(body: bytes, kind: str, status: int = 404, hop: Exchange | None = None) -> str:
    response = Response(status=status, headers=(("Content-Type", kind),), body=body)
    exchange = asked(1, response=response)
    view = CellView(CELL, [exchange], CATALOGUE, t=T, now=NOW)
    return said(heard(exchange, view.document(exchange), hop), "en")


TEXT = b'{"resourceType":"OperationOutcome","issue":[%b]}'
XML = (
    b'<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="error"/><code value="security"/>'
    b'<details><text value="geen toegang"/></details></issue></OperationOutcome>'
)


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (TEXT % b'{"severity":"error","code":"login"}', "application/fhir+json", "login"),
        (
            TEXT
            % b'{"severity":"error","code":"invalid","diagnostics":"x"},{"severity":"error","code":"value"}',
            "application/fhir+json",
            "invalid: x, value",
        ),
        (XML, "application/fhir+xml", "security: geen toegang"),
        (TEXT % b'7,{"code":7,"diagnostics":["x"]}', "application/fhir+json", ""),
        (TEXT % b"", "application/fhir+json", ""),
        (b'{"resourceType":"OperationOutcome","issue":"x"}', "application/fhir+json", ""),
        (
            b'{"error":"invalid_grant","error_description":"te laat"}',
            "application/json",
            "invalid_grant: te laat",
        ),
        (b'{"error":7,"error_description":"te laat"}', "application/json", "te laat"),
        (b'["error"]', "application/json", ""),
        (b"{", "application/json", ""),
        (b"[" * 100_000, "application/json", ""),
        (b"<h1>fout</h1>", "text/html", ""),
        (b"", "application/fhir+json", ""),
    ],
    ids=[
        *("code", "two issues", "XML", "junk issues", "no issue", "issue is text", "OAuth", "half OAuth"),
        *("a list", "half", "deep", "HTML", "nothing"),
    ],
)
def test_what_the_server_said(body: bytes, kind: str, text: str) -> None:
    assert told(body, kind) == text


def test_a_long_text_is_shortened() -> None:
    text = told(TEXT % b'{"code":"invalid","diagnostics":"%b"}' % (b"x" * 5000), "application/fhir+json")
    assert 100 < len(text) < 200


@pytest.mark.parametrize("status", [200, 302, 399])
def test_a_success_says_nothing(status: int) -> None:
    assert told(TEXT % b'{"code":"informational"}', "application/fhir+json", status, passed(2)) == ""


@pytest.mark.parametrize(
    ("fields", "ended"),
    [({}, "HTTP 404"), ({"response": None, "error": "timeout: 30 s"}, "timeout: 30 s")],
    ids=["answered", "too late"],
)
def test_the_request_that_really_left_is_told_with_how_it_ended(fields: dict, ended: str) -> None:
    hop = passed(2, "Patient?_id=mask-person-bc", **fields)
    text = told(TEXT % b'{"code":"not-found"}', "application/fhir+json", hop=hop)
    assert text == f"not-found; dvza-a asked his-a: GET /fhir/Patient?_id=mask-person-bc: {ended}"
    assert told(b"", "text/plain", hop=hop).startswith("dvza-a asked his-a: GET")
