"""Which requests are of one kind, and how much a request is like the one that a script describes."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.core.run.exchanges import Request
from harness.testscript.judge.rules import pairs


def shape(method: str, url: str, base: str) -> tuple[str, str, str]:
    """What a request is matched on: method, resource type, operation name (``id`` for one instance)."""
    path = urlsplit(url).path
    root = urlsplit(base).path.rstrip("/")
    if path.startswith(root):
        path = path[len(root) :]
    parts = [part for part in path.split("/") if part]
    if method == "POST" and parts and parts[-1] == "_search":
        method, parts = "GET", parts[:-1]
    operation = next((part for part in parts if part.startswith("$")), "")
    if not operation and len(parts) > 1:
        operation = "id"
    return method, parts[0] if parts else "", operation


def likeness(described: Request, actual: Request) -> int:
    """How much the parameters and path agree; negative when the path names another instance."""
    left, right = set(pairs(described.url)), set(pairs(actual.url))
    score = 2 * len(left & right) - len(left ^ right)
    if left == right:
        score += 100
    if urlsplit(described.url).path == urlsplit(actual.url).path:
        score += 10
    if described.body and described.body == actual.body:
        score += 1000
    return max(score, 0) if described.method == "GET" else score
