"""A standard is complete or refused: everything that is wrong with the folders, in one message."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.errors import ConfigurationError
from harness.core.text import Lang, Text


def refuse(problems: Sequence[ConfigurationError]) -> None:
    """Raise the problems as one error; nothing when there are none.

    :raises ConfigurationError: with every problem, one below the other.
    """
    if problems:
        count = len(problems)
        raise ConfigurationError(
            Text(
                nl=f"een standaard is niet volledig ({count}):{_listed(problems, 'nl')}",
                en=f"a standard is not complete ({count}):{_listed(problems, 'en')}",
            )
        )


def _listed(problems: Sequence[ConfigurationError], lang: Lang) -> str:
    blocks = (item.render(lang).replace("\n", "\n  ") for item in problems)
    return "".join(f"\n- {block}" for block in blocks)
