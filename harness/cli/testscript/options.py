"""Options that the commands of ``harness testscript`` share, and the plan that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.core.clock import SystemClock, today
from harness.core.errors import UsageError
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.testscript.plan.plan import Plan, token_rewriting
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.requirements import requirements_of

PathsArgument = Annotated[list[Path], typer.Argument(help="Folders with TestScripts, or script files.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Part of the path, script id, or pattern with *.")
]
FormatOption = Annotated[str, typer.Option("--format", help="json, xml or both.")]
TokenMapOption = Annotated[
    Path | None,
    typer.Option("--token-map", help="Your access tokens, in the shape of QualificationTokens.json."),
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder for results, events and recordings.")]


@dataclass(frozen=True)
class Conditions:
    """Under which conditions scripts run: T, profiles, values of variables."""

    at: AtOption = None
    package: Annotated[
        list[str] | None,
        typer.Option("--package", help="FHIR package for profiles: .tgz, folder, name#version."),
    ] = None
    profiles: Annotated[bool, typer.Option("--profiles/--no-profiles", help="Validate against profiles.")] = (
        True
    )
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Value of a script variable.")
    ] = None

    def overrides(self) -> dict[str, str]:
        """Values by the name of their variable.

        :raises UsageError: an option that is no pair.
        """
        found = {}
        for pair in self.values or []:
            name, mark, value = pair.partition("=")
            if not mark or not name:
                raise UsageError(
                    Text(nl="verwacht NAAM=WAARDE", en="expected NAME=VALUE"), where="--set", received=pair
                )
            found[name] = value
        return found


@dataclass(frozen=True)
class Printing:
    """How the outcome is printed."""

    as_json: JsonOption = False
    lang: LangOption = "nl"

    @property
    def language(self) -> Lang:
        """The language for people."""
        return "en" if self.lang == "en" else "nl"


_FORMATS = {"both": frozenset(("json", "xml")), "json": frozenset(("json",)), "xml": frozenset(("xml",))}


def formats_of(text: str) -> frozenset[str]:
    """The formats that ``--format`` names.

    :raises UsageError: an unknown one.
    """
    if text not in _FORMATS:
        raise UsageError(
            Text(nl="onbekend formaat", en="unknown format"),
            where="--format",
            expected="json, xml, both",
            received=text,
        )
    return _FORMATS[text]


def make_plan(
    paths: Sequence[Path],
    conditions: Conditions,
    *,
    formats: str = "both",
    only: Sequence[str] | None = None,
    token_map: Path | None = None,
) -> Plan:
    """The plan that the command-line options describe.

    :raises UserError: an option that does not fit, or a file that cannot be read.
    """
    clock = SystemClock()
    return Plan(
        parse_day(conditions.at) if conditions.at else today(clock),
        now=None if conditions.at else clock.now(),
        formats=formats_of(formats),
        only=tuple(only or ()),
        tokens=token_rewriting(paths, token_map) if token_map else {},
        overrides=conditions.overrides(),
        profiles=ProfileChecks(tuple(conditions.package or ()), enabled=conditions.profiles),
        requirements=requirements_of,
    )
