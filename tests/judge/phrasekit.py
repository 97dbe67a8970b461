"""Which plain texts are English words, and so have to be a phrase in both languages; all others are literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from harness.core.text import LANGUAGES

_ENGLISH = """
a an the no not none nothing nobody neither never without with and or another other others same each every
everything only both several than then that this which who whose from for by at on into to least most more
less once twice again before after until while when where there here be been are was were has have had does
did may must should cannot missing absent present refused accepted allowed different unknown unreadable
invalid valid wrong right new old older empty asked sent given found seen taken made used kept expected
received answered unanswered reached closed broken known defined loaded unique absolute formatting block
digits well-formed decimal number characters page pages somebody something somewhere
else late time times matches searches entries rules pairs person people too so
"""
ENGLISH = frozenset(_ENGLISH.split())
"""Words by which a text is English. Not among them is what is Dutch too, or only a term (``token``)."""
_LITERAL = re.compile(
    r"""\S*[/_=<>{}\[\]|~\\@\#%&*+]\S*   # addresses, names, notation
      | \S*\w[.:]\w\S*                   # paths, dotted names
      | \S*[A-Z0-9]\S*                   # names with capitals and digits
    """,
    re.VERBOSE,
)
_PHRASE = re.compile(r"(?<![\w'])[a-z]{2,}(?:-[a-z]+)* [a-z]{2,}(?:-[a-z]+)*(?![\w'(])")
"""Words after each other."""
_EXPRESSION = re.compile(r"\w\(|\w'\)|^'\)|'\) or|where\(")
"""FHIRPath."""
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")


def english(text: str) -> bool:
    """Whether a text says something in English words."""
    if _EXPRESSION.search(text):
        return False
    return any(word in ENGLISH for word in _WORD.findall(_LITERAL.sub(" ; ", text)))


def told(text: str) -> bool:
    """Whether a text that is told to people says it in words: English ones, or several after each other."""
    if _EXPRESSION.search(text):
        return False
    return english(text) or _PHRASE.search(_LITERAL.sub(" ; ", text)) is not None


def untranslated(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of what a module says in English only.

    Of several words: any text but docstrings, errors and what stands in a ``Text``. Of one word, which may be
    a code: where it is what was expected or received, or what a function gives as a phrase.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _plain(tree):
        if " " in node.value.strip() and english(node.value):
            yield node.lineno, node.value
    for place in _said(tree):
        for node in _plain(place):
            if told(node.value):
                yield node.lineno, node.value


def _plain(tree: ast.AST) -> Iterator[ast.Constant]:
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node
        elif isinstance(node, ast.Dict):
            todo.extend(node.values)  # keys are names
        elif isinstance(node, ast.IfExp):
            todo += [node.body, node.orelse]
        elif not _aside(node):
            todo.extend(ast.iter_child_nodes(node))


_TOLD = ("Text", "compile", "evaluation_error", "unsupported_error")
"""What takes both languages, or nothing for people; what is given by name is looked at apart."""


def _aside(node: ast.AST) -> bool:
    """What is told in both languages, or to nobody."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _TOLD
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return node.arg in LANGUAGES
    return isinstance(node, ast.Raise | ast.Compare | ast.Subscript)


def _said(tree: ast.AST) -> Iterator[ast.AST]:
    """What is given as expected or received, and by functions of phrases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("expected", "received"):
            yield node.value
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            kind = ast.unparse(node.returns)
            for inner in ast.walk(node) if re.search(r"Phrase|Text", kind) else ():
                if isinstance(inner, ast.Return | ast.Yield) and inner.value is not None:
                    yield from _phrases(inner.value)


def _phrases(value: ast.AST) -> Iterator[ast.AST]:
    """What is given, without the code before it: ``"refused", REASON``."""
    if isinstance(value, ast.IfExp):
        yield from _phrases(value.body)
        yield from _phrases(value.orelse)
    elif isinstance(value, ast.Tuple):
        yield from value.elts[1:]
    else:
        yield value
