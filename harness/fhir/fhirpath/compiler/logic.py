"""Code of ``and``, ``or``, ``xor`` and ``implies``: three-valued (FHIRPath N1 section 6.5)."""

from __future__ import annotations

from harness.fhir.fhirpath.compiler.code import Code, Facts, Test, code_of_test, merged, truth
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.nodes import Items


def operand_test(code: Code, lenient: bool) -> tuple[Test, bool]:
    """An operand of a boolean operator as test, and whether it may be left out."""
    if code.test is not None:
        return code.test, code.facts.safe
    run = code.run
    return (lambda c, this: truth(run(c, this), lenient)), code.facts.safe and lenient


def logic(dialect: Dialect, operator: str, codes: list[Code]) -> Code:
    """``and`` / ``or`` of two or more operands: three-valued; a decided result skips what cannot raise."""
    lenient = dialect.lenient_boolean
    tests = [operand_test(code, lenient) for code in codes]
    decided = operator == "or"
    facts = merged(codes)
    if not lenient and not all(skip for _, skip in tests):
        facts = facts.raising()
    pairs = tuple((test, skip or lenient) for test, skip in tests)
    if len(pairs) == 2 and pairs[1][1]:
        first, second = pairs[0][0], pairs[1][0]

        def two(c: Evaluation, this: Items) -> bool | None:
            left = first(c, this)
            if left is decided:
                return decided
            right = second(c, this)
            if right is decided:
                return decided
            return None if left is None or right is None else not decided

        return code_of_test(two, facts)

    def many(c: Evaluation, this: Items) -> bool | None:
        result: bool | None = not decided
        for test, skip in pairs:
            if result is decided and skip:
                continue
            value = test(c, this)
            if value is decided:
                result = decided
            elif value is None and result is not decided:
                result = None
        return result

    return code_of_test(many, facts)


def logic_pair(dialect: Dialect, operator: str, left: Code, right: Code) -> Code:
    """``xor`` and ``implies``."""
    lenient = dialect.lenient_boolean
    empty_true = dialect.empty_implies_true
    first, safe_left = operand_test(left, lenient)
    second, safe_right = operand_test(right, lenient)
    both = left.facts | right.facts
    facts = Facts(both.pure, safe_left and safe_right, both.index, both.scoped)
    if operator == "xor":

        def xor(c: Evaluation, this: Items) -> bool | None:
            a, b = first(c, this), second(c, this)
            return None if a is None or b is None else a is not b

        return code_of_test(xor, facts)
    skip = safe_right or lenient

    def implies(c: Evaluation, this: Items) -> bool | None:
        a = first(c, this)
        if skip and (a is False or (a is None and empty_true)):
            return True
        b = second(c, this)
        if a is False or (a is None and empty_true):
            return True
        return b if a else (True if b else None)

    return code_of_test(implies, facts)
