"""What stands in a run folder and what does not, and what becomes of one that was changed by hand."""

from __future__ import annotations

import gc
import gzip
import http.server
import json
import os
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from runfolders import written

from harness.core.clock import VirtualClock
from harness.core.run import manifest
from harness.core.run.exchanges import Request
from harness.core.run.folder import RunFolder
from harness.core.run.info import Share
from harness.core.run.problems import EvidenceError
from harness.core.run.results import CellResult
from harness.core.verdicts import Verdict
from harness.judge import cells
from harness.judge.catalogue import load_catalogue
from harness.judge.cells import cell_view
from harness.judge.evidence.cells import check_cell, moved_problem
from harness.judge.evidence.side_by_side import judge_again
from harness.network.file import Participant
from harness.network.twins.his import HisTwin
from harness.reference.records import Records, frozen_records

pytestmark = pytest.mark.slow

AT = "2026-03-01"
SMALL = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-eik")
SESSION = "q7Zt0VbLr2XhWc9KpNf4"
NETWORK = """
name: proef
persons:
  - {{id: tester, name: T. Ester, bsn: "999990019", birth_date: "1970-01-31", patients: [hanna-wilgenkamp]}}
participants:
  - {{id: his, role: his, kind: live, vendor: Een BV, product: Een HIS, version: "1", dvza: dvza,
     standards: [huisartsgegevens-2.0], fhir: "{url}", auth: none, patient: "header X-Patient-Id",
     id_map: {{tester: hanna-wilgenkamp}}, person: {{huisartsgegevens-2.0: tester}}}}
  - {{id: dvza, role: dvza, kind: twin, standards: [huisartsgegevens-2.0]}}
  - {{id: pgo, role: pgo, kind: twin, standards: [huisartsgegevens-2.0]}}
"""


@contextmanager
def his(*cookies: str) -> Iterator[str]:
    """A HIS that sets these cookies with every answer; yields its address."""
    participant = Participant(id="his", role="his", kind="twin")
    clock = VirtualClock(datetime(2026, 3, 1, 11, 0, tzinfo=UTC))
    twin = HisTwin(participant, t=date.fromisoformat(AT), clock=clock)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            base = f"http://{self.headers['Host']}"
            headers = tuple(self.headers.items())
            request = Request(method="GET", url=base + self.path, headers=headers)
            answer = twin.handle(request, self.headers.get("X-Patient-Id"), f"{base}/fhir", scratch="cell")
            self.send_response(answer.status)
            for name, value in (*answer.headers, *(("Set-Cookie", cookie) for cookie in cookies)):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def cookie_runs(harness, tmp_path_factory) -> tuple[Path, Path]:
    """The same HIS without cookies, and with two of ordinary words and a session."""
    home, runs = tmp_path_factory.mktemp("cookies"), []
    with_cookies = ("consent=active; Path=/", "lang=Patient", f"sessie={SESSION}; Path=/; HttpOnly")
    for name, cookies in (("plain", ()), ("cookies", with_cookies)):
        with his(*cookies) as url:
            network, out = home / f"{name}.yaml", home / name
            network.write_text(NETWORK.format(url=url))
            words = ("--network", network, "--out", out, "--at", AT, "--skip-doctor", "--lang", "en")
            words = (*words, "--intensity", "smoke")
            done = harness("qualify", *words)
        assert "Traceback" not in done.err and (out / "findings.json").is_file(), done.out + done.err
        runs.append(out)
    return runs[0], runs[1]


def verdicts(folder: Path) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for item in RunFolder.open(folder).findings():
        found.setdefault((item.requirement, item.cell.key), []).append(item.verdict.value)
    return found


def test_cookies_of_the_his_change_no_verdict(cookie_runs):
    plain, cookies = map(verdicts, cookie_runs)
    assert any("pass" in said for (identifier, _), said in plain.items() if identifier == "HG-PAT-001")
    assert cookies == plain


