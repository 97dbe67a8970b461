"""Addresses: scheme, host, path, parameters and fragment, each part of which stays or becomes a tag.

A tag stands for the decoded value, so that a part is the same tag wherever and however it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from harness.record.redact.wire.speech import Speech, is_numbered, is_random, is_uuid

_URL: Final = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//[^/?#\\]*)?([^?#]*)(\?[^#]*)?(#.*)?", re.S)
_ABSOLUTE: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]{1,20}://", re.ASCII)
_AUTHORITY: Final = re.compile(r"(?:(.*)@)?(\[[^\]]*\]|[^:@]*)((?::[0-9]*)?)", re.S)
_SCHEMES: Final = ("http", "https")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{2,39}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_RUN: Final = re.compile(r"[A-Za-z]{3,}")
_APART: Final = re.compile(r"[0-9]+(?:[.-][0-9]+)+", re.ASCII)
"""Digits with marks between them: a day, a telephone number."""
_VALUES: Final = re.compile(r"([|,$~ +])")
"""Between the values of a parameter of FHIR, and of a scope."""
_DATE: Final = re.compile(
    r"(?:eq|ne|gt|lt|ge|le|sa|eb|ap)?[0-9]{4}"
    r"(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9:.]{5,18}(?:Z|[+ -][0-9:]{5})?)?)?)?",
    re.ASCII,
)
_DATED: Final = re.compile(
    r"(?!.*(?:birth|death|deceased)).*"
    r"(?:date|time|period|updated|issued|effective|authored|recorded|onset|created|sent).*",
    re.I | re.S,
)
"""Parameters of FHIR that ask for a day which is nobody's birthday."""
_REFERENCE: Final = re.compile(r"&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});", re.ASCII)
_SAFE: Final = "-._~:/|,$*()!'@"
_END: Final = ".invalid"


def address(speech: Speech, url: str, place: str) -> str:
    """An address in which every part that is not known is a tag."""
    return _read(url, lambda said: _address(speech, said, place))


def _read(text: str, change: Callable[[str], str]) -> str:
    """A text changed as it reads with its characters that are written as numbers (``&#49;``): those are no
    parts of an address. As it was, when nothing of it changed."""
    said = _REFERENCE.sub(lambda found: html.unescape(found.group()), text)
    now = change(said)
    return text if now == said else now


def _address(speech: Speech, url: str, place: str) -> str:
    found = _URL.fullmatch(url)
    if found is None:
        return speech.piece(url, place)
    scheme, authority, path, query, fragment = found.groups()
    if scheme and scheme.lower() not in _SCHEMES:
        rest = url[len(scheme) + 1 :]
        start = scheme if speech.stays(scheme) else speech.tag(scheme, place)
        return f"{start}:{speech.piece(rest, place, is_random)}"
    done = f"{scheme}:" if scheme else ""
    if authority is not None:
        done += f"//{_authority(speech, authority[2:], f'{place}.host')}"
    done += _path(speech, path, f"{place}.path")
    if query:
        done += f"?{pairs(speech, query[1:], f'{place}.query')}"
    if fragment:
        done += f"#{pairs(speech, fragment[1:], f'{place}.fragment')}"
    return done


def host(speech: Speech, name: str, place: str) -> str:
    """The name of a host: a known one, or the tag of another in a form that a host has."""
    if not name or name.endswith(_END):
        return name
    wild, bare = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    if speech.ours and not speech.heard.is_foreign(bare):
        return name
    if bare.lower().rstrip(".") in speech.familiar.all_hosts or speech.heard.is_known(bare):
        return name
    return f"{wild}{speech.tag(bare.lower(), place)}{_END}"


def pairs(speech: Speech, query: str, place: str) -> str:
    """Parameters, of a query or a form: names and values that are not known are tags."""
    return _read(query, lambda said: _pairs(speech, said, place))


def _pairs(speech: Speech, query: str, place: str) -> str:
    pieces = re.split(r"([&;?])", query)
    for index in range(0, len(pieces), 2):
        name, equals, value = pieces[index].partition("=")
        if not pieces[index]:
            continue
        said = unquote_plus(name)
        shown = _written(name, said, speech.piece(said, place))
        pieces[index] = f"{shown}{equals}{parameter(speech, said, value, f'{place}.value')}"
    return "".join(pieces)


