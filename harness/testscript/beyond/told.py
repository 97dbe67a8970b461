"""What is said of the answers of scripts beside the record: data, and its ``--json`` form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from harness.core.text import Dutch, Lang, Text, Told, dutch, said
from harness.reference.reconcile.differences import KINDS, Kind

_OF_KNOWN_PERSONS: frozenset[Kind] = frozenset(("foreign", "not-allowed", "duplicated", "missing"))
"""Kinds whose content is that of a record; what others received may be anybody's."""


class Beside(msgspec.Struct, Told, frozen=True, kw_only=True):
    """One difference between an answer and the record.

    :ivar action: operation of the script, ``test[0].action[3]``; ``line`` is its line in the file.
    :ivar request: method and path of the exchange.
    :ivar path: FHIRPath location in the answer, ``""`` for what is not there.
    :ivar person: whose record it was compared with.
    :ivar item: ``Type/id`` in that record.
    :ivar owner: whose the content is, when it is another person's.
    :ivar rule: id of the selection rule, for what must not be shown.
    :ivar broken: whether it contradicts the record; else it is a remark or undecided.
    :ivar nl: Dutch for what is words; ``None``: there are literals only.
    """

    action: str
    line: int
    request: str
    kind: Kind
    broken: bool
    person: str
    path: str = ""
    item: str = ""
    owner: str = ""
    rule: str = ""
    expected: str = ""
    received: str = ""
    next_step: Text = Text(nl="", en="")
    nl: Dutch | None = None


class ScriptBeside(msgspec.Struct, frozen=True, kw_only=True):
    """One script beside the record.

    :ivar compared: answers that were compared.
    :ivar left_out: why others were not, in one line each.
    """

    file: str
    verdict: str
    compared: int
    differences: tuple[Beside, ...] = ()
    left_out: tuple[Text, ...] = ()


def section(found: Iterable[ScriptBeside]) -> dict[str, object]:
    """The ``beyond`` part of the ``--json`` object."""
    items = list(found)
    kinds = Counter(one.kind for item in items for one in item.differences)
    return {
        "compared": sum(item.compared for item in items),
        "scripts": sum(bool(item.compared) for item in items),
        "passed_and_yet": sum(
            item.verdict == "pass" and any(one.broken for one in item.differences) for item in items
        ),
        "kinds": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
        "items": [msgspec.to_builtins(item) for item in items if item.differences or item.left_out],
    }


def stored(item: ScriptBeside) -> ScriptBeside:
    """What may be written to a file: without what was received where no record holds it, for that may be
    anybody's."""
    differences = tuple(
        one
        if one.kind in _OF_KNOWN_PERSONS
        else msgspec.structs.replace(one, received="", nl=dutch(one.wanted, ""))
        for one in item.differences
    )
    return msgspec.structs.replace(item, differences=differences)


TITLE = Text(nl="Het script slaagde, en toch: het dossier", en="The script passed, and yet: the record")
NONE = Text(
    nl="{compared} antwoorden van {scripts} scripts vergeleken met het dossier: geen verschillen",
    en="{compared} answers of {scripts} scripts compared with the record: no differences",
)
SOME = Text(
    nl="{compared} antwoorden van {scripts} scripts vergeleken met het dossier; {passed_and_yet} geslaagde "
    "scripts met verschillen. Dit verandert het oordeel van geen enkel script.",
    en="{compared} answers of {scripts} scripts compared with the record; {passed_and_yet} scripts passed "
    "with differences. This changes the verdict of no script.",
)


def headline(found: Iterable[ScriptBeside]) -> Text:
    """How much was compared, and what came of it."""
    items = list(found)
    whole = section(items)
    return (SOME if any(item.differences for item in items) else NONE).format(**whole)


def lines(one: Beside, lang: Lang) -> list[str]:
    """A difference for people: where, what, whose, what to do."""
    dutch = lang == "nl"
    place = f"{one.action} ({'regel' if dutch else 'line'} {one.line})"
    owner = f" ({one.owner})" if one.owner else ""
    found = [f"{KINDS[one.kind].of(lang)}{owner}: {one.path or one.item}", f"  {place} {one.request}"]
    person = "dossier van" if dutch else "record of"
    item = f", {one.item}" if one.item else ""
    found.append(f"  {person} {one.person}{item}" + (f", {one.rule}" if one.rule else ""))
    words = ("verwacht", "gekregen", "volgende stap") if dutch else ("expected", "received", "next step")
    values = (said(one.wanted, lang), said(one.seen, lang), one.next_step.of(lang))
    return found + [f"  {word}: {value}" for word, value in zip(words, values, strict=True) if value]
