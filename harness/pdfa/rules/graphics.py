# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on graphics: ISO 19005-1 clauses 6.2 and 6.4; ISO 19005-2/-3 clause 6.2."""

from __future__ import annotations

from harness.pdfa.facts.graphics.graphics_state import ExtGStateFact, HalftoneFact
from harness.pdfa.facts.graphics.jpx import JpxFact
from harness.pdfa.facts.graphics.xobjects import FormFact, ImageFact, XObjectFact
from harness.pdfa.facts.pages import PageFact
from harness.pdfa.rules.rule import rule_list

RULES, rule = rule_list()


def _said(value: object) -> str:
    """A value of a dictionary in a few words; of what has parts only its kind."""
    if isinstance(value, list | dict):
        return "array" if isinstance(value, list) else "dictionary"
    return str(value)


# -- content streams -------------------------------------------------------------------------------


@rule(
    "Op_Undefined", "6.2.10-1", "6.2.2-1",
    nl="Een inhoudsstroom bevat alleen operatoren die PDF kent.",
    en="A content stream contains only operators that PDF knows.",
)  # fmt: skip
def known_operator(fact: str) -> bool:
    return False


@rule(
    "PDContentStream", None, "6.2.2-2",
    nl="Een inhoudsstroom vindt alle gebruikte bronnen in zijn eigen Resources.",
    en="A content stream finds all resources it uses in its own Resources.",
)  # fmt: skip
def own_resources(fact: tuple[str, ...]) -> bool:
    return not fact


# -- extended graphics state -----------------------------------------------------------------------


@rule(
    "PDExtGState", "6.2.8-1", "6.2.5-1",
    nl="Een ExtGState heeft geen TR.", en="An ExtGState has no TR.",
)  # fmt: skip
def no_transfer(fact: ExtGStateFact) -> bool:
    return "TR" not in fact.dict


@rule(
    "PDExtGState", "6.2.8-2", "6.2.5-2",
    nl="TR2 in een ExtGState is Default.", en="TR2 in an ExtGState is Default.",
    values=lambda f: ("Default", _said(f.dict.get("TR2"))),
)  # fmt: skip
def default_transfer(fact: ExtGStateFact) -> bool:
    return bool(fact.dict.get("TR2", "Default") == "Default")


@rule(
    "PDExtGState", None, "6.2.5-3",
    nl="Een ExtGState heeft geen HTP.", en="An ExtGState has no HTP.",
)  # fmt: skip
def no_htp(fact: ExtGStateFact) -> bool:
    return "HTP" not in fact.dict


@rule(
    "PDHalftone", None, "6.2.5-4",
    nl="Een halftoon heeft type 1 of 5.", en="A halftone has type 1 or 5.",
    values=lambda f: ("1, 5", _said(f.kind)),
)  # fmt: skip
def halftone_type(fact: HalftoneFact) -> bool:
    return fact.kind in (1, 5)


@rule(
    "PDHalftone", None, "6.2.5-5",
    nl="Een halftoon heeft geen HalftoneName.", en="A halftone has no HalftoneName.",
)  # fmt: skip
def halftone_name(fact: HalftoneFact) -> bool:
    return not fact.has_name


_NO_TRANSFER = {None, "Default", "Cyan", "Magenta", "Yellow", "Black"}


@rule(
    "PDHalftone", None, "6.2.5-6",
    nl="TransferFunction staat alleen in halftonen van steunkleuren, en daar altijd.",
    en="TransferFunction stands only in halftones of spot colours, and there always.",
)  # fmt: skip
def halftone_transfer(fact: HalftoneFact) -> bool:
    if fact.colorant is None:
        return not fact.transfer
    if fact.colorant == "Default":
        return True
    return fact.transfer != (fact.colorant in _NO_TRANSFER)


@rule(
    "PDExtGState", "6.4-1",
    nl="SMask in een ExtGState is None.", en="SMask in an ExtGState is None.",
    values=lambda f: ("None", _said(f.dict.get("SMask"))),
)  # fmt: skip
def no_soft_mask(fact: ExtGStateFact) -> bool:
    return bool(fact.dict.get("SMask", "None") == "None")


@rule(
    "PDExtGState", "6.4-4",
    nl="De blend mode (BM) is Normal of Compatible.", en="The blend mode (BM) is Normal or Compatible.",
    values=lambda f: ("Normal, Compatible", _said(f.dict.get("BM"))),
)  # fmt: skip
def plain_blend(fact: ExtGStateFact) -> bool:
    return fact.dict.get("BM", "Normal") in ("Normal", "Compatible")


