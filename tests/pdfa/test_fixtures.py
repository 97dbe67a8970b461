"""Every rule of every implemented flavour has a passing and a failing document of our own."""

from __future__ import annotations

import pytest
from pdfa_fixtures import (  # noqa: F401  (registers the cases)
    defects_document,
    defects_fonts,
    defects_graphics,
    defects_metadata,
    defects_syntax,
)
from pdfa_fixtures.builder import Doc
from pdfa_fixtures.cases import CASES, find

from harness.pdfa import FLAVOURS, check
from harness.pdfa.rules.profile import rule_ids

RULES = [(flavour, id_) for flavour, one in FLAVOURS.items() for id_ in rule_ids(one)]


def by_fact(flavour: str, id_: str) -> bool:
    return id_ == ("6.1.12-7" if flavour[0] == "1" else "6.1.13-7")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_valid_document(flavour: str) -> None:
    report = check(Doc(int(flavour[0]), flavour[1]).write())
    assert (report.outcome, report.claimed, report.rules) == ("valid", flavour, ())


def test_every_rule_has_a_fixture() -> None:
    missing = [f"{f} {id_}" for f, id_ in RULES if find(int(f[0]), f[1], id_) is None and not by_fact(f, id_)]
    assert missing == [], "no document for these rules: write a @case in tests/pdfa/pdfa_fixtures"


def test_every_fixture_has_a_rule() -> None:
    rules = {(flavour[0], flavour[1], id_) for flavour, id_ in RULES}
    lost = [
        f"{part}{level} {id_}"
        for one in CASES
        for part, id_ in one.ids.items()
        for level in one.levels
        if f"{part}{level}" in FLAVOURS and (str(part), level, id_) not in rules
    ]
    assert lost == [], "no rule has these ids"


@pytest.mark.parametrize(("flavour", "id_"), RULES)
def test_rule(flavour: str, id_: str) -> None:
    if by_fact(flavour, id_):
        return
    part, level = int(flavour[0]), flavour[1]
    case = find(part, level, id_)
    assert case is not None, "no document for this rule: write a @case in tests/pdfa/pdfa_fixtures"
    good = check(case.document(part, level, False), flavour)
    assert (good.outcome, good.rules) == ("valid", ()), good
    bad = check(case.document(part, level, True), flavour)
    assert bad.outcome == "invalid", "no rule fires: does the rule name the right type of fact?"
    assert id_ in bad.rules, bad.rules
    assert set(bad.rules) <= {id_} | case.also, bad.rules


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_object_count(flavour: str) -> None:
    """The rule on more than 8,388,607 objects; a document with so many objects meets a safety limit first."""
    from dataclasses import replace

    from harness.pdfa.facts.document.file_structure import DocumentFact

    rule = rule_ids(FLAVOURS[flavour])["6.1.12-7" if flavour[0] == "1" else "6.1.13-7"]
    fact = DocumentFact(0, b"%PDF-1.4", b"%\xff\xff\xff\xff", 0, False, None, None, 8388607)
    assert rule.test(fact)
    assert not rule.test(replace(fact, objects=8388608))
