"""What a DVZA issues: codes and tokens that cannot be guessed, in their own place, for what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness.core.run.exchanges import Exchange, header
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.phrases import A_REFRESH_TOKEN, SECRETS
from harness.judge.registry import judge
from harness.judge.trust.refusals.findings import refusals
from harness.judge.trust.steps import NOT_REACHED, Trust, not_driven, trust, undecided
from harness.judge.view import CellView
from harness.medmij import scope

LEAST_BITS: Final = 64
"""Below this bound a value can be guessed, whatever number a framework names."""
PLACES: Final = {
    "code": ("response.header.location",),
    "token": ("response.body.access_token",),
    "refresh": ("response.body.refresh_token",),
}
"""Where an answer of a DVZA may hold a secret (the redirect's own query, the token response)."""
NOT_GUESSED: Final = Text(nl="niet te raden", en="not to be guessed")
GOOD: Final = Text(nl="{number}+ waarden, niet te raden", en="{number}+ values, not to be guessed")
GROWING: Final = Text(
    nl="elke waarde is groter dan de vorige", en="every value is larger than the one before"
)
FEW_BITS: Final = Text(
    nl="hoogstens {bits} bits verschillen over {count} waarden",
    en="at most {bits} bits differ over {count} values",
)
UNSIGNED: Final = Text(
    nl="{number} van {count} JSON web tokens zijn niet ondertekend",
    en="{number} of {count} JSON web tokens are not signed",
)
UNSIGNED_ONE: Final = Text(
    nl="{number} van {count} JSON web tokens is niet ondertekend",
    en="{number} of {count} JSON web tokens is not signed",
)
NONE_WITHOUT_CONSENT: Final = Text(
    nl="geen zonder langdurige toestemming", en="none without long-term consent"
)
AS_ASKED: Final = Text(nl="zoals gevraagd", en="as asked")
NO_SECRET: Final = Text(nl="geen {kind}", en="no {kind}")
A_SECRET: Final = Text(nl="een {kind}", en="a {kind}")
NO_SAMPLE: Final = Text(
    nl="de steekproef kwam niet af; een reeks van minder waarden zegt te weinig",
    en="the sample was not completed; a sequence of fewer values says too little",
)


@judge("MM-TOK-017")
def cannot_be_guessed(view: CellView) -> Iterator[Finding]:
    """Codes and tokens do not grow, differ in enough places, and are signed when they are signed tokens."""
    cell = trust(view)
    calls = cell.tokens("var-samples")
    if not calls:
        yield undecided(cell, "MM-TOK-017")
        return
    measured = next((item for item in reversed(calls) if item.notes.get("samples")), None)
    if measured is None:
        yield view.inconclusive("MM-TOK-017", NO_SAMPLE, exchange=calls[-1])
        return
    wanted = view.minimum_samples("MM-TOK-017")
    kinds: dict[str, dict[str, Any]] = measured.notes["samples"]
    fine = True
    for kind, facts in sorted(kinds.items()):
        if facts["count"] < wanted:
            yield view.too_few_samples("MM-TOK-017", facts["count"])
            fine = False
        for received in _guessable(facts):
            fine = False
            yield view.fail(
                "MM-TOK-017", exchange=measured, path=kind, expected=NOT_GUESSED, received=received
            )
    if fine:
        # No number of bits: it differs from one sample to the next, and a finding does not.
        yield view.ok("MM-TOK-017", measured, received=GOOD.format(number=wanted))


def _guessable(facts: dict[str, Any]) -> Iterator[Text]:
    """How the values of a kind can be guessed."""
    if facts["growing"]:
        yield GROWING
    if 0 <= facts["bits"] < LEAST_BITS and not facts["duplicates"]:  # duplicates: MM-TOK-004
        yield FEW_BITS.format(bits=facts["bits"], count=facts["count"])
    if facts["unsigned"]:
        told = UNSIGNED_ONE if facts["unsigned"] == 1 else UNSIGNED
        yield told.format(number=facts["unsigned"], count=facts["count"])


@judge("MM-TOK-019")
def refresh_within_consent(view: CellView) -> Iterator[Finding]:
    """No refresh token without long-term consent, and none that works after half a year."""
    cell = trust(view)
    if not cell.release.refresh:
        return
    yield from refusals(cell, "MM-TOK-019")
    granted = [item for flow in cell.main if (item := cell.granted(flow)) is not None]
    if not granted:
        yield undecided(cell, "MM-TOK-019", NOT_REACHED)
    for item in granted:
        parsed = cell.response(item)
        if parsed is not None and parsed.response is not None and parsed.response.refresh_token:
            yield view.fail(
                "MM-TOK-019",
                exchange=item,
                path="refresh_token",
                expected=NONE_WITHOUT_CONSENT,
                received=A_REFRESH_TOKEN,
            )
        else:
            yield view.ok("MM-TOK-019", item)


@judge("MM-TOK-020")
def not_wider_than_asked(view: CellView) -> Iterator[Finding]:
    """The scope of an answer is at most what was asked, and what the provider offers; nor does it grow."""
    cell = trust(view)
    yield from _grown(cell)
    seen = False
    for flow in cell.positive:
        granted, requests = cell.granted(flow), cell.authorize(flow)
        if granted is None or not requests:
            continue
        seen = True
        parsed = cell.response(granted)
        text = parsed.response.scope if parsed is not None and parsed.response is not None else ""
        given = scope.parse_granted(text) if text else ()
        allowed = _asked(cell, cell.query(requests[0]).get("scope", ""))
        wider = [] if given is None or allowed is None else [item for item in given if item not in allowed]
        if wider:
            yield view.fail(
                "MM-TOK-020",
                exchange=granted,
                path="scope",
                expected=" ".join(sorted(allowed or ())),
                received=" ".join(wider),
            )
        else:
            yield view.ok("MM-TOK-020", granted, received=text or AS_ASKED)
    if not seen:
        yield undecided(cell, "MM-TOK-020", NOT_REACHED)
    elif not_driven(cell, "refresh"):
        yield undecided(cell, "MM-TOK-020")


def _grown(cell: Trust) -> Iterator[Finding]:
    """Refreshed tokens are for no more than the first one."""
    first: tuple[str, ...] | None = None
    for item in cell.tokens("refresh"):
        parsed = cell.response(item)
        given = scope.parse_granted(parsed.response.scope) if parsed and parsed.response else None
        if not given:
            continue
        first = first or given
        if grown := sorted(set(given) - set(first)):
            yield cell.view.fail(
                "MM-TOK-020",
                exchange=item,
                path="scope",
                expected=" ".join(first),
                received=" ".join(grown),
            )


def _asked(cell: Trust, text: str) -> set[str] | None:
    """GegevensdienstIds that a scope asks for: by name all of the provider; ``None``: not known."""
    parsed = scope.parse(text, cell.release).scope
    if parsed is None:
        return None
    if parsed.services:
        return set(parsed.services)
    zal = cell.document("zal")
    provider = zal.provider(f"{parsed.name}@medmij") if zal is not None and hasattr(zal, "provider") else None
    if provider is None:
        return None
    return {
        service.id
        for version in provider.versions
        if version.id == cell.release.interface_version
        for service in version.services
    }


@judge("MM-TOK-021")
def in_their_own_place(view: CellView) -> Iterator[Finding]:
    """No code or token in a page, a cookie, another header or another field of an answer."""
    cell = trust(view)
    looked = False
    for item in cell.positive_exchanges:
        if item.response is None:
            continue
        looked = True
        for place, kind in _elsewhere(item):
            yield view.fail(
                "MM-TOK-021",
                exchange=item,
                path=place,
                expected=NO_SECRET.format(kind=SECRETS[kind]),
                received=A_SECRET.format(kind=SECRETS[kind]),
            )
    if looked:
        yield view.ok("MM-TOK-021", cell.positive_exchanges[0])
    else:
        yield undecided(cell, "MM-TOK-021", NOT_REACHED)


def _elsewhere(item: Exchange) -> Iterator[tuple[str, str]]:
    """Places of an answer that hold a code or token and should not, and the kind."""
    redirects = item.response is not None and header(item.response.headers, "location") is not None
    for fact in item.facts:
        allowed = PLACES.get(fact.kind)
        if allowed is None or not fact.place.startswith("response"):
            continue
        right = fact.place.startswith(allowed) and (fact.kind != "code" or redirects)
        if not right or (fact.kind != "code" and item.interface != "token"):
            yield fact.place, fact.kind
