"""What the names and words of FHIR say: which are its own, and which may be anybody's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harness.record.redact.letters import score, word_parts

KEPT: Final = frozenset(
    {
        "resourceType", "type", "total", "relation", "system", "code", "use", "status", "mode", "profile",
        "contentType", "size", "method", "unit", "severity", "intent", "fhirVersion", "kind", "class",
        "comparator", "gender", "active", "versionId",
    }
)  # fmt: skip
COUNTS: Final = ("total", "size")
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
LOOKED_AT: Final = KEPT | {
    "expression",
    "location",
    "path",
    "linkId",
    "country",
    "language",
    "source",
    "color",
}
"""Elements without words in which a number or a postal code may be one of somebody: no days stand there."""
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:%_\[\]{}*+|#?&=-]{0,255}", re.ASCII)
"""How codes and their systems are written: in one word. What has blanks may be a sentence about somebody."""
_MEDIA: Final = re.compile(
    r"([A-Za-z]+/[A-Za-z0-9.+-]{1,60})((?:; ?[a-zA-Z]{1,20}=[A-Za-z0-9.+-]{1,40}){0,3})", re.ASCII
)
_PARAMETERS: Final = re.compile(
    r"(?:; ?(?:charset|fhirVersion|version)=(?:[0-9.]+|[A-Za-z]{2,3}-[0-9]+))*", re.I
)
_ERRORS: Final = frozenset(
    {
        "access_denied", "insufficient_scope", "invalid_client", "invalid_grant", "invalid_request",
        "invalid_scope", "invalid_token", "server_error", "temporarily_unavailable", "unauthorized_client",
        "unsupported_grant_type", "unsupported_response_type",
    }
)  # fmt: skip
"""Errors of OAuth (RFC 6749 and 6750), as a server may give them instead of FHIR."""
NAME: Final = "(name)"
"""The name of a leaf that is itself the name of a member."""
_MEMBER: Final = re.compile(r"_?[a-z][A-Za-z]{0,39}(?:[0-9]{1,2}[A-Za-z]{0,20})?", re.ASCII)
"""How FHIR names members: a name that is none may be anybody's."""
_CODED: Final = 6.5
_CODED_LENGTH: Final = 11
"""From which a name is a coded word rather than one of FHIR: none of those is."""
_PUBLISHERS: Final = ("http://hl7.org/", "http://nictiz.nl/", "http://fhir.nl/")
_PUBLISHED: Final = re.compile(
    r"(?:https?://(?:snomed\.info|loinc\.org|unitsofmeasure\.org|www\.whocc\.no|(?:[a-z]+\.)?hl7\.org|nictiz\.nl"
    r"|(?:[a-z]+\.)?fhir\.nl|(?:[a-z]+\.)?nhg\.org|(?:www\.)?w3\.org|(?:www\.)?ietf\.org|dicom\.nema\.org)(?=[/#]|\Z)"
    r"[A-Za-z0-9./_#|-]{0,200}"
    r"|urn:oid:2\.16\.(?:840\.1\.113883|528\.1)[0-9.]{0,60}|urn:(?:iso|ietf):[a-z0-9:-]{1,40})",
    re.ASCII,
)
"""Addresses of published origin."""
_NAMELESS: Final = re.compile(
    r"(?!.*[A-Za-z]{3})(?:[0-9]{1,8}|[1-9][0-9]{8,17}|[0-9]{1,7}-[0-9]|[0-9]{1,4}(?:\.[0-9]{1,4}){1,8}"
    r"|[A-Za-z]{1,2}[A-Za-z0-9.:/+*-]{0,14}|[0-9]{1,3}[A-Za-z]{1,2}[0-9]{0,3})",
    re.ASCII,
)
"""How codes of published systems are written: no three letters together, no days, telephone numbers, postal
codes."""
_MARK: Final = re.compile(
    r"[1-9][0-9]{0,17}|(?=.*[0-9])[0-9a-f]{1,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII
)
"""How versions are marked that are no numbers."""
_WRITTEN: Final = re.compile(
    r"(?:https?://[A-Za-z0-9.:-]{1,100}/(?:[A-Za-z0-9._-]{1,40}/){0,6})?([A-Z][A-Za-z]{1,39})/[A-Za-z0-9.-]{1,64}"
    r"(?:/_history/[A-Za-z0-9.-]{1,64})?",
    re.ASCII,
)
"""Where a server says that it wrote something: an id, as in a reference."""
MEASURES: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?|[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"|[0-9]{4}(?:-[0-9]{2}){0,2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
"""Numbers, days and times."""
_SIGN: Final = re.compile(r"[A-Z][A-Z0-9 ._:/+*-]{0,23}", re.ASCII)
"""How codes are written whose systems nobody has in full."""
_URN: Final = re.compile(r"urn:oid:[0-2](?:\.[0-9]{1,20}){1,40}|urn:uuid:[0-9a-f-]{36}", re.ASCII)
_FEW_DIGITS: Final = re.compile(r"[0-9]{1,4}")
_VERSION: Final = re.compile(r"[0-9]{1,8}|[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}", re.ASCII)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}(?:-[0-9]{2}){0,2}(?:T[0-9:.]{5,18}(?:Z|[+-][0-9:]{5}))?", re.ASCII
)
_WORDS: Final = re.compile(r"[^\W\d_]+")
_MOST: Final = 4
"""Digits of a text that is made of words of FHIR: with more it may hold a number of anybody."""
MARKUP: Final = frozenset(
    {
        "a", "abbr", "acronym", "address", "article", "aside", "b", "base", "big", "blockquote", "body",
        "br", "button", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div",
        "dl", "dt", "em", "fieldset", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "head", "header", "hr", "html", "i", "iframe", "img", "input", "ins", "label", "legend", "li",
        "link", "main", "meta", "nav", "noscript", "ol", "optgroup", "option", "p", "pre", "q", "s", "samp",
        "script", "section", "select", "small", "span", "strike", "strong", "style", "sub", "summary", "sup",
        "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "var",
    }
)  # fmt: skip
"""Elements of HTML."""
ATTRIBUTES: Final = frozenset(
    {
        "abbr", "align", "alt", "border", "cellpadding", "cellspacing", "class", "colspan", "content", "dir",
        "headers", "height", "href", "id", "lang", "name", "rel", "rowspan", "scope", "span", "src", "style",
        "summary", "title", "type", "url", "valign", "value", "width", "xmlns",
    }
)  # fmt: skip
"""Attributes of FHIR and of HTML."""


