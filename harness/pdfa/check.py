"""One check of one document: the order of the steps (see the package docstring)."""

from __future__ import annotations

from harness.pdfa import metadata, xmp
from harness.pdfa.context import Context
from harness.pdfa.cos import Document
from harness.pdfa.limits import Budget, Limits
from harness.pdfa.model import FLAVOURS, Flavour


def run(data: bytes, flavour: Flavour, budget: Budget) -> Context:
    """Check ``data`` against ``flavour``; raises Unreadable and LimitExceeded."""
    doc = Document(data, budget)
    ctx = Context(doc, flavour, budget)
    stream, packet = metadata.read_main(doc, budget.limits)
    root = doc.dict_of(doc.trailer.get("Root"))
    if packet is not None:
        metadata.check_packet(ctx, packet, "Catalog / Metadata", True)
    metadata.check_info(ctx, packet)
    return ctx
