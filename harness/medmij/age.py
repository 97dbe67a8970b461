"""Age rules of the availability check (section 3.5)."""

from __future__ import annotations

from datetime import date

MINIMUM_AGE = 16
"""A person of at least this age may collect; younger persons get no data."""
REPRESENTED_CHILD_BELOW = 12
"""With parental-authority representation the child is younger than this."""


def age_on(birth: date, day: date) -> int:
    """Completed years on ``day``; someone born on 29 February has their birthday on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def may_collect(birth: date, day: date) -> bool:
    """Whether a person may collect data for themselves."""
    return age_on(birth, day) >= MINIMUM_AGE


def may_be_represented(birth: date, day: date) -> bool:
    """Whether a child may be represented on the ground of parental authority."""
    return 0 <= age_on(birth, day) < REPRESENTED_CHILD_BELOW