def parameter(speech: Speech, name: str, value: str, place: str) -> str:
    """The value of a parameter, as it is written."""
    said = unquote_plus(value)
    if not said:
        return value
    return _written(value, said, _value(speech, name, said, place))


def _value(speech: Speech, name: str, said: str, place: str) -> str:
    if speech.is_known(said):
        return said
    if "%" in said and (once := unquote_plus(said)) != said and _value(speech, name, once, place) == once:
        return said  # written in code twice, and known all the same
    if _ABSOLUTE.match(said) and not re.search(r"[|,]", said):
        return address(speech, said, place)
    dated = speech.stays(name) and _DATED.fullmatch(name) is not None

    numbered = is_numbered(name)
    counted = speech.declared or numbered

    def known(part: str) -> bool:
        return (
            (dated and _DATE.fullmatch(part) is not None)
            or (counted and is_random(part))
            or (numbered and is_uuid(part))
        )

    if speech.stays(said) or known(said):
        return said
    if not _VALUES.search(said):
        return _reference(speech, said, place) if "/" in said else speech.piece(said, place, known)
    pieces = _VALUES.split(said)
    for index in range(0, len(pieces), 2):
        part = pieces[index]
        if _ABSOLUTE.match(part):
            pieces[index] = address(speech, part, place)
        elif part:
            pieces[index] = (
                _reference(speech, part, place) if "/" in part else speech.piece(part, place, known)
            )
    return "".join(pieces)


def _reference(speech: Speech, said: str, place: str) -> str:
    """What may be a relative address: ``Patient/1``."""
    return _path(speech, said, place)


def _written(before: str, said: str, now: str) -> str:
    """A part in the writing of the address: as it was, if nothing of it changed. What was written in code
    stays so, for that is judged too."""
    if said == now:
        return before
    return quote(now, safe="".join(mark for mark in _SAFE if mark in before), errors="surrogatepass")


def _authority(speech: Speech, authority: str, place: str) -> str:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return speech.piece(authority, place)
    user, name, port = found.groups()
    start = "" if user is None else f"{speech.piece(user, place)}@"
    return f"{start}{host(speech, name, place)}{port}"


def _path(speech: Speech, path: str, place: str) -> str:
    """A path; what follows a type of FHIR in the session of a declared person may be an id."""
    if not path or (path not in ("/",) and unquote(path) in speech.familiar.values and not speech.ours):
        return path
    pieces = re.split(r"([/;=\\])", path)
    before = ""
    for index in range(0, len(pieces), 2):
        said = unquote(pieces[index])
        if not said:
            continue

        def known(part: str, before: str = before) -> bool:
            return speech.declared and _TYPE.fullmatch(before) is not None and _is_id(speech, part)

        pieces[index] = _written(pieces[index], said, speech.piece(said, place, known))
        before = said
    return "".join(pieces)


def _is_id(speech: Speech, part: str) -> bool:
    """Whether a part has the form of an id, and no word in it that is not known."""
    if not _ID.fullmatch(part) or _APART.fullmatch(part) or speech.heard.is_foreign(part):
        return False
    return is_random(part) or all(speech.stays(run) for run in _RUN.findall(part))


def sent(speech: Speech, url: str) -> None:
    """Remember the parts of an address that our own software made."""
    found = _URL.fullmatch(url)
    if found is None:
        return
    _, authority, path, query, fragment = found.groups()
    if authority is not None and (name := _AUTHORITY.fullmatch(authority[2:])) is not None:
        speech.sent(name.group(2))
    for part in re.split(r"[/;=]", path):
        speech.sent(unquote(part))
    for given in (query, fragment):
        sent_pairs(speech, (given or "")[1:])


def sent_pairs(speech: Speech, query: str) -> None:
    """Remember parameters that our own software made."""
    for pair in re.split(r"[&;]", query):
        key, _, value = pair.partition("=")
        said = unquote_plus(value)
        speech.sent(unquote_plus(key))
        speech.sent(said)
        if _ABSOLUTE.match(said):
            sent(speech, said)
