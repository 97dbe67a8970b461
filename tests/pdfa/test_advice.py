"""Advice: for every rule, in both languages, for the programs that letters are made with."""

from __future__ import annotations

import pytest

from harness.pdfa import FLAVOURS
from harness.pdfa.advice import advice, tool_of, tools
from harness.pdfa.rules.profile import rule_ids

RULES = sorted({(flavour, id_) for flavour, one in FLAVOURS.items() for id_ in rule_ids(one)})


def test_every_rule_has_advice_for_the_four_programs() -> None:
    for flavour, id_ in [*RULES, ("4f", "claim")]:
        found = advice(id_, flavour)
        assert found is not None, (flavour, id_)
        assert {"word", "libreoffice", "itext", "pdfbox"} <= set(found.tools), found.id
        for text in (found.what, *found.tools.values()):
            assert text.nl.endswith(".") and text.en.endswith(".")


@pytest.mark.parametrize(
    ("rule", "flavour", "topic"),
    [
        ("6.3.4-1", "1b", "embedding"), ("1b:6.3.4-1", "1b+2b", "embedding"), ("2b:6.3.2-1", "1b+2b", "annotations"),
        ("6.1.12-8", "1b", "limits"), ("6.1.12-1", "2b", "permissions"), ("6.2.11.5-1", "3u", "widths"),
        ("6.6.1-3", "1b", "forms"), ("6.2.3.2-1", "1b", "colour-profiles"), ("6.2.4.3-2", "2b", "device-colour"),
         ("6.6.1-1", "1b", "actions"), ("6.8-3", "3b", "attachments"), ("6.8.4-1", "1a", "structure"),
    ],
)  # fmt: skip
def test_the_longest_prefix_wins(rule: str, flavour: str, topic: str) -> None:
    found = advice(rule, flavour)
    assert found is not None
    assert found.id == topic


def test_a_rule_not_of_ours_has_no_advice() -> None:
    assert advice("9.9-1", "2b") is None


@pytest.mark.parametrize(
    ("producer", "tool"),
    [
        ("Microsoft® Word 2019", "word"), ("LibreOffice 7.4", "libreoffice"), ("iText® 8.0.5", "itext"), ("OpenPDF 2.0.5", "itext"),
        ("Apache PDFBox", "pdfbox"), ("Apache FOP Version 2.10", "fop"), ("GPL Ghostscript 10", "ghostscript"), ("Own program", None),
    ],
)  # fmt: skip
def test_the_tool_is_known_by_its_producer(producer: str, tool: str | None) -> None:
    assert tool_of(producer) == tool
    assert tool is None or tool in tools()
