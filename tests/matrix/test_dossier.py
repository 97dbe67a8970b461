"""The story of a dossier: a live HIS with a fault, waived, attested, signed; a bureau that refuses and accepts."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from processes import serving

from harness.core.clock import SystemClock, today
from harness.core.run import manifest
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.fhir.codec.documents import to_json
from harness.judge.catalogue import load_catalogue
from harness.network.person.persons import fixture_person
from harness.pdfa import check as pdfa_check
from harness.record.seal.trust import load_trust
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import pack, unpacked

pytestmark = pytest.mark.slow
AT = "2026-03-01"
PERSON = "bram-lisdodde"
WORDS = (
    "--reason",
    "release 1.1 repairs it",
    "--issue",
    "KAAL-7",
    "--owner",
    "K. Kaal",
    "--approver",
    "B. Bureau",
)


def network(url: str) -> str:
    standards = ["huisartsgegevens-2.0"]
    parties = [
        {"id": "dvza-ons", "role": "dvza", "kind": "twin", "standards": standards},
        {"id": "pgo-ons", "role": "pgo", "kind": "twin", "standards": standards},
        {"id": "his-kaal", "role": "his", "kind": "live", "vendor": "=Kale Software", "product": "Kaal HIS",
         "version": "1.0", "standards": standards, "dvza": "dvza-ons", "fhir": url, "auth": "none",
         "patient": "header X-Patient"},
    ]  # fmt: skip
    persons = [{"id": PERSON, "patients": [PERSON]}]
    return yaml.safe_dump({"name": "kaal", "persons": persons, "participants": parties})


@pytest.fixture(scope="session")
def faulty_run(once, harness):
    """A run against a HIS of another process whose total is too high."""

    def make(home: Path):
        shared = home / "shared"
        shared.mkdir()
        for resource in fixture_person(PERSON).resources(date.fromisoformat(AT)):
            name = f"{resource['resourceType']}-{resource['id']}.json"
            (shared / name).write_bytes(to_json(resource))
        words = ("--fixtures", shared, "--port", "0", "--at", AT, "--fault", "total-too-high")
        with serving("serve", "fhir", *words) as ready:
            url = re.search(r"http://\S+", ready)
            assert url, ready
            (home / "network.yaml").write_text(network(url.group()))
            asked = ("--out", home / "run", "--at", AT, "--intensity", "smoke", "--skip-doctor")
            return harness("qualify", "--network", home / "network.yaml", *asked)

    home, done = once("faulty", make)
    assert done.code == 1, done.out + done.err
    return home / "run"


@pytest.fixture
def run(faulty_run, tmp_path):
    return Path(shutil.copytree(faulty_run, tmp_path / "run"))


def failed(run: Path) -> set[str]:
    found = json.loads((run / "findings.json").read_text())["findings"]
    return {item["requirement"] for item in found if item["verdict"] == "fail"}


def public(key: Path) -> Path:

    private = serialization.load_pem_private_key(key.read_bytes(), None)
    path = key.with_suffix(".pub")
    path.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return path


def test_from_a_faulty_run_to_the_overview_of_a_bureau(run, key, here, tmp_path):
    trust = ("--trust", public(key))
    waivers, desk = tmp_path / "waivers.yaml", tmp_path / "desk"
    desk.mkdir()
    last = (today(SystemClock()) + timedelta(days=30)).isoformat()
    code, told = here("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", last)
    assert code == 0 and all(name in told for name in failed(run))

    (tmp_path / "cert.txt").write_text("NEN 7510, certificaat van 1 maart")
    proof = ("--file", tmp_path / "cert.txt", "--until", last)
    assert here("attest", run, "OPEN-ICT-50", "--by", "K. Kaal", *proof)[0] == 0
    assert here("attest", run, "OPEN-ICT-50", "--review", "--by", "k. kaal")[0] == 2, "not by the same person"
    assert here("attest", run, "OPEN-ICT-50", "--review", "--by", "B. Bureau")[0] == 0
    code, told = here("attest", run, "OPEN-ICT-01", "--by", "K. Kaal")
    assert code == 2 and "toetsen" in told
    assert here("verify", run)[0] == 1, "still whole, and still not met"

    made = desk / "kaal.dossier.tar.xz"
    words = ("--waivers", waivers, "--key", key, "--region", "Rijnmond")
    code, told = here("dossier", "make", run, "--out", made, *words)
    assert code == 0, told
    code, told = here("verify", made, *trust, "--lang", "en")
    assert code == 6 and "waived" not in told.split("No verdict")[0], told
    assert ("whole dossier of =Kale Software: 1 run" in told and "1 waived" in told) or "waiver" in told
    code, told = here("verify", made, *trust, "--json")
    document = json.loads(told)
    rows = {row["id"]: row["state"] for row in document["basiseisen"]}
    assert rows["OPEN-ICT-50"] == "met" and rows["OPEN-ICT-51"] == "not-tested" and len(rows) == 46
    assert document["waivers"]["expired"] == [] and len(document["waivers"]["named"]) >= 1

    (desk / "kapot.dossier.tar.xz").write_bytes(made.read_bytes()[:-500])
    code, told = here("bureau", desk, *trust, "--out", tmp_path / "out")
    assert code == 7 and "kapot.dossier.tar.xz" in told
    with (tmp_path / "out" / "bureau.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["milestone"] for row in table if row["vendor"] == "'=Kale Software"] == [
        f"MS-{n}" for n in range(1, 8)
    ]
    page = (tmp_path / "out" / "index.nl.html").read_text(encoding="utf-8")
    assert "Rijnmond" in page and "geweigerd" in page.casefold() and "OPEN-ICT-50" in page
    receipt = json.loads((tmp_path / "out" / "receipts" / "kaal.dossier.tar.xz.json").read_text())
    assert receipt["accepted"] and receipt["outcome"] == "no-verdict"


def test_a_waiver_that_expired_since_is_told_and_covers_nothing(run, key, here, tmp_path):
    waivers, made = tmp_path / "w.yaml", tmp_path / "d.dossier.tar.xz"
    day = today(SystemClock())
    assert (
        here("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", day.isoformat())[0]
        == 0
    )
    assert here("dossier", "make", run, "--out", made, "--waivers", waivers, "--key", key)[0] == 0
    trust = load_trust([public(key)])
    with unpacked(made) as folder:
        before, after = (
            check_dossier(folder, load_catalogue(), now=datetime.now(UTC) + timedelta(days=days), trust=trust)
            for days in (0, 2)
        )
    assert int(before.code) == 6 and int(after.code) == 1
    assert not before.summary.result.cover.expired and after.summary.result.cover.expired


def test_a_sealed_run_is_not_changed(run, key, here, tmp_path):
    assert here("sign", run, "--key", key)[0] == 0
    code, told = here("attest", run, "OPEN-ICT-50", "--by", "K. Kaal", "--lang", "en")
    assert code == 2 and "sealed" in told and "--attestations" in told
    beside = tmp_path / "beside"
    assert here("attest", beside, "FT-11", "--by", "P. Praktijk")[0] == 0
    made = tmp_path / "d.dossier.tar.xz"
    assert here("dossier", "make", run, "--out", made, "--attestations", beside)[0] == 0
    assert here("dossier", "make", run, "--out", made)[0] == 2, "nothing is overwritten"
    with unpacked(made) as folder:
        assert [
            item.item for item in check_dossier(folder, load_catalogue(), now=datetime.now(UTC)).attestations
        ] == ["FT-11"]


def test_a_packed_dossier_is_opened_before_it_is_called_clean(run, here, tmp_path):
    proof, made = tmp_path / "proof.txt", tmp_path / "d.dossier.tar.xz"
    proof.write_text("inzage van BSN 111222333")
    assert here("attest", run, "FT-11", "--by", "P. Praktijk", "--file", proof)[0] == 0
    code, told = here("dossier", "make", run, "--out", made)
    place = "runs/01/attestations/ft-11-1/proof.txt, line 1"
    assert code == 7 and place in told and not made.exists()
    assert here("dossier", "make", run, "--out", made, "--accept", place)[0] == 0
    code, told = here("scan", made)
    assert code == 1 and place in told and "111222333" not in told
    assert here("scan", made, "--accept", place)[0] == 0


def test_a_rehearsal_makes_no_dossier(copy, here, tmp_path):
    code, told = here("dossier", "make", copy, "--out", tmp_path / "d.dossier.tar.xz", "--lang", "en")
    assert code == 2 and "live" in told and not (tmp_path / "d.dossier.tar.xz").exists()


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (lambda d: (d / "runs" / "01" / "findings.json").write_text("{}"), ProblemKind.CHANGED),
        (lambda d: (d / "extra").write_text("x"), ProblemKind.EXTRA),
        (lambda d: (d / "runs" / "01" / "run.json").unlink(), ProblemKind.MISSING),
        (lambda d: (d / "manifest.json").unlink(), ProblemKind.MISSING),
        (lambda d: (d / "dossier.json").unlink(), ProblemKind.MISSING),
    ],
)
def test_what_was_done_to_a_dossier_is_named(run, here, tmp_path, harm, kind):
    made = tmp_path / "d.dossier.tar.xz"
    assert here("dossier", "make", run, "--out", made)[0] == 0
    with unpacked(made) as folder:
        harm(folder)
        with pytest.raises(EvidenceError) as caught:
            check_dossier(folder, load_catalogue(), now=datetime.now(UTC))
        assert caught.value.problem.kind is kind
        pack(folder, tmp_path / "harmed.dossier.tar.xz")
    assert here("verify", tmp_path / "harmed.dossier.tar.xz")[0] in (2, 7)


def test_findings_made_up_and_hashed_again_do_not_follow_from_the_recording(run, here, tmp_path):
    """The run alone would be caught; in a dossier somebody can also write all hashes again."""
    made = tmp_path / "d.dossier.tar.xz"
    assert here("dossier", "make", run, "--out", made)[0] == 0
    with unpacked(made) as folder:
        inner = folder / "runs" / "01"
        for path in [*inner.glob("findings/*.json"), inner / "findings.json"]:
            path.write_text(path.read_text().replace('"verdict":"fail"', '"verdict":"pass"'))
        root = manifest.write_manifest(inner).root
        told = json.loads((folder / "dossier.json").read_text())
        told["runs"][0]["root"] = root
        (folder / "dossier.json").write_text(json.dumps(told))
        manifest.write_manifest(folder, manifest.DOSSIER)
        with pytest.raises(EvidenceError) as caught:
            check_dossier(folder, load_catalogue(), now=datetime.now(UTC))
    assert caught.value.problem.kind is ProblemKind.RESULT and caught.value.problem.where.startswith(
        "runs/01/"
    )


def test_two_runs_side_by_side(run, small_run, here):
    code, told = here("compare", run, run, "--json")
    counts = json.loads(told)["counts"]
    assert code == 0 and counts["new"] == counts["fixed"] == 0 and counts["still"] >= 1
    code, told = here("compare", run, small_run[0])
    assert code == 6 and "niet meer getoetst" in told


def test_the_report_of_a_dossier_says_what_holds_a_verdict_up_and_carries_it(run, key, here, tmp_path):
    pytest.importorskip("typst", reason="typst is not installed: pip install -e .[report]")
    pikepdf = pytest.importorskip("pikepdf")
    waivers, made = tmp_path / "w.yaml", tmp_path / "kaal.dossier.tar.xz"
    last = (today(SystemClock()) + timedelta(days=30)).isoformat()
    assert here("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", last)[0] == 0
    assert here("attest", run, "OPEN-ICT-50", "--by", "K. Kaal")[0] == 0
    assert here("dossier", "make", run, "--out", made, "--waivers", waivers)[0] == 0
    code, told = here("report", made, "--party", "his-kaal", "--lang", "en")
    assert code == 0, told
    path = tmp_path / "vendor-his-kaal.en.pdf"
    assert set(pdfa_check(path, "3b").rules) == set()
    with pikepdf.open(path) as pdf:
        (attached,) = pdf.Root.AF
        assert str(attached.AFRelationship) == "/Source"
        assert attached.EF.F.read_bytes() == made.read_bytes()
    if shutil.which("pdftotext") is not None:
        text = subprocess.run(
            ["pdftotext", str(path), "-"], capture_output=True, text=True, check=True
        ).stdout
        squeezed = "".join(text.replace("\u200b", "").split())
        assert "=KaleSoftwareKaalHIS1.0" in squeezed
        assert "approved:B.Bureau" in squeezed and f"waivedthrough{last}" in squeezed
        assert "statedbyK.Kaal:nobodyreviewedityet" in squeezed
        assert "Noverdict" in squeezed and "nottobesigned" in squeezed
    assert here("report", made, "--party", "his-kaal", "--pdf", made)[0] == 2, "the dossier itself stays"
