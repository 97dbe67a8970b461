"""The words of the matrix and of the cell pages in Dutch and English."""

from __future__ import annotations

from harness.core.text import Text, both

PAGES: dict[str, Text] = {
    "HIS with DVZA": Text(nl="HIS met DVZA", en="HIS with DVZA"),
    "last run": Text(nl="vorige run", en="last run"),
    "this run": Text(nl="deze run", en="this run"),
    "since the last run": Text(nl="sinds de vorige run", en="since the last run"),
    "last run as it stands": Text(
        nl="De vorige run is gelezen zoals hij er ligt, niet opnieuw beoordeeld. Een eis van een partij telt "
        "één keer, in hoeveel cellen zij ook staat.",
        en="The last run was read as it stands, and not judged again. A requirement of a party counts once, "
        "in however many cells it stands.",
    ),
    "nothing changed": Text(nl="Er is niets veranderd.", en="Nothing changed."),
    "what": Text(nl="wat", en="what"),
    "all": Text(nl="alle", en="all"),
    "all combinations of": Text(nl="alle combinaties van", en="all combinations of"),
    "causes": Text(nl="oorzaken", en="causes"),
    "causes caption": Text(
        nl="Wat hetzelfde zegt staat bij elkaar; de pagina van een partij toont alles over haar.",
        en="What says the same stands together; the page of a party shows everything about it.",
    ),
    "choose a message": Text(nl="Kies een bericht.", en="Choose a message."),
    "clear filter": Text(nl="wis filter", en="clear filter"),
    "copied": Text(nl="gekopieerd", en="copied"),
    "copy as curl": Text(nl="Kopieer als curl", en="Copy as curl"),
    "body": Text(nl="Inhoud", en="Body"),
    "fewer": Text(nl="alleen wat aandacht vraagt", en="only what asks for attention"),
    "filter": both("filter"),
    "lines": Text(nl="regels", en="lines"),
    "lines left out": Text(nl="regels weggelaten", en="lines left out"),
    "matrix keys": Text(
        nl="Wijs een vak aan, of loop er met de pijltjes langs; Enter opent het bewijs.",
        en="Point at a cell, or walk with the arrows; Enter opens the evidence.",
    ),
    "message": Text(nl="bericht", en="message"),
    "met or not applicable": Text(nl="voldaan of niet van toepassing", en="met or not applicable"),
    "next": Text(nl="volgende", en="next"),
    "no answer": Text(nl="geen antwoord", en="no answer"),
    "not met per PGO": Text(nl="niet voldaan per PGO", en="not met per PGO"),
    "not readable": Text(
        nl="Het bestand met de berichten naast deze pagina is niet te lezen.",
        en="The file with the messages beside this page cannot be read.",
    ),
    "only evidence": Text(nl="alleen bewijs", en="only evidence"),
    "only failures": Text(nl="alleen fouten en geen antwoord", en="only errors and no answer"),
    "open one": Text(nl="openen", en="open"),
    "only open": Text(nl="Alleen wat nog aandacht vraagt", en="Only what still asks for attention"),
    "pair": Text(nl="combinatie", en="combination"),
    "pairs": Text(nl="combinaties", en="combinations"),
    "party": Text(nl="partij", en="party"),
    "previous": Text(nl="vorige", en="previous"),
    "search messages": Text(nl="zoek in berichten", en="search messages"),
    "shared caption": Text(
        nl="Na ⇄: in een andere cel gevonden, en het geldt ook hier.",
        en="After ⇄: found in another cell, and it holds here too.",
    ),
    "side in the matrix": Text(nl="HIS, DVZA, PGO: bij wie het ligt", en="HIS, DVZA, PGO: with whom it lies"),
    "through": Text(nl="via", en="through"),
    "total": Text(nl="totaal", en="total"),
}
