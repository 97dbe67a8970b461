"""How diagnoses of the doctor look on the console."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text as Styled

from harness.core.exits import ExitCode, strongest
from harness.core.text import Lang, Text
from harness.core.verdicts import Blame
from harness.network.doctor import Diagnosis

SIDE: dict[Blame, Text] = {
    Blame.PRODUCT: Text(nl="uw product", en="your product"),
    Blame.CONFIGURATION: Text(nl="uw configuratie", en="your configuration"),
    Blame.HARNESS: Text(nl="onze harness", en="our harness"),
    Blame.SPECIFICATION: Text(nl="onduidelijke specificatie", en="unclear specification"),
}
_STYLE = {"problem": "bold red", "note": "yellow", "ok": "green"}
_SIGN = {"problem": "✗", "note": "!", "ok": "✓"}


CODES: dict[Blame, ExitCode] = {
    Blame.CONFIGURATION: ExitCode.USAGE,
    Blame.PRODUCT: ExitCode.FAILED,
    Blame.HARNESS: ExitCode.HARNESS_ERROR,
    Blame.SPECIFICATION: ExitCode.UNDECIDED,
}
"""Exit code per side of a problem; the strongest one wins."""


def doctor_code(found: Iterable[Diagnosis]) -> ExitCode:
    """Exit code for what the doctor found."""
    codes = [CODES[item.blame] for item in found if item.level == "problem" and item.blame is not None]
    return strongest(codes) if codes else ExitCode.OK


def diagnosis_block(item: Diagnosis, lang: Lang) -> Styled:
    """One diagnosis as a block: party, what, side, where, the one thing to change."""
    dutch = lang == "nl"
    block = Styled()
    block.append(f"{_SIGN[item.level]} {item.party}: ", style=_STYLE[item.level])
    block.append(item.what.of(lang))
    rows = [("waar" if dutch else "where", item.where)]
    if item.blame is not None:
        rows.insert(0, ("kant" if dutch else "side", SIDE[item.blame].of(lang)))
        rows.append(("wijzig" if dutch else "change", item.change.of(lang)))
        rows.append(("detail", item.detail))
    for label, value in rows:
        if value:
            block.append(f"\n    {label + ':':<8}", style="dim")
            block.append(value)
    return block


def totals_line(found: Sequence[Diagnosis], lang: Lang) -> Styled:
    """One line: how many problems, per side."""
    problems = [item for item in found if item.level == "problem"]
    good = sum(item.level == "ok" for item in found)
    if not problems:
        text = (
            f"geen problemen, {good} controles in orde"
            if lang == "nl"
            else f"no problems, {good} checks in order"
        )
        return Styled(text, style="green")
    sides = [
        f"{SIDE[blame].of(lang)}: {count}"
        for blame in Blame
        if (count := sum(item.blame is blame for item in problems))
    ]
    word = "problemen" if lang == "nl" else "problems"
    return Styled(f"{len(problems)} {word} ({', '.join(sides)})", style="bold red")
