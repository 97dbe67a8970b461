"""What a supplier can put beside its runs: files, statements, waivers, names; and how it is shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from samplekit import DAY as SAMPLED
from samplekit import sampled

from harness.core.errors import ConfigurationError, UsageError
from harness.core.run.agreed.attestations import NAME, Attestation, attest, attestations
from harness.core.run.agreed.waivers import Waiver, encode, read_waivers
from harness.core.run.info import Binding, ParticipantVersion
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.judge.catalogue import load_catalogue
from harness.record import Looking, Persons
from harness.record.scan.folder import scan
from harness.record.seal.keeping import check_name
from harness.record.seal.register import Owner, check_owner
from harness.record.seal.trust import Trust, TrustedKey, check_trust, load_trust
from harness.report.dossier.beside import check_beside
from harness.report.dossier.bureau import DossierRow, _cell, dossiers_in, look, once
from harness.report.dossier.check import Bound
from harness.report.dossier.document import Dossier, HeldRun, write_dossier
from harness.report.dossier.milestones import Reached, milestone_rows

DAY = date(2026, 6, 1)
CATALOGUE = load_catalogue()
STATED = {"schema": "attestation-1", "item": "FT-11", "result": "met", "by": "K. Kaal", "at": "2026-06-01"}
REVIEW = {"by": "B. Bureau", "at": "2026-06-01", "accepted": True}
WAIVER = Waiver(
    fingerprint="0" * 16,
    requirement="HG-GEN-013",
    reason="release 1.1\nrepairs it",
    issue="KAAL-7",
    owner="K. Kaal",
    approver="B. Bureau",
    expires=DAY,
)
RUN = HeldRun(folder="runs/01", run="0" * 64, root="0" * 64)
HIS = ParticipantVersion(id="his-a", role="his", kind="live", vendor='Café "Zorg" & Co 🌷')


def beside(
    folder: Path,
    *,
    statement: dict[str, object] | None = None,
    proof: bytes | None = None,
    vendor: str = HIS.vendor,
    region: str = "Fryslân",
    waivers: tuple[Waiver, ...] = (),
    party: ParticipantVersion = HIS,
    more: str = "",
) -> list[str]:
    """A dossier without a recording, looked at; gives what was stated."""
    (folder / "runs" / "01").mkdir(parents=True)
    told = Dossier(vendor=vendor, subject=("his-a",), region=region, made="-", harness="-", runs=(RUN,))
    write_dossier(folder, told)
    if statement is not None:
        place = folder / "attestations" / "ft-11-1"
        place.mkdir(parents=True)
        if proof is not None:
            kept = {"name": "proof.pdf", "media": "application/pdf", "size": len(proof)}
            statement = {**statement, "proof": {**kept, "sha256": hashlib.sha256(proof).hexdigest()}}
            (place / "proof.pdf").write_bytes(proof)
        (place / NAME).write_text(json.dumps(statement))
    if more:
        (folder / more).parent.mkdir(parents=True, exist_ok=True)
        (folder / more).write_text("<h1>voldoet</h1>")
    info = SimpleNamespace(participants=(party,), waivers=waivers)
    return [item.attestation.item for item in check_beside(folder, [RUN], info, CATALOGUE, DAY)]  # type: ignore[arg-type]


def test_what_belongs_there_is_welcome(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("x")
    told = {**STATED, "review": REVIEW, "note": "met\nregels\tén €"}
    assert beside(tmp_path, statement=told, proof=b"%PDF-1.4\n", waivers=(WAIVER,)) == ["FT-11"]


@pytest.mark.parametrize(
    "more",
    ["voldoet.html", "report/index.html", "junit.xml", "runs/01/report/index.html", "attestations/x.html",
     "attestations/ft-11-1/voldoet.html", "runs/01/attestations/y/run.sh"],
)  # fmt: skip
def test_nothing_else_is_in_a_dossier(tmp_path: Path, more: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        beside(tmp_path, statement=STATED, more=more)
    assert caught.value.problem.kind is ProblemKind.EXTRA and more.startswith(caught.value.problem.where)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_sample_is_of_a_party_of_the_runs_in_its_version(tmp_path: Path, version: str) -> None:
    """A sample of another version says nothing of this one."""
    party = msgspec.structs.replace(HIS, id="his-kaal", product="Kaal HIS", version=version)
    (tmp_path / "sample").write_bytes(sampled(SAMPLED))
    told = Attestation(item="OPEN-ICT-54", result="met", by="K. Kaal", at=DAY)
    attest(tmp_path / "d", told, tmp_path / "sample")
    if version == "1.0":
        assert beside(tmp_path / "d", party=party) == ["OPEN-ICT-54"]
        return
    with pytest.raises(EvidenceError) as caught:
        beside(tmp_path / "d", party=party)
    assert (
        caught.value.problem.kind is ProblemKind.DESCRIPTION
        and "Kaal HIS 1.0" in caught.value.problem.received
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"review": {**REVIEW, "by": "k.  KAAL "}}, "by who gave it"),
        ({"review": {**REVIEW, "by": " "}}, "does not name who"),
        ({"by": ""}, "does not name who"),
        ({"review": {**REVIEW, "at": "2026-05-31"}}, "before it was given"),
        ({"item": "FT-99"}, "nobody makes a statement"),
        ({"item": "OPEN-ICT-01"}, "nobody makes a statement"),
    ],
)
def test_a_statement_that_cannot_count_is_refused(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    with pytest.raises(EvidenceError) as caught:
        beside(tmp_path, statement={**STATED, **changed})
    assert said in caught.value.problem.message.en
    assert caught.value.problem.where == "attestations/ft-11-1/attestation.json"


@pytest.mark.parametrize("proof", [b"MZ\x90\x00", b"<html><script>", b"#!/bin/sh\n", b"\x89PNG\r\n\x1a\n"])
def test_a_proof_is_what_it_is_called(tmp_path: Path, proof: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        beside(tmp_path, statement=STATED, proof=proof)
    assert caught.value.problem.kind is ProblemKind.UNSAFE


def test_a_review_of_tomorrow_does_not_count_today(tmp_path: Path) -> None:
    beside(tmp_path, statement={**STATED, "review": {**REVIEW, "at": "2026-06-02"}})
    ((told),) = [item.attestation for item in attestations(tmp_path)]
    assert not told.accepted(DAY) and told.accepted(DAY + timedelta(days=1))


@pytest.mark.parametrize(
    "changed",
    [
        {"region": "\x1b[2JRijnmond"},
        {"region": "\u202egnitset"},
        {"vendor": "Eik\nen blad"},
        {"party": msgspec.structs.replace(HIS, version="1.0\x1b[A")},
        {"waivers": (msgspec.structs.replace(WAIVER, reason="\x1b[1A\x1b[2K"),)},
        {"waivers": (msgspec.structs.replace(WAIVER, approver="B.\nBureau"),)},
        {"statement": {**STATED, "note": "\u2066"}},
        {"statement": {**STATED, "cell": "\x07"}},
        {"statement": {**STATED, "review": {**REVIEW, "note": "\x9b2J"}}},
    ],
)
def test_what_shows_something_else_than_stands_there_is_refused(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    with pytest.raises(EvidenceError) as caught:
        beside(tmp_path, **changed)  # type: ignore[arg-type]
    assert caught.value.problem.kind is ProblemKind.UNSAFE and caught.value.problem.received.startswith("U+")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"approver": "k. kaal"}, "cannot approve it"),
        ({"approver": " "}, "empty"),
        ({"reason": "\t"}, "empty"),
    ],
)
def test_a_waiver_is_an_agreement_of_two_people(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    alone = msgspec.structs.replace(WAIVER, **changed)
    (tmp_path / "w.yaml").write_bytes(encode([alone]))
    for look_at in (
        lambda: read_waivers(tmp_path / "w.yaml", DAY),
        lambda: beside(tmp_path / "d", waivers=(alone,)),
    ):
        with pytest.raises(ConfigurationError) as caught:
            look_at()
        assert said in caught.value.message.en


def test_a_waiver_of_an_unknown_requirement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        beside(tmp_path, waivers=(msgspec.structs.replace(WAIVER, requirement="HG-GEN-999"),))


def test_waivers_may_have_remarks_a_mark_at_the_start_and_lines_of_windows(tmp_path: Path) -> None:
    text = b"# afgesproken\n" + encode([msgspec.structs.replace(WAIVER, reason='één & "twee"')])
    (tmp_path / "w.yaml").write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    assert [item.reason for item in read_waivers(tmp_path / "w.yaml", DAY)] == ['één & "twee"']


# -- keys


def test_names_of_owners_are_not_taken_for_another() -> None:
    known = ("Eikenblad", "Café Zorg")
    for good in (
        "Eikenblad",
        "CAFE\u0301 ZORG",
        "Zorg & Co 👩‍⚕️",
        "Zorg+",
        "Ελληνικά",
        "Łódź 'Net'",
        "µ",
    ):
        check_name(good, known)
    for bad in (
        "Еikenblad",
        "Eikenblad\u200b",
        "Eiken blad",
        "Eíkenblad",
        "Cafe Zorg",
        "Eiken\u202eblad",
        "ＥIKENBLAD.",
    ):
        with pytest.raises(UsageError) as caught:
            check_name(bad, known)
        assert "could be taken" in caught.value.message.en, bad


def test_a_register_lets_sign_who_stands_in_it(tmp_path: Path) -> None:
    owners = {"a": Owner(owner="Café Zorg"), "b": Owner(owner="Bureau", role="bureau")}
    check_owner(None, "c", "supplier", "Elders", "-")
    check_owner(owners, "a", "supplier", "CAFE\u0301  ZORG", "-")
    check_owner(owners, "b", "bureau", "", "-")
    for keyid, role in (("a", "bureau"), ("b", "supplier"), ("c", "supplier"), ("c", "bureau")):
        with pytest.raises(EvidenceError):
            check_owner(owners, keyid, role, "Bureau", "-")  # type: ignore[arg-type]
    with pytest.raises(EvidenceError):
        check_owner({}, "a", "supplier", "Café Zorg", "-")


def test_nobody_signs_in_the_future() -> None:
    trust, now = Trust({"a": TrustedKey(None, "a.pem")}), datetime(2026, 6, 1, tzinfo=UTC)  # type: ignore[arg-type]
    for minutes in (-60, 10):
        signed = now + timedelta(minutes=minutes)
        assert check_trust(trust, "a", (), signed=signed, now=now, where="-") == "a.pem"
    with pytest.raises(EvidenceError) as caught:
        check_trust(trust, "a", (), signed=now + timedelta(hours=1), now=now, where="-")
    assert caught.value.problem.kind is ProblemKind.VALIDITY


# -- the bureau


def test_a_formula_is_text_in_every_spreadsheet() -> None:
    for value in (" =1+1", "\n=x", "＝1+1", "－x", "\xa0@x"):
        assert _cell(value).startswith("'")
    assert _cell("") == "" and _cell("a=1") == "a=1"


def test_a_dossier_by_another_name_is_seen_and_one_that_cannot_be_read_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in (("a.tar.xz", b"\xfd7zXZ\x00"), ("b.dossier.tar.xz", b""), ("c.txt", b"x")):
        (tmp_path / name).write_bytes(data)
    found = dossiers_in(tmp_path)
    assert [path.name for path in found] == ["a.tar.xz", "b.dossier.tar.xz"]
    denied: Callable[..., object] = lambda _: (_ for _ in ()).throw(PermissionError(13, "denied"))  # noqa: E731
    monkeypatch.setattr("harness.report.dossier.bureau.disk.opened", denied)
    row = look(found[0], CATALOGUE, None, datetime.now(UTC))
    assert row.problem is not None and "cannot be read" in row.problem.en


def test_a_challenge_is_for_one_run() -> None:
    def row(name: str, *runs: tuple[str, str]) -> DossierRow:
        held = [SimpleNamespace(run=run) for run, _ in runs]
        found = SimpleNamespace(bound=[Bound(n, 1) for _, n in runs], dossier=SimpleNamespace(runs=held))
        return DossierRow(name, "", found=found)  # type: ignore[arg-type]

    rows = once([row("a", ("r1", "n1")), row("again", ("r1", "n1")), row("b", ("r2", "n2"), ("r3", "n1"))])
    assert [item.problem is not None for item in rows] == [True, True, True]
    rows = once([row("a", ("r1", "n1")), row("again", ("r1", "n1")), row("b", ("r2", "n2"), ("r3", ""))])
    assert not any(item.problem for item in rows)


def test_words_of_the_supplier_alone_reach_no_milestone() -> None:
    signed = msgspec.convert({**STATED, "item": "MS-1", "review": REVIEW}, Attestation)
    for unagreed, reached in ((True, Reached.RUNNING), (False, Reached.REACHED)):
        found = SimpleNamespace(unagreed=unagreed, waivers=(), attestations=(signed,), basiseisen=())
        assert milestone_rows(found, DAY)[0].reached is reached  # type: ignore[arg-type]


# -- a challenge is no secret


def test_the_nonce_of_a_challenge_is_no_secret(tmp_path: Path) -> None:
    nonce, other = (
        "de0001721af40ed9462858b3939013b64f340e88ac8c7abc527f7a9dbfeb0c6d",
        "5d3a91c07be2f4186a7c0e9d52b83f14c6d79a0b1e8f2354d6c7b8a9908f1e2d",
    )
    challenge = {"format": "challenge-1", "nonce": nonce, "issued": "-", "expires": "-"}
    start = {"binding": {"commitment": "0" * 64, "challenge": challenge, "minters": []}}
    assert msgspec.convert(start["binding"], Binding).challenge is not None
    (tmp_path / "run-start.json").write_text(json.dumps(start, indent=1))
    (tmp_path / "run.json").write_text(json.dumps(start, indent=1))
    looking = Looking(lambda _: iter(()))
    assert not scan(tmp_path, looking, Persons()).found
    (tmp_path / "run.json").write_text(json.dumps({"nonce": other}, indent=1))
    assert [item.kind for item in scan(tmp_path, looking, Persons()).found] == ["secret"]


def test_an_empty_register_lets_nobody_sign(tmp_path: Path) -> None:
    (tmp_path / "register.yaml").write_text("keys: {}\n")
    (tmp_path / "a.pub").write_text(
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
    )
    assert load_trust([tmp_path]).owners == {} and load_trust([tmp_path / "a.pub"]).owners is None
