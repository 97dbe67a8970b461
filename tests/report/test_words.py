"""One vocabulary: both languages of everything, plurals, and no word of a template that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness.report
from harness.core.text import LANGUAGES
from harness.core.verdicts import Blame, Verdict
from harness.report import words

TEMPLATES = sorted((Path(harness.report.__file__).parent / "templates").glob("*.j2"))


def test_every_verdict_and_side_has_a_word_and_a_symbol():
    for verdict in Verdict:
        assert words.VERDICT[verdict].nl and words.VERDICT[verdict].en and len(words.SYMBOL[verdict]) == 1
    for table in (words.SIDE, words.YOUR_SIDE):
        assert set(table) == set(Blame)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_words_of_templates_exist(template):
    used = re.findall(r"""\b[wW]\(["']([^"']+)["']\)""", template.read_text(encoding="utf-8"))
    for name in used:
        for lang in LANGUAGES:
            assert words.word(name, lang)


def test_no_word_is_left_unused():
    source = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    source += "".join(
        path.read_text(encoding="utf-8")
        for path in Path(harness.report.__file__).parents[1].rglob("*.py")
        if path.name != "words.py" and path.parent.name in ("report", "cli")
    )
    unused = {name for name in words._WORDS if f'"{name}"' not in source and f"'{name}'" not in source}
    assert unused == set()


@pytest.mark.parametrize(
    ("number", "nl", "en"), [(0, "0 cellen", "0 cells"), (1, "1 cel", "1 cell"), (2, "2 cellen", "2 cells")]
)
def test_a_number_takes_the_right_noun(number, nl, en):
    told = words.amount(number, "cell")
    assert (told.nl, told.en) == (nl, en)


def test_a_headline_has_no_brackets_for_plurals():
    scope = words.scope("pdfa-3.0", "mm-2.2", 1)
    one = words.headline("HisPro 7.1", scope, "fail", passed=1, failed=1, undecided=0)
    assert (
        one.nl == "HisPro 7.1 voldoet niet: 1 van 2 verplichte eisen faalt (pdfa-3.0 in mm-2.2, met 1 PGO)."
    )
    assert (
        one.en
        == "HisPro 7.1 does not conform: 1 of 2 mandatory requirements fails (pdfa-3.0 in mm-2.2, with 1 PGO)."
    )
    two = words.headline("X", words.scope("s", "r", 2), "undecided", passed=0, failed=2, undecided=3)
    assert (
        two.nl
        == "Geen oordeel over X: 3 verplichte eisen niet beslist (s in r, met 2 PGO's). Wel al gefaald: 2."
    )
