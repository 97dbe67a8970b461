"""HAR as an export of one unit's exchanges."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import msgspec
from evidencekit import CELLS, exchange, finished_units, run_folder
from jsonschema import Draft202012Validator

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.yamlfile import json_schema
from harness.record.har import to_har

SCHEMA = Draft202012Validator(json_schema("har"))


def exported(exchanges: list[Exchange]) -> dict[str, object]:
    document = json.loads(msgspec.json.encode(to_har(exchanges)))
    SCHEMA.validate(document)
    return document  # type: ignore[no-any-return]


def test_every_unit_of_a_run_becomes_a_har(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    units = finished_units(folder)
    assert len(units) == 3
    for unit in units:
        log = exported(list(unit.exchanges))["log"]
        assert isinstance(log, dict)
        for item, entry in zip(unit.exchanges, log["entries"], strict=True):
            assert entry["_id"] == item.id
            assert entry["request"]["url"] == item.request.url
            assert [(h["name"], h["value"]) for h in entry["request"]["headers"]] == list(
                item.request.headers
            )
            body = item.response.body if item.response else b""
            assert entry["response"]["content"]["size"] == len(body)
            assert _body(entry["response"]["content"]) == body
    assert to_har(unit.exchanges) == to_har(unit.exchanges)


def _body(content: dict[str, str]) -> bytes:
    text = content.get("text", "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()


def test_an_exchange_without_response_has_status_zero_and_no_size() -> None:
    lost = exchange(random.Random(1), 1, response=None, error="connect: refused", cell=CELLS[0])
    log = exported([lost])["log"]
    assert isinstance(log, dict)
    (entry,) = log["entries"]
    assert entry["response"]["status"] == 0
    assert entry["response"]["bodySize"] == -1
    assert entry["_error"] == "connect: refused"


def test_unusual_messages_stay_within_the_schema() -> None:
    odd = [
        exchange(random.Random(n), n, request=Request(method="X", url=url, body=body), response=answer)
        for n, (url, body, answer) in enumerate(
            [
                ("x:", b"\xff\x00", Response(status=799)),
                ("https://a.example/?a=%ff&b&=c", b"a=b", Response(status=204, body=b"\xfe")),
                ("not a url ?x=1#?y=2", "é".encode(), Response(status=301, headers=(("Location", ""),))),
            ]
        )
    ]
    exported(odd)
    assert exported([])["log"]
