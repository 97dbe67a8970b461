"""Token: a code or refresh token is offered, and what comes back is kept."""

from __future__ import annotations

import json
import secrets
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from harness.medmij import scope, token
from harness.medmij.flows import TokenStep
from harness.network.drive.session import FlowSession, Stop
from harness.network.wire.client import Answer, HttpClient
from harness.network.wire.connect import ConnectMap

TOKEN_TIMEOUT: Final = 12.0
"""Seconds: the framework allows 10 (``core.tknint.206``)."""


class TokenEndpoint:
    """The token endpoint of a flow, as its PGO uses it.

    :param connect: other places where names listen, for this flow only (faulty servers).
    """

    def __init__(self, session: FlowSession, connect: ConnectMap | None) -> None:
        self._session = session
        self._connect = connect
        self._special: list[HttpClient] = []

    def supplied(self, value: str) -> None:
        """Take an access token that the network file supplies instead.

        :raises Stop: it is empty.
        """
        if not value:
            raise Stop
        self._session.values["token"] = value
        self._session.values["correlation"] = self._session.new_id()
        self._session.remember("token", "token-supplied", value)

    def offer_code(self, step: TokenStep) -> None:
        """Offer the code; keep what comes back.

        :raises Stop: that is no access token.
        """
        session = self._session
        if step.wait:
            session.wait(step.wait)
        pairs = [
            ("grant_type", "authorization_code"),
            ("code", session.values.get("code", "")),
            ("redirect_uri", session.values["redirect_uri"]),
            ("client_id", session.pgo.host),
        ]
        pairs = step.apply(pairs, session.placeholders())
        answer = self._send(pairs, "token-code", step.certificate)
        if answer is None:
            raise Stop
        if answer.status >= 500 and session.pgo.fault("retry-code"):
            answer = self._send(pairs, "token-code", step.certificate) or answer
        ok = self.keep(answer)
        for _ in range(step.times - 1):
            self._send(pairs, "token-code-again", step.certificate)
        if not ok:
            raise Stop

    def offer_refresh(self, value: str, operation: str) -> Answer | None:
        """Offer a refresh token; ``None`` when the host may not be talked to."""
        pgo = self._session.pgo
        grant = "refresh_code" if pgo.fault("refresh-code-grant") else "refresh_token"
        pairs = [("grant_type", grant), ("refresh_token", value), ("client_id", pgo.host)]
        return self._send(pairs, operation, "own")

    def keep(self, answer: Answer) -> bool:
        """Take over a token response; whether there is an access token."""
        session = self._session
        if not answer.status:
            return False
        parsed = token.parse_response(answer.status, answer.headers, answer.body, session.release)
        found = parsed.response
        if found is None or answer.status != 200:
            return False
        session.values["token"] = found.access_token
        session.remember("token", "token-received", found.access_token)
        if found.refresh_token:
            session.values["refresh"] = found.refresh_token
            session.remember("refresh", "refresh-received", found.refresh_token)
        session.expires_in = found.expires_in
        session.issued = session.clock.now()
        session.granted = scope.parse_granted(found.scope) if found.scope else None
        return True

    def close(self) -> None:
        """Close the connections that were made for this flow only."""
        for client in self._special:
            client.close()
        self._special.clear()

    def _send(self, pairs: list[tuple[str, str]], operation: str, certificate: str) -> Answer | None:
        session, pgo = self._session, self._session.pgo
        url = session.listed.token_endpoint
        if pgo.fault("foreign-endpoint"):
            url = f"{url}/elders"
        if not pgo.allowed_host(session.release, urlsplit(url).hostname or ""):
            return None
        request_id = session.values.get("fixed_request_id") or session.new_id()
        headers = token.request_headers(session.release, request_id, session.values.get("correlation", ""))
        if pgo.fault("client-secret"):
            pairs = [*pairs, ("client_secret", secrets.token_urlsafe(24))]
        body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs).encode()
        if pgo.fault("token-json"):
            body = json.dumps(dict(pairs)).encode()
            headers = [(n, "application/json" if n == "Content-Type" else v) for n, v in headers]
        client = pgo.back(certificate)
        if self._connect is not None:
            client = pgo.back(certificate, connect=self._connect)
            self._special.append(client)
        return session.send(
            client,
            "POST",
            url,
            headers,
            body,
            interface="token",
            operation=operation,
            timeout=5.0 if pgo.fault("impatient") else TOKEN_TIMEOUT,
            notes=pgo.certificate_notes(certificate),
            annotate=self._measured if session.samples is not None else None,
        )

    def _measured(self, answer: Answer) -> dict[str, Any]:
        """What is known of all codes and tokens of a sample, with its last token response."""
        session, samples = self._session, self._session.samples
        if samples is None:
            return {}
        parsed = token.parse_response(answer.status, answer.headers, answer.body, session.release)
        samples.add("code", session.values.get("code", ""))
        if parsed.response is not None:
            samples.add("token", parsed.response.access_token)
            samples.add("refresh", parsed.response.refresh_token)
        return {"samples": msgspec.to_builtins(samples.facts())}
