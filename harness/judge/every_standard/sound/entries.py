"""Judges of what a searchset holds and says of itself: total, links, what is missing, what nobody asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.every_standard.answers import Answer, Json, objects, text
from harness.judge.every_standard.paging.chains import chain_of
from harness.judge.every_standard.sound.looking import Wrong, each_answer, nodes
from harness.judge.registry import judge_every
from harness.judge.view import CellView
from harness.reference.reconcile.answers import reference_key

FULL_URL: Final = Text(nl="fullUrl van een entry", en="fullUrl of an entry")
ONE_NEXT: Final = Text(nl="één volgende bladzijde", en="one next page")
NEXT_LINKS: Final = Text(nl="{number} next-links", en="{number} next links")
EVERYTHING: Final = Text(nl="alles wat gevraagd is", en="everything that was asked")
AS_MATCH: Final = Text(nl="{kind} als treffer", en="{kind} as a match")
REFERRED: Final = Text(nl="iets waarnaar wordt verwezen", en="something that is referred to")
LOOSE: Final = Text(nl="{kind} waar niets naar verwijst", en="{kind} that nothing refers to")
ONCE: Final = Text(nl="elk gegeven één keer", en="each item once")
SAME_AS: Final = Text(nl="hetzelfde als {place}", en="the same as {place}")
_ENCODER = msgspec.json.Encoder(order="deterministic")
_COPY: Final = ("id", "meta", "text")
"""What two copies of one thing may differ in."""
INCOMPLETE: Final = frozenset(
    ("incomplete", "timeout", "too-costly", "throttled", "transient", "exception", "no-store", "lock-error")
)
"""Issue types (FHIR STU3 issue-type) with which a server says that it did not give everything."""


@judge_every("GEN-024")
def references_resolve(view: CellView) -> Iterator[Finding]:
    """A urn names an entry of the same answer: nobody can read it anywhere else.

    What an address leads to is another matter: a rule may keep it in the HIS.
    """

    def look(answer: Answer) -> Iterator[Wrong]:
        pages = chain_of(view, answer).answers
        urls = {text(entry.get("fullUrl")) for page in pages for entry in page.entries}
        for place, resource in answer.resources:
            for path, node in nodes(resource, place):
                name = text(node.get("reference"))
                if name.startswith("urn:") and name not in urls:
                    yield Wrong(f"{path}.reference", FULL_URL, name)

    advice = Text(
        nl="Deze verwijzing leidt nergens heen: geef de resource mee, of laat de verwijzing weg.",
        en="This reference leads nowhere: give the resource along, or leave the reference out.",
    )
    return each_answer(view, "GEN-024", look, advice, across=True)


@judge_every("GEN-025")
def total_and_links(view: CellView) -> Iterator[Finding]:
    """A total counts all matches, of the page or of all pages; there is one next page at most.

    Whether a next page can be had is asked of the pages together (GEN-032).
    """

    def look(answer: Answer) -> Iterator[Wrong]:
        stated, chain = answer.resource.get("total"), chain_of(view, answer)
        matches = sum(1 for entry in answer.entries if _mode(entry) == "match")
        if isinstance(stated, int) and stated != matches:
            short = stated < (chain.size if chain.whole and stated > matches else matches)
            if short:
                yield Wrong("Bundle.total", str(max(matches, chain.size)), str(stated))
        links = objects(answer.resource.get("link"))
        more = [text(link.get("url")) for link in links if link.get("relation") == "next"]
        if len(more) > 1:
            yield Wrong("Bundle.link", ONE_NEXT, NEXT_LINKS.format(number=len(more)))

    advice = Text(
        nl="Laat total alle treffers tellen, en noem hooguit één volgende bladzijde.",
        en="Let total count all matches, and name one next page at most.",
    )
    return each_answer(view, "GEN-025", look, advice)


def _mode(entry: Json) -> str:
    """Search mode of an entry; an OperationOutcome is never a match."""
    resource, search = entry.get("resource"), entry.get("search")
    if isinstance(resource, dict) and resource.get("resourceType") == "OperationOutcome":
        return "outcome"
    return text(search.get("mode")) or "match" if isinstance(search, dict) else "match"


@judge_every("GEN-026")
def whole(view: CellView) -> Iterator[Finding]:
    """No answer says of itself that something is missing or went wrong.

    An error does; a warning that something may be missing leaves it open: FHIR has it for just that.
    """

    def look(answer: Answer) -> Iterator[Wrong]:
        for place, resource in answer.resources:
            if resource.get("resourceType") != "OperationOutcome":
                continue
            for index, issue in enumerate(objects(resource.get("issue"))):
                severity, code = text(issue.get("severity")), text(issue.get("code"))
                where, said = f"{place}.issue[{index}]", f"{severity} {code}"
                if severity in ("error", "fatal"):
                    yield Wrong(where, EVERYTHING, said)
                elif severity == "warning" and code in INCOMPLETE:
                    yield Wrong(where, EVERYTHING, said, "open")

    advice = Text(
        nl="Het antwoord zegt zelf dat het niet volledig is: zoek in het HIS uit wat er ontbrak en waarom.",
        en="The answer itself says that it is not complete: find out in the HIS what was missing and why.",
    )
    return each_answer(view, "GEN-026", look, advice)


@judge_every("GEN-030")
def only_what_was_asked(view: CellView) -> Iterator[Finding]:
    """Matches are of the type that was asked for; what comes along is referred to, or refers to something."""

    def look(answer: Answer) -> Iterator[Wrong]:
        named = {place: _names(resource) for place, resource in answer.resources}
        others = (page for page in chain_of(view, answer).answers if page is not answer)
        named[""] = set().union(*(_names(item) for page in others for _, item in page.resources))
        for index, entry in enumerate(answer.entries):
            resource, mode = entry.get("resource"), _mode(entry)
            if not isinstance(resource, dict) or mode == "outcome":
                continue
            place, kind = f"Bundle.entry[{index}].resource", text(resource.get("resourceType"))
            if mode == "match" and kind != answer.query.resource_type:
                yield Wrong(place, answer.query.resource_type, AS_MATCH.format(kind=kind))
            elif mode == "include" and not _belongs(entry, place, named):
                yield Wrong(place, REFERRED, LOOSE.format(kind=kind))

    advice = Text(
        nl="Geef alleen wat is gevraagd: treffers van het gevraagde type, en wat die met _include meenemen.",
        en="Give only what was asked: matches of the type that was asked for, and what they include.",
    )
    return each_answer(view, "GEN-030", look, advice, across=True)


def _names(resource: Json) -> set[str]:
    """What a resource refers to."""
    found = {text(node.get("reference")) for _, node in nodes(resource, "")} - {""}
    return found | {reference_key(name) for name in found}


def _belongs(entry: Json, place: str, named: dict[str, set[str]]) -> bool:
    resource = entry["resource"]
    keys = {f"{resource.get('resourceType')}/{resource.get('id')}", text(entry.get("fullUrl"))}
    others = set().union(*(names for where, names in named.items() if where != place))
    return bool(keys & others) or bool(named[place])


@judge_every("GEN-031")
def nothing_twice(view: CellView) -> Iterator[Finding]:
    """No two resources of one answer say exactly the same under two ids."""

    def look(answer: Answer) -> Iterator[Wrong]:
        seen: dict[bytes, str] = {}
        for place, resource in answer.resources:
            if resource.get("resourceType") == "OperationOutcome":
                continue
            content = _ENCODER.encode({key: value for key, value in resource.items() if key not in _COPY})
            first = seen.setdefault(content, place)
            if first != place:
                yield Wrong(place, ONCE, SAME_AS.format(place=first))

    advice = Text(
        nl="Hetzelfde gegeven staat er twee keer, onder twee ids; elk gegeven hoort er één keer te staan.",
        en="The same item is there twice, under two ids; each item belongs there once.",
    )
    return each_answer(view, "GEN-031", look, advice, across=True)
