"""What judges say in words they say in both languages: in their texts, and in what the tests make them say."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from phrasekit import english, untranslated

from harness.core.run.findings import Cell
from harness.core.text import Text, said
from harness.judge.catalogue import load_catalogue
from harness.judge.phrases import failure
from harness.judge.view import CellView

CELL = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard="pdfa-3.0", release="mm-2.2")
HARNESS = Path(__file__).resolve().parent.parent.parent / "harness"
ROOMS = (
    "fhir/codec",
    "fhir/fhirpath",
    "fhir/model",
    "fhir/packages",
    "fhir/profiles",
    "fhir/validation",
    "judge",
    "medmij",
    "network/limits",
    "pdfa/facts/graphics",
    "pdfa/rules",
    "reference/content",
    "reference/oracle",
    "reference/reconcile",
    "reference/searching",
    "testscript/beyond",
    "testscript/execute",
    "testscript/judge",
    "testscript/outcome",
    "testscript/read",
)
NOT_SAID = {"differences", "narrative"}
"""What a page of the documentation says of dialects; names of HTML."""
MODULES = sorted(
    path for room in ROOMS for path in (HARNESS / room).rglob("*.py") if path.stem not in NOT_SAID
)
SAME = {"Bundle, type searchset", "1 per code"}
"""What is Dutch as well."""
TO_CLIENTS = {"client_id differs from the certificate", "issued to another client", "used or revoked"}
"""What our own token endpoint tells a client with an error, in English as RFC 6749 has it."""


@pytest.mark.parametrize("path", [*MODULES, HARNESS / "matrix" / "troubles.py"], ids=lambda path: path.stem)
def test_words_are_told_in_both_languages(path: Path) -> None:
    assert not {text for _, text in untranslated(path)} - TO_CLIENTS - SAME


@pytest.mark.parametrize(
    "text",
    [
        "a token",
        "not in the answer",
        "no data",
        "3x in time",
        "refused",
        "none",
        "a page is answered with 500",
    ],
)
def test_words_are_recognised(text: str) -> None:
    assert english(text)


@pytest.mark.parametrize(
    "text",
    [
        *("HTTP 401", "invalid_grant", "Bearer", "self", "0x", "401 | 403 | 404", "TLS 1.2 | 1.3"),
        *(
            "application/pdf, %PDF-",
            "landing > login > consent",
            "Bundle.entry.all(a.exists() and b.exists())",
        ),
    ],
)
def test_literals_are_left_alone(text: str) -> None:
    assert not english(text)


SAYS = {
    "in a call": 'view.fail("X", expected="a token")',
    "one word": 'view.fail("X", received="refused")',
    "made": 'view.fail("X", received=f"{number} of {all} the same")',
    "with a literal": 'view.fail("X", received=answer or "none")',
    "before": 'expected = "a new value"',
    "a function": 'def said() -> Phrase:\n    return "missing"',
    "with its outcome": 'def outcome() -> tuple[Outcome, Phrase]:\n    return "open", "accepted"',
}


@pytest.mark.parametrize("source", SAYS.values(), ids=SAYS)
def test_english_is_found_wherever_it_is_said(source: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert list(untranslated(module))


@pytest.mark.parametrize(
    "source",
    [
        'view.fail("X", received=Text(nl="geen", en="none"))',
        'if outcome == "refused": pass',
        'def outcome() -> tuple[Outcome, Phrase]:\n    return "refused", status(last)',
        'def said() -> Phrase:\n    """The words of a judge."""\n    raise ValueError("not for a person")',
    ],
    ids=["a phrase", "a code that is compared", "the code of an outcome", "not said to people"],
)
def test_codes_and_phrases_are_left_alone(source: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert not list(untranslated(module))


def test_errors_in_words_of_our_own_are_told_in_dutch() -> None:
    told = {
        node.value.value
        for path in (HARNESS / "network").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "error" and isinstance(node.value, ast.Constant)
    }
    errors = {text for text in told if isinstance(text, str) and english(text)}
    assert errors
    assert all(isinstance(failure(text), Text) for text in errors)
    assert failure("connect: [Errno 111] Connection refused") == "connect: [Errno 111] Connection refused"


def test_an_exchange_that_failed_is_told_in_dutch() -> None:
    assert said(failure("protocol: no HTTP"), "nl") == "protocol: geen HTTP"


@pytest.mark.parametrize("text", ["code of ", "unique id", "list of objects", "a loaded profile"])
def test_words_after_each_other_are_words_where_they_are_told(text: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(f'run.add("rule", place, expected="{text}")', encoding="utf-8")
    assert [said for _, said in untranslated(module)]


def test_errors_of_fhirpath_are_told_in_both_languages(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('evaluation_error("geen getal", "not a number", expected="a number")', encoding="utf-8")
    assert [text for _, text in untranslated(module)] == ["a number"]


def test_words_in_the_place_of_a_literal_are_noticed(literals: list[str]) -> None:
    view = CellView(CELL, [], load_catalogue(), t=date(2026, 3, 1), now=datetime(2026, 3, 1, tzinfo=UTC))
    view.fail("MM-TOK-001", expected="a token", received="HTTP 200")
    assert literals == ["a token"]
    literals.clear()
