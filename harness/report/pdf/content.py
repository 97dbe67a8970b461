"""What a template prints: texts, tables and lists in one language, as plain data."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a table cell, or of a fact.

    :ivar kind: how it looks: ``text``, ``muted``, ``code``, ``strong``, ``ids`` or ``state``.
    :ivar text: what it says; ``ids``: names that may not be broken over lines.
    :ivar look: the verdict or state that colours it.
    """

    kind: str = "text"
    text: str = ""
    ids: tuple[str, ...] = ()
    look: str = ""


Content = tuple[Line, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A label and what stands behind it."""

    label: str
    lines: Content


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Facts under a heading."""

    title: str
    facts: tuple[Fact, ...]


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a section: a heading for a party, a paragraph, findings or a table, in this order.

    :ivar columns: heads of a table; ``widths``: in parts of the page, 0: as wide as it must.
    """

    heading: str = ""
    text: str = ""
    findings: tuple[Finding, ...] = ()
    columns: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()
    rows: tuple[tuple[Content, ...], ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, with everything that it rests on."""

    state: Line
    title: str
    facts: tuple[Fact, ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered part of the report."""

    title: str
    pieces: tuple[Piece, ...]


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One of the parties behind an outcome.

    :ivar look: its outcome, or ``unstated``.
    """

    who: str
    name: str
    look: str
    word: str
    counted: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report.

    :ivar look: the outcome, or ``unstated``.
    :ivar band: what every page says before anything else, ``""``: nothing; ``mark``: a word behind its text.
    :ivar sign_here: labels of the fields for signatures; empty: there is nothing to sign.
    """

    lang: str
    title: str
    subtitle: str
    words: dict[str, str]
    band: str
    mark: str
    footer: str
    look: str
    symbol: str
    name: str
    outcome: str
    headline: str
    tiles: tuple[Tile, ...]
    blocks: tuple[Block, ...]
    sign_title: str
    sign_note: str
    sign_here: tuple[str, ...]
    sections: tuple[Section, ...]
