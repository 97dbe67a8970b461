"""The story of a dossier: a live HIS with a fault, waived, attested, signed; a bureau that refuses and accepts."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from dossierkit import WORDS, failed, public

from harness.core.clock import SystemClock, today
from harness.core.run import manifest
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.judge.catalogue import load_catalogue
from harness.pdfa import check as pdfa_check
from harness.record.seal.trust import load_trust
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import pack, unpacked

pytestmark = pytest.mark.slow


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
        table = list(csv.DictReader(file, delimiter=";"))
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
    code, told = here("report", made, "--party", "his-kaal", "--out", made, "--lang", "en")
    assert code == 2 and "among the evidence" in told, "the dossier itself stays"
    code, told = here("report", made, "--format", "sarif", "--lang", "en")
    assert code == 2 and "files of one run" in told
    assert here("report", made, "--format", "badge", "--party", "his-kaal")[0] == 0
    assert "geen oordeel" in (tmp_path / "vendor-his-kaal.nl.svg").read_text()
