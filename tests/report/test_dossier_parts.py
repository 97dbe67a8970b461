"""Parts of a dossier alone: attestations, packing, combining, milestones, comparing."""

from __future__ import annotations

import io
import lzma
import tarfile
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.algebra import State
from harness.core.errors import ConfigurationError, InputError
from harness.core.run.agreed.attestations import (
    Attestation,
    Review,
    attest,
    attestations,
    media_of,
    save,
)
from harness.core.run.info import FrozenRecord, ParticipantVersion, RunInfo, Settings
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.report.dossier.bureau import _cell
from harness.report.dossier.combine import combined
from harness.report.dossier.compare import Change, Judged, Side, compare
from harness.report.dossier.pack import is_packed, pack, unpacked
from harness.report.programme.basiseisen import basiseis_rows, basiseisen
from harness.report.programme.veldtest import step_rows, steps

DAY = date(2026, 6, 1)
PDF = b"%PDF-1.4\n%%EOF"


def stated(item: str = "OPEN-ICT-50", **more: object) -> Attestation:
    fields: dict[str, object] = {"result": "met", "by": "V. Vendor", "at": DAY, **more}
    return msgspec.convert({"item": item, **fields}, Attestation)


OK = Review(by="B. Bureau", at=DAY, accepted=True)


def row_of(*told: Attestation, item: str = "OPEN-ICT-50", day: date = DAY):
    return next(row for row in basiseis_rows([], load_catalogue(), told, day) if row.basiseis.id == item)


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ([], State.NOT_TESTED, ""),
        ([stated()], State.NOT_TESTED, "nobody reviewed"),
        ([stated(review=OK)], State.MET, "stated by V. Vendor"),
        ([stated(review=msgspec.structs.replace(OK, accepted=False))], State.NOT_TESTED, "refused by B. Bureau"),
        ([stated(result="not-met")], State.NOT_MET, "stated by"),
        ([stated(result="not-applicable", review=OK)], State.NOT_APPLICABLE, "stated by"),
        ([stated(review=OK, until=date(2026, 5, 31))], State.NOT_TESTED, "expired on 2026-05-31"),
        ([stated(review=OK, until=DAY)], State.MET, "stated by"),
        ([stated(review=OK), stated()], State.NOT_TESTED, "nobody reviewed"),
    ],
)  # fmt: skip
def test_what_a_statement_makes_of_a_basic_requirement(
    told: list[Attestation], state: State, words: str
) -> None:
    row = row_of(*told)
    assert row.state is state and words in row.reason.en


def test_tests_decide_what_is_automatic() -> None:
    automatic = next(item.id for item in basiseisen() if item.kind == "A")
    assert row_of(stated(automatic, review=OK), item=automatic).state is State.NOT_TESTED


def test_a_proof_is_copied_and_has_to_stay_what_it_was(tmp_path: Path) -> None:
    proof = tmp_path / "certificaat.pdf"
    proof.write_bytes(PDF)
    folder = attest(tmp_path / "run", stated(), proof)
    (placed,) = attestations(tmp_path / "run")
    assert placed.attestation.proof is not None and placed.attestation.proof.media == "application/pdf"
    assert attest(tmp_path / "run", stated(), None) != folder
    (folder / "proof.pdf").write_bytes(PDF + b" ")
    with pytest.raises(EvidenceError) as caught:
        attestations(tmp_path / "run")
    assert caught.value.problem.kind is ProblemKind.CHANGED
    (folder / "proof.pdf").unlink()
    with pytest.raises(EvidenceError) as caught:
        attestations(tmp_path / "run")
    assert caught.value.problem.kind is ProblemKind.MISSING


def test_a_statement_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(PDF)
    folder = attest(tmp_path / "run", stated(), tmp_path / "elsewhere")
    (placed,) = attestations(tmp_path / "run")
    assert placed.attestation.proof is not None
    away = msgspec.structs.replace(placed.attestation.proof, name="../../../elsewhere")
    save(folder, msgspec.structs.replace(placed.attestation, proof=away))
    with pytest.raises(EvidenceError):
        attestations(tmp_path / "run")


