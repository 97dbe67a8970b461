# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on embedded files, optional content and logical structure.

ISO 19005-1: 6.1.11, 6.8; ISO 19005-2/-3: 6.7, 6.8, 6.9.
"""

from __future__ import annotations

import re

from harness.pdfa.facts.document.attachments import EmbeddedFact, FileSpecFact
from harness.pdfa.facts.document.catalog import OptionalContentFact
from harness.pdfa.facts.document.structure import ElementFact
from harness.pdfa.rules.rule import rule_list

RULES, rule = rule_list()

# -- files -----------------------------------------------------------------------------------------

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


# -- optional content ------------------------------------------------------------------------------


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


# -- structure -------------------------------------------------------------------------------------


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
