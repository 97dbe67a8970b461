"""What may be written of a result: findings quote exchanges, and what is masked there is masked in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from lxml import etree

from harness.core.run.exchanges import Exchange, Request
from harness.record import RawExchange, Recorder
from harness.testscript.outcome.results import ScriptFinding, ScriptResult

Pair = tuple[RawExchange, Exchange]
"""An exchange as it was, and as it was written down."""
_DOCUMENTS = (b"%PDF", b"PK", b"\xff\xd8", b"\x89PNG")
"""Beginnings of documents, of which findings quote nothing."""
NOT_KEPT = "(…)"
"""Instead of a quotation of a message that was not kept as it was."""


class Masks:
    """What stands in the written messages instead of values."""

    def __init__(self, tags: dict[str, str]) -> None:
        longest_first = sorted(tags, key=lambda text: -len(text))
        self._tags = tags
        self._values = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if tags else None
        )

    def on(self, text: str) -> str:
        """A text with its masks."""
        return (
            text if self._values is None else self._values.sub(lambda found: self._tags[found.group()], text)
        )


def quotable(result: ScriptResult, recorder: Recorder, unit: str, pairs: Iterable[Pair]) -> ScriptResult:
    """The result with all that it quotes redacted as the exchanges are.

    Of the requests of its steps only method and address are left, of the responses nothing.

    :param unit: the recording unit of the exchanges.
    """
    masks = _masks(pairs)
    addresses = [step.request.url if step.request is not None else "" for step in result.steps]
    quoted = [result.findings, [step.finding for step in result.steps], addresses]
    said = recorder.said(_masked(msgspec.to_builtins(quoted), masks), unit)
    findings, own, urls = said or ([], [None] * len(addresses), [""] * len(addresses))
    steps = [
        msgspec.structs.replace(
            step,
            finding=msgspec.convert(found, type=ScriptFinding | None, strict=False),
            request=Request(method=step.request.method, url=url) if step.request is not None else None,
            response=None,
        )
        for step, found, url in zip(result.steps, own, urls, strict=True)
    ]
    kept = msgspec.convert(findings, type=tuple[ScriptFinding, ...], strict=False)
    return msgspec.structs.replace(result, findings=kept, steps=tuple(steps))


def _masks(pairs: Iterable[Pair]) -> Masks | None:
    """What stands in the written messages instead of values; ``None`` when one was not kept as it was."""
    found: dict[str, str] = {}
    for raw, written in pairs:
        response = written.response.body if written.response is not None else b""
        for was, now in ((raw.request_body, written.request.body), (raw.response_body, response)):
            if was == now:
                continue
            if was.startswith(_DOCUMENTS):
                continue
            values, tags = list(_values(was)), list(_values(now))
            if not values or len(values) != len(tags):
                return None
            both = zip(values, tags, strict=True)
            found.update((value, tag) for value, tag in both if value != tag and value.strip())
    return Masks(found)


def _values(body: bytes) -> Iterator[str]:
    """Every text of a message in order; none when it is neither JSON nor XML."""
    try:
        if body.lstrip()[:1] in (b"{", b"["):
            yield from _json(json.loads(body))
        else:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
            for element in etree.fromstring(body, parser).iter(etree.Element):
                yield from (str(value) for value in element.attrib.values())
                yield from (text for text in (element.text, element.tail) if text)
    except (ValueError, RecursionError, etree.LxmlError):
        return


def _json(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _json(child)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _masked(value: Any, masks: Masks | None, name: str = "") -> Any:
    """The same data with the masks in the texts that quote."""
    if isinstance(value, dict):
        return {key: _masked(child, masks, key) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(child, masks, name) for child in value]
    if name not in ("expected", "received", "excerpt", "nl", "en") or not isinstance(value, str):
        return value
    if masks is None:
        return NOT_KEPT if name in ("received", "excerpt") else value
    return masks.on(value)
