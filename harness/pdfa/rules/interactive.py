# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on interactive features: ISO 19005-1, 6.5, 6.6 and 6.9; ISO 19005-2/-3, 6.1.12, 6.3, 6.4, 6.5 and 6.10."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.document.annotations import AnnotFact
from harness.pdfa.facts.document.signatures import PkcsFact, ReferenceFact
from harness.pdfa.facts.pages import PageFact
from harness.pdfa.rules.rule import Dispute, rule_list

RULES, rule = rule_list()

# -- actions ---------------------------------------------------------------------------------------

_ACTIONS_1 = {"GoTo", "GoToR", "Thread", "URI", "Named", "SubmitForm"}
_ACTIONS_2 = _ACTIONS_1 | {"GoToE"}


@rule(
    "PDAction", "6.6.1-1",
    nl="Alleen onschadelijke acties zijn toegestaan (geen Launch, JavaScript, Hide en dergelijke).",
    en="Only harmless actions are allowed (no Launch, JavaScript, Hide and the like).",
)  # fmt: skip
def action_part1(fact: str | None) -> bool:
    return fact in _ACTIONS_1


@rule(
    "PDAction", None, "6.5.1-1",
    nl="Alleen onschadelijke acties zijn toegestaan (geen Launch, JavaScript, Hide en dergelijke).",
    en="Only harmless actions are allowed (no Launch, JavaScript, Hide and the like).",
)  # fmt: skip
def action_part2(fact: str | None) -> bool:
    return fact in _ACTIONS_2


@rule(
    "PDNamedAction", "6.6.1-2", "6.5.1-2",
    nl="Een benoemde actie is NextPage, PrevPage, FirstPage of LastPage.",
    en="A named action is NextPage, PrevPage, FirstPage or LastPage.",
)  # fmt: skip
def named_action(fact: str | None) -> bool:
    return fact in ("NextPage", "PrevPage", "FirstPage", "LastPage")


@rule(
    "PDWidgetAnnot", "6.6.1-3",
    nl="Een formulierveld voert geen actie uit (geen A).", en="A form field performs no action (no A).",
)  # fmt: skip
def widget_no_action(fact: AnnotFact) -> bool:
    return "A" not in fact.dict


@rule(
    "PDWidgetAnnot", "6.6.2-1",
    nl="Een Widget heeft geen aanvullende acties (AA).", en="A Widget has no additional actions (AA).",
)  # fmt: skip
def widget_no_additional(fact: AnnotFact) -> bool:
    return "AA" not in fact.dict


@rule(
    "PDWidgetAnnot", None, "6.4.1-1",
    nl="Een Widget heeft geen A en geen AA.", en="A Widget has neither A nor AA.",
)  # fmt: skip
def widget_no_actions(fact: AnnotFact) -> bool:
    return "A" not in fact.dict and "AA" not in fact.dict


@rule(
    "PDFormField", "6.6.2-2",
    nl="Een formulierveld heeft geen aanvullende acties (AA).", en="A form field has no additional actions (AA).",
)  # fmt: skip
def field_no_additional(fact: dict[str, Any]) -> bool:
    return "AA" not in fact


@rule(
    "PDFormField", None, "6.4.1-2",
    nl="Een formulierveld heeft geen A en geen AA.", en="A form field has neither A nor AA.",
)  # fmt: skip
def field_no_actions(fact: dict[str, Any]) -> bool:
    return "AA" not in fact


@rule(
    "PDDocument", "6.6.2-3", "6.5.2-1",
    nl="De catalogus heeft geen aanvullende acties (AA).", en="The catalog has no additional actions (AA).",
)  # fmt: skip
def document_no_additional(fact: dict[str, Any]) -> bool:
    return "AA" not in fact


@rule(
    "PDPage", None, "6.5.2-2",
    nl="Een pagina heeft geen aanvullende acties (AA).", en="A page has no additional actions (AA).",
)  # fmt: skip
def page_no_additional(fact: PageFact) -> bool:
    return "AA" not in fact.dict


@rule(
    "PDPage", None, "6.10-2",
    nl="Een pagina heeft geen PresSteps.", en="A page has no PresSteps.",
)  # fmt: skip
def page_no_steps(fact: PageFact) -> bool:
    return "PresSteps" not in fact.dict


