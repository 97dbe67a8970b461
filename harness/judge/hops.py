"""Both hops of a pass-through: what a PGO asked our DVZA, and what our DVZA then asked the HIS behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from harness.core.issues import shorten
from harness.core.run.exchanges import Exchange, failure, header, media_type
from harness.core.text import Phrase, Text, joined
from harness.fhir.codec.documents import Document
from harness.judge.depends import CARE
from harness.medmij.headers import REQUEST_ID

UPSTREAM: Final = "upstream"
"""The flow of exchanges between our DVZA and a live HIS."""
ASKED: Final = Text(
    nl="{client} vroeg {server}: {asked}: {ended}", en="{client} asked {server}: {asked}: {ended}"
)
_LONGEST: Final = 160


def onward(exchanges: Sequence[Exchange]) -> dict[str, Exchange]:
    """What our DVZA asked the HIS because of each exchange, by the id of that exchange.

    By request id where the release has them, else by order: an answer is passed on before it is recorded.

    :param exchanges: those of one cell, as they were recorded.
    """
    found: dict[str, Exchange] = {}
    waiting: list[Exchange] = []
    for item in exchanges:
        if item.flow == UPSTREAM:
            waiting.append(item)
        elif item.interface in CARE and waiting:
            asked = header(item.request.headers, REQUEST_ID)
            same = [hop for hop in waiting if asked and header(hop.request.headers, REQUEST_ID) == asked]
            fits = same or [
                hop
                for hop in waiting
                if hop.client == item.server and _last_step(hop.request.url) == _last_step(item.request.url)
            ]
            if fits:
                found[item.id] = fits[-1]
                waiting = [hop for hop in waiting if hop is not fits[-1]]
    return found


def _last_step(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2]


def heard(exchange: Exchange, document: Document | None, hop: Exchange | None) -> Phrase:
    """What the server said with a refusal, and the request that really left when our DVZA passed it on.

    :param document: the answer as FHIR, if it is.
    """
    if exchange.response is None or exchange.response.status < 400:
        return ""
    parts: list[Phrase] = [_said(exchange, document)]
    if hop is not None:
        split = urlsplit(hop.request.url)
        query = f"?{split.query}" if split.query else ""
        ended = f"HTTP {hop.response.status}" if hop.response is not None else failure(hop.error)
        asked = f"{hop.request.method} {split.path}{query}"
        parts.append(ASKED.format(client=hop.client, server=hop.server, asked=asked, ended=ended))
    return joined(*parts, separator="; ")


def _said(exchange: Exchange, document: Document | None) -> str:
    """The text of an OperationOutcome or of an OAuth error."""
    response = exchange.response
    if response is None or not response.body:
        return ""
    if document is not None and document.resource.get("resourceType") == "OperationOutcome":
        issues = document.resource.get("issue")
        texts = (_issue(item) for item in issues) if isinstance(issues, list) else ()
        return shorten(", ".join(text for text in texts if text), _LONGEST)
    if "json" not in media_type(response.headers):
        return ""
    try:
        fields = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    values = [fields.get(name) for name in ("error", "error_description")] if isinstance(fields, dict) else []
    found = [value for value in values if isinstance(value, str)]
    return shorten(": ".join(found), _LONGEST)


def _issue(issue: object) -> str:
    if not isinstance(issue, dict):
        return ""
    details = issue.get("details")
    text = issue.get("diagnostics") or (details.get("text") if isinstance(details, dict) else "")
    return ": ".join(part for part in (issue.get("code"), text) if isinstance(part, str) and part)
