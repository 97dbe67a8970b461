"""Which script a request belongs to: of one kind with what it describes, and its asserts fit best.

Requests are of one kind when method, resource type and operation (``$lastn``, or one instance) agree: what a
script describes is not a filter, because a client that does it wrong must fail that script and not be
ignored. Among the scripts of that kind a request goes to the one that it fits best (:class:`Fit`), whatever
the order of the files: by token and parameters, by what the script's own asserts say about the request, then
by what they say about the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from harness.core.run.exchanges import Request, Response, header
from harness.core.verdicts import Verdict
from harness.testscript.judge.case import Judgement
from harness.testscript.judge.rules import sent_parameters
from harness.testscript.read.model import Assert

SAME, ALIKE, NEAR, MISSING, EXTRA = 3, 2, 1, -2, -1
"""Points of a parameter with the described value, with one that resembles it, with another one or another
name; described but not sent, sent but not described."""
OTHER_TOKEN, OTHER_INSTANCE, REFUSED, REPEATED = -4, -6, -2, -1
"""Points of another token or instance than described, of asserts on the request that do not hold, and of a
request that a script has had already."""


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
    """How much token, instance and parameters of a request are those described, in points."""
    points = 0 if same_token(described, actual) else OTHER_TOKEN
    points += 0 if same_instance(described, actual) else OTHER_INSTANCE
    left, right = _parameters(described), _parameters(actual)
    for pair in [pair for pair in left if pair in right]:
        left.remove(pair)
        right.remove(pair)
        points += SAME
    for worth, similar in ((ALIKE, _alike), (NEAR, _named), (NEAR, _misnamed)):
        for pair in list(left):
            near = next((other for other in right if similar(pair, other)), None)
            if near is not None:
                left.remove(pair)
                right.remove(near)
                points += worth
    return points + MISSING * len(left) + EXTRA * len(right)


_Parameter = tuple[str, frozenset[str]]
_AROUND = re.compile(r"^(?:[^|]*\||(?:eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[\d.+-]))")
"""What may stand before a code or a date: its system, a comparison."""


def _named(one: _Parameter, other: _Parameter) -> bool:
    return one[0] == other[0]


def _misnamed(one: _Parameter, other: _Parameter) -> bool:
    return one[1] == other[1]


def _alike(one: _Parameter, other: _Parameter) -> bool:
    """Whether two parameters of one name have an alternative in common, whatever stands around it."""
    bare = [{_AROUND.sub("", value) for value in values} for _, values in (one, other)]
    return _named(one, other) and not bare[0].isdisjoint(bare[1])


def _parameters(request: Request) -> list[_Parameter]:
    """Name and alternatives of each parameter."""
    return [
        (name, frozenset(part.strip() for part in value.split(",")))
        for name, value in sent_parameters(request)
        if name != "_format"
    ]


MAX_CONTENT = 1 << 20
"""Bytes of a body that are looked at for its resemblance."""
_VALUES = re.compile(rb'(?:=|[:\[,]\s*)"([^"\\]{1,200})"|[:\[,]\s*(-?\d[\d.eE+-]{0,30})')
"""Values of elements, in JSON or XML."""


def shared_content(described: Request, actual: Request) -> float:
    """The part of the values in two bodies, in whatever format, that both have."""
    if not described.body or not actual.body:
        return 0.0
    one, other = _values(described.body[:MAX_CONTENT]), _values(actual.body[:MAX_CONTENT])
    return len(one & other) / max(1, len(one | other))


@lru_cache(maxsize=256)
def _values(body: bytes) -> frozenset[bytes]:
    return frozenset(text or number for text, number in _VALUES.findall(body))


def same_token(described: Request, actual: Request) -> bool:
    """Whether a request has the described token; without one described any will do."""
    token = header(described.headers, "authorization")
    return token is None or token == header(actual.headers, "authorization")


def same_instance(described: Request, actual: Request) -> bool:
    """Whether a request names the described instance; always when it names none."""
    path = urlsplit(actual.url).path
    return urlsplit(described.url).path == path or path.endswith("/_search")


@dataclass(frozen=True, order=True)
class Fit:
    """How well a request fits a script; more is better, compared in this order.

    :ivar points: token, parameters and asserts on the request, in points.
    :ivar content: how much of what is sent is in the described body too, 0 to 1.
    :ivar answer: number of asserts that do not hold, negative.
    :ivar waiting: whether the script waits for a request, rather than having ended.
    :ivar begun: whether the client has begun with it.
    :ivar order: place in the order of files, negative; decides only between scripts that fit alike.
    """

    points: int
    content: float
    answer: int
    waiting: bool
    begun: bool
    order: int


def judged(judgements: Iterable[tuple[Assert, Judgement]]) -> tuple[int, int]:
    """What a script's asserts say about an exchange: points, and the number that does not hold (negative)."""
    refused = unmet = 0
    for check, judgement in judgements:
        if judgement.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE) or check.warning_only:
            continue
        unmet -= 1
        # the token and the address have their points already
        own = check.criterion == "headerField" and check.subject.lower() == "authorization"
        if check.about_request and not own:
            refused = REFUSED
    return refused, unmet


def is_try(described: Request, actual: Request, response: Response, points: int) -> bool:
    """Whether a request is a try at what a script describes, and not other traffic.

    A read of another instance that is there is other traffic; so is a request with another token whose
    parameters resemble nothing.
    """
    if not same_instance(described, actual):
        return response.status >= 400
    return same_token(described, actual) or points >= OTHER_TOKEN
