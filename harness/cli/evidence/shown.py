"""How the commands name a run folder and show what is wrong with one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from harness.core.exits import ExitCode
from harness.core.run.problems import EvidenceError, Problem, ProblemKind
from harness.core.text import Lang

RunArgument = Annotated[Path, typer.Argument(help="Run folder.")]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option("--trust", help="Trusted keys or authorities: PEM file, or folder (with revoked.txt)."),
]
ChallengeOption = Annotated[
    list[Path] | None,
    typer.Option("--challenge", help="Challenge that was given; every run has to be bound to one."),
]


def problem_code(problem: Problem) -> ExitCode:
    """2 for a folder that cannot be read as a run, 7 for one whose evidence is broken."""
    return ExitCode.USAGE if problem.kind is ProblemKind.FORMAT else ExitCode.DIFFERS


def problem_text(problem: Problem, lang: Lang) -> str:
    """A problem for people: one sentence, with what was expected and received."""
    labels = ("verwacht", "gekregen") if lang == "nl" else ("expected", "received")
    values = zip(labels, (problem.expected, problem.received), strict=True)
    return "\n".join([problem.sentence(lang), *(f"  {label}: {value}" for label, value in values if value)])


def evidence_document(problem: Problem | None) -> dict[str, Any]:
    """The field ``evidence`` of ``--json``."""
    return {"agrees": problem is None, "problem": problem}


@contextmanager
def refuse_unreadable(run: Path, *, as_json: bool, lang: Lang) -> Iterator[None]:
    """Turn a problem that stands in the way into its message and exit code.

    :raises typer.Exit: there is one.
    """
    try:
        yield
    except EvidenceError as error:
        code = int(problem_code(error.problem))
        if as_json:
            document = {
                "schema": "evidence-1",
                "run": str(run),
                "exit": code,
                "evidence": evidence_document(error.problem),
            }
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
        else:
            console = Console(stderr=True)
            console.print(problem_text(error.problem, lang), style="bold red", markup=False, soft_wrap=True)
        raise typer.Exit(code) from None
