"""The words of every report in Dutch and English: verdicts, states, sides, labels, plurals.

Console, pages, Allure and doctor take their words here, so that one thing has one name everywhere.
"""

from __future__ import annotations

from harness.core.algebra import State, Tally
from harness.core.text import Lang, Text, both
from harness.core.verdicts import Blame, Verdict
from harness.judge.evidence.assigned import Reason
from harness.judge.outcome.progress import Progress
from harness.report.pages.texts import PAGES

VERDICT: dict[Verdict, Text] = {
    Verdict.PASS: Text(nl="voldaan", en="met"),
    Verdict.FAIL: Text(nl="niet voldaan", en="not met"),
    Verdict.WARNING: Text(nl="voldaan, met opmerking", en="met, with a remark"),
    Verdict.NOT_APPLICABLE: Text(nl="niet van toepassing", en="not applicable"),
    Verdict.INCONCLUSIVE: Text(nl="niet beslist", en="undecided"),
    Verdict.DISPUTED: Text(nl="betwist", en="disputed"),
    Verdict.NOT_TESTED: Text(nl="niet getoetst", en="not tested"),
    Verdict.ERROR: Text(nl="fout", en="error"),
}
FOUND: dict[Verdict, Text] = VERDICT | {Verdict.WARNING: Text(nl="opmerking", en="remark")}
"""What a single finding is called: a remark says what could be better, not that something is met."""
SYMBOL: dict[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.WARNING: "!",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.INCONCLUSIVE: "?",
    Verdict.DISPUTED: "≠",
    Verdict.NOT_TESTED: "○",
    Verdict.ERROR: "E",
}
LOOK: dict[Verdict, str] = {
    Verdict.FAIL: "f",
    Verdict.ERROR: "e",
    Verdict.INCONCLUSIVE: "o",
    Verdict.DISPUTED: "d",
    Verdict.NOT_TESTED: "n",
    Verdict.WARNING: "w",
    Verdict.PASS: "p",
    Verdict.NOT_APPLICABLE: "x",
}
"""How a verdict looks on pages: its class in the style sheet."""
WAIVED: str = "i"
"""How looks what may stay for now."""
PROGRESS: dict[Progress, Text] = {
    Progress.PLANNED: Text(nl="gepland", en="planned"),
    Progress.BLOCKED: Text(nl="geblokkeerd", en="blocked"),
    Progress.ABORTED: Text(nl="afgebroken", en="aborted"),
}
PROGRESS_SYMBOL: dict[Progress, str] = {Progress.PLANNED: "·", Progress.BLOCKED: "▮", Progress.ABORTED: "↯"}
PROGRESS_LOOK: dict[Progress, str] = {Progress.PLANNED: "l", Progress.BLOCKED: "k", Progress.ABORTED: "a"}
"""How a cell looks of which no more can be said than how far it came."""
SHARED: str = "⇄"
"""Before what was found in another cell and holds for this one too."""
LIKE: dict[State, Verdict] = {
    State.MET: Verdict.PASS,
    State.NOT_MET: Verdict.FAIL,
    State.UNDECIDED: Verdict.INCONCLUSIVE,
    State.DISPUTED: Verdict.DISPUTED,
    State.NOT_TESTED: Verdict.NOT_TESTED,
    State.NOT_APPLICABLE: Verdict.NOT_APPLICABLE,
}
"""The verdict that looks and reads like a state; a waived requirement is like none."""
STATE: dict[State, Text] = {state: VERDICT[verdict] for state, verdict in LIKE.items()} | {
    State.WAIVED: Text(nl="ontheffing", en="waived")
}
STATE_SYMBOL: dict[State, str] = {state: SYMBOL[verdict] for state, verdict in LIKE.items()} | {
    State.WAIVED: "◇"
}
KIND: dict[str, Text] = {
    "live": Text(nl="echt", en="live"),
    "twin": Text(nl="nagebootst", en="simulated"),
    "recording": Text(nl="opname", en="recorded"),
}
"""What takes part: the product itself, our stand-in, or what was recorded of it."""
ORIGIN: dict[str, Text] = {
    "bureau": Text(nl="van het programmabureau", en="of the programme office"),
    "official": Text(nl="officieel", en="official"),
    "own": Text(
        nl="van de harness zelf of het netwerkbestand", en="of the harness itself or the network file"
    ),
    "vendor": Text(nl="van de leverancier", en="of the vendor"),
    "draft": Text(nl="concept", en="draft"),
    "": Text(nl="ontbreekt", en="none"),
}
"""Where the record comes from that answers are compared with."""
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

