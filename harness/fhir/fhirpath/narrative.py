"""Whether a narrative is what FHIR allows, as invariants of the specification ask (``htmlChecks()``)."""

from __future__ import annotations

from lxml import etree

from harness.fhir.parsers import xml_parser

XHTML = "{http://www.w3.org/1999/xhtml}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _words(
    "p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite "
    "blockquote hr ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code "
    "samp img map area u s sub sup address kbd "
)
_ATTRIBUTES = _words(
    "title style class id lang dir accesskey tabindex span width align valign char charoff abbr axis "
    "headers scope rowspan colspan type charset hreflang rel rev shape coords href name src alt "
    "longdesc height usemap ismap cite datetime summary frame rules border cellspacing cellpadding "
    "start value compact nowrap hspace vspace background bgcolor color "
)
MAX_NARRATIVE = 5_000_000


def narrative_ok(text: str) -> bool:
    """Whether a narrative ``div`` holds only what FHIR allows (invariant txt-1) and has content (txt-2)."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text or len(text) > MAX_NARRATIVE:
        return False
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), xml_parser())
    except (etree.XMLSyntaxError, ValueError):
        return False
    if root.tag != XHTML + "div":
        return False
    content = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.removeprefix(XHTML)
        if name not in _ELEMENTS:
            return False
        for attribute in element.attrib:
            plain = str(attribute)
            if plain not in _ATTRIBUTES and plain != "{http://www.w3.org/XML/1998/namespace}lang":
                return False
        content = (
            content or name == "img" or bool((element.text or "").strip() or (element.tail or "").strip())
        )
    return content