def test_an_ordinary_word_of_a_cookie_stands_in_the_documents_as_it_was(cookie_runs):
    plain, cookies = (written(run).decode(errors="replace") for run in cookie_runs)
    for word in ("active", "Patient"):
        assert cookies.count(word) >= plain.count(word) > 10, word
    assert "consent=mask-cookie-" in cookies and "lang=mask-cookie-" in cookies


def test_a_session_of_the_his_stands_nowhere(cookie_runs):
    data = written(cookie_runs[1])
    assert b"sessie=mask-cookie-" in data
    assert SESSION.lower().encode() not in data.lower()


# -- changed by hand -------------------------------------------------------------------------------

Edit = Callable[[list[bytes]], list[bytes]]
DEEP = b'{"kind":"exchange","seq":3,"prev":"","id":"x","notes":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def in_recording(folder: Path, edit: Edit) -> None:
    """Change the lines of the first recording of a cell."""
    path = next(item for item in sorted((folder / "exchanges").glob("*.jsonl.gz")) if "pdfa" in item.name)
    before = gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    after = edit(before)
    assert after != before
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in after)))


def other_place(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"status":200', b'"status":201') for line in lines]


def deeper(line: bytes) -> bytes:
    """A line that is right but for a note that is nested as deep as nobody wrote it."""
    fields = json.loads(line)
    return json.dumps(fields).encode()[:-1] + b',"notes":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"


EDITS: dict[str, Edit] = {
    "an answer": other_place,
    "a line left out": lambda lines: [*lines[:5], *lines[6:]],
    "no last line": lambda lines: lines[:-1],
    "deep line": lambda lines: [*lines[:3], DEEP, *lines[4:]],
    "deep head": lambda lines: [DEEP, *lines[1:]],
    "deep notes": lambda lines: [*lines[:2], deeper(lines[2]), *lines[3:]],
    "no text": lambda lines: [*lines[:2], b"\xff\xfe\x00", *lines[3:]],
    "half a line": lambda lines: [*lines[:2], lines[2][: len(lines[2]) // 2], *lines[3:]],
}


ENGLISH: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("judge", "verify", "sign"), ("--lang", "en")),
    "har": (),
}


@pytest.mark.parametrize("command", ["judge", "verify"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edited_recording_exits_7_and_names_it(copy, here, name, command):
    in_recording(copy, EDITS[name])
    code, said = here(command, copy, "--lang", "en")
    assert code == 7 and "exchanges/" in said, said


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("judge", name) for name in ("run.json", "run-start.json", "findings.json", "manifest.json")),
        *(("verify", name) for name in ("run.json", "run-start.json", "findings.json", "manifest.json")),
        *(("sign", name) for name in ("run.json", "run-start.json", "manifest.json")),
    ],
)
def test_a_document_that_is_nested_too_deeply_is_one_sentence(copy, here, key, name, command):
    (copy / name).write_bytes(b'{"schema":' + b"[" * 200_000 + b"]" * 200_000 + b"}")
    words = ("--key", key) if command == "sign" else ()
    code, said = here(command, copy, *words, "--lang", "en")
    assert code == 7 and name in said, said
    assert not (copy / "seal.json").exists()


def test_nothing_is_sealed_in_which_a_person_can_be_read(copy, here, key):
    page = copy / "report" / "index.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text("<p>bsn 111.222.333</p>")
    code, said = here("sign", copy, "--key", key, "--lang", "en")
    assert code == 7 and "report/index.html, line 1: a BSN" in said and "111.222.333" not in said, said
    assert not (copy / "seal.json").exists()
    code, said = here("sign", copy, "--key", key, "--accept", "report/index.html, line 1", "--lang", "en")
    assert code == 0 and (copy / "seal.json").exists(), said


