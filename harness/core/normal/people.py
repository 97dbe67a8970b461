"""Names, addresses, telephone numbers and identifiers of people and practices."""

from __future__ import annotations

import re
from typing import Any, Final

from harness.core.normal.codes import NATIONAL, system
from harness.core.normal.texts import folded

_LOOSE: Final = re.compile(r"[\s()\-.]")


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [folded(item) for item in items if isinstance(item, str)]


def human_name(value: Any) -> str:
    """Given names and family name in lower case; the text when there is neither.

    >>> human_name({"given": ["Zoë"], "family": "ZZZ_Rietveen"})
    'zoë zzz_rietveen'
    """
    if not isinstance(value, dict):
        return ""
    parts = [*_texts(value.get("given")), *_texts(value.get("family"))]
    return folded(" ".join(parts) or " ".join(_texts(value.get("text")))).lower().replace(".", "")


def name_text(value: Any) -> str:
    """The text of a name in lower case, ``""`` when it has none."""
    return folded(" ".join(_texts(value.get("text")))).lower() if isinstance(value, dict) else ""


NAME_WORD: Final = re.compile(r"[^\W_]+")
_INVENTED: Final = frozenset({"zzz", "xxx"})
"""Prefixes by which invented names are recognised; they say nothing of a person."""
_TITLES: Final = frozenset(
    {"mw", "mevr", "mevrouw", "dhr", "heer", "dr", "drs", "mr", "ir", "prof", "dokter", "arts"}
) | {"de", "van", "der", "den", "het", "ten", "ter", "te", "in", "op", "aan"}


def name_words(text: str) -> frozenset[str]:
    """The words of a name that tell, in lower case: no titles, no prefixes of a family name.

    >>> sorted(name_words("mw. H. van der ZZZ_Wilgenkamp-Jansen"))
    ['h', 'jansen', 'wilgenkamp']
    """
    return frozenset(NAME_WORD.findall(text.lower())) - _TITLES - _INVENTED


def may_be_called(name: Any, text: str) -> bool:
    """Whether a text may be how a person with this name is called: family name, and given names or initials.

    >>> may_be_called({"given": ["Hanna"], "family": "Wilgenkamp"}, "mw. H. Wilgenkamp")
    True
    """
    if not isinstance(name, dict):
        return False
    family = name_words(" ".join(_texts(name.get("family"))))
    given = name_words(" ".join([*_texts(name.get("given")), *_texts(name.get("text"))])) - family
    said = name_words(text)
    others = said - family - given
    initials = {word[0] for word in given}
    return bool(said & family) and all(len(word) == 1 and word in initials for word in others)


def same_name(record: Any, answer: Any, *, initials: bool = False) -> bool:
    """Whether two HumanNames in parts are of one name: the same family name, and given names in any order, of
    which an initial may be left out or added when it follows from another one.

    :param initials: whether initials, or no given name, in place of a given name will do: how a system holds
        its doctors.

    >>> same_name({"given": ["Hanna", "H"], "family": "Vos"}, {"given": ["H.", "Hanna"], "family": "Vos"})
    True
    >>> same_name({"given": ["Hanna", "H"], "family": "Vos"}, {"given": ["Hanneke"], "family": "Vos"})
    False
    """
    if not isinstance(record, dict) or not isinstance(answer, dict):
        return False
    ours, theirs = (" ".join(_texts(one.get("family"))).lower().replace(".", "") for one in (record, answer))
    if ours != theirs:
        return False
    wanted, given = (_given(one) for one in (record, answer))
    full, fuller = ({word for word in words if len(word) > 1} for words in (wanted, given))
    if not initials and full and not full <= fuller:
        return False
    first = {word[0] for word in wanted}
    return all(word in full or (word[0] in first and (len(word) == 1 or not full)) for word in given) and (
        initials or bool(given) or not wanted
    )


def _given(name: Any) -> set[str]:
    """The words of the given names, in lower case; initials may be written together (``H.J.``)."""
    return set(NAME_WORD.findall(" ".join(_texts(name.get("given"))).lower()))


def address(value: Any) -> str:
    """Lines without commas, postal code without its blank, city; lower case."""
    if not isinstance(value, dict):
        return ""
    lines = " ".join(_texts(value.get("line"))).replace(",", " ")
    postal = "".join(_texts(value.get("postalCode"))).replace(" ", "")
    city = " ".join(_texts(value.get("city")))
    joined = folded(f"{lines} {postal} {city}").lower()
    text = folded(" ".join(_texts(value.get("text"))).replace(",", " ")).lower()
    return joined or _POSTAL.sub(r"\1\2", text)


_POSTAL: Final = re.compile(r"\b([0-9]{4}) ([a-z]{2})\b")


def contact_point(value: Any) -> str:
    """The number or address of a ContactPoint; the Dutch country code folded to a leading zero.

    >>> contact_point({"value": "+31 (6) 12-34"}) == contact_point({"value": "06 1234"})
    True
    """
    if not isinstance(value, dict) or not isinstance(value.get("value"), str):
        return ""
    text = folded(value["value"]).lower()
    if "@" in text or "//" in text:
        return text
    text = _LOOSE.sub("", text)
    for prefix in ("+31", "0031"):
        if text.startswith(prefix):
            return "0" + text[len(prefix) :].removeprefix("0")
    return text


def national_identifier(value: Any) -> tuple[str, str] | None:
    """System and value of an identifier that is the same everywhere; ``None`` for a system's own."""
    if not isinstance(value, dict) or not isinstance(value.get("value"), str):
        return None
    where = value.get("system")
    name = system(where) if isinstance(where, str) else ""
    return (name, folded(value["value"])) if name in NATIONAL else None
