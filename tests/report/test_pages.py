"""What the pages show: the matrix, the place of a finding, the messages of a cell, and who may read the files."""

from __future__ import annotations

import base64
import gzip
import json
import re
import stat
from datetime import date

import msgspec
import pytest
from reportkit import CATALOGUE, CELLS, EVIL, INFO, findings, rest
from runfolders import judged_run

from harness.core.run.agreed.waivers import Waiver, fingerprint
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Finding, Where, finding
from harness.core.verdicts import Blame, Verdict
from harness.judge.outcome.tally import key_of
from harness.report.html import data_page, page, write_report
from harness.report.pages.matrix import matrix
from harness.report.pages.messages import MAX_BODY, body_text, data_file, places
from harness.report.summary import summarise

JSON = (("Content-Type", "application/fhir+json"),)
BODY = b'{"resourceType":"Bundle",\n "link":[{"relation":"self","url":"https://x/?patient=1"}]}'


def exchange(body: bytes = BODY, **fields: object) -> Exchange:
    made = Exchange(
        id="e-1",
        interface="resource",
        flow="collect",
        operation="hg-patient-json",
        client="pgo-1",
        server="dvza-a",
        started="2026-03-01T09:00:00+00:00",
        request=Request(method="GET", url="https://dvza.example/fhir/Patient", headers=(("Accept", "x"),)),
        response=Response(status=200, headers=JSON, body=body),
    )
    return msgspec.structs.replace(made, **fields)


def at(line: int, column: int, party: str = "his-a"):
    where = Where(exchange="e-1", path="Bundle.link[0].url", line=line, column=column)
    return finding("HG-PAT-001", CELLS[0], Verdict.FAIL, blame=Blame.PRODUCT, party=party, where=where)


def unpacked(script: bytes) -> dict:
    packed = re.fullmatch(rb'cellData\("([^"]+)"\)\n', script)[1]
    return json.loads(gzip.decompress(base64.standard_b64decode(packed)))


# -- the matrix -----------------------------------------------------------------------------------


def grid(said, waivers=()):
    info = msgspec.structs.replace(INFO, waivers=tuple(waivers))
    return matrix(summarise(info, said, CATALOGUE), CATALOGUE)


def test_a_met_standard_is_a_bare_letter_and_anything_else_says_what_and_whose():
    met = grid([*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()])
    (row,) = met.rows
    assert [pair.worst.text for pair in row.pairs.values()] == ["H", "H"]
    assert {pair.worst.side for pair in row.pairs.values()} == {""} and met.counts == {"p": 2}
    client = finding("MM-CLI-001", CELLS[1], Verdict.FAIL, blame=Blame.PRODUCT, party="pgo-2")
    broken = grid([*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()[:3], client])
    pairs = broken.rows[0].pairs
    assert (pairs["pgo-1"].worst.text, pairs["pgo-2"].worst.text) == ("H", "H✗")
    assert (
        pairs["pgo-2"].worst.side == "PGO" and pairs["pgo-2"].told.nl == "Huisartsgegevens niet voldaan (PGO)"
    )
    assert broken.broken == {"pgo-2": 1} and [one[0].requirement for one in broken.causes] == ["MM-CLI-001"]


def test_two_sides_in_one_cell_are_not_put_on_one():
    client = finding("MM-CLI-001", CELLS[0], Verdict.FAIL, blame=Blame.PRODUCT, party="pgo-1")
    found = grid([*findings(r1=Verdict.FAIL), client])
    token = found.rows[0].pairs["pgo-1"].worst
    assert token.side == "HIS+" and token.told.nl.endswith("(HIS + PGO)")


def test_what_a_waiver_covers_is_no_failure_in_the_matrix_but_hides_nothing_worse():
    said = [*findings(r1=Verdict.FAIL, r2=Verdict.PASS), *rest()]
    waivers = [_waiver(said[0])]
    covered = grid(said, waivers)
    assert {pair.worst.look for pair in covered.rows[0].pairs.values()} == {"i"} and not covered.causes
    worse = grid([*findings(r1=Verdict.FAIL, r2=Verdict.INCONCLUSIVE), *rest()], waivers)
    assert {pair.worst.look for pair in worse.rows[0].pairs.values()} == {"o"}


