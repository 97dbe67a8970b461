"""Defects in actions, annotations, forms, signatures, files, optional content and structure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from .builder import Doc, Raw, Ref
from .cases import Post, case

# -- actions ------------------------------------------------------------------------------------------


@case("6.6.1-1", "6.5.1-1")
def action(d: Doc, bad: bool) -> None:
    d.catalog["OpenAction"] = {"S": "/Launch", "F": "a"} if bad else {"S": "/GoTo", "D": [d.page_ref, "/Fit"]}


@case("6.6.1-2", "6.5.1-2")
def named_action(d: Doc, bad: bool) -> None:
    d.catalog["OpenAction"] = {"S": "/Named", "N": "/Print" if bad else "/NextPage"}


URI = {"S": "/URI", "URI": "http://example.com/"}


@case("6.6.1-3")
def widget_action(d: Doc, bad: bool) -> None:
    d.widget(**({"A": URI} if bad else {}))


@case("6.6.2-1", also="6.6.2-2")
def widget_additional(d: Doc, bad: bool) -> None:
    d.widget(**({"AA": {"E": URI}} if bad else {}))


@case(None, "6.4.1-1")
def widget_actions(d: Doc, bad: bool) -> None:
    d.widget(**({"A": URI} if bad else {}))


@case("6.6.2-2", "6.4.1-2")
def field_additional(d: Doc, bad: bool) -> None:
    field: dict[str, Any] = {"FT": "/Tx", "T": "f"}
    if bad:
        field["AA"] = {"K": URI}
    d.catalog["AcroForm"] = {"Fields": [d.add(field)]}


@case("6.6.2-3", "6.5.2-1")
def document_additional(d: Doc, bad: bool) -> None:
    d.catalog["AA" if bad else "Own"] = {"WC": URI}


@case(None, "6.5.2-2")
def page_additional(d: Doc, bad: bool) -> None:
    d.page["AA" if bad else "Own"] = {"O": URI}


@case(None, "6.10-2")
def page_steps(d: Doc, bad: bool) -> None:
    d.page["PresSteps" if bad else "Own"] = {}


@case(None, "6.10-1")
def presentations(d: Doc, bad: bool) -> None:
    d.catalog["Names"] = {"AlternatePresentations" if bad else "Dests": {"Names": []}}


# -- annotations --------------------------------------------------------------------------------------


@case("6.5.2-1", "6.3.1-1")
def annot_type(d: Doc, bad: bool) -> None:
    d.annot(Subtype="/Movie" if bad else "/Circle")


@case("6.5.3-1")
def annot_opaque(d: Doc, bad: bool) -> None:
    d.annot(CA=0.5 if bad else 1.0)


@case("6.5.3-2", "6.3.2-2")
def annot_flags(d: Doc, bad: bool) -> None:
    d.annot(F=6 if bad else 4)


@case(None, "6.3.2-1")
def annot_has_flags(d: Doc, bad: bool) -> None:
    annot = d.annot()
    if bad:
        del annot["F"]


@case("6.5.3-3")
def annot_colours(d: Doc, bad: bool) -> None:
    d.annot(C=[1, 0, 0])
    if bad:
        from .builder import icc

        d.intent["DestOutputProfile"] = d.stream(icc("CMYK", "prtr"), N=4)


@case("6.5.3-4", "6.3.3-2")
def annot_only_normal(d: Doc, bad: bool) -> None:
    annot = d.annot()
    if bad:
        annot["AP"]["D"] = d.form()


@case("6.5.3-5", "6.3.3-3")
def button(d: Doc, bad: bool) -> None:
    annot = d.widget()
    annot |= {"FT": "/Btn", "AS": "/On"}
    if not bad:
        annot["AP"]["N"] = {"On": annot["AP"]["N"], "Off": d.form()}


@case("6.5.3-6", "6.3.3-4")
def other_appearance(d: Doc, bad: bool) -> None:
    annot = d.annot()
    if bad:
        annot["AP"]["N"] = {"On": annot["AP"]["N"]}
        annot["AS"] = "/On"


@case(None, "6.3.3-1")
def annot_appearance(d: Doc, bad: bool) -> None:
    annot = d.annot()
    del annot["AP"]
    if not bad:
        annot["Rect"] = [10, 10, 10, 10]


@case("6.9-2")
def widget_appearance(d: Doc, bad: bool) -> None:
    annot = d.widget()
    if bad:
        del annot["AP"]


# -- forms and signatures -----------------------------------------------------------------------------


@case("6.9-1", "6.4.1-3")
def need_appearances(d: Doc, bad: bool) -> None:
    d.catalog["AcroForm"] = {"Fields": [], "NeedAppearances": bad}


@case(None, "6.4.2-1")
def xfa(d: Doc, bad: bool) -> None:
    d.catalog["AcroForm"] = {"Fields": [], "XFA" if bad else "Own": d.stream(b"<xdp/>")}


@lru_cache
def _cms(signers: int, certificate: bool) -> bytes:
    from datetime import UTC, datetime

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"text")
    for _ in range(signers):
        builder = builder.add_signer(made, key, hashes.SHA256())
    der = builder.sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    )
    if certificate:
        return der
    info = cms.ContentInfo.load(der)
    del info["content"]["certificates"]
    return bytes(info.dump(force=True))


_ROOM = 3000


def sign(d: Doc, der: bytes, whole: bool = True, **entries: Any) -> Post:
    """Add a signature field; the result fills in ByteRange and Contents."""
    value = d.add(
        {
            "Type": "/Sig", "Filter": "/Adobe.PPKLite", "SubFilter": "/adbe.pkcs7.detached",
            "ByteRange": Raw(b"[0 0000000001 0000000002 0000000003]"), "Contents": Raw(b"<" + b"0" * _ROOM + b">"), **entries,
        }
    )  # fmt: skip
    field = d.widget()
    field |= {"FT": "/Sig", "V": value}

    def fill(data: bytes) -> bytes:
        start = data.index(b"<" + b"0" * 100)
        end = start + _ROOM + 2
        data = data[:start] + b"<" + der.hex().encode().ljust(_ROOM, b"0") + b">" + data[end:]
        rest = len(data) - end - (0 if whole else 20)
        new = b"[0 %010d %010d %010d]" % (start, end, rest)
        return re.sub(rb"\[0 0000000001 0000000002 0000000003\]", new, data)

    return fill


@case(None, "6.1.12-1")
def permissions(d: Doc, bad: bool) -> None:
    d.catalog["Perms"] = {"Own" if bad else "UR3": {}}


@case(None, "6.1.12-2")
def digest_keys(d: Doc, bad: bool) -> Post:
    reference: dict[str, Any] = {"Type": "/SigRef", "TransformMethod": "/DocMDP"}
    if bad:
        reference["DigestMethod"] = "/MD5"
    post = sign(d, _cms(1, True), Reference=[reference])
    d.catalog["Perms"] = {"DocMDP": _value(d)}
    return post


def _value(d: Doc) -> Ref:
    field = d.objects[d.catalog["AcroForm"]["Fields"][-1].num - 1]
    value: Ref = field["V"]
    return value


@case(None, "6.4.3-1")
def signature_covers(d: Doc, bad: bool) -> Post:
    return sign(d, _cms(1, True), whole=not bad)


@case(None, "6.4.3-2")
def signer_certificate(d: Doc, bad: bool) -> Post:
    return sign(d, _cms(1, not bad))


@case(None, "6.4.3-3")
def one_signer(d: Doc, bad: bool) -> Post:
    return sign(d, _cms(2 if bad else 1, True))


# -- files --------------------------------------------------------------------------------------------


def attach(d: Doc, **changes: Any) -> dict[str, Any]:
    """Attach a document as both parts allow it; gives the file specification."""
    data = changes.pop("data", None) or Doc(2, "b").write()
    stream: dict[str, Any] = {"Type": "/EmbeddedFile", "Subtype": "/application#2Fpdf", **changes}
    file = d.stream(data, **stream)
    spec = {
        "Type": "/Filespec", "F": "a.pdf", "UF": "a.pdf", "AFRelationship": "/Data", "EF": {"F": file},
    }  # fmt: skip
    ref = d.add(spec)
    d.catalog["Names"] = {"EmbeddedFiles": {"Names": ["a.pdf", ref]}}
    d.catalog["AF"] = [ref]
    return spec


@case(None, None, part3="6.8-1")
def file_type(d: Doc, bad: bool) -> None:
    attach(d, Subtype="/pdf" if bad else "/application#2Fpdf")


@case(None, "6.8-2")
def file_names(d: Doc, bad: bool) -> None:
    spec = attach(d)
    if bad:
        del spec["UF"]


@case(None, None, part3="6.8-3")
def file_relationship(d: Doc, bad: bool) -> None:
    spec = attach(d)
    if bad:
        del spec["AFRelationship"]


@case(None, None, part3="6.8-4")
def file_associated(d: Doc, bad: bool) -> None:
    attach(d)
    if bad:
        del d.catalog["AF"]


@case(None, "6.8-5", part3="")
def file_is_pdfa(d: Doc, bad: bool) -> None:
    inner = Doc(2, "b")
    if bad:
        inner.header = b"%PDF-1.44"
    attach(d, data=inner.write())


# -- optional content ---------------------------------------------------------------------------------


def layers(d: Doc, **changes: Any) -> dict[str, Any]:
    """One layer with its default configuration."""
    group = d.add({"Type": "/OCG", "Name": "Layer"})
    config: dict[str, Any] = {"Name": "Default", "Order": [group], **changes}
    d.catalog["OCProperties"] = {"OCGs": [group], "D": config}
    return config


@case(None, "6.9-1")
def config_name(d: Doc, bad: bool) -> None:
    config = layers(d)
    if bad:
        del config["Name"]


@case(None, "6.9-2")
def config_unique(d: Doc, bad: bool) -> None:
    config = layers(d)
    d.catalog["OCProperties"]["Configs"] = [{**config, "Name": "Default" if bad else "Other"}]


@case(None, "6.9-3")
def config_order(d: Doc, bad: bool) -> None:
    layers(d, **({"Order": []} if bad else {}))


@case(None, "6.9-4")
def config_states(d: Doc, bad: bool) -> None:
    layers(d, **({"AS": []} if bad else {}))


# -- structure ----------------------------------------------------------------------------------------


@case("6.8.3.3-1", "6.7.3.3-1", levels="a")
def structure(d: Doc, bad: bool) -> None:
    if bad:
        del d.catalog["StructTreeRoot"]


@case("6.8.3.4-1", "6.7.3.4-1", levels="a")
def mapped(d: Doc, bad: bool) -> None:
    d.element["S"] = "/Own"
    d.tree["RoleMap"] = {"Own": "/Unknown" if bad else "/P"}


@case("6.8.3.4-2", "6.7.3.4-2", levels="a", also="6.8.3.4-1 6.7.3.4-1")
def circular(d: Doc, bad: bool) -> None:
    d.element["S"] = "/Own"
    d.tree["RoleMap"] = {"Own": "/Own2", "Own2": "/Own" if bad else "/P"}


@case(None, "6.7.3.4-3", levels="a", also="6.7.3.4-1")
def remapped(d: Doc, bad: bool) -> None:
    d.tree["RoleMap"] = {"P": "/Own" if bad else "/Span"}


@case("6.8.4-1", "6.7.4-1", levels="a")
def language(d: Doc, bad: bool) -> None:
    d.catalog["Lang"] = "n_l" if bad else "nl-NL"