WHY_UNASSIGNED: dict[Reason, Text] = {
    Reason.NO_PARTY: Text(
        nl="van niemand die het netwerkbestand kent; klopt het clientcertificaat of client_id?",
        en="of nobody that the network file knows; is the client certificate or client_id right?",
    ),
    Reason.NO_FLOW: Text(
        nl="hoort bij geen login, code, token of aanbieder die gezien is",
        en="belongs to no login, code, token or provider that was seen",
    ),
    Reason.UNKNOWN_ADDRESS: Text(
        nl="op dit adres wordt niets aangeboden", en="nothing is offered at this address"
    ),
    Reason.FOREIGN: Text(
        nl="vragen browsers en bewaking aan iedere host", en="asked of any host by browsers and monitors"
    ),
    Reason.BEFORE_SESSION: Text(nl="van voor de sessie", en="from before the session"),
    Reason.AFTER_SESSION: Text(nl="van na de sessie", en="from after the session"),
    Reason.OTHER_PROVIDER: Text(
        nl="bij een andere zorgaanbieder dan die van de sessie",
        en="at another provider than that of the session",
    ),
    Reason.OTHER_STANDARD: Text(
        nl="voor een andere standaard dan die van de sessie",
        en="for another standard than that of the session",
    ),
    Reason.OTHER_RELEASE: Text(
        nl="in een andere release dan die van de sessie", en="in another release than that of the session"
    ),
    Reason.OTHER_CERTIFICATE: Text(
        nl="met een ander certificaat dan dat van de sessie",
        en="with another certificate than that of the session",
    ),
    Reason.OTHER_CLIENT: Text(
        nl="client_id en redirect_uri zijn van verschillende PGO's",
        en="client_id and redirect_uri are of different PGOs",
    ),
    Reason.ENDED: Text(
        nl="door ons afgebroken omdat een budget op was",
        en="ended by us because a budget was used up",
    ),
    Reason.NOT_ASKED: Text(
        nl="geen van de gevraagde eisen gaat hierover, of kon ernaar kijken",
        en="none of the requirements that were asked is about it, or could look at it",
    ),
}
"""Why an exchange ends in no finding."""

_NOUNS: dict[str, tuple[Text, Text]] = {
    "requirement": (
        Text(nl="verplichte eis", en="mandatory requirement"),
        Text(nl="verplichte eisen", en="mandatory requirements"),
    ),
    "any requirement": (Text(nl="eis", en="requirement"), Text(nl="eisen", en="requirements")),
    "his": (both("HIS"), Text(nl="HIS'en", en="HISs")),
    "dvza": (both("DVZA"), Text(nl="DVZA's", en="DVZAs")),
    "pgo": (both("PGO"), Text(nl="PGO's", en="PGOs")),
    "release": (both("release"), both("releases")),
    "run": (both("run"), both("runs")),
    "file": (Text(nl="bestand", en="file"), Text(nl="bestanden", en="files")),
    "cell": (Text(nl="cel", en="cell"), Text(nl="cellen", en="cells")),
    "time": (Text(nl="keer", en="time"), Text(nl="keer", en="times")),
    "problem": (Text(nl="probleem", en="problem"), Text(nl="problemen", en="problems")),
    "check": (Text(nl="controle", en="check"), Text(nl="controles", en="checks")),
    "exchange": (Text(nl="bericht", en="message"), Text(nl="berichten", en="messages")),
    "flow": (Text(nl="stroom", en="flow"), Text(nl="stromen", en="flows")),
    "person": (Text(nl="testpersoon", en="test person"), Text(nl="testpersonen", en="test persons")),
    "finding": (Text(nl="bevinding", en="finding"), Text(nl="bevindingen", en="findings")),
    "waiver": (Text(nl="ontheffing", en="waiver"), Text(nl="ontheffingen", en="waivers")),
    "review": (Text(nl="beoordeling", en="review"), Text(nl="beoordelingen", en="reviews")),
}

