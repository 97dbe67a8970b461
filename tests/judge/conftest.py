"""Makes the helpers of this folder importable; looks at what judges say in tests with many faults."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from phrasekit import english

from harness.core.run import findings
from harness.core.text import Dutch, Phrase, dutch

_HEARD = re.compile(r"\b(?:HTTP [45]\d\d|connect:|tls:|timeout:|protocol:).*")
"""What a server or a library said, in whatever words."""


@pytest.fixture
def literals(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fails a test in which a judge said English words as if they were a literal.

    What others said is a literal in whatever language.
    """
    said: list[str] = []

    def look(expected: Phrase, received: Phrase) -> Dutch | None:
        if sys._getframe(2).f_globals["__name__"].startswith("harness."):
            plain = (item for item in (expected, received) if isinstance(item, str))
            said.extend(item for item in plain if english(_HEARD.sub("", item)))
        return dutch(expected, received)

    monkeypatch.setattr(findings, "dutch", look)
    yield said
    assert not said, "words in English only: make them a Text"
