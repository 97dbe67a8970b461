"""MedMij names and the scope grammar of each release family (sections 2.2 and 3.2).

::

    naam   = MedMij name without "@medmij"
    combi  = naam "~" GegevensdienstId
    1.x    collect/share: combi          1.5 collect: combi *( SP combi ), same naam
    2.1+   collect: naam                 share: combi
    representation: above *( SP ( "onbehalfof" | "onbehalfofchild" ) )
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import msgspec

from harness.core.issues import Issue, issue
from harness.core.text import Phrase, Text
from harness.medmij.releases import Function, Release

SUFFIX: Final = "@medmij"
_FRAGMENTS: Final = r"[a-z]+(?:[0-9]{1,4}[a-z]+)*[0-9]{0,4}"
# Unambiguous form of (letters + 0-4 digits)+ joined by - & . : no backtracking on hostile input.
NAME: Final = re.compile(rf"{_FRAGMENTS}(?:[-&.]{_FRAGMENTS})*", re.ASCII)
LETTERS: Final = re.compile(r"[a-z]+", re.ASCII)
SERVICE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}", re.ASCII)
MAX_NAME: Final = 57
MAX_SCOPE: Final = 2000
REPRESENTATION: Final = ("onbehalfof", "onbehalfofchild")


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed scope.

    :ivar name: MedMij name without suffix, lower case.
    :ivar services: GegevensdienstIds in order; empty for the bare-name form.
    :ivar representation: ``onbehalfof`` / ``onbehalfofchild`` words of the extension.
    """

    name: str
    services: tuple[str, ...] = ()
    representation: tuple[str, ...] = ()


class ParsedScope(msgspec.Struct, frozen=True, kw_only=True):
    """The result of :func:`parse`: a scope, or the reasons why there is none."""

    scope: Scope | None
    issues: tuple[Issue, ...] = ()


def is_name(value: str, release: Release | None = None, *, suffix: bool = True) -> bool:
    """Whether ``value`` is a MedMij name in registered (lower-case) form.

    :param suffix: the value carries ``@medmij``.
    """
    if suffix:
        if not value.endswith(SUFFIX):
            return False
        value = value[: -len(SUFFIX)]
    if len(value) + len(SUFFIX) > MAX_NAME:
        return False
    grammar = LETTERS if release is not None and release.name_grammar == "letters" else NAME
    return grammar.fullmatch(value) is not None


def same_name(left: str, right: str) -> bool:
    """Names match case- and diacritic-insensitively (AF-1049); the suffix may be absent on either side."""
    return _fold(left) == _fold(right)


