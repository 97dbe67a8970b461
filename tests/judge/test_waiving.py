"""Waivers: which finding they cover, strictness both ways, and files that are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.core.algebra import Key, State
from harness.core.errors import ConfigurationError
from harness.core.exits import ExitCode
from harness.core.run.agreed.waivers import Waiver, encode, fingerprint, read_waivers
from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.info import ParticipantVersion, RunInfo, Settings
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.outcome.result import run_result
from harness.judge.outcome.tally import key_of
from harness.judge.outcome.waiving import cover

CATALOGUE = load_catalogue()
NAME = "MM-CLI-010"
DAY = date(2026, 6, 1)
ONE = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard="pdfa-3.0", release="mm-2.2")
TWO = Cell(his="his-b", dvza="dvza-b", pgo="pgo-1", standard="pdfa-3.0", release="mm-2.2")
KEY = Key("pgo-1", NAME, "", "mm-2.2")


def found(
    cell: Cell = ONE, verdict: Verdict = Verdict.FAIL, path: str = "X-Correlation-ID", **more: str
) -> Finding:
    return finding(
        NAME, cell, verdict, party="pgo-1", where=Where(exchange=more.pop("exchange", ""), path=path), **more
    )


def mark(item: Finding) -> str:
    return fingerprint(key_of(CATALOGUE[item.requirement], item.cell), item)


def waiver(item: Finding | None = None, expires: date = date(2026, 12, 31)) -> Waiver:
    return Waiver(
        fingerprint=mark(item or found()),
        requirement=NAME,
        reason="release 5.2",
        issue="ZON-12",
        owner="J. Jansen",
        approver="B. Bureau",
        expires=expires,
    )


def info(*waivers: Waiver) -> RunInfo:
    return RunInfo(
        id="r",
        harness="0",
        t="2026-06-01",
        now="2026-06-01T10:00:00+02:00",
        participants=(ParticipantVersion(id="pgo-1", role="pgo", kind="live", standards=("pdfa-3.0",)),),
        plan=(ONE, TWO),
        settings=Settings(requirements={ONE.key: (NAME,), TWO.key: (NAME,)}),
        waivers=waivers,
    )


def test_the_same_fault_has_one_fingerprint_wherever_and_whenever_it_is_found() -> None:
    first = found(expected="a new UUID since 2026-03-01", exchange="his-a.pgo-1.hg.0005")
    again = found(TWO, expected="a new UUID since 2026-11-29", exchange="his-b.pgo-1.hg.0107")
    assert mark(first) == mark(again)
    places = (
        "https://a.example:8443/fhir/Patient/p1 entry[3].id",
        "https://a.example:9001/fhir/Patient/p27 entry[0].id",
    )
    assert len({mark(found(path=path)) for path in places}) == 1


@pytest.mark.parametrize(
    "more", [{"expected": "something else"}, {"rule": "x-1"}, {"path": "MedMij-Request-ID"}]
)
def test_another_fault_of_the_same_requirement_is_not_covered(more: dict[str, str]) -> None:
    other = found(**more)
    assert mark(other) != mark(found())
    done = cover([waiver()], [found(), other], CATALOGUE, DAY)
    assert set(done.waived) == {found().id}


def test_a_waived_fail_is_neutral_and_counted() -> None:
    item = found(exchange="x.1")
    result = run_result(info(waiver(item)), [item, found(TWO, Verdict.PASS)], CATALOGUE)
    assert result.tallies[KEY].waived == 1 and result.tallies[KEY].failed == 0
    assert result.tallies[KEY].state is State.WAIVED
    assert result.code(exchanges=1) is ExitCode.OK


def test_beside_a_fault_without_a_waiver_it_changes_nothing() -> None:
    other = found(TWO, expected="something else")
    result = run_result(info(waiver()), [found(), other], CATALOGUE)
    assert result.tallies[KEY].state is State.NOT_MET and result.code(exchanges=1) is ExitCode.FAILED


def test_an_expired_waiver_covers_nothing_from_the_day_after() -> None:
    short = waiver(expires=DAY)
    assert cover([short], [found()], CATALOGUE, DAY).waived
    late = cover([short], [found()], CATALOGUE, date(2026, 6, 2))
    assert not late.waived and late.expired == (short,) and not late.stale
    assert (
        run_result(info(short), [found()], CATALOGUE, date(2026, 6, 2)).code(exchanges=1) is ExitCode.FAILED
    )


def test_a_waiver_without_its_fault_is_an_unexpected_pass() -> None:
    result = run_result(info(waiver()), [found(ONE, Verdict.PASS), found(TWO, Verdict.PASS)], CATALOGUE)
    assert result.cover.stale == (waiver(),)
    assert result.code(exchanges=1) is ExitCode.FAILED


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.ERROR])
def test_nobody_can_tell_while_something_is_open(verdict: Verdict) -> None:
    assert not cover([waiver()], [found(ONE, Verdict.PASS), found(TWO, verdict)], CATALOGUE, DAY).stale


def test_a_requirement_that_was_not_looked_at_makes_nothing_stale() -> None:
    assert not cover([waiver()], [], CATALOGUE, DAY).stale


@pytest.mark.parametrize("verdict", [item for item in Verdict if item is not Verdict.FAIL])
def test_only_a_fail_can_be_waived(verdict: Verdict) -> None:
    item = found(ONE, verdict)
    assert not cover([waiver(item)], [item], CATALOGUE, DAY).waived


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(encode([waiver()]))
    assert read_waivers(path, DAY) == (waiver(),)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("  approver: B. Bureau\n", ""), "approver"),
        (("approver: B. Bureau", "approver: ''"), "approver"),
        (("2026-12-31", "2026-02-31"), "YYYY-MM-DD"),
        (("2026-12-31", "binnenkort"), "expires"),
        (("2026-12-31", "9999-12-31"), "too far ahead"),
        (("reason:", "reden:"), "reden"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(encode([waiver()]).decode().replace(*change))
    with pytest.raises(ConfigurationError) as caught:
        read_waivers(path, DAY)
    assert told in str(caught.value) and "w.yaml:" in str(caught.value)


def test_one_finding_has_one_waiver(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(encode([waiver(), waiver()]))
    with pytest.raises(ConfigurationError, match="has a waiver"):
        read_waivers(path, DAY)
