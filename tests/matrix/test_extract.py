"""An extract: a supplier's own rows of a sealed run, without the names of others, checked without the rest."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dossierkit import public
from runfolders import written

from harness.core.errors import UsageError
from harness.core.exits import ExitCode
from harness.core.run import manifest
from harness.core.run.folder import RunFolder
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.judge.evidence.shares import FEW, _others
from harness.judge.evidence.verification import rejudge
from harness.judge.outcome.result import run_result
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.seal.trust import load_trust
from harness.report.extract.checking import check_extract
from harness.report.extract.document import NAME, is_extract
from harness.report.extract.making import write_extract

pytestmark = pytest.mark.slow
BEUK = re.compile(rb"beuk", re.IGNORECASE)


@pytest.fixture(scope="module")
def sealed(defect_run, tmp_path_factory):
    """A signed run of two HISs behind one DVZA with one PGO, one with a fault; extracts of it; who is trusted."""
    home = tmp_path_factory.mktemp("sealed")
    run = Path(shutil.copytree(defect_run[0], home / "run"))
    secret = home / "key.pem"
    secret.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    found, now = rejudge(run, load_catalogue()), datetime.now(UTC)
    told = stated(found.info, found.findings, load_catalogue())
    seal_folder(run, load_signing_key(secret), facts=told.facts, summary=told.summary, now=now)
    for party in ("his-eik", "his-beuk"):
        write_extract(run, party, home / party)
    return home, load_trust([public(secret)])


def test_a_supplier_sees_its_own_rows_and_no_names_of_others(sealed):
    home, trust = sealed
    found = check_extract(home / "his-eik", now=datetime.now(UTC), trust=trust)
    assert found.code is ExitCode.FAILED and found.seal is not None and found.left_out
    assert found.about.root == manifest.decode((home / "run" / "manifest.json").read_bytes()).root
    mine = [item for item in RunFolder(home / "run").findings() if item.cell.his == "his-eik"]
    failed = {item.id for item in mine if item.verdict is Verdict.FAIL}
    assert failed == {item.id for item in found.findings if item.verdict is Verdict.FAIL} != set()
    assert is_extract(home / "his-eik") and not BEUK.search(written(home / "his-eik"))
    assert b"eikenblad" in written(home / "his-eik").lower()
    assert not any(BEUK.search(path.name.encode()) for path in (home / "his-eik").rglob("*"))


def test_what_was_decided_in_cells_of_others_is_told_without_words(sealed):
    """The one with the fault carries nothing for others."""
    home, trust = sealed
    for party, other in (("his-beuk", b"his-eik"), ("his-eik", b"his-beuk")):
        (share,) = check_extract(home / party, now=datetime.now(UTC), trust=trust).shares
        assert bool(share.elsewhere) is (party == "his-eik")
        assert all(not item.states for item in share.others if item.parties < FEW)
        assert other not in written(home / party)


def test_totals_are_told_of_three_or_more(sealed):
    folder = RunFolder(sealed[0] / "run")
    result = run_result(folder.info(), folder.judged(), load_catalogue())
    live = replace(
        result.parties["his-eik"], party=msgspec.structs.replace(result.parties["his-eik"].party, kind="live")
    )
    for number in (FEW - 1, FEW):
        others = replace(result, parties={f"his-{n}": live for n in range(number)})
        (his,) = _others(others, "pgo-zon")
        assert his.parties == number and bool(his.states) is (number == FEW)
        assert his.outcomes == ({"fails": FEW} if number == FEW else {})


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        ("shown", ProblemKind.CHANGED),
        ("finding", ProblemKind.CHANGED),
        ("moved", ProblemKind.CHANGED),
        ("dropped", ProblemKind.CHANGED),
        ("share", ProblemKind.CHANGED),
        ("body", ProblemKind.BODY),
        ("foreign body", ProblemKind.EXTRA),
        ("extra", ProblemKind.EXTRA),
        ("cell", ProblemKind.MISSING),
        ("party", ProblemKind.DESCRIPTION),
        ("root", ProblemKind.STATEMENT),
        ("manifest", ProblemKind.STATEMENT),
        ("seal", ProblemKind.UNSEALED),
        ("newer", ProblemKind.FORMAT),
        ("form", ProblemKind.CHANGED),
    ],
)
def test_what_was_done_to_an_extract_is_named(sealed, here, tmp_path, harm, kind):
    folder = Path(shutil.copytree(sealed[0] / "his-eik", tmp_path / "harmed"))
    _harm(folder, harm)
    with pytest.raises(EvidenceError) as caught:
        check_extract(folder, now=datetime.now(UTC), trust=sealed[1])
    assert caught.value.problem.kind is kind, caught.value.problem
    code, _ = here("verify", folder, "--trust", sealed[0] / "key.pub")
    assert code == (2 if kind is ProblemKind.FORMAT else 7)


def _harm(folder: Path, harm: str) -> None:
    cell = folder / "cells" / "01" / "0001.jsonl"
    lines = cell.read_text(encoding="utf-8").splitlines(keepends=True)
    about = folder / NAME
    told = json.loads(about.read_text())
    bodies = sorted((folder / "bodies").rglob("*/*"))
    if harm == "shown":
        lines[2] = lines[2].replace("GET", "PUT").replace("POST", "PUT")
        cell.write_text("".join(lines), encoding="utf-8")
    elif harm == "finding":
        last = next(n for n, line in reversed(list(enumerate(lines))) if '\\"verdict\\":\\"pass' in line)
        lines[last] = lines[last].replace('\\"verdict\\":\\"pass', '\\"verdict\\":\\"fail')
        cell.write_text("".join(lines), encoding="utf-8")
    elif harm == "moved":
        lines[-1], lines[-2] = lines[-2], lines[-1]
        cell.write_text("".join(lines), encoding="utf-8")
    elif harm == "dropped":
        cell.write_text("".join(lines[:-1]), encoding="utf-8")
    elif harm == "share":
        share = folder / "shares" / "01.json"
        share.write_text(share.read_text().replace('"met": ', '"met": 1'))
    elif harm == "body":
        shutil.copyfile(bodies[0], bodies[1])
    elif harm == "foreign body":
        (folder / "bodies" / "aa").mkdir(exist_ok=True)
        shutil.copyfile(bodies[0], folder / "bodies" / "aa" / ("a" * 64))
    elif harm == "extra":
        (folder / "read.me").write_text("all of it is true")
    elif harm == "root":
        told["root"] = told["runs"][0]["proof"]["root"] = "0" * 64
    elif harm == "cell":
        cell.unlink()
    elif harm == "party":
        told["party"] = "his-beuk"
    elif harm == "manifest":
        told["manifest"] = "0" * 64
    elif harm == "seal":
        (folder / "seal.json").unlink()
    elif harm == "newer":
        told["schema"] = "extract-2"
    indent = 2 if harm == "form" else 1
    about.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=indent) + b"\n")


def test_without_a_seal_the_root_has_to_be_right_all_the_same(sealed, tmp_path):
    folder = Path(shutil.copytree(sealed[0] / "his-eik", tmp_path / "harmed"))
    (folder / "seal.json").unlink()
    told = json.loads((folder / NAME).read_text())
    told["root"] = told["runs"][0]["proof"]["root"] = "0" * 64
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    with pytest.raises(EvidenceError) as caught:
        check_extract(folder, now=datetime.now(UTC), trust=None)
    assert caught.value.problem.kind is ProblemKind.ROOT


def test_a_run_whose_shares_are_not_those_that_it_gives_is_refused(copy, here, tmp_path):
    (share,) = copy.glob("shares/his-*.json")
    share.write_text(share.read_text().replace('"met": ', '"met": 1'))
    manifest.write_manifest(copy)
    code, told = here("extract", copy, "--party", "his-eik", "-o", tmp_path / "x", "--lang", "en")
    assert code == 7 and "shares/" in told


def test_a_run_of_before_there_were_shares_is_whole_but_gives_no_extract(copy, tmp_path):
    for party, said in (("his-eik", "make the run again"), ("his-eikk", "did you mean his-eik")):
        shutil.rmtree(copy / "shares", ignore_errors=True)
        manifest.write_manifest(copy)
        with pytest.raises(UsageError) as refused:
            write_extract(copy, party, tmp_path / "x")
        assert said in refused.value.render("en")
    assert rejudge(copy, load_catalogue()).problem is None


def test_nothing_is_extracted_that_scan_refuses(copy, here, tmp_path):
    with (copy / "events.jsonl").open("a") as file:
        file.write('{"note":"BSN 111222333"}\n')
    manifest.write_manifest(copy)
    code, told = here("extract", copy, "--party", "his-eik", "-o", tmp_path / "x")
    assert code == 7 and not (tmp_path / "x").exists(), told


def test_an_extract_of_a_dossier_is_part_of_the_dossier(run, key, here, tmp_path):
    dossier, made = tmp_path / "d.dossier.tar.xz", tmp_path / "p.extract.tar.xz"
    assert here("dossier", "make", run, "--out", dossier, "--key", key)[0] == 0
    trust = ("--trust", public(key))
    assert here("extract", dossier, "--party", "pgo-ons", "-o", made)[0] == 7, "signed, by whom?"
    code, told = here("extract", dossier, "--party", "his-kaal", "-o", made, *trust, "--lang", "en")
    assert code == 0 and "extract for his-kaal" in told, told
    assert here("extract", dossier, "--party", "his-kaal", "-o", made)[0] == 2, "nothing is overwritten"
    document = json.loads(here("verify", made, *trust, "--json")[1])
    assert document["of"] == "dossier" and document["exit"] == 1 and document["runs"][0]["outcome"] == "fails"
    code, told = here("verify", made, *trust)
    assert code == 1 and "voldoet niet" in told.casefold() and "heel uittreksel voor his-kaal: 1 cel" in told