@rule(
    "DocumentNames", None, "6.10-1",
    nl="De namenlijst van het document heeft geen AlternatePresentations.",
    en="The document's name dictionary has no AlternatePresentations.",
)  # fmt: skip
def no_alternate_presentations(fact: tuple[str, ...]) -> bool:
    return "AlternatePresentations" not in fact


# -- annotations -----------------------------------------------------------------------------------

_ANNOTS_1 = {
    "Text", "Link", "FreeText", "Line", "Square", "Circle", "Highlight", "Underline", "Squiggly", "StrikeOut",
    "Stamp", "Ink", "Popup", "Widget", "PrinterMark", "TrapNet",
}  # fmt: skip
_ANNOTS_2 = _ANNOTS_1 | {"Polygon", "PolyLine", "Caret", "FileAttachment", "Watermark", "Redact"}


@rule(
    "PDAnnot", "6.5.2-1",
    nl="Het type annotatie bestaat in PDF 1.4 en is geen FileAttachment, Sound of Movie.",
    en="The annotation type exists in PDF 1.4 and is not FileAttachment, Sound or Movie.",
)  # fmt: skip
def annot_type_part1(fact: AnnotFact) -> bool:
    return fact.subtype in _ANNOTS_1


@rule(
    "PDAnnot", None, "6.3.1-1",
    nl="Het type annotatie bestaat in PDF 1.7 en is geen 3D, Sound, Screen of Movie.",
    en="The annotation type exists in PDF 1.7 and is not 3D, Sound, Screen or Movie.",
)  # fmt: skip
def annot_type_part2(fact: AnnotFact) -> bool:
    return fact.subtype in _ANNOTS_2


@rule(
    "PDAnnot", "6.5.3-1",
    nl="Een annotatie is niet doorzichtig (CA afwezig of 1,0).", en="An annotation is opaque (CA absent or 1.0).",
    values=lambda f: (1, f.opacity),
)  # fmt: skip
def annot_opaque(fact: AnnotFact) -> bool:
    return fact.opacity is None or fact.opacity == 1.0


@rule(
    "PDAnnot", "6.5.3-2",
    nl="Een annotatie heeft F met Print aan en Hidden, Invisible en NoView uit.",
    en="An annotation has F with Print on and Hidden, Invisible and NoView off.",
    values=lambda f: ("F: Print", f.flags),
)  # fmt: skip
def annot_flags_part1(fact: AnnotFact) -> bool:
    return fact.flags is not None and fact.flags & 0b100111 == 0b000100


@rule(
    "PDAnnot", None, "6.3.2-1",
    nl="Elke annotatie behalve Popup heeft de sleutel F.", en="Every annotation except Popup has the key F.",
)  # fmt: skip
def annot_has_flags(fact: AnnotFact) -> bool:
    return fact.subtype == "Popup" or fact.flags is not None


@rule(
    "PDAnnot", None, "6.3.2-2",
    nl="F heeft Print aan en Hidden, Invisible, ToggleNoView en NoView uit.",
    en="F has Print on and Hidden, Invisible, ToggleNoView and NoView off.",
    values=lambda f: ("F: Print", f.flags),
)  # fmt: skip
def annot_flags_part2(fact: AnnotFact) -> bool:
    return fact.flags is None or fact.flags & 0b100100111 == 0b000000100


@rule(
    "PDAnnot", "6.5.3-3",
    nl="Een annotatie heeft alleen C of IC als het output intent RGB is.",
    en="An annotation has C or IC only when the output intent is RGB.",
    values=lambda f: ("RGB", f.output_space or "-"),
)  # fmt: skip
def annot_colours(fact: AnnotFact) -> bool:
    return not fact.colours or fact.output_space == "RGB "


@rule(
    "PDAnnot", "6.5.3-4", "6.3.3-2",
    nl="Een verschijningsdictionary (AP) bevat alleen N.", en="An appearance dictionary (AP) contains only N.",
    values=lambda f: ("N", ", ".join(f.appearance or ())),
)  # fmt: skip
def annot_only_normal(fact: AnnotFact) -> bool:
    return fact.appearance is None or fact.appearance == ("N",)


def _is_button(fact: AnnotFact) -> bool:
    return fact.subtype == "Widget" and fact.field_type == "Btn"


