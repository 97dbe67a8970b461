"""``harness report``: the PDF of a party of a real run, and every reason to refuse it."""

from __future__ import annotations

import pytest

from harness.pdfa import check
from harness.report.pdf import typeset

pytest.importorskip("typst", reason="typst is not installed: pip install -e .[report]")
pytestmark = pytest.mark.slow


@pytest.fixture
def his(copy):
    from harness.core.run.folder import RunFolder

    return next(item.id for item in RunFolder(copy).info().participants if item.role == "his")


def test_a_report_stands_among_the_pages_and_the_run_stays_whole(copy, his, here):
    code, said = here("report", copy, "--party", his)
    path = copy / "report" / f"vendor-{his}.nl.pdf"
    assert code == 0 and str(path) in said
    assert set(check(path, "3b").rules) == set()
    assert here("verify", copy)[0] != 7
    before = path.read_bytes()
    assert here("report", copy, "--party", his)[0] == 0
    assert path.read_bytes() == before


def test_what_is_refused_is_said_and_nothing_is_written(copy, his, here, key, tmp_path, monkeypatch):
    out = tmp_path / "r.pdf"
    (tmp_path / "other").mkdir()
    for name in (tmp_path / "a.txt", tmp_path / "other" / "a.txt"):
        name.write_text("x")
    twice = ("--attach", tmp_path / "a.txt", "--attach", tmp_path / "other" / "a.txt")
    for words, wanted in (
        (("--party", his + "x"), f"'{his}'"),
        (("--party", his, *twice), "another attachment"),
        (("--party", his, "--attach", tmp_path / "absent"), "absent"),
        (("--party", his, "--out", copy / "findings.json"), "among the evidence"),
    ):
        code, said = here("report", copy, "--out", out, "--lang", "en", *words)
        assert code == 2 and wanted in said, (words, said)
    assert not out.exists()
    monkeypatch.setattr(typeset.importlib.util, "find_spec", lambda name: None)
    code, said = here("report", copy, "--party", his, "--out", out)
    assert code == 2 and "pip install" in said


def test_evidence_that_was_changed_gets_no_report(copy, his, here, tmp_path):
    (copy / "findings.json").write_bytes((copy / "findings.json").read_bytes() + b" ")
    code, _ = here("report", copy, "--party", his, "--out", tmp_path / "r.pdf")
    assert code == 7 and not (tmp_path / "r.pdf").exists()


def test_an_unfinished_run_gets_no_report(copy, his, here, tmp_path):
    (copy / "manifest.json").unlink()
    code, _ = here("report", copy, "--party", his, "--out", tmp_path / "r.pdf")
    assert code == 7 and not (tmp_path / "r.pdf").exists()