@pytest.mark.parametrize("command", ["judge", "verify", "sign", "har"])
@pytest.mark.parametrize(
    "content",
    [{}, {"run-start.json": '{"schema":"run-99"}'}, {"run.json": '{"t":1}'}, {"run-start.json": "{}"}],
    ids=["empty", "newer", "old", "nameless"],
)
def test_what_is_no_run_of_this_format_is_refused(here, key, tmp_path, command, content):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)
    words = {"har": ("x",), "sign": ("--key", key)}.get(command, ())
    code, said = here(command, folder, *words, *ENGLISH[command])
    assert code == 2 and "Usage" not in said and str(folder) in said, said
    assert {path.name for path in folder.iterdir()} == set(content), "nothing was written"


# -- put there by somebody who wants another verdict -------------------------------------------------


def unfinished(folder: Path) -> None:
    """Make a finished run one that was killed after its last cell, as its owner can."""
    ended = json.loads((folder / "run.json").read_bytes())["ended"]
    (folder / "run.salt").write_text(ended["salt"])
    for name in ("manifest.json", "run.json", "findings.json"):
        (folder / name).unlink()


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
@pytest.mark.parametrize("command", ["judge", "verify", "har"])
@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("folder", ["exchanges", "bodies", "findings"])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(copy, here, folder, ended, command):
    if not ended:
        unfinished(copy)
    for path in [path for path in (copy / folder).rglob("*") if path.is_file()]:
        pipe(path)
    words = ("pdfa",) if command == "har" else ()
    code, said = here(command, copy, *words, *ENGLISH[command])
    if (command, folder) == ("har", "findings"):
        assert code == 0
    elif (command, ended, folder) == ("judge", False, "findings"):
        assert code == 4 and "identical" not in said, said  # as if the cell had not ended
    else:
        assert code in (2, 7) and said.strip(), said


def test_a_file_of_another_size_is_not_read(copy, here):
    path = next(path for path in (copy / "bodies").rglob("*") if path.is_file())
    with path.open("wb") as file:
        file.truncate(1 << 40)
    code, said = here("verify", copy, "--lang", "en")
    assert code == 7 and "was changed" in said and path.name in said


def test_findings_that_were_edited_are_not_gone_on_with(copy, harness):
    unfinished(copy)
    path = next((copy / "findings").glob("*.json"))
    replace(path, '"verdict":"pass"', '"verdict":"warning"')
    done = harness("qualify", "--out", copy, "--at", AT, "--skip-doctor", *SMALL, "--resume", "--lang", "en")
    assert done.code == 2 and done.out == "", done.out + done.err
    assert "holds other findings than the recording gives" in done.err
    assert not (copy / "report" / "index.html").exists()
    assert not (copy / "manifest.json").exists()


def elsewhere(key: str) -> Callable[[CellResult], CellResult]:
    """Leave a requirement to another cell."""

    def change(result: CellResult) -> CellResult:
        name = result.requirements[0]
        return msgspec.structs.replace(
            result,
            requirements=result.requirements[1:],
            findings=tuple(item for item in result.findings if item.requirement != name),
            elsewhere={name: key},
        )

    return change


def records_of(run: RunFolder) -> Records:
    return frozen_records(run, run.start())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda result: result, ""),
        (lambda result: msgspec.structs.replace(result, findings=result.findings[1:]), "other findings"),
        (elsewhere("nowhere"), "names a cell that is not there"),
    ],
    ids=["nothing", "a finding left out", "a cell that is not there"],
)
def test_a_cell_that_was_finished_earlier_is_taken_over_as_it_was(copy, change, told):
    unfinished(copy)
    folder, catalogue = RunFolder(copy), load_catalogue()
    (stored,) = folder.results()
    changed = change(stored)
    folder.write_cell(changed)
    if not told:
        check_cell(folder, folder.start(), changed, catalogue, records_of(folder))
        return
    with pytest.raises(EvidenceError) as caught:
        check_cell(folder, folder.start(), changed, catalogue, records_of(folder))
    assert told in caught.value.problem.sentence("en")


