"""Content of requests and responses: negotiation, encodings with caches, Bundles assembled from cached
parts."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec
from lxml import etree

from harness.core.http.media import Media, parse_media, ranges_of, weight_of
from harness.core.run.exchanges import Response, header
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.codec.media import format_of
from harness.fhir.model.types import Model
from harness.fhir.server.errors import FhirError
from harness.fhir.store import Stored

FHIR_TYPES = frozenset(
    ("application/fhir+json", "application/json+fhir", "application/fhir+xml", "application/xml+fhir")
)
MIME = {"json": "application/fhir+json", "xml": "application/fhir+xml"}


def version_fits(parameter: str, model: Model) -> bool:
    """Whether a ``fhirVersion`` parameter (``3.0``, ``4.0``) is that of the model; absent fits."""
    return not parameter or parameter == ".".join(model.version.split(".")[:2]) or parameter == model.version


class Negotiated(msgspec.Struct, frozen=True):
    """The outcome of negotiation.

    :ivar format: ``json`` or ``xml``.
    :ivar content_type: header value of the response.
    :ivar explicit: whether the client asked for a FHIR type (else Binary is served natively).
    :ivar weight: how welcome the format is, 0 to 1.
    """

    format: str
    content_type: str
    explicit: bool
    weight: float = 1.0


def negotiate(accept: str, word: str, default: str, model: Model, *, native: bool = False) -> Negotiated:
    """Choose the response format.

    The highest weight wins, of equal ones what the client names, then the default.

    :param accept: Accept header, ``""`` when absent.
    :param word: the ``_format`` parameter, which goes before the header.
    :param default: ``json`` or ``xml`` when anything is welcome.
    :param native: whether other media types may be answered too (Binary): then the weight may be 0.
    :raises FhirError: 406 when nothing fits.
    """
    if word:
        media = parse_media(MIME.get(word) or word.replace(" ", "+"))
        if media is None or not format_of(media.name) or not _fits(media, model):
            raise _not_acceptable(word)
        return _negotiated(format_of(media.name), media, 1.0, explicit=True)
    if not accept.strip():
        return _negotiated(default, None, 1.0)
    ranges = [media for media in ranges_of(accept) if _fits(media, model)]
    forms = (default, *(form for form in MIME if form != default))
    offers = [_offer(form, ranges) for form in forms]
    best = max(offers, key=lambda offer: (offer.weight, _place(offer.format, ranges)))
    if best.weight > 0 or native:
        return best
    raise _not_acceptable(accept)


def _fits(media: Media, model: Model) -> bool:
    return version_fits(media.parameters.get("fhirversion", ""), model)


def _place(form: str, ranges: list[Media]) -> int:
    """How early the client names a format; less than any when it does not."""
    return next((-at for at, media in enumerate(ranges) if format_of(media.name) == form), -len(ranges))


def _offer(form: str, ranges: list[Media]) -> Negotiated:
    """A format by what the client says of it: by its most welcome name, else by a range that has it."""
    named = [media for media in ranges if format_of(media.name) == form]
    media = max(named, key=lambda item: item.quality, default=None)
    weight = media.quality if media is not None else weight_of(MIME[form], ranges)
    return _negotiated(form, media, weight, explicit=media is not None and media.name in FHIR_TYPES)


def _negotiated(form: str, media: Media | None, weight: float, *, explicit: bool = False) -> Negotiated:
    version = media.parameters.get("fhirversion", "") if media is not None else ""
    suffix = f"; fhirVersion={version}" if version else ""
    return Negotiated(form, f"{MIME[form]}; charset=utf-8{suffix}", explicit, weight)


def _not_acceptable(asked: str) -> FhirError:
    return FhirError(
        406,
        "not-supported",
        Text(
            nl=f"gevraagd formaat wordt niet ondersteund: {asked[:100]}",
            en=f"requested format is not supported: {asked[:100]}; "
            "use application/fhir+json or application/fhir+xml",
        ),
    )


def parse_body(body: bytes, content_type: str, model: Model) -> dict[str, Any]:
    """The resource in a request body.

    :raises FhirError: 415 for another media type or FHIR version, 400 for a body with defects.
    """
    media = parse_media(content_type)
    form = format_of(media.name) if media else ""
    if not form or media is None or not version_fits(media.parameters.get("fhirversion", ""), model):
        raise FhirError(
            415,
            "not-supported",
            Text(
                nl=f"inhoudstype wordt niet ondersteund: {content_type[:100] or 'ontbreekt'}",
                en=f"content type is not supported: {content_type[:100] or 'missing'}; "
                f"use application/fhir+json or application/fhir+xml",
            ),
        )
    if not body:
        raise FhirError(
            400, "required", Text(nl="het verzoek heeft geen inhoud", en="the request has no body")
        )
    document = codec.parse(body, format="json" if form == "json" else "xml", model=model)
    errors = [issue for issue in document.issues if issue.severity == "error"]
    if document.fatal or errors or not isinstance(document.resource.get("resourceType"), str):
        raise FhirError(
            400,
            "structure",
            Text(nl="inhoud is geen geldige FHIR-resource", en="body is not a valid FHIR resource"),
            issues=errors,
        )
    return document.resource


def encode(resource: dict[str, Any], form: str, model: Model) -> bytes:
    """A resource as JSON or XML."""
    return codec.to_json(resource) if form == "json" else codec.to_xml(resource, model)


_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>\s*")


def fragment(stored: Stored, form: str, model: Model) -> bytes:
    """The encoding of a stored resource, cached; XML without declaration."""
    found = stored.encoded.get(form)
    if found is None:
        found = encode(stored.resource, form, model)
        if form == "xml":
            found = _DECLARATION.sub(b"", found)
        stored.encoded[form] = found
    return found


def binary_content(resource: dict[str, Any]) -> tuple[bytes, str]:
    """Bytes and media type of a Binary resource (STU3 ``content``, R4 ``data``)."""
    data = resource.get("content", resource.get("data", ""))
    try:
        raw = base64.b64decode(re.sub(r"\s", "", data), validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    return raw, str(resource.get("contentType", "application/octet-stream"))


class Entry(msgspec.Struct, frozen=True):
    """One entry of a searchset to be written.

    :ivar mode: ``match`` or ``include``.
    """

    full_url: str
    stored: Stored
    mode: str


class PageBundle(msgspec.Struct, frozen=True):
    """A searchset to be written from cached parts."""

    id: str
    updated: str
    total: int | None
    links: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    outcome: dict[str, Any] | None = None

    def as_resource(self) -> dict[str, Any]:
        """The Bundle as a resource dict (for hooks that change it)."""
        return self._frame([self._entry(entry, entry.stored.resource) for entry in self.entries])

    def _entry(self, entry: Entry, resource: Any) -> dict[str, Any]:
        return {"fullUrl": entry.full_url, "resource": resource, "search": {"mode": entry.mode}}

    def _frame(self, entries: list[Any]) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "id": self.id,
            "meta": {"lastUpdated": self.updated},
            "type": "searchset",
        }
        if self.total is not None:
            bundle["total"] = self.total
        bundle["link"] = [{"relation": relation, "url": url} for relation, url in self.links]
        if self.outcome is not None:
            entries = [*entries, {"resource": self.outcome, "search": {"mode": "outcome"}}]
        if entries:
            bundle["entry"] = entries
        return bundle

    def encode(self, form: str, model: Model) -> bytes:
        """The Bundle as JSON or XML."""
        if form == "json":
            entries = [
                self._entry(entry, msgspec.Raw(fragment(entry.stored, form, model))) for entry in self.entries
            ]
            return _JSON.encode(self._frame(entries))
        return self._xml(model)

    def _xml(self, model: Model) -> bytes:
        parts = [
            b"<?xml version='1.0' encoding='UTF-8'?>\n<Bundle xmlns=\"http://hl7.org/fhir\">",
            f"<id value={quoteattr(self.id)}/>".encode(),
            f"<meta><lastUpdated value={quoteattr(self.updated)}/></meta>".encode(),
            b'<type value="searchset"/>',
        ]
        if self.total is not None:
            parts.append(b'<total value="%d"/>' % self.total)
        for relation, url in self.links:
            parts.append(
                f"<link><relation value={quoteattr(relation)}/><url value={quoteattr(url)}/></link>".encode()
            )
        for entry in self.entries:
            parts.append(f"<entry><fullUrl value={quoteattr(entry.full_url)}/><resource>".encode())
            parts.append(fragment(entry.stored, "xml", model))
            parts.append(_SEARCH_END[entry.mode])
        if self.outcome is not None:
            body = _DECLARATION.sub(b"", codec.to_xml(self.outcome, model))
            parts.append(
                b"<entry><resource>" + body + b'</resource><search><mode value="outcome"/></search></entry>'
            )
        parts.append(b"</Bundle>")
        return b"".join(parts)


_JSON = msgspec.json.Encoder(decimal_format="number")
_SEARCH_END = {
    mode: f'</resource><search><mode value="{mode}"/></search></entry>'.encode()
    for mode in ("match", "include")
}
"""What comes after a resource in a searchset, as XML."""


def pretty(response: Response) -> Response:
    """The same answer with its JSON or XML indented; narrative stays as it is."""
    media = parse_media(header(response.headers, "content-type") or "")
    form = format_of(media.name) if media else ""
    if not form or not response.body:
        return response
    body = msgspec.json.format(response.body, indent=2) if form == "json" else _indented(response.body)
    return Response(status=response.status, headers=response.headers, body=body)


def _indented(body: bytes) -> bytes:
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        inner = [child for child in element if isinstance(child.tag, str)]
        if not inner or element.tag.startswith("{http://www.w3.org/1999/xhtml}"):
            continue
        element.text = "\n" + "  " * (depth + 1)
        for child in inner:
            child.tail = element.text
            stack.append((child, depth + 1))
        inner[-1].tail = "\n" + "  " * depth
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
