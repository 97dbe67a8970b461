"""What documents say of themselves: a masterIdentifier is of one document, and what the PDF says is free."""

from __future__ import annotations

import pytest
from standard_cell import StandardCell, edit

from harness.core.verdicts import worst

PD = "pdfa-3.0"


def verdict(put):
    def change(name, request, response):
        if not name.startswith("pd-find-current"):
            return response
        return edit(response, lambda bundle: put([entry["resource"] for entry in bundle["entry"]]))

    return worst([item.verdict for item in StandardCell(PD, change=change).findings("PD-DOC-011")]).value


def shared(documents):
    documents[1]["masterIdentifier"] = documents[0]["masterIdentifier"]


def other_system(documents):
    value = documents[0]["masterIdentifier"]["value"]
    documents[1]["masterIdentifier"] = {"system": "https://his.example/nummer", "value": value}


def plain_number(documents):
    for number, document in enumerate(documents):
        document["masterIdentifier"] = {"system": "https://his.example/nummer", "value": f"85285{number}"}


def same_address_twice(documents):
    documents[1]["masterIdentifier"] = documents[0]["masterIdentifier"]
    documents[1]["content"] = documents[0]["content"]


@pytest.mark.parametrize(("put", "wanted"), [
    (shared, "warning"), (other_system, "pass"), (plain_number, "pass"), (same_address_twice, "pass"),
])  # fmt: skip
def test_a_name_is_of_one_document(put, wanted):
    assert verdict(put) == wanted
