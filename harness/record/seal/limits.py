"""What a seal cannot prove: printed by everything that says that a seal is right."""

from __future__ import annotations

from typing import Final

from harness.core.text import Text

UNSEALED: Final = Text(
    nl="Deze map is niet ondertekend. Een keten en een manifest zonder handtekening tonen schade en "
    "vergissingen, maar iedereen kan ze opnieuw uitrekenen: ze bewijzen niets tegen opzet.",
    en="This folder is not signed. A chain and a manifest without a signature show damage and mistakes, but "
    "anybody can compute them again: they prove nothing against intent.",
)
"""Said of a folder that is whole but has no seal."""

CANNOT_PROVE: Final[tuple[Text, ...]] = (
    Text(
        nl="dat het HIS het product en de versie was die het zei te zijn: de leverancier gaf dat op",
        en="that the HIS was the product and version that it said it was: the supplier declared that",
    ),
    Text(
        nl="dat de antwoorden van een werkend systeem kwamen en niet van een vervanger",
        en="that the answers came from a live system and not from a stand-in",
    ),
    Text(
        nl="dat dit de enige run was: van meer runs kan de beste zijn gekozen",
        en="that this was the only run: of several, the best one may have been chosen",
    ),
    Text(
        nl="dat de klok gelijk liep: dat kan alleen een tijdstempel van een derde",
        en="that the clock was right: only a time stamp of a third party can do that",
    ),
    Text(
        nl="dat gemaskeerde waarden waren wat de feiten erover zeggen",
        en="that masked values were what the facts say of them",
    ),
    Text(nl="dat de harness niet was aangepast", en="that the harness was not modified"),
    Text(
        nl="dat de ondertekenaar bevoegd was, buiten wat het register van sleutels zegt",
        en="that the signer was entitled, beyond what the register of keys says",
    ),
)
"""The seven things, in the order in which they are printed; a live spot check answers 1, 2 and 5 in part."""

SUPPLIERS_WORDS: Final = Text(
    nl="Wie in ontheffingen en verklaringen staat als akkoord of beoordelaar, heeft de leverancier zelf "
    "opgeschreven: vraag het na bij wie genoemd is.",
    en="Who stands in waivers and attestations as approver or reviewer was written down by the supplier: ask "
    "those who are named.",
)
"""Said of a dossier, whose waivers and reviews nobody but the supplier signed."""
NOT_COUNTERSIGNED: Final = Text(
    nl="Nog niet tegengetekend door een bureau: {waivers} en {reviews}; tot dan geen oordeel.",
    en="Not countersigned by a bureau yet: {waivers} and {reviews}; no verdict until then.",
)
COUNTERSIGNED: Final = Text(
    nl="Tegengetekend op {at} door {by} ({trusted}): {waivers} en {reviews}.",
    en="Countersigned {at} by {by} ({trusted}): {waivers} and {reviews}.",
)

CANNOT_PROVE_HEADING: Final = Text(nl="Een zegel kan niet bewijzen:", en="A seal cannot prove:")
SPOT_CHECK: Final = Text(
    nl="Een steekproef op het werkende systeem beantwoordt 1, 2 en 5 voor een deel.",
    en="A spot check on the live system answers 1, 2 and 5 in part.",
)
