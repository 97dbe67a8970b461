"""Rules on implementation limits: ISO 19005-1, 6.1.12; ISO 19005-2/-3, 6.1.13."""

from __future__ import annotations

from harness.pdfa.facts.document.file_structure import DocumentFact
from harness.pdfa.facts.fonts.composite import CMapFileFact
from harness.pdfa.facts.graphics.color.spaces import DeviceNFact
from harness.pdfa.file.lex import HexFact, SizeFact
from harness.pdfa.rules.rule import rule_list

RULES, rule = rule_list()


@rule(
    "CosInteger", "6.1.12-1", "6.1.13-1",
    nl="Gehele getallen liggen tussen -2147483648 en 2147483647.",
    en="Integers lie between -2147483648 and 2147483647.",
    values=lambda f: ("-2147483648 - 2147483647", f.value),
)  # fmt: skip
def integer_range(fact: SizeFact) -> bool:
    return -2147483648 <= fact.value <= 2147483647


@rule(
    "CosReal", "6.1.12-2",
    nl="Reële getallen liggen tussen -32767 en 32767.", en="Real numbers lie between -32767 and 32767.",
    values=lambda f: ("<= 32767", f.value),
)  # fmt: skip
def real_range_part1(fact: SizeFact) -> bool:
    return abs(fact.value) <= 32767.0


@rule(
    "CosReal", None, "6.1.13-2",
    nl="Reële getallen liggen binnen ±3,403 × 10^38.", en="Real numbers lie within ±3.403 × 10^38.",
    values=lambda f: ("<= 3.403e38", f.value),
)  # fmt: skip
def real_range_part2(fact: SizeFact) -> bool:
    return abs(fact.value) <= 3.403e38


@rule(
    "CosReal", None, "6.1.13-5",
    nl="Reële getallen liggen niet dichter bij nul dan ±1,175 × 10^-38.",
    en="Real numbers are not closer to zero than ±1.175 × 10^-38.",
    values=lambda f: (">= 1.175e-38", f.value),
)  # fmt: skip
def real_smallest(fact: SizeFact) -> bool:
    return abs(fact.value) >= 1.175e-38 or fact.value == 0


@rule(
    "CosString", "6.1.12-3",
    nl="Een string is ten hoogste 65535 bytes lang.", en="A string has at most 65535 bytes.",
    values=lambda f: ("<= 65535", f.value),
)  # fmt: skip
def string_length_part1(fact: HexFact | SizeFact) -> bool:
    return isinstance(fact, HexFact) or fact.value <= 65535


@rule(
    "CosString", None, "6.1.13-3",
    nl="Een string is ten hoogste 32767 bytes lang.", en="A string has at most 32767 bytes.",
    values=lambda f: ("<= 32767", f.value),
)  # fmt: skip
def string_length_part2(fact: HexFact | SizeFact) -> bool:
    return isinstance(fact, HexFact) or fact.value <= 32767


@rule(
    "CosName", "6.1.12-4", "6.1.13-4",
    nl="Een naam is ten hoogste 127 bytes lang.", en="A name has at most 127 bytes.",
    values=lambda f: ("<= 127", f.value),
)  # fmt: skip
def name_length(fact: SizeFact) -> bool:
    return fact.value <= 127


@rule(
    "CosArray", "6.1.12-5",
    nl="Een array heeft ten hoogste 8191 elementen.", en="An array has at most 8191 elements.",
    values=lambda f: ("<= 8191", f.value),
)  # fmt: skip
def array_size(fact: SizeFact) -> bool:
    return fact.value <= 8191


@rule(
    "CosDict", "6.1.12-6",
    nl="Een dictionary heeft ten hoogste 4095 sleutels.", en="A dictionary has at most 4095 entries.",
    values=lambda f: ("<= 4095", f.value),
)  # fmt: skip
def dict_size(fact: SizeFact) -> bool:
    return fact.value <= 4095


@rule(
    "CosDocument", "6.1.12-7", "6.1.13-7",
    nl="Het bestand heeft ten hoogste 8388607 indirecte objecten.",
    en="The file has at most 8388607 indirect objects.",
    values=lambda f: ("<= 8388607", f.objects),
)  # fmt: skip
def object_count(fact: DocumentFact) -> bool:
    return fact.objects <= 8388607


@rule(
    "Op_q_gsave", "6.1.12-8", "6.1.13-8",
    nl="De operatoren q en Q zijn ten hoogste 28 niveaus genest.",
    en="The operators q and Q nest at most 28 levels.",
    values=lambda f: ("<= 28", f),
)  # fmt: skip
def gsave_depth(fact: int) -> bool:
    return fact <= 28


@rule(
    "PDDeviceN", "6.1.12-9",
    nl="Een DeviceN-kleurruimte heeft ten hoogste 8 kleurstoffen.",
    en="A DeviceN colour space has at most 8 colorants.",
    values=lambda f: ("<= 8", f.count),
)  # fmt: skip
def devicen_8(fact: DeviceNFact) -> bool:
    return fact.count <= 8


@rule(
    "PDDeviceN", None, "6.1.13-9",
    nl="Een DeviceN-kleurruimte heeft ten hoogste 32 kleurstoffen.",
    en="A DeviceN colour space has at most 32 colorants.",
    values=lambda f: ("<= 32", f.count),
)  # fmt: skip
def devicen_32(fact: DeviceNFact) -> bool:
    return fact.count <= 32


@rule(
    "CMapFile", "6.1.12-10", "6.1.13-10",
    nl="Een CMap verwijst niet naar een CID boven 65535.", en="A CMap refers to no CID above 65535.",
    values=lambda f: ("<= 65535", f.max_cid),
)  # fmt: skip
def cid_range(fact: CMapFileFact) -> bool:
    return fact.max_cid <= 65535


@rule(
    "CosBBox", None, "6.1.13-11",
    nl="Paginakaders zijn niet kleiner dan 3 en niet groter dan 14400 eenheden.",
    en="Page boundaries are not smaller than 3 and not larger than 14400 units.",
    values=lambda f: ("3 - 14400", f"{f[0]:g} x {f[1]:g}"),
)  # fmt: skip
def box_size(fact: tuple[float, float]) -> bool:
    return all(3 <= side <= 14400 for side in fact)
