"""``harness testscript``: contract of ``--json``, exit codes, resuming, a server under test, pytest items."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvicorn
from runfolders import written
from scriptkit import PATIENT, TOKEN, check, operation

from harness.cli import run as harness
from harness.core.run import manifest
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.fhir.server.asgi import AsgiApp
from harness.record.chain.units import units_in

OK = check(responseCode="200", stop=True)
SEARCH = operation("search", "Observation", "?code=8867-4")
VERDICTS = ["pass", "fail", "warning", "not-applicable", "inconclusive", "disputed", "error"]


def testscript(capsys, *words):
    code = harness(["testscript", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


testscript.__test__ = False


@pytest.fixture
def two(kit):
    kit.server_script(SEARCH + OK + check(resource="Bundle"), name="a-good")
    kit.server_script(SEARCH + OK + check(resource="Patient"), name="b-bad")
    kit.client_script(
        operation("search", "Patient", headers={"Authorization": TOKEN}, accept="") + OK, name="c-client"
    )
    return kit


def test_json_contract_and_exit_code(two, capsys):
    code, found = testscript(capsys, "run", two.goal, "--self", "--at", "2026-03-01")
    assert code == 1
    assert list(found["summary"]) == VERDICTS
    assert found["summary"]["pass"] == 2 and found["summary"]["fail"] == 1
    item = next(i for i in found["items"] if i["id"] == "b-bad")
    assert {"id", "file", "role", "verdict", "asserts", "findings"} <= set(item)
    assert item["file"] == "XIS-Server/b-bad.xml" and item["role"] == "XIS-Server"
    assert list(item["asserts"]) == VERDICTS and item["asserts"]["fail"] == 1
    finding = item["findings"][0]
    assert (
        finding["expected"] and finding["received"] == "Bundle" and set(finding["next_step"]) == {"nl", "en"}
    )


@pytest.mark.parametrize(
    ("only", "ids"), [("a-good", {"a-good"}), ("PHR-Client", {"c-client"}), ("*/b-*.xml", {"b-bad"})]
)
def test_only(two, capsys, only, ids):
    _, found = testscript(capsys, "run", two.goal, "--self", "--only", only)
    assert {item["id"] for item in found["items"]} == ids


def test_formats(kit, capsys):
    for form in ("json", "xml"):
        kit.server_script(operation("search", "Patient", accept=form) + OK, name=f"a-{form}")
    for form, ids in (("json", {"a-json"}), ("xml", {"a-xml"}), ("both", {"a-json", "a-xml"})):
        _, found = testscript(capsys, "run", kit.goal, "--self", "--format", form)
        assert {item["id"] for item in found["items"]} == ids


def test_without_validator_the_verdict_is_inconclusive_and_exit_6(kit, capsys):
    kit.server_script(
        SEARCH + OK + check(validateProfileId="b"),
        profiles='<profile id="b" value="http://hl7.org/fhir/StructureDefinition/Bundle"/>',
    )
    code, found = testscript(capsys, "run", kit.goal, "--self", "--no-profiles")
    assert code == 6 and found["summary"]["inconclusive"] == 1
    code, found = testscript(capsys, "run", kit.goal, "--self")
    assert code == 0 and found["summary"]["pass"] == 1 and found["notes"]


def test_a_resource_that_does_not_conform_fails_with_its_place(kit, capsys):
    text = (
        (kit.reference / "o1.xml")
        .read_text()
        .replace('<status value="final"/>', '<status value="finished"/>')
    )
    (kit.reference / "o1.xml").write_text(text)
    kit.server_script(
        SEARCH + OK + check(validateProfileId="b"),
        profiles='<profile id="b" value="http://hl7.org/fhir/StructureDefinition/Bundle"/>',
    )
    code, found = testscript(capsys, "run", kit.goal, "--self")
    finding = found["items"][0]["findings"][0]
    assert code == 1 and "status" in finding["where"]["path"] and finding["issues"][0]["line"] > 0


def test_an_unknown_profile_is_inconclusive_never_a_pass(kit, capsys):
    text = (
        (kit.reference / "o1.xml")
        .read_text()
        .replace("<status", '<meta><profile value="http://example.org/none"/></meta><status', 1)
    )
    (kit.reference / "o1.xml").write_text(text)
    kit.server_script(
        SEARCH + OK + check(validateProfileId="b"),
        profiles='<profile id="b" value="http://hl7.org/fhir/StructureDefinition/Bundle"/>',
    )
    code, found = testscript(capsys, "run", kit.goal, "--self")
    assert code == 6 and "http://example.org/none" in found["items"][0]["findings"][0]["received"]


def test_out_and_resume(two, capsys, tmp_path):
    out = tmp_path / "run"
    words = ("run", two.goal, "--self", "--out", out, "--at", "2026-03-01")
    code, first = testscript(capsys, *words)
    units = sorted(path.name for path in (out / "exchanges").iterdir())
    assert code == 1 and len(units) == 3 and all(name.endswith(".jsonl.gz") for name in units)
    lines = (out / "results.jsonl").read_bytes().splitlines()
    assert len(lines) == 3
    assert json.loads((out / "testscript.json").read_text())["summary"] == first["summary"]
    assert manifest.decode((out / "manifest.json").read_bytes()).files
    manifest.compare(out, manifest.decode((out / "manifest.json").read_bytes()))
    assert TOKEN.split()[1].encode() not in written(out)
    assert harness(["testscript", *map(str, words), "--resume"]) == 2, "it has finished"
    assert "al is afgemaakt" in capsys.readouterr().err

    (out / "manifest.json").unlink()  # as if it was killed while it wrote its last result
    (out / "results.jsonl").write_bytes(b"\n".join(lines[:2]) + b"\n" + lines[2][:20])
    last = json.loads(lines[2])["result"]["file"]
    (unit,) = [item for item in units_in(out) if item.stem.startswith(Path(last).stem)]
    plain = unit.path.with_name(unit.path.name.removesuffix(".gz"))
    plain.write_bytes(b"\n".join(gzip.decompress(unit.path.read_bytes()).splitlines()[:-1]) + b"\n")
    unit.path.unlink()
    assert harness(["testscript", *map(str, words)]) == 2
    assert "--resume" in capsys.readouterr().err
    code, second = testscript(capsys, *words, "--resume")
    assert code == 1 and second["summary"] == first["summary"]
    assert len((out / "results.jsonl").read_bytes().splitlines()) == 3, "one script ran again"
    assert len(units_in(out)) == 4
    manifest.compare(out, manifest.decode((out / "manifest.json").read_bytes()))
    code, third = testscript(capsys, *words)
    assert code == 1 and third["summary"] == first["summary"] and len(list(tmp_path.glob("run.*"))) == 1


@pytest.fixture
def live(kit):
    """The kit's data behind a socket, with other tokens than the official ones."""
    from datetime import date

    from harness.fhir.server.options import ServerOptions, by_token
    from harness.testscript.own.server import build
    from harness.testscript.read.script import load_script

    script = load_script(kit.server_script(SEARCH, name="zz-unused"))
    loaded = build(script, date(2026, 3, 1)).server
    (kit.goal / "XIS-Server" / "zz-unused.xml").unlink()
    server = loaded.fork(options=ServerOptions(mount="/fhir"), authorize=by_token({"Bearer vendor": PATIENT}))
    config = uvicorn.Config(AsgiApp(server), port=0, log_level="error", lifespan="off")
    listener = config.bind_socket()
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
    runner.should_exit = True
    thread.join(5)


