"""Widths from Type 1 and Type 2 charstrings; nothing is drawn. Depth and operator count are bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.pdfa.file.limits import Limits


def decrypt(data: bytes, key: int, skip: int) -> bytes:
    """Adobe Type 1 decryption (key 55665 for eexec, 4330 for charstrings) without the first ``skip`` bytes."""  # noqa: E501
    out = bytearray(len(data))
    r = key
    for index, cipher in enumerate(data):
        out[index] = cipher ^ (r >> 8)
        r = ((cipher + r) * 52845 + 22719) & 0xFFFF
    return bytes(out[skip:])


_SBW, _DIV = 7, 12
"""Second bytes of Type 1 operators that begin with 12."""


def type1_width(
    code: bytes, subrs: dict[int, bytes], len_iv: int, limits: Limits, depth: int = 0
) -> float | None:
    """Width (font units) that ``hsbw`` or ``sbw`` sets, ``None`` when the charstring sets none."""
    stack: list[float] = []
    return _type1(code if len_iv < 0 else decrypt(code, 4330, len_iv), subrs, len_iv, limits, depth, stack)


def _type1(
    data: bytes, subrs: dict[int, bytes], len_iv: int, limits: Limits, depth: int, stack: list[float]
) -> float | None:
    pos, end = 0, len(data)
    while pos < end:
        b = data[pos]
        pos += 1
        if b >= 32:
            if b <= 246:
                stack.append(b - 139)
            elif b <= 250:
                stack.append((b - 247) * 256 + (data[pos] if pos < end else 0) + 108)
                pos += 1
            elif b <= 254:
                stack.append(-(b - 251) * 256 - (data[pos] if pos < end else 0) - 108)
                pos += 1
            else:
                stack.append(int.from_bytes(data[pos : pos + 4], "big", signed=True))
                pos += 4
            if len(stack) > 200:
                return None
        elif b == 13:
            return stack[1] if len(stack) >= 2 else None
        elif b == 12:
            op = data[pos] if pos < end else 0
            pos += 1
            if op != _DIV or len(stack) < 2:
                return stack[2] if op == _SBW and len(stack) >= 3 else None
            divisor = stack.pop()
            stack[-1] = stack[-1] / divisor if divisor else 0
        elif b == 10:
            if not stack or depth >= limits.charstring_depth:
                return None
            sub = subrs.get(int(stack.pop()))
            if sub is None:
                return None
            plain = sub if len_iv < 0 else decrypt(sub, 4330, len_iv)
            found = _type1(plain, subrs, len_iv, limits, depth + 1, stack)
            if found is not None:
                return found
        else:
            return None
    return None


def _odd(operands: int) -> bool:
    return operands % 2 == 1


_HAS_WIDTH: dict[int, Callable[[int], bool]] = {
    **dict.fromkeys((1, 3, 18, 23, 19, 20), _odd),  # stems and hint masks take pairs
    21: lambda operands: operands > 2,  # rmoveto
    4: lambda operands: operands > 1,  # vmoveto
    22: lambda operands: operands > 1,  # hmoveto
    14: lambda operands: operands in (1, 5),  # endchar
}
"""Type 2 operators that may have the width before their own operands; is it there, given the stack's size?"""


class _Done(Exception):
    """The width is known."""


class Type2Width:
    """Runs a Type 2 charstring until the first operator that reveals whether a width operand is there."""

    def __init__(
        self,
        global_subrs: Sequence[bytes],
        local_subrs: Sequence[bytes],
        default: float,
        nominal: float,
        limits: Limits,
    ) -> None:
        self.global_subrs = global_subrs
        self.local_subrs = local_subrs
        self.default = default
        self.nominal = nominal
        self.limits = limits

    def width(self, code: bytes) -> float | None:
        """Width in glyph space; ``None`` for a damaged charstring."""
        self.stack: list[float] = []
        self.left = self.limits.charstring_operators
        self.found: float | None = None
        try:
            self._run(code, 0)
        except _Done:
            return self.found
        except IndexError:
            return None
        return self.default

    def _decide(self, extra: bool) -> None:
        self.found = self.nominal + self.stack[0] if extra else self.default
        raise _Done

    def _run(self, data: bytes, depth: int) -> None:
        stack = self.stack
        pos, end = 0, len(data)
        while pos < end:
            self.left -= 1
            if self.left < 0 or len(stack) > 600:
                raise IndexError
            b = data[pos]
            pos += 1
            if b >= 32:
                if b <= 246:
                    stack.append(b - 139)
                elif b <= 250:
                    stack.append((b - 247) * 256 + data[pos] + 108)
                    pos += 1
                elif b <= 254:
                    stack.append(-(b - 251) * 256 - data[pos] - 108)
                    pos += 1
                else:
                    stack.append(int.from_bytes(data[pos : pos + 4], "big", signed=True) / 65536)
                    pos += 4
            elif b == 28:
                stack.append(int.from_bytes(data[pos : pos + 2], "big", signed=True))
                pos += 2
            elif b in (10, 29):
                subrs = self.local_subrs if b == 10 else self.global_subrs
                count = len(subrs)
                bias = 107 if count < 1240 else 1131 if count < 33900 else 32768
                index = int(stack.pop()) + bias
                if not 0 <= index < count or depth >= self.limits.charstring_depth:
                    raise IndexError
                self._run(subrs[index], depth + 1)
            elif b == 11:
                return
            elif b in _HAS_WIDTH:
                self._decide(_HAS_WIDTH[b](len(stack)))
            elif b == 12:
                pos = self._escape(data, pos)
            else:
                self._decide(False)

    def _escape(self, data: bytes, pos: int) -> int:
        """Arithmetic operators that may compute the width."""
        stack = self.stack
        op = data[pos]
        if op == 12:
            divisor = stack.pop()
            stack[-1] = stack[-1] / divisor if divisor else 0
        elif op == 10:
            value = stack.pop()
            stack[-1] += value
        elif op == 11:
            value = stack.pop()
            stack[-1] -= value
        elif op == 24:
            value = stack.pop()
            stack[-1] *= value
        elif op == 14:
            stack[-1] = -stack[-1]
        elif op == 18:
            stack.pop()
        elif op == 9:
            stack[-1] = abs(stack[-1])
        else:
            self._decide(False)
        return pos + 1
