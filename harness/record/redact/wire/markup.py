"""Pages and other markup: structure, names of elements and known words stay; all else becomes tags."""

from __future__ import annotations

import html
import re
from typing import Final

from harness.record.redact.wire.addresses import address
from harness.record.redact.wire.speech import Speech, is_random

_PIECE: Final = re.compile(
    r"(?P<aside><!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))"
    r"|<(?P<program>script|style)\b(?P<its>[^<>]*)>(?P<code>.*?)(?P<end></(?P=program)\s*>|\Z)"
    r"|(?P<tag><[/!]?[A-Za-z](?:\"[^\"]*+\"|'[^']*+'|[^'\"<>])*+>)"
    r"|(?P<text>[^<]++|<)",
    re.S | re.I,
)
_NAME: Final = re.compile(r"<[/!]?([A-Za-z][A-Za-z0-9:_.-]*)")
_ATTRIBUTE: Final = re.compile(
    r"([^\s\"'<>/=]+)(\s*=\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))|([^\s\"'<>/=]+)|[\s\"'<>/=]"
)
_ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "cite", "poster", "data", "srcset"})
_TEXTS: Final = frozenset({"title", "alt", "aria-label", "placeholder", "content", "label", "class", "value"})
_SPACE: Final = re.compile(r"(\s*)(.*?)(\s*)", re.S)


def markup(speech: Speech, text: str, place: str) -> str:
    """Markup in which every word that is not known is a tag; comments and instructions are gone."""
    done: list[str] = []
    for found in _PIECE.finditer(text):
        if found["aside"] is not None:
            done.append(_aside(speech, found["aside"], place))
        elif found["program"] is not None:
            its = _attributes(speech, found["its"], place)
            code = found["code"]
            shown = code if not code.strip() or speech.ours else speech.piece(code, place)
            done.append(f"<{found['program']}{its}>{shown}{found['end']}")
        elif found["tag"] is not None:
            done.append(_element(speech, found["tag"], place))
        else:
            done.append(_text(speech, found["text"], place))
    return "".join(done)


def _aside(speech: Speech, aside: str, place: str) -> str:
    if speech.ours or aside.startswith("<?xml "):
        return aside
    said = aside[4:].removesuffix("-->").strip() if aside.startswith("<!--") else ""
    return f"<!-- {speech.piece(said, place)} -->" if said else ""


def _element(speech: Speech, tag: str, place: str) -> str:
    found = _NAME.match(tag)
    if found is None:
        return speech.words(tag, place)
    start = tag[: found.start(1)]
    name = speech.piece(found.group(1), place)
    return f"{start}{name}{_attributes(speech, tag[found.end() : -1], place)}>"


def _attributes(speech: Speech, text: str, place: str) -> str:
    def attribute(found: re.Match[str]) -> str:
        name, equals, double, single, bare, alone = found.groups()
        if alone is not None:
            return speech.piece(alone, place)
        if name is None:
            return found.group()
        value = next(said for said in (double, single, bare) if said is not None)
        mark = '"' if double is not None else "'" if single is not None else ""
        return f"{speech.piece(name, place)}{equals}{mark}{_value(speech, name.lower(), value, place)}{mark}"

    return _ATTRIBUTE.sub(attribute, text)


def _value(speech: Speech, name: str, value: str, place: str) -> str:
    said = html.unescape(value)
    if name in _ADDRESSES or name.startswith("xmlns"):
        now = address(speech, said, place)
    elif name in _TEXTS and any(mark in said for mark in " ,="):
        now = speech.words(said, place)
    else:
        now = speech.piece(
            said, place, is_random if name.startswith("on") is False and speech.declared else None
        )
    return value if now == said else html.escape(now)


def _text(speech: Speech, text: str, place: str) -> str:
    before, inner, after = _SPACE.fullmatch(text).groups()  # type: ignore[union-attr]
    said = html.unescape(inner)
    now = speech.words(said, place) if said else ""
    return text if now == said else f"{before}{html.escape(now, quote=False)}{after}"
