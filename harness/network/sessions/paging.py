"""A link to a next page at another host, in an answer that had none."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from urllib.parse import urlsplit

from harness.core.run.exchanges import media_type
from harness.network.wire.serving import Outgoing


def with_next(answer: Outgoing, host: str, url: str) -> Outgoing | None:
    """The answer with a ``next`` link to ``host``; ``None``: it is no page, or has a next one of its own.

    :param url: of the request.
    """
    target = urlsplit(url)._replace(netloc=host, query="page=2").geturl()
    kind = media_type(answer.headers)
    changed = _json(answer.body, target) if kind.endswith("json") else _xml(answer.body, target)
    if changed is None:
        return None
    headers = tuple((name, value) for name, value in answer.headers if name.lower() != "content-length")
    return replace(answer, headers=headers, body=changed)


def _json(body: bytes, target: str) -> bytes | None:
    try:
        page = json.loads(body)
    except ValueError:
        return None
    if not isinstance(page, dict) or page.get("type") != "searchset":
        return None
    links = page.setdefault("link", [])
    if any(item.get("relation") == "next" for item in links):
        return None
    links.append({"relation": "next", "url": target})
    return json.dumps(page, ensure_ascii=False).encode()


def _xml(body: bytes, target: str) -> bytes | None:
    if b'<type value="searchset"/>' not in body or b'<relation value="next"/>' in body:
        return None
    link = f'<link><relation value="next"/><url value="{escape(target)}"/></link>'.encode()
    place = body.find(b"<entry>")
    place = place if place >= 0 else body.rfind(b"</Bundle>")
    return body[:place] + link + body[place:] if place >= 0 else None
