"""Calls from pages of other origins (CORS): what a browser wants to know before it lets them through."""

from __future__ import annotations

from harness.core.run.exchanges import Request, Response, header

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS = (
    "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, "
    "MedMij-Request-ID, X-Correlation-ID, X-Request-Id"
)
EXPOSED = "Content-Location, ETag, Last-Modified, Location, WWW-Authenticate"


def is_preflight(request: Request) -> bool:
    """Whether a browser asks if a call is allowed."""
    return (
        request.method.upper() == "OPTIONS"
        and header(request.headers, "access-control-request-method") is not None
    )


def _origin(allowed: str, request: Request) -> str:
    """The origin to name in an answer, ``""`` when this one may not call."""
    asked = header(request.headers, "origin")
    return allowed if asked is not None and allowed in ("*", asked) else ""


def preflight(allowed: str, request: Request) -> Response:
    """The answer to a preflight; without an origin when it may not call."""
    origin = _origin(allowed, request)
    if not origin:
        return Response(status=204, headers=(("Vary", "Origin"),))
    asked = header(request.headers, "access-control-request-headers")
    return Response(
        status=204,
        headers=(
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Methods", METHODS),
            # the client names its own: all are allowed, the server ignores what it does not know
            (
                "Access-Control-Allow-Headers",
                asked if asked and asked.isascii() and asked.isprintable() else HEADERS,
            ),
            ("Access-Control-Max-Age", "600"),
            ("Vary", "Origin"),
        ),
    )


def allow_browsers(allowed: str, request: Request, response: Response) -> Response:
    """An answer that the page that asked may read, when its origin may call."""
    origin = _origin(allowed, request)
    more: list[tuple[str, str]] = []
    if origin:
        more += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", EXPOSED)]
    if origin or allowed != "*":  # another page would get another answer
        more.append(("Vary", "Origin"))
    return Response(status=response.status, headers=(*response.headers, *more), body=response.body)
