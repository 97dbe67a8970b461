"""Pages, consent, availability and age (``requirements-consent.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import MASK, Exchange, header
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_CODE, A_TOKEN, DATA, NO_CODE, NO_DATA, NO_TOKEN, NONE
from harness.judge.registry import judge
from harness.judge.trust.steps import NOT_REACHED, Trust, not_driven, status, trust, undecided
from harness.judge.view import CellView
from harness.medmij import forms
from harness.medmij.lists import Ocl

NO_PERSON = Text(
    nl="het netwerkbestand kent geen testpersoon voor deze variant",
    en="the network file declares no test person for this variant",
)
NO_QUESTION: Final = Text(
    nl="geen pagina is als toestemmingsvraag herkend; vraagt de DVZA wel om toestemming, noem die pagina dan "
    "`consent` in het inlogrecept",
    en="no page was recognised as the consent question; when the DVZA does ask for consent, name that page "
    "`consent` in the login recipe",
)
A_LANDING_PAGE: Final = Text(nl="een landingspagina", en="a landing page")
WITHOUT_END_DATE: Final = Text(nl="een keuze zonder einddatum", en="an option without end date")
NOT_PRESELECTED: Final = Text(nl="niet vooraf gekozen", en="not preselected")
AN_ERROR: Final = Text(nl="een redirect met een foutcode", en="redirect with an error")
A_CODE_AND: Final = Text(nl="een code en {error}", en="a code and {error}")
A_LINK_BACK: Final = Text(nl="een link terug", en="a link back")
BACK: Final = Text(nl="terug naar het PGO", en="back to the PGO")
ERROR_AND_STATE: Final = Text(nl="foutcode en state", en="error and state")
NO_ERROR: Final = Text(nl="geen foutcode", en="no error")
WITHOUT_END = ("einddatum", "langdurig", "end date", "long_term", "long-term")


@judge("MM-CON-001")
def order_of_pages(view: CellView) -> Iterator[Finding]:
    """Landing page, then authentication, then consent; consent never before authentication.

    Each request asks for consent, also in a browser that was there before. Such a browser need not log in
    again (single sign-on), nor see the landing page.
    """
    cell = trust(view)
    asked = {flow: _asked(cell, flow) for flow in cell.positive if _coded(cell, flow)}
    known = any("consent" in shown for shown in asked.values())
    decided = False
    for flow, shown in asked.items():
        first, order = cell.front(flow)[0], " > ".join(shown)
        if cell.pages(flow) and "login" not in shown and not (known and "consent" not in shown):
            continue  # single sign-on, or pages of a recipe that names none of them login
        decided = True
        if not cell.pages(flow) or cell.pages(flow)[0][0].operation not in ("authorize", "landing"):
            yield view.fail("MM-CON-001", exchange=first, expected=A_LANDING_PAGE, received=order or NONE)
        elif "consent" not in shown and not known:
            yield view.inconclusive("MM-CON-001", NO_QUESTION, exchange=first, received=order)
        elif "consent" not in shown or _before(shown, "consent", "login"):
            yield view.fail(
                "MM-CON-001", exchange=first, expected="landing > login > consent", received=order
            )
        else:
            yield view.ok("MM-CON-001", first, received=order)
    if not decided:
        yield undecided(cell, "MM-CON-001", NOT_REACHED)


def _coded(cell: Trust, flow: str) -> bool:
    return any(result.code for _, result in cell.redirects(flow))


def _asked(cell: Trust, flow: str) -> list[str]:
    """The steps of a flow in order: what pages say of themselves, else what was sent from them."""
    sent = [item.operation for item in cell.front(flow)]
    shown = [page.step or item.operation for item, page in cell.pages(flow)]
    missing = [name for name in ("login", "consent") if name in sent and name not in shown]
    return [*shown, *sorted(missing, key=sent.index)]


def _before(shown: list[str], one: str, other: str) -> bool:
    return one in shown and other in shown and shown.index(one) < shown.index(other)


@judge("MM-CON-002")
def names_on_the_page(view: CellView) -> Iterator[Finding]:
    """The consent question names the provider and the PGO by its name on the OCL."""
    cell = trust(view)
    ocl = cell.document("ocl")
    seen = False
    for flow in cell.positive:
        found = cell.consent_page(flow)
        requests = cell.authorize(flow)
        if found is None or not requests:
            continue
        seen = True
        item, page = found
        client = ocl.client(cell.query(requests[0]).get("client_id", "")) if isinstance(ocl, Ocl) else None
        if client is None:
            reason = Text(nl="de OCL is niet gezien", en="the OCL was not seen")
            yield view.inconclusive("MM-CON-002", reason, exchange=item)
            continue
        wanted = [client.organisation]
        if view.screen_name("his"):
            wanted.append(view.screen_name("his"))
        missing = [name for name in wanted if name.casefold() not in page.text.casefold()]
        if missing:
            yield view.fail(
                "MM-CON-002", exchange=item, expected=", ".join(missing), received=page.text[:160]
            )
        else:
            yield view.ok("MM-CON-002", item, received=", ".join(wanted))
    if not seen:
        yield undecided(cell, "MM-CON-002", NOT_REACHED)


@judge("MM-CON-003")
def long_term_option(view: CellView) -> Iterator[Finding]:
    """Consent without end date is offered when collecting, and not preselected."""
    cell = trust(view)
    seen = False
    for flow in cell.positive:
        found = cell.consent_page(flow)
        if found is None or flow == "share":
            continue
        seen = True
        item, page = found
        controls = [control for form in page.forms for control in form.controls]
        offered = [
            control
            for control in controls
            if control.kind in ("checkbox", "radio", "select", "submit")
            and any(
                word in f"{control.label} {control.name} {control.value}".casefold() for word in WITHOUT_END
            )
        ]
        if not offered:
            yield view.fail("MM-CON-003", exchange=item, expected=WITHOUT_END_DATE, received=NONE)
        elif any(control.checked for control in offered):
            yield view.fail(
                "MM-CON-003", exchange=item, expected=NOT_PRESELECTED, received=offered[0].label[:80]
            )
        else:
            yield view.ok("MM-CON-003", item, received=offered[0].label[:80])
    if not seen:
        if cell.main == ["share"]:
            reason = Text(nl="delen kent geen langdurige toestemming", en="sharing has no long-term consent")
            yield view.not_applicable("MM-CON-003", reason)
        else:
            yield undecided(cell, "MM-CON-003", NOT_REACHED)


def _outcome(cell: Trust, flow: str) -> tuple[Exchange, str] | None:
    """How a flow ended for the PGO: exchange and redirect parameters without state, or ``code``."""
    returned = cell.redirect(flow)
    if returned is None:
        return None
    item, result = returned
    if result.error:
        location = next(
            (
                value
                for key, value in (item.response.headers if item.response else ())
                if key.lower() == "location"
            ),
            item.request.url,
        )
        try:
            pairs = forms.parse(forms.query_of(location))
        except forms.FormError:
            return item, location
        shown = (pair.name if pair.name == "state" else f"{pair.name}={pair.value}" for pair in pairs)
        return item, "&".join(shown)
    return item, "code"


@judge("MM-CON-004", "MM-CON-005")
def indistinguishable(view: CellView) -> Iterator[Finding]:
    """ "No data" and "consent refused" look the same to the PGO: both redirects are equal but for state.

    So does whoever may not collect for another reason of the availability check: no relation, too young.
    """
    cell = trust(view)
    requirement = "MM-CON-004" if cell.release.indistinguishable == "MUST" else "MM-CON-005"
    if not cell.authorize("neg-consent-refused"):
        yield undecided(cell, requirement)
        return
    refused, nothing = _outcome(cell, "neg-consent-refused"), _outcome(cell, "neg-no-data")
    if refused is None or refused[1] == "code":
        last = cell.front("neg-consent-refused")[-1]
        yield view.fail(
            requirement,
            exchange=last,
            expected=AN_ERROR,
            received=refused[1] if refused else status(last),
        )
    elif not cell.authorize("neg-no-data"):
        yield view.not_tested(requirement, NO_PERSON)
    elif nothing is None:
        last = cell.front("neg-no-data")[-1]
        yield view.inconclusive(requirement, NOT_REACHED, exchange=last, received=status(last))
    elif nothing[1] == "code":
        reason = Text(
            nl="de DVZA toetst beschikbaarheid pas bij het ophalen",
            en="the DVZA checks availability only when data is collected",
        )
        yield view.unseen(requirement, reason, "late-availability")
    elif refused[1] != nothing[1]:
        yield view.fail(requirement, exchange=nothing[0], expected=refused[1], received=nothing[1])
    else:
        unlike = _unlike(refused[0], nothing[0])
        for place, expected, received in unlike:
            say = view.warn if place == "length" else view.fail
            yield say(requirement, exchange=nothing[0], path=place, expected=expected, received=received)
        if not unlike:
            yield view.ok(requirement, nothing[0], received=nothing[1])
        for flow in ("neg-no-relation", "neg-age-15"):
            other = _outcome(cell, flow)
            if not_driven(cell, flow):
                yield undecided(cell, requirement)
            elif other is not None and other[1] not in ("code", refused[1]):
                yield view.fail(
                    requirement, exchange=other[0], path=flow, expected=refused[1], received=other[1]
                )


CHANGING: Final = (
    "date",
    "location",
    "set-cookie",
    "content-length",
    "age",
    "etag",
    "expires",
    "server-timing",
)
"""Headers whose value differs between any two answers, or is compared apart."""
_SECRET: Final = re.compile(rf"(?!mask-person-){MASK}|[0-9a-fA-F-]{{16,}}")
"""What differs between any two answers; the tag of any other value is equal where the value is."""


def _unlike(one: Exchange, other: Exchange) -> list[tuple[str, str, str]]:
    """Where two answers that end in the same error differ: place, and what each of them shows.

    Only what the DVZA itself sends to the client: where the redirect was seen at the client's own address,
    the answer is the client's.
    """
    if one.response is None or other.response is None:
        return []
    if not all(header(item.headers, "location") for item in (one.response, other.response)):
        return []
    found = []
    if one.response.status != other.response.status:
        found.append(("status", str(one.response.status), str(other.response.status)))
    first, second = _headers(one), _headers(other)
    if first != second:
        found.append(("headers", " ".join(sorted(first - second)), " ".join(sorted(second - first))))
    lengths = len(one.response.body), len(other.response.body)
    if lengths[0] != lengths[1]:
        found.append(("length", f"{lengths[0]} bytes", f"{lengths[1]} bytes"))
    return found


def _headers(item: Exchange) -> set[str]:
    """Names of headers with their values, and the names of cookies."""
    pairs = item.response.headers if item.response is not None else ()
    found = set()
    for name, value in pairs:
        lowered = name.lower()
        if lowered == "set-cookie":
            found.add(f"{lowered}: {value.partition('=')[0]}")
        elif lowered in CHANGING:
            found.add(lowered)
        elif "id" not in lowered:  # identifiers of requests differ
            found.add(f"{lowered}: {_SECRET.sub('*', value)}")
    return found


@judge("MM-CON-008")
def refused(view: CellView) -> Iterator[Finding]:
    """A person who refuses: no code, no token, no data.

    A code beside an error is a warning: a client that reads the error never offers it.
    """
    cell = trust(view)
    flow = "neg-consent-refused"
    if not cell.authorize(flow):
        yield undecided(cell, "MM-CON-008")
        return
    returned, granted, last = cell.redirect(flow), cell.granted(flow), cell.front(flow)[-1]
    if not any(item.operation == "consent" for item in cell.front(flow)):
        yield undecided(cell, "MM-CON-008", NOT_REACHED)  # nobody was asked: MM-CON-001
    elif granted is not None:
        yield view.fail("MM-CON-008", exchange=granted, expected=NO_TOKEN, received=A_TOKEN)
    elif returned is not None and returned[1].code:
        say = view.warn if returned[1].error else view.fail
        error = returned[1].error
        received = A_CODE_AND.format(error=error) if error else A_CODE
        yield say("MM-CON-008", exchange=returned[0], expected=NO_CODE, received=received)
    elif returned is None and (last.response is None or last.response.status >= 500):
        yield view.inconclusive("MM-CON-008", NOT_REACHED, exchange=last, received=status(last))
    else:
        yield view.ok("MM-CON-008", last, received=returned[1].error if returned else status(last))


@judge("MM-CON-006")
def sixteen(view: CellView) -> Iterator[Finding]:
    """A person of 15 years and 364 days gets no code or no data; one who turns 16 today gets a code."""
    cell = trust(view)
    young, old = "neg-age-15", "var-age-16"
    if not cell.authorize(young) or not cell.authorize(old):
        reason = NO_PERSON if cell.main and not view.tokens_given else NOT_REACHED
        yield view.not_tested("MM-CON-006", reason) if cell.main else undecided(cell, "MM-CON-006")
        return
    returned = cell.redirect(young)
    data = [item for item in cell.care(young) if item.response and item.response.status == 200]
    full = [item for item in data if _entries(view, item)]
    if full:
        yield view.fail("MM-CON-006", exchange=full[0], path=young, expected=NO_DATA, received=DATA)
    elif returned is None and not any(item.operation == "login" for item in cell.flow(young)):
        yield view.inconclusive("MM-CON-006", NOT_REACHED, exchange=cell.front(young)[-1])
    elif returned is not None and returned[1].code and not cell.care(young):
        yield view.fail("MM-CON-006", exchange=returned[0], path=young, expected=NO_CODE, received=A_CODE)
    else:
        yield view.ok("MM-CON-006", cell.front(young)[-1])
    returned = cell.redirect(old)
    if returned is not None and returned[1].code:
        yield view.ok("MM-CON-006", returned[0])
    else:
        last = cell.front(old)[-1]
        how: Phrase = returned[1].error if returned else status(last)
        yield view.fail("MM-CON-006", exchange=last, path=old, expected=A_CODE, received=how)


@judge("MM-CON-010")
def no_relation(view: CellView) -> Iterator[Finding]:
    """Somebody whom the provider never treated gets no code, or no data."""
    cell = trust(view)
    flow = "neg-no-relation"
    if not cell.authorize(flow):
        yield view.not_tested("MM-CON-010", NO_PERSON) if cell.main else undecided(cell, "MM-CON-010")
        return
    returned, last = cell.redirect(flow), cell.front(flow)[-1]
    full = [
        item
        for item in cell.care(flow)
        if item.response and item.response.status == 200 and _entries(view, item)
    ]
    if full:
        yield view.fail("MM-CON-010", exchange=full[0], expected=NO_DATA, received=DATA)
    elif not any(item.operation == "login" for item in cell.flow(flow)):
        yield view.inconclusive("MM-CON-010", NOT_REACHED, exchange=last, received=status(last))
    elif returned is not None and returned[1].code and not cell.care(flow):
        yield view.fail("MM-CON-010", exchange=returned[0], expected=NO_CODE, received=A_CODE)
    else:
        yield view.ok("MM-CON-010", last, received=returned[1].error if returned else status(last))


def _entries(view: CellView, item: Exchange) -> bool:
    document = view.document(item)
    if document is None or document.fatal:
        return item.response is not None and bool(item.response.body)
    if document.resource.get("resourceType") == "Bundle":
        return bool(document.resource.get("entry"))
    return document.resource.get("resourceType") != "OperationOutcome"


@judge("MM-CON-007")
def cancelled(view: CellView) -> Iterator[Finding]:
    """Cancelling returns to the PGO with an error and the same state."""
    cell = trust(view)
    flow = "neg-cancelled"
    requests = cell.authorize(flow)
    if not requests:
        yield undecided(cell, "MM-CON-007")
        return
    returned = cell.redirect(flow)
    last = cell.front(flow)[-1]
    if returned is None:
        link = next(
            (target for _, page in cell.pages(flow)[-1:] for target, _ in page.links if "error=" in target),
            "",
        )
        if link:
            yield view.ok("MM-CON-007", last, received=A_LINK_BACK)
        else:
            yield view.fail("MM-CON-007", exchange=last, expected=BACK, received=status(last))
        return
    item, result = returned
    state = cell.query(requests[0]).get("state", "")
    if result.error and result.state == state:
        yield view.ok("MM-CON-007", item, received=result.error)
    else:
        yield view.fail(
            "MM-CON-007", exchange=item, expected=ERROR_AND_STATE, received=result.error or NO_ERROR
        )
