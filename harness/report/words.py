"""The words of every report in Dutch and English: verdicts, sides, outcomes, headlines, labels, plurals.

Console, pages, Allure and doctor take their words here, so that one thing has one name everywhere.
"""

from __future__ import annotations

from typing import Literal

from harness.core.text import Lang, Text, both
from harness.core.verdicts import Blame, Verdict

Outcome = Literal["pass", "fail", "undecided"]
"""What a run says about one vendor."""

VERDICT: dict[Verdict, Text] = {
    Verdict.PASS: Text(nl="geslaagd", en="pass"),
    Verdict.FAIL: Text(nl="gefaald", en="fail"),
    Verdict.WARNING: Text(nl="waarschuwing", en="warning"),
    Verdict.NOT_APPLICABLE: Text(nl="n.v.t.", en="n/a"),
    Verdict.INCONCLUSIVE: Text(nl="onbeslist", en="inconclusive"),
    Verdict.DISPUTED: Text(nl="betwist", en="disputed"),
    Verdict.ERROR: Text(nl="fout", en="error"),
}
SYMBOL: dict[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.WARNING: "!",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.INCONCLUSIVE: "?",
    Verdict.DISPUTED: "≠",
    Verdict.ERROR: "E",
}
SIDE: dict[Blame, Text] = {
    Blame.PRODUCT: Text(nl="product", en="product"),
    Blame.CONFIGURATION: Text(nl="configuratie", en="configuration"),
    Blame.HARNESS: Text(nl="harness", en="harness"),
    Blame.SPECIFICATION: Text(nl="specificatie onduidelijk", en="unclear specification"),
}
"""Whose side a finding is on, told to any reader."""
YOUR_SIDE: dict[Blame, Text] = {
    Blame.PRODUCT: Text(nl="uw product", en="your product"),
    Blame.CONFIGURATION: Text(nl="uw configuratie", en="your configuration"),
    Blame.HARNESS: Text(nl="onze harness", en="our harness"),
    Blame.SPECIFICATION: Text(nl="onduidelijke specificatie", en="unclear specification"),
}
"""The same, told to the vendor who can do something about it."""

CATEGORY: dict[str, Text] = {
    "failed": Text(nl="Product voldoet niet", en="Product fails"),
    "undecided": Text(nl="Onbeslist of betwist", en="Undecided or disputed"),
    "broken": Text(nl="Harness of configuratie", en="Harness or configuration"),
    "skipped": Text(nl="Niet van toepassing", en="Not applicable"),
}
"""What a test item can be besides passed (the categories of Allure)."""

_NOUNS: dict[str, tuple[Text, Text]] = {
    "requirement": (
        Text(nl="verplichte eis", en="mandatory requirement"),
        Text(nl="verplichte eisen", en="mandatory requirements"),
    ),
    "tested": (
        Text(nl="automatisch getoetste verplichte eis", en="mandatory requirement that was tested"),
        Text(nl="automatisch getoetste verplichte eisen", en="mandatory requirements that were tested"),
    ),
    "pgo": (both("PGO"), Text(nl="PGO's", en="PGOs")),
    "cell": (Text(nl="cel", en="cell"), Text(nl="cellen", en="cells")),
    "time": (Text(nl="keer", en="time"), Text(nl="keer", en="times")),
    "problem": (Text(nl="probleem", en="problem"), Text(nl="problemen", en="problems")),
    "check": (Text(nl="controle", en="check"), Text(nl="controles", en="checks")),
    "finding": (Text(nl="bevinding", en="finding"), Text(nl="bevindingen", en="findings")),
}

