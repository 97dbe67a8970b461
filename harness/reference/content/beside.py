"""What stands beside content: words, units, further codes.

A server is free to choose them, and free to leave them out; not free to say by them what the record does not
say. Each function yields the gaps of one datatype whose content itself is as in the record. Red is only what
cannot be meant otherwise; what may be another way to say the same is a remark, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from harness.core.normal import codes, moments, people, texts
from harness.fhir.fhirpath.values.ucum import parse_unit
from harness.reference.content.gaps import Gap, Json, show
from harness.reference.content.wording import Wording

_ORDER: Final = re.compile(
    r"\.(?:category|type|class|specialty|role|relationship)\b[^.]*(?:\.coding\[\d+\])?$"
)
"""Elements that put something in order: their names are a matter of taste."""
_NUMBER: Final = re.compile(r"[0-9]+")


def display(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The name of a code or of what is referred to: not in a wrong character set, nor that of another one."""
    left, right = wanted.get("display"), given.get("display")
    if not isinstance(right, str) or left == right:
        return
    if isinstance(left, str) and texts.garbled(left, right):
        yield Gap("altered", f"{at}.display", left, right, "garbled")
    elif not wording.knows(right):
        return
    elif isinstance(left, str) and wording.names_another(wanted, right):
        yield _named(left, right, at, "display")
    elif wording.refers_to_another(wanted, right):
        yield Gap("altered", f"{at}.display", str(left or wanted.get("reference")), right)


