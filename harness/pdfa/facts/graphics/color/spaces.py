"""Colour spaces: parsing, Default spaces, and the facts that rules look at (ISO 32000-1, 8.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.graphics.color import icc
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.objects import Objects, Stream

_DEVICE = {"DeviceGray": "DefaultGray", "DeviceRGB": "DefaultRGB", "DeviceCMYK": "DefaultCMYK"}
_ABBREVIATED = {
    "G": "DeviceGray",
    "RGB": "DeviceRGB",
    "CMYK": "DeviceCMYK",
    "I": "Indexed",
    "CalCMYK": "DeviceCMYK",
}
_PROCESS = {"Cyan", "Magenta", "Yellow", "Black"}


@dataclass(slots=True, eq=False)
class Space:
    """A colour space as far as rules need it.

    :ivar kind: family name (``DeviceRGB``, ``ICCBased``, ``Separation``, …).
    :ivar base: alternate space, base of Indexed, or underlying space of Pattern.
    """

    kind: str
    base: Space | None = None
    profile: Stream | None = None
    value: Any = None
    names: tuple[str, ...] = ()
    extra: list[Space] = field(default_factory=list)


GRAY = Space("DeviceGray")
RGB = Space("DeviceRGB")
CMYK = Space("DeviceCMYK")
_BASIC = {"DeviceGray": GRAY, "DeviceRGB": RGB, "DeviceCMYK": CMYK}


@dataclass(slots=True)
class DeviceFact:
    """A device colour space in use; ``output`` = space of the output intent, ``None`` without one."""

    output: str | None


@dataclass(slots=True)
class OverprintFact:
    """An ICC CMYK space in use with the overprint state of that use."""

    overprint: bool
    mode: int


@dataclass(slots=True)
class DeviceNFact:
    """A DeviceN space in use."""

    count: int
    missing: tuple[str, ...]

    @property
    def received(self) -> str:
        """Colorants without an entry."""
        return ", ".join(self.missing)


@dataclass(slots=True)
class SeparationFact:
    """A Separation in use, compared with the first one of the same name."""

    name: str
    consistent: bool

    @property
    def received(self) -> str:
        """The colorant."""
        return self.name


class Colors:
    """The colour spaces of one document: each is read once, and gives its facts once when it paints."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.doc = ctx.doc
        self._spaces: dict[int, Space] = {}
        self._used: dict[tuple[int, bool], Space] = {}
        self._separations: dict[str, Space] = {}

    # -- reading ----------------------------------------------------------------------------------

    def parse(self, value: Any, resources: Resources | None, depth: int = 0) -> Space | None:
        """The colour space behind ``value``, a name or an array; device spaces go through the Default ones.

        Returns ``None`` when it is undefined or damaged.
        """
        doc = self.doc
        if depth > 8:
            return None
        found = doc.resolve(value)
        if type(found) is str:
            return self._named(found, resources, depth)
        if type(found) is not list or not found:
            return None
        family = doc.name(found[0])
        if family is None:
            return None
        family = _ABBREVIATED.get(family, family)
        if family in _DEVICE:
            return self._device(family, resources, depth)
        if family == "Pattern":
            base = self.parse(found[1], resources, depth + 1) if len(found) > 1 else None
            return Space("Pattern", base, value=found)
        cached = self._spaces.get(id(found))
        if cached is not None and resources is not None and not resources.has_defaults():
            return cached
        space = self._array(family, found, resources, depth)
        if space is not None and (resources is None or not resources.has_defaults()):
            self._spaces[id(found)] = space
        return space

    def _named(self, name: str, resources: Resources | None, depth: int) -> Space | None:
        if name in _BASIC:
            return self._device(name, resources, depth)
        if name == "Pattern":
            return Space("Pattern")
        if resources is not None:
            entry = resources.lookup("ColorSpace", name)
            if entry is not None:
                if self.doc.name(entry) == name:
                    return None
                return self.parse(entry, resources, depth + 1)
        short = _ABBREVIATED.get(name)
        return self._device(short, resources, depth) if short in _DEVICE else None

    def _device(self, name: str, resources: Resources | None, depth: int) -> Space:
        if resources is not None:
            default = resources.default(_DEVICE[name])
            if default is not None:
                found = self.doc.resolve(default)
                if type(found) is list:
                    space = self.parse(found, None, depth + 1)
                    if space is not None:
                        return space
        return _BASIC[name]

    def _array(self, family: str, found: list[Any], resources: Resources | None, depth: int) -> Space | None:
        doc = self.doc
        if family == "ICCBased":
            stream = doc.stream(found[1]) if len(found) > 1 else None
            return Space("ICCBased", None, stream, found) if stream is not None else None
        if family in ("CalGray", "CalRGB", "Lab"):
            return Space(family, value=found)
        if family == "Indexed":
            base = self.parse(found[1], resources, depth + 1) if len(found) > 1 else None
            return Space("Indexed", base, value=found)
        if family == "Separation" and len(found) > 3:
            name = doc.name(found[1]) or ""
            return Space("Separation", self.parse(found[2], resources, depth + 1), value=found, names=(name,))
        if family == "DeviceN" and len(found) > 3:
            return self._read_device_n(found, resources, depth)
        return None

    def _read_device_n(self, found: list[Any], resources: Resources | None, depth: int) -> Space:
        doc = self.doc
        names = tuple(n for n in (doc.name(v) for v in doc.array(found[1])) if n is not None)
        space = Space("DeviceN", self.parse(found[2], resources, depth + 1), value=found, names=names)
        attributes = doc.dict_of(found[4]) if len(found) > 4 else {}
        for entry in doc.sub(attributes, "Colorants").values():
            colorant = self.parse(entry, resources, depth + 1)
            if colorant is not None:
                space.extra.append(colorant)
        process = doc.sub(attributes, "Process").get("ColorSpace")
        if process is not None:
            process_space = self.parse(process, resources, depth + 1)
            if process_space is not None and self.ctx.part > 1:
                space.extra.append(process_space)
        return space

    # -- facts ------------------------------------------------------------------------------------

    def use(self, space: Space | None, where: str, overprint: bool = False, mode: int = 0) -> None:
        """Facts of a space that is used to paint, and of its alternates; remembers what was used."""
        if space is None:
            return
        key = (id(space), overprint and mode == 1)
        if key in self._used:
            return
        self._used[key] = space
        ctx, kind = self.ctx, space.kind
        if kind in ("DeviceGray", "DeviceRGB", "DeviceCMYK"):
            ctx.emit(f"PD{kind}", DeviceFact(ctx.output_space), where)
        elif kind == "ICCBased" and space.profile is not None:
            fact = icc.read(space.profile)
            ctx.emit("ICCInputProfile", fact, where, fact.describe())
            icc.emit_count(ctx, space.profile, fact, where)
            if fact.space == "CMYK" or self.doc.integer(space.profile.dict.get("N")) == 4:
                ctx.emit("PDICCBasedCMYK", OverprintFact(overprint, mode), where)
        elif kind == "Separation":
            self._separation(space, where)
        elif kind == "DeviceN":
            self._device_n(space, where)
        if space.base is not None:
            self.use(space.base, where, overprint, mode)
        for extra in space.extra:
            self.use(extra, where, overprint, mode)

    def _separation(self, space: Space, where: str) -> None:
        name = space.names[0]
        self.ctx.emit("CosUnicodeName", name, where, name)
        if self.ctx.part == 1:
            return
        first = self._separations.setdefault(name, space)
        consistent = first is space or (
            same(self.doc, first.value[2], space.value[2]) and same(self.doc, first.value[3], space.value[3])
        )
        self.ctx.emit("PDSeparation", SeparationFact(name, consistent), where)

    def _device_n(self, space: Space, where: str) -> None:
        doc = self.doc
        for name in space.names:
            self.ctx.emit("CosUnicodeName", name, where, name)
        attributes = doc.dict_of(space.value[4]) if len(space.value) > 4 else {}
        colorants = doc.sub(attributes, "Colorants")
        process = {
            n for n in (doc.name(v) for v in doc.array(doc.sub(attributes, "Process").get("Components"))) if n
        }
        missing = tuple(
            n
            for n in space.names
            if n != "None" and n not in _PROCESS and n not in process and n not in colorants
        )
        self.ctx.emit("PDDeviceN", DeviceNFact(len(space.names), missing), where)


def same(doc: Objects, left: Any, right: Any) -> bool:
    """Deep equality of PDF objects; streams compare by dictionary and bytes."""
    work = [(left, right)]
    seen: set[tuple[int, int]] = set()
    while work:
        left, right = work.pop()
        if type(left) is Ref and left == right:
            continue
        left, right = doc.resolve(left), doc.resolve(right)
        if left is right:
            continue
        key = (id(left), id(right))
        if key in seen:
            continue
        seen.add(key)
        if isinstance(left, Stream) and isinstance(right, Stream):
            if left.raw() != right.raw():
                return False
            left, right = left.dict, right.dict
        if type(left) is dict and type(right) is dict:
            if left.keys() != right.keys():
                return False
            work += [(v, right[k]) for k, v in left.items()]
        elif type(left) is list and type(right) is list:
            if len(left) != len(right):
                return False
            work += list(zip(left, right, strict=True))
        elif type(left) in (int, float) and type(right) in (int, float):
            if left != right:
                return False
        elif type(left) is not type(right) or left != right:
            return False
        if len(seen) & 0x3FF == 0:
            doc.budget.tick()
    return True
