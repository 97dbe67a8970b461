"""The FHIRPath parser: precedence, errors with their place, round trip, and no crash on anything."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fhir.fhirpath.errors import FHIRPathSyntaxError
from harness.fhir.fhirpath.parser import MAX_DEPTH, MAX_LENGTH, parse
from harness.fhir.fhirpath.syntax import (
    PRECEDENCE,
    Binary,
    Call,
    Empty,
    Indexer,
    Literal,
    Member,
    Path,
    Special,
    TypeTest,
    Unary,
    Variable,
    unparse,
)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("-a.b", "-(a.b)"),
        ("-1 * 2", "(-1) * 2"),
        ("a and b or c and d", "(a and b) or (c and d)"),
        ("a or b implies c", "(a or b) implies c"),
        ("a = b and c != d", "(a = b) and (c != d)"),
        ("a | b = c", "(a | b) = c"),
        ("a in b = c", "a in (b = c)"),
        ("a > b is Boolean", "a > (b is Boolean)"),
        ("a + b is Integer", "(a + b) is Integer"),
        ("a & b & c", "(a & b) & c"),
        ("(a.b).c", "a.b.c"),
        ("a /* x */ . // y\n b", "a.b"),
        ("`a`.`div`", "a.`div`"),
        ("a.contains('b').in.is", "a.contains('b').in.is"),
    ],
)
def test_precedence(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("a.b.", 1, 5, "an element name or function"),
        ("a =\n  ", 2, 3, "a value, an element name, a function or '('"),
        ("a b", 1, 3, "an operator or the end of the expression"),
        ("where(a", 1, 8, "')'"),
        ("a[1", 1, 4, "']'"),
        ("'open", 1, 1, "a value, an element name, a function or '('"),
        ("a is", 1, 5, "a type name"),
        ("$that", 1, 1, "$this, $index or $total"),
        ("a.\n b.\n  1", 3, 3, "an element name or function"),
        ("", 1, 1, "a value, an element name, a function or '('"),
        ("2 + 2 /* open", 1, 8, "a value, an element name, a function or '('"),
        ("@T14:34:28Z", 1, 11, "an operator or the end of the expression"),
    ],
)
def test_errors_have_a_place(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(FHIRPathSyntaxError) as caught:
        parse(text)
    error = caught.value
    assert (error.line, error.column, error.expected) == (line, column, expected)
    assert error.exit_code == 2 and error.message.nl and error.message.en


def test_escapes() -> None:
    assert parse(r"'\\\/\f\r\n\t\"\`\'\u002a'") == Literal("string", "\\/\f\r\n\t\"`'*")


@pytest.mark.parametrize(
    "text", ["(" * 500 + "1" + ")" * 500, "a[" * 300, "-" * 5000 + "1", "1 = " * 4 + "(" * 9999, "{" * 4000]
)
def test_depth_is_limited(text: str) -> None:
    with pytest.raises(FHIRPathSyntaxError):
        parse(text)


def test_length_is_limited() -> None:
    with pytest.raises(FHIRPathSyntaxError):
        parse("a" * (MAX_LENGTH + 1))


def test_depth_within_the_limit() -> None:
    depth = MAX_DEPTH - 2
    assert parse("(" * depth + "a" + ")" * depth) == Member("a")


def test_long_chains_are_flat() -> None:
    names = " | ".join(f"'{n}'" for n in range(800))
    tree = parse(f"x in ({names})")
    assert parse(unparse(tree)) is not None
    assert len(parse(".".join(["a"] * 3000)).steps) == 2999  # type: ignore[union-attr]


names = st.one_of(
    st.sampled_from(
        [
            "name",
            "given",
            "Patient",
            "where",
            "as",
            "is",
            "contains",
            "day",
            "div",
            "and",
            "true",
            "x y",
            "`",
            "\\",
        ]
    ),
    st.text(string.ascii_letters + "_", min_size=1, max_size=6),
    st.text(min_size=1, max_size=4),
)
literals = st.one_of(
    st.booleans().map(lambda b: Literal("boolean", "true" if b else "false")),
    st.text(max_size=8).map(lambda t: Literal("string", t)),
    st.integers(0, 10**9).map(lambda n: Literal("integer", str(n))),
    st.decimals(0, 1000, places=2).map(lambda d: Literal("decimal", f"{d:f}")),
    st.sampled_from(
        [
            Literal("date", "2024-01"),
            Literal("dateTime", "2024-01-02T10:00Z"),
            Literal("time", "10:30"),
            Empty(),
        ]
    ),
    st.sampled_from(["this", "index", "total"]).map(Special),
    names.map(Variable),
)
types = st.sampled_from(["Patient", "System.String", "FHIR.`string`", "Quantity"]).map(
    lambda t: t.replace("`", "")
)


def trees(children: st.SearchStrategy) -> st.SearchStrategy:
    step = st.one_of(
        names.map(Member),
        st.builds(lambda n, a: Call(n, tuple(a)), names, st.lists(children, max_size=2)),
        children.map(Indexer),
        st.just(Special("this")),
    )
    head = children.filter(lambda t: not isinstance(t, Path))
    return st.one_of(
        st.builds(lambda h, s: Path(h, tuple(s)), head, st.lists(step, min_size=1, max_size=3)),
        st.builds(
            Binary, st.sampled_from([o for o in PRECEDENCE if o not in ("is", "as")]), children, children
        ),
        st.builds(TypeTest, st.sampled_from(["is", "as"]), children, types),
        st.builds(Unary, st.sampled_from("+-"), children),
    )


expressions = st.recursive(st.one_of(literals, names.map(Member)), trees, max_leaves=12)


@given(expressions)
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_back(tree) -> None:
    assert parse(unparse(tree)) == tree


@given(
    st.one_of(
        st.text(max_size=60), st.text("abc.()[]{}'`\"$%@0123456789TZ:-+*/|&=~!<> \n\\,isadnor", max_size=60)
    )
)
@settings(max_examples=400, deadline=None)
def test_any_text_parses_or_says_where_not(text: str) -> None:
    try:
        tree = parse(text)
    except FHIRPathSyntaxError as error:
        assert 0 <= error.position <= len(text)
        return
    assert parse(unparse(tree)) == tree
