"""Operators on the graphics state, extended graphics states, halftones (ISO 32000-1, 8.4 and 10.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.used import UsedFonts
from harness.pdfa.facts.graphics.frame import Frame, Operators, State, name_operand
from harness.pdfa.file.objects import Stream


@dataclass(slots=True)
class ExtGStateFact:
    """An ExtGState dictionary in use, values resolved one level."""

    dict: dict[str, Any]


@dataclass(slots=True)
class HalftoneFact:
    """One halftone; ``colorant`` is its key in a type 5 halftone."""

    kind: float | None
    has_name: bool
    transfer: bool
    colorant: str | None


class StateOperators:
    """``q``, ``Q``, ``gs`` and ``ri``."""

    def __init__(self, ctx: Context, fonts: UsedFonts) -> None:
        self.ctx = ctx
        self.doc = ctx.doc
        self.fonts = fonts
        self._transparent: dict[object, bool] = {}

    def operators(self) -> Operators:
        """The operators of this kind."""
        return {b"q": self._save, b"Q": self._restore, b"gs": self._gs, b"ri": self._intent}

    def _save(self, frame: Frame, operands: list[Any]) -> None:
        frame.depth += 1
        if frame.depth > 28:
            self.ctx.emit("Op_q_gsave", frame.depth, frame.where, str(frame.depth))
        if len(frame.saved) < 1000:
            frame.saved.append(frame.state.copy())

    def _restore(self, frame: Frame, operands: list[Any]) -> None:
        if frame.depth:
            if frame.depth <= len(frame.saved):
                frame.state = frame.saved.pop()
            frame.depth -= 1

    def _gs(self, frame: Frame, operands: list[Any]) -> None:
        name = name_operand(operands)
        if name is not None:
            self.apply(frame, frame.resources.lookup("ExtGState", name))

    def _intent(self, frame: Frame, operands: list[Any]) -> None:
        name = name_operand(operands)
        if name is not None:
            self.ctx.emit("CosRenderingIntent", name, frame.where, name)

    def apply(self, frame: Frame, value: Any) -> None:
        """Apply the ExtGState behind ``value`` to the state; its facts are given the first time."""
        raw = self.doc.resolve(value)
        if type(raw) is not dict:
            return
        self._set(frame.state, raw)
        key = self.doc.key(value)
        known = self._transparent.get(key)
        if known is None:
            self._transparent[key] = False
            known = self._transparent[key] = self._facts(raw, f"{frame.where} / ExtGState")
        frame.transparent |= known

    def _set(self, state: State, raw: dict[str, Any]) -> None:
        doc = self.doc
        if "OP" in raw or "op" in raw:
            stroke = doc.resolve(raw.get("OP"))
            fill = doc.resolve(raw.get("op"))
            if type(stroke) is bool:
                state.op_stroke = stroke
                if type(fill) is not bool:
                    state.op_fill = stroke
            if type(fill) is bool:
                state.op_fill = fill
        if "OPM" in raw:
            state.op_mode = doc.integer(raw["OPM"]) or 0
        if "Font" in raw:
            entry = doc.array(raw["Font"])
            if entry:
                state.font = self.fonts.load(entry[0])
        alpha = doc.number(raw.get("ca"))
        if alpha is not None:
            state.alpha_fill = alpha < 1.0
        alpha = doc.number(raw.get("CA"))
        if alpha is not None:
            state.alpha_stroke = alpha < 1.0

    def _facts(self, raw: dict[str, Any], where: str) -> bool:
        """Facts of an ExtGState; True when it brings transparency."""
        ctx = self.ctx
        resolved = {k: self.doc.resolve(v) for k, v in raw.items()}
        ctx.emit("PDExtGState", ExtGStateFact(resolved), where)
        intent = resolved.get("RI")
        if type(intent) is str:
            ctx.emit("CosRenderingIntent", intent, where, intent)
        if "HT" in resolved:
            self._halftone(resolved["HT"], None, f"{where} / HT")
        return self._blends(resolved, where)

    def _blends(self, state: dict[str, Any], where: str) -> bool:
        mode = state.get("BM")
        modes = [self.doc.resolve(m) for m in mode] if type(mode) is list else [mode]
        for one in modes:
            if type(one) is str:
                self.ctx.emit("CosBM", one, where, one)
        if modes and type(modes[0]) is str and modes[0] not in ("Normal", "Compatible"):
            return True
        return type(state.get("SMask")) is dict

    def _halftone(self, value: Any, colorant: str | None, where: str, depth: int = 0) -> None:
        found = self.doc.resolve(value)
        dict_ = found.dict if isinstance(found, Stream) else found
        if type(dict_) is not dict or depth > 3:
            return
        kind = self.doc.number(dict_.get("HalftoneType"))
        fact = HalftoneFact(kind, "HalftoneName" in dict_, "TransferFunction" in dict_, colorant)
        self.ctx.emit("PDHalftone", fact, where)
        if kind == 5:
            for key, item in dict_.items():
                if key not in ("Type", "HalftoneType", "HalftoneName"):
                    self._halftone(item, key, f"{where} / {key}", depth + 1)
