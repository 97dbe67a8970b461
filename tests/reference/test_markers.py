"""Whatever leaks names its owner: every element that says something of a person is that person's own."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from harness.core.normal.texts import folded
from harness.reference.reconcile.known import index_records
from harness.reference.record.checks import telling_texts
from harness.reference.record.load import own_records

T = date(2026, 11, 27)
RECORDS = own_records(T)
KNOWN = index_records(RECORDS)
SHARED = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location"})
"""Kinds of resources that several persons of one practice have in common."""


def own_resources(record):
    return [stored for stored in record if stored.type not in SHARED]


def texts_of(record):
    return {folded(text) for stored in own_resources(record) for text in telling_texts(stored.resource)}


IN_COMMON = frozenset(
    {
        "Verzinselpad",  # the street of everybody, with a number of their own
        "Jeukende uitslag op de armen",  # words of a coded reaction
        "Z. ZZZ_Rietveen",  # a practitioner of two practices
        "ZZZ_Wilgenkamp",  # look-alikes share a name on purpose
    }
)
"""What more than one record says, each with its reason."""


def test_every_telling_text_is_of_one_person():
    for one, other in itertools.combinations(RECORDS, 2):
        assert texts_of(one) & texts_of(other) <= IN_COMMON, (one.person, other.person)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.person)
def test_every_name_and_identifier_is_of_one_person(record):
    def names(one):
        found = set()
        for stored in own_resources(one):
            for item in (
                stored.resource.get("identifier", ())
                if isinstance(stored.resource.get("identifier"), list)
                else ()
            ):
                if isinstance(item, dict) and item.get("value"):
                    found.add((item.get("system"), item["value"]))
            if stored.type == "Patient":
                found |= {
                    ("name", item.get("family"), *item.get("given", ())) for item in stored.resource["name"]
                }
        return found

    for other in RECORDS:
        if other is not record:
            assert not names(record) & names(other), (record.person, other.person)


def said(entry):
    """What a resource says; of a document its bytes."""
    return entry.stored.resource["content"] if entry.stored.type == "Binary" else frozenset(entry.facts)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.person)
def test_every_resource_that_leaks_names_its_owner(record):
    """Value, moment and code of each resource together are of one person."""
    others = {said(entry) for entry in KNOWN.entries if entry.record is not record}
    own = [entry for entry in KNOWN.entries if entry.record is record and entry.stored.type not in SHARED]
    assert own and [entry.key for entry in own if said(entry) in others] == []
