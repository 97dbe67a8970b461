"""Whether two answers to the same query say the same; where one of them holds a mask, nothing is compared.

What always differs between two answers to the same question is no difference: ids, addresses, when a resource
was written last, in which order a Bundle is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from harness.core.normal.changing import steady
from harness.core.run.exchanges import Exchange, media_type
from harness.core.run.problems import short
from harness.core.text import Text
from harness.fhir.codec.documents import MESSAGE_LIMITS, parse
from harness.fhir.model.types import load_model
from harness.judge.masks import Masks

FHIR: Final = "3.0.2"
SHOWN: Final = 3
"""Differences of one answer that are told."""
_CHANGING: Final = frozenset({"id", "fullUrl", "meta", "link", "search", "implicitRules"})
_LITERALS: Final = frozenset({"reference", "url"})
"""Elements whose ids differ between two answers and whose rest does not."""

Leaf = tuple[str, str]


def differences(was: Exchange, now: Exchange | None) -> list[Text]:
    """What the answer of now says otherwise than the one that was recorded, the first few."""
    if was.response is None:
        return []
    if now is None or now.response is None:
        error = now.error if now is not None else ""
        return [Text(nl=f"geen antwoord {error}".strip(), en=f"no answer {error}".strip())]
    if was.response.status != now.response.status:
        return [
            Text(
                nl=f"status {now.response.status}, was {was.response.status}",
                en=f"status {now.response.status}, was {was.response.status}",
            )
        ]
    before, after = _leaves(was), _leaves(now)
    hidden = {path for leaves in (before, after) for path, value in leaves if value is None}
    old, new = (
        Counter((path, value) for path, value in leaves if value is not None and path not in hidden)
        for leaves in (before, after)
    )
    gone, added = [*(old - new).elements()], [*(new - old).elements()]
    told = [_told(path, value, nl="niet meer", en="no longer") for path, value in gone]
    told += [_told(path, value, nl="nieuw", en="new") for path, value in added]
    return told[:SHOWN]


def _told(path: str, value: str, *, nl: str, en: str) -> Text:
    return Text(nl=f"{path}: {nl} {short(value, 80)}", en=f"{path}: {en} {short(value, 80)}")


def _leaves(item: Exchange) -> list[tuple[str, str | None]]:
    """Values of a FHIR answer with their path without positions; ``None``: masked."""
    response = item.response
    if response is None:
        return []
    parsed = parse(response.body, model=load_model(FHIR), limits=MESSAGE_LIMITS)
    if not parsed.resource:
        return [(media_type(response.headers), str(len(response.body)))]
    masks = Masks(item.facts, "response")
    root = parsed.resource.get("resourceType", "")
    return list(_walk(parsed.resource, root, root, masks))


def _walk(value: Any, path: str, place: str, masks: Masks) -> Iterator[tuple[str, str | None]]:
    """:param path: without positions; ``place``: with them, as masks are told."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _CHANGING:
                yield from _walk(inner, f"{path}.{name}", f"{place}.{name}", masks)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, path, f"{place}[{number}]", masks)
    elif masks.hides(place):
        yield path, None
    else:
        text = str(value)
        yield path, steady(text) if path.rpartition(".")[2] in _LITERALS else text
