"""Words that several judges say of what was asked and seen, in both languages and the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.core.run.exchanges import Exchange, Fact, failure
from harness.core.text import Phrase, Text, counted, joined

ABSENT: Final = Text(nl="afwezig", en="absent")
NO_VALUE: Final = Text(nl="(afwezig)", en="(absent)")
PRESENT: Final = Text(nl="aanwezig", en="present")
NONE: Final = Text(nl="geen", en="none")
MISSING: Final = Text(nl="ontbreekt", en="missing")
ACCEPTED: Final = Text(nl="aanvaard", en="accepted")
REFUSED: Final = Text(nl="geweigerd", en="refused")
NO_RESPONSE: Final = Text(nl="geen antwoord", en="no response")
NO_FHIR: Final = Text(nl="geen FHIR-resource", en="no FHIR resource")
NO_CONTENT_TYPE: Final = Text(nl="geen Content-Type", en="no Content-Type")
NO_STATUS: Final = Text(nl="geen status", en="no status")
NO_CATEGORY: Final = Text(nl="geen categorie", en="no category")

A_PAGE: Final = Text(nl="een pagina", en="a page")
A_CODE: Final = Text(nl="een code", en="a code")
NO_CODE: Final = Text(nl="geen code", en="no code")
A_TOKEN: Final = Text(nl="een toegangstoken", en="a token")
NO_TOKEN: Final = Text(nl="geen toegangstoken", en="no token")
A_REFRESH_TOKEN: Final = Text(nl="een verversingstoken", en="a refresh token")
A_TOKEN_REQUEST: Final = Text(nl="een tokenverzoek", en="a token request")
NO_TOKEN_REQUEST: Final = Text(nl="geen tokenverzoek", en="no token request")
A_NEW_VALUE: Final = Text(nl="een nieuwe waarde", en="a new value")
A_NEW_UUID: Final = Text(nl="een nieuwe UUID", en="a new UUID")
A_CERTIFICATE: Final = Text(nl="een clientcertificaat", en="a client certificate")
ABORTED: Final = Text(
    nl="verbinding verbroken voordat de code wordt verstuurd",
    en="connection aborted before the code is sent",
)
DATA: Final = Text(nl="gegevens", en="data")
NO_DATA: Final = Text(nl="geen gegevens", en="no data")
OF_ANOTHER: Final = Text(nl="gegevens van een ander", en="data of another person")
NOTHING_OF_ANOTHER: Final = Text(nl="niets van een ander", en="nothing of another person")
NOT_IN_ANSWER: Final = Text(nl="niet in het antwoord", en="not in the answer")
A_BSN: Final = Text(nl="een BSN", en="a BSN")
NO_BSN: Final = Text(nl="geen BSN", en="no BSN")
TIMES_REFUSED: Final = Text(nl="{number}x geweigerd", en="{number}x refused")

CODES: Final = (Text(nl="code", en="code"), Text(nl="codes", en="codes"))
_CHARACTERS: Final = (Text(nl="teken", en="character"), Text(nl="tekens", en="characters"))
_BITS: Final = (Text(nl="bit", en="bit"), Text(nl="bits", en="bits"))

MATCHES: Final = (Text(nl="treffer", en="match"), Text(nl="treffers", en="matches"))
PAGES: Final = (Text(nl="bladzijde", en="page"), Text(nl="bladzijden", en="pages"))

SECRETS: Final = {
    "code": Text(nl="code", en="code"),
    "token": Text(nl="toegangstoken", en="token"),
    "refresh": Text(nl="verversingstoken", en="refresh"),
}
"""What the recorder's kinds of secrets are called."""


def ending(item: Exchange) -> Phrase:
    """The status of an answer, else why there is none."""
    return str(item.response.status) if item.response is not None else failure(item.error)


def no(names: Iterable[str]) -> Text:
    """What is not there."""
    listed = ", ".join(names)
    return Text(nl=f"geen {listed}", en=f"no {listed}")


def strength(fact: Fact) -> Phrase:
    """How long and how free a value is."""
    return joined(counted(fact.length, *_CHARACTERS), counted(fact.entropy_bits, *_BITS), separator=", ")


def as_in(exchange: str) -> Text:
    """The same as another exchange has.

    :param exchange: its id.
    """
    return Text(nl=f"als in {exchange}", en=f"as in {exchange}")