_WORDS: dict[str, Text] = {
    "all combinations": Text(
        nl="alle combinaties: HIS × DVZA × PGO", en="all combinations: HIS × DVZA × PGO"
    ),
    "basic requirement": Text(nl="basiseis", en="basic requirement"),
    "basic requirements": Text(
        nl="basiseisen van het OPEN-programma", en="basic requirements of the OPEN programme"
    ),
    "catalogue": Text(nl="catalogus", en="catalogue"),
    "change": Text(nl="wijzig", en="change"),
    "client certificate": Text(nl="clientcertificaat", en="client certificate"),
    "column": Text(nl="kolom", en="column"),
    "count": Text(nl="aantal", en="count"),
    "detail": both("detail"),
    "evidence": Text(nl="bewijs", en="evidence"),
    "exchanges": Text(nl="berichten", en="exchanges"),
    "expected": Text(nl="verwacht", en="expected"),
    "findings": Text(nl="bevindingen", en="findings"),
    "kind": Text(nl="soort", en="kind"),
    "line": Text(nl="regel", en="line"),
    "matrix": both("matrix"),
    "MedMij qualification": Text(nl="MedMij-kwalificatie", en="MedMij qualification"),
    "navigation": Text(nl="navigatie", en="navigation"),
    "next step": Text(nl="volgende stap", en="next step"),
    "not tested": Text(nl="niet getoetst", en="not tested"),
    "official script": Text(nl="officieel script", en="official script"),
    "participants": Text(nl="deelnemers", en="participants"),
    "per PGO": both("per PGO"),
    "place": Text(nl="plaats", en="place"),
    "qualification report": Text(nl="kwalificatierapport", en="qualification report"),
    "reason": Text(nl="reden", en="reason"),
    "received": Text(nl="gekregen", en="received"),
    "report": Text(nl="rapport", en="report"),
    "report of": Text(nl="rapport van", en="report of"),
    "request": Text(nl="verzoek", en="request"),
    "requirement": Text(nl="eis", en="requirement"),
    "requirements": Text(nl="eisen", en="requirements"),
    "response": Text(nl="antwoord", en="response"),
    "role": Text(nl="rol", en="role"),
    "run": both("run"),
    "side": Text(nl="kant", en="side"),
    "skip": Text(nl="naar de inhoud", en="skip to content"),
    "source": Text(nl="bron", en="source"),
    "standard": Text(nl="standaard", en="standard"),
    "standards": Text(nl="standaarden", en="standards"),
    "strength": Text(nl="sterkte", en="strength"),
    "vendor": Text(nl="leverancier", en="vendor"),
    "verdict": Text(nl="oordeel", en="verdict"),
    "version": Text(nl="versie", en="version"),
    "what was tested": Text(nl="wat is getoetst", en="what was tested"),
    "where": Text(nl="waar", en="where"),
    # sentences
    "all tested": Text(
        nl="Alle eisen van deze standaarden zijn getoetst.",
        en="All requirements of these standards were tested.",
    ),
    "matrix caption": Text(
        nl="Slechtste oordeel per cel en het aantal eisen per oordeel. Elke cel linkt naar het bewijs.",
        en="Worst verdict per cell and the number of requirements per verdict. Each cell links to evidence.",
    ),
    "no findings": Text(nl="Geen bevindingen.", en="No findings."),
    "nothing found": Text(
        nl="Geen bevindingen: alles wat is getoetst, is geslaagd of niet van toepassing.",
        en="No findings: everything that was tested passed or does not apply.",
    ),
    "recompute": Text(
        nl="De oordelen zijn opnieuw te berekenen met", en="The verdicts can be recomputed with"
    ),
    "requirements caption": Text(
        nl="Slechtste oordeel over alle PGO's; de basiseis is die van het OPEN-programma.",
        en="Worst verdict over all PGOs; the basic requirement is that of the OPEN programme.",
    ),
    "tags": Text(
        nl="Geheimen en persoonsgegevens zijn vervangen door labels; gelijke waarden hebben gelijke labels.",
        en="Secrets and personal data are replaced by tags; equal values have equal tags.",
    ),
}


def word(name: str, lang: Lang) -> str:
    """A word or sentence of the reports by its English name, in lower case unless it is a sentence.

    :raises KeyError: no such word.
    """
    return _WORDS[name].of(lang)


def title(name: str, lang: Lang) -> str:
    """A word with a capital, for headings and columns."""
    found = word(name, lang)
    return found[0].upper() + found[1:]


def amount(number: int, noun: str) -> Text:
    """A number with its noun: ``1 cel``, ``2 cellen``.

    :raises KeyError: no such noun.
    """
    one, many = _NOUNS[noun]
    chosen = one if number == 1 else many
    return Text(nl=f"{number} {chosen.nl}", en=f"{number} {chosen.en}")


def more_findings(number: int) -> Text:
    """How many findings are not shown in this place."""
    told = amount(number, "finding")
    return Text(nl=f"nog {told.nl} in het rapport", en=f"another {told.en} in the report")


def no_problems(checks: int) -> Text:
    """The doctor found nothing."""
    told = amount(checks, "check")
    return Text(nl=f"geen problemen, {told.nl} in orde", en=f"no problems, {told.en} in order")


def headline(
    product: str, scope: Text, outcome: Outcome, *, passed: int, failed: int, undecided: int
) -> Text:
    """One sentence about a product that a reader may quote.

    :param scope: what was asked (:func:`scope`).
    :param passed: MUST requirements over all cells that passed; ``failed`` that failed; ``undecided`` without
        a verdict.
    """
    if outcome == "undecided":
        open_ = amount(undecided, "requirement")
        already = Text(nl=f" Wel al gefaald: {failed}.", en=f" Already failed: {failed}.")
        also = already if failed else both("")
        return Text(
            nl=f"Geen oordeel over {product}: {open_.nl} niet beslist ({scope.nl}).{also.nl}",
            en=f"No verdict on {product}: {open_.en} undecided ({scope.en}).{also.en}",
        )
    if outcome == "fail":
        total = amount(passed + failed, "requirement")
        fails = Text(nl="faalt", en="fails") if failed == 1 else Text(nl="falen", en="fail")
        return Text(
            nl=f"{product} voldoet niet: {failed} van {total.nl} {fails.nl} ({scope.nl}).",
            en=f"{product} does not conform: {failed} of {total.en} {fails.en} ({scope.en}).",
        )
    tested = amount(passed, "tested")
    return Text(
        nl=f"{product} voldoet aan alle {tested.nl} ({scope.nl}).",
        en=f"{product} meets all {tested.en} ({scope.en}).",
    )


def scope(standards: str, releases: str, pgos: int) -> Text:
    """What a headline is about."""
    told = amount(pgos, "pgo")
    return Text(
        nl=f"{standards} in {releases}, met {told.nl}", en=f"{standards} in {releases}, with {told.en}"
    )
