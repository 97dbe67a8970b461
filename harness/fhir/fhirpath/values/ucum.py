"""The part of UCUM that clinical quantities use: units -> factor and dimension, without a library or a
network.

``parse_unit("mmol/L")`` gives the factor to base units and the exponents of the base units. Unknown units
give ``None``: such quantities are then only equal when their unit texts are equal. Factors are exact
decimals (fractions for derived ones).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]
"""Base unit and exponent, sorted; ``()`` is a plain number."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Meaning of a unit: ``value_in_base = value * factor + offset``.

    :ivar factor: multiplier to base units (m, g, s, K, C, cd, rad).
    :ivar dimension: exponents of the base units.
    :ivar offset: only for temperatures with another zero.
    """

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)

    @property
    def special(self) -> bool:
        """Whether the zero of the unit is not the zero of the base (``Cel``)."""
        return self.offset != 0


_PREFIXES: dict[str, Fraction] = {
    "Y": Fraction(10**24),
    "Z": Fraction(10**21),
    "E": Fraction(10**18),
    "P": Fraction(10**15),
    "T": Fraction(10**12),
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(1000),
    "h": Fraction(100),
    "da": Fraction(10),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    "m": Fraction(1, 1000),
    "u": Fraction(1, 10**6),
    "n": Fraction(1, 10**9),
    "p": Fraction(1, 10**12),
    "f": Fraction(1, 10**15),
    "a": Fraction(1, 10**18),
    "z": Fraction(1, 10**21),
    "y": Fraction(1, 10**24),
    "Ki": Fraction(1024),
    "Mi": Fraction(1024**2),
    "Gi": Fraction(1024**3),
    "Ti": Fraction(1024**4),
}

# metric units take a prefix; the value is (factor, definition in other units)
_METRIC: dict[str, tuple[str, str]] = {
    "m": ("1", "base"),
    "g": ("1", "base"),
    "s": ("1", "base"),
    "K": ("1", "base"),
    "C": ("1", "base"),
    "cd": ("1", "base"),
    "rad": ("1", "base"),
    "mol": ("602213670000000000000000", "1"),
    "sr": ("1", "rad2"),
    "Hz": ("1", "s-1"),
    "N": ("1", "kg.m/s2"),
    "Pa": ("1", "N/m2"),
    "J": ("1", "N.m"),
    "W": ("1", "J/s"),
    "A": ("1", "C/s"),
    "V": ("1", "J/C"),
    "F": ("1", "C/V"),
    "Ohm": ("1", "V/A"),
    "S": ("1", "Ohm-1"),
    "Wb": ("1", "V.s"),
    "T": ("1", "Wb/m2"),
    "H": ("1", "Wb/A"),
    "lm": ("1", "cd.sr"),
    "lx": ("1", "lm/m2"),
    "Bq": ("1", "s-1"),
    "Gy": ("1", "J/kg"),
    "Sv": ("1", "J/kg"),
    "l": ("1", "dm3"),
    "L": ("1", "l"),
    "ar": ("100", "m2"),
    "t": ("1000", "kg"),
    "bar": ("100000", "Pa"),
    "u": ("1.6605402e-24", "g"),
    "eV": ("1.60217733e-19", "J"),
    "pc": ("3.085678e16", "m"),
    "cal": ("4.184", "J"),
    "kat": ("1", "mol/s"),
    "U": ("1", "umol/min"),
    "eq": ("1", "mol"),
    "osm": ("1", "mol"),
    "[iU]": ("1", "arb:iU"),
    "[IU]": ("1", "[iU]"),
    "m[H2O]": ("9.80665e3", "Pa"),
    "m[Hg]": ("133.322e3", "Pa"),
    "mho": ("1", "S"),
    "bit": ("1", "1"),
    "By": ("8", "bit"),
    "G": ("1e-4", "T"),
    "dyn": ("1e-5", "N"),
    "erg": ("1e-7", "J"),
    "g%": ("1", "g/dl"),
    "Ci": ("37000000000", "Bq"),
    "st": ("1", "m3"),
    "g.m": ("1", "g.m"),
}
_PLAIN: dict[str, tuple[str, str]] = {
    "min": ("60", "s"),
    "h": ("60", "min"),
    "d": ("24", "h"),
    "wk": ("7", "d"),
    "a": ("365.25", "d"),
    "a_j": ("365.25", "d"),
    "a_g": ("365.2425", "d"),
    "a_t": ("365.24219", "d"),
    "mo": ("30.4375", "d"),
    "mo_j": ("30.4375", "d"),
    "mo_s": ("29.53059", "d"),
    "mo_g": ("30.436875", "d"),
    "deg": ("2", "[pi].rad/360"),
    "'": ("1", "deg/60"),
    "''": ("1", "'/60"),
    "gon": ("0.9", "deg"),
    "[pi]": ("3.1415926535897932384626433832795", "1"),
    "%": ("0.01", "1"),
    "[ppth]": ("0.001", "1"),
    "[ppm]": ("0.000001", "1"),
    "[ppb]": ("1e-9", "1"),
    "10*": ("10", "1"),
    "10^": ("10", "1"),
    "[in_i]": ("2.54", "cm"),
    "[ft_i]": ("12", "[in_i]"),
    "[yd_i]": ("3", "[ft_i]"),
    "[mi_i]": ("5280", "[ft_i]"),
    "[nmi_i]": ("1852", "m"),
    "[in_us]": ("1", "m/39.37"),
    "[sin_i]": ("1", "[in_i]2"),
    "[sft_i]": ("1", "[ft_i]2"),
    "[cin_i]": ("1", "[in_i]3"),
    "[gr]": ("64.79891", "mg"),
    "[lb_av]": ("7000", "[gr]"),
    "[oz_av]": ("1", "[lb_av]/16"),
    "[dr_av]": ("1", "[oz_av]/16"),
    "[stone_av]": ("14", "[lb_av]"),
    "[lbf_av]": ("4.4482216152605", "N"),
    "[psi]": ("1", "[lbf_av]/[in_i]2"),
    "[gal_us]": ("231", "[in_i]3"),
    "[qt_us]": ("1", "[gal_us]/4"),
    "[pt_us]": ("1", "[qt_us]/2"),
    "[foz_us]": ("1", "[gal_us]/128"),
    "[tbs_us]": ("0.5", "[foz_us]"),
    "[tsp_us]": ("1", "[tbs_us]/3"),
    "[cup_us]": ("16", "[tbs_us]"),
    "[Cal]": ("1000", "cal"),
    "[degR]": ("1", "K/1.8"),
    "atm": ("101325", "Pa"),
    "[drp]": ("1", "ml/20"),
    "Ao": ("0.1", "nm"),
    "[c]": ("299792458", "m/s"),
    "[g]": ("9.80665", "m/s2"),
    "[pH]": ("1", "arb:pH"),
    "[diop]": ("1", "m-1"),
    "[CFU]": ("1", "arb:CFU"),
    "[arb'U]": ("1", "arb:arbU"),
    "[USP'U]": ("1", "arb:USPU"),
    "[PFU]": ("1", "arb:PFU"),
    "[Ch]": ("1", "mm/3"),
    "[HPF]": ("1", "1"),
    "[LPF]": ("100", "1"),
    "[MET]": ("3.5", "ml/min/kg"),
    "[anti'Xa'U]": ("1", "arb:XaU"),
    "[GPL'U]": ("1", "arb:GPLU"),
    "[MPL'U]": ("1", "arb:MPLU"),
}
_TEMPERATURES: dict[str, tuple[Fraction, Fraction]] = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}

_ANNOTATION = re.compile(r"\{[^{}]*\}")
_SPLIT_EXPONENT = re.compile(r"(.*?[^\d+-])([+-]?\d+)\Z", re.DOTALL)
MAX_UNIT = 100


def _multiply(a: Dimension, b: Dimension, sign: int) -> Dimension:
    total = dict(a)
    for name, power in b:
        total[name] = total.get(name, 0) + sign * power
    return tuple(sorted((n, p) for n, p in total.items() if p))


@lru_cache(maxsize=512)
def _atom(name: str) -> Unit | None:
    """A unit symbol, with a prefix when it is metric."""
    if name in _TEMPERATURES:
        factor, offset = _TEMPERATURES[name]
        return Unit(factor, (("K", 1),), offset)
    for table, prefixes in ((_METRIC, {"": Fraction(1)}), (_PLAIN, {"": Fraction(1)}), (_METRIC, _PREFIXES)):
        for prefix, scale in prefixes.items():
            if name.startswith(prefix) and name[len(prefix) :] in table:
                value, definition = table[name[len(prefix) :]]
                factor = scale * Fraction(value)
                if definition == "base":
                    return Unit(factor, ((name[len(prefix) :], 1),))
                if definition.startswith("arb:"):
                    return Unit(factor, ((definition[4:], 1),))
                inner = parse_unit(definition)
                return Unit(factor * inner.factor, inner.dimension) if inner is not None else None
    return None


_DECIMAL = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?")


def _component(text: str) -> Unit | None:
    if _DECIMAL.fullmatch(text):  # no exponents: 1e999999999 fills the memory
        plain = Fraction(text)
        return Unit(plain, ()) if plain else None
    found = _atom(text)
    if found is not None:
        return found
    match = _SPLIT_EXPONENT.match(text)
    if match is None:
        return None
    base, power = _atom(match.group(1)), int(match.group(2))
    if base is None or base.special or abs(power) > 30:
        return None
    return Unit(base.factor**power, tuple((n, p * power) for n, p in base.dimension))


@lru_cache(maxsize=1024)
def parse_unit(code: str) -> Unit | None:
    """Meaning of a UCUM code, ``None`` when it is not in the subset or not UCUM.

    >>> parse_unit("mg").factor == Fraction(1, 1000)
    True
    """
    if len(code) > MAX_UNIT:
        return None
    text = code
    if "{" in code:  # an annotation that stands alone is the unit 1, after a unit it says nothing
        text = _ANNOTATION.sub("", re.sub(r"(?:(?<=[/.(])|\A)\{[^{}]*\}", "1", code))
    if "{" in text or "}" in text:
        return None
    if not text:
        return Unit(Fraction(1), ())
    tokens = _tokens(text)
    if tokens is None:
        return None
    unit, rest = _term(tokens, 0)
    return unit if rest == len(tokens) else None


def _tokens(text: str) -> list[str] | None:
    tokens: list[str] = []
    word, square = "", 0
    for at, char in enumerate(text):
        if char == "[":
            square += 1
        elif char == "]":
            square -= 1
        decimal_point = char == "." and word.isdigit() and text[at + 1 : at + 2].isdigit() and word != "10"
        if square <= 0 and char in "./()" and not decimal_point:
            if word:
                tokens.append(word)
            tokens.append(char)
            word = ""
        else:
            word += char
    if square:
        return None
    if word:
        tokens.append(word)
    return tokens


def _term(tokens: list[str], at: int) -> tuple[Unit | None, int]:
    """Product of components from token ``at``; stops at ``)`` or the end."""
    factor = Fraction(1)
    dimension: Dimension = ()
    only: Unit | None = None
    sign, first, count = 1, True, 0
    while at < len(tokens) and tokens[at] != ")":
        token = tokens[at]
        if token in "./":
            if first and token == ".":
                return None, at
            sign = -1 if token == "/" else 1
            at += 1
            if at >= len(tokens):
                return None, at
            token = tokens[at]
        elif not first:
            return None, at
        first = False
        if token == "(":
            found, at = _term(tokens, at + 1)
            if at >= len(tokens):
                return None, at
        elif token in "./)":
            return None, at
        else:
            found = _component(token)
        if found is None:
            return None, at
        at += 1
        count += 1
        only = found
        factor = factor * found.factor if sign > 0 else factor / found.factor
        dimension = _multiply(dimension, found.dimension, sign)
    if only is None:
        return None, at
    if count == 1 and sign > 0 and only.special:
        return only, at
    return Unit(factor, dimension), at


def base_code(dimension: Dimension) -> str:
    """A UCUM code for a dimension: ``(("m", 2),)`` -> ``m2``."""
    return ".".join(f"{name}{power if power != 1 else ''}" for name, power in dimension) or "1"
