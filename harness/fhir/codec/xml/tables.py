"""What may stand in FHIR XML: per type, how to read each tag."""

from __future__ import annotations

from typing import NamedTuple

from harness.fhir.model.types import Model

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
PREFIX = f"{{{FHIR}}}"
_DIV = f"{{{XHTML}}}div"

STRING, BOOLEAN, INTEGER, DECIMAL, COMPLEX, RESOURCE, NARRATIVE = range(7)


class Entry(NamedTuple):
    """How to read one XML tag below one type."""

    order: int
    key: str
    kind: int
    many: bool
    code: str


class Table(dict[str, Entry]):
    """Tag in Clark notation -> :class:`Entry` for one type; ``url``: it has a ``url`` attribute."""

    url: bool = False

    def stretch(self, order: int, follower: str = "") -> str:
        """A stretch of a sequence of elements, as text.

        Without ``follower``: where the element of that order belongs, after the one before it in the
        specification. With it: what was found, an element behind the one of that order.
        """
        names = {entry.order: entry.key for entry in self.values()}
        if follower:
            return f"… {names.get(order, '')}, {follower} …"
        before = max((o for o in names if o < order), default=None)
        return f"{names[order]}, …" if before is None else f"… {names[before]}, {names[order]} …"


class Tables(dict[str, Table]):
    """Tables per type name, made on first use; kept with the model."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def __missing__(self, name: str) -> Table:
        facts = self.model.types[name]
        table = Table()
        for index, element in enumerate(facts.element_list):
            if element.xml == "attr":
                table.url = table.url or element.name == "url"
                continue
            for ref in element.types:
                key = element.key_for(ref.code)
                tag = _DIV if element.types[0].code == "xhtml" else PREFIX + key
                table[tag] = Entry(index, key, self._kind(ref.code), element.many, ref.code)
        self[name] = table
        return table

    def _kind(self, code: str) -> int:
        facts = self.model.types[code]
        if facts.kind == "resource":
            return RESOURCE
        if facts.kind != "primitive":
            return COMPLEX
        if code == "xhtml":
            return NARRATIVE
        if code == "boolean":
            return BOOLEAN
        if code == "decimal":
            return DECIMAL
        return INTEGER if self.model.is_subtype(code, "integer") else STRING
