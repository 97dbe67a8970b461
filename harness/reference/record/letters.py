"""Letters as PDF/A-2b, for records that are made anew. Needs ``typst`` (extra ``report``)."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Sequence
from datetime import UTC, datetime


def can_typeset() -> bool:
    """Whether letters can be made here."""
    return importlib.util.find_spec("typst") is not None


def letter(title: str, lines: Sequence[str]) -> bytes:
    """A letter of one page: PDF/A-2b, the same bytes for the same text and version of ``typst``.

    :param lines: its paragraphs.
    :raises ImportError: ``typst`` is not installed.
    """
    quoted = [json.dumps(text, ensure_ascii=False) for text in (title, *lines)]
    source = (
        f'#set document(title: {quoted[0]}, author: "fictief")\n'
        '#set text(lang: "nl", size: 11pt, hyphenate: false)\n#set page(paper: "a4", margin: 3cm)\n'
        f"#heading({quoted[0]})\n\n" + "\n\n".join(f"#{text}" for text in quoted[1:]) + "\n"
    )
    typst = importlib.import_module("typst")
    made: bytes = typst.compile(
        source.encode(),
        format="pdf",
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        ignore_system_fonts=True,
        pdf_standards=["a-2b"],
    )
    return made
