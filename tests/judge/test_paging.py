"""Answers over several pages: whoever pages rightly passes, however odd; what is wrong is seen and named."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest
from standard_cell import BASE, NOW, StandardCell, T, edit, encode

from harness.core.clock import VirtualClock
from harness.core.run.exchanges import Response
from harness.core.verdicts import worst
from harness.network.file import Participant
from harness.network.twins.his import HisTwin
from harness.reference.records import Records
from harness.reference.searching.pages import BROKEN, ELSEWHERE, INSECURE, LIMIT, LOOP, REPEATS, follow
from harness.reference.searching.replies import Reply

pytestmark = pytest.mark.usefixtures("literals")

HG, ZM, PD, EA = "huisartsgegevens-2.0", "zelfmetingen-2.0", "pdfa-3.0", "eafspraak-2.0"
REMARKS = {"GEN-013", "GEN-017"}
"""What FHIR allows, and what official scripts do not expect."""


def paging(size, form="offset", behaviour="xml-includes"):
    """A HIS that answers in pages."""
    twin = HisTwin(
        Participant(id="his-a", role="his", kind="twin", behaviour=behaviour), t=T, clock=VirtualClock(NOW)
    )
    twin._options = replace(twin._options, page_size=size, paging=form)
    return lambda request, whose: twin.handle(request, whose, BASE, scratch="cell")


def links(change):
    """A change of the address of every next page."""

    def changed(operation, request, response):
        if b'"next"' not in response.body:
            return response

        def relink(bundle):
            for link in bundle.get("link", ()):
                if link["relation"] == "next":
                    link["url"] = change(link["url"])

        return edit(response, relink)

    return changed


def broken(cell, *wanted, **settings):
    """The worst verdict of each requirement that is not a pass."""
    found = {}
    for item in cell.findings(*wanted, **settings):
        found.setdefault(item.requirement, []).append(item.verdict)
    said = {name: worst(verdicts).value for name, verdicts in found.items()}
    return {name: verdict for name, verdict in said.items() if verdict != "pass"}


def amiss(cell):
    """What is not right, besides the remarks on paging as such."""
    return {
        name: verdict
        for name, verdict in broken(cell).items()
        if verdict != "warning" or name.partition("-")[2] not in REMARKS
    }


@pytest.mark.parametrize("standard", [HG, ZM, PD, EA])
@pytest.mark.parametrize(("size", "form", "behaviour"), [
    (1, "offset", "xml-includes"), (2, "token", "json-contained"), (1, "token", "xml-includes"),
])  # fmt: skip
def test_a_his_that_gives_pages_passes(standard, size, form, behaviour):
    assert amiss(StandardCell(standard, handle=paging(size, form, behaviour))) == {}


def turned(url):
    base, _, query = url.partition("?")
    return f"{base}?{urlencode(list(reversed(parse_qsl(query))))}"


@pytest.mark.parametrize("change", [
    lambda url: url.removeprefix(BASE.removesuffix("/fhir")),
    lambda url: url.rpartition("/")[2],
    turned,
    lambda url: f"{url}#blad",
    lambda url: url.replace("%7C", "|"),
])  # fmt: skip
def test_the_address_of_a_page_may_be_written_in_any_way(change):
    assert amiss(StandardCell(HG, handle=paging(2), change=links(change))) == {}


def test_the_last_page_may_be_empty():
    def change(operation, request, response):
        def more(bundle):
            last = not any(link["relation"] == "next" for link in bundle["link"])
            if last and bundle.get("entry"):
                bundle["link"].append({"relation": "next", "url": f"{request.url}&blad=leeg"})

        if "blad=leeg" in request.url:
            link = [{"relation": "self", "url": request.url}]
            empty = {"resourceType": "Bundle", "type": "searchset", "total": 0, "link": link}
            xml = "xml" in dict(request.headers)["Accept"]
            kind = ("Content-Type", "application/fhir+xml" if xml else "application/fhir+json")
            return Response(status=200, headers=(kind,), body=encode(empty, "xml" if xml else "json"))
        return edit(response, more) if b"searchset" in response.body and "?" in request.url else response

    assert amiss(StandardCell(HG, handle=paging(2), change=change)) == {}


@pytest.mark.parametrize(("url", "received"), [
    (lambda url: "https://elders.example/fhir?_page=x.1", "next page on elders.example"),
    (lambda url: url.replace("https:", "http:"), "a next page without https"),
    (lambda url: url.replace(".example/", ".example:8443/"), "next page on gegevens.dvza-a.example"),
    (lambda url: url.replace("https://", "https://x@"), "next page on gegevens.dvza-a.example"),
    (lambda url: "https://[", "next page on somewhere else"),
    (lambda url: "javascript:alert(1)", "a next page without https"),
    (lambda url: f"{BASE}?_page=weg.1", "a page is answered with 410"),
    (lambda url: f"{url}&_offset=0&_count=1", "a page that repeats earlier ones, with a next page"),
])  # fmt: skip
def test_a_next_page_that_cannot_be_had(url, received):
    cell = StandardCell(HG, handle=paging(2), change=links(url))
    found = [item.received for item in cell.findings("HG-GEN-032") if item.verdict.value == "fail"]
    ends = {text.partition(";")[0] for text in found if "on page" not in text}
    assert ends == {received}
    sent = {urlsplit(item.request.url).netloc for item in cell.exchanges}
    assert sent == {urlsplit(BASE).netloc}, "no token goes elsewhere"
    assert broken(cell, "HG-EXP-003")["HG-EXP-003"] in ("inconclusive", "fail"), (
        "what is on no page is never green"
    )


def test_a_total_over_all_pages_is_a_remark_and_another_one_a_fault():
    def wrong(step):
        def change(operation, request, response):
            if not operation.startswith("hg-encounter") and "Encounter" not in request.url:
                return response
            return edit(response, lambda bundle: bundle.update(total=bundle["total"] + step))

        return broken(StandardCell(HG, handle=paging(2), change=change), "HG-GEN-013", "HG-GEN-025")

    assert wrong(0) == {"HG-GEN-013": "warning"}
    assert wrong(1) == {"HG-GEN-013": "fail"}
    assert wrong(-1)["HG-GEN-025"] == "fail"


def test_what_a_page_hides_from_the_next_is_missing():
    def change(operation, request, response):
        if "Encounter" not in request.url or "_offset" not in request.url:
            return response

        def lose(bundle):
            del bundle["entry"][-1]

        return edit(response, lose)

    found = broken(StandardCell(HG, handle=paging(3), change=change))
    assert found["HG-EXP-003"] == "fail" and found["HG-GEN-013"] == "fail"


def test_without_a_record_pages_are_looked_at_too():
    cell = StandardCell(HG, faults=["page-of-another-person"])
    assert broken(cell, "HG-GEN-022", records=Records()) == {"HG-GEN-022": "fail"}


def test_a_page_in_another_format_or_unreadable():
    def native(operation, request, response):
        if "_offset" not in request.url:
            return response
        return Response(status=200, headers=(("Content-Type", "text/html"),), body=b"<html/>")

    assert broken(StandardCell(HG, handle=paging(2), change=native), "HG-GEN-032") == {"HG-GEN-032": "fail"}


def test_a_live_pgo_that_does_not_go_on_accuses_nobody():
    cell = StandardCell(HG, handle=paging(2))
    cell.exchanges = [item for item in cell.exchanges if "_offset" not in item.request.url]
    found = broken(cell, "HG-GEN-032", "HG-EXP-003", "HG-REC-001", "HG-GEN-013")
    assert found == {"HG-GEN-032": "inconclusive", "HG-EXP-003": "inconclusive", "HG-GEN-013": "warning"}


def test_a_live_pgo_that_goes_on_is_recognised_by_the_addresses():
    cell = StandardCell(HG, handle=paging(2))
    cell.exchanges = [
        item if "_offset" not in item.request.url else msgspec.structs.replace(item, operation="unknown")
        for item in cell.exchanges
    ]
    assert amiss(cell) == {}


# -- the walk itself ---------------------------------------------------------------------------------------


def page(url, keys, next_url=""):
    listed = [{"resource": {"resourceType": "Flag", "id": key}} for key in keys]
    link = [{"relation": "next", "url": next_url}] if next_url else []
    return Reply(200, {"resourceType": "Bundle", "entry": listed, "link": link}, url)


H = "https://his.example/fhir/Flag"


@pytest.mark.parametrize(("pages", "end"), [
    ({"": ("a", "?p=2"), "?p=2": ("b", "")}, ""),
    ({"": ("a", "?p=2"), "?p=2": ("", "?p=3"), "?p=3": ("b", "")}, ""),
    ({"": ("a", "?p=2"), "?p=2": ("b", "?p=2")}, LOOP),
    ({"": ("a", "?p=2"), "?p=2": ("b", "?p=3"), "?p=3": ("a", "?p=4")}, REPEATS),
    ({"": ("a", "//elders.example/fhir")}, ELSEWHERE),
    ({"": ("a", "http://his.example/fhir/Flag?p=2")}, INSECURE),
    ({"": ("a", "?p=9")}, BROKEN),
])  # fmt: skip
def test_how_a_walk_ends(pages, end):
    def fetch(address):
        found = pages.get(address.removeprefix(H))
        return page(address, *(found[0], found[1])) if found else Reply(404, {}, address)

    found = follow(page(H, *pages[""]), fetch)
    assert found.end == end


def test_a_walk_without_end_is_cut():
    asked = []

    def fetch(address):
        asked.append(address)
        number = len(asked)
        return page(address, [f"x{number}"], f"?p={number + 1}")

    found = follow(page(H, ["x0"], "?p=0"), fetch)
    assert found.end == LIMIT and len(asked) == 199
