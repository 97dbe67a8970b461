"""Whole-file cases: claims, encryption, linearisation, hostile input, worker, external engine, command line."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UsageError
from harness.pdfa import Limits, check
from harness.pdfa.engines import difference, from_json
from harness.pdfa.facts.fonts.cmap import parse as parse_cmap
from harness.pdfa.facts.metadata.xmp import parse as parse_xmp
from harness.pdfa.file.filters import ascii85, lzw, run_length, unpredict
from harness.pdfa.file.lex import ObjectReader, Ref
from harness.pdfa.file.limits import Budget, LimitExceeded
from harness.pdfa.policy import refusal
from tests.pdfa.builders import deflated, document, form, packet, pdf, stream


def saved(data: bytes, **options: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as opened:
        opened.save(out, **options)
    return out.getvalue()


# -- claims -------------------------------------------------------------------------------------------


def test_auto_uses_the_claim() -> None:
    report = check(document("2b"))
    assert (report.outcome, report.flavour, report.claimed) == ("valid", "2b", "2b")


def test_without_claim_checked_as_both() -> None:
    report = check(document("2b", raw_xmp=packet(identification="")))
    assert report.outcome == "invalid"
    assert report.claimed is None
    assert report.flavour == "1b+2b"
    assert {"1b:6.7.11-1", "2b:6.6.4-1"} <= set(report.rules)
    assert refusal(report) is not None


def test_unknown_flavour_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        check(document("2b"), "9z")


def test_policy_accepts_what_we_check() -> None:
    assert refusal(check(document("1b"))) is None


# -- whole-file rules ---------------------------------------------------------------------------------


def test_encrypted_with_empty_password_is_read_and_reported() -> None:
    for revision in (3, 4, 6):
        crypt = pikepdf.Encryption(owner="o", user="", R=revision, aes=revision > 3, metadata=revision > 3)
        report = check(saved(document("2b", content=b"foo"), encryption=crypt), "2b")
        assert {"6.1.3-2", "6.2.2-1"} <= set(report.rules), revision


def test_encrypted_with_password_is_unreadable() -> None:
    data = saved(document("2b"), encryption=pikepdf.Encryption(owner="o", user="secret", R=6))
    assert check(data, "2b").outcome == "unreadable"


def test_cross_reference_streams_break_part_1_only() -> None:
    data = saved(document("2b"), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert "6.1.4-3" in check(data, "1b").rules
    assert "6.1.4-3" not in check(data, "2b").rules


def test_linearised_identifiers_must_agree() -> None:
    data = saved(document("1b"), linearize=True)
    assert "6.1.3-4" not in check(data, "1b").rules
    first = data.index(b"/ID [<") + 6
    last = data.rindex(b"/ID [<") + 6
    assert first != last
    broken = bytearray(data)
    broken[last] = ord("f") if broken[last] != ord("f") else ord("0")
    assert "6.1.3-4" in check(bytes(broken), "1b").rules


def test_attachment_of_part_2_is_checked_itself() -> None:
    spec = b"<</Type/Filespec/F(a)/UF(a)/EF<</F 21 0 R>>>>"
    names = b"/Names<</EmbeddedFiles<</Names[(a) 20 0 R]>>>>"
    for inner, valid in ((document("1b"), True), (document("1b", content=b"foo"), False), (b"text", False)):
        data = document("2b", catalog=names, objects={20: spec, 21: stream(b"/Type/EmbeddedFile", inner)})
        assert ("6.8-5" not in check(data, "2b").rules) is valid


def test_attachments_in_attachments_are_bounded() -> None:
    spec = b"<</Type/Filespec/F(a)/UF(a)/EF<</F 21 0 R>>>>"
    names = b"/Names<</EmbeddedFiles<</Names[(a) 20 0 R]>>>>"
    data = document("2b")
    for _ in range(6):
        data = document("2b", catalog=names, objects={20: spec, 21: stream(b"/Type/EmbeddedFile", data)})
    assert check(data, "2b").outcome == "limit"


# -- unreadable and hostile ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.4\n",
        document("1b")[:-300],
        document("1b").replace(b"startxref", b"startxxxx"),
        document("1b").replace(b"/Kids[3", b"/Kids[2"),
        document("1b").replace(b"/Pages 2", b"/Pages 9"),
        document("1b").replace(b"/Type/Page/", b"/Tipe/Page/"),
    ],
)
def test_unreadable(data: bytes) -> None:
    assert check(data, "1b").outcome == "unreadable"


def test_truncated_documents_are_never_valid() -> None:
    data = document("2b", content=b"q Q")
    for size in range(0, len(data) - 6, 7):
        assert check(data[:size], "2b").outcome != "valid", size


def bomb(size: int) -> bytes:
    return zlib.compress(zlib.compress(bytes(size), 9), 9)


LIMITS = Limits(seconds=20, stream_bytes=4 * 2**20, total_bytes=16 * 2**20, tokens=300_000)


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("flate bomb", document("2b", objects={5: stream(b"/Filter[/FlateDecode/FlateDecode]", bomb(50_000_000))})),
        ("many tokens", document("2b", objects={5: deflated(b"", b"/a gs " * 400_000)})),
        ("deep arrays", document("2b", page=b"/A" + b"[" * 5000)),
        ("many cmap entries", document("2b", content=b"BT /F 9 Tf (a) Tj ET", resources=b"/Font<</F 10 0 R>>", objects={
            10: b"<</Type/Font/Subtype/Type1/BaseFont/X/ToUnicode 11 0 R>>",
            11: deflated(b"", b"1 beginbfchar\n" + b"<00> <0041>\n" * 60_000 + b"endbfchar")})),
        ("deep xml", document("2b", raw_xmp=packet('<x:a rdf:parseType="Resource">' * 250 + "</x:a>" * 250, 2))),
    ],
)  # fmt: skip
def test_hostile_files_end_as_limit(label: str, data: bytes) -> None:
    report = check(data, "2b", LIMITS)
    assert report.outcome == "limit", (label, report)


def test_exponential_forms_are_cheap() -> None:
    objects: dict[int, bytes] = {}
    for level in range(20, 50):
        inner = b"/Resources<</XObject<</X %d 0 R>>>>" % (level + 1)
        objects[level] = form(data=b"/X Do " * 10, resources=inner)
    objects[50] = form()
    data = document("2b", content=b"/X Do", resources=b"/XObject<</X 20 0 R>>", objects=objects)
    assert check(data, "2b").outcome == "valid"


def test_self_referring_form_and_pattern_end() -> None:
    data = document(
        "2b", content=b"/X Do", resources=b"/XObject<</X 10 0 R>>",
        objects={10: form(data=b"/X Do", resources=b"/Resources<</XObject<</X 10 0 R>>>>")},
    )  # fmt: skip
    assert check(data, "2b").outcome in ("valid", "invalid")


def test_many_unclosed_strings_are_fast() -> None:
    objects = dict.fromkeys(range(10, 600), b"(" + b"x" * 300)
    report = check(pdf({1: b"<</Type/Catalog>>", **objects}), "2b", Limits(seconds=10))
    assert report.outcome != "valid"


def test_damaged_corpus_like_files_never_crash() -> None:
    rng = random.Random(7)
    sample = document(
        "2b", content=b"q BT /F 9 Tf (AB) Tj ET Q 1 0 0 rg 0 0 1 1 re f", resources=b"/Font<</F 10 0 R>>",
        objects={10: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"},
    )  # fmt: skip
    for _ in range(400):
        data = bytearray(sample)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        report = check(bytes(data), rng.choice(["1b", "2b", "2a", "3b"]), Limits(seconds=10))
        assert report.outcome in ("valid", "invalid", "unreadable", "limit")


# -- parts --------------------------------------------------------------------------------------------


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_readers_survive_any_bytes(data: bytes) -> None:
    budget = Budget(Limits())
    ObjectReader(data, budget, lambda kind, fact: None).read(0, len(data))
    lzw(data, 1, budget)
    run_length(data, budget)
    ascii85(data, budget)
    unpredict(data, {"Predictor": 15, "Columns": 3}, budget)
    parse_cmap(data, Limits())
    parse_xmp(data, Limits())


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text("abcXYZ09", min_size=1, max_size=9)
    | st.binary(max_size=20) | st.builds(Ref, st.integers(1, 99), st.just(0)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcK", min_size=1, max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def written(value: Any) -> bytes:
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, Ref):
        return b"%d %d R" % value
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, str):
        return b"/" + value.encode()
    if isinstance(value, bytes):
        return b"<" + value.hex().encode() + b">"
    if isinstance(value, list):
        return b"[ " + b" ".join(written(v) for v in value) + b" ]"
    return b"<<" + b" ".join(b"/" + k.encode() + b" " + written(v) for k, v in value.items()) + b" >>"


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if type(value) is list else value


@given(_VALUES)
@settings(max_examples=150, deadline=None)
def test_objects_round_trip(value: Any) -> None:
    data = written(value) + b" "
    found, _ = ObjectReader(data, Budget(Limits()), lambda kind, fact: None).read(0, len(data))
    assert found == without_nulls(value)


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_flate_round_trip_and_limit(data: bytes) -> None:
    from harness.pdfa.file.filters import flate

    assert flate(zlib.compress(data), Budget(Limits())) == data
    if len(data) > 10:
        with pytest.raises(LimitExceeded):
            flate(zlib.compress(data), Budget(Limits(stream_bytes=5)))


# -- worker, engine, command --------------------------------------------------------------------------


def test_isolated_gives_the_same_report() -> None:
    data = document("2b", content=b"foo")
    assert check(data, "2b", isolated=True) == check(data, "2b")


def test_worker_without_time_is_a_limit() -> None:
    data = document("2b", objects={5: deflated(b"", b"/a gs " * 200_000)})
    assert check(data, "2b", Limits(seconds=0.05), isolated=True).outcome == "limit"


def test_verapdf_report_is_mapped() -> None:
    recorded = {"report": {"jobs": [{"validationResult": [{"compliant": False, "details": {"ruleSummaries": [
        {"ruleStatus": "FAILED", "clause": "6.2.2", "testNumber": 1, "failedChecks": 3, "checks": [{"context": "root/x"}]},
    ]}}]}]}}  # fmt: skip
    report = from_json(recorded, "2b")
    assert (report.outcome, report.rules, report.engine) == ("invalid", ("6.2.2-1",), "verapdf")
    assert report.findings[0].count == 3
    ours = check(document("2b", content=b"foo"), "2b")
    assert difference(ours, report) is None
    assert difference(check(document("2b"), "2b"), report) is not None


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())", "pdfa", "check", *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_command_json(tmp_path: Path) -> None:
    (tmp_path / "good.pdf").write_bytes(document("2b"))
    (tmp_path / "none.pdf").write_bytes(document("2b", raw_xmp=packet(identification="")))
    done = command(str(tmp_path), "--json", "--lang", "en")
    assert done.returncode == 1, done.stderr
    files = {Path(f["file"]).name: f for f in json.loads(done.stdout)["files"]}
    assert files["good.pdf"]["outcome"] == "valid"
    assert files["good.pdf"]["claimed"] == "2b"
    assert files["none.pdf"]["claimed"] is None
    assert files["none.pdf"]["flavour"] == "1b+2b"
    assert "2b:6.6.4-1" in files["none.pdf"]["rules"]


def test_command_text_and_exit_codes(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(document("1b"))
    bad.write_bytes(document("1b", catalog=b"/OCProperties<<>>"))
    assert command(str(good)).returncode == 0
    done = command(str(bad), "--lang", "nl")
    assert done.returncode == 1
    assert "6.1.13-1" in done.stdout and "optionele inhoud" in done.stdout
    assert command(str(tmp_path / "absent.pdf")).returncode == 2