def test_a_server_under_test_with_its_own_tokens(two, live, capsys, tmp_path):
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps([{"accessToken": "vendor", "resourceId": PATIENT}]))
    words = ("run", two.goal, "--server", live, "--at", "2026-03-01")
    code, found = testscript(capsys, *words)
    assert code == 1 and found["summary"]["fail"] == 2, "the official token means nothing to this server"
    code, found = testscript(capsys, *words, "--token-map", tokens, "--parallel", "3")
    assert {i["id"]: i["verdict"] for i in found["items"]} == {"a-good": "pass", "b-bad": "fail"}
    assert len(found["left_out"]) == 1 and "c-client" in found["left_out"][0]


def test_fixtures_are_written_with_t_resolved(two, capsys, tmp_path):
    out = tmp_path / "fixtures"
    code, made = testscript(capsys, "fixtures", two.goal, "--at", "2026-03-01", "--out", out)
    assert code == 0
    (only,) = made["sets"]
    assert only["patients"] == [PATIENT] and only["resources"] == 4
    model = load_model("3.0.2")
    found = codec.read((out / only["folder"] / "Observation-kit-o1.xml").read_bytes(), model=model)
    assert found["effectiveDateTime"] == "2026-02-26"
    assert codec.read((out / only["folder"] / "Observation-kit-o1.json").read_bytes(), model=model) == found
    loading = {
        s["id"]: s["load"] for s in json.loads((out / "loading.json").read_text())["sets"][0]["scripts"]
    }
    assert f"Patient/{PATIENT}" in loading["a-good"] and "Observation/kit-o3" in loading["a-good"]
    assert loading["c-client"] == []


def test_text_output_says_what_differs(two, capsys):
    assert harness(["testscript", "run", str(two.goal), "--self", "--lang", "en"]) == 1
    text = capsys.readouterr().out
    assert "b-bad" in text and "resource type equals Patient" in text and "received: Bundle" in text


def test_pytest_collects_scripts(two, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--testscripts",
        str(two.goal),
        "--harness-lang",
        "en",
        "-q",
        "-p",
        "no:cacheprovider",
        "--alluredir",
        str(tmp_path / "allure"),
        "--junitxml",
        str(tmp_path / "junit.xml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 2 passed" in done.stdout and "resource type equals Patient" in done.stdout
    assert "Traceback" not in done.stdout
    results = [json.loads(path.read_text()) for path in (tmp_path / "allure").glob("*-result.json")]
    assert sorted(r["status"] for r in results) == ["failed", "passed", "passed"]
    bad = next(r for r in results if r["status"] == "failed")
    assert [s["status"] for s in bad["steps"]] == ["passed", "passed", "failed"]
    assert any(a["name"] == "exchanges.har" for a in bad["attachments"])
    assert 'name="verdict" value="fail"' in (tmp_path / "junit.xml").read_text()


def test_a_dvza_of_a_network_file_is_tested_through_the_medmij_flow(kit, capsys, tmp_path):
    import shutil

    from harness.network.file import demo_path

    folder = tmp_path / "GenPractData-2-0" / "MedMij" / "Cert"
    kit.server_script(
        operation("search", "Patient")
        + OK
        + check(expression="Bundle.entry.where(resource.is(Patient)).count() = 1"),
        name="patient",
    )
    shutil.copytree(kit.goal, folder)
    code, found = testscript(
        capsys, "run", folder, "--network", demo_path(), "--dvza", "dvza-eik", "--no-profiles"
    )
    assert code == 0 and found["summary"]["pass"] == 1, found
    assert "no person of the network file has patient" in found["items"][0]["notes"][0]
    assert (
        harness(
            [
                "testscript",
                "run",
                str(folder),
                "--network",
                str(demo_path()),
                "--dvza",
                "dvza-ei",
                "--lang",
                "en",
            ]
        )
        == 2
    )
    assert "dvza-eik" in capsys.readouterr().err
