"""How diagnoses of the doctor look on the console."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text as Styled

from harness.core.exits import ExitCode
from harness.core.text import Lang
from harness.core.verdicts import Blame
from harness.network.doctor import Diagnosis
from harness.report.words import YOUR_SIDE, amount, no_problems, word

_STYLE = {"problem": "bold red", "note": "yellow", "ok": "green"}
_SIGN = {"problem": "✗", "note": "!", "ok": "✓"}


CODES: dict[Blame, ExitCode] = {
    Blame.CONFIGURATION: ExitCode.USAGE,
    Blame.PRODUCT: ExitCode.FAILED,
    Blame.HARNESS: ExitCode.HARNESS_ERROR,
    Blame.SPECIFICATION: ExitCode.UNDECIDED,
}
"""Exit code per side of a problem; the first one that occurs wins."""


def doctor_code(found: Iterable[Diagnosis]) -> ExitCode:
    """Exit code for what the doctor found."""
    sides = {item.blame for item in found if item.level == "problem"}
    return next((code for blame, code in CODES.items() if blame in sides), ExitCode.OK)


def diagnosis_block(item: Diagnosis, lang: Lang) -> Styled:
    """One diagnosis as a block: party, what, side, where, the one thing to change."""
    block = Styled()
    block.append(f"{_SIGN[item.level]} {item.party}: ", style=_STYLE[item.level])
    block.append(item.what.of(lang))
    rows = [("where", item.where)]
    if item.blame is not None:
        rows.insert(0, ("side", YOUR_SIDE[item.blame].of(lang)))
        rows.append(("change", item.change.of(lang)))
        rows.append(("detail", item.detail))
    for label, value in rows:
        if value:
            block.append(f"\n    {word(label, lang) + ':':<8}", style="dim")
            block.append(value)
    return block


def totals_line(found: Sequence[Diagnosis], lang: Lang) -> Styled:
    """One line: how many problems, per side."""
    problems = [item for item in found if item.level == "problem"]
    good = sum(item.level == "ok" for item in found)
    if not problems:
        return Styled(no_problems(good).of(lang), style="green")
    sides = [
        f"{YOUR_SIDE[blame].of(lang)}: {count}"
        for blame in Blame
        if (count := sum(item.blame is blame for item in problems))
    ]
    return Styled(f"{amount(len(problems), 'problem').of(lang)} ({', '.join(sides)})", style="bold red")