def _fold(value: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return plain.casefold().removesuffix(SUFFIX)


def build(release: Release, function: Function, name: str, services: tuple[str, ...] = ()) -> str:
    """The scope value (not yet percent-encoded) that a client of this family sends.

    :param name: MedMij name with or without suffix.
    :raises ValueError: the form needs a service and none (or too many) was given.
    """
    bare = name.removesuffix(SUFFIX)
    form = release.scope_form(function)
    if form == "name":
        return bare
    if not services or (form == "single" and len(services) != 1):
        raise ValueError(f"{release.id} {function}: scope needs {form} service, got {len(services)}")
    return " ".join(f"{bare}~{service}" for service in services)


def parse(text: str, release: Release, function: Function | None = None) -> ParsedScope:
    """Parse a scope strictly by the grammar of the family.

    :param function: ``None`` accepts the form of either function (a server sees which it is).
    """
    if not text:
        return _refuse("scope-missing", _expected(release, function), text)
    if len(text) > MAX_SCOPE or not text.isascii() or not text.isprintable():
        return _refuse("scope-characters", Text(nl="leesbare ASCII-tekens", en="printable ASCII"), text)
    words = text.split(" ")
    if "" in words:
        return _refuse("scope-space", _ONE_SPACE, text)
    representation: list[str] = []
    while len(words) > 1 and words[-1] in REPRESENTATION:
        representation.insert(0, words.pop())
    names, services = [], []
    for word in words:
        name, tilde, service = word.partition("~")
        if "@" in name:
            return _refuse("scope-suffix", _WITHOUT_SUFFIX, text)
        name = name.lower()  # names match whatever their case (AF-1049)
        if not is_name(name, release, suffix=False):
            return _refuse("scope-name", Text(nl="een MedMij-naam", en="a MedMij name"), text)
        if tilde and SERVICE.fullmatch(service) is None:
            return _refuse("scope-service", _A_SERVICE, text)
        names.append(name)
        if tilde:
            services.append(service)
    bare = len(words) == 1 and not services
    combis = len(services) == len(words)
    forms = {release.scope_form(function)} if function else {release.scope.collect, release.scope.share}
    allowed = (
        (bare and "name" in forms)
        or (combis and len(words) == 1 and forms & {"single", "multiple"})
        or (combis and "multiple" in forms)
    )
    if not allowed:
        return _refuse("scope-form", _expected(release, function), text)
    if len(set(names)) > 1:
        return _refuse("scope-providers", _ONE_PROVIDER, text)
    if len(set(services)) != len(services):
        return _refuse("scope-repeated", _EACH_ONCE, text)
    return ParsedScope(
        scope=Scope(name=names[0], services=tuple(services), representation=tuple(representation))
    )


def parse_granted(text: str) -> tuple[str, ...] | None:
    """GegevensdienstIds of a token response scope; ``None`` when no form that was seen fits.

    The framework is not explicit (section 4.2): combinations ``naam~gd``, bare ids separated by spaces, and
    the bare name (then the answer names no services) were all seen.
    """
    if not text or len(text) > MAX_SCOPE:
        return None
    services = []
    for word in text.split(" "):
        name, tilde, service = word.partition("~")
        if tilde:
            if not is_name(name.lower(), suffix=False) or SERVICE.fullmatch(service) is None:
                return None
            services.append(service)
        elif re.fullmatch(r"[0-9]{1,30}", word, re.ASCII):
            services.append(word)
        elif is_name(word.lower(), suffix=False) and " " not in text:
            return ()
        else:
            return None
    return tuple(dict.fromkeys(services))


def _expected(release: Release, function: Function | None) -> str:
    shape = {"name": "naam", "single": "naam~gd", "multiple": "naam~gd( naam~gd)*"}
    if function:
        return shape[release.scope_form(function)]
    return " | ".join(dict.fromkeys((shape[release.scope.collect], shape[release.scope.share])))


def _refuse(rule: str, expected: Phrase, received: str) -> ParsedScope:
    found = issue(rule, _MESSAGES[rule], path="scope", expected=expected, received=received)
    return ParsedScope(scope=None, issues=(found,))


_ONE_SPACE: Final = Text(nl="één enkele spatie tussen de delen", en="one single space between parts")
_WITHOUT_SUFFIX: Final = Text(nl="de naam zonder @medmij", en="the name without @medmij")
_A_SERVICE: Final = Text(nl="een GegevensdienstId na ~", en="a GegevensdienstId after ~")
_ONE_PROVIDER: Final = Text(nl="één aanbieder in alle delen", en="one provider in all parts")
_EACH_ONCE: Final = Text(nl="elke gegevensdienst één keer", en="each service once")


_MESSAGES: Final = {
    "scope-missing": Text(nl="scope ontbreekt", en="scope is missing"),
    "scope-characters": Text(nl="scope bevat verboden tekens", en="scope contains forbidden characters"),
    "scope-space": Text(nl="scope heeft dubbele of losse spaties", en="scope has double or stray spaces"),
    "scope-suffix": Text(nl="scope bevat @medmij", en="scope contains @medmij"),
    "scope-name": Text(nl="scope bevat geen geldige MedMij-naam", en="scope has no valid MedMij name"),
    "scope-service": Text(nl="scope bevat geen geldig gegevensdienst-id", en="scope has no valid service id"),
    "scope-form": Text(
        nl="de vorm van scope hoort niet bij deze release", en="the form of scope is not of this release"
    ),
    "scope-providers": Text(nl="scope noemt meer dan één aanbieder", en="scope names more than one provider"),
    "scope-repeated": Text(nl="scope noemt een gegevensdienst twee keer", en="scope repeats a service"),
}
