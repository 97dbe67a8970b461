"""T-relative dates: all forms, month ends, leap days, errors."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.clock import AMSTERDAM, OffsetClock, VirtualClock, today
from harness.core.errors import InputError
from harness.core.tdates import TDates, relative, shift

T = TDates(date(2026, 3, 1), datetime(2026, 3, 1, 9, 30, 5, tzinfo=AMSTERDAM))
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${DATE, T, D, -30}", "2026-01-30"),
        ("${DATE, T, D,-730}", "2024-03-01"),
        ("${DATE,T, d, -3}", "2026-02-26"),
        ("${DATE, T, D, +5}", "2026-03-06"),
        ("${DATE, T, D, 5}", "2026-03-06"),
        ("${DATE, T, D, -0}", "2026-03-01"),
        ("${DATE, T, M, -14}", "2025-01-01"),
        ("${DATE, T, Y, 2}", "2028-03-01"),
        ("${DATE, T, D, -60}T00:00:00+01:00", "2025-12-31T00:00:00+01:00"),
        ("${CURRENTDATE}", "2026-03-01"),
        ("${CURRENTDATE,M,-14}", "2025-01-01"),
        ("${CURRENTDATE, Y, 1, D, -1}", "2027-02-28"),
        ("${DATETIME, T, D, -1}", "2026-02-28T00:00:00+01:00"),
        ("${CURRENTDATETIME}", "2026-03-01T09:30:05+01:00"),
        ("a ${DATE, T, D, 0} b ${other}", "a 2026-03-01 b ${other}"),
    ],
)
def test_forms(text, expected):
    assert T.resolve(text) == expected


def test_strict_refuses_what_is_left():
    with pytest.raises(InputError, match="unresolved placeholder") as caught:
        T.resolve("x ${patient-id}", strict=True, where="patient.xml")
    assert caught.value.where == "patient.xml"


def test_unknown_date_variable():
    with pytest.raises(InputError, match="unknown date variable 'S'"):
        T.resolve("${DATE, S, D, 1}")


def test_own_date_variables():
    assert (
        TDates(date(2026, 3, 1), variables={"S": "2020-02-29T10:00:00Z"}).resolve("${DATE, S, Y, 1}")
        == "2021-02-28"
    )


@given(DAYS, st.integers(-600, 600))
def test_month_steps_clamp_and_keep_the_day_when_they_can(day, months):
    moved = shift(day, "M", months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == min(day.day, calendar.monthrange(moved.year, moved.month)[1])


@given(DAYS, st.integers(-3000, 3000))
def test_day_steps_are_exact_and_relative_is_their_inverse(day, days):
    moved = TDates(day).resolve("${DATE, T, D, " + f"{days}}}")
    assert date.fromisoformat(moved) == day + timedelta(days=days)
    assert relative(date.fromisoformat(moved), day) == ("T" if days == 0 else f"T{days:+d}")


def test_today_is_that_of_amsterdam():
    clock = VirtualClock(datetime.fromisoformat("2026-06-30T22:30:00+00:00"))
    assert today(clock) == date(2026, 7, 1)
    clock.advance(24 * 3600)
    assert today(clock) == date(2026, 7, 2)


def test_clocks_never_go_back():
    for clock in (VirtualClock(datetime.fromisoformat("2026-01-01T00:00:00+00:00")), OffsetClock()):
        with pytest.raises(ValueError, match="never goes back"):
            clock.advance(-1)
