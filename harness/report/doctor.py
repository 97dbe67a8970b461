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
_PLACES = 4
"""Places of equal diagnoses that are told."""
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


def alike(found: Iterable[Diagnosis]) -> list[list[Diagnosis]]:
    """Diagnoses that say the same and ask the same change, together; in the order of the first ones."""
    groups: dict[tuple[object, ...], list[Diagnosis]] = {}
    for item in found:
        key = (item.check, item.level, item.blame, item.what.nl, item.change.nl)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def diagnosis_block(items: Sequence[Diagnosis], lang: Lang) -> Styled:
    """Diagnoses that are alike as one block: parties, what, side, where, the one thing to change."""
    item = items[0]
    block = Styled()
    parties = ", ".join(dict.fromkeys(one.party for one in items))
    block.append(f"{_SIGN[item.level]} {parties}: ", style=_STYLE[item.level])
    block.append(item.what.of(lang))
    places = list(dict.fromkeys(one.where for one in items if one.where))
    more = f" (+{len(places) - _PLACES})" if len(places) > _PLACES else ""
    rows = [("where", ", ".join(places[:_PLACES]) + more)]
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
