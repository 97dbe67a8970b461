"""History: earlier versions of a resource, of a type, or of everything."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.search.query import SearchError, parse_query
from harness.fhir.search.values.dates import parse_date
from harness.fhir.server.call import Call, loose_pairs, status_line
from harness.fhir.server.errors import FhirError
from harness.fhir.server.interactions.instances import not_found
from harness.fhir.server.state import ServerState
from harness.fhir.store import Version, ids_of

_KNOWN = frozenset(("_count", "_offset", "_since", "_format", "_pretty"))


def vread(server: ServerState, call: Call, kind: str, identity: str, version: str) -> Version:
    """One version of a resource.

    :raises FhirError: 404 when there is none, 410 when it is the deletion.
    """
    key = f"{kind}/{identity}"
    found = next((item for item in _visible(server, call, key) if str(item.number) == version), None)
    if found is None:
        raise FhirError(
            404,
            "not-found",
            Text(nl=f"{key} heeft geen versie {version[:64]}", en=f"{key} has no version {version[:64]}"),
        )
    if found.stored is None:
        raise not_found(server, key, gone=True)
    return found


def history(server: ServerState, call: Call) -> Response:
    """``[Type/[id]]/_history``: a Bundle of versions, the newest first, in pages where asked."""
    unknown = next((name for name, _ in loose_pairs(call.query) if name not in _KNOWN), None)
    if unknown is not None and not server.lenient(call):
        raise SearchError(
            Text(nl=f"{unknown} wordt niet ondersteund", en=f"{unknown} is not supported"),
            code="not-supported",
            parameter=unknown,
        )
    query = parse_query(
        "&".join(f"{name}={value}" for name, value in loose_pairs(call.query) if name != "_since")
    )
    scope = call.segments[:-1]
    if len(scope) == 2:
        versions = [(f"{scope[0]}/{scope[1]}", item) for item in _visible(server, call, "/".join(scope))]
        if not versions:
            raise not_found(server, "/".join(scope))
    else:
        keys = server.store.changed(scope[0] if scope else "")
        versions = [(key, item) for key in keys for item in _visible(server, call, key)]
        versions.sort(key=lambda pair: _moment(pair[1]), reverse=True)
    since = next((value for name, value in loose_pairs(call.query) if name == "_since"), "")
    if since:
        first = _instant(since)
        versions = [pair for pair in versions if _moment(pair[1]) >= first]
    total, size, offset = len(versions), query.count, query.offset
    shown = versions[offset:] if size is None else versions[offset : offset + size]
    links = [{"relation": "self", "url": _address(call, _KNOWN)}]
    if size and offset + size < total:
        page = (f"_count={size}", f"_offset={offset + size}")
        links.append({"relation": "next", "url": _address(call, _KNOWN - {"_count", "_offset"}, *page)})
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": server.new_id(),
        "meta": {"lastUpdated": server.instant()},
        "type": "history",
        "total": total,
        "link": links,
    }
    if shown:
        bundle["entry"] = [_entry(server, call, key, item) for key, item in shown]
    return server.answer(call, 200, bundle)


def _address(call: Call, names: frozenset[str], *more: str) -> str:
    """The address of this history, with the parameters of these names as they were sent."""
    sent = (part for part in call.query.split("&") if unquote(part.partition("=")[0]) in names)
    query = "&".join((*sent, *more))
    return f"{call.base}/{'/'.join(call.segments)}" + (f"?{query}" if query else "")


def _visible(server: ServerState, call: Call, key: str) -> list[Version]:
    """The versions of a resource that the caller may see: none of another patient's."""
    versions = server.store.history(key)
    if not versions or key in server.options.drop:
        return []
    if call.patient is None:
        return versions
    current = versions[0].stored
    if current is not None and not server.store.readable(current, call.patient):
        return []
    own = set(ids_of(call.patient))

    def allowed(item: Version) -> bool:
        owners = server.store.owners(item.stored) if item.stored is not None else frozenset(own)
        return not owners.isdisjoint(own) or (not owners and current is not None)

    kept = [item for item in versions if allowed(item)]
    return kept if any(item.stored is not None for item in kept) else []


def _entry(server: ServerState, call: Call, key: str, version: Version) -> dict[str, Any]:
    method = "PUT" if version.stored is not None else "DELETE"
    entry: dict[str, Any] = {"fullUrl": f"{call.base}/{key}"}
    if version.stored is not None:
        entry["resource"] = server.outgoing(version.stored).resource
    entry["request"] = {"method": method, "url": key}
    if not server.model.version.startswith("3"):  # STU3 bdl-4 keeps the response for batch and transaction
        entry["response"] = {
            "status": status_line(200 if version.stored is not None else 204),
            "etag": f'W/"{version.number}"',
        }
        moment = _stated(version)
        if moment:
            entry["response"]["lastModified"] = moment
    return entry


def _stated(version: Version) -> str:
    meta = version.stored.resource.get("meta") if version.stored is not None else None
    return version.at or (str(meta.get("lastUpdated", "")) if isinstance(meta, dict) else "")


def _moment(version: Version) -> int:
    """When a version was made, in microseconds UTC; 0 when it does not say."""
    parsed = parse_date(_stated(version))
    return parsed[0].low_utc if parsed else 0


def _instant(text: str) -> int:
    parsed = parse_date(text.replace(" ", "+"))
    if parsed is None:
        raise SearchError(
            Text(nl=f"_since={text} is geen tijdstip", en=f"_since={text} is not an instant"),
            parameter="_since",
        )
    return parsed[0].low_utc
