"""The redactor: a raw exchange in, the exchange that may be written and judged out.

Two passes over the whole exchange. The first *learns* secrets (:mod:`harness.record.redact.learn`) where they
can be *recognised* (:mod:`harness.record.redact.recognise`). The second *rewrites*
(:mod:`harness.record.redact.rewrite`): every learned value, raw or percent-encoded, wherever it stands, is
replaced by its *tag* (:mod:`harness.record.redact.tag`), and a :class:`~harness.core.run.exchanges.Fact` of
each occurrence is written down.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from harness.core.http.bounds import says_larger
from harness.core.run.exchanges import Exchange, Request, Response, Tls
from harness.record.looking import Looking
from harness.record.raw import RawExchange
from harness.record.redact.certificates import without_people
from harness.record.redact.learn import learn
from harness.record.redact.people.bsn import Numbers
from harness.record.redact.people.care import CareData
from harness.record.redact.people.identity import Identities
from harness.record.redact.people.persons import Persons
from harness.record.redact.replace import Replacing
from harness.record.redact.rewrite import Rewrite
from harness.record.redact.tag import Secrets, Tags
from harness.record.redact.wire.around import Around
from harness.record.redact.wire.familiar import Heard

_CONNECTIONS: Final = 256
"""Kinds of connections that are remembered to name nobody."""


class Redactor:
    """Replaces secrets and people in the exchanges of one recording unit. Thread-safe.

    :param key: random bytes that live for one unit and are never written.
    :param persons: the declared test persons.
    :param secrets: what was learned in the whole run; default: what this redactor learns itself.
    :param looking: what is looked for besides numbers and secrets.
    """

    def __init__(
        self,
        key: bytes,
        persons: Persons | None = None,
        secrets: Secrets | None = None,
        looking: Looking | None = None,
    ) -> None:
        self._looking = looking or Looking()
        self._tags = Tags(key, secrets or Secrets())
        self._persons = persons or Persons()
        self._identities = Identities(self._persons, self._tags)
        self._numbers = Numbers(self._persons.owners)
        self._heard = Heard()
        self._harmless: set[Tls] = set()

    def learn(self, kind: str, value: str, cell: str = "") -> None:
        """Remember a secret, so that it is replaced wherever it appears from now on."""
        self._tags.secrets.remember(kind, value, cell, announced=True)

    def said(self, value: Any) -> Any:
        """What may be written of JSON-like data that quotes exchanges; plain JSON types."""
        raw = RawExchange(
            interface="resource", flow="", operation="said", client="", server="",
            started=datetime.min.replace(tzinfo=UTC), duration=0, method="", url="", notes={"said": value},
        )  # fmt: skip
        return self.exchange(raw, "").notes["said"]

    def exchange(self, raw: RawExchange, exchange_id: str) -> Exchange:
        """The redacted exchange with its facts."""
        learn(raw, self._tags.secrets)
        replacing = Replacing(raw, self._tags, self._numbers)
        care = CareData(raw, self._persons, self._identities, replacing, self._looking)
        work = Rewrite(raw, replacing, care)
        around = Around(raw, replacing, self._looking.familiar, self._heard, declared=care.declared)
        response = None
        url = work.url(raw.url, "request", "query")
        headers = work.headers(raw.request_headers, "request")
        body = work.body(raw.request_body, raw.request_headers, "request")
        if raw.status:
            received = work.headers(raw.response_headers, "response")
            answer = work.body(raw.response_body, raw.response_headers, "response")
            _, received = work.without_people("", received, "response")
        url, headers = work.without_people(url, headers, "request")
        url, headers, body = around.request(url, headers, body)
        request = Request(method=raw.method, url=url, headers=headers, body=body)
        if raw.status:
            received, answer = around.response(received, answer)
            response = Response(status=raw.status, headers=received, body=answer)
        notes = around.notes(work.notes(raw.notes))
        error = raw.error if says_larger(raw.error) else around.error(work.text(raw.error, "error"))
        tls = raw.tls
        if tls is not None and tls not in self._harmless:  # a connection carries many exchanges
            tls = without_people(tls, replacing, work.text, around.certified)
            if tls == raw.tls and len(self._harmless) < _CONNECTIONS:
                self._harmless.add(tls)
        return raw.written(
            request,
            response,
            id=exchange_id,
            client=work.text(raw.client, "client"),
            error=error,
            facts=around.placed(replacing.facts),
            identities=tuple(care.identities),
            tls=tls,
            notes=notes,
        )
