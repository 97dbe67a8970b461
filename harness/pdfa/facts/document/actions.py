"""Actions: wherever one hangs, it and everything it chains to is judged once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context


def check_action(ctx: Context, value: Any, where: str) -> None:
    """Judge an action dictionary and its ``Next`` chain (loops are cut)."""
    doc = ctx.doc
    work = [value]
    while work:
        value = work.pop()
        action = doc.resolve(value)
        if type(action) is not dict:
            continue
        key = doc.key(value)
        if key in ctx.seen_actions:
            continue
        ctx.seen_actions.add(key)
        kind = doc.name(action.get("S"))
        ctx.judge("PDAction", kind, where, kind or "")
        if kind == "Named":
            name = doc.name(action.get("N"))
            ctx.judge("PDNamedAction", name, where, name or "")
        following = doc.resolve(action.get("Next"))
        if type(following) is list:
            work += following[:1000]
        elif following is not None:
            work.append(action["Next"])


def check_additional(ctx: Context, holder: dict[str, Any], where: str) -> None:
    """Judge every action in the additional-actions dictionary of ``holder``."""
    for event, value in ctx.doc.sub(holder, "AA").items():
        check_action(ctx, value, f"{where} / AA / {event}")
