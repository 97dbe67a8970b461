"""Metadata of any dictionary in the file is looked at in parts 2 and 3, reached from a page or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.pdfa import check
from tests.pdfa.pdfa_fixtures.builder import RDF, Doc, Ref, Stream

UNDECLARED = {"6.6.2.3.1-1", "6.6.2.3.1-2"}
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    f'xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:v="http://example.org/own/" v:note="x"/></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
)


def metadata(d: Doc, packet: bytes = PACKET.encode(), **entries: Any) -> Ref:
    """A metadata stream with a property that no schema declares."""
    return d.add(Stream({"Type": "/Metadata", "Subtype": "/XML", **entries}, packet))


def on_property_list(d: Doc, m: Ref) -> None:
    d.resource("Properties", "P0", d.add({"Type": "/Own", "Metadata": m}))
    d.draw(b"/Span /P0 BDC EMC")


def on_structure_element(d: Doc, m: Ref) -> None:
    element = d.add({"Type": "/StructElem", "S": "/P", "Metadata": m})
    d.catalog["StructTreeRoot"] = d.add({"Type": "/StructTreeRoot", "K": [element]})


def on_font_descriptor(d: Doc, m: Ref) -> None:
    _, descriptor = d.font("F2")
    descriptor["Metadata"] = m


PLACES: dict[str, Callable[[Doc, Ref], object]] = {
    "property list": on_property_list,
    "property list in the resources": lambda d, m: d.resource("Properties", "P0", {"Metadata": m}),
    "structure element": on_structure_element,
    "form that no page draws": lambda d, m: d.form(Metadata=m),
    "form that a page draws": lambda d, m: (d.resource("XObject", "X", d.form(Metadata=m)), d.draw(b"/X Do")),
    "font that no page uses": on_font_descriptor,
    "page": lambda d, m: d.page.update(Metadata=m),
    "resources": lambda d, m: d.resources.update(Metadata=m),
    "output intent": lambda d, m: d.intent.update(Metadata=m),
    "any object": lambda d, m: d.add({"Own": 1, "Metadata": m}),
    "dictionary in an object": lambda d, m: d.add({"Own": {"Metadata": m}}),
    "dictionary in an array": lambda d, m: d.add([{"Metadata": m}]),
    "stream": lambda d, m: d.stream(b"x", Metadata=m),
    "metadata of metadata": lambda d, m: d.metadata.update(Metadata=m),
    "document information": lambda d, m: d.info.update(Metadata=m),
    "trailer": lambda d, m: d.trailer.update(Own={"Metadata": m}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("flavour", ["1b", "2b", "3b"])
def test_metadata_of_any_dictionary(place: str, flavour: str) -> None:
    d = Doc(int(flavour[0]), flavour[1])
    PLACES[place](d, metadata(d))
    report = check(d.write(), flavour)
    assert set(report.rules) == (set() if flavour == "1b" else UNDECLARED)
    assert all(finding.where.endswith("/ Metadata") for finding in report.findings)


@pytest.mark.parametrize("place", PLACES)
def test_declared_properties_conform_everywhere(place: str) -> None:
    d = Doc(2, "b")
    good = PACKET.replace("http://example.org/own/", "http://purl.org/dc/elements/1.1/").replace(
        "note", "source"
    )
    PLACES[place](d, metadata(d, good.encode()))
    assert check(d.write(), "2b").rules == ()


@pytest.mark.parametrize("place", ["any object", "page"])
@pytest.mark.parametrize(
    "entries", [{"Type": "/Own"}, {"Subtype": "/Own"}, {"Type": "/Own", "Subtype": "/Own"}]
)
def test_only_streams_of_type_metadata_and_subtype_xml_count(place: str, entries: dict[str, str]) -> None:
    d = Doc(2, "b")
    PLACES[place](d, metadata(d, **entries))
    assert check(d.write(), "2b").rules == ()


def test_a_stream_that_nothing_calls_metadata_does_not_count() -> None:
    d = Doc(2, "b")
    d.add({"Own": metadata(d)})
    assert check(d.write(), "2b").rules == ()


def test_a_damaged_packet_is_found_and_one_packet_is_reported_once() -> None:
    d = Doc(2, "b")
    d.add({"Metadata": metadata(d, b"<x:xmpmeta")})
    assert set(check(d.write(), "2b").rules) == {"6.6.2.1-4", "6.6.2.1-5"}
    d = Doc(2, "b")
    shared = metadata(d)
    d.add({"A": 1, "Metadata": shared})
    d.add({"B": 1, "Metadata": shared})
    assert {finding.count for finding in check(d.write(), "2b").findings} == {1}