def test_a_fault_of_a_cell_that_was_finished_earlier_is_not_left_to_another(defect_run, tmp_path):
    folder = Path(shutil.copytree(defect_run[0], tmp_path / "run"))
    unfinished(folder)
    run = RunFolder(folder)
    bad = next(item for item in run.results() if Verdict.FAIL in {one.verdict for one in item.findings})
    failed = {item.requirement for item in bad.findings if item.verdict is Verdict.FAIL}
    other = next(cell for cell in run.start().plan if cell != bad.cell)
    forged = msgspec.structs.replace(
        bad,
        requirements=tuple(name for name in bad.requirements if name not in failed),
        findings=tuple(item for item in bad.findings if item.requirement not in failed),
        elsewhere=dict.fromkeys(sorted(failed), other.key),
    )
    run.write_cell(forged)
    with pytest.raises(EvidenceError) as caught:
        check_cell(run, run.start(), forged, load_catalogue(), records_of(run))
    assert "to another cell, but the recording shows a fault" in caught.value.problem.sentence("en")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_judged_cell_leaves_memory_without_help(defect_run, monkeypatch):
    """What judges share of a cell refers to its view: it must not stay until Python looks for circles."""
    run, catalogue = RunFolder(defect_run[0]), load_catalogue()
    info = run.info()
    views = []

    def noted(*given):
        views.append(weakref.ref(view := cell_view(*given)))
        return view

    monkeypatch.setattr(cells, "cell_view", noted)
    gc.collect()
    gc.disable()
    try:
        for _ in judge_again(run, info, catalogue, frozen_records(run, info)):
            assert views[-1]() is None
    finally:
        gc.enable()
    assert len(views) > 1


def test_a_fault_cannot_be_left_to_a_cell_that_shows_none(defect_run, here, tmp_path):
    """Everything that follows from the description is computed again: findings, their join, the manifest."""
    folder = Path(shutil.copytree(defect_run[0], tmp_path / "run"))
    run, catalogue = RunFolder(folder), load_catalogue()
    info = run.info()
    bad, good = (next(cell for cell in info.plan if cell.his == name) for name in ("his-eik", "his-beuk"))
    failed = {item.requirement for item in run.findings() if item.verdict is Verdict.FAIL}
    assert failed
    asked = dict(info.settings.requirements)
    asked[bad.key] = tuple(name for name in asked[bad.key] if name not in failed)
    shares = dict(info.settings.shared)
    shares[good.key] = (
        *shares.get(good.key, ()),
        Share(requirements=tuple(sorted(failed)), cells=(bad.key,)),
    )
    settings = msgspec.structs.replace(info.settings, requirements=asked, shared=shares)
    green = msgspec.structs.replace(info, settings=settings)
    run.write_end(green)
    for result in judge_again(run, green, catalogue, frozen_records(run, green)):
        run.write_cell(result)
        assert Verdict.FAIL not in {item.verdict for item in result.findings}
    run.join(green.plan)
    (folder / "manifest.json").unlink()
    manifest.write_manifest(folder)
    for command in ("judge", "verify"):
        code, said = here(command, folder, "--lang", "en")
        assert code == 7 and "hold for a cell in which not everything is the same" in said, said


def test_a_fault_cannot_be_left_to_another_cell_at_all(defect_run, tmp_path):
    """Also where all that it depends on is the same."""
    folder = Path(shutil.copytree(defect_run[0], tmp_path / "run"))
    run, catalogue = RunFolder(folder), load_catalogue()
    info = run.info()
    failed = next(item for item in run.findings() if item.verdict is Verdict.FAIL)
    key = failed.cell.key
    asked = {**info.settings.requirements}
    asked[key] = tuple(name for name in asked[key] if name != failed.requirement)
    settings = msgspec.structs.replace(info.settings, requirements=asked)
    problem = moved_problem(run, msgspec.structs.replace(info, settings=settings), catalogue, records_of(run))
    assert problem is not None and failed.requirement in problem.sentence("en")
    assert moved_problem(run, info, catalogue, records_of(run)) is None