@pytest.mark.parametrize(
    "data",
    [b"", b"   ", b"#!/bin/sh\nrm", b"MZ\x90\x00", b"\x7fELF\x02", b"PK\x03\x04", b"<html>", b"\xff\xfe", b"a\x00b",
     b"%!PS"],
)  # fmt: skip
def test_a_program_or_a_page_is_no_proof(data: bytes) -> None:
    with pytest.raises(InputError):
        media_of(data, "proof")


def test_the_field_test_has_all_steps() -> None:
    assert len(steps()) == 29 and {step.phase for step in steps()} == {"before", "during", "after"}
    told = stated("FT-11", review=OK)
    found = dict(step_rows([told, stated("FT-11", until=date(2026, 1, 1))], DAY))
    assert [found[step] for step in steps() if step.id == "FT-11"] == [(told,)]


# -- packing


def test_a_folder_comes_out_as_it_went_in(tmp_path: Path) -> None:
    source = tmp_path / "d"
    for name in ("dossier.json", "runs/01/run.json", "runs/01/bodies/ab/cd"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode() * 50_000)
    for out in ("a", "b"):
        pack(source, tmp_path / out)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() and is_packed(tmp_path / "a")
    with unpacked(tmp_path / "a") as folder:
        assert (folder / "runs/01/bodies/ab/cd").read_bytes() == b"runs/01/bodies/ab/cd" * 50_000
        assert sum(path.is_file() for path in folder.rglob("*")) == 3
    assert not folder.exists()


def entry(name: str, **more: object) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    for field, value in more.items():
        setattr(found, field, value)
    return found


@pytest.mark.parametrize(
    "entries",
    [
        [entry("../x")], [entry("/etc/passwd")], [entry("a/../../x")], [entry("con")], [entry("a\\b")],
        [entry("a", type=tarfile.SYMTYPE, linkname="/etc/passwd")], [entry("a", type=tarfile.LNKTYPE, linkname="b")],
        [entry("a", type=tarfile.FIFOTYPE)], [entry("a"), entry("a")], [entry("a", type=tarfile.DIRTYPE)], [],
    ],
)  # fmt: skip
def test_an_archive_that_means_harm_is_refused(tmp_path: Path, entries: list[tarfile.TarInfo]) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for item in entries:
            archive.addfile(item)
    (tmp_path / "x").write_bytes(lzma.compress(data.getvalue()))
    with pytest.raises(EvidenceError), unpacked(tmp_path / "x"):
        pass


def before(kind: bytes, content: bytes, *, size: int | None = None) -> bytes:
    """What stands in an archive before a file, for instance its long name."""
    head = entry("x", type=kind, size=len(content) if size is None else size)
    return head.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


@pytest.mark.parametrize(
    ("first", "names", "told"),
    [
        (b"", ["a", "a/b"], "plain file"),
        (b"", ["a/b", "a"], "plain file"),
        (b"", ["n" * 256], "plain file"),
        (before(b"x", b"9 a=aaaa\n") * 3000, ["a"], "damaged"),
        (before(b"L", b"a" * 512) * 3000, ["a"], "plain file"),
        (before(b"g", b"9 a=aaaa\n"), ["a"], "plain file"),
        (before(b"x", b"", size=(8 << 30) - 1), ["a"], "plain file"),
        (before(b"x", b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"), ["a"], "damaged"),
        (before(b"x", b"xx a=aaaa\n"), ["a"], "behind"),
    ],
)
def test_an_archive_that_would_stop_everything_is_refused(
    tmp_path: Path, first: bytes, names: list[str], told: str
) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in names:
            archive.addfile(entry(name))
    (tmp_path / "x").write_bytes(lzma.compress(first + data.getvalue()))
    with pytest.raises(EvidenceError) as caught, unpacked(tmp_path / "x"):
        pass
    assert told in caught.value.problem.message.en


def test_nothing_stands_behind_a_dossier(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "dossier.json").write_bytes(b"{}")
    pack(tmp_path / "d", tmp_path / "x")
    good = (tmp_path / "x").read_bytes()
    inner = lzma.decompress(good)
    behind = (good + good, good + b"x", lzma.compress(inner + bytes(10240)), lzma.compress(inner[:-1] + b"x"))
    for data in behind:
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(EvidenceError) as caught, unpacked(tmp_path / "x"):
            pass
        assert caught.value.problem.kind is ProblemKind.EXTRA


def test_a_stream_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    (tmp_path / "x").write_bytes(lzma.compress(b"x", filters=filters))
    with pytest.raises(EvidenceError), unpacked(tmp_path / "x"):
        pass


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 400), st.integers(0, 255))
def test_no_damage_is_more_than_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    place = tmp_path_factory.mktemp("damage")
    (place / "d").mkdir()
    (place / "d" / "dossier.json").write_bytes(b"{}" * 3000)
    pack(place / "d", place / "x")
    data = bytearray((place / "x").read_bytes())
    cut = len(data) * at // 401
    data[cut] = value
    for damaged in (bytes(data), bytes(data[:cut])):
        (place / "x").write_bytes(damaged)
        try:
            with unpacked(place / "x") as folder:
                assert (folder / "dossier.json").is_file()
        except EvidenceError:
            pass


