"""``ssl.SSLContext`` builders for twins and drivers.

Defaults are what core.tls.300-304 asks: TLS 1.2 and 1.3, only suites rated good. A weak context is an
explicit opt-in (``minimum``, ``ciphers``, ``security_level``); what the local OpenSSL cannot speak at all
(SSLv3, RC4 …) is the business of ``harness.network.probes``.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Literal

from harness.core.errors import HarnessError
from harness.core.text import Text
from harness.pki import ncsc
from harness.pki.authority import Identity, write_private

ClientAuth = Literal["none", "optional", "required"]
_OLDEST_CURRENT = ssl.TLSVersion.TLSv1_2
_warning_filters = threading.Lock()
"""Filters of warnings belong to the whole process; one thread at a time may set them aside."""


def _load_chain(context: ssl.SSLContext, identity: Identity) -> None:
    """Load certificate and key; the ssl module only reads files, so both pass through a private folder."""
    with tempfile.TemporaryDirectory(prefix="harness-pki-") as folder:  # created with mode 0700
        certificate, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
        certificate.write_bytes(identity.chain)
        write_private(key, identity.key)
        context.load_cert_chain(os.fspath(certificate), os.fspath(key))


def _harden(
    context: ssl.SSLContext,
    minimum: ssl.TLSVersion,
    maximum: ssl.TLSVersion,
    ciphers: str | None,
    security_level: int | None,
) -> None:
    text = ciphers or ncsc.good_openssl()
    try:
        context.set_ciphers(text if security_level is None else f"{text}:@SECLEVEL={security_level}")
        _limit_versions(context, minimum, maximum)
    except (ssl.SSLError, ValueError) as error:
        raise HarnessError(
            Text(
                nl="de lokale TLS-bibliotheek kent deze instelling niet",
                en="the local TLS library does not know this setting",
            ),
            expected=text,
            received=str(error),
        ) from None
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])


def _limit_versions(context: ssl.SSLContext, minimum: ssl.TLSVersion, maximum: ssl.TLSVersion) -> None:
    """Set the oldest and newest version that a context speaks.

    The ssl module calls versions before TLS 1.2 deprecated and has no other way to ask for exactly one of
    them. Serving one is a fault that was asked by name, so its warning tells nobody anything.
    """
    if min(minimum, maximum) >= _OLDEST_CURRENT:
        context.minimum_version, context.maximum_version = minimum, maximum
        return
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = minimum, maximum


def server_context(
    identity: Identity,
    *,
    client_trust: bytes | None = None,
    client_auth: ClientAuth = "none",
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str | None = None,
    security_level: int | None = None,
) -> ssl.SSLContext:
    """A server context.

    :param client_trust: PEM anchors for client certificates; needed unless ``client_auth`` is ``none``.
    :param client_auth: ``optional`` lets the application answer 403; ``required`` refuses in TLS.
    :param ciphers: OpenSSL cipher string for TLS ≤ 1.2 (default: only good ones).
    :param security_level: OpenSSL security level, lowered to 0 to serve weak keys or old versions.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    weak = identity.fault == "weak-key" and security_level is None
    _harden(context, minimum, maximum, ciphers, 0 if weak else security_level)
    _load_chain(context, identity)
    if client_auth != "none":
        if client_trust is None:
            raise ValueError("client_trust is needed to ask for client certificates")
        context.load_verify_locations(cadata=client_trust.decode("ascii"))
        context.verify_mode = ssl.CERT_REQUIRED if client_auth == "required" else ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.num_tickets = 0  # resumption would hide the client certificate from some stacks
    return context


def client_context(
    identity: Identity | None = None,
    *,
    trust: bytes | None = None,
    verify: bool = True,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str | None = None,
    security_level: int | None = None,
) -> ssl.SSLContext:
    """A client context.

    :param identity: client certificate; ``None`` for the front channel and for negative tests.
    :param trust: PEM anchors; ``None`` uses those of the machine.
    :param verify: ``False`` only for probes that look at a bad certificate; chain and host are not checked.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    weak = identity is not None and identity.fault == "weak-key" and security_level is None
    _harden(context, minimum, maximum, ciphers, 0 if weak else security_level)
    context.hostname_checks_common_name = False
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(cadata=trust.decode("ascii"))
    if verify:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    if identity is not None:
        _load_chain(context, identity)
    return context