_WORDS: dict[str, Text] = {
    "all asked": Text(
        nl="Alles wat voor deze partij in de catalogus staat is gevraagd.",
        en="Everything that the catalogue has for this party was asked.",
    ),
    "all combinations": Text(
        nl="alle combinaties: HIS × DVZA × PGO", en="all combinations: HIS × DVZA × PGO"
    ),
    "also at": Text(nl="ook op", en="also at"),
    "basic requirement": Text(nl="basiseis", en="basic requirement"),
    "basic requirements caption": Text(
        nl="Alleen eisen aan HIS en DVZA beslissen; over een basiseis die een bewijsstuk vraagt oordeelt een "
        "mens.",
        en="Only requirements of HIS and DVZA decide; a basic requirement that needs a proof is judged by a "
        "person.",
    ),
    "basic requirements": Text(
        nl="basiseisen van het OPEN-programma", en="basic requirements of the OPEN programme"
    ),
    "care provider": Text(nl="zorgaanbieder", en="care provider"),
    "catalogue": Text(nl="catalogus", en="catalogue"),
    "cells": Text(nl="cellen", en="cells"),
    "change": Text(nl="wijzig", en="change"),
    "combination caption": Text(
        nl="Wat in elke cel over deze partij is geoordeeld; fouten van andere partijen staan hier niet bij. "
        "Na ⇄: in een andere cel gevonden, en het geldt ook hier.",
        en="What each cell says about this party; faults of other parties are not in it. After ⇄: found in "
        "another cell, and it holds here too.",
    ),
    "class": Text(nl="klasse", en="class"),
    "classes": Text(
        nl="A: automatisch; S: met een beoordeeld bewijs; M: oordeel van een mens.",
        en="A: automatic; S: with a reviewed proof; M: judged by a person.",
    ),
    "column": Text(nl="kolom", en="column"),
    "consent": Text(nl="toestemming", en="consent"),
    "consent advice": Text(
        nl="ja, tenzij hieronder iets anders staat; langdurig alleen bij het token dat snel verloopt",
        en="yes, unless it says otherwise below; long-term only with the token that expires soon",
    ),
    "count": Text(nl="aantal", en="count"),
    "data": Text(nl="gegevens", en="data"),
    "decided by": Text(nl="beslist door", en="decided by"),
    "bureau": Text(nl="overzicht van het bureau", en="overview of the bureau"),
    "dossiers": Text(nl="dossiers", en="dossiers"),
    "refused": Text(nl="geweigerd", en="refused"),
    "nothing refused": Text(nl="Geen enkel dossier is geweigerd.", en="No dossier was refused."),
    "no dossiers": Text(nl="Er is geen dossier aanvaard.", en="No dossier was accepted."),
    "expiring": Text(nl="verloopt binnenkort", en="expires soon"),
    "nothing expires": Text(nl="Niets verloopt binnen 60 dagen.", en="Nothing expires within 60 days."),
    "valid until": Text(nl="geldig tot en met", en="valid through"),
    "over": Text(nl="verlopen", en="expired"),
    "regions": Text(nl="regio's", en="regions"),
    "region": Text(nl="regio", en="region"),
    "versions": Text(nl="versies", en="versions"),
    "tested on": Text(nl="getoetst op", en="tested on"),
    "missing": Text(nl="ontbreekt nog", en="still missing"),
    "handed in": Text(nl="ingeleverd", en="handed in"),
    "finished milestone": Text(nl="toets gehaald", en="passed the test"),
    "not signed": Text(nl="niet ondertekend", en="not signed"),
    "signed by": Text(nl="ondertekend door", en="signed by"),
    "decision": Text(
        nl="Besluit van het bureau: akkoord / akkoord met voorwaarden / niet akkoord.",
        en="Decision of the office: agreed / agreed with conditions / not agreed.",
    ),
    "detail": both("detail"),
    "evidence": Text(nl="bewijs", en="evidence"),
    "exchanges": Text(nl="berichten", en="exchanges"),
    "expected": Text(nl="verwacht", en="expected"),
    "findings": Text(nl="bevindingen", en="findings"),
    "findings by cause": Text(nl="bevindingen, per oorzaak", en="findings, by cause"),
    "findings elsewhere": Text(
        nl="bevindingen buiten de deelnemers (stelselnode)",
        en="findings outside the participants (stelselnode)",
    ),
    "first cause": Text(nl="eerste oorzaak", en="first cause"),
    "see above": Text(nl="zie boven", en="see above"),
    "for example": Text(nl="bijvoorbeeld", en="for example"),
    "identical": Text(
        nl="findings.json: byte voor byte gelijk aan wat de opname geeft",
        en="findings.json: identical, byte for byte, to what the recording gives",
    ),
    "kind": Text(nl="soort", en="kind"),
    "line": Text(nl="regel", en="line"),
    "log in as": Text(nl="inloggen als", en="log in as"),
    "matrix": both("matrix"),
    "must not be shown": Text(nl="mag niet te zien zijn", en="must not be shown"),
    "meaning": Text(nl="betekenis", en="meaning"),
    "MedMij qualification": Text(nl="MedMij-kwalificatie", en="MedMij qualification"),
    "name and date": Text(nl="naam, datum, handtekening", en="name, date, signature"),
    "navigation": Text(nl="navigatie", en="navigation"),
    "next step": Text(nl="volgende stap", en="next step"),
    "not asked": Text(nl="niet gevraagd", en="not asked"),
    "not in this run": Text(nl="niet in deze run", en="not in this run"),
    "not together": Text(
        nl="niet beoordeeld: een van beide is nagebootst", en="not judged: one of the two is simulated"
    ),
    "of": Text(nl="van", en="of"),
    "office": Text(nl="bureau", en="office"),
    "official script": Text(nl="officieel script", en="official script"),
    "open caption": Text(
        nl="Wat gevraagd is en niet beslist, per reden; de reden zegt wat te doen.",
        en="What was asked and not decided, by reason; the reason says what to do.",
    ),
    "no reference record for this": Text(
        nl="Van deze persoon is voor deze standaard geen referentiedossier.",
        en="This person has no reference record for this standard.",
    ),
    "nothing to sign": Text(nl="Geen oordeel: niet om te ondertekenen.", en="No verdict: not to be signed."),
    "number sign": both("nr."),
    "number": Text(nl="aantal", en="number"),
    "nothing open": Text(
        nl="Niets: alles wat gevraagd is, is beslist.", en="Nothing: everything that was asked is decided."
    ),
    "not assigned": Text(nl="niet toegewezen", en="not assigned"),
    "not assigned caption": Text(
        nl="Berichten die in geen bevinding eindigen, met de reden. Ze veranderen geen uitkomst.",
        en="Messages that end in no finding, with the reason. They change no outcome.",
    ),
    "outcome": Text(nl="uitkomst", en="outcome"),
    "participants": Text(nl="deelnemers", en="participants"),
    "page": Text(nl="pagina", en="page"),
    "partial run": Text(nl="deelrun", en="partial run"),
    "per combination": Text(nl="per combinatie", en="per combination"),
    "place": Text(nl="plaats", en="place"),
    "qualification report": Text(nl="kwalificatierapport", en="qualification report"),
    "reason and next step": Text(nl="reden en wat te doen", en="reason and what to do"),
    "reason": Text(nl="reden", en="reason"),
    "received": Text(nl="gekregen", en="received"),
    "rehearsal": Text(nl="oefening", en="rehearsal"),
    "rehearsal not signed": Text(nl="Oefening: niet om te ondertekenen.", en="Rehearsal: not to be signed."),
    "release": both("release"),
    "report": Text(nl="rapport", en="report"),
    "request": Text(nl="verzoek", en="request"),
    "requirement": Text(nl="eis", en="requirement"),
    "requirements": Text(nl="eisen", en="requirements"),
    "response": Text(nl="antwoord", en="response"),
    "role": Text(nl="rol", en="role"),
    "run": both("run"),
    "seen": Text(nl="gezien", en="seen"),
    "session": Text(nl="sessie", en="session"),
    "shown after an ordinary visit": Text(
        nl="Na een gewoon bezoek. Een bereik: wat boven het eerste getal uitkomt, mag.",
        en="After an ordinary visit. A range: what is above the first number may be shown.",
    ),
    "shared": Text(nl="gedeeld", en="shared"),
    "side": Text(nl="kant", en="side"),
    "signature": Text(nl="ondertekening", en="signature"),
    "signed by people": Text(
        nl="Leverancier en bureau ondertekenen de PDF van dit rapport: harness report.",
        en="Vendor and office sign the PDF of this report: harness report.",
    ),
    "skip": Text(nl="naar de inhoud", en="skip to content"),
    "source": Text(nl="bron", en="source"),
    "standard": Text(nl="standaard", en="standard"),
    "standards": Text(nl="standaarden", en="standards"),
    "state": Text(nl="toestand", en="state"),
    "strength": Text(nl="sterkte", en="strength"),
    "term": Text(nl="woord", en="term"),
    "terms": Text(nl="woorden", en="terms"),
    "tests behind it": Text(nl="de toetsen erachter", en="the tests behind it"),
    "together": Text(nl="samen", en="together"),
    "undecided and not tested": Text(nl="niet beslist en niet getoetst", en="undecided and not tested"),
    "vendor": Text(nl="leverancier", en="vendor"),
    "verdict": Text(nl="oordeel", en="verdict"),
    "version": Text(nl="versie", en="version"),
    "what the PGO shows": Text(nl="wat het PGO laat zien", en="what the PGO shows"),
    "what to do": Text(nl="wat te doen", en="what to do"),
    "where": Text(nl="waar", en="where"),
    # sentences
    "matrix caption": Text(
        nl="Een letter per standaard, met de toestand en aan wie het ligt; elke cel linkt naar het bewijs.",
        en="A letter per standard, with its state and with whom it lies; each cell links to the evidence.",
    ),
    "no findings": Text(nl="Geen bevindingen.", en="No findings."),
    "nothing found": Text(
        nl="Geen bevindingen: wat is getoetst, is voldaan of niet van toepassing.",
        en="No findings: what was tested is met or does not apply.",
    ),
    "recompute": Text(
        nl="De oordelen zijn opnieuw te berekenen met", en="The verdicts can be recomputed with"
    ),
    "requirements caption": Text(
        nl="De toestand over alle cellen, en hoe vaak een cel wat zei; de basiseis is die van OPEN.",
        en="The state over all cells, and how often a cell said what; the basic requirement is that of OPEN.",
    ),
    "as har": Text(nl="Als HAR:", en="As HAR:"),
    "messages by script": Text(
        nl="De overige berichten leest deze pagina met een script.",
        en="This page reads the other messages by script.",
    ),
    "tags": Text(
        nl="Geheimen en persoonsgegevens zijn vervangen door labels; gelijke waarden hebben gelijke labels.",
        en="Secrets and personal data are replaced by tags; equal values have equal tags.",
    ),
} | PAGES


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


def more(number: int) -> Text:
    """How many things are not listed in this place."""
    return Text(nl=f"nog {number}", en=f"{number} more")


def told(tally: Tally) -> Text:
    """How often a cell said what: ``4 voldaan, 1 geblokkeerd door een ander``."""
    parts = [(getattr(tally, name), word) for name, word in _COUNTERS.items() if getattr(tally, name)]
    return Text(
        nl=", ".join(f"{number} {word.nl}" for number, word in parts) or "–",
        en=", ".join(f"{number} {word.en}" for number, word in parts) or "–",
    )


_COUNTERS: dict[str, Text] = {
    "failed": VERDICT[Verdict.FAIL],
    "undecided": VERDICT[Verdict.INCONCLUSIVE],
    "blocked": Text(nl="geblokkeerd door een andere partij", en="blocked by another party"),
    "disputed": VERDICT[Verdict.DISPUTED],
    "not_tested": VERDICT[Verdict.NOT_TESTED],
    "waived": STATE[State.WAIVED],
    "passed": VERDICT[Verdict.PASS],
    "warned": VERDICT[Verdict.WARNING],
    "not_applicable": VERDICT[Verdict.NOT_APPLICABLE],
}
