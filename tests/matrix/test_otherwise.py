"""Tomorrow's verdict: a recording judged by another catalogue, or in another release than it was driven in."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from harness.core.errors import ConfigurationError, UsageError
from harness.core.run import manifest
from harness.core.run.folder import END, RunFolder
from harness.core.run.info import Share, encode
from harness.core.run.manifest import START
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.verdicts import Strength, Verdict
from harness.judge.catalogue import load_catalogue, with_changes
from harness.judge.evidence.otherwise import judge_otherwise, judge_today
from harness.record.chain.lines import line_hash
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import pack, unpacked

pytestmark = pytest.mark.slow
NEW = """
withdrawn: [PD-DOC-003]
requirements:
  - {id: PD-DOC-002, strength: SHOULD}
  - id: PD-DOC-901
    standard: pdfa-3.0
    title: {nl: "Elk document heeft een status", en: "Every document has a status"}
    source: concept 2027
    topic: value
    group: retrieve
    mark: S
    role: his
    depends: [his, standard]
    strength: MUST
    kind: automatic
    state: active
    check: {kind: present, operations: [OPERATION], elements: [ELEMENT]}
"""


def changed(folder: Path, operation: str = "pd-documentreference", element: str = "status"):
    path = folder / "changes.yaml"
    path.write_text(NEW.replace("OPERATION", operation).replace("ELEMENT", element))
    return with_changes(load_catalogue(), path)


def operation_of(run: Path) -> str:
    found = RunFolder(run).findings()
    assert any(item.requirement == "PD-DOC-002" for item in found)
    return next(
        getattr(item.check, "operation", "") or item.check.operations[0]
        for item in load_catalogue()
        if item.standard == "pdfa-3.0" and item.check is not None
    )


def test_the_same_catalogue_gives_the_same(copy):
    found = judge_otherwise(copy, load_catalogue(), load_catalogue())
    assert found.judged.findings == found.before == RunFolder(copy).findings()
    assert found.judged.info == RunFolder(copy).info()
    assert not found.again and not found.withdrawn


@pytest.mark.parametrize(("element", "verdict"), [("status", Verdict.PASS), ("docStatus", Verdict.FAIL)])
def test_what_is_new_is_looked_for_in_the_recording(copy, tmp_path, element, verdict):
    catalogue = changed(tmp_path, operation_of(copy), element)
    assert catalogue["PD-DOC-002"].strength is Strength.SHOULD and "PD-DOC-003" not in catalogue
    found = judge_otherwise(copy, catalogue, load_catalogue())
    assert {item.verdict for item in found.judged.findings if item.requirement == "PD-DOC-901"} == {verdict}
    assert found.withdrawn == ("PD-DOC-003",) and not found.again
    assert found.judged.info.hashes["catalogue"] == catalogue.digest != found.made_with


def test_what_the_recording_does_not_hold_has_to_be_driven_again(copy, here, tmp_path):
    changed(tmp_path, "pd-tomorrow")
    words = ("judge", copy, "--catalogue", tmp_path / "changes.yaml")
    code, told = here(*words, "--lang", "en")
    assert "to be driven again: 1 requirement" in told and "pd-tomorrow" in told and "no longer asked" in told
    document = json.loads(here(*words, "--json")[1])
    (again,) = document["again"]
    assert again["requirement"] == "PD-DOC-901" and again["before"] is None
    assert code == document["exit"] == 6 and document["withdrawn"] == ["PD-DOC-003"]
    assert here("judge", copy, "--release", "mm-9")[0] == 2


def test_a_new_version_is_tested_again_by_the_rules_of_the_programme(copy, here):
    code, told = here("retest", copy, "--changed", "his-eik", "--json")
    document = json.loads(told)
    assert code == 6 and [item["why"] for item in document["cells"]] == ["same-his"]
    assert {item["by"] for item in document["requirements"]} == {"his-eik"} and document["kept"]
    code, told = here("retest", copy, copy, "--lang", "en")
    assert code == 0 and "nothing has a new version" in told
    code, told = here("retest", copy, "--changed", "his-eikk", "--lang", "en")
    assert code == 2 and "did you mean his-eik" in told


def test_in_another_release_nobody_is_accused_of_what_was_asked_by_other_rules(copy):
    found = judge_otherwise(copy, load_catalogue(), load_catalogue(), "mm-1.5")
    assert {item.cell.release for item in found.judged.findings} == {"mm-1.5"}
    assert all(item.verdict is not Verdict.FAIL for item in found.judged.findings)
    again = {item.requirement: item for item in found.again}
    assert "MM-CLI-007" in again and "mm-2.2" in again["MM-CLI-007"].why.en
    content = {i.id: i.verdict for i in found.before if i.requirement.startswith("PD-")}
    assert content and {i.verdict for i in found.judged.findings if i.requirement.startswith("PD-")} == {
        Verdict.PASS
    }


def test_changes_that_cannot_be_are_refused(tmp_path):
    for text, kind in (
        ("withdrawn: [PD-XXX-001]", UsageError),
        ("requirements: [{id: PD-DOC-999, standard: pdfa-9}]", ConfigurationError),
        ("requirements: [{id: PD-DOC-002, strength: PERHAPS}]", ConfigurationError),
        ("requirements: [{id: PD-DOC-999, standard: pdfa-3.0}]", ConfigurationError),
        ("requirements: [{id: PD-DOC-002, group: nonsense}]", ConfigurationError),
        ("nonsense: true", ConfigurationError),
    ):
        (tmp_path / "c.yaml").write_text(text)
        with pytest.raises(kind):
            with_changes(load_catalogue(), tmp_path / "c.yaml")


def aged(run: Path) -> None:
    """Make of a run one that an older version judged: what stands there is not what this one would say."""
    folder = RunFolder(run)
    start = folder.start()
    for name, info in ((START, start), (END, folder.info())):
        hashes = {**info.hashes, "catalogue": "a" * 64}
        disk.write(run / name, encode(msgspec.structs.replace(info, hashes=hashes, harness="0.0.9")))


def older(dossier: Path, out: Path) -> None:
    """The same dossier, of an older version; recordings name their run, so they are written anew."""
    with unpacked(dossier) as folder:
        run = folder / "runs" / "01"
        before = manifest.run_digest(run)
        aged(run)
        after = manifest.run_digest(run)
        _rebind(run, before, after)
        made = manifest.write_manifest(run)
        told = json.loads((folder / "dossier.json").read_text())
        told["runs"][0] |= {"run": after, "root": made.root}
        (folder / "dossier.json").write_text(json.dumps(told))
        manifest.write_manifest(folder, manifest.DOSSIER)
        pack(folder, out)


def _rebind(run: Path, before: str, after: str) -> None:
    for path in (run / "exchanges").glob("*.jsonl.gz"):
        lines = gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
        old = [line_hash(line) for line in lines]
        lines[0] = lines[0].replace(before.encode(), after.encode())
        for number in range(1, len(lines)):
            lines[number] = lines[number].replace(
                old[number - 1].encode(), line_hash(lines[number - 1]).encode()
            )
        path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0))


def test_a_dossier_of_an_older_catalogue_is_verified_and_judged_by_that_of_today(run, here, tmp_path):
    made, desk = tmp_path / "d.dossier.tar.xz", tmp_path / "desk"
    desk.mkdir()
    assert here("dossier", "make", run, "--out", made)[0] == 0
    older(made, desk / "old.dossier.tar.xz")
    code, told = here("verify", desk / "old.dossier.tar.xz", "--lang", "en")
    assert code == 1, "what failed then fails now"
    assert f"made with catalogue {'a' * 12} (harness 0.0.9)" in told and "whole dossier" in told
    code, told = here("bureau", desk, "--out", tmp_path / "out")
    assert code != 7, told
    page = (tmp_path / "out" / "index.nl.html").read_text(encoding="utf-8")
    assert f"gemaakt met catalogus {'a' * 12}" in page
    with (tmp_path / "out" / "bureau.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["made_with"] for row in csv.DictReader(file, delimiter=";")} == {"a" * 64}
    _hides_no_fault(desk / "old.dossier.tar.xz")
    code, told = here("report", desk / "old.dossier.tar.xz", "--party", "his-kaal", "--lang", "en")
    assert code == 7 and "--catalogue installed" in told, "what is on paper has to be what was signed"


def _hides_no_fault(dossier: Path) -> None:
    """Who names another catalogue escapes the comparison with what stands there, not the judging."""
    with unpacked(dossier) as folder:
        inner = folder / "runs" / "01"
        for path in [*inner.glob("findings/*.json"), inner / "findings.json"]:
            path.write_text(path.read_text().replace('"verdict":"fail"', '"verdict":"pass"'))
        root = manifest.write_manifest(inner).root
        told = json.loads((folder / "dossier.json").read_text())
        told["runs"][0]["root"] = root
        (folder / "dossier.json").write_text(json.dumps(told))
        manifest.write_manifest(folder, manifest.DOSSIER)
        found = check_dossier(folder, load_catalogue(), now=datetime.now(UTC))
        assert int(found.code) == 1 and len(found.otherwise) == 1
        (inner / "findings.json").write_text("{}")
        manifest.write_manifest(folder, manifest.DOSSIER)
        with pytest.raises(EvidenceError) as caught:
            check_dossier(folder, load_catalogue(), now=datetime.now(UTC))
        assert caught.value.problem.kind is ProblemKind.CHANGED


def test_a_fault_stays_where_it_was_seen_whatever_catalogue_is_named(defect_run, tmp_path):
    """Who left it to a cell in which it passed is not helped by another catalogue."""
    run = Path(shutil.copytree(defect_run[0], tmp_path / "run"))
    folder = RunFolder(run)
    fault = next(item for item in folder.findings() if item.verdict is Verdict.FAIL)
    info = folder.info()
    other = next(cell for cell in info.plan if cell.his != fault.cell.his)
    settings = info.settings
    share = Share(requirements=(fault.requirement,), cells=(fault.cell.key,))
    kept = tuple(name for name in info.asked(fault.cell) if name != fault.requirement)
    moved = msgspec.structs.replace(
        settings,
        requirements={**settings.requirements, fault.cell.key: kept},
        shared={**settings.shared, other.key: (*settings.shared.get(other.key, ()), share)},
    )
    before = manifest.run_digest(run)
    folder.write_end(msgspec.structs.replace(info, settings=moved))
    aged(run)
    _rebind(run, before, manifest.run_digest(run))
    manifest.write_manifest(run)
    _, otherwise = judge_today(run, load_catalogue())
    assert otherwise is not None
    again = [item for item in otherwise.judged.findings if item.verdict is Verdict.FAIL]
    assert {(item.requirement, item.cell) for item in again} >= {(fault.requirement, fault.cell)}


def test_an_older_run_is_verified_as_what_it_was_made_with(copy, key, here):
    before = manifest.run_digest(copy)
    aged(copy)
    _rebind(copy, before, manifest.run_digest(copy))
    manifest.write_manifest(copy)
    code, told = here("verify", copy, "--lang", "en")
    assert code == 6 and "made with catalogue" in told and "findings follow" not in told
    assert here("sign", copy, "--key", key)[0] == 7
    found, otherwise = judge_today(copy, load_catalogue())
    assert otherwise is not None and found.problem is None
