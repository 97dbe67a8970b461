"""Judges of what every answer to a search is: status, searchset, total, links, one page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.core.issues import shorten, shortened
from harness.core.run.exchanges import media_type
from harness.core.run.findings import Finding
from harness.core.text import Text, joined
from harness.judge.every_standard.answers import Answer, objects, own, searches, searchsets, text, true
from harness.judge.every_standard.paging.chains import chain_of, chains
from harness.judge.masks import proven_numbers
from harness.judge.phrases import NO_RESPONSE, ending, no
from harness.judge.registry import judge_every
from harness.judge.view import CellView

EMPTY_BODY = Text(nl="lege body", en="empty body")
OR_IN_ALL = Text(nl="<= {here}, of {all} op alle bladzijden", en="<= {here}, or {all} on all pages")
SELF_LINK = Text(nl="link met relation self", en="link with relation self")
NO_LINK = Text(nl="geen link", en="no link")
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
MENTIONS = Text(nl="link {relation} noemt het BSN", en="link {relation} mentions the BSN")
NO_PARAMETERS = Text(nl="geen parameters", en="no parameters")


@judge_every("GEN-001")
def status(view: CellView) -> Iterator[Finding]:
    """A search is answered with 200 or 201."""
    requirement = own(view, "GEN-001")
    for answer in searches(view):
        if answer.answered:
            yield view.ok(requirement, answer.exchange, received=str(answer.status))
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="status",
                expected="200",
                received=ending(answer.exchange) or NO_RESPONSE,
            )


@judge_every("GEN-002")
def searchset(view: CellView) -> Iterator[Finding]:
    """The answer to a search is a Bundle of type searchset."""
    requirement = own(view, "GEN-002")
    for answer in searches(view):
        if not answer.answered:
            continue
        if answer.bundle and true("Bundle.type = 'searchset'", answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
            continue
        root = text(answer.resource.get("resourceType"))
        kind = answer.what or media_type(answer.exchange.response.headers)  # type: ignore[union-attr]
        line, column = answer.line("Bundle.type")
        yield view.fail(
            requirement,
            exchange=answer.exchange,
            path={"": "", "Bundle": "Bundle.type"}.get(root, f"{root}.resourceType"),
            line=line,
            column=column,
            expected="Bundle, type searchset",
            received=shortened(joined(kind, text(answer.resource.get("type")), separator=" ")) or EMPTY_BODY,
            mode="fhirpath:hapi",
        )


@judge_every("GEN-013")
def total(view: CellView) -> Iterator[Finding]:
    """``total`` is absent or at most the number of matches on this page, or that of all its pages.

    The latter is what FHIR says, and what the official scripts do not accept: a remark (LED-TS-002).
    """
    requirement = own(view, "GEN-013")
    holds = (
        "Bundle.total.exists() implies (Bundle.total.toInteger() <= "
        "Bundle.entry.where(search.empty() or search.mode = 'match').count())"
    )
    for answer in searchsets(view):
        if true(holds, answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
            continue
        matches = sum(
            1
            for entry in answer.entries
            if not isinstance(entry.get("search"), dict) or entry["search"].get("mode") == "match"
        )
        chain, stated = chain_of(view, answer), answer.resource.get("total")
        paged = len(chain.answers) > 1 or not chain.whole
        over_all = paged and (not chain.whole or stated == chain.size)
        line, column = answer.line("Bundle.total")
        yield (view.warn if over_all else view.fail)(
            requirement,
            exchange=answer.exchange,
            path="Bundle.total",
            line=line,
            column=column,
            expected=OR_IN_ALL.format(here=matches, all=chain.size)
            if paged and chain.whole
            else f"<= {matches}",
            received=shorten(stated),
            next_step=ON_ALL_PAGES if over_all else ON_THIS_PAGE,
            mode="fhirpath:hapi",
        )


ON_THIS_PAGE = Text(
    nl="Tel alleen treffers die in deze Bundle staan; meegeleverde resources tellen niet mee.",
    en="Count only matches that are in this Bundle; included resources do not count.",
)
ON_ALL_PAGES = Text(
    nl="total telt alle bladzijden, zoals FHIR zegt; de officiële scripts keuren dat af. Geef alles op één "
    "bladzijde, of laat total weg.",
    en="total counts all pages, as FHIR says; the official scripts reject that. Give everything on one page, "
    "or leave total out.",
)


def _links(answer: Answer) -> list[tuple[str, str]]:
    return [
        (text(link.get("relation")), text(link.get("url"))) for link in objects(answer.resource.get("link"))
    ]


@judge_every("GEN-014")
def self_link(view: CellView) -> Iterator[Finding]:
    """There is a self link with a URL."""
    requirement = own(view, "GEN-014")
    for answer in (chain.first for chain in chains(view)):
        if true("Bundle.link.where(relation = 'self' and url.exists()).exists()", answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected=SELF_LINK,
                received=", ".join(relation for relation, _ in _links(answer)) or NO_LINK,
                mode="fhirpath:hapi",
            )


def _names(numbers: list[str], index: int) -> bool:
    """Whether one of these places is the URL of a link; XML gives an only one no index."""
    found = {place.partition(":")[2] for place in numbers}
    return f"Bundle.link[{index}].url" in found or (index == 0 and "Bundle.link.url" in found)


@judge_every("GEN-015")
def no_bsn_in_links(view: CellView) -> Iterator[Finding]:
    """No link mentions the BSN naming system or a BSN."""
    requirement = own(view, "GEN-015")
    for answer in searchsets(view):
        numbers = proven_numbers(answer.exchange.facts, "response.body:Bundle.link")
        bad = [
            (index, relation)
            for index, (relation, url) in enumerate(_links(answer))
            if "namingsystem/bsn" in unquote(url).lower() or _names(numbers, index)
        ]
        if not bad:
            yield view.ok(requirement, answer.exchange)
        for index, relation in bad:
            path = f"Bundle.link[{index}].url"
            line, column = answer.line(path)
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=path,
                line=line,
                column=column,
                expected=no([BSN_SYSTEM]),
                received=MENTIONS.format(relation=relation),
                next_step=Text(
                    nl="Het HIS zoekt met het BSN, maar de self-link mag die zoekparameter niet tonen: "
                    "herhaal alleen de parameters die de PGO stuurde.",
                    en="The HIS searches with the BSN, but the self link may not show that parameter: "
                    "repeat only the parameters that the PGO sent.",
                ),
            )


@judge_every("GEN-016")
def self_link_echo(view: CellView) -> Iterator[Finding]:
    """The self link repeats every parameter of the request (values may gain or lose a ``Type/`` prefix)."""
    requirement = own(view, "GEN-016")
    for answer in (chain.first for chain in chains(view)):
        found = next((url for relation, url in _links(answer) if relation == "self"), None)
        if found is None:
            continue
        echoed = parse_qsl(urlsplit(found).query, keep_blank_values=True)
        asked = parse_qsl(urlsplit(answer.exchange.request.url).query, keep_blank_values=True)
        lost = [
            f"{name}={value}"
            for name, value in asked
            if name != "_format" and not any(name == key and _same_value(value, got) for key, got in echoed)
        ]
        if lost:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected=shorten("&".join(lost)),
                received=shorten(unquote(urlsplit(found).query)) or NO_PARAMETERS,
            )
        else:
            yield view.ok(requirement, answer.exchange)


def _same_value(asked: str, echoed: str) -> bool:
    if asked == echoed or asked.strip("|") == echoed.strip("|"):
        return True
    return (
        asked.split("/")[-1] == echoed.split("/")[-1] and "/" in asked + echoed and "|" not in asked + echoed
    )


@judge_every("GEN-017")
def one_page(view: CellView) -> Iterator[Finding]:
    """There is only a self link: everything is on one page."""
    requirement = own(view, "GEN-017")
    for answer in (chain.first for chain in chains(view)):
        others = [relation for relation, _ in _links(answer) if relation != "self"]
        if others:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected="self",
                received=", ".join(others),
            )
        else:
            yield view.ok(requirement, answer.exchange)
