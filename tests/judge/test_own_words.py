"""Words of a server's own in its answers: they are not kept, and the judges say what they would have said.

Every kind of element with words gets others, in every answer; the recorder that knows the records and one that
keeps everything have to lead to the same verdicts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import standard_cell
from standard_cell import StandardCell, T, own_looking

from harness.core.run.exchanges import Request, Response, media_type
from harness.network.person.looking import coded_elements
from harness.record.redact.documents.in_json import JsonDocument
from harness.record.redact.documents.read import CareDocument, read_document
from harness.record.redact.holding import in_json, in_xml
from harness.record.redact.holding.in_json import Spot

_INDEX = re.compile(r"\[\d+\]")
OTHERWISE: dict[str, Callable[[str], str]] = {
    "other words": lambda value: "Plantnaam Verzonnen",
    "more words": lambda value: f"{value} Plantnaam",
    "a number": lambda value: "06-12345678",
    "capitals": str.upper,
}


SAMPLE = 5
"""Kinds of elements that are tried: each drives and judges two cells."""


def words_of(document: CareDocument) -> list[Spot]:
    if isinstance(document, JsonDocument):
        return in_json.Words(document.tree, coded_elements()).found
    return in_xml.spots(document.tree, coded_elements())


def read(response: Response) -> tuple[CareDocument, list[Spot], list[str]] | None:
    document = read_document(response.body, media_type(response.headers))
    if document is None or not document.fhir or document.impersonal:
        return None
    return document, words_of(document), document.paths()


def element(path: str) -> str:
    return _INDEX.sub("", path)


def saying(name: str, how: Callable[[str], str]) -> Callable[[str, Request, Response], Response]:
    """A server that says something else in one kind of element."""

    def change(operation: str, request: Request, response: Response) -> Response:
        found = read(response)
        if found is None:
            return response
        document, spots, paths = found
        values = {
            spot.number: how(spot.value)
            for spot in spots
            if element(paths[spot.number]) == name and spot.group != "narrative"
        }
        text = response.body.decode()
        if isinstance(document, JsonDocument):
            said: str | None = in_json.rewritten(text, values)
        else:
            said = in_xml.rewritten(text, len(paths), values, {}, {})
        assert said is not None
        return Response(status=response.status, headers=response.headers, body=said.encode())

    return change


def verdicts(cell: StandardCell) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in cell.findings():
        found.setdefault(item.requirement, []).append(item.verdict.value)
    return {name: sorted(said) for name, said in found.items()}


def kinds(standard: str) -> list[str]:
    """The kinds of elements with words in the answers of a standard."""
    found: set[str] = set()
    for exchange in StandardCell(standard, flows=("collect",)).exchanges:
        assert exchange.response is not None
        seen = read(exchange.response)
        for spot in seen[1] if seen else ():
            found.add(element(seen[2][spot.number]) if seen else "")
    return sorted(found)


@pytest.mark.parametrize("standard", ["huisartsgegevens-2.0", "eafspraak-2.0"])
def test_what_is_masked_of_a_servers_own_words_changes_no_verdict(
    standard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = kinds(standard)
    names = random.Random(14).sample(every, min(SAMPLE, len(every)))
    everything = replace(own_looking(T), held=None)
    monkeypatch.setattr(standard_cell, "_KEPT", {})
    wrong: dict[str, Any] = {}
    masked = 0
    for number, name in enumerate(names):
        how, change = list(OTHERWISE.items())[number % len(OTHERWISE)]
        cell = StandardCell(standard, change=saying(name, change), flows=("collect",))
        kept = StandardCell(standard, change=saying(name, change), flows=("collect",), looking=everything)
        masked += any(fact.equals == "not-held" for item in cell.exchanges for fact in item.facts)
        if (one := verdicts(cell)) != (other := verdicts(kept)):
            keys = [key for key in one | other if one.get(key) != other.get(key)]
            wrong[f"{name}: {how}"] = {key: (other.get(key), one.get(key)) for key in keys}
    assert wrong == {} and masked > 1
