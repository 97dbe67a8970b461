"""Faulty lists by name: what a receiver must refuse (or survive).

Content faults change the document or its XML here; transport faults (``http-500``, ``slow``,
``no-client-certificate`` …) are carried out by the stelselnode twin and only named here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.medmij.lists.model import AnyList, Ocl, ServiceNames, Whitelist, Zal
from harness.medmij.lists.writing import build
from harness.medmij.releases import Release

TRANSPORT: Final = {
    "http-500": Text(nl="antwoordt met status 500", en="answers with status 500"),
    "http-404": Text(nl="antwoordt met status 404", en="answers with status 404"),
    "slow": Text(nl="antwoordt pas na een minuut", en="answers only after a minute"),
    "html": Text(nl="antwoordt met een HTML-pagina", en="answers with an HTML page"),
    "no-mtls": Text(nl="vraagt geen clientcertificaat", en="asks no client certificate"),
    "oversized": Text(nl="blijft gegevens sturen", en="keeps sending data"),
}
"""Faults of the transport, carried out by the stelselnode twin."""


def _replace(xml: bytes, old: bytes, new: bytes) -> bytes:
    return xml.replace(old, new, 1)


def _wrong_namespace(xml: bytes, document: AnyList) -> bytes:
    return xml.replace(b"/release", b"/release9", 1)


def _upper_case_host(xml: bytes, document: AnyList) -> bytes:
    return _replace(xml, b"https://", b"https://WWW.") if isinstance(document, Zal) else _upper_first(xml)


def _upper_first(xml: bytes) -> bytes:
    start = xml.find(b"<Hostname>") + len(b"<Hostname>")
    end = xml.find(b"<", start)
    return xml[:start] + xml[start:end].upper() + xml[end:]


def _missing_zone(xml: bytes, document: AnyList) -> bytes:
    start, end = xml.find(b"<Tijdstempel>") + 13, xml.find(b"</Tijdstempel>")
    return xml[:start] + b"2026-01-02T03:04:05" + xml[end:]


def _duplicate(xml: bytes, document: AnyList) -> bytes:
    for name in (b"Zorgaanbieder", b"OAuthclient", b"Gegevensdienst", b"MedMijNode"):
        start, close = xml.find(b"<" + name + b">"), b"</" + name + b">"
        if start >= 0:
            end = xml.find(close, start) + len(close)
            return xml[:end] + xml[start:end] + xml[end:]
    return xml


def _truncated(xml: bytes, document: AnyList) -> bytes:
    return xml[: len(xml) * 2 // 3]


def _bad_schema(xml: bytes, document: AnyList) -> bytes:
    return _replace(xml, b"<Volgnummer>", b"<Onbekend/><Volgnummer>")


def _doctype(xml: bytes, document: AnyList) -> bytes:
    declaration, _, rest = xml.partition(b"?>")
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return declaration + b"?>" + entity + rest


def _empty_body(xml: bytes, document: AnyList) -> bytes:
    return b""


def _trailing_slash(xml: bytes, document: AnyList) -> bytes:
    return _replace(xml, b"</ResourceEndpointuri>", b"/</ResourceEndpointuri>")


def _front_port(xml: bytes, document: AnyList) -> bytes:
    start = xml.find(b"<AuthorizationEndpointuri>https://")
    slash = xml.find(b"/", start + len(b"<AuthorizationEndpointuri>https://"))
    return xml[:slash] + b":8443" + xml[slash:] if start >= 0 else xml


XML_FAULTS: Final[dict[str, Callable[[bytes, AnyList], bytes]]] = {
    "wrong-namespace": _wrong_namespace,
    "upper-case-host": _upper_case_host,
    "missing-zone": _missing_zone,
    "duplicate-name": _duplicate,
    "truncated": _truncated,
    "bad-schema": _bad_schema,
    "doctype": _doctype,
    "empty-body": _empty_body,
    "trailing-slash": _trailing_slash,
    "front-port": _front_port,
}


def _stale(document: AnyList) -> AnyList:
    return msgspec.structs.replace(document, sequence=max(1, document.sequence - 1))


def _future(document: AnyList) -> AnyList:
    return msgspec.structs.replace(document, timestamp="2099-01-01T00:00:00Z")


def _empty(document: AnyList) -> AnyList:
    if isinstance(document, Ocl):
        return msgspec.structs.replace(document, clients=())
    if isinstance(document, ServiceNames):
        return msgspec.structs.replace(document, services=())
    if isinstance(document, Whitelist):
        return msgspec.structs.replace(document, hostnames=())
    return msgspec.structs.replace(document, providers=())


def _renamed(document: AnyList) -> AnyList:
    if not isinstance(document, Ocl):
        return document
    clients = tuple(
        msgspec.structs.replace(item, organisation=f"Nieuwe {item.organisation}"[:50])
        for item in document.clients
    )
    return msgspec.structs.replace(document, clients=clients, sequence=document.sequence + 1)


DOCUMENT_FAULTS: Final[dict[str, Callable[[AnyList], AnyList]]] = {
    "stale-volgnummer": _stale,
    "future-tijdstempel": _future,
    "empty": _empty,
    "renamed-organisation": _renamed,
}

NAMES: Final = (*XML_FAULTS, *DOCUMENT_FAULTS, *TRANSPORT)
"""All fault names."""

INVALID: Final = frozenset(XML_FAULTS)
"""Faults whose result must be refused by schema or parser."""


def faulty(document: AnyList, release: Release, fault: str) -> bytes:
    """XML of a list with one content fault.

    :raises UsageError: unknown fault, or one of the transport.
    """
    if fault in DOCUMENT_FAULTS:
        return build(DOCUMENT_FAULTS[fault](document), release)
    if fault in XML_FAULTS:
        return XML_FAULTS[fault](build(document, release), document)
    raise UsageError(
        Text(nl=f"onbekende lijstfout '{fault}'", en=f"unknown list fault '{fault}'"),
        expected=", ".join((*XML_FAULTS, *DOCUMENT_FAULTS)),
        next_step=nearest(fault, NAMES),
    )
