"""What stands beside content: words, units, further codes.

A server is free to choose them, and free to leave them out; not free to say by them what the record does not
say. Each function yields the gaps of one datatype whose content itself is as in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.core.normal import codes, moments, people, texts
from harness.fhir.ucum import spelled, unprefixed
from harness.reference.content.gaps import Gap, Json, show
from harness.reference.content.wording import Wording


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
        yield _named(left, right, f"{at}.display")
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
        if isinstance(left, str) and texts.garbled(left, right):
            yield Gap("altered", f"{at}.text", left, right, "garbled")
        elif any(wording.names_another(one, right) for one in ours.values()):
            yield _named(str(left or codes.concept_text(wanted)), right, f"{at}.text")
        elif any(wording.tells_of_another(one, right) for one in ours.values()):
            yield Gap("remark", f"{at}.text", str(left or codes.concept_text(wanted)), right)
    wanted_codes = {coding for coding in ours if coding is not None}
    systems = {where for where, _ in wanted_codes if where}
    for pair in theirs if wanted_codes else ():
        if pair is None or pair in wanted_codes:
            continue
        another = wording.stands_apart(pair, wanted_codes)
        if pair[0] in systems and another:
            yield Gap("altered", f"{at}.coding", show(wanted), "|".join(pair), "added")
        elif pair[0] in systems or another or _tells_of_another(ours.values(), theirs[pair], wording):
            yield Gap("remark", f"{at}.coding", show(wanted), "|".join(pair), "more")


def _tells_of_another(ours: Iterable[Json], further: Json, wording: Wording) -> bool:
    """Whether the words of a further code are those of other codes than the record's."""
    words = further.get("display")
    return isinstance(words, str) and any(wording.tells_of_another(one, words) for one in ours)


def _named(left: str, right: str, at: str) -> Gap:
    """Words that are known for another code; a wider or narrower term may be meant by them."""
    one, other = texts.folded(left).lower(), texts.folded(right).lower()
    if one and (one in other or other in one):
        return Gap("remark", at, left, right)
    return Gap("altered", at, left, right)


def unit(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The unit as people read it, beside a code: it is not that of another code, nor a multiple of it."""
    words, code = given.get("unit"), given.get("code")
    if not isinstance(words, str) or not isinstance(code, str) or words in (code, wanted.get("unit")):
        return
    base, right = unprefixed(words), unprefixed(code)
    multiple = bool(base) and base == right and spelled(words) != spelled(code)
    if multiple or wording.unit_of_another(given, words):
        yield Gap("altered", f"{at}.unit", str(wanted.get("unit") or code), words, "unit")
    elif base and right and base != right and len(words) > 1:  # people write units that UCUM reads otherwise
        yield Gap("remark", f"{at}.unit", str(wanted.get("unit") or code), words, "unit")


def name(wanted: Json, given: Json, wording: Wording, at: str) -> Iterator[Gap]:
    """The text of a name beside its parts, and the parts of a family name: they are not somebody else's."""
    text = people.name_text(given)
    ours = people.human_name(wanted), people.name_text(wanted)
    words = _words(" ".join(ours))
    if not ("family" in given or "given" in given) or text in ("", *ours):
        text = ""  # it is the name itself
    if text and ((words and not words & _words(text)) or wording.is_name(text)):
        yield Gap("altered", f"{at}.text", ours[1] or ours[0], text)
    parts = _strings(wanted.get("_family"))
    for url, value in _strings(given.get("_family")).items():
        if url in parts and texts.folded(parts[url]).lower() != texts.folded(value).lower():
            yield Gap("altered", f"{at}.family", parts[url], value)


def address(given: Json, at: str) -> Iterator[Gap]:
    """Street and number as extensions of a line: they are in the line."""
    line = people.address(given)
    beside_lines = given.get("_line")
    for one in beside_lines if isinstance(beside_lines, list) else ():
        for url, value in _strings(one).items():
            if url.endswith(_IN_LINE) and line and texts.folded(value).lower() not in line:
                yield Gap("altered", f"{at}.line", line, value)


_IN_LINE = ("iso21090-ADXP-streetName", "iso21090-ADXP-houseNumber")


def _strings(beside_value: Any) -> dict[str, str]:
    """Texts in the extensions of a primitive value, by url."""
    listed = beside_value.get("extension") if isinstance(beside_value, dict) else None
    return {
        str(one.get("url")): one["valueString"]
        for one in _dicts(listed)
        if isinstance(one.get("valueString"), str)
    }


def _words(text: str) -> set[str]:
    return set(text.replace("_", " ").replace("-", " ").replace(".", " ").split())


def translation(wanted: Json, given: Json, at: str) -> Iterator[Gap]:
    """A code of FHIR said in a code of the zib (extension code-specification): that of the record, where both
    are of one system.
    """
    ours, theirs = (codes.codings(item.get("valueCodeableConcept")) for item in (wanted, given))
    shared = {where for where, _ in ours} & {where for where, _ in theirs}
    if any(not {pair for pair in ours if pair[0] == where} & theirs for where in shared):
        left, right = (show(item.get("valueCodeableConcept")) for item in (wanted, given))
        yield Gap("altered", at, left, right)


def duration(answer: Json, at: str) -> Iterator[Gap]:
    """The minutes of an Appointment against its own start and end."""
    minutes = answer.get("minutesDuration")
    ends = [moments.seconds(str(answer.get(key))) for key in ("start", "end")]
    if isinstance(minutes, int) and ends[0] is not None and ends[1] is not None:
        apart = (ends[1] - ends[0]) / 60
        if abs(apart - minutes) >= 1:
            yield Gap("altered", f"{at}.minutesDuration", f"{apart:g}", str(minutes))


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
