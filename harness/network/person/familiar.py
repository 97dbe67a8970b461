"""What a run knows of headers, addresses and pages before anybody speaks: its parties, and its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.medmij import authorization, headers
from harness.medmij.errors import AUTHORIZATION_ERRORS, TOKEN_ERRORS
from harness.medmij.releases import framework
from harness.network.file import STELSELNODE, Network
from harness.network.twins.dvza.pages import own_words
from harness.network.twins.stelselnode import release_path
from harness.record import Familiar

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z0-9-]{2,63}(?::[0-9]{1,5})?|localhost", re.ASCII
)
_PRIVATE: Final = frozenset(
    {"persons", "credential", "token", "values", "id_map", "path", "name", "description"}
)
"""Keys of a network file that say something of persons, hold secrets, or are a text for people."""
_NAMED: Final = ("display", "organisation", "product", "vendor", "version")


def familiar(network: Network, words: frozenset[str], *, observed: bool = False) -> Familiar:
    """What is known in a run of a network.

    :param words: words of FHIR and of errors.
    :param observed: whether others come to our mocks: then no PGO is ours, whatever the network file says.
    """
    twins = {item.id for item in network.participants if item.kind == "twin"}
    others = {item.id for item in network.participants} - twins
    if network.stelselnode.kind == "twin":
        twins.add(STELSELNODE)
    else:
        others.add(STELSELNODE)
    hosts: set[str] = set()
    values = {*_sent(), *framework().files.values()}
    values |= {release_path(name) for item in network.participants for name in item.releases}
    for text in _texts(network):
        values.add(text)
        hosts |= _hosts(text)
        values.update(_parts(text))
    phrases: set[str] = set()
    for item in network.participants:
        hosts.update(name.lower() for name in (item.front_host, item.back_host, item.pgo_host))
        values |= {
            item.provider_name,
            item.provider_name.removesuffix("@medmij"),
            item.redirect,
            *_parts(item.redirect),
        }
        phrases.update(
            name.casefold()
            for name in (item.title, item.screen_name, *(getattr(item, key) for key in _NAMED))
        )
    callers = twins - {item.id for item in network.of_role("pgo")} if observed else twins
    return Familiar(
        alone=bool(twins) and not others and not observed and bool(network.participants),
        asking=frozenset(callers),
        answering=frozenset(twins),
        hosts=frozenset(hosts),
        values=frozenset(values | hosts) - {""},
        phrases=frozenset(phrases) - {""},
        words=words | own_words(),
    )


def _texts(network: Network) -> Iterator[str]:
    """Every text of a network file that is about parties."""
    stack: list[Any] = [
        {key: value for key, value in msgspec.to_builtins(network).items() if key not in _PRIVATE}
    ]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            stack += [value for key, value in found.items() if key not in _PRIVATE]
            stack += [key for key in found if ":" in str(key)]
        elif isinstance(found, list | tuple):
            stack += found
        elif isinstance(found, str) and found:
            yield found


def _hosts(text: str) -> set[str]:
    try:
        name = (urlsplit(text).hostname or "") if "://" in text else text if _HOST.fullmatch(text) else ""
    except ValueError:
        return set()
    return {name.partition(":")[0].lower()} - {""}


def _parts(text: str) -> set[str]:
    """The segments of the path of an address."""
    if "://" not in text:
        return set()
    try:
        path = urlsplit(text).path
    except ValueError:
        return set()
    return {unquote(part) for part in path.split("/")}


@cache
def _sent() -> frozenset[str]:
    """What the queries of the standards ask, and the names and errors of the interfaces."""
    found = {
        *authorization.PARAMETERS,
        headers.REQUEST_ID,
        headers.CORRELATION_ID,
        *AUTHORIZATION_ERRORS,
        *TOKEN_ERRORS,
    }
    for standard in standards():
        for query in load_queries(standard):
            found.update(query.path.split("/"))
            for name, value in query.params:
                found |= {name, value, *value.split("|"), *value.split(",")}
    return frozenset(found)
