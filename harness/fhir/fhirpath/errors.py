"""Errors of the FHIRPath engine: one for text that is not an expression, one for an evaluation that cannot
go on, and of the latter those that only say what this engine cannot do here."""

from __future__ import annotations

from harness.core.errors import InputError
from harness.core.text import Phrase, Text


class FHIRPathError(InputError):
    """An expression could not be evaluated: wrong operand, unknown function, exhausted budget.

    :param nl: what is wrong, in Dutch.
    :param en: what is wrong, in English.
    :param expected: what would have been right.
    :param received: what was found instead.
    """

    def __init__(
        self, nl: str, en: str, *, expected: Phrase = "", received: Phrase = "", where: str = ""
    ) -> None:
        super().__init__(Text(nl=nl, en=en), where=where, expected=expected, received=received)


class FHIRPathSyntaxError(FHIRPathError):
    """A text is not a FHIRPath expression.

    :ivar expression: the whole text.
    :ivar position: 0-based offset in the text where reading stopped.
    :ivar line: 1-based line of that offset.
    :ivar column: 1-based column of that offset.
    """

    def __init__(self, expression: str, position: int, expected: Phrase, received: Phrase) -> None:
        self.expression = expression
        self.position = position
        before = expression[:position]
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        super().__init__(
            nl=f"geen geldige FHIRPath-expressie (regel {self.line}, kolom {self.column})",
            en=f"not a valid FHIRPath expression (line {self.line}, column {self.column})",
            expected=expected,
            received=received,
        )


class FHIRPathUnsupportedError(FHIRPathError):
    """A valid expression asks what the engine cannot do here: value sets or profiles that are not loaded, a
    regular expression that linear time cannot do, too many steps."""


def unsupported_error(nl: str, en: str, *, expected: Phrase = "", received: Phrase = "") -> FHIRPathError:
    """A :class:`FHIRPathUnsupportedError`."""
    return FHIRPathUnsupportedError(nl, en, expected=expected, received=received)


def evaluation_error(nl: str, en: str, *, expected: Phrase = "", received: object = "") -> FHIRPathError:
    """A :class:`FHIRPathError` whose ``received`` is any value, cut to a readable length."""
    text = received if isinstance(received, str | Text) else describe(received)
    return FHIRPathError(nl, en, expected=expected, received=text)


def describe(value: object, limit: int = 120) -> str:
    """A value of the engine for people: nodes show their value, lists their items, long texts are cut."""
    if type(value) is tuple:
        value = value[0]
    if isinstance(value, list):
        text = (
            "["
            + ", ".join(describe(item, 40) for item in value[:8])
            + (", …" if len(value) > 8 else "")
            + "]"
        )
    else:
        text = repr(value) if isinstance(value, str) else str(value)[: limit * 4]
    return text if len(text) <= limit else text[: limit - 1] + "…"