def concept(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """Displays, text and further codings of a CodeableConcept that has all of the record's codings."""
    ours = {codes.coding(one): one for one in _dicts(wanted.get("coding"))}
    theirs = {codes.coding(one): one for one in _dicts(given.get("coding"))}
    for index, (coding, one) in enumerate(ours.items()):
        if coding is not None:
            yield from display(one, theirs.get(coding, {}), wording, f"{at}.coding[{index}]")
    left, right = wanted.get("text"), given.get("text")
    if isinstance(right, str) and left != right:
        said = left if isinstance(left, str) else codes.concept_text(wanted)
        if isinstance(left, str) and texts.garbled(left, right):
            yield Gap("altered", f"{at}.text", left, right, "garbled")
        elif any(wording.names_another(one, right) for one in ours.values()):
            yield _named(said, right, at, "text")
        elif wording.tells_of_another(ours.values(), right):
            yield Gap("remark", f"{at}.text", said, right)
    yield from _further(ours, theirs, wording, at)


def _further(
    ours: dict[codes.Coding | None, Json], theirs: dict[codes.Coding | None, Json], wording: Wording, at: str
) -> Iterator[Gap]:
    """Codes that the record does not have: another code of one system, or one with words of another thing."""
    wanted = {coding for coding in ours if coding is not None}
    for pair, one in theirs.items():
        if pair is None or pair in wanted or not wanted:
            continue
        near = [code for where, code in wanted if where and where == pair[0]]
        narrower = any(code.startswith(pair[1]) or pair[1].startswith(code) for code in near)
        words = one.get("display")
        another = isinstance(words, str) and wording.tells_of_another(ours.values(), words)
        if another or (near and not narrower and wording.stands_apart(pair, wanted)):
            text = ", ".join(show(item) for item in ours.values())
            yield Gap("remark", f"{at}.coding", text, show(one), "more")


def _named(left: str, right: str, at: str, part: str) -> Gap:
    """Words that are known for another code; a wider or narrower term may be meant by them."""
    one, other = (set(texts.folded(text).lower().split()) for text in (left, right))
    if one <= other or other <= one or _ORDER.search(at):
        return Gap("remark", f"{at}.{part}", left, right)
    return Gap("altered", f"{at}.{part}", left, right)


def unit(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The unit as people read it, beside a code of UCUM: not another unit of what the code measures.

    Texts that UCUM reads as something quite different are what people write (``u`` for hours).
    """
    words, pair = given.get("unit"), codes.coding(given)
    if not isinstance(words, str) or pair is None or pair[0] != _UCUM:
        return
    known = {str(given["code"]).casefold(), str(wanted.get("unit")).casefold()}
    if words.strip().casefold() in known:
        return
    said, meant = parse_unit(words.strip().replace("µ", "u").replace("μ", "u")), parse_unit(pair[1])
    if said is not None and meant is not None and said.dimension == meant.dimension:
        if said.dimension and (said.factor, said.offset) != (meant.factor, meant.offset):
            yield Gap("altered", f"{at}.unit", str(wanted.get("unit") or pair[1]), words, "unit")
    elif wording.unit_of_another(given, words):
        yield Gap("remark", f"{at}.unit", str(wanted.get("unit") or pair[1]), words, "unit")


_UCUM: Final = codes.system("http://unitsofmeasure.org")


def name(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The text of a name beside its parts, and a family name in parts: they are not somebody else's."""
    text = people.name_text(given)
    ours = people.human_name(wanted), people.name_text(wanted)
    if text and text not in ours and ("family" in given or "given" in given):
        if wording.is_patient(text) and not people.may_be_called(wanted, text):
            yield Gap("altered", f"{at}.text", ours[1] or ours[0], text)
        elif not people.name_words(text) & people.name_words(" ".join(ours)):
            yield Gap("remark", f"{at}.text", ours[1] or ours[0], text)
    parts = _strings(wanted.get("_family"))
    for url, value in _strings(given.get("_family")).items():
        if url in parts and url.endswith("-name") and _last(parts[url]) != _last(value):
            yield Gap("altered", f"{at}.family", parts[url], value)


def _last(text: str) -> str:
    """The last word of a family name: prefixes stand in it, or apart."""
    return (texts.folded(text).lower().split() or [""])[-1]


def address(wanted: Json, given: Json, at: str) -> Iterator[Gap]:
    """The number of a house as an extension of a line: not another number than in the record and the line."""
    line = _numbers(people.address(given))
    ours = _numbers(" ".join(_house(wanted)))
    for value in _house(given):
        said = _numbers(value)
        if ours and line and said and not said & (line | ours):
            yield Gap("altered", f"{at}.line", " ".join(_house(wanted)), value)


def _numbers(text: str) -> set[str]:
    return {number.lstrip("0") for number in _NUMBER.findall(text)}


def _house(value: Json) -> list[str]:
    lines = value.get("_line")
    return [
        text
        for one in (lines if isinstance(lines, list) else ())
        for url, text in _strings(one).items()
        if url.endswith("iso21090-ADXP-houseNumber")
    ]


def _strings(beside_value: Any) -> dict[str, str]:
    """Texts in the extensions of a primitive value, by url."""
    listed = beside_value.get("extension") if isinstance(beside_value, dict) else None
    return {
        str(one.get("url")): one["valueString"]
        for one in _dicts(listed)
        if isinstance(one.get("valueString"), str)
    }


def translations(wanted: Iterable[Json], given: Iterable[Json], at: str) -> Iterator[Gap]:
    """A code of FHIR said in codes of the zib (extension code-specification): one of the record's, in a code
    system that both have.

    A remark: which codes of the zib stand for one code of FHIR is not always one to one.
    """
    ours, theirs = (
        {pair for one in listed for pair in codes.codings(one.get("valueCodeableConcept"))}
        for listed in (wanted, given)
    )
    for where in sorted({where for where, _ in ours} & {where for where, _ in theirs}):
        left, right = (sorted(code for one, code in pairs if one == where) for pairs in (ours, theirs))
        if not set(left) & set(right):
            yield Gap("remark", at, ", ".join(left), ", ".join(right))


def duration(wanted: Json, answer: Json, at: str) -> Iterator[Gap]:
    """The minutes of an Appointment: not more than there are between its start and end, or as in the record.

    Fewer are allowed (STU3: "This can be less than the duration between the start and end times").
    """
    minutes = answer.get("minutesDuration")
    first, last = (moments.seconds(str(answer.get(key))) for key in ("start", "end"))
    if not isinstance(minutes, int) or minutes == wanted.get("minutesDuration"):
        return
    if first is not None and last is not None and last > first and minutes * 60 > last - first + 60:
        yield Gap("altered", f"{at}.minutesDuration", f"{(last - first) / 60:g}", str(minutes))


def with_end(wanted: Json, durations: Iterable[Json], given: Json) -> Json:
    """A Period of the record with the end that its duration gives, when the answer has an end and the record
    has none; the last day may be counted or not.
    """
    period, answered = wanted.get("valuePeriod"), given.get("valuePeriod")
    if not isinstance(period, dict) or not isinstance(answered, dict) or "end" in period:
        return wanted
    for one in durations:
        ends = moments.ends(str(period.get("start")), one.get("valueDuration"))
        if ends and isinstance(answered.get("end"), str):
            day = moments.day_of(answered["end"])
            return {**wanted, "valuePeriod": {**period, "end": day if day in ends else ends[-1]}}
    return wanted


def _dicts(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
