"""A sample of the plants of ``benchmarks/plants.py``: none survives, and right answers stay as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.core.run.exchanges import Exchange, Request, Response

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import plants as bench
import plants_made as made


@pytest.mark.parametrize("family", sorted(made.FAMILIES))
def test_no_plant_survives(family: str) -> None:
    for plant in made.plants(120, first=7_000, family=family):
        survives = bench.survives(plant, bench.recorded(plant))
        assert plant.by_design or not survives, (plant.seed, plant.kind, plant.way, plant.place, plant.state)


@pytest.mark.parametrize("family", sorted(made.FAMILIES))
def test_the_search_finds_what_nobody_hid(family: str) -> None:
    for plant in made.plants(60, first=9_000, family=family):
        assert bench.survives(plant, _as_it_was(plant)), (plant.seed, plant.kind, plant.way, plant.place)


def test_right_answers_stay_as_they_are() -> None:
    assert [
        seed for seed in range(150) if bench.changed(raw := made.clean(seed), bench.recorder_of(raw))
    ] == []


def _as_it_was(plant: made.Plant) -> Exchange:
    raw = plant.raw
    request = Request(method=raw.method, url=raw.url, headers=raw.request_headers, body=raw.request_body)
    answer = Response(status=raw.status, headers=raw.response_headers, body=raw.response_body)
    return raw.written(request, answer, id="x.1", error=raw.error, notes=dict(raw.notes))
