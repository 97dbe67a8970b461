# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on colour: ISO 19005-1, 6.2.2, 6.2.3 and 6.2.9; ISO 19005-2/-3, 6.2.3, 6.2.4 and 6.2.6."""

from __future__ import annotations

from harness.pdfa.facts.graphics.color.icc import COMPONENTS, CountFact, ProfileFact
from harness.pdfa.facts.graphics.color.spaces import DeviceFact, DeviceNFact, OverprintFact, SeparationFact
from harness.pdfa.rules.rule import rule_list

RULES, rule = rule_list()

_SPACES = "GRAY, RGB, CMYK"

# -- output intents and profiles -------------------------------------------------------------------


@rule(
    "ICCOutputProfile", "6.2.2-1",
    nl="Het profiel van een output intent is een geldig ICC-profiel (prtr of mntr; GRAY, RGB of CMYK; versie 2).",
    en="The profile of an output intent is a valid ICC profile (prtr or mntr; GRAY, RGB or CMYK; version 2).",
    values=lambda f: (f"prtr, mntr; {_SPACES}; 2.x", f.describe()),
)  # fmt: skip
def output_profile_part1(fact: ProfileFact) -> bool:
    return _output_profile(fact, 3.0)


@rule(
    "ICCOutputProfile", None, "6.2.3-1",
    nl="Het profiel van een output intent is een geldig ICC-profiel (prtr of mntr; GRAY, RGB of CMYK).",
    en="The profile of an output intent is a valid ICC profile (prtr or mntr; GRAY, RGB or CMYK).",
    values=lambda f: (f"prtr, mntr; {_SPACES}; < 5", f.describe()),
)  # fmt: skip
def output_profile_part2(fact: ProfileFact) -> bool:
    return _output_profile(fact, 5.0)


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
def no_profile_reference(fact: bool) -> bool:
    return not fact


@rule(
    "ICCInputProfile", "6.2.3.2-1",
    nl="Een ICC-kleurruimte heeft een geldig profiel (scnr, mntr, spac of prtr; versie 2).",
    en="An ICC colour space has a valid profile (scnr, mntr, spac or prtr; version 2).",
    values=lambda f: (f"scnr, mntr, spac, prtr; {_SPACES}, Lab; 2.x", f.describe()),
)  # fmt: skip
def input_profile_part1(fact: ProfileFact) -> bool:
    return _input_profile(fact, 3.0)


@rule(
    "ICCInputProfile", None, "6.2.4.2-1",
    nl="Een ICC-kleurruimte heeft een geldig profiel (scnr, mntr, spac of prtr; lager dan versie 5).",
    en="An ICC colour space has a valid profile (scnr, mntr, spac or prtr; below version 5).",
    values=lambda f: (f"scnr, mntr, spac, prtr; {_SPACES}, Lab; < 5", f.describe()),
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
    values=lambda f: (COMPONENTS.get(f.space), f.declared),
)  # fmt: skip
def profile_components(fact: CountFact) -> bool:
    return fact.declared is not None and COMPONENTS.get(fact.space) == fact.declared


# -- spaces and rendering intents ------------------------------------------------------------------


@rule(
    "PDDeviceRGB", "6.2.3.3-1", "6.2.4.3-2",
    nl="DeviceRGB vraagt een output intent met een RGB-profiel (of een DefaultRGB).",
    en="DeviceRGB needs an output intent with an RGB profile (or a DefaultRGB).",
    values=lambda f: ("RGB", f.output or "-"),
)  # fmt: skip
def device_rgb(fact: DeviceFact) -> bool:
    return fact.output == "RGB "


@rule(
    "PDDeviceCMYK", "6.2.3.3-2", "6.2.4.3-3",
    nl="DeviceCMYK vraagt een output intent met een CMYK-profiel (of een DefaultCMYK).",
    en="DeviceCMYK needs an output intent with a CMYK profile (or a DefaultCMYK).",
    values=lambda f: ("CMYK", f.output or "-"),
)  # fmt: skip
def device_cmyk(fact: DeviceFact) -> bool:
    return fact.output == "CMYK"


@rule(
    "PDDeviceGray", "6.2.3.3-3", "6.2.4.3-4",
    nl="DeviceGray vraagt een output intent (of een DefaultGray).",
    en="DeviceGray needs an output intent (or a DefaultGray).",
    values=lambda f: ("GRAY, RGB, CMYK", f.output or "-"),
)  # fmt: skip
def device_gray(fact: DeviceFact) -> bool:
    return fact.output is not None


@rule(
    "PDICCBasedCMYK", None, "6.2.4.2-2",
    nl="Overdruk met OPM 1 wordt niet gebruikt met een ICC-CMYK-kleurruimte.",
    en="Overprint with OPM 1 is not used with an ICC CMYK colour space.",
)  # fmt: skip
def no_icc_overprint(fact: OverprintFact) -> bool:
    return not (fact.overprint and fact.mode == 1)


@rule(
    "PDDeviceN", None, "6.2.4.4-1",
    nl="Elke steunkleur van een DeviceN-kleurruimte staat in Colorants.",
    en="Every spot colour of a DeviceN colour space is listed in Colorants.",
)  # fmt: skip
def colorants_listed(fact: DeviceNFact) -> bool:
    return not fact.missing


@rule(
    "PDSeparation", None, "6.2.4.4-2",
    nl="Separations met dezelfde naam hebben dezelfde tintTransform en alternateSpace.",
    en="Separations of the same name have the same tintTransform and alternateSpace.",
)  # fmt: skip
def separations_agree(fact: SeparationFact) -> bool:
    return fact.consistent


_INTENTS = {"RelativeColorimetric", "AbsoluteColorimetric", "Perceptual", "Saturation"}


@rule(
    "CosRenderingIntent", "6.2.9-1", "6.2.6-1",
    nl="Een rendering intent is een van de vier bekende.", en="A rendering intent is one of the four known ones.",
    values=lambda f: (", ".join(sorted(_INTENTS)), f),
)  # fmt: skip
def known_intent(fact: str) -> bool:
    return fact in _INTENTS
