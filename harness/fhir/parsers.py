"""lxml's parsers for FHIR documents and narratives; kept per thread, for making one costs more than reading a
resource with it."""

from __future__ import annotations

import threading

from lxml import etree


class _Kept(threading.local):
    """The parsers of one thread, by what they are to keep and to allow."""

    def __init__(self) -> None:
        self.made: dict[tuple[bool, bool], etree.XMLParser] = {}


_KEPT = _Kept()


def xml_parser(*, comments: bool = True, huge: bool = False) -> etree.XMLParser:
    """A parser without entities, DTD and network, for this thread.

    :param comments: whether comments and processing instructions are kept.
    :param huge: whether libxml2's limits on the size of texts are lifted.
    """
    found = _KEPT.made.get((comments, huge))
    if found is None:
        found = _KEPT.made[comments, huge] = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=not comments,
            remove_pis=not comments,
            huge_tree=huge,
        )
    return found
