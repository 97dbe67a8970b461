"""What stands beside content: words, units, further codes.

A server is free to choose them, and free to leave them out; not free to say by them what the record does not
say. Each function yields the gaps of one datatype whose content itself is as in the record. Red is only what
cannot be meant otherwise; what may be another way to say the same is a remark, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final, Literal

from harness.core.normal import codes, moments, people, texts
from harness.fhir.fhirpath.values.ucum import parse_unit
from harness.reference.content.gaps import Gap, Json, Note, show
from harness.reference.content.wording import Told, Wording

_ORDER: Final = re.compile(
    r"\.(?:category|type|class|specialty|role|relationship)\b[^.]*(?:\.coding\[\d+\])?$"
)
"""Elements that put something in order: their names are a matter of taste."""
_FILED: Final = re.compile(r"\.(?:category|class|specialty|role|relationship)\b[^.]*(?:\.coding\[\d+\])?$")
"""Those of which nobody looks at the name."""
_NUMBER: Final = re.compile(r"[0-9]+")


def display(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The name of a code or of what is referred to: not in a wrong character set, nor that of another one."""
    left, right = wanted.get("display"), given.get("display")
    if not isinstance(right, str) or left == right:
        return
    if not isinstance(left, str):
        left = None
    asked = str(wanted.get("system")), str(wanted.get("code")), str(wanted.get("reference")), left, right
    told = wording.told.get(asked)
    if told is None:
        told = _told(wanted, left, right, wording)
        if len(wording.told) < _KEPT and len(right) <= _LONG:
            wording.told[asked] = told
    if told == "named":
        yield _named(str(left), right, at, "display")
    elif told == "unlike":
        if not _FILED.search(at):
            yield Gap("remark", f"{at}.display", str(left), right)
    elif told:
        note: Note = "garbled" if told == "garbled" else ""
        yield Gap("altered", f"{at}.display", str(left or wanted.get("reference")), right, note)


_KEPT: Final = 20_000
_LONG: Final = 200
"""How many judged names of how many characters are remembered in a run."""


def _told(wanted: Json, left: str | None, right: str, wording: Wording) -> Told:
    """What another name of a code or reference comes to."""
    if left is not None and texts.garbled(left, right):
        return "garbled"
    if left is not None and texts.contradicts(left, right):
        return "opposite"
    if not wording.knows(right):
        return "unlike" if left is not None and wording.unlike_any(wanted, right) else ""
    if left is not None and wording.names_another(wanted, right):
        return "named"
    return "other" if wording.refers_to_another(wanted, right) else ""