# -- several runs


HIS = ParticipantVersion(id="his-a", role="his", kind="live", version="7.2")


def run(**more: object) -> RunInfo:
    fields: dict[str, object] = {
        "id": "r",
        "harness": "0",
        "t": "2026-06-01",
        "now": "2026-06-01T10:00:00+02:00",
    }
    fields |= {"participants": (HIS,), "hashes": {"catalogue": "c", "profiles": "p"}, **more}
    return RunInfo(**fields)  # type: ignore[arg-type]


def test_two_versions_are_two_products() -> None:
    other = msgspec.structs.replace(HIS, version="7.3")
    with pytest.raises(ConfigurationError, match=r"7\.3"):
        combined([run(), run(participants=(other,))], ["his-a"])


def test_two_catalogues_say_nothing_together() -> None:
    with pytest.raises(ConfigurationError, match="catalogue"):
        combined([run(), run(hashes={"catalogue": "other", "profiles": "p"})], ["his-a"])


def test_the_weakest_record_counts() -> None:
    official, own = (FrozenRecord(origin=origin, sha256="0" * 64) for origin in ("official", "own"))
    runs = [run(settings=Settings(records={"p": one})) for one in (official, own)]
    for order in (runs, runs[::-1]):
        assert combined(order, ["his-a"]).settings.records["p"].origin == "own"


# -- comparing


def side(**verdicts: Verdict) -> Side:
    return Side("x", "", {}, {Judged("p", name, "c"): verdict for name, verdict in verdicts.items()})


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (Verdict.PASS, Verdict.FAIL, Change.NEW),
        (None, Verdict.FAIL, Change.NEW),
        (Verdict.INCONCLUSIVE, Verdict.FAIL, Change.NEW),
        (Verdict.FAIL, Verdict.FAIL, Change.STILL),
        (Verdict.FAIL, Verdict.DISPUTED, Change.STILL),
        (Verdict.FAIL, Verdict.PASS, Change.FIXED),
        (Verdict.INCONCLUSIVE, Verdict.PASS, Change.FIXED),
        (Verdict.FAIL, Verdict.NOT_TESTED, Change.NO_LONGER),
        (Verdict.FAIL, None, Change.NO_LONGER),
        (Verdict.PASS, None, Change.NO_LONGER),
        (Verdict.PASS, Verdict.PASS, None),
        (None, Verdict.PASS, None),
        (Verdict.INCONCLUSIVE, None, None),
        (Verdict.PASS, Verdict.WARNING, None),
    ],
)
def test_what_became_of_a_judgement(
    before: Verdict | None, after: Verdict | None, change: Change | None
) -> None:
    one, two = (side(**({} if verdict is None else {"R": verdict})) for verdict in (before, after))
    assert [item.change for item in compare(one, two).changes] == ([change] if change is not None else [])


@pytest.mark.parametrize("value", ["=1+1", "+x", "-x", "@x", "\tx"])
def test_no_cell_of_a_spreadsheet_is_a_formula(value: str) -> None:
    assert _cell(value).startswith("'")
