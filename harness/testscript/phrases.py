"""Words in which scripts say what was asked and seen, in both languages.

Operators and paths stay as scripts have them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.core.text import Text

EMPTY: Final = Text(nl="leeg", en="empty")
EMPTY_RESULT: Final = Text(nl="leeg (niets voldoet)", en="empty (nothing matches)")
NO_BODY: Final = Text(nl="geen body", en="no body")
UNKNOWN_CONTENT: Final = Text(nl="onbekende inhoud", en="unknown content")
NOT_FHIR: Final = Text(
    nl="de body is geen FHIR maar {name}: {found}", en="body is not FHIR but {name}: {found}"
)
NO_TYPE: Final = Text(nl="er is geen resourcetype", en="it has no resource type")
NO_ID: Final = Text(nl="er is geen id", en="it has no id")
IN_LINE: Final = Text(
    nl="{reason} (regel {line}, kolom {column})", en="{reason} (line {line}, column {column})"
)
NO_RESOURCE: Final = Text(
    nl="de body is geen FHIR-resource: {reason}: {found}", en="body is not a FHIR resource: {reason}: {found}"
)
CONNECTION_FAILED: Final = Text(nl="verbinding mislukt", en="connection failed")
NOBODY_PLAYS: Final = Text(nl="niemand speelt de {actor}", en="nobody plays the {actor}")
TOO_LARGE: Final = Text(
    nl="size: het antwoord is groter dan {limit} bytes", en="size: response is larger than {limit} bytes"
)
TOO_SLOW: Final = Text(
    nl="timeout: het antwoord duurt langer dan {limit} s", en="timeout: response takes longer than {limit} s"
)
NOT_UNPACKED: Final = Text(
    nl="protocol: het antwoord kan niet worden uitgepakt: {why}",
    en="protocol: response cannot be decompressed: {why}",
)
NOT_HOSTED: Final = Text(
    nl="connect: {url} staat niet op onze server", en="connect: {url} is not hosted by our server"
)
A_RESPONSE: Final = Text(nl="een antwoord op {method} {url}", en="a response to {method} {url}")
SOURCE: Final = Text(nl="bron {name}: {problem}", en="source {name}: {problem}")
EXPECTED: Final = Text(nl="verwacht {what}", en="expected {what}")
RECEIVED: Final = Text(nl="gekregen {what}", en="received {what}")

# what a script asks

STATUS: Final = Text(nl="HTTP-status {operator} {wanted}", en="HTTP status {operator} {wanted}")
REDIRECT: Final = Text(nl="omleiding", en="redirect")
REDIRECT_TO: Final = Text(nl="omleiding naar {location}", en="redirect to {location}")
VARIABLE: Final = Text(nl="variabele {name} {operator} {wanted}", en="variable {name} {operator} {wanted}")
BY_A_PERSON: Final = Text(nl="wacht op het oordeel van een mens", en="waits for the judgement of a person")
HEADER_ABSENT: Final = Text(nl="header {name} ontbreekt", en="header {name} is absent")
CONTENT_TYPE: Final = Text(nl="contenttype {operator} {wanted}", en="content type {operator} {wanted}")
NO_CONTENT_TYPE: Final = Text(nl="geen contenttype", en="no content type")
METHOD: Final = Text(
    nl="methode van het verzoek {operator} {wanted}", en="request method {operator} {wanted}"
)
URL: Final = Text(nl="URL van het verzoek {operator} {wanted}", en="request URL {operator} {wanted}")
PARAMETER: Final = Text(
    nl="parameter {name} van het verzoek {operator} {wanted}",
    en="request parameter {name} {operator} {wanted}",
)
PARAMETER_ABSENT: Final = Text(nl="parameter {name} ontbreekt", en="parameter {name} is absent")
NOT_EVALUATED: Final = Text(
    nl="de expressie kan niet geëvalueerd worden: {why}", en="expression cannot be evaluated: {why}"
)
NOT_EMPTY: Final = Text(nl="{what} is niet leeg", en="{what} is not empty")
IS_EMPTY: Final = Text(nl="{what} is leeg", en="{what} is empty")
IS_TRUE: Final = Text(nl="{what} is waar", en="{what} is true")
SEVERAL: Final = Text(nl="{count} waarden: {found}", en="{count} values: {found}")
THAT_OF: Final = Text(nl="{what} {operator} die van {source}", en="{what} {operator} that of {source}")
AT_LEAST: Final = Text(nl="ten minste de inhoud van {source}", en="at least the content of {source}")
LOST: Final = Text(nl="{place} ontbreekt of is anders", en="{place} is absent or different")
LINKS: Final = Text(
    nl="links naar zichzelf en, als er meer treffers zijn, naar andere bladzijden",
    en="links to itself and, when there are more matches, to other pages",
)
NO_LINKS: Final = Text(nl="geen links", en="no links")
SOME_LINKS: Final = Text(
    nl="{shown} van {total} treffers, links: {links}", en="{shown} of {total} matches, links: {links}"
)
RESOURCE_TYPE: Final = Text(nl="resourcetype {operator} {wanted}", en="resource type {operator} {wanted}")
CONFORMS: Final = Text(
    nl="voldoet aan {canonical} en aan elk meta.profile",
    en="conforms to {canonical} and to each meta.profile",
)
ERRORS: Final = Text(
    nl="{count} fout(en); de eerste: {path}: {message}", en="{count} error(s); first: {path}: {message}"
)
SELF_LINK: Final = Text(nl="een self-link", en="a self link")
NO_SELF_LINK: Final = Text(nl="de Bundle heeft geen self-link", en="the Bundle has no self link")
ONE_TASK: Final = Text(nl="precies één Task in het antwoord", en="exactly one Task in the response")

# why an expression is not true

UNMET: Final = Text(nl="voldoet niet aan het criterium", en="does not meet the criterion")
UNWANTED: Final = Text(nl="hoort er niet te zijn", en="should not be there")
FIRST: Final = Text(
    nl="{count} item(s): het eerste, {place}, {what}", en="{count} item(s): the first, {place}, {what}"
)
INSTEAD: Final = Text(
    nl="{found} (in plaats van {operator} {wanted})", en="{found} (instead of {operator} {wanted})"
)

# what stands in the way

BEFORE_ASSERT: Final = Text(nl="een operatie vóór de assert", en="an operation before the assert")
NO_OPERATION: Final = Text(nl="er is nog geen operatie uitgevoerd", en="no operation was executed yet")
A_FEATURE: Final = Text(
    nl="een onderdeel dat de harness ondersteunt", en="a feature that the engine supports"
)
UNSUPPORTED: Final = Text(nl="niet ondersteund: {feature}", en="unsupported feature: {feature}")
NO_CRITERION: Final = Text(nl="assert zonder criterium", en="assert without criterion")
MORE_CRITERIA: Final = Text(nl="meer dan één criterium: {names}", en="more than one criterion: {names}")
NOT_DECLARED: Final = Text(nl="niet gedeclareerd", en="not declared")
RULE: Final = Text(nl="regel {name} ({path})", en="rule {name} ({path})")
MAPPER: Final = Text(nl="mapperfunctie {name}", en="mapper function {name}")
DIRECTION: Final = Text(nl="richting {name}", en="direction {name}")
PROFILE_ID: Final = Text(nl="profiel met id {name}", en="profile with id {name}")
NO_PROFILE: Final = Text(
    nl="het script declareert zo'n profiel niet", en="the script declares no such profile"
)
NO_REQUEST: Final = Text(nl="zo'n verzoek kwam niet", en="no such request")
AN_OPERATION: Final = Text(
    nl="een operatie die uitgevoerd kan worden", en="an operation that can be performed"
)
A_SCRIPT: Final = Text(nl="een script dat uitgevoerd kan worden", en="a script that can be executed")
A_VALUE: Final = Text(nl="een waarde", en="a value")
NO_RESULT: Final = Text(nl="leeg resultaat op '{source}'", en="empty result on '{source}'")


def one_of(options: Iterable[str]) -> Text:
    """What may be one of several.

    >>> one_of(["a", "b"]).nl
    'a of b'
    """
    given = list(options)
    return Text(nl=" of ".join(given), en=" or ".join(given))