def concept(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """Displays, text and further codings of a CodeableConcept that has all of the record's codings."""
    if wanted == given:
        return
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
        elif texts.contradicts(said, right):
            yield Gap("altered", f"{at}.text", said, right)
        elif any(wording.names_another(one, right) for one in ours.values()):
            yield _named(said, right, at, "text")
        elif wording.tells_of_another(ours.values(), right) or _unlike(ours.values(), right, wording, at):
            yield Gap("remark", f"{at}.text", said, right)
    yield from _further(ours, theirs, wording, at)


def _unlike(named: Iterable[Json], words: str, wording: Wording, at: str) -> bool:
    """Whether words have nothing in common with what the records call any of these: a person has to look."""
    listed = list(named)
    return bool(listed) and not _FILED.search(at) and all(wording.unlike_any(one, words) for one in listed)


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
        if another or (near and not narrower):
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
    text = words.strip().replace("µ", "u").replace("μ", "u")
    said, meant = parse_unit(_UNITS.get(text.casefold(), text)), parse_unit(pair[1])
    if said is not None and meant is not None and said.dimension == meant.dimension:
        if said.dimension and (said.factor, said.offset) != (meant.factor, meant.offset):
            yield Gap("altered", f"{at}.unit", str(wanted.get("unit") or pair[1]), words, "unit")
    elif wording.unit_of_another(given, words) or (
        said is not None and meant is not None and {said.dimension, meant.dimension} == _CONCENTRATIONS
    ):
        yield Gap("remark", f"{at}.unit", str(wanted.get("unit") or pair[1]), words, "unit")


_UCUM: Final = codes.system("http://unitsofmeasure.org")
_CONCENTRATIONS: Final = {(("g", 1), ("m", -3)), (("m", -3),)}
"""Mass and amount of substance in a volume: both are written for one result, with other numbers."""
_UNITS: Final = {
    word: unit
    for unit, words in {
        "s": "seconde seconden sec second seconds",
        "min": "minuut minuten minute minutes",
        "h": "uur uren hour hours",
        "d": "dag dagen day days",
        "wk": "week weken weeks",
        "mo": "maand maanden month months",
        "a": "jaar jaren year years",
        "kg": "kilo kilogram kilograms",
        "g": "gram grams",
        "mg": "milligram milligrams",
        "ug": "microgram micrograms mcg",
        "L": "liter liters litre",
        "mL": "milliliter millilitre",
        "cm": "centimeter centimetre",
        "m": "meter metre",
    }.items()
    for word in words.split()
}
"""What people write for a unit of UCUM, Dutch and English."""


def one_quantity(wanted: codes.Quantity, given: codes.Quantity) -> Literal["", "same", "converted"]:
    """Whether two quantities with codes of UCUM are equal: in the same unit written otherwise (``mmol/l``,
    ``/min`` and ``1/min``, annotations), or exactly converted.
    """
    if wanted[1:3] != given[1:3] or wanted[2] != _UCUM:
        return ""
    left, right = parse_unit(wanted[3]), parse_unit(given[3])
    if left is None or right is None or left.dimension != right.dimension or left.offset != right.offset:
        return ""
    one, other = _exact(wanted[0]), _exact(given[0])
    if one is None or other is None:
        return ""
    if left.factor == right.factor:
        return "same" if one == other else ""
    return "converted" if left.dimension and one * left.factor == other * right.factor else ""


def one_rate(wanted: Json, given: Json) -> tuple[Json, Json]:
    """Two repeats without how often, when both say the same of that (once a day, once in 24 hours)."""
    rates = [_rate(one) for one in (wanted, given)]
    if rates[0] is None or rates[0] != rates[1]:
        return wanted, given
    left, right = ({key: one[key] for key in one if key not in _RATE} for one in (wanted, given))
    return left, right


_RATE: Final = ("frequency", "period", "periodUnit")


def _rate(repeat: Json) -> Fraction | None:
    """Times per second."""
    unit = parse_unit(str(repeat.get("periodUnit")))
    period = _exact(codes.number(repeat.get("period")))
    times = _exact(codes.number(repeat.get("frequency", 1)))
    return times / (period * unit.factor) if unit is not None and period and times is not None else None


_DECIMAL: Final = re.compile(r"-?[0-9]{1,120}(?:\.[0-9]{1,120})?")


def _exact(text: str) -> Fraction | None:
    """A number as it is compared; ``None`` for what is none, or has an exponent that fills the memory."""
    return Fraction(text) if _DECIMAL.fullmatch(text) else None


def one_name(wanted: Json, given: Json, *, practitioner: bool) -> bool:
    """Whether two HumanNames are of one person, in parts or as a text; a practitioner may go by initials."""
    parts = ["family" in one or "given" in one for one in (wanted, given)]
    if all(parts):
        return people.same_name(wanted, given, initials=practitioner)
    if parts[0]:
        return people.may_be_called(wanted, people.name_text(given))
    ours, theirs = (
        people.name_words(f"{people.name_text(one)} {people.human_name(one)}") for one in (wanted, given)
    )
    return practitioner and any(len(word) > 1 for word in ours & theirs)


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
    """Street and number of a house as extensions of a line, or the number in the text: no other ones than in
    the record.
    """
    line = _numbers(people.address(given))
    ours = _numbers(" ".join(_parts(wanted, "houseNumber")))
    lines = " ".join(map(str, wanted["line"])) if isinstance(wanted.get("line"), list) else ""
    written = _numbers(lines)
    text = given.get("text")
    if written and isinstance(text, str) and given.get("line"):
        said = (
            _numbers(text) - _numbers(str(wanted.get("postalCode"))) - _numbers(str(given.get("postalCode")))
        )
        if said and not said & written:
            yield Gap("altered", f"{at}.text", lines, text)
    for value in _parts(given, "houseNumber"):
        said = _numbers(value)
        if ours and line and said and not said & (line | ours):
            yield Gap("altered", f"{at}.line", " ".join(_parts(wanted, "houseNumber")), value)
    streets = texts.words_of(" ".join((people.address(given), *_parts(wanted, "streetName")))).split()
    for value in _parts(given, "streetName"):
        if given.get("line") and not set(texts.words_of(value).split()) & set(streets):
            yield Gap("remark", f"{at}.line", people.address(wanted), value)


def _numbers(text: str) -> set[str]:
    return {number.lstrip("0") for number in _NUMBER.findall(text)}


def _parts(value: Json, name: str) -> list[str]:
    """Parts of the lines of an address that stand in extensions."""
    lines = value.get("_line")
    return [
        text
        for one in (lines if isinstance(lines, list) else ())
        for url, text in _strings(one).items()
        if url.endswith(f"iso21090-ADXP-{name}")
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
