"""Faults of a HIS that gives answers in pages: the last match is on a second one, which its server knows."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from harness.network.faults.answer import Answer, walk
from harness.network.faults.registry import his_fault

_PAGE = "_offset="
_PATIENT = "Patient"


def _first(answer: Answer) -> bool:
    """Whether this is an answer to a search that can be cut: not a page, and not of the person alone."""
    split = urlsplit(answer.url)
    kind = split.path.rpartition("/")[2]
    return _PAGE not in split.query and "_page=" not in split.query and "$" not in kind and kind != _PATIENT


def _in_pages(answer: Answer, *, keep: int, start: int) -> None:
    """Leave matches on the first page, and promise a second one; totals would count what is elsewhere.

    :param keep: matches that stay; ``start``: the first one of the second page, from 0.
    """
    if answer.resource is None or _PAGE in answer.url:
        (answer.resource or {}).pop("total", None)
        return
    if not _first(answer) or not answer.matches():
        return
    for _ in range(len(answer.matches()) - keep):
        answer.drop_last_match()
    answer.resource.pop("total", None)
    referred = {
        str(node.get("reference"))
        for entry in answer.entries
        for node in walk(entry.get("resource"))
        if node.get("reference")
    }
    answer.entries[:] = [
        entry
        for entry in answer.entries
        if entry.get("search", {}).get("mode") != "include"
        or f"{entry['resource']['resourceType']}/{entry['resource']['id']}" in referred
    ]
    sign = "&" if "?" in answer.url else "?"
    _next(answer, f"{answer.url}{sign}_count={max(1, len(answer.entries))}&{_PAGE}{start}")


def _next(answer: Answer, url: str) -> None:
    if answer.resource is not None:
        links = [link for link in answer.resource.get("link", []) if link.get("relation") != "next"]
        answer.resource["link"] = [*links, {"relation": "next", "url": url}]


def _all_but_the_last(answer: Answer) -> None:
    last = len(answer.matches()) - 1
    _in_pages(answer, keep=last, start=last)


@his_fault("next-link")
def next_link(answer: Answer) -> None:
    """Everything is there, on two pages."""
    _all_but_the_last(answer)


@his_fault("page-gone")
def gone(answer: Answer) -> None:
    """The second page is one that the server does not keep any more."""
    if _first(answer):
        base = urlsplit(answer.url)
        root = base.path.partition("/fhir")[0] + "/fhir"
        _next(answer, urlunsplit((base.scheme, base.netloc, root, "_page=verlopen.1", "")))


@his_fault("page-leads-back")
def leads_back(answer: Answer) -> None:
    """After the second page comes the first one again."""
    _all_but_the_last(answer)
    if _PAGE in answer.url:
        _next(answer, answer.url.partition("_count=")[0].rstrip("?&"))


@his_fault("page-elsewhere")
def elsewhere(answer: Answer) -> None:
    """There is a second page on a server that is not of this DVZA."""
    if _first(answer):
        _next(answer, "https://bladzijden.example/fhir?_page=a.1")


@his_fault("page-without-https")
def without_https(answer: Answer) -> None:
    """There is a second page, on the same server without https."""
    if _first(answer):
        _next(answer, f"http{answer.url.removeprefix('https')}")


@his_fault("pages-overlap")
def overlap(answer: Answer) -> None:
    """The second page begins with the last match of the first."""
    count = len(answer.matches())
    _in_pages(answer, keep=count, start=count - 1)


@his_fault("page-of-another-person")
def of_another_person(answer: Answer) -> None:
    """What is on the second page is about somebody else."""
    _all_but_the_last(answer)
    if _PAGE in answer.url:
        for resource in answer.matches():
            for item in walk(resource):
                if str(item.get("reference", "")).startswith("Patient/"):
                    item["reference"] = "Patient/iemand-anders"
