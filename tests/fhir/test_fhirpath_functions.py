"""Functions that the official suite leaves thin: regexes, quantities, dates, narrative, sums; and their
properties."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fhir.fhirpath import FHIRPathError, compile
from harness.fhir.fhirpath.functions import table
from harness.fhir.fhirpath.narrative import narrative_ok
from harness.fhir.fhirpath.values import regexes
from harness.fhir.fhirpath.values.items import text_of
from harness.fhir.fhirpath.values.temporal import add, compare, parse_date, parse_datetime, parse_time
from harness.fhir.fhirpath.values.ucum import parse_unit
from harness.fhir.model.types import load_model

MODEL = load_model("STU3")


def test_every_function_stands_in_one_module() -> None:
    modules = [value for value in vars(table).values() if isinstance(value, ModuleType)]
    assert sum(len(module.FUNCTIONS) for module in modules) == len(table.FUNCTIONS) > 120


def shown(expression: str, dialect: str = "strict") -> list[str | None]:
    return [text_of(v) for v in compile(expression, model=MODEL, dialect=dialect).values({})]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r"'1234AB'.matches('^\\d{4}[A-Z]{2}$')", ["true"]),
        (r"'x 1234AB'.matches('\\d{4}[A-Z]{2}')", ["false"]),
        (r"'a.b'.matches('a\\.b')", ["true"]),
        (r"'http://x/y'.matches('http:\/\/.*')", ["true"]),
        (r"'A\nB'.matches('A.B')", ["true"]),
        ("'aé'.matches('\\\\p{Alpha}.')", ["true"]),
        ("'abc'.replaceMatches('(b)(c)', '$2$1')", ["acb"]),
        ("'abc'.replaceMatches('b', '[$0]')", ["a[b]c"]),
        ("'a.b.c'.replaceMatches('\\\\.', '')", ["abc"]),
        ("'abc'.replaceMatches('(?<x>b)', '$1$1')", ["abbc"]),
        ("'ab'.matches('a++b')", ["true"]),
        ("'AB'.matches('ab', 'i')", ["true"]),
    ],
)
def test_regexes_are_java_in_hapi(expression: str, expected: list[str]) -> None:
    assert shown(expression, "hapi") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'xabcx'.matches('abc')", ["true"]),
        ("'abc'.replaceMatches('b', '$&$&')", ["abbc"]),
        ("'abc'.matchesFull('b')", ["false"]),
    ],
)
def test_regexes_are_ecmascript_in_strict(expression: str, expected: list[str]) -> None:
    assert shown(expression) == expected


def test_catastrophic_pattern_is_linear() -> None:
    text = "a" * 40_000 + "!"
    expression = compile(
        f"'{text}'.matches('(a+)+b') or '{text}'.matches('^([^\\\\s]+([\\\\s]?[^\\\\s]+)*)$')", model=MODEL
    )
    assert expression.values({}) == [True]


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "a{1,100000}", "x" * 20_000, "[z-a]"])
def test_impossible_patterns_are_clear_errors(pattern: str) -> None:
    with pytest.raises(FHIRPathError):
        regexes.compiled(pattern)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 'mg' = 0.001 'g'", ["true"]), ("1 'mmol/L' > 1 'umol/L'", ["true"]),
        ("37 'Cel' = 98.6 '[degF]'", ["true"]),
        ("120 'mm[Hg]' = 120 'mm[Hg]'", ["true"]), ("1 'kg' = 1 'm'", ["false"]), ("1 'kg' < 1 'm'", []),
        ("1 '{beats}/min' = 1 '/min'", ["true"]), ("10 '%' = 0.1 '1'", ["true"]), ("1 year = 12 months",
        ["true"]),
        ("1 year = 1 'a'", []), ("1 week = 7 'd'", ["true"]), ("3 'cm' + 1 'm'", ["103 'cm'"]),
        ("1 'm' - 20 'cm'", ["80 'cm'"]),
        ("4 'm' * 2", ["8 'm'"]), ("6 'm2' / 2 'm'", ["3 'm'"]), ("6 'm' / 0 's'", []),
        ("'5 \\'mg\\''.toQuantity('g')", ["0.005 'g'"]),
        ("1 'x!y' = 1 'x!y'", ["true"]), ("1 'x!y' = 2 'mg'", ["false"]),
        ("1 'mL/min/{1.73_m2}' = 1 'ml/min'", ["true"]),
    ],
)  # fmt: skip
def test_quantities(expression: str, expected: list[str]) -> None:
    assert shown(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@2024-01-31 + 1 month", ["2024-02-29"]), ("@2024-02-29 + 1 year", ["2025-02-28"]),
        ("@2024 + 13 months", ["2025"]),
        ("@2024-01-01 - 1 day", ["2023-12-31"]), ("@T23:30 + 45 minutes", ["00:15"]),
        ("@2024-01-01 + 25 hours", ["2024-01-02"]),
        ("@0001-01-01 - 1 year", []), ("@9999-12-31 + 1 day", []),
        ("@2024-01-01T00:00:00.000Z + 1 millisecond", ["2024-01-01T00:00:00.001+00:00"]),
        ("@2024-03-01T10:00:00+01:00 = @2024-03-01T09:00:00Z", ["true"]), ("@2024-03 < @2024-04-01",
        ["true"]), ("@2024-03 < @2024-03-02", []),
        ("@2024-01.lowBoundary()", ["2024-01-01"]), ("@2024-02.highBoundary()", ["2024-02-29"]),
        ("@2024-02-03.yearOf()", ["2024"]),
        ("@2024-02-03T10:11:12.345+02:00.timezoneOffsetOf()", ["2"]),
        ("@2024-02-03T10:11:12.345Z.millisecondOf()", ["345"]),
        ("@2024-02-03T10:11.timeOf()", ["10:11"]), ("@2024-02-03T10:11.dateOf()", ["2024-02-03"]),
        ("'2024-13'.toDate()", []),
        ("'2024-02-30'.convertsToDate()", ["false"]), ("'25:00'.toTime()", []),
    ],
)  # fmt: skip
def test_dates(expression: str, expected: list[str]) -> None:
    assert shown(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(3 | 1 | 2).sort()", ["1", "2", "3"]), ("(3 | 1 | 2).sort($this desc)", ["3", "2", "1"]),
        ("(1 | 2 | 3).sum()", ["6"]),
        ("(1 | 2).avg()", ["1.5"]), ("(3 | 1).min()", ["1"]), ("(3 | 1).max()", ["3"]), ("{}.sum()", []),
        ("coalesce({}, 2, 3)", ["2"]),
        ("(1 | 2 | 3).tail()", ["2", "3"]), ("(1 | 2 | 3).take(2)", ["1", "2"]),
        ("(1 | 2).subsetOf(1 | 2 | 3)", ["true"]),
        ("(1 | 5).subsetOf(1 | 2 | 3)", ["false"]), ("1.combine(1).isDistinct()", ["false"]),
        ("(1 | 2) ~ (2 | 1)", ["true"]),
        ("'a b'.split(' ')", ["a", "b"]), ("('a' | 'b').join('-')", ["a-b"]), ("'abc'.toChars().count()",
        ["3"]), ("' x '.trim()", ["x"]),
        ("'é'.encode('base64')", ["w6k="]), ("'<a>'.escape('html')", ["&lt;a&gt;"]),
        ("'abc'.lastIndexOf('c')", ["2"]),
        ("16.log(2)", ["4"]), ("2.power(10)", ["1024"]), ("(-8).power(0.5)", []), ("2.sqrt().round(3)",
        ["1.414"]), ("5 div 0", []),
        ("-7 div 2", ["-3"]), ("-7 mod 2", ["-1"]), ("0.1 + 0.2", ["0.3"]), ("1 / 3 * 3 ~ 1", ["true"]),
        ("1.5.round()", ["2"]),
        ("5L + 1", ["6"]), ("'1'.toLong() is System.Long", ["true"]), ("1 & 'a'", None),
    ],
)  # fmt: skip
def test_collections_text_and_math(expression: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(FHIRPathError):
            shown(expression)
    else:
        assert shown(expression) == expected


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>', True),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><img src="#a"/></div>', True),
        ('<div xmlns="http://www.w3.org/1999/xhtml"> </div>', False),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>', False),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x">x</p></div>', False),
        ("<div><p>x</p></div>", False),
        ('<!DOCTYPE d [<!ENTITY x "y">]><div xmlns="http://www.w3.org/1999/xhtml">&x;</div>', False),
        ("no xml", False),
    ],
)
def test_narrative(text: str, fine: bool) -> None:
    assert narrative_ok(text) is fine
    resource = {"resourceType": "Patient", "text": {"status": "generated", "div": text}}
    for name in ("htmlChecks", "htmlchecks"):
        assert compile(f"text.`div`.{name}()", model=MODEL).values(resource) == [fine]


@pytest.mark.parametrize(
    ("code", "factor", "dimension"),
    [
        ("mg", Fraction(1, 1000), (("g", 1),)), ("m/s2", Fraction(1), (("m", 1), ("s", -2))), ("10*3/uL",
        Fraction(10**12), (("m", -3),)),
        ("kg.m/s2", Fraction(1000), (("g", 1), ("m", 1), ("s", -2))), ("/min", Fraction(1, 60), (("s",
        -1),)), ("{x}", Fraction(1), ()),
        ("(m)/(s)", Fraction(1), (("m", 1), ("s", -1))),
    ],
)  # fmt: skip
def test_units(code: str, factor: Fraction, dimension: tuple) -> None:
    unit = parse_unit(code)
    assert unit is not None and (unit.factor, unit.dimension) == (factor, dimension)


@pytest.mark.parametrize(
    "code", ["", "mg mg", "abc", "m//s", "(m", "m)", "mg/", "[in_i", "{x", "m1000000", "0", "." * 200]
)
def test_what_is_no_unit(code: str) -> None:
    unit = parse_unit(code)
    assert unit is None if code else unit is not None


@given(st.text("mgsLl/.()*{}[]0123456789-+unkdaHoCe%", max_size=14))
@settings(max_examples=300, deadline=None)
def test_any_unit_text(code: str) -> None:
    unit = parse_unit(code)
    assert unit is None or unit.factor != 0 or unit.dimension == ()


@given(st.dates(), st.dates())
@settings(max_examples=100, deadline=None)
def test_dates_are_ordered_like_dates(a, b) -> None:
    left, right = parse_date(a.isoformat()), parse_date(b.isoformat())
    assert left is not None and right is not None
    assert compare(left, right, None) == (a > b) - (a < b)


@given(st.datetimes(), st.integers(-1000, 1000), st.sampled_from(["day", "hour", "minute", "second", "week"]))
@settings(max_examples=100, deadline=None)
def test_moving_forth_and_back(moment, amount: int, unit: str) -> None:
    start = parse_datetime(moment.replace(microsecond=0).isoformat())
    assert start is not None
    moved = add(start, Decimal(amount), unit)
    if moved is not None:
        back = add(moved, Decimal(-amount), unit)
        assert back is not None and back.parts == start.parts


@given(st.text("0123456789-T:.+Z", max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_date_text(text: str) -> None:
    for parser in (parse_date, parse_datetime, parse_time):
        found = parser(text)
        assert found is None or parser(found.text) is not None


@given(st.text(max_size=30), st.text(max_size=6))
@settings(max_examples=100, deadline=None)
def test_text_functions_agree_with_python(text: str, part: str) -> None:
    options = {"environment": {"t": text, "p": part}}
    run = {
        name: compile(f"%t.{name}(%p)", model=MODEL, dialect="strict").values({}, **options)
        for name in ("contains", "startsWith", "indexOf")
    }
    assert run == {
        "contains": [part in text],
        "startsWith": [text.startswith(part)],
        "indexOf": [text.find(part)],
    }
    for form in ("base64", "urlbase64", "hex"):
        coded = compile(f"%t.encode('{form}').decode('{form}')", model=MODEL).values({}, **options)
        assert coded == [text]
    assert compile("%t.escape('json').unescape('json')", model=MODEL).values({}, **options) == [text]
