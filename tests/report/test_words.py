"""One vocabulary: both languages of everything, plurals, and no word of a template that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness
from harness.core.algebra import State, Tally
from harness.core.text import LANGUAGES
from harness.core.verdicts import Blame, Verdict
from harness.report import words

PACKAGE = Path(harness.__file__).parent
TEMPLATES = sorted((PACKAGE / "report" / "templates").glob("*.j2"))


def test_every_verdict_and_side_has_a_word_and_a_symbol():
    for verdict in Verdict:
        assert words.VERDICT[verdict].nl and words.VERDICT[verdict].en and len(words.SYMBOL[verdict]) == 1
    for state in State:
        assert words.STATE[state].nl and words.STATE[state].en and len(words.STATE_SYMBOL[state]) == 1
    assert len(set(words.STATE_SYMBOL.values())) == len(State)
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
        for path in PACKAGE.rglob("*.py")
        if path.name not in ("words.py", "texts.py")
        and path.relative_to(PACKAGE).parts[0] in ("report", "cli")
    )
    unused = {name for name in words._WORDS if f'"{name}"' not in source and f"'{name}'" not in source}
    assert unused == set()


@pytest.mark.parametrize(
    ("number", "nl", "en"), [(0, "0 cellen", "0 cells"), (1, "1 cel", "1 cell"), (2, "2 cellen", "2 cells")]
)
def test_a_number_takes_the_right_noun(number, nl, en):
    told = words.amount(number, "cell")
    assert (told.nl, told.en) == (nl, en)


def test_counts_of_cells_are_told_worst_first():
    told = words.told(Tally(passed=4, blocked=1, failed=2))
    assert told.nl == "2 niet voldaan, 1 geblokkeerd door een andere partij, 4 voldaan"
    assert words.told(Tally()).en == "–"
    assert set(words._COUNTERS) == set(Tally.__struct_fields__)
