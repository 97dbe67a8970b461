"""Functions on strings (N1 section 5.6 and its STU additions)."""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Callable

import msgspec

from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Compiling,
    Facts,
    StepCode,
    step_of_test,
)
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import Functions, integer_of, string_of
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call
from harness.fhir.fhirpath.values import regexes
from harness.fhir.fhirpath.values.items import MAX_STRING, raw, single, text_of
from harness.fhir.phrases import UTF8_TEXT

FUNCTIONS = Functions()


def _text(c: Evaluation, coll: Items, what: str) -> str | None:
    """The input of a string function: one string; in the hapi dialects any primitive, and nothing for
    several items."""
    if c.dialect.lenient_boolean:
        if len(coll) != 1:
            return None
        value = raw(coll[0])
        shown = None if value is None else text_of(value)
        if shown is not None or value is None:
            return shown
    return string_of(coll, what)


def _string_test(name: str, test: Callable[[str, str], bool], least: int = 1, most: int = 1) -> None:
    """Register a test of a string against another one."""

    def build(compiler: Compiling, call: Call) -> StepCode:
        args = [compiler.argument(a) for a in call.args]
        only = args[0].run
        false = compiler.dialect.string_tests_false
        lenient = compiler.dialect.lenient_boolean
        what = name + "()"

        def run(c: Evaluation, coll: Items, this: Items) -> bool | None:
            other = string_of(only(c, this), what)
            if len(coll) == 1 and coll[0].__class__ is tuple and coll[0][0].__class__ is str:
                text: str | None = coll[0][0]
            elif false and len(coll) != 1:
                return False
            else:
                text = _text(c, coll, what)
            if text is None or other is None:
                return False if false else None
            if false and not other:
                return False
            return test(text, other)

        facts = args[0].facts
        safe = lenient and args[0].constant is not None
        return step_of_test(run, Facts(facts.pure, safe, facts.index, facts.scoped))

    FUNCTIONS.compiled(name, least, most)(build)


_string_test("startsWith", lambda text, other: text.startswith(other))
_string_test("endsWith", lambda text, other: text.endswith(other))
_string_test("contains", lambda text, other: other in text)


def _matches(name: str, always_full: bool) -> None:
    def test(c: Evaluation, coll: Items, pattern: Items, flags: Items = NONE) -> bool | None:
        if (
            not flags
            and len(coll) == 1
            and coll[0].__class__ is tuple
            and coll[0][0].__class__ is str
            and len(pattern) == 1
        ):
            value = coll[0][0]
            given = pattern[0]
            if given.__class__ is str and (value or not c.dialect.string_tests_false) and given:
                found = regexes.compiled(given)
                whole = always_full or c.dialect.anchored_matches
                return (found.fullmatch if whole else found.search)(value) is not None
        expression = string_of(pattern, name + "()")
        text = _text(c, coll, name + "()")
        if expression is None or text is None:
            return False if c.dialect.string_tests_false else None
        if c.dialect.string_tests_false and (not text or not expression):
            return False
        marks = string_of(flags, name + "()") or ""
        whole = always_full or c.dialect.anchored_matches
        return (regexes.full if whole else regexes.search)(expression, text, marks)

    FUNCTIONS.boolean(name, 1, 2)(test)


_matches("matches", always_full=False)
_matches("matchesFull", always_full=True)


@FUNCTIONS.scalar("replaceMatches", 2)
def _replace_matches(c: Evaluation, coll: Items, pattern: Items, replacement: Items) -> str | None:
    text = _text(c, coll, "replaceMatches()")
    expression, other = string_of(pattern, "replaceMatches()"), string_of(replacement, "replaceMatches()")
    if text is None or expression is None or other is None:
        return None
    java = c.dialect.lenient_boolean
    if java and not expression:
        return text
    result = regexes.replace(expression, text, other, java=java, limit=MAX_STRING)
    c.spend(len(text) >> 2)
    return result


@FUNCTIONS.scalar("replace", 2)
def _replace(c: Evaluation, coll: Items, pattern: Items, replacement: Items) -> str | None:
    text = _text(c, coll, "replace()")
    old, new = string_of(pattern, "replace()"), string_of(replacement, "replace()")
    if text is None or old is None or new is None:
        return None
    if (
        len(text) + (len(text) + 1) * len(new) > MAX_STRING
        and len(text) + text.count(old) * len(new) > MAX_STRING
    ):
        raise c.exhausted()
    result = text.replace(old, new)
    c.spend(len(result) >> 6)
    return result


@FUNCTIONS.scalar("indexOf", 1)
def _index_of(c: Evaluation, coll: Items, part: Items) -> int | None:
    text, other = _text(c, coll, "indexOf()"), string_of(part, "indexOf()")
    return None if text is None or other is None else text.find(other)


