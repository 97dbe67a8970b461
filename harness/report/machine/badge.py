"""A badge for a web page: of whom, in which standards, the outcome, the day. SVG that needs nothing else.

It says what the first page of the report says, never more, and in words too, so that no colour is needed to
read it. A picture proves nothing: that is what a sealed run is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from lxml import etree

from harness.core.algebra import Outcome
from harness.core.formats.junit import plain
from harness.core.standards.table import standards
from harness.core.text import Lang, Text
from harness.report.dossier.waived import day as written
from harness.report.headlines import outcome_word
from harness.report.vendor.page import VendorPage
from harness.report.words import KIND

SVG: Final = "http://www.w3.org/2000/svg"
XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_LABEL: Final = "#24292f"
_COLOUR: Final[Mapping[Outcome | None, str]] = {
    Outcome.CONFORMS: "#1a7f37",
    Outcome.FAILS: "#b42318",
    Outcome.NO_VERDICT: "#57606a",
    None: "#57606a",
}
"""White text is readable on each (5:1 or more)."""
_SYMBOL: Final[Mapping[Outcome | None, str]] = {Outcome.CONFORMS: "✓ ", Outcome.FAILS: "✗ "}
_HEIGHT: Final = 22
_PAD: Final = 8
_WIDTHS: Final[Mapping[str, float]] = {
    **dict.fromkeys("ijl.,:;'|!()[] ft", 4.2),
    **dict.fromkeys("mwMW%@", 10.4),
    **dict.fromkeys("ABCDEFGHKNOPQRSUVXYZ0123456789", 7.7),
}
"""Widths in a common sans serif at 11 pixels; what is drawn is stretched to them."""
_TITLE: Final = Text(
    nl="{name}, {standards}: {outcome} op {day}", en="{name}, {standards}: {outcome} on {day}"
)
_NOTHING: Final = Text(nl="geen standaard", en="no standard")


def badge(told: VendorPage, day: date, lang: Lang) -> bytes:
    """The badge of a party as SVG.

    :param day: on which this was the outcome.
    """
    standing = told.standing
    outcome = standing.outcome if standing is not None else None
    known = standards()
    names = [known[name].title.of(lang) if name in known else name for name in told.mine.standards]
    word = outcome_word(standing, rehearsal=told.run.rehearsal) if standing else KIND[told.party.kind]
    said = {
        "name": told.name.of(lang),
        "standards": ", ".join(names) or _NOTHING.of(lang),
        "outcome": word.of(lang),
        "day": written(day).of(lang),
    }
    parts = (
        (f"{said['name']} · {said['standards']}", _LABEL),
        (f"{_SYMBOL.get(outcome, '')}{said['outcome']}", _COLOUR[outcome]),
        (said["day"], _LABEL),
    )
    return _drawn(
        [(plain(text), colour) for text, colour in parts], plain(_TITLE.format(**said).of(lang)), lang
    )


def _drawn(parts: list[tuple[str, str]], title: str, lang: Lang) -> bytes:
    widths = [sum(_WIDTHS.get(letter, 6.7) for letter in text) + 2 * _PAD for text, _ in parts]
    root = etree.Element(
        f"{{{SVG}}}svg",
        {
            "width": f"{sum(widths):.1f}",
            "height": str(_HEIGHT),
            "viewBox": f"0 0 {sum(widths):.1f} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": "t",
            f"{XML}lang": lang,
        },
        nsmap={None: SVG},  # type: ignore[dict-item]
    )
    etree.SubElement(root, f"{{{SVG}}}title", id="t").text = title
    left = 0.0
    for (text, colour), width in zip(parts, widths, strict=True):
        etree.SubElement(
            root, f"{{{SVG}}}rect", x=f"{left:.1f}", width=f"{width:.1f}", height=str(_HEIGHT), fill=colour
        )
        drawn = etree.SubElement(
            root,
            f"{{{SVG}}}text",
            {
                "x": f"{left + _PAD:.1f}",
                "y": "15",
                "fill": "#ffffff",
                "font-family": "Verdana, DejaVu Sans, sans-serif",
                "font-size": "11",
                "textLength": f"{width - 2 * _PAD:.1f}",
                "lengthAdjust": "spacingAndGlyphs",
                "aria-hidden": "true",
            },
        )
        drawn.text = text
        left += width
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