def _waiver(item: Finding) -> Waiver:
    return Waiver(
        fingerprint=fingerprint(key_of(CATALOGUE[item.requirement], item.cell), item),
        requirement=item.requirement,
        reason="a later release repairs it",
        issue="HIS-1",
        owner="V. Vendor",
        approver="B. Bureau",
        expires=date(2026, 12, 31),
    )


# -- where a finding points -----------------------------------------------------------------------


def test_a_line_and_column_become_the_element_with_what_stands_around_it():
    item = at(2, 29)
    place = places([exchange()], [item])[item.id]
    assert place.side == "response" and place.there == '"url":"https://x/?patient=1"'
    assert place.before.endswith('"relation":"self",') and place.after == "}]}"


def test_a_fault_of_the_client_points_into_its_request():
    asked = Request(method="POST", url="https://x/fhir", headers=JSON, body=BODY)
    item = at(2, 29, party="pgo-1")
    assert places([exchange(request=asked)], [item])[item.id].side == "request"


@pytest.mark.parametrize(("line", "column"), [(0, 0), (3, 1), (9, 9), (2, 9_999)])
def test_a_place_that_is_not_there_is_not_shown(line, column):
    assert places([exchange()], [at(line, column)]) == {}


def test_a_place_behind_long_base64_is_still_the_right_one():
    body = b'{"data":"' + b"QUJD" * 3_000 + b'","url":"https://x/"}'
    item = at(1, body.index(b'"url"') + 1)
    place = places([exchange(body)], [item])[item.id]
    assert place.there == '"url":"https://x/"'
    text, start = body_text(body, JSON, place.offset)
    assert text[place.offset - start :].startswith('"url"') and len(text) < 200


def test_a_large_body_is_cut_around_its_place():
    body = b'{"a":"' + b"x y " * 50_000 + b'","url":"https://x/"}'
    item = at(1, body.index(b'"url"') + 1)
    place = places([exchange(body)], [item])[item.id]
    text, start = body_text(body, JSON, place.offset)
    assert start and text[place.offset - start :].startswith('"url"') and len(text) < MAX_BODY + 40


# -- the messages ---------------------------------------------------------------------------------


def test_each_body_is_packed_once_and_headers_stay_apart():
    lists = exchange(id="e-2")
    data = unpacked(
        data_file([exchange(), lists, exchange(b"", id="e-3", response=None, error="tls: no")], {})
    )
    assert data["b"] == [BODY.decode()]
    assert [item["rb"] for item in data["x"][:2]] == [[0, 0], [0, 0]]
    assert data["x"][0]["h"] == [["Accept", "x"]] and data["x"][2]["e"] == "tls: no"


@pytest.fixture
def report(tmp_path):
    found = [*findings(r1=Verdict.FAIL, r2=Verdict.PASS), *rest()]
    folder = judged_run(tmp_path / "run", INFO, found, {cell: [exchange(EVIL.encode())] for cell in CELLS})
    write_report(folder, INFO, found, CATALOGUE)
    return folder.report


def test_the_policy_allows_the_style_and_script_of_the_page_and_nothing_else(report):
    for path in report.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
        assert policy.startswith("default-src &#39;none&#39;"), path.name
        assert "unsafe" not in policy and "http" not in policy
        assert " style=" not in text and not re.search(r'\son[a-z]+="', text)
        assert not re.search(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?!data:)', text), path.name


def test_a_cell_page_lists_what_is_met_and_links_its_evidence(report):
    text = (report / page("cell", CELLS[0].key, "nl")).read_text(encoding="utf-8")
    assert "eis HG-PAT-002" in text and "requirement HG-PAT-002" not in text
    assert f'href="{page("cell", CELLS[0].key, "nl")}#e-1" data-x="1"' in text
    assert "2 eisen" not in text and "3 eisen" in text
    assert f'data-src="{data_page(CELLS[0].key)}"' in text


def test_a_web_server_may_read_the_report_whatever_the_run_was_told(report):
    assert stat.S_IMODE(report.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in report.iterdir()} == {0o644}