def _is_one(value: object) -> bool:
    return not isinstance(value, int | float) or abs(value - 1.0) < 0.000001


@rule(
    "PDExtGState", "6.4-5",
    nl="CA in een ExtGState is 1,0.", en="CA in an ExtGState is 1.0.",
    values=lambda f: (1, f.dict.get("CA")),
)  # fmt: skip
def opaque_stroke(fact: ExtGStateFact) -> bool:
    return _is_one(fact.dict.get("CA", 1.0))


@rule(
    "PDExtGState", "6.4-6",
    nl="ca in een ExtGState is 1,0.", en="ca in an ExtGState is 1.0.",
    values=lambda f: (1, f.dict.get("ca")),
)  # fmt: skip
def opaque_fill(fact: ExtGStateFact) -> bool:
    return _is_one(fact.dict.get("ca", 1.0))


_BLEND_MODES = {
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn", "HardLight",
    "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
}  # fmt: skip


@rule(
    "CosBM", None, "6.2.10-1",
    nl="De blend mode (BM) is een die PDF kent.", en="The blend mode (BM) is one that PDF knows.",
    values=lambda f: (", ".join(sorted(_BLEND_MODES)), f),
)  # fmt: skip
def known_blend(fact: str) -> bool:
    return fact in _BLEND_MODES


@rule(
    "PDPage", None, "6.2.10-2",
    nl="Zonder output intent heeft een pagina met transparantie een Group met CS.",
    en="Without output intent a page with transparency has a Group with CS.",
)  # fmt: skip
def blending_space(fact: PageFact) -> bool:
    return fact.output_space is not None or not fact.transparency or "CS" in (fact.group or {})


@rule(
    "PDGroup", "6.4-3",
    nl="Transparantiegroepen worden niet gebruikt.", en="Transparency groups are not used.",
)  # fmt: skip
def no_transparency_group(fact: str | None) -> bool:
    return fact != "Transparency"


# -- XObjects --------------------------------------------------------------------------------------


@rule(
    "PDXObject", "6.4-2",
    nl="Een XObject heeft geen SMask.", en="An XObject has no SMask.",
)  # fmt: skip
def xobject_no_soft_mask(fact: XObjectFact) -> bool:
    return not fact.soft_mask


@rule(
    "PDXObject", "6.2.4-2",
    nl="Een afbeelding of formulier-XObject heeft geen OPI.", en="An image or form XObject has no OPI.",
)  # fmt: skip
def xobject_no_opi(fact: XObjectFact) -> bool:
    return "OPI" not in fact.dict


@rule(
    "PDXObject", "6.2.7-1", "6.2.9-3",
    nl="PostScript-XObjects worden niet gebruikt.", en="PostScript XObjects are not used.",
)  # fmt: skip
def no_postscript(fact: XObjectFact) -> bool:
    return fact.subtype != "PS"


@rule(
    "PDXForm", "6.2.5-1",
    nl="Een formulier-XObject heeft geen PS en geen Subtype2 = PS.",
    en="A form XObject has no PS and no Subtype2 = PS.",
)  # fmt: skip
def form_no_ps(fact: FormFact) -> bool:
    return fact.subtype2 != "PS" and "PS" not in fact.dict


@rule(
    "PDXForm", None, "6.2.9-1",
    nl="Een formulier-XObject heeft geen OPI, geen PS en geen Subtype2 = PS.",
    en="A form XObject has no OPI, no PS and no Subtype2 = PS.",
)  # fmt: skip
def form_no_ps_opi(fact: FormFact) -> bool:
    return fact.subtype2 != "PS" and "PS" not in fact.dict and "OPI" not in fact.dict


@rule(
    "PDXForm", "6.2.6-1", "6.2.9-2",
    nl="Verwijzende XObjects (Ref) worden niet gebruikt.", en="Reference XObjects (Ref) are not used.",
)  # fmt: skip
def no_reference(fact: FormFact) -> bool:
    return "Ref" not in fact.dict


# -- images ----------------------------------------------------------------------------------------


@rule(
    "PDImageKeys", "6.2.4-1", "6.2.8-1",
    nl="Een afbeelding heeft geen Alternates.", en="An image has no Alternates.",
)  # fmt: skip
def no_alternates(fact: ImageFact) -> bool:
    return "Alternates" not in fact.dict


