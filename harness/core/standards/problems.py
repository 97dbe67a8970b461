"""Several mistakes in what somebody wrote, as one error: all of them can be mended before the next try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.core.errors import ConfigurationError
from harness.core.text import Lang, Text

INCOMPLETE: Final = Text(nl="een standaard is niet volledig", en="a standard is not complete")


def refuse(problems: Sequence[ConfigurationError], headline: Text = INCOMPLETE) -> None:
    """Raise the problems as one error; nothing when there are none.

    :raises ConfigurationError: with every problem, one below the other; a single one as it is.
    """
    if len(problems) == 1 and headline is not INCOMPLETE:
        raise problems[0]
    if problems:
        count = len(problems)
        raise ConfigurationError(
            Text(
                nl=f"{headline.nl} ({count}):{_listed(problems, 'nl')}",
                en=f"{headline.en} ({count}):{_listed(problems, 'en')}",
            )
        )


def _listed(problems: Sequence[ConfigurationError], lang: Lang) -> str:
    blocks = (item.render(lang).replace("\n", "\n  ") for item in problems)
    return "".join(f"\n- {block}" for block in blocks)
