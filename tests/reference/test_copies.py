"""A copy on paper: what it leaves out, what is of somebody else, what had to stay inside; and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

import pytest
from lxml import html

from harness.cli import run
from harness.core.data import data_path
from harness.reference.copies import Copy, compare_copy
from harness.reference.record.letters import can_typeset, letter
from harness.reference.record.load import load_records, record_folders
from harness.reference.record.model import Record
from harness.reference.record.sheet import loading_sheet
from harness.reference.records import Records

DAY = date(2026, 11, 27)
FOLDER = data_path("fixtures", "records")
PERSON = "hanna-wilgenkamp"


@cache
def records() -> dict[str, Record]:
    return {record.person: record for record in load_records(record_folders(FOLDER), t=DAY)}


@cache
def everybody() -> Records:
    return Records(records().values())


@cache
def lines(person: str = PERSON, inside: bool = False) -> Sequence[str]:
    """What the loading sheet says of a record, a line per item; ``inside``: of what has to stay in the HIS."""
    rows = html.fromstring(loading_sheet(records()[person], "nl")).iter("tr")
    return [
        " | ".join(cell.text_content() for cell in row.iter("td"))
        for row in rows
        if (row.get("class") == "in") is inside and row.find("td") is not None
    ]


def compared(found: Sequence[str], person: str = PERSON) -> Copy:
    return compare_copy("\n".join(found), records()[person], everybody(), len(records()) - 1)


@pytest.mark.parametrize("person", sorted(records()))
def test_a_whole_copy_is_good(person):
    found = compared(lines(person), person)
    assert found.good and found.told == found.asked, found
    assert found.others == len(records()) - 1


def test_each_item_that_is_left_out_is_named_and_no_other_is():
    whole, seen = lines(), set()
    for number in range(0, len(whole), 5):
        found = compared([*whole[:number], *whole[number + 1 :]])
        assert not found.foreign and not found.forbidden
        seen |= {item.key for item in found.missing}
    assert len({key.partition("/")[0] for key in seen}) >= 4


def changed(old: str, new: str) -> list[str]:
    whole = "\n".join(lines())
    assert old in whole, old
    return whole.replace(old, new).split("\n")


@pytest.mark.parametrize(
    "form",
    ["{0.day}-{0.month}-{0.year}", "{0:%d-%m-%Y}", "{0:%d/%m/%Y}", "{0.day} {month} {0.year}", "{0.day} {short}. {0.year}"],
)  # fmt: skip
def test_days_may_be_written_in_any_usual_form(form):
    months = [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ]
    whole = "\n".join(lines())
    for stored in records()[PERSON]:
        for value in stored.resource.values():
            if isinstance(value, str) and len(value) >= 10 and value[4:5] == value[7:8] == "-":
                day = date.fromisoformat(value[:10])
                month = months[day.month - 1]
                shown = form.format(day, month=month, short="mrt" if day.month == 3 else month[:3])
                whole = whole.replace(day.isoformat(), shown)
    assert compared(whole.split("\n")).good


def number_of(record: Record) -> tuple[str, str]:
    """A value with decimals that stands once in the record, and its item."""
    for stored in record:
        value = stored.resource.get("valueQuantity", {}).get("value")
        if value is not None and "." in str(value) and stored.key not in record.withheld:
            shown = str(value)
            if "\n".join(lines()).count(shown) == 1:
                return shown, stored.key
    raise AssertionError("no such value")


def test_a_number_counts_by_itself():
    value, key = number_of(records()[PERSON])
    assert compared(changed(f"{value} ", f"{value.replace('.', ',')}0 ")).good
    for wrong in (f"1{value}", f"{value}1", value.partition(".")[0]):
        (missing,) = compared(changed(f"{value} ", f"{wrong} ")).missing
        assert (missing.key, missing.words) == (key, (value,))


def test_blanks_hyphens_and_line_ends_are_of_the_producer():
    assert compared([line.replace(" ", "\u00a0") for line in lines()]).good
    assert compared([line.replace(" ", "\n") for line in lines()]).good


def test_texts_of_others_and_what_is_shielded_are_found():
    other = lines("hanneke-wilgenkamp")
    found = compared([*lines(), *other])
    assert found.foreign and {owner for _, owner in found.foreign} <= set(records()) - {PERSON}
    assert not found.missing and not found.forbidden
    inside = compared([*lines(), *lines(inside=True)])
    why = {records()[PERSON].withheld[key] for key in inside.forbidden}
    assert why == {"shielded", "working-note"} and not inside.foreign
    rules = [line for line in lines(inside=True) if "selectieregel" in line]
    assert rules and compared([*lines(), *rules]).good, "a rule of a standard is none of a copy"


@pytest.fixture
def command(capsys) -> Callable[..., tuple[int, str]]:
    def go(*words: object) -> tuple[int, str]:
        code = run([*map(str, words)])
        seen = capsys.readouterr()
        return code, seen.out + seen.err

    return go


@pytest.mark.skipif(not can_typeset(), reason="typst is not installed: pip install -e .[report]")
def test_the_command_reads_a_pdf_and_writes_a_proof_that_quotes_nothing(command, tmp_path):
    whole, part = tmp_path / "whole.pdf", tmp_path / "part.pdf"
    whole.write_bytes(letter("Afschrift", lines()))
    part.write_bytes(letter("Afschrift", lines()[1:]))
    words = (FOLDER, "--person", PERSON, "--at", DAY.isoformat(), "--out", tmp_path / "proof.txt")
    code, said = command("record", "copy", whole, *words)
    assert code == 0, said
    assert "uitkomst: voldaan" in (tmp_path / "proof.txt").read_text()
    code, said = command("record", "copy", part, *words, "--lang", "en")
    proof = (tmp_path / "proof.txt").read_text()
    assert code == 1 and "not found: " in said and "result: not met" in proof
    code, said = command("record", "copy", part, *words, "--json")
    for item in json.loads(said)["found"]["missing"]:
        assert item["key"] in proof and not any(len(word) > 10 and word in proof for word in item["words"])


def test_what_cannot_be_read_is_undecided_or_refused(command, tmp_path):
    wrong = tmp_path / "a.pdf"
    wrong.write_bytes(b"%PDF-1.7 no more")
    words = (FOLDER, "--at", DAY.isoformat(), "--lang", "en")
    code, said = command("record", "copy", wrong, *words, "--person", PERSON)
    assert code == 6 and "no text that can be read" in said
    code, said = command("record", "copy", wrong, *words, "--person", PERSON + "x")
    assert code == 2 and f"did you mean '{PERSON}'" in said
    assert command("record", "copy", wrong, *words)[0] == 2
    assert command("record", "copy", tmp_path / "absent.pdf", *words, "--person", PERSON)[0] == 2
