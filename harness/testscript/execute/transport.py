"""Ways to send a request: in process, or over HTTP with bounds on time and size."""

from __future__ import annotations

import re
import ssl
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx

from harness.core.run.exchanges import Request, Response
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.testscript.execute.need import Performed
from harness.testscript.phrases import NOT_UNPACKED, TOO_LARGE, TOO_SLOW

Transport = Callable[[Request], Performed]

MAX_RESPONSE = 64 * 1024 * 1024
TIMEOUT = 30.0
"""Seconds for a whole exchange, and for each wait within it."""
SILENT, SHORT = 5, 3.0
"""After so many silent requests in a row a server gets only so many seconds, until it answers again."""


def in_process(handle: Callable[[Request], Response]) -> Transport:
    """Transport to a server object in this process."""

    def send(request: Request) -> Performed:
        started = time.perf_counter()
        response = handle(request)
        return Performed(request, response, duration=time.perf_counter() - started)

    return send


_CONFIGURATION = re.compile(r"refused|resolve|Name or service|nodename|unreachable|No route", re.IGNORECASE)


class HttpTransport:
    """HTTP client: no redirects, no retries, no proxy from the environment unless asked; bounded.

    :param trust: PEM file with trust anchors, ``None`` for those of the system.
    :param certificate: PEM file of a client certificate, with its key in ``key`` or in the same file.
    :param proxy: proxy URL, ``None`` for none.
    """

    def __init__(
        self,
        *,
        trust: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        proxy: str | None = None,
        timeout: float = TIMEOUT,
        max_response: int = MAX_RESPONSE,
    ) -> None:
        context = ssl.create_default_context(cafile=str(trust) if trust else None)
        if certificate:
            context.load_cert_chain(str(certificate), str(key) if key else None)
        self.timeout = timeout
        self.max_response = max_response
        self._silent = 0
        self._client = httpx.Client(
            verify=context,
            proxy=proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __call__(self, request: Request) -> Performed:
        started = time.perf_counter()
        # a server that hangs on everything must not hold up hundreds of scripts for the whole time each
        patience = self.timeout if self._silent < SILENT else min(self.timeout, SHORT)
        try:
            response = self._exchange(request, started, patience)
            self._silent = 0
        except _Bounded as error:
            self._silent += str(error).startswith("timeout")
            return Performed(request, error=error.told, duration=time.perf_counter() - started)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
            self._silent += isinstance(error, httpx.TimeoutException)
            text = f"{_kind(error)}: {error or type(error).__name__}"
            ours = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL))
            blame = Blame.CONFIGURATION if ours and _CONFIGURATION.search(text) else Blame.PRODUCT
            return Performed(request, error=text, blame=blame, duration=time.perf_counter() - started)
        return Performed(request, response, duration=time.perf_counter() - started)

    def _exchange(self, request: Request, started: float, patience: float) -> Response:
        headers = [*request.headers, ("Accept-Encoding", "gzip")]
        sent = self._client.build_request(
            request.method,
            request.url,
            headers=headers,
            content=request.body or None,
            timeout=httpx.Timeout(patience),
        )
        answer = self._client.send(sent, stream=True)
        coding = answer.headers.get("content-encoding", "").lower()
        unpack = zlib.decompressobj(wbits=47) if coding in ("gzip", "x-gzip", "deflate") else None
        try:
            parts: list[bytes] = []
            size = 0
            for part in answer.iter_raw():
                if unpack is not None:
                    # bounded: a small body may unpack to anything
                    part = unpack.decompress(part, self.max_response + 1 - size)
                size += len(part)
                if size > self.max_response:
                    raise _Bounded(TOO_LARGE.format(limit=self.max_response))
                if time.perf_counter() - started > patience:
                    raise _Bounded(TOO_SLOW.format(limit=f"{patience:g}"))
                parts.append(part)
        except zlib.error as error:
            raise _Bounded(NOT_UNPACKED.format(why=error)) from None
        finally:
            answer.close()
        found = tuple((name, value) for name, value in answer.headers.multi_items())
        return Response(status=answer.status_code, headers=found, body=b"".join(parts))


class _Bounded(Exception):
    """A response beyond the bounds of size or time.

    :param told: which bound, after its kind.
    """

    def __init__(self, told: Text) -> None:
        super().__init__(told.en)
        self.told = told


def _kind(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, ssl.SSLError) or "SSL" in str(error) or "certificate" in str(error).lower():
        return "tls"
    if isinstance(error, httpx.ConnectError):
        return "connect"
    if isinstance(error, httpx.InvalidURL):
        return "url"
    return "protocol"
