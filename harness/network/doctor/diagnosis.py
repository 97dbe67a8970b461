"""What the doctor says about one thing it looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.text import Text
from harness.core.verdicts import Blame

Level = Literal["ok", "note", "problem"]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One observation.

    :ivar check: stable id of the check, e.g. ``certificate-expired``.
    :ivar level: ``problem`` stops a qualification from being meaningful; ``note`` does not.
    :ivar blame: whose side; ``None`` for ``ok``.
    :ivar party: participant id it is about, or ``stelselnode`` or ``harness``.
    :ivar where: file and line, host and port, or URL.
    :ivar what: what was seen.
    :ivar change: the one thing to change.
    :ivar detail: literal detail for an engineer (library message, value).
    """

    check: str
    level: Level
    party: str
    what: Text
    where: str = ""
    blame: Blame | None = None
    change: Text = Text(nl="", en="")
    detail: str = ""


def fine(check: str, party: str, what: Text, where: str = "", detail: str = "") -> Diagnosis:
    """Something that is in order."""
    return Diagnosis(check=check, level="ok", party=party, what=what, where=where, detail=detail)


def problem(
    check: str,
    party: str,
    blame: Blame,
    what: Text,
    change: Text,
    *,
    where: str = "",
    detail: str = "",
    level: Level = "problem",
) -> Diagnosis:
    """Something that is wrong, with its side and the one thing to change."""
    return Diagnosis(
        check=check,
        level=level,
        party=party,
        blame=blame,
        what=what,
        change=change,
        where=where,
        detail=detail[:300],
    )
