"""The report of a party as PDF: what it says, that it is PDF/A-3b with tags, that nothing in it is markup."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from reportkit import CATALOGUE, findings, info, rest

from harness.core.errors import UsageError
from harness.core.run.info import Ended, RunInfo
from harness.core.text import LANGUAGES
from harness.core.verdicts import Verdict
from harness.pdfa import check
from harness.report.pdf import typeset as typesetting
from harness.report.pdf.document import document
from harness.report.pdf.shown import BREAK, LONGEST, all_printable, printable
from harness.report.pdf.typeset import Attachment, typeset
from harness.report.summary import summarise
from harness.report.vendor.page import VendorPage, vendor_page
from harness.report.words import STATE_SYMBOL, SYMBOL

pytest.importorskip("typst", reason="typst is not installed: pip install -e .[report]")
pikepdf = pytest.importorskip("pikepdf")
AT = datetime(2026, 3, 1, 10, 30, 5, tzinfo=UTC)
DAY = date(2026, 3, 1)
LIVE = {"his": "live", "dvza": "live"}


def said(**verdicts: Verdict) -> list:
    return [*findings(**verdicts), *rest()]


def report(found: list, party: str = "his-a", told: RunInfo | None = None) -> VendorPage:
    told = msgspec.structs.replace(told or info(**LIVE), ended=Ended(at=AT.isoformat(), salt=""))
    return vendor_page(summarise(told, found, CATALOGUE), party, CATALOGUE, DAY, root="ab" * 32)


def made(page: VendorPage, lang: str = "nl", **attached) -> bytes:
    return typeset(document(page, CATALOGUE, lang), at=AT, **attached)


def text_of(data: bytes, tmp_path: Path, *words: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    (tmp_path / "read.pdf").write_bytes(data)
    command = ["pdftotext", *words, str(tmp_path / "read.pdf"), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode().replace(BREAK, "")


def rules_of(data: bytes, tmp_path: Path) -> set[str]:
    (tmp_path / "checked.pdf").write_bytes(data)
    found = check(tmp_path / "checked.pdf", "3b")
    return set(found.rules)


@pytest.fixture(scope="module")
def failing() -> dict[str, bytes]:
    page = report(said(r1=Verdict.FAIL, r2=Verdict.PASS, r3=Verdict.WARNING))
    return {lang: made(page, lang) for lang in LANGUAGES}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_pdfa_3b_with_the_tags_of_pdf_ua(failing, lang, tmp_path):
    assert rules_of(failing[lang], tmp_path) == set()
    with pikepdf.open(io.BytesIO(failing[lang])) as pdf:
        root = pdf.Root
        assert str(root.Lang) == {"nl": "nl-NL", "en": "en-GB"}[lang]
        assert bool(root.MarkInfo.Marked) and bool(root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
            assert meta["pdfuaid:part"] == "1"
        kinds = {str(item.S) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item}
        assert {"/Table", "/TH", "/TD", "/TR", "/H1", "/H2", "/P"} <= kinds


def test_a_broken_one_is_seen_by_the_same_check(failing, tmp_path):
    assert rules_of(failing["nl"].replace(b"<pdfaid:part>3", b"<pdfaid:part>1"), tmp_path)


def test_the_same_report_has_the_same_bytes(failing):
    page = report(said(r1=Verdict.FAIL, r2=Verdict.PASS, r3=Verdict.WARNING))
    assert made(page) == failing["nl"]
    within = AT.replace(microsecond=7)
    assert typeset(document(page, CATALOGUE, "nl"), at=within) == failing["nl"]
    assert typeset(document(page, CATALOGUE, "nl"), at=AT.replace(second=6)) != failing["nl"]


def test_the_first_page_says_what_a_reader_decides_on(failing, tmp_path):
    first = text_of(failing["nl"], tmp_path, "-l", "1", "-layout")
    for wanted in (
        "Voldoet niet", "HisPro 7.1 met dvza-a", "01-03-2026 10:00:00", "01-03-2026 11:30:05", "mm-2.2",
        "huisartsgegevens-2.0", "digest", "2 nagebootst", "van het programmabureau", "45 van 46",
        "Ontheffingen", "niet vastgesteld", "Leverancier", "Bureau", "Besluit", "abab",
    ):  # fmt: skip
        assert wanted in first, wanted


def test_the_order_is_that_of_the_programme(failing, tmp_path):
    for lang, wanted in (
        ("nl", ("Basiseisen van het", "Bevindingen, per", "Niet beslist", "Per combinatie", "Niet gevraagd")),
        ("en", ("Basic requirements of", "Findings, by", "Undecided", "Per combination", "Not asked")),
    ):
        text = text_of(failing[lang], tmp_path, "-f", "2")
        places = [text.index(word) for word in wanted]
        assert places == sorted(places), lang
        assert all(f"OPEN-ICT-{number:02}" in text for number in (1, 37, 62))


@pytest.mark.parametrize(
    ("verdicts", "kinds", "word", "fields"),
    [
        ({"r1": Verdict.PASS, "r2": Verdict.PASS}, LIVE, "✓ Voldoet", True),
        ({"r1": Verdict.FAIL, "r2": Verdict.PASS}, LIVE, "✗ Voldoet niet", True),
        ({"r1": Verdict.PASS, "r2": Verdict.INCONCLUSIVE}, LIVE, "? Geen oordeel", False),
        ({"r1": Verdict.FAIL, "r2": Verdict.PASS}, {}, "✗ Voldoet niet (oefening)", False),
        ({"r1": Verdict.PASS, "r2": Verdict.PASS}, {}, "? Geen oordeel: oefening", False),
    ],
)
def test_only_a_verdict_is_there_to_be_signed(verdicts, kinds, word, fields, tmp_path):
    data = made(report(said(**verdicts), told=info(**kinds)))
    first = text_of(data, tmp_path, "-l", "1")
    assert word in first.splitlines()
    assert ("naam, datum, handtekening" in first) is fields
    assert ("niet om te ondertekenen" in first) is not fields
    every = text_of(data, tmp_path).split("\f")[:-1]
    assert all(("Oefening met nagebootste" in page) is not kinds for page in every)
    assert rules_of(data, tmp_path) == set()


def test_a_stand_in_gets_no_outcome_and_a_pgo_no_basic_requirements(tmp_path):
    found = said(r1=Verdict.PASS, r2=Verdict.PASS)
    stand_in = text_of(made(report(found, "dvza-a", info(his="live"))), tmp_path)
    assert "is nagebootst en krijgt geen oordeel" in stand_in and "✓ Voldoet" not in stand_in
    pgo = text_of(made(report(found, "pgo-1", info(pgo="live"))), tmp_path)
    assert "Basiseisen van het" not in pgo and "Bevindingen, per oorzaak" in pgo


EVIL = (
    '#text(red)[x]', '"#panic("out")"', "*_`$ $`_* = kop", "#read(\"/etc/passwd\")", "@label <label>",
    "a\x00b\x1b[31mc\u202ed\u200be", "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "中文 😀", "שלום עולם", "سلام", "e\u0301 q\u0301", "\\u{41} // comment /* x", "W" * 400,
    "https://his.example/fhir/" + "x" * 300, "\u2028\u2029\ue000\ufdd0", "[[\"}}{{" * 20,
)  # fmt: skip


def evil_info(name: str) -> RunInfo:
    told = info(**LIVE)
    bad = tuple(
        msgspec.structs.replace(item, vendor=name, product=name, version=name) for item in told.participants
    )
    return msgspec.structs.replace(told, participants=bad, id=name, harness=name)


@pytest.mark.parametrize("name", EVIL, ids=range(len(EVIL)))
def test_nothing_of_a_stranger_is_markup_and_everything_can_be_printed(name, tmp_path):
    bad = [
        msgspec.structs.replace(item, expected=name, received=name, party=name) if item.party else item
        for item in said(r1=Verdict.FAIL, r2=Verdict.PASS)
    ]
    data = made(
        report(bad, told=evil_info(name)), attachments=[Attachment("a.json", b"{}", "application/json", name)]
    )
    assert rules_of(data, tmp_path) == set()
    if name.isascii() and name.isprintable() and len(name) < 60:
        squeezed = "".join(text_of(data, tmp_path).split())
        assert "".join(name.split()) in squeezed


def test_long_words_stay_on_the_page(tmp_path):
    data = made(report(said(r1=Verdict.FAIL), told=evil_info("W" * 400)))
    found = text_of(data, tmp_path, "-bbox")
    edges = [float(part.split('"')[0]) for part in found.split('xMax="')[1:]]
    assert edges and max(edges) <= 595.28 - 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x00", "⟨U+0000⟩"),
        ("中", "⟨U+4E2D⟩"),
        ("q\u0301", "q⟨U+0301⟩"),
        ("e\u0301", "é"),
        ("a\nb", "a b"),
        ("x" * 40, f"{'x' * 18}{BREAK}{'x' * 18}{BREAK}xxxx"),
        ("HG-PAT-001", "HG-PAT-001"),
        ("gewone woorden blijven heel", "gewone woorden blijven heel"),
    ],
)
def test_what_cannot_be_shown_stands_there_as_its_number(text, shown):
    assert printable(text) == shown


def test_texts_are_bounded_and_only_texts_are_changed():
    assert len(printable("ab " * LONGEST)) < LONGEST + 30
    assert all_printable({"a": ["\x01", 3, None, {"b": "c"}]}) == {"a": ["⟨U+0001⟩", 3, None, {"b": "c"}]}


def test_every_sign_that_is_called_printable_can_be_set_and_so_can_our_symbols():
    from harness.report.pdf.shown import _glyphs

    typst = pytest.importorskip("typst")
    signs = "".join(map(chr, sorted(_glyphs())))
    source = b'#set document(title: "x")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n' + (
        b"#for sign in sys.inputs.signs.clusters() [#box(sign) *#sign*]"
    )
    inputs = {"signs": " ".join(signs)}
    assert typst.compile(
        source, sys_inputs=inputs, format="pdf", pdf_standards=["a-3b"], ignore_system_fonts=True
    )
    assert set("".join((*SYMBOL.values(), *STATE_SYMBOL.values(), "⟨⟩…×·"))) <= set(signs)


def test_a_file_that_goes_along_is_named_with_what_it_is_to_the_report(tmp_path):
    whole = bytes(range(256)) * 10
    page = report(said(r1=Verdict.PASS, r2=Verdict.PASS))
    attached = [
        Attachment("dossier.tar.xz", whole, "application/x-xz", "the dossier"),
        Attachment("seal.json", b"{}", "application/json", "the seal", relationship="data"),
    ]
    data = made(page, attachments=attached)
    assert rules_of(data, tmp_path) == set()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = {str(item.UF): item for item in pdf.Root.AF}
        assert {name: str(item.AFRelationship) for name, item in found.items()} == {
            "dossier.tar.xz": "/Source",
            "seal.json": "/Data",
        }
        assert found["dossier.tar.xz"].EF.F.read_bytes() == whole


def test_without_typst_there_is_a_sentence_with_what_to_do(monkeypatch):
    monkeypatch.setattr(typesetting.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as refused:
        made(report(said(r1=Verdict.PASS)))
    assert int(refused.value.exit_code) == 2
    assert 'pip install "medmij-harness[report]"' in refused.value.render("nl")
    assert "typst" in refused.value.render("en")
