"""Which requests that must be refused are sent."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.core.standards.table import standards
from harness.medmij.refusals.cells import MOST_OPERATIONS, Cell, cells, operations
from harness.medmij.refusals.rows import flows, groups
from harness.medmij.releases import release_ids

EVERYTHING = operations(list(standards().values()))


def all_cells(release: str, intensity: str) -> list[Cell]:
    return [cell for flow in flows() for cell in cells(flow, release, EVERYTHING, intensity)]


@pytest.mark.parametrize("release", release_ids())
def test_the_whole_matrix_stays_below_600_requests(release: str) -> None:
    assert 400 < len(all_cells(release, "full")) <= 600


@pytest.mark.parametrize("release", release_ids())
def test_a_sample_has_every_row_and_nothing_that_full_has_not(release: str) -> None:
    full, normal = (all_cells(release, name) for name in ("full", "normal"))
    assert {(c.group.id, c.row.row) for c in normal} == {(c.group.id, c.row.row) for c in full}
    assert {tuple(c.note.items()) for c in normal} <= {tuple(c.note.items()) for c in full}
    assert len(normal) < len(full)


def test_every_service_is_asked_before_any_is_asked_twice() -> None:
    assert len(EVERYTHING) <= MOST_OPERATIONS
    collecting = Counter(item.service for item in EVERYTHING if item.kind == "search")
    assert set(collecting) == {item.collect.id for item in standards().values()}
    assert set(collecting.values()) == {1}
    assert {"document", "write", "read"} <= {item.kind for item in EVERYTHING}


def test_what_a_refresh_token_opens_is_its_own_requirement() -> None:
    row = groups()["AS-client"].row("other")
    assert row is not None
    assert row.requirement_of("code") == "MM-TOK-007"
    assert row.requirement_of("refresh") == "MM-TOK-018"
    assert groups()["AS-client"].row("nothing") is None


def test_without_services_only_grants_and_the_front_are_left() -> None:
    left = {c.group.axis for flow in flows() for c in cells(flow, "mm-2.2", [], "full")}
    assert left == {"grants", "code", "authorize", "walk", "steps"}
