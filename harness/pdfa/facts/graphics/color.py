"""Colour spaces: parsing, Default spaces, and the facts that rules look at (ISO 32000-1, 8.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.graphics import icc
from harness.pdfa.file.cos import Document, Stream
from harness.pdfa.file.lex import Ref

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context
    from harness.pdfa.facts.graphics.content import Resources

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


def parse(ctx: Context, value: Any, resources: Resources | None, depth: int = 0) -> Space | None:
    """The colour space behind ``value`` (a name or an array); device spaces go through the Default spaces.

    Returns ``None`` when it is undefined or damaged.
    """
    doc = ctx.doc
    if depth > 8:
        return None
    found = doc.resolve(value)
    if type(found) is str:
        return _named(ctx, found, resources, depth)
    if type(found) is not list or not found:
        return None
    family = doc.name(found[0])
    if family is None:
        return None
    family = _ABBREVIATED.get(family, family)
    if family in _DEVICE:
        return _device(ctx, family, resources, depth)
    if family == "Pattern":
        base = parse(ctx, found[1], resources, depth + 1) if len(found) > 1 else None
        return Space("Pattern", base, value=found)
    cached = ctx.spaces.get(id(found))
    if cached is not None and resources is not None and not resources.has_defaults(ctx):
        return cached
    space = _array(ctx, family, found, resources, depth)
    if space is not None and (resources is None or not resources.has_defaults(ctx)):
        ctx.spaces[id(found)] = space
    return space


def _named(ctx: Context, name: str, resources: Resources | None, depth: int) -> Space | None:
    if name in _BASIC:
        return _device(ctx, name, resources, depth)
    if name == "Pattern":
        return Space("Pattern")
    if resources is not None:
        entry = resources.lookup(ctx, "ColorSpace", name)
        if entry is not None:
            if ctx.doc.name(entry) == name:
                return None
            return parse(ctx, entry, resources, depth + 1)
    short = _ABBREVIATED.get(name)
    return _device(ctx, short, resources, depth) if short in _DEVICE else None


def _device(ctx: Context, name: str, resources: Resources | None, depth: int) -> Space:
    if resources is not None:
        default = resources.default(ctx, _DEVICE[name])
        if default is not None:
            found = ctx.doc.resolve(default)
            if type(found) is list:
                space = parse(ctx, found, None, depth + 1)
                if space is not None:
                    return space
    return _BASIC[name]


def _array(
    ctx: Context, family: str, found: list[Any], resources: Resources | None, depth: int
) -> Space | None:
    doc = ctx.doc
    if family == "ICCBased":
        stream = doc.stream(found[1]) if len(found) > 1 else None
        if stream is None:
            return None
        return Space("ICCBased", None, stream, found)
    if family in ("CalGray", "CalRGB", "Lab"):
        return Space(family, value=found)
    if family == "Indexed":
        base = parse(ctx, found[1], resources, depth + 1) if len(found) > 1 else None
        return Space("Indexed", base, value=found)
    if family == "Separation" and len(found) > 3:
        name = doc.name(found[1]) or ""
        return Space("Separation", parse(ctx, found[2], resources, depth + 1), value=found, names=(name,))
    if family == "DeviceN" and len(found) > 3:
        names = tuple(n for n in (doc.name(v) for v in doc.array(found[1])) if n is not None)
        space = Space("DeviceN", parse(ctx, found[2], resources, depth + 1), value=found, names=names)
        attributes = doc.dict_of(found[4]) if len(found) > 4 else {}
        for entry in doc.sub(attributes, "Colorants").values():
            colorant = parse(ctx, entry, resources, depth + 1)
            if colorant is not None:
                space.extra.append(colorant)
        process = doc.sub(attributes, "Process").get("ColorSpace")
        if process is not None:
            process_space = parse(ctx, process, resources, depth + 1)
            if process_space is not None and ctx.part > 1:
                space.extra.append(process_space)
        return space
    return None


def components(space: Space) -> int:
    """Number of components of a space; 0 when unknown."""
    if space.kind in ("DeviceGray", "CalGray", "Separation", "Indexed"):
        return 1
    if space.kind in ("DeviceRGB", "CalRGB", "Lab"):
        return 3
    if space.kind == "DeviceCMYK":
        return 4
    if space.kind == "DeviceN":
        return len(space.names)
    if space.kind == "ICCBased" and space.profile is not None:
        return space.profile.doc.integer(space.profile.dict.get("N")) or 0
    return 0


def judge(ctx: Context, space: Space | None, where: str, overprint: bool = False, mode: int = 0) -> None:
    """Judge a space that is used for painting, with its alternates; remembers what was judged."""
    if space is None:
        return
    key = (id(space), overprint and mode == 1)
    if key in ctx.judged_spaces:
        return
    ctx.judged_spaces[key] = space
    kind = space.kind
    if kind in ("DeviceGray", "DeviceRGB", "DeviceCMYK"):
        ctx.judge(f"PD{kind}", DeviceFact(ctx.output_space), where)
    elif kind == "ICCBased" and space.profile is not None:
        fact = icc.read(space.profile)
        ctx.judge("ICCInputProfile", fact, where, fact.describe())
        icc.check_count(ctx, space.profile, fact, where)
        if fact.space == "CMYK" or ctx.doc.integer(space.profile.dict.get("N")) == 4:
            ctx.judge("PDICCBasedCMYK", OverprintFact(overprint, mode), where)
    elif kind == "Separation":
        _separation(ctx, space, where)
    elif kind == "DeviceN":
        _device_n(ctx, space, where)
    if space.base is not None:
        judge(ctx, space.base, where, overprint, mode)
    for extra in space.extra:
        judge(ctx, extra, where, overprint, mode)


def _separation(ctx: Context, space: Space, where: str) -> None:
    name = space.names[0]
    ctx.judge("CosUnicodeName", name, where, name)
    if ctx.part == 1:
        return
    first = ctx.separations.setdefault(name, space)
    consistent = first is space or (
        same(ctx.doc, first.value[2], space.value[2]) and same(ctx.doc, first.value[3], space.value[3])
    )
    ctx.judge("PDSeparation", SeparationFact(name, consistent), where)


def _device_n(ctx: Context, space: Space, where: str) -> None:
    doc = ctx.doc
    for name in space.names:
        ctx.judge("CosUnicodeName", name, where, name)
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
    ctx.judge("PDDeviceN", DeviceNFact(len(space.names), missing), where)


def same(doc: Document, left: Any, right: Any) -> bool:
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
