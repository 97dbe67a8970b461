# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on catalog, actions, annotations, forms, signatures, files, optional content and structure.

ISO 19005-1: 6.1.11, 6.2.2, 6.5, 6.6, 6.8, 6.9; ISO 19005-2/-3: 6.1.12, 6.2.3, 6.3, 6.4, 6.5, 6.7–6.10.
"""

from __future__ import annotations

import re
from typing import Any

from harness.pdfa.facts.document.annotations import AnnotFact
from harness.pdfa.facts.document.attachments import EmbeddedFact, FileSpecFact
from harness.pdfa.facts.document.catalog import OptionalContentFact
from harness.pdfa.facts.document.signatures import PkcsFact, ReferenceFact
from harness.pdfa.facts.document.structure import ElementFact
from harness.pdfa.facts.graphics.icc import COMPONENTS, CountFact, ProfileFact
from harness.pdfa.rules.registry import rule

# -- output intents and profiles ----------------------------------------------------------------------


@rule(
    "ICCOutputProfile", "6.2.2-1",
    nl="Het profiel van een output intent is een geldig ICC-profiel (prtr of mntr; GRAY, RGB of CMYK; versie 2).",
    en="The profile of an output intent is a valid ICC profile (prtr or mntr; GRAY, RGB or CMYK; version 2).",
)  # fmt: skip
def output_profile_part1(fact: tuple[str | None, ProfileFact, int]) -> bool:
    return _output_profile(fact[1], 3.0)


@rule(
    "ICCOutputProfile", None, "6.2.3-1",
    nl="Het profiel van een output intent is een geldig ICC-profiel (prtr of mntr; GRAY, RGB of CMYK).",
    en="The profile of an output intent is a valid ICC profile (prtr or mntr; GRAY, RGB or CMYK).",
)  # fmt: skip
def output_profile_part2(fact: tuple[str | None, ProfileFact, int]) -> bool:
    return _output_profile(fact[1], 5.0)


def _output_profile(profile: ProfileFact, below: float) -> bool:
    return (
        profile.device_class in ("prtr", "mntr")
        and profile.space in ("GRAY", "RGB ", "CMYK")
        and profile.version < below
    )


@rule(
    "OutputIntents", "6.2.2-2", "6.2.3-2",
    nl="Alle output intents met een profiel verwijzen naar hetzelfde profielobject.",
    en="All output intents with a profile refer to the same profile object.",
)  # fmt: skip
def one_profile(fact: bool) -> bool:
    return fact


@rule(
    "PDOutputIntent", None, "6.2.3-3",
    nl="Een output intent voor PDF/X verwijst niet naar een extern profiel (DestOutputProfileRef).",
    en="A PDF/X output intent does not refer to an external profile (DestOutputProfileRef).",
)  # fmt: skip
def no_profile_reference(fact: tuple[str | None, bool]) -> bool:
    return not fact[1]


@rule(
    "ICCInputProfile", "6.2.3.2-1",
    nl="Een ICC-kleurruimte heeft een geldig profiel (scnr, mntr, spac of prtr; versie 2).",
    en="An ICC colour space has a valid profile (scnr, mntr, spac or prtr; version 2).",
)  # fmt: skip
def input_profile_part1(fact: ProfileFact) -> bool:
    return _input_profile(fact, 3.0)


@rule(
    "ICCInputProfile", None, "6.2.4.2-1",
    nl="Een ICC-kleurruimte heeft een geldig profiel (scnr, mntr, spac of prtr; lager dan versie 5).",
    en="An ICC colour space has a valid profile (scnr, mntr, spac or prtr; below version 5).",
)  # fmt: skip
def input_profile_part2(fact: ProfileFact) -> bool:
    return _input_profile(fact, 5.0)


def _input_profile(profile: ProfileFact, below: float) -> bool:
    return (
        profile.device_class in ("scnr", "mntr", "spac", "prtr")
        and profile.space in ("GRAY", "RGB ", "CMYK", "Lab ")
        and profile.version < below
    )


@rule(
    "ICCProfile", "6.2.3.2-2",
    nl="N is gelijk aan het aantal componenten van het ICC-profiel.",
    en="N equals the number of components of the ICC profile.",
)  # fmt: skip
def profile_components(fact: CountFact) -> bool:
    return fact.declared is not None and COMPONENTS.get(fact.space) == fact.declared


# -- actions ------------------------------------------------------------------------------------------

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
def page_no_additional(fact: Any) -> bool:
    return "AA" not in fact.dict


@rule(
    "PDPage", None, "6.10-2",
    nl="Een pagina heeft geen PresSteps.", en="A page has no PresSteps.",
)  # fmt: skip
def page_no_steps(fact: Any) -> bool:
    return "PresSteps" not in fact.dict


@rule(
    "DocumentNames", None, "6.10-1",
    nl="De namenlijst van het document heeft geen AlternatePresentations.",
    en="The document's name dictionary has no AlternatePresentations.",
)  # fmt: skip
def no_alternate_presentations(fact: tuple[str, ...]) -> bool:
    return "AlternatePresentations" not in fact


# -- annotations --------------------------------------------------------------------------------------

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
)  # fmt: skip
def annot_opaque(fact: AnnotFact) -> bool:
    return fact.opacity is None or fact.opacity == 1.0


@rule(
    "PDAnnot", "6.5.3-2",
    nl="Een annotatie heeft F met Print aan en Hidden, Invisible en NoView uit.",
    en="An annotation has F with Print on and Hidden, Invisible and NoView off.",
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
)  # fmt: skip
def annot_flags_part2(fact: AnnotFact) -> bool:
    return fact.flags is None or fact.flags & 0b100100111 == 0b000000100


@rule(
    "PDAnnot", "6.5.3-3",
    nl="Een annotatie heeft alleen C of IC als het output intent RGB is.",
    en="An annotation has C or IC only when the output intent is RGB.",
)  # fmt: skip
def annot_colours(fact: AnnotFact) -> bool:
    return not fact.colours or fact.output_space == "RGB "


@rule(
    "PDAnnot", "6.5.3-4", "6.3.3-2",
    nl="Een verschijningsdictionary (AP) bevat alleen N.", en="An appearance dictionary (AP) contains only N.",
)  # fmt: skip
def annot_only_normal(fact: AnnotFact) -> bool:
    return fact.appearance is None or fact.appearance == ("N",)


def _is_button(fact: AnnotFact) -> bool:
    return fact.subtype == "Widget" and fact.field_type == "Btn"


@rule(
    "PDAnnot", "6.5.3-5", "6.3.3-3",
    nl="De verschijning (N) van een knop is een dictionary met toestanden.",
    en="The appearance (N) of a button is a dictionary of states.",
)  # fmt: skip
def button_appearance(fact: AnnotFact) -> bool:
    return fact.appearance != ("N",) or not _is_button(fact) or fact.normal == "dict"


@rule(
    "PDAnnot", "6.5.3-6", "6.3.3-4",
    nl="De verschijning (N) van een annotatie is een stroom.", en="The appearance (N) of an annotation is a stream.",
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


# -- forms, signatures --------------------------------------------------------------------------------


@rule(
    "PDAcroForm", "6.9-1", "6.4.1-3",
    nl="NeedAppearances is afwezig of false.", en="NeedAppearances is absent or false.",
)  # fmt: skip
def no_need_appearances(fact: dict[str, Any]) -> bool:
    return fact.get("NeedAppearances") is not True


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
)  # fmt: skip
def one_signer(fact: PkcsFact) -> bool:
    return fact.signers == 1


# -- files --------------------------------------------------------------------------------------------

_MIME = re.compile(r"[-\w+.]+/[-\w+.]+", re.ASCII)


@rule(
    "EmbeddedFile", None, "", part3="6.8-1",
    nl="Een ingesloten bestand heeft een MIME-type als Subtype.",
    en="An embedded file has a MIME type as Subtype.",
)  # fmt: skip
def file_type(fact: EmbeddedFact) -> bool:
    return fact.subtype is not None and _MIME.fullmatch(fact.subtype) is not None


@rule(
    "CosFileSpecification", None, "6.8-2",
    nl="De specificatie van een ingesloten bestand heeft F en UF.",
    en="The specification of an embedded file has F and UF.",
)  # fmt: skip
def file_names(fact: FileSpecFact) -> bool:
    return "EF" not in fact.dict or ("F" in fact.dict and "UF" in fact.dict)


@rule(
    "CosFileSpecification", None, "", part3="6.8-3",
    nl="Een bestandsspecificatie heeft AFRelationship.",
    en="A file specification has AFRelationship.",
)  # fmt: skip
def file_relationship(fact: FileSpecFact) -> bool:
    return fact.relationship is not None


@rule(
    "CosFileSpecification", None, "", part3="6.8-4",
    nl="Een bestandsspecificatie staat in een AF-lijst van het document of een deel ervan.",
    en="A file specification is listed in an AF array of the document or a part of it.",
)  # fmt: skip
def file_associated(fact: FileSpecFact) -> bool:
    return fact.associated


@rule(
    "EmbeddedFile", None, "6.8-5", part3="",
    nl="Een ingesloten bestand is zelf geldig PDF/A-1 of PDF/A-2.",
    en="An embedded file is itself valid PDF/A-1 or PDF/A-2.",
)  # fmt: skip
def file_is_pdfa(fact: EmbeddedFact) -> bool:
    return fact.valid_pdfa


# -- optional content ---------------------------------------------------------------------------------


@rule(
    "PDOCConfig", None, "6.9-1",
    nl="Een configuratie van optionele inhoud heeft een Name.", en="An optional content configuration has a Name.",
)  # fmt: skip
def config_name(fact: OptionalContentFact) -> bool:
    return bool(fact.name)


@rule(
    "PDOCConfig", None, "6.9-2",
    nl="De Name van elke configuratie van optionele inhoud is uniek.",
    en="The Name of each optional content configuration is unique.",
)  # fmt: skip
def config_unique(fact: OptionalContentFact) -> bool:
    return not fact.duplicate


@rule(
    "PDOCConfig", None, "6.9-3",
    nl="Order van een configuratie noemt alle groepen van optionele inhoud.",
    en="Order of a configuration names all optional content groups.",
)  # fmt: skip
def config_order(fact: OptionalContentFact) -> bool:
    return fact.missing_groups == 0


@rule(
    "PDOCConfig", None, "6.9-4",
    nl="Een configuratie van optionele inhoud heeft geen AS.", en="An optional content configuration has no AS.",
)  # fmt: skip
def config_no_as(fact: OptionalContentFact) -> bool:
    return "AS" not in fact.dict


# -- structure ----------------------------------------------------------------------------------------


@rule(
    "StructTree", "6.8.3.3-1", "6.7.3.3-1", levels="a",
    nl="Het document heeft een structuurboom (StructTreeRoot).", en="The document has a structure tree (StructTreeRoot).",
)  # fmt: skip
def has_structure(fact: bool) -> bool:
    return fact


@rule(
    "SENonStandard", "6.8.3.4-1", "6.7.3.4-1", levels="a",
    nl="Elk niet-standaard structuurtype is in RoleMap afgebeeld op een standaardtype.",
    en="Every non-standard structure type is mapped to a standard type in RoleMap.",
)  # fmt: skip
def mapped(fact: ElementFact) -> bool:
    return fact.mapped


@rule(
    "SENonStandard", "6.8.3.4-2", "6.7.3.4-2", levels="a",
    nl="RoleMap bevat geen kringverwijzing.", en="RoleMap contains no circular mapping.",
)  # fmt: skip
def not_circular(fact: ElementFact) -> bool:
    return not fact.circular


@rule(
    "SENonStandard", None, "6.7.3.4-3", levels="a",
    nl="Standaardtypen worden niet op een niet-standaard type afgebeeld.",
    en="Standard types are not mapped to a non-standard type.",
)  # fmt: skip
def not_remapped(fact: ElementFact) -> bool:
    return fact.remapped_standard is None


@rule(
    "CosLang", "6.8.4-1", levels="a",
    nl="Een taalaanduiding (Lang) is een taaltag volgens RFC 1766.", en="A language (Lang) is a tag of RFC 1766.",
)  # fmt: skip
def lang_part1(fact: str) -> bool:
    return re.fullmatch(r"([a-zA-Z]{1,8}(-[a-zA-Z]{1,8})*)?", fact) is not None


@rule(
    "CosLang", None, "6.7.4-1", levels="a",
    nl="Een taalaanduiding (Lang) is leeg of een taaltag.", en="A language (Lang) is empty or a language tag.",
)  # fmt: skip
def lang_part2(fact: str) -> bool:
    return re.fullmatch(r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?", fact) is not None
