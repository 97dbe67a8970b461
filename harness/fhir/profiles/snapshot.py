"""The classic complete element list of a profile, for people and for comparison with other tools."""

from __future__ import annotations

from harness.fhir.model.types import Model
from harness.fhir.profiles.tree import Node, ProfileTree


def expand(tree: ProfileTree, model: Model) -> list[tuple[str, str]]:
    """The classic snapshot as ``(element id, cardinality)``: base elements with the profile's constraints
    laid over.

    Datatypes are opened only where the profile constrains something inside them.
    """
    rows: list[tuple[str, str]] = []

    def visit(node: Node | None, code: str, ident: str) -> None:
        facts = model.types.get(code)
        if facts is None:
            return
        for element in facts.element_list:
            child = node.children.get(element.name) if node is not None else None
            low = max(element.min, child.min if child is not None else 0)
            high = element.max if child is None or child.max is None else str(child.max)
            at = f"{ident}.{element.name}"
            rows.append((at, f"{low}..{high}"))
            codes = child.codes if child is not None else tuple(ref.code for ref in element.types)
            backbone = len(codes) == 1 and "." in codes[0] and not element.content_reference
            if codes and (backbone or (child is not None and child.children)):
                visit(child, codes[0], at)
            if child is not None:
                for name, part in child.slices.items():
                    limit = element.max if part.max is None else str(part.max)
                    rows.append((f"{at}:{name}", f"{part.min}..{limit}"))
                    if part.children and part.codes:
                        visit(part, part.codes[0], f"{at}:{name}")

    rows.append((tree.root.name, "0..*"))
    visit(tree.root, tree.root.name, tree.root.name)
    return rows