_PUSHBUTTON = Dispute(
    lambda fact: fact.pushbutton and fact.normal == "stream",
    "LED-PDF-002",
)


@rule(
    "PDAnnot", "6.5.3-5", "6.3.3-3",
    nl="De verschijning (N) van een knop is een dictionary met toestanden.",
    en="The appearance (N) of a button is a dictionary of states.",
    values=lambda f: ("dict", f.normal),
    dispute=_PUSHBUTTON,
)  # fmt: skip
def button_appearance(fact: AnnotFact) -> bool:
    return fact.appearance != ("N",) or not _is_button(fact) or fact.normal == "dict"


@rule(
    "PDAnnot", "6.5.3-6", "6.3.3-4",
    nl="De verschijning (N) van een annotatie is een stroom.", en="The appearance (N) of an annotation is a stream.",
    values=lambda f: ("stream", f.normal),
)  # fmt: skip
def other_appearance(fact: AnnotFact) -> bool:
    return fact.appearance != ("N",) or _is_button(fact) or fact.normal == "stream"


@rule(
    "PDAnnot", None, "6.3.3-1",
    nl="Elke annotatie heeft een verschijning (behalve Popup, Link en annotaties zonder oppervlak).",
    en="Every annotation has an appearance (except Popup, Link and annotations without area).",
)  # fmt: skip
def annot_has_appearance(fact: AnnotFact) -> bool:
    return fact.appearance is not None or fact.zero_size or fact.subtype in ("Popup", "Link")


@rule(
    "PDWidgetAnnot", "6.9-2",
    nl="Elk formulierveld heeft een verschijning (AP).", en="Every form field has an appearance (AP).",
)  # fmt: skip
def widget_has_appearance(fact: AnnotFact) -> bool:
    return fact.appearance is not None


# -- forms, signatures -----------------------------------------------------------------------------


@rule(
    "PDAcroForm", "6.9-1", "6.4.1-3",
    nl="NeedAppearances is afwezig of false.", en="NeedAppearances is absent or false.",
)  # fmt: skip
def no_need_appearances(fact: dict[str, Any]) -> bool:
    value = fact.get("NeedAppearances")
    return value is None or value is False


@rule(
    "PDAcroForm", None, "6.4.2-1",
    nl="Het formulier bevat geen XFA.", en="The form contains no XFA.",
)  # fmt: skip
def no_xfa(fact: dict[str, Any]) -> bool:
    return "XFA" not in fact


@rule(
    "PDPerms", None, "6.1.12-1",
    nl="De rechtendictionary bevat alleen UR3 en DocMDP.",
    en="The permissions dictionary contains only UR3 and DocMDP.",
    values=lambda f: ("UR3, DocMDP", ", ".join(f)),
)  # fmt: skip
def permission_keys(fact: tuple[str, ...]) -> bool:
    return set(fact) <= {"UR3", "DocMDP"}


@rule(
    "PDSigRef", None, "6.1.12-2",
    nl="Bij DocMDP bevat een handtekeningreferentie geen DigestLocation, DigestMethod of DigestValue.",
    en="With DocMDP a signature reference contains no DigestLocation, DigestMethod or DigestValue.",
)  # fmt: skip
def no_digest_keys(fact: ReferenceFact) -> bool:
    return not fact.doc_mdp or not {"DigestLocation", "DigestMethod", "DigestValue"} & set(fact.dict)


@rule(
    "PDSignature", None, "6.4.3-1",
    nl="De handtekening dekt het hele bestand behalve zichzelf.",
    en="The signature covers the whole file except itself.",
)  # fmt: skip
def signature_covers(fact: bool) -> bool:
    return fact


@rule(
    "PKCSDataObject", None, "6.4.3-2",
    nl="De handtekening bevat het certificaat van de ondertekenaar.",
    en="The signature contains the signer's certificate.",
)  # fmt: skip
def signer_certificate(fact: PkcsFact) -> bool:
    return fact.certificate


@rule(
    "PKCSDataObject", None, "6.4.3-3",
    nl="De handtekening heeft precies één ondertekenaar.", en="The signature has exactly one signer.",
    values=lambda f: (1, f.signers),
)  # fmt: skip
def one_signer(fact: PkcsFact) -> bool:
    return fact.signers == 1
