"""Marked content: property lists, languages, replacement text (ISO 32000-1, 14.6 and 14.9)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document.structure import emit_lang
from harness.pdfa.facts.graphics.frame import Frame, Operators
from harness.pdfa.file.limits import LimitExceeded
from harness.pdfa.file.objects import Objects


class MarkedContent:
    """``BMC``, ``BDC``, ``EMC`` and ``DP``, and what they say about text that is shown inside."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.doc = ctx.doc

    def operators(self) -> Operators:
        """The operators of this kind."""
        return {b"BMC": self._bmc, b"BDC": self._bdc, b"EMC": self._emc, b"DP": self._dp}

    def _bmc(self, frame: Frame, operands: list[Any]) -> None:
        frame.marked.append((False, None))

    def _bdc(self, frame: Frame, operands: list[Any]) -> None:
        properties = self._properties(frame, operands)
        mcid = self.doc.integer(properties.get("MCID"))
        frame.marked.append(("ActualText" in properties, mcid))
        if len(frame.marked) > 100_000:
            raise LimitExceeded("depth")

    def _emc(self, frame: Frame, operands: list[Any]) -> None:
        if frame.marked:
            frame.marked.pop()

    def _dp(self, frame: Frame, operands: list[Any]) -> None:
        self._properties(frame, operands)

    def _properties(self, frame: Frame, operands: list[Any]) -> dict[str, Any]:
        """The property list of ``BDC`` or ``DP``, empty when there is none."""
        if len(operands) < 2:
            return {}
        value = operands[-1]
        if type(value) is str:
            value = self.doc.resolve(frame.resources.lookup("Properties", value))
        if type(value) is not dict:
            return {}
        if "AF" in value:
            self.doc.facts.append(("AF", value, -1))
        if "Lang" in value:
            emit_lang(self.ctx, value["Lang"], f"{frame.where} / marked content")
        return value

    def has_actual_text(self, frame: Frame) -> bool:
        """Whether open marked content or its structure element gives replacement text."""
        for actual, mcid in reversed(frame.marked):
            if actual or (mcid is not None and self._element_has_actual_text(frame, mcid)):
                return True
        return False

    def _element_has_actual_text(self, frame: Frame, mcid: int) -> bool:
        """Whether the structure element of a marked-content id, or one above it, has ActualText."""
        doc = self.doc
        if frame.struct_parents is None:
            return False
        tree = doc.sub(doc.sub(self.ctx.root, "StructTreeRoot"), "ParentTree")
        entry = doc.resolve(_number_tree(doc, tree, frame.struct_parents))
        if type(entry) is not list or not 0 <= mcid < len(entry):
            return False
        element = doc.dict_of(entry[mcid])
        for _ in range(100):
            if "ActualText" in element:
                return True
            parent = doc.resolve(element.get("P"))
            if type(parent) is not dict:
                return False
            element = parent
        return False


def _number_tree(doc: Objects, node: dict[str, Any], number: int, depth: int = 0) -> Any:
    """Value of a key in a number tree."""
    pairs = doc.array(node.get("Nums"))
    for key, value in zip(pairs[::2], pairs[1::2], strict=False):
        if doc.integer(key) == number:
            return value
    if depth > 20:
        return None
    for kid in doc.array(node.get("Kids")):
        child = doc.dict_of(kid)
        limits = [doc.integer(v) for v in doc.array(child.get("Limits"))]
        if len(limits) == 2:
            low, high = limits
            if low is not None and high is not None and not low <= number <= high:
                continue
        found = _number_tree(doc, child, number, depth + 1)
        if found is not None:
            return found
    return None
