"""From an operation of a script to the request that must be sent, and who sends it."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from harness.core.errors import HarnessError
from harness.core.run.exchanges import Request
from harness.core.text import Text, joined
from harness.fhir.codec import documents as codec
from harness.testscript.execute.need import Actor, Need
from harness.testscript.execute.sources import Sources
from harness.testscript.judge.bodies import Body
from harness.testscript.phrases import UNSUPPORTED
from harness.testscript.read.errors import ScriptError
from harness.testscript.read.model import Operation, TestScript

MIME = {"json": "application/fhir+json", "xml": "application/fhir+xml", "": "", "none": ""}
NO_ACCEPT = "*/*"

_METHODS = {
    "search": "GET", "read": "GET", "vread": "GET", "history": "GET", "get": "GET", "head": "HEAD",
    "update": "PUT", "updateCreate": "PUT", "put": "PUT", "patch": "PATCH", "create": "POST", "post": "POST",
    "transaction": "POST", "batch": "POST", "delete": "DELETE", "deleteCondSingle": "DELETE",
    "deleteCondMultiple": "DELETE", "capabilities": "GET", "purge": "POST",
}  # fmt: skip
_OPERATIONS = frozenset(
    (
        "apply", "closure", "conforms", "data-requirements", "document", "evaluate", "evaluate-measure",
        "everything", "expand", "find", "find-matches", "implements", "lastn", "lookup", "match", "meta",
        "meta-add", "meta-delete", "populate", "populatehtml", "populatelink", "process-message",
        "questionnaire", "stats", "subset", "subsumes", "transform", "translate", "validate",
        "validate-code",
    )
)  # fmt: skip
"""Codes of operations of the specification: ``$code`` after the address, POST with content and else GET."""
_WITH_BODY = ("transaction", "batch", "update", "updateCreate", "patch")


def need_of(operation: Operation, sources: Sources) -> Need:
    """What must happen for an operation.

    :raises ScriptError: a source that is not there or not named.
    :raises PlaceholderError: a placeholder that cannot be filled in.
    :raises HarnessError: an operation that the engine does not know.
    """
    method = _method(operation)
    if operation.unsupported or not method:
        odd = joined(*operation.unsupported, separator=", ") or f"operation {operation.code or '(none)'}"
        raise HarnessError(UNSUPPORTED.format(feature=odd))
    settings = sources.settings
    actor = actor_of(operation, sources.script)
    base = settings.own_base if actor == "own" else settings.base
    url = _url(operation, base.rstrip("/"), sources)
    if actor == "own" and operation.url and not url.startswith(settings.own_base):
        actor = "server"  # a plain GET of a URL that the server under test gave
    headers: list[tuple[str, str]] = []
    if operation.code != "purge":
        headers.append(("Accept", MIME.get(operation.accept, operation.accept) or NO_ACCEPT))
    body = b""
    if operation.source_id:
        body, content_type = _content(operation, sources)
        headers.append(("Content-Type", content_type))
    elif _lacks_content(operation) and actor != "client":
        raise ScriptError(Text(nl="bewerking zonder sourceId", en="operation without sourceId"))
    headers = _with_own(headers, operation, sources)
    request = Request(method=method, url=url, headers=tuple(headers), body=body)
    return Need(operation, actor, request)


def _method(operation: Operation) -> str:
    """HTTP method, ``""`` for an operation that the engine does not know."""
    if operation.code in _OPERATIONS:
        usual = "POST" if operation.source_id else "GET"
    else:
        usual = _METHODS.get(operation.code, "")
    return operation.method if usual and operation.method else usual


def brings_own_content(need: Need) -> bool:
    """Whether only the client under test can bring what the operation sends: the script names no source."""
    return need.actor == "client" and _lacks_content(need.operation)


def _lacks_content(operation: Operation) -> bool:
    """Whether an operation sends content that the script does not name.

    A ``create`` with parameters or a URL of its own is a call without content (a notification).
    """
    bare = operation.code == "create" and not operation.params and not operation.url
    return not operation.source_id and (bare or operation.code in _WITH_BODY)


def actor_of(operation: Operation, script: TestScript) -> Actor:
    """Who acts: the client under test, or the harness on the server under test or on its own server."""
    if script.by_client(operation):
        return "client"
    own = script.by_harness(operation) and not (operation.url and script.side == "server")
    return "own" if own or _destination_is_own(operation, script) else "server"


def _destination_is_own(operation: Operation, script: TestScript) -> bool:
    if operation.destination is None or script.marks_nobody:
        return False
    return not any(party.sut and party.index == operation.destination for party in script.destinations)


def _url(operation: Operation, base: str, sources: Sources) -> str:
    if operation.url:
        url = sources.resolve(operation.url, operation.line)
        url = url if "://" in url else urljoin(base + "/", url.lstrip("/"))
        return encode(url) if operation.encode else url
    params = sources.resolve(operation.params, operation.line)
    url = base
    if operation.code not in ("transaction", "batch"):
        kind = operation.resource or _KINDS.get(operation.code, "")
        if operation.code in _OPERATIONS and "$" not in params:
            params = f"/${operation.code}{params}"
        if operation.target_id:
            target = sources.target(operation.target_id)
            kind, params = kind or target[0], _of_target(operation, *target) + params
        url += f"/{kind}" if kind else ""
        url += params if params.startswith(("?", "/")) or not params else f"/{params}"
    return encode(url) if operation.encode else url


_KINDS = {"purge": "Patient", "capabilities": "metadata"}
"""What stands after the base for an operation without a resource type."""


def _of_target(operation: Operation, kind: str, identity: str, version: str) -> str:
    """The path of the resource that an operation is about."""
    if operation.code in ("create", "search"):
        return ""
    if operation.code == "history" and "_history" not in operation.params:
        return f"/{identity}/_history"
    return f"/{identity}/_history/{version}" if operation.code == "vread" and version else f"/{identity}"


def _content(operation: Operation, sources: Sources) -> tuple[bytes, str]:
    """Body and content type; converted when the script asks another format than the source has."""
    source: Body = sources.body(operation.source_id)
    content_type = MIME.get(operation.content_type, operation.content_type)
    wanted = "json" if "json" in content_type else "xml" if "xml" in content_type else source.form
    if wanted == source.form or source.resource is None:
        return source.data, content_type or MIME[source.form]
    if wanted == "json":
        return codec.to_json(source.resource), content_type
    return codec.to_xml(source.resource, sources.settings.model), content_type


def _with_own(
    headers: list[tuple[str, str]], operation: Operation, sources: Sources
) -> list[tuple[str, str]]:
    """The headers with those that the script states, tokens rewritten; a stated one replaces ours."""
    for name, value in operation.headers:
        resolved = sources.resolve(value, operation.line)
        if name.lower() == "authorization":
            resolved = sources.settings.tokens.get(resolved, resolved)
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
        headers.append((name, resolved))
    return headers


_SAFE = "/:,$-._~!*'()@;=?&%#"
_SAFE_BASE = _SAFE + "+"


def encode(url: str) -> str:
    """Percent-encode what may not stand in a URL; escapes and ``$lastn`` stay, ``+`` becomes ``%2B``."""
    path, mark, query = url.partition("?")
    return quote(path, safe=_SAFE_BASE) + (mark + quote(query, safe=_SAFE) if mark else "")
