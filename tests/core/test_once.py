"""Equal values are held once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.core.run.once import Once

VALUES = st.lists(st.one_of(st.text(max_size=3), st.binary(max_size=3), st.booleans(), st.integers(0, 3)))


@given(VALUES)
def test_what_comes_out_equals_what_went_in_and_equal_values_are_one(values: list[object]) -> None:
    """Also where values of different types are equal to Python: 1 and True."""
    once = Once()
    got = [once(value) for value in values]
    assert [(type(item), item) for item in got] == [(type(item), item) for item in values]
    assert len({id(item) for item in got}) == len({(type(item), item) for item in values})


def test_what_cannot_be_hashed_is_held_by_its_key() -> None:
    once, first = Once(), {"a": 1}
    assert once.by("a", first) is first and once.by("a", {"a": 1}) is first
    assert once.by("b", {"a": 1}) is not first
