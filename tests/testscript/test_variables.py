"""Placeholders: values, dates, randomness, limits."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.testscript.execute.requests import encode
from harness.testscript.read.errors import PlaceholderError
from harness.testscript.read.model import TestScript, Variable
from harness.testscript.read.placeholders import Values

T = date(2026, 3, 31)


def values(**variables):
    declared = {name: Variable(name, default=text) for name, text in variables.items()}
    return Values(TestScript(path=Path("x.xml"), id="x", variables=declared), T)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${CURRENTDATE}", "2026-03-31"),
        ("${CURRENTDATE,M,-14}", "2025-01-31"),
        ("${CURRENTDATE, M, -1}", "2026-02-28"),
        ("${DATE, T, D,-730}", "2024-03-31"),
        ("${DATE, T, D, -730}T00:00:00+01:00", "2024-03-31T00:00:00+01:00"),
        ("${DATE, T, d, +5}", "2026-04-05"),
        ("${DATE,T, d, -3}", "2026-03-28"),
        ("${DATE, T, D, 5}", "2026-04-05"),
        ("${DATE, T, D, -0}", "2026-03-31"),
        ("${DATE, T, Y, -2}", "2024-03-31"),
        ("ge${DATE, T, M, -1}&x=${DATE, T, y, +1}", "ge2026-02-28&x=2027-03-31"),
        ("nothing", "nothing"),
        ("$lastn?x={1}", "$lastn?x={1}"),
    ],
)
def test_dates(text, expected):
    assert values().resolve(text) == expected
    assert values(T="${CURRENTDATE}").resolve(text) == expected


def test_t_may_be_a_date_time_or_overridden():
    assert values(T="2026-01-10T12:00:00Z").resolve("${DATE, T, D, -10}") == "2025-12-31"
    found = values(T="${CURRENTDATE}")
    found.overrides = {"T": "2020-01-01"}
    assert found.resolve("${DATE, T, D, -1}") == "2019-12-31"


def test_random_values():
    found = values(a="${UUID}", b="${UUID}")
    assert found.resolve("${a}") == found.resolve("${a}") != found.resolve("${b}")
    assert found.resolve("${UUID}") != found.resolve("${UUID}")
    assert found.resolve("${UUID-ST}") == found.resolve("${UUID-ST}")
    assert found.resolve("${UUID-ST-NODASH}") == found.resolve("${UUID-ST}").replace("-", "")
    assert len(found.resolve("${CD6}")) == 6 and found.resolve("${CD6}") == found.resolve("${CD6}")
    assert len(found.resolve("${RANDOM-10}")) == 10


def test_nested_defaults_and_script_variables_go_before_built_ins():
    found = values(a="x${b}", b="${c}y", c="1", CURRENTDATE="mine")
    assert found.resolve("${a} ${CURRENTDATE}") == "x1y mine"


@pytest.mark.parametrize("text", ["${nothing}", "${DATE, X, D, 1}", "${a}", "${CURRENTDATES}"])
def test_unknown_and_circular_placeholders_are_errors(text):
    with pytest.raises(PlaceholderError) as caught:
        values(a="${b}", b="x${a}").resolve(text, where="file:1")
    assert caught.value.received


def test_growing_placeholders_end():
    with pytest.raises(PlaceholderError):
        values(a="${b}${b}", b="${a}${a}").resolve("${a}")


def test_unknown_placeholders_stay_in_narrative_only():
    found = values()
    assert found.resolve_fixture("<div>${x} ${CURRENTDATE}</div>") == "<div>${x} 2026-03-31</div>"
    assert found.resolve_fixture('{"div": "<div>${x}</div>"}') == '{"div": "<div>${x}</div>"}'
    with pytest.raises(PlaceholderError):
        found.resolve_fixture("<div>${x}</div><id value='${y}'/>")


def test_fixed_dates_are_exact_for_any_t():
    for days in range(0, 800, 37):
        t = date(2024, 2, 29) + timedelta(days=days)
        found = Values(TestScript(path=Path("x"), id="x"), t)
        assert found.resolve("${DATE, T, D, -30}") == (t - timedelta(days=30)).isoformat()


@given(st.text(max_size=80))
def test_any_text_resolves_or_is_refused(text):
    try:
        values(a="1").resolve(text)
    except PlaceholderError:
        assert "${" in text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_encoding_is_idempotent(text):
    once = encode("https://x.example/fhir/Observation?code=" + text.replace("?", ""))
    assert encode(once) == once
    assert once.isascii() and " " not in once and "|" not in once
