"""How somebody is reached: mail addresses, telephone numbers, accounts, postal codes with a house number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

ContactKind = Literal["mail", "phone", "iban", "address"]

_MAIL: Final = re.compile(
    r"@(?:[A-Za-z0-9-]{1,63}\.){1,8}(?!example\b|invalid\b|test\b)[A-Za-z]{2,24}(?![\w.-]*\w)"
)
_BOX: Final = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}\Z")
"""What stands before the sign of a mail address."""
_PHONE: Final = re.compile(
    r"[+0](?<![\w.+-].)(?:(?<=\+)31|(?<=0)031|(?<=0))[ -]?(?:\(0\)[ -]?)?[1-9](?:[ -]?[0-9]){8}"
    r"(?![\w-]|[.,][0-9])",
    re.ASCII,
)
_IBAN: Final = re.compile(
    r"[A-Zn](?<![A-Za-z0-9].)(?:(?<=[A-Z])[A-Z]|(?<=n)l)[0-9]{2}"
    r"(?:[ .-]?[A-Za-z0-9]{4}){2,7}(?:[ .-]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])",
    re.ASCII,
)
_LENGTHS: Final = {
    "NL": 18, "BE": 16, "DE": 22, "FR": 27, "LU": 20, "GB": 22, "ES": 24, "IT": 27, "PT": 25,
    "AT": 20, "CH": 21, "IE": 22, "DK": 18, "SE": 24, "NO": 15, "FI": 18, "PL": 28, "CZ": 24,
    "HU": 28, "RO": 24, "BG": 22, "GR": 27, "TR": 26, "MA": 28, "EE": 20, "LT": 20, "LV": 21,
    "HR": 21, "SI": 19, "SK": 24, "MT": 31, "CY": 28,
}  # fmt: skip
"""How long an account number is, by country."""
_POSTAL: Final = re.compile(
    r"[1-9](?<![\w.].)[0-9]{3} ?(?!SA|SD|SS)(?:[A-Z]{2}|(?<! )[a-z]{2})(?!\w)", re.ASCII
)
"""These begin with a set of characters, so that most of a text is skipped quickly."""
_UNITS: Final = frozenset({"MG", "ML", "IE", "KG", "GR", "MM", "CM", "KM", "DL", "ST", "UG"})
"""With these letters a postal code is a dose too, so that a number after it says nothing."""
_KEY: Final = re.compile(r"(?i:postal_?code|post_?code|zip(?:_?code)?)[^\w<]{1,12}(?:value\W{1,4})?\Z")
"""What a postal code is called right before it."""
_HOUSE_NEAR: Final = re.compile(
    r"[^\W\d_]\.? [1-9][0-9]{0,4}(?!\w{3}|[.:,/-]?[0-9])"
    r"|(?i:house_?number|huis_?n(?:umme)?r)[^\w<]{1,12}[1-9]"
)
_HOUSE_BEFORE: Final = re.compile(
    r"[^\W\d_]{3}\.? [1-9][0-9]{0,4}(?: ?-? ?[A-Za-z0-9]{1,4})?(?:[,;] ?|<[^<>]{1,40}>| - | )\s{0,3}\Z"
)
_HOUSE_AFTER: Final = re.compile(
    r"[ ,;]{1,3}(?i:huis_?n(?:umme)?r|nr|no)?\.? ?[1-9][0-9]{0,4}(?: ?-?[A-Za-z]{1,2})?(?![\w:/.]\w)"
)
_NEAR: Final = 200
_LONGEST_BOX: Final = 65
_ABROAD: Final = re.compile(r"\A(?:\+31|0031)0?")
_LOOSE: Final = re.compile(r"[\s().-]")


class Contact(NamedTuple):
    """One of them in a text.

    :ivar value: in a form in which equal ones are equal.
    """

    kind: ContactKind
    start: int
    end: int
    value: str


def contacts(text: str) -> Iterator[Contact]:
    """All that stand in a text; a postal code only with the number of a house."""
    for match in _MAIL.finditer(text):
        if box := _BOX.search(text[max(0, match.start() - _LONGEST_BOX) : match.start()]):
            value = box.group() + match.group()
            yield Contact("mail", match.end() - len(value), match.end(), value.lower())
    for match in _PHONE.finditer(text):
        yield Contact("phone", *match.span(), _number(match.group()))
    for match in _IBAN.finditer(text):
        value = _LOOSE.sub("", match.group()).upper()
        value = value[: _LENGTHS.get(value[:2], 0)]  # a word may follow
        if _account(value):
            yield Contact("iban", *match.span(), value)
    for match in _POSTAL.finditer(text):
        if _housed(text, *match.span()):
            yield Contact("address", *match.span(), _postal(match.group()))


def held(text: str) -> Iterator[str]:
    """What a text that may be known holds of them, as they are compared; also a postal code alone."""
    yield from (contact.value for contact in contacts(text))
    yield from (_postal(match.group()) for match in _POSTAL.finditer(text))


def _number(text: str) -> str:
    """A telephone number as it is dialled at home."""
    return _ABROAD.sub("0", _LOOSE.sub("", text))


def _postal(text: str) -> str:
    return text.replace(" ", "").upper()


def _account(value: str) -> bool:
    """Whether an account number has the length of its country, and its check digits are right (ISO 13616)."""
    return (
        len(value) == _LENGTHS.get(value[:2])
        and int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1
    )


def _housed(text: str, start: int, end: int) -> bool:
    """Whether the number of a house stands with a postal code: next to it, or near when it is called one."""
    before = text[max(0, start - _NEAR) : start]
    unit = text[end - 2 : end].upper() in _UNITS
    if _HOUSE_BEFORE.search(before[-60:]) or (not unit and _HOUSE_AFTER.match(text, end)):
        return True
    return _KEY.search(before[-40:]) is not None and (
        _HOUSE_NEAR.search(before) is not None or _HOUSE_NEAR.search(text[end : end + _NEAR]) is not None
    )
