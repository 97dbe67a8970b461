"""One check of one document: the order of the steps (see the package docstring)."""

from __future__ import annotations

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document import catalog, pages, syntax
from harness.pdfa.facts.metadata import metadata
from harness.pdfa.file.cos import Document
from harness.pdfa.file.limits import Budget
from harness.pdfa.model import Flavour


def run(data: bytes, flavour: Flavour, budget: Budget, depth: int = 0) -> Context:
    """Check ``data`` against ``flavour``; raises Unreadable and LimitExceeded.

    :param depth: how many documents this one is attached inside of.
    """
    doc = Document(data, budget)
    ctx = Context(doc, flavour, budget, depth)
    syntax.check_document(ctx)
    stream, packet = metadata.read_main(doc, budget.limits)
    ctx.judge("MetadataStream", metadata.is_metadata(stream), "Catalog / Metadata")
    if stream is not None and packet is not None:
        ctx.judge("PDMetadata", stream.dict, "Catalog / Metadata")
        metadata.check_packet(ctx, packet, "Catalog / Metadata", True)
        ctx.seen_metadata.add(stream.key.num)
    metadata.check_info(ctx, packet)
    catalog.check_catalog(ctx)
    pages.check_pages(ctx)
    catalog.check_rest(ctx)
    return ctx