@FUNCTIONS.scalar("lastIndexOf", 1)
def _last_index_of(c: Evaluation, coll: Items, part: Items) -> int | None:
    text, other = _text(c, coll, "lastIndexOf()"), string_of(part, "lastIndexOf()")
    return None if text is None or other is None else text.rfind(other)


@FUNCTIONS.scalar("substring", 1, 2)
def _substring(c: Evaluation, coll: Items, start: Items, length: Items | None = None) -> str | None:
    text, first = _text(c, coll, "substring()"), integer_of(start, "substring()")
    count = integer_of(length, "substring()") if length else None
    if text is None or first is None or not 0 <= first < len(text):
        return None
    return text[first:] if count is None else text[first : first + max(0, count)]


@FUNCTIONS.scalar("upper")
def _upper(c: Evaluation, coll: Items) -> str | None:
    text = _text(c, coll, "upper()")
    return None if text is None else text.upper()


@FUNCTIONS.scalar("lower")
def _lower(c: Evaluation, coll: Items) -> str | None:
    text = _text(c, coll, "lower()")
    return None if text is None else text.lower()


@FUNCTIONS.scalar("trim")
def _trim(c: Evaluation, coll: Items) -> str | None:
    text = _text(c, coll, "trim()")
    return None if text is None else text.strip()


@FUNCTIONS.scalar("length")
def _length(c: Evaluation, coll: Items) -> int | None:
    text = _text(c, coll, "length()")
    return None if text is None else len(text)


@FUNCTIONS.collection("toChars")
def _to_chars(c: Evaluation, coll: Items) -> Items:
    text = _text(c, coll, "toChars()")
    c.spend(len(text or ""))
    return list(text or "")


@FUNCTIONS.collection("split", 1)
def _split(c: Evaluation, coll: Items, separator: Items) -> Items:
    text, mark = _text(c, coll, "split()"), string_of(separator, "split()")
    if text is None:
        return []
    c.spend(len(text))
    if mark is None:
        return [text]
    return list(text.split(mark)) if mark else list(text)


@FUNCTIONS.scalar("join", 0, 1)
def _join(c: Evaluation, coll: Items, separator: Items = NONE) -> str | None:
    parts: list[str] = []
    for item in coll:
        value = raw(item)
        if value is None:
            continue
        if value.__class__ is not str:
            raise evaluation_error(
                "join() verbindt teksten", "join() joins strings", expected="string", received=value
            )
        parts.append(value)
    if not parts:
        return None
    result = (string_of(separator, "join()") or "").join(parts)
    c.spend(len(result) >> 6)
    return result


def _format(coll: Items, what: str) -> str:
    return str(raw(single(coll, what))) if coll else ""


@FUNCTIONS.scalar("encode", 1)
def _encode(c: Evaluation, coll: Items, form: Items) -> str | None:
    text = _text(c, coll, "encode()")
    if text is None:
        return None
    data = text.encode("utf-8", "surrogatepass")
    kind = _format(form, "encode()")
    if kind == "base64":
        return base64.b64encode(data).decode()
    if kind in ("urlbase64", "base64url"):
        return base64.urlsafe_b64encode(data).decode()
    return data.hex() if kind == "hex" else None


@FUNCTIONS.scalar("decode", 1)
def _decode(c: Evaluation, coll: Items, form: Items) -> str | None:
    text = _text(c, coll, "decode()")
    if text is None:
        return None
    kind = _format(form, "decode()")
    try:
        if kind in ("urlbase64", "base64url", "base64"):
            plain = text if kind == "base64" else text.replace("-", "+").replace("_", "/")
            return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True).decode()
        return bytes.fromhex(text).decode() if kind == "hex" else None
    except (ValueError, UnicodeError) as error:
        raise evaluation_error(
            f"dit is geen {kind}", f"this is not {kind}", expected=UTF8_TEXT.format(kind=kind), received=text
        ) from error


@FUNCTIONS.scalar("escape", 1)
def _escape(c: Evaluation, coll: Items, form: Items) -> str | None:
    text, kind = _text(c, coll, "escape()"), _format(form, "escape()")
    if text is None:
        return None
    if kind == "html":
        return html.escape(text).replace("&#x27;", "&#39;")
    return msgspec.json.encode(text).decode()[1:-1] if kind == "json" else None


@FUNCTIONS.scalar("unescape", 1)
def _unescape(c: Evaluation, coll: Items, form: Items) -> str | None:
    text, kind = _text(c, coll, "unescape()"), _format(form, "unescape()")
    if text is None:
        return None
    if kind == "html":
        return html.unescape(text)
    if kind != "json":
        return None
    try:
        escaped = text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
        quoted = '"' + (escaped if '\\"' in escaped else escaped.replace('"', '\\"')) + '"'
        return msgspec.json.decode(quoted.encode(), type=str)
    except msgspec.DecodeError as error:
        raise evaluation_error("dit is geen JSON-tekst", "this is no JSON text", received=text) from error
