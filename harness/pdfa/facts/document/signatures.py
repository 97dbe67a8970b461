"""Signatures: byte range, CMS contents, permissions (ISO 32000-1, 12.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context


@dataclass(slots=True)
class PkcsFact:
    """What the CMS object of a signature holds."""

    signers: int
    certificate: bool


@dataclass(slots=True)
class ReferenceFact:
    """One signature reference dictionary, and whether the document has DocMDP permissions."""

    dict: dict[str, Any]
    doc_mdp: bool


def walk_permissions(ctx: Context) -> None:
    """Facts of the permissions dictionary of the catalog."""
    perms = ctx.doc.resolve(ctx.root.get("Perms"))
    if type(perms) is not dict:
        return
    ctx.emit("PDPerms", tuple(perms), "Catalog / Perms", ", ".join(perms))


def walk_signature(ctx: Context, value: Any, where: str) -> None:
    """Facts of a signature dictionary, once."""
    doc = ctx.doc
    signature = doc.resolve(value)
    if type(signature) is not dict or not ctx.first("signature", doc.key(value)):
        return
    doc_mdp = "DocMDP" in doc.sub(ctx.root, "Perms")
    for item in doc.array(signature.get("Reference")):
        reference = doc.dict_of(item)
        ctx.emit("PDSigRef", ReferenceFact(reference, doc_mdp), f"{where} / Reference")
    contents = doc.string(signature.get("Contents"))
    ranges = [doc.integer(v) for v in doc.array(signature.get("ByteRange"))]
    covered = contents is not None and _covers(ctx, [r for r in ranges if r is not None], contents)
    with ctx.inside(value):
        ctx.emit("PDSignature", covered, where, str(ranges))
        if contents is not None:
            ctx.emit("PKCSDataObject", _pkcs(contents), where)


def _covers(ctx: Context, ranges: list[int], contents: bytes) -> bool:
    """Whether the byte range is the whole revision of the file except the Contents string."""
    data = ctx.doc.data
    if len(ranges) != 4 or ranges[0] != 0:
        return False
    _, first, second, length = ranges
    hole = data[first:second]
    if not (hole.startswith(b"<") and hole.endswith(b">")) or hole.count(b">") != 1:
        return False
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", hole)
    if len(digits) // 2 != len(contents):
        return False
    mark = data.find(b"%%EOF", second)
    end = second + length
    return mark >= 0 and mark + 5 <= end <= mark + 7 and data[mark + 5 : end].strip(b"\r\n") == b""


def _pkcs(contents: bytes) -> PkcsFact:
    # Few documents are signed. The module of time stamps adds kinds of attributes; that has to be done before
    # the first of them is read, or who signs later in this process misses them.
    from asn1crypto import cms, tsp  # noqa: F401

    try:
        info = cms.ContentInfo.load(contents)
        if info["content_type"].native != "signed_data":
            return PkcsFact(0, False)
        signed = info["content"]
        certificates = signed["certificates"]
        present = bool(certificates) and len(certificates) > 0
        return PkcsFact(len(signed["signer_infos"]), present)
    except Exception:  # noqa: BLE001  (asn1crypto raises many kinds on damaged DER)
        return PkcsFact(0, False)
