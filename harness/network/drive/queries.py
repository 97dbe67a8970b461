"""The resource requests of a standard: dates resolved, in each format, with later pages and ``each``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import msgspec

from harness.core.run.exchanges import NEXT_PAGE, Request, media_type
from harness.core.standards.queries import Query, load_queries
from harness.fhir.codec import documents as codec
from harness.fhir.codec.documents import to_json, to_xml
from harness.fhir.codec.media import format_of
from harness.fhir.fhirpath import FHIRPathError, Node, compile
from harness.fhir.model.types import load_model
from harness.medmij import resource, urls
from harness.medmij.flows import ResourceStep
from harness.network.drive.session import FlowSession
from harness.network.faults import pgo as pgo_query_faults
from harness.network.person.persons import fixture_person
from harness.network.wire.client import Answer
from harness.reference.searching.pages import follow
from harness.reference.searching.replies import Reply

TIMEOUT = 65.0
"""Seconds: the framework allows a resource server 60 (``core.rscint.202``)."""


def resource_base(session: FlowSession, role: str = "") -> str:
    """The FHIR base URL of the system role with ``role`` in its code, else of the first role.

    :raises Stop: no endpoint was found.
    """
    roles = session.listed.roles
    return next((item for item in roles if role in item.code), roles[0]).resource_endpoint


def run(session: FlowSession, *, first_only: bool = False, step: ResourceStep | None = None) -> int:
    """Send the queries of the cell's standard and function; returns how many requests went out.

    Each searchset is followed to its last page, at the host of the resource endpoint only.
    """
    wanted = load_queries(session.standard.id)
    values: dict[tuple[str, str, str], list[str]] = {}
    sent = 0
    for query in wanted:
        if query.flow != session.function:
            continue
        for media in query.formats:
            for target in _targets(session, query, media, values):
                if session.token_expired():
                    return sent
                answer = _send(session, query, media, target, step)
                sent += 1
                if first_only:
                    _stray(session)
                    return sent
                found = [answer, *_further(session, query, media, target, answer)]
                for operation, expression in {item.each for item in wanted if item.each is not None}:
                    key = (operation, expression, media)
                    if operation == query.operation and key not in values:  # answers themselves may be large
                        said = (value for page in found for value in values_of(page, expression))
                        values[key] = list(dict.fromkeys(said))
                sent += len(found) - 1
    _stray(session)
    return sent


def _further(session: FlowSession, query: Query, media: str, url: str, answer: Answer) -> list[Answer]:
    """The later pages of an answer, as far as they may be asked."""
    found: list[Answer] = []
    page = msgspec.structs.replace(query, operation=NEXT_PAGE)  # its address says everything

    def fetch(address: str) -> Reply | None:
        if session.token_expired():
            return None
        found.append(_send(session, page, media, address, None))
        return reply_of(found[-1], address)

    if query.search:
        follow(reply_of(answer, url), fetch)
    return found


def reply_of(answer: Answer, url: str) -> Reply:
    """An answer as FHIR, whatever came."""
    kind = format_of(media_type(answer.headers))
    if not answer.status or kind not in ("json", "xml"):
        return Reply(answer.status, {}, url)
    form: Literal["json", "xml"] = "json" if kind == "json" else "xml"
    found = codec.parse(answer.body, format=form, model=load_model("3.0.2"), limits=codec.MESSAGE_LIMITS)
    return Reply(answer.status, found.resource, url)


def _stray(session: FlowSession) -> None:
    """The fault ``foreign-host``: follow a link to a host outside the network."""
    if session.pgo.fault("foreign-host"):
        session.send(
            session.pgo.back(),
            "GET",
            "https://vreemd.example/fhir/Patient?page=2",
            resource.request_headers(
                session.release,
                session.values.get("token", ""),
                session.new_id(),
                session.values.get("correlation", ""),
                accept(session, "json"),
            ),
            interface="resource",
            operation=NEXT_PAGE,
            server="vreemd.example",
            person=session.person,
            timeout=5.0,
        )


def _targets(
    session: FlowSession, query: Query, media: str, values: dict[tuple[str, str, str], list[str]]
) -> Iterator[str]:
    """The addresses that a query asks.

    :param values: those that answers to queries of an operation, asked in a format, have at an expression.
    """
    base = resource_base(session, query.role)
    if query.each is None:
        parameters = "&".join(
            f"{quote(name, safe=_SAFE)}={quote(value, safe=_SAFE)}"
            for name, value in query.resolved(session.dates)
        )
        join = f"{base.rstrip('/')}//{query.path}" if session.pgo.fault("double-slash") else None
        url = join or (urls.join(base, query.path) if query.path else base)
        yield f"{url}?{parameters}" if parameters else url
        return
    source, expression = query.each
    kinds = ([media] if media != "native" else []) + ["json", "xml"]
    found = next((values[key] for kind in kinds if (key := (source, expression, kind)) in values), [])
    for value in found[: query.limit or 10]:
        yield absolute(base, query.path.replace("{value}", value))


_SAFE = "$-._~"


def absolute(base: str, value: str) -> str:
    """A URL, or what is below the base of the resource endpoint, as a URL."""
    if value.startswith(("http://", "https://")):
        return value
    return urls.join(base, value)


def values_of(answer: Answer, expression: str) -> list[str]:
    """The strings that a FHIRPath expression selects in an answer; none when it is no FHIR."""
    kind = media_type(answer.headers)
    if not answer.status or "fhir" not in kind:
        return []
    model = load_model("3.0.2")
    form: Literal["json", "xml"] = "json" if "json" in kind else "xml"
    document = codec.parse(answer.body, format=form, model=model, limits=codec.MESSAGE_LIMITS)
    try:
        found = compile(expression, model=model).evaluate(document.resource)
    except FHIRPathError:
        return []
    plain = [item.value if isinstance(item, Node) else item for item in found]
    return list(dict.fromkeys(item for item in plain if isinstance(item, str)))


def _send(session: FlowSession, query: Query, media: str, url: str, step: ResourceStep | None) -> Answer:
    pgo, step = session.pgo, step or ResourceStep()
    token = session.values.get("token", "")
    wanted = "*/*" if media == "native" else accept(session, media)
    request_id = session.values.get("fixed_request_id") or session.new_id()
    headers = resource.request_headers(
        session.release, token, request_id, session.values.get("correlation", ""), wanted
    )
    body = b""
    if query.body:
        body = sent_body(session, query.body, media)
        headers.append(
            ("Content-Type", f"application/fhir+{media}; fhirVersion={session.standard.fhir_version}")
        )
    headers += list(query.headers.items())
    if query.authorization == "none" or step.authorization == "none":
        headers = [item for item in headers if item[0] != "Authorization"]
    elif step.authorization == "garbage":
        headers = [
            ("Authorization", f"Bearer {uuid.uuid4()}") if name == "Authorization" else (name, value)
            for name, value in headers
        ]
    elif step.authorization == "malformed":
        headers = [
            ("Authorization", "Bearer @@ @@") if name == "Authorization" else (name, value)
            for name, value in headers
        ]
    method = query.method
    if step.place != "header" or pgo.fault("token-in-query"):
        headers = [item for item in headers if item[0] != "Authorization"]
        if step.place == "body":
            method, body = "POST", f"access_token={quote(token, safe='')}".encode()
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        else:
            url += f"{'&' if '?' in url else '?'}access_token={quote(token, safe='')}"
    values = {"token": token, "client": pgo.host}
    headers = step.headers.apply(headers, values)
    if step.query.add or step.query.set or step.query.remove:
        url = _changed_query(url, step, values)
    if pgo.fault("send-bsn"):
        person = fixture_person(session.person)
        headers.append(("X-BSN", person.bsn if person else "999990019"))
    wrong = [name for name in pgo_query_faults.names() if pgo.fault(name)]
    if wrong:
        asked = Request(method=method, url=url, headers=tuple(headers), body=body)
        asked = pgo_query_faults.change(wrong, query.operation, media, asked)
        url, headers, body = asked.url, list(asked.headers), asked.body
    client = pgo.back(step.certificate)
    if not pgo.allowed_host(session.release, urlsplit(url).hostname or ""):
        return Answer(error="refused: host is not on the whitelist")
    return session.send(
        client,
        method,
        url,
        headers,
        body,
        interface="document" if query.document else "resource",
        operation=f"{query.operation}-{media}",
        person=session.person,
        timeout=5.0 if pgo.fault("impatient") else TIMEOUT,
        notes=pgo.certificate_notes(step.certificate),
    )


def accept(session: FlowSession, media: str) -> str:
    """The ``Accept`` header for a format."""
    if session.pgo.fault("accept-without-version"):
        return f"application/fhir+{media}"
    return f"application/fhir+{media}; fhirVersion={session.standard.fhir_version}"


def _changed_query(url: str, step: ResourceStep, values: dict[str, str]) -> str:
    base, _, query = url.partition("?")
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]
    changed = step.query.apply(pairs, values)
    kept = set(pairs)
    return f"{base}?" + "&".join(
        f"{name}={value if (name, value) in kept else quote(value, safe=_SAFE)}" for name, value in changed
    )


def sent_body(session: FlowSession, name: str, media: str) -> bytes:
    """The Bundle that is sent, in the format of the request."""
    person = fixture_person(session.person)
    bundle: dict[str, Any] = person.bundle(name, session.dates.t, session.dates.now) if person else {}
    if media == "json":
        return to_json(bundle)
    return to_xml(bundle, load_model("3.0.2"))
