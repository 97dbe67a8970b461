"""Rule ids of the validator and their sentences for people, one place.

Invariants of the specification or of a profile have their own key as rule id (``per-1``, ``vs-2``).
``{name}`` and further fields are filled in with short literal fragments.
"""

from __future__ import annotations

from harness.core.text import Text

RULES: dict[str, Text] = {
    "fhir-unknown-element": Text(
        nl="element '{name}' bestaat niet in {where}", en="element '{name}' does not exist in {where}"
    ),
    "fhir-cardinality-min": Text(
        nl="verplicht element '{name}' ontbreekt", en="required element '{name}' is missing"
    ),
    "fhir-cardinality-max": Text(
        nl="element '{name}' komt te vaak voor", en="element '{name}' occurs too often"
    ),
    "fhir-not-allowed": Text(
        nl="element '{name}' is volgens het profiel niet toegestaan",
        en="element '{name}' is not allowed by the profile",
    ),
    "fhir-list": Text(nl="element '{name}' hoort een lijst te zijn", en="element '{name}' should be a list"),
    "fhir-scalar": Text(
        nl="element '{name}' hoort geen lijst te zijn", en="element '{name}' should not be a list"
    ),
    "fhir-type": Text(nl="de waarde heeft het verkeerde type", en="the value has the wrong type"),
    "fhir-choice": Text(
        nl="van '{name}' mag er maar één type voorkomen", en="only one type of '{name}' may occur"
    ),
    "fhir-choice-type": Text(
        nl="dit type is hier volgens het profiel niet toegestaan",
        en="the profile does not allow this type here",
    ),
    "fhir-empty": Text(nl="leeg: geen waarde en geen inhoud", en="empty: no value and no content"),
    "fhir-null": Text(nl="null is hier niet toegestaan", en="null is not allowed here"),
    "fhir-primitive-format": Text(
        nl="de waarde is geen geldige {name}", en="the value is not a valid {name}"
    ),
    "fhir-primitive-extension": Text(
        nl="'_{name}' past niet bij '{name}'", en="'_{name}' does not go with '{name}'"
    ),
    "fhir-resource-type": Text(
        nl="'{name}' is geen resourcetype van deze FHIR-versie",
        en="'{name}' is not a resource type of this FHIR version",
    ),
    "fhir-resource-type-expected": Text(
        nl="hier hoort een ander resourcetype", en="another resource type belongs here"
    ),
    "fhir-fixed": Text(nl="de waarde moet vast zijn", en="the value has to be the fixed one"),
    "fhir-pattern": Text(nl="de waarde past niet bij het patroon", en="the value does not match the pattern"),
    "fhir-range": Text(nl="de waarde valt buiten de grenzen", en="the value is out of range"),
    "fhir-length": Text(nl="de tekst is te lang", en="the text is too long"),
    "fhir-binding-required": Text(
        nl="de code staat niet in de verplichte waardelijst", en="the code is not in the required value set"
    ),
    "fhir-binding-missing-code": Text(
        nl="er is geen code uit de verplichte waardelijst", en="there is no code from the required value set"
    ),
    "fhir-binding-extensible": Text(
        nl="geen code uit de uitbreidbare waardelijst", en="no code from the extensible value set"
    ),
    "fhir-binding-not-checked": Text(
        nl="de code kan zonder het codestelsel niet gecontroleerd worden",
        en="the code cannot be checked without its code system",
    ),
    "fhir-code-unknown": Text(
        nl="deze code bestaat niet in het codestelsel", en="this code does not exist in the code system"
    ),
    "fhir-code-system-count": Text(
        nl="het aantal concepten klopt niet met wat het codestelsel zegt",
        en="the number of concepts is not what the code system says",
    ),
    "fhir-code-system-property": Text(
        nl="deze eigenschap staat niet in CodeSystem.property",
        en="this property is not declared in CodeSystem.property",
    ),
    "fhir-code-system-property-twice": Text(
        nl="deze eigenschap is al gedefinieerd", en="this property is defined already"
    ),
    "fhir-canonical-relative": Text(
        nl="dit adres in een definitie hoort absoluut te zijn",
        en="this address in a definition should be absolute",
    ),
    "fhir-definition-type": Text(
        nl="het profiel is van een ander type dan de definitie waarop het voortbouwt",
        en="the profile is of another type than the definition that it builds on",
    ),
    "fhir-definition-kind": Text(
        nl="het type dat wordt ingeperkt is van een andere soort (kind)",
        en="the type that is constrained is of another kind",
    ),
    "fhir-security-duplicate": Text(
        nl="dit beveiligingslabel komt vaker voor", en="this security label occurs more than once"
    ),
    "fhir-code-version": Text(
        nl="deze versie van het codestelsel is niet beschikbaar; de code is niet gecontroleerd",
        en="this version of the code system is not available; the code was not checked",
    ),
    "fhir-display": Text(
        nl="de omschrijving (display) hoort niet bij deze code", en="the display is not that of this code"
    ),
    "fhir-unit-unknown": Text(nl="UCUM kent deze eenheid niet", en="UCUM has no such unit"),
    "fhir-unit-annotation": Text(
        nl="UCUM staat deze annotatie niet toe; gangbare bibliotheken lezen haar wel",
        en="UCUM does not allow this annotation; libraries in use do read it",
    ),
    "fhir-system-relative": Text(
        nl="het stelsel (system) hoort een absolute URI te zijn", en="the system should be an absolute URI"
    ),
    "fhir-bsn": Text(
        nl="dit burgerservicenummer doorstaat de elfproef niet",
        en="this burgerservicenummer fails the eleven-test",
    ),
    "fhir-attachment-size": Text(
        nl="de grootte (size) klopt niet met de gegevens", en="the size is not that of the data"
    ),
    "fhir-attachment-hash": Text(
        nl="de hash klopt niet met de gegevens", en="the hash is not that of the data"
    ),
    "fhir-attachment-type": Text(
        nl="het contentType past niet bij de gegevens", en="the contentType does not fit the data"
    ),
    "fhir-id-duplicate": Text(
        nl="deze id heeft in deze resource al een ander element",
        en="another element of this resource has this id already",
    ),
    "fhir-coding-value-set": Text(
        nl="dit is de URL van een waardelijst, niet van een codestelsel",
        en="this is the URL of a value set, not of a code system",
    ),
    "fhir-invariant": Text(nl="regel {name} is geschonden", en="rule {name} is broken"),
    "fhir-invariant-not-checked": Text(
        nl="regel {name} kon niet geëvalueerd worden", en="rule {name} could not be evaluated"
    ),
    "fhir-package-defect": Text(
        nl="de definitie zelf bevat een fout en is hier niet gebruikt",
        en="the definition itself has a defect and was not used here",
    ),
    "fhir-profile-unknown": Text(
        nl="dit profiel is niet beschikbaar en dus niet gecontroleerd",
        en="this profile is not available and so was not checked",
    ),
    "fhir-profile-version": Text(
        nl="deze versie van het profiel is niet beschikbaar en dus niet gecontroleerd",
        en="this version of the profile is not available and so was not checked",
    ),
    "fhir-profile-type": Text(
        nl="het profiel is voor een ander resourcetype", en="the profile is for another resource type"
    ),
    "fhir-extension-unknown": Text(
        nl="deze extensie is niet bekend en dus niet gecontroleerd",
        en="this extension is not known and so was not checked",
    ),
    "fhir-extension-modifier-unknown": Text(
        nl="modifierExtension zonder bekende definitie: de betekenis van de resource is niet gecontroleerd",
        en="modifierExtension without a known definition: the meaning of the resource was not checked",
    ),
    "fhir-extension-context-not-checked": Text(
        nl="of deze extensie hier mag staan kon niet bepaald worden",
        en="whether this extension may stand here could not be decided",
    ),
    "fhir-extension-part": Text(
        nl="deze deelextensie hoort niet bij de extensie", en="this part does not belong to the extension"
    ),
    "fhir-extension-url": Text(
        nl="de url van een extensie hoort absoluut te zijn", en="the url of an extension should be absolute"
    ),
    "fhir-extension-context": Text(
        nl="deze extensie mag hier niet staan", en="this extension may not stand here"
    ),
    "fhir-extension-modifier": Text(
        nl="de extensie staat in het verkeerde element", en="the extension stands in the wrong element"
    ),
    "fhir-slice-min": Text(nl="onderdeel (slice) '{name}' ontbreekt", en="slice '{name}' is missing"),
    "fhir-slice-max": Text(
        nl="onderdeel (slice) '{name}' komt te vaak voor", en="slice '{name}' occurs too often"
    ),
    "fhir-slice-closed": Text(
        nl="dit item hoort bij geen enkel toegestaan onderdeel (slice)",
        en="this item belongs to none of the allowed slices",
    ),
    "fhir-slice-order": Text(
        nl="de onderdelen (slices) staan niet in volgorde", en="the slices are out of order"
    ),
    "fhir-slice-not-checked": Text(
        nl="onderdeel (slice) '{name}' kon niet herkend worden", en="slice '{name}' could not be recognised"
    ),
    "fhir-reference-type": Text(
        nl="de verwijzing wijst naar een verkeerd resourcetype",
        en="the reference points to a wrong resource type",
    ),
    "fhir-reference-profile": Text(
        nl="de resource waarnaar verwezen wordt voldoet aan geen van de gevraagde profielen",
        en="the referenced resource conforms to none of the profiles asked for",
    ),
    "fhir-reference-unresolved": Text(
        nl="de verwijzing wijst nergens naar", en="the reference points to nothing"
    ),
    "fhir-reference-format": Text(nl="de verwijzing is ongeldig", en="the reference is invalid"),
    "fhir-reference-aggregation": Text(
        nl="de resource waarnaar verwezen wordt staat op de verkeerde plaats",
        en="the referenced resource stands in the wrong place",
    ),
    "fhir-contained-unused": Text(
        nl="naar deze contained resource wordt niet verwezen", en="nothing refers to this contained resource"
    ),
    "fhir-questionnaire-not-checked": Text(
        nl="de vragenlijst is niet beschikbaar; de antwoorden zijn niet gecontroleerd",
        en="the Questionnaire is not available; the answers were not checked",
    ),
    "fhir-answer-unknown": Text(
        nl="de vragenlijst heeft deze vraag hier niet", en="the Questionnaire does not have this item here"
    ),
    "fhir-answer-order": Text(
        nl="de antwoorden staan niet in de volgorde van de vragenlijst",
        en="the answers are not in the order of the Questionnaire",
    ),
    "fhir-answer-repeat": Text(
        nl="deze vraag mag maar één keer beantwoord worden", en="this item may be answered only once"
    ),
    "fhir-answer-disabled": Text(
        nl="deze vraag werd niet gesteld (enableWhen), maar heeft een antwoord",
        en="this item was not asked (enableWhen), but has an answer",
    ),
    "fhir-answer-group": Text(
        nl="antwoord en onderliggende vragen staan op de verkeerde plaats",
        en="answer and nested items stand in the wrong place",
    ),
    "fhir-answer-missing": Text(nl="een verplicht antwoord ontbreekt", en="a required answer is missing"),
    "fhir-answer-type": Text(nl="het antwoord heeft het verkeerde type", en="the answer has the wrong type"),
    "fhir-answer-option": Text(
        nl="het antwoord is geen van de antwoordmogelijkheden", en="the answer is none of the options"
    ),
    "fhir-length-min": Text(nl="de tekst is te kort", en="the text is too short"),
    "fhir-xhtml": Text(
        nl="de tekst (xhtml) is niet veilig of ongeldig", en="the text (xhtml) is unsafe or invalid"
    ),
    "fhir-bundle-fullurl": Text(
        nl="fullUrl en resource.id spreken elkaar tegen", en="fullUrl and resource.id contradict each other"
    ),
    "fhir-bundle-unresolved": Text(
        nl="de resource waarnaar verwezen wordt zit niet in de Bundle",
        en="the referenced resource is not in the Bundle",
    ),
    "fhir-reference-ambiguous": Text(
        nl="meer dan één item van de Bundle beantwoordt aan deze verwijzing",
        en="more than one entry of the Bundle answers to this reference",
    ),
    "fhir-document-date": Text(nl="het document heeft geen datum", en="the document has no date"),
    "fhir-bundle-first-entry": Text(
        nl="het eerste item heeft het verkeerde resourcetype",
        en="the first entry has the wrong resource type",
    ),
    "fhir-depth": Text(nl="het document is te diep genest", en="the document is nested too deeply"),
    "fhir-limit": Text(
        nl="er zijn meer bevindingen; de controle is hier gestopt",
        en="there are more findings; checking stopped here",
    ),
}
"""Message per rule id."""


def sentence(rule: str, name: str = "", where: str = "") -> Text:
    """The message of a rule with its fields filled in."""
    text = RULES[rule]
    if not name and not where:
        return text
    return Text(
        nl=text.nl.replace("{name}", name).replace("{where}", where),
        en=text.en.replace("{name}", name).replace("{where}", where),
    )