def _any_unit(unit: str) -> bool:
    return _CODE.fullmatch(unit) is not None


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of FHIR, by which those of others are known.

    :ivar words: parts of the names of FHIR and words of errors, in small letters; empty: nobody said, so that
        names and codes are told by their form.
    :ivar codes: codes of value sets, code systems and records, media types, names of parameters.
    :ivar unit: whether a text is a unit.
    """

    words: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    unit: Callable[[str], bool] = _any_unit

    def member(self, name: str) -> bool:
        """Whether a name may be one of FHIR: of its form, and made of its words."""
        return _member(self, name)

    def element(self, name: str) -> bool:
        """Whether a name of an element of XML is one of FHIR (also of a type) or of HTML."""
        return name in MARKUP or self.member(name[:1].lower() + name[1:])

    def step(self, path: str, key: str) -> str:
        """The path of a member; the extensions of a primitive (``_birthDate``) stand below the primitive.

        A name that FHIR cannot have may be anybody's, and a path is written.
        """
        key = key.removeprefix("_") if self.member(key) else NAME
        return f"{path}.{key}" if path else key

    def code(self, value: str, system: str = "") -> bool:
        """Whether a word that stands where codes do is one: known, made of words of FHIR, or of a published
        system and no name by its form.
        """
        return _code(self, value, system)

    def kept(self, key: str, value: str, system: str = "") -> bool:
        """Whether a value of an element says nothing of anybody, whoever the document is about.

        :param system: of which system a code is.
        """
        if key == "error" and value in _ERRORS:
            return True
        if key in ("url", "xmlns"):
            published = _PUBLISHED.fullmatch(value) is not None or value in self.codes
            return published if self.words else value.startswith(_PUBLISHERS)
        if key not in KEPT:
            return False
        if not self.words:
            return _CODE.fullmatch(value) is not None or (
                key == "contentType" and _MEDIA.fullmatch(value) is not None
            )
        if key in COUNTS and _COUNT.fullmatch(value):
            return True
        if key in ("system", "profile") and _PUBLISHED.fullmatch(value):
            return True
        if key == "contentType":
            return self._media(value)
        if key in ("versionId", "fhirVersion"):
            return _VERSION.fullmatch(value) is not None
        if key == "unit" or (key == "code" and "unitsofmeasure.org" in system):
            return value in self.codes or ("{" not in value and self.unit(value))
        return self.code(value, system)

    def coded(self, key: str, value: str, system: str = "") -> bool:
        """Whether a value may stay where a declared person's document has no words: a day or a number, a
        code that is known or written as one, an address of published origin.
        """
        if (key not in LOOKED_AT or key in COUNTS) and MEASURES.fullmatch(value):
            return True
        return not self.words or _coded(self, key, value, system)

    def says_nobody(self, key: str, value: str) -> bool:
        """Whether a value in a resource about no person names nobody: words of FHIR, versions, days,
        addresses of published origin.
        """
        if key in ("date", "releaseDate", "lastUpdated"):
            return _DATE.fullmatch(value) is not None
        if "//" in value or value.startswith("urn:"):
            return _PUBLISHED.fullmatch(value) is not None
        return self._media(value) or _VERSION.fullmatch(value) is not None or self.plain(value)

    def plain(self, text: str) -> bool:
        """Whether a text is a code, or is made of words of FHIR only."""
        return text in self.codes or _plain(self, text)

    def _media(self, value: str) -> bool:
        found = _MEDIA.fullmatch(value)
        return (
            found is not None
            and found.group(1).lower() in self.codes
            and bool(_PARAMETERS.fullmatch(found.group(2)))
        )


@lru_cache(maxsize=8_192)
def _member(vocabulary: Vocabulary, name: str) -> bool:
    if _MEMBER.fullmatch(name) is None:
        return False
    if vocabulary.words:
        return _plain(vocabulary, name)
    return not (len(name) >= _CODED_LENGTH and score(name) >= _CODED)


@lru_cache(maxsize=8_192)
def _code(vocabulary: Vocabulary, value: str, system: str) -> bool:
    if not vocabulary.words:
        return _CODE.fullmatch(value) is not None
    if value in vocabulary.codes or _plain(vocabulary, value):
        return True
    if _PUBLISHED.fullmatch(system):
        return _NAMELESS.fullmatch(value) is not None
    return not system and _FEW_DIGITS.fullmatch(value) is not None


@lru_cache(maxsize=16_384)
def _coded(vocabulary: Vocabulary, key: str, value: str, system: str) -> bool:
    if value in vocabulary.codes or vocabulary.kept(key, value, system) or _plain(vocabulary, value):
        return True
    if key not in KEPT and _VERSION.fullmatch(value):
        return True
    if key == "versionId":
        return _MARK.fullmatch(value) is not None
    if key == "location" and (written := _WRITTEN.fullmatch(value)) is not None:
        return _plain(vocabulary, written.group(1))
    if key in ("system", "profile", "url") or "//" in value:
        return _PUBLISHED.fullmatch(value) is not None
    if key == "code" and _PUBLISHED.fullmatch(system):
        return _SIGN.fullmatch(value) is not None
    return _URN.fullmatch(value) is not None


def _plain(vocabulary: Vocabulary, text: str) -> bool:
    """Whether all words of a text are words of FHIR; a letter alone is no word."""
    if not text.isascii() or "//" in text or sum(map(str.isdigit, text)) > _MOST:
        return False
    parts = {part.casefold() for word in _WORDS.findall(text) for part in word_parts(word) if len(part) > 1}
    return bool(parts) and parts <= vocabulary.words


BY_FORM: Final = Vocabulary()
"""Nobody said which words FHIR has."""
