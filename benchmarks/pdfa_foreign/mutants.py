"""Mutants of foreign documents: generic operators on objects and streams, not written per rule."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

from programs import Absent

NAMES = (
    "DeviceRGB DeviceCMYK DeviceGray Identity WinAnsiEncoding MacRomanEncoding Type1 TrueType Type3 CIDFontType0 "
    "CIDFontType2 Image Form Link Widget Text Multiply Normal None Foo XML URI GoTo Launch GTS_PDFA1 Identity-H Identity-V "
    "FlateDecode P Span Document"
)
KEYS = (
    "AA A OPI Alternates Interpolate TR HTP BM ca SMask Ref Lang Metadata F AS AF CIDSet CharSet Encoding ToUnicode Group "
    "PresSteps Subtype2 Matte Intent Decode Mask OC"
)
NUMBERS = [0, 1, -1, 2, 4, 8, 16, 300, 1000, 65536, True, False, 0.5, 99999]


def mutants(root: Path, out: Path, count: int, seed: int) -> None:
    """Write ``count`` mutants of documents below ``root`` that claim PDF/A."""
    try:
        import pikepdf
    except ImportError as error:
        raise Absent("no pikepdf") from error
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    sources = [
        path
        for path in sorted(root.glob("*/*.pdf"))
        if path.parent.name not in ("mistakes", "qpdf", "structures") and path.stat().st_size < 300_000
        if b"pdfaid" in path.read_bytes()
    ]
    out.mkdir(parents=True, exist_ok=True)
    made = 0
    while made < count:
        source = rng.choice(sources)
        name = f"{made:04}-{source.parent.name}-{source.stem}.pdf"
        try:
            with pikepdf.open(source) as pdf:
                for _ in range(rng.choice([1, 1, 1, 2])):
                    _mutate(pikepdf, pdf, rng)
                pdf.save(out / name, deterministic_id=True, fix_metadata_version=False)
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
            continue  # the library refuses this one
        made += 1


def _value(pikepdf: Any, old: Any, rng: random.Random) -> Any:
    """Another value, of a like or of an unlike type."""
    if not isinstance(old, pikepdf.Object):
        return rng.choice(NUMBERS)
    name = pikepdf.Name("/" + rng.choice(NAMES.split()))
    return rng.choice(
        [
            name,
            0,
            1,
            True,
            pikepdf.Array([]),
            pikepdf.Dictionary(),
            pikepdf.String("x"),
            pikepdf.Array([0, 0, 1, 1]),
        ]
    )


def _mutate(pikepdf: Any, pdf: Any, rng: random.Random) -> None:
    """One change: an entry lost, replaced or added, an item replaced, or bytes of a stream changed."""
    target = rng.choice([o for o in pdf.objects if isinstance(o, pikepdf.Dictionary | pikepdf.Stream)])
    keys = [key for key in target.keys() if key not in ("/Length", "/Filter", "/DecodeParms")]  # noqa: SIM118
    if not keys:
        return
    key, kind = rng.choice(keys), rng.randrange(5)
    inner = target[key]
    if kind == 0 and key not in ("/Kids", "/Pages"):
        del target[key]
    elif kind == 1:
        target[key] = _value(pikepdf, inner, rng)
    elif kind == 2 and isinstance(inner, pikepdf.Array) and len(inner):
        index = rng.randrange(len(inner))
        inner[index] = _value(pikepdf, inner[index], rng)
    elif kind == 3 and isinstance(inner, pikepdf.Dictionary) and len(list(inner.keys())):
        name = rng.choice(list(inner.keys()))
        if rng.random() < 0.5:
            del inner[name]
        else:
            inner[name] = _value(pikepdf, inner[name], rng)
    elif kind == 4 and isinstance(target, pikepdf.Stream):
        data = bytearray(target.read_bytes())
        for _ in range(rng.randrange(1, 4) if data else 0):
            data[rng.randrange(len(data))] = rng.choice(b"0123456789 /<>()[]qQabcTfgs")
        target.write(bytes(data))
    else:
        target["/" + rng.choice(KEYS.split())] = _value(pikepdf, rng.choice([1, pikepdf.Name.X]), rng)
