"""A PAdES signature (B-B, invisible) over a finished PDF: the last thing that is done to it.

Readers that ask a certificate for content commitment (pyHanko among them) trust only one that has it in its
key usage, beside *digital signature*, which seals ask. The fields for people are drawn by the template; what
pyHanko draws is no PDF/A. Ed25519 is refused: other readers do not know it in PDF.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from harness.core.errors import InputError
from harness.core.run.problems import short
from harness.core.text import Text
from harness.record.seal.keys import SigningKey
from harness.report.pdf.typeset import require

FIELD: Final = "Signature"


def check_key(key: SigningKey, now: datetime) -> None:
    """Whether a PDF can be signed with a key.

    :raises InputError: it has no certificate, one that is not valid now or not made to sign, or it is of a
        kind that readers of PDF do not know.
    """
    if isinstance(key.private, ed25519.Ed25519PrivateKey):
        raise InputError(
            Text(
                nl="met deze soort sleutel wordt geen PDF ondertekend",
                en="this is a kind of key that no PDF is signed with",
            ),
            expected="ECDSA P-256, RSA ≥ 2048",
            received="Ed25519",
        )
    if not key.certificates:
        raise InputError(
            Text(
                nl="bij de sleutel is geen certificaat; een PDF wordt met een certificaat ondertekend",
                en="the key has no certificate; a PDF is signed with one",
            ),
            next_step=Text(
                nl="noem het met --chain, het eigen certificaat eerst",
                en="name it with --chain, its own certificate first",
            ),
        )
    key.check_time(now)
    if not _may_sign(key.certificates[0]):
        raise InputError(
            Text(nl="het certificaat mag niet ondertekenen", en="the certificate may not sign"),
            expected="keyUsage: digitalSignature, contentCommitment",
            received=short(key.certificates[0].subject.rfc4514_string()),
        )


def _may_sign(leaf: x509.Certificate) -> bool:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature or usage.content_commitment


def signed(pdf: bytes, key: SigningKey, *, now: datetime) -> bytes:
    """A PDF with a signature added to it.

    :raises UsageError: pyHanko is not installed.
    :raises InputError: see :func:`check_key`.
    """
    require("pyhanko")
    check_key(key, now)
    # Typst ends a file without a line feed; what is added on its last line would be no PDF/A.
    return _added(pdf if pdf.endswith(b"\n") else pdf + b"\n", key)


def _added(pdf: bytes, key: SigningKey) -> bytes:
    """The same with a signature behind its last byte."""
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    chain = [Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in key.certificates]
    private = key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = SimpleSigner(
        signing_cert=chain[0],
        signing_key=PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore.from_certs(chain),  # type: ignore[no-untyped-call]
    )
    wanted = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    out = io.BytesIO()
    PdfSigner(wanted, signer, new_field_spec=SigFieldSpec(FIELD)).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out
    )
    return out.getvalue()