@rule(
    "PDImageKeys", None, "6.2.8-2",
    nl="Een afbeelding heeft geen OPI.", en="An image has no OPI.",
)  # fmt: skip
def image_no_opi(fact: ImageFact) -> bool:
    return "OPI" not in fact.dict


@rule(
    "PDImageKeys", "6.2.4-3", "6.2.8-3",
    nl="Interpolate van een afbeelding is false.", en="Interpolate of an image is false.",
    values=lambda f: ("false", "true"),
)  # fmt: skip
def no_interpolation(fact: ImageFact) -> bool:
    return fact.dict.get("Interpolate") is not True


@rule(
    "PDXImage", "6.2.4-4",
    nl="BitsPerComponent is 1, 2, 4 of 8.", en="BitsPerComponent is 1, 2, 4 or 8.",
    values=lambda f: ("1, 2, 4, 8", f"{f.bits:g}"),
)  # fmt: skip
def bits_part1(fact: ImageFact) -> bool:
    return fact.bits is None or fact.bits in (1, 2, 4, 8)


@rule(
    "PDXImage", None, "6.2.8-4",
    nl="BitsPerComponent is 1, 2, 4, 8 of 16.", en="BitsPerComponent is 1, 2, 4, 8 or 16.",
    values=lambda f: ("1, 2, 4, 8, 16", f"{f.bits:g}"),
)  # fmt: skip
def bits_part2(fact: ImageFact) -> bool:
    return fact.bits is None or fact.bits in (1, 2, 4, 8, 16)


@rule(
    "PDMaskImage", "6.2.4-5", "6.2.8-5",
    nl="BitsPerComponent van een beeldmasker is 1.", en="BitsPerComponent of an image mask is 1.",
    values=lambda f: (1, f"{f.bits:g}"),
)  # fmt: skip
def bits_mask(fact: ImageFact) -> bool:
    return fact.bits is None or fact.bits == 1


@rule(
    "JPEG2000", None, "6.2.8.3-1",
    nl="Een JPEG 2000-afbeelding heeft 1, 3 of 4 kleurkanalen.", en="A JPEG 2000 image has 1, 3 or 4 colour channels.",
    values=lambda f: ("1, 3, 4", f.colour_channels),
)  # fmt: skip
def jpx_channels(fact: JpxFact) -> bool:
    return fact.colour_channels in (1, 3, 4)


@rule(
    "JPEG2000", None, "6.2.8.3-2",
    nl="Bij meer kleurspecificaties in JPEG 2000 heeft er precies één APPROX 1.",
    en="With several colour specifications in JPEG 2000 exactly one has APPROX 1.",
    values=lambda f: ("1 x APPROX 1", f"{sum(1 for spec in f.specs if spec[1] == 1)} x APPROX 1"),
)  # fmt: skip
def jpx_best(fact: JpxFact) -> bool:
    return len(fact.specs) == 1 or fact.has_space or sum(1 for s in fact.specs if s[1] == 1) == 1


@rule(
    "JPEG2000", None, "6.2.8.3-3",
    nl="METH van de kleurspecificatie in JPEG 2000 is 1, 2 of 3.",
    en="METH of the colour specification in JPEG 2000 is 1, 2 or 3.",
    values=lambda f: ("1, 2, 3", f.chosen[0] if f.chosen else "-"),
)  # fmt: skip
def jpx_method(fact: JpxFact) -> bool:
    return fact.has_space or (fact.chosen is not None and fact.chosen[0] in (1, 2, 3))


@rule(
    "JPEG2000", None, "6.2.8.3-4",
    nl="JPEG 2000 gebruikt niet de kleurruimte CIEJab (19).", en="JPEG 2000 does not use colour space CIEJab (19).",
)  # fmt: skip
def jpx_no_ciejab(fact: JpxFact) -> bool:
    return fact.has_space or fact.chosen is None or fact.chosen[2] != 19


@rule(
    "JPEG2000", None, "6.2.8.3-5",
    nl="JPEG 2000 heeft een bitdiepte van 1 tot en met 38, gelijk voor alle kleurkanalen.",
    en="JPEG 2000 has a bit depth of 1 to 38, the same for all colour channels.",
    values=lambda f: ("1 - 38", f.bit_depth if f.same_depth else f"{f.bit_depth}, …"),
)  # fmt: skip
def jpx_depth(fact: JpxFact) -> bool:
    return fact.same_depth and 1 <= fact.bit_depth <= 38
