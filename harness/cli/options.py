"""Options that several commands share, and how the language is chosen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from harness.core.text import LANGUAGES, Lang

LANG_VARIABLE = "HARNESS_LANG"


def language(words: Sequence[str] = ()) -> Lang:
    """The language for people: ``--lang`` among ``words``, else ``HARNESS_LANG``, else Dutch."""
    chosen = os.environ.get(LANG_VARIABLE, "nl")
    for index, word in enumerate(words):
        if word == "--lang" and index + 1 < len(words):
            chosen = words[index + 1]
        elif word.startswith("--lang="):
            chosen = word.partition("=")[2]
    return "en" if chosen == "en" else "nl"


def _check_lang(value: str) -> str:
    if value not in LANGUAGES:
        raise typer.BadParameter(f"choose from: {', '.join(LANGUAGES)}")
    return value


LangOption = Annotated[
    str,
    typer.Option("--lang", envvar=LANG_VARIABLE, help="Language for people: nl or en.", callback=_check_lang),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; progress on stderr.")]
ResumeOption = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the unfinished run in --out; finished cells stay."),
]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Discard the unfinished run in --out.")]
BudgetOption = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="TIME",
        help="How long it may take, e.g. 20m; what was not reached by then is undecided.",
    ),
]
JobsOption = Annotated[
    int, typer.Option("--jobs", metavar="N", min=0, help="Files at once (0: one per core).")
]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="DATE", help="The date that T stands for (default: today).")
]
ForOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="PARTY",
        help="Whose result decides the exit code (default: the live parties, in a rehearsal all).",
    ),
]
VerdictOption = Annotated[
    bool,
    typer.Option("--require-verdict", help="Anything but 'meets the requirements' is exit code 6."),
]
