"""Compares the content of a record's resource with the answer that was paired with it.

A comparison yields gaps (an element that is not there, or says something else) and the references that were
met; what a reference leads to is decided later, when all answers of a cell are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.core.normal import codes, moments, people, texts
from harness.reference.content import beside
from harness.reference.content.facts import DATES, QUANTITIES
from harness.reference.content.gaps import Gap, Json, Met, Note, show
from harness.reference.content.table import ContentTable, Field, Mode
from harness.reference.content.wording import NO_WORDING, Wording

Likeness = Callable[[Json, Json], float]
"""How unlike two references are: 0 the same, 1 different, in between unknown."""


@dataclass
class Comparison:
    """One pair under comparison.

    :ivar lenient: whether elements that must be there may be absent (a contained copy is short).
    :ivar wording: which words name which code in the known records.
    """

    table: ContentTable
    likeness: Likeness
    lenient: bool = False
    wording: Wording = NO_WORDING
    gaps: list[Gap] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)

    def resource(self, record: Json, answer: Json) -> None:
        """Compare two resources of one type."""
        kind = str(record["resourceType"])
        self.node(record, answer, self.table.plan(kind, kind), kind)
        self._numbers(record, answer, f"{kind}.identifier")

    def _numbers(self, record: Json, answer: Json, at: str) -> None:
        """National numbers are the same everywhere; all other identifiers are a system's own."""
        found = [people.national_identifier(one) for one in _items(answer.get("identifier", ()))]
        given = [one for one in found if one is not None]
        for wanted in map(people.national_identifier, _items(record.get("identifier", ()))):
            other = [one for one in given if wanted is not None and one[0] == wanted[0]]
            if wanted is not None and other and wanted not in other:
                self.gaps.append(Gap("altered", at, "|".join(wanted), "|".join(other[0])))

    def node(self, record: Json, answer: Json, plan: dict[str, Field], at: str) -> None:
        """Compare the elements of two values of one complex type."""
        for key, wanted in record.items():
            known = plan.get(key)
            given = answer.get(key)
            if known is None and key.startswith("_"):
                self._translations(wanted, given, f"{at}.{key[1:]}")
            if known is None or known.mode == "free":
                continue
            if given is None:
                self._not_there(known, key, wanted, answer, plan, at)
            elif known.many:
                self._many(_items(wanted), _items(given), known, f"{at}.{known.name}")
            else:
                self.value(wanted, given, known, f"{at}.{known.name}")
        for key in answer:  # in its order: a set of texts has another one in each process
            known = plan.get(key) if key not in record else None
            if known is not None and known.mode != "free":
                self._added(known, answer[key], record, plan, at)

    # -- what is there on one side only ----------------------------------------------------------------------

    def _not_there(
        self, known: Field, key: str, wanted: Any, answer: Json, plan: dict[str, Field], at: str
    ) -> None:
        other = next((name for name in answer if name in plan and plan[name].name == known.name), None)
        if known.choice and other is not None:
            self._other_type(known, key, wanted, other, answer[other], plan[other], at)
        elif known.type == "Extension":
            self._extensions(_items(wanted), [], f"{at}.{known.name}")
        elif known.mode == "key" and not self.lenient and not self._told(known, answer):
            self.gaps.append(Gap("absent", f"{at}.{known.name}", show(wanted), ""))

    def _told(self, known: Field, answer: Json) -> bool:
        """Whether another element of the answer says it in words (a dosage is text or structure)."""
        words = self.table.told_by.get(known.path.rpartition(".")[0])
        return words is not None and bool(answer.get(words))

    def _other_type(
        self, known: Field, key: str, wanted: Any, other: str, given: Any, type_: Field, at: str
    ) -> None:
        """A choice of which the answer has another type."""
        path = f"{at}.{known.name}"
        if {known.type, type_.type} == {"Reference", "CodeableConcept"}:
            # a code in place of the reference to a resource with that code: decided with the references
            if known.type == "Reference":
                self.met.append(Met(path, wanted, {"concept": given}, True))
            return
        if known.type in DATES and type_.type == "Period" and isinstance(given, dict):
            start, end = given.get("start"), given.get("end")
            if isinstance(start, str) and not moments.difference(str(wanted), start) and start == end:
                return
        self.gaps.append(Gap("altered", path, f"{key} {show(wanted)}", f"{other} {show(given)}"))

    def _added(self, known: Field, given: Any, record: Json, plan: dict[str, Field], at: str) -> None:
        if any(key in plan and plan[key].name == known.name for key in record):
            return  # another type of a choice, seen above
        if given is False or given in ("", "unable-to-assess"):
            return  # it says that something is not so, or nothing
        path = f"{at}.{known.name}"
        if known.type == "Extension":
            self._more_extensions([], _items(given), path)
        withdrawn = known.name == "status" and given in self.table.withdrawing
        if known.name in self.table.guarded or self._closed(known) or withdrawn:
            self.gaps.append(Gap("altered", path, "", show(given), "added"))
        elif known.type != "Extension" and self.table.told(known, given):
            self.gaps.append(Gap("remark", path, "", show(given), "more"))

    def _closed(self, known: Field) -> bool:
        """Whether one more item of a list is another statement."""
        listed = self.table.closed_lists
        return known.path in listed or (known.name in listed and known.path.count(".") == 1)

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, wanted: Any, given: Any, known: Field, at: str) -> None:
        """Compare two values of one element."""
        if known.mode == "label":
            before = len(self.gaps)
            self.value(wanted, given, known._replace(mode="value"), at)
            self.gaps[before:] = [gap._replace(kind="remark") for gap in self.gaps[before:]]
            return
        if wanted == given and known.type in _LEAVES:
            return
        compare = _BY_TYPE.get(known.type)
        if isinstance(wanted, dict) != isinstance(given, dict):
            self._altered(at, wanted, given)
        elif compare is not None:
            compare(self, wanted, given, known, at)
        elif isinstance(wanted, dict):
            if known.path.endswith("timing.repeat"):
                wanted, given = beside.one_rate(wanted, given)
            self.node(wanted, given, self.table.plan(known.type, known.path, known.mode), at)
        elif known.type != "base64Binary" and wanted != given:
            left, right = codes.primitive(wanted), codes.primitive(given)
            if left != right:
                bad = isinstance(wanted, str) and texts.garbled(wanted, str(given))
                self._altered(at, wanted, given, "garbled" if bad else "")

    def _altered(self, at: str, wanted: Any, given: Any, note: Note = "") -> None:
        self.gaps.append(Gap("altered", at, show(wanted), show(given), note))

    def _date(self, wanted: Any, given: Any, known: Field, at: str) -> None:
        how = moments.difference(str(wanted), str(given))
        if how:
            self._altered(at, wanted, given, how if how != "value" else "")

    def _period(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        modes = self.table.modes
        for name in ("start", "end"):
            left, right = wanted.get(name), given.get(name)
            mode = modes.get(f"{known.path}.{name}", known.mode)
            if isinstance(left, str) and isinstance(right, str):
                self._date(left, right, known, f"{at}.{name}")
            elif isinstance(left, str):
                if mode == "key" and not self.lenient:
                    self.gaps.append(Gap("absent", f"{at}.{name}", left, ""))
            elif isinstance(right, str) and name in self.table.open_ended:
                self._altered(f"{at}.{name}", "", right, "added")

    def _quantity(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        left, right = codes.quantity(wanted), codes.quantity(given)
        same = "same" if left == right else beside.one_quantity(left, right)
        if same:
            if same == "converted":
                self.gaps.append(Gap("remark", at, show(wanted), show(given), "unit"))
            self.gaps += beside.unit(wanted, given, self.wording, at)
            return
        same_amount = left[:2] == right[:2]
        if same_amount and not right[2] and left[2] and _unit(wanted) == _unit(given):
            self.gaps.append(Gap("remark", f"{at}.code", show(wanted), show(given), "unit"))
            return
        if same_amount and not left[2] and right[2] and _unit(wanted) in (right[3], _unit(given)):
            return  # the record has no code, the answer does
        note: Note = "unit" if left[2:] != right[2:] else ""
        self._altered(at, wanted, given, note)

    def _concept(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        if not codes.same_concept(wanted, given):
            self._altered(at, wanted, given)
        else:
            self.gaps += beside.concept(wanted, given, self.wording, at)

    def _coding(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        if codes.coding(wanted) != codes.coding(given):
            self._altered(at, wanted, given)
        else:
            self.gaps += beside.display(wanted, given, self.wording, at)

    def _identifier(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        if known.path.startswith("Extension") and wanted.get("value") != given.get("value"):
            self._altered(at, wanted, given)
        left, right = people.national_identifier(wanted), people.national_identifier(given)
        if left and right and left[0] == right[0] and left != right:
            self._altered(at, wanted, given)

    def _name(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        if "family" in given or "given" in given or people.name_text(wanted) != people.name_text(given):
            if not beside.one_name(wanted, given, practitioner=known.path.startswith("Practitioner")):
                self._words(people.human_name, wanted, given, at)
            self.gaps += beside.name(wanted, given, self.wording, at)

    def _address(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        self._words(people.address, wanted, given, at)
        self.gaps += beside.address(wanted, given, at)

    def _contact_point(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        self._words(people.contact_point, wanted, given, at)

    def _narrative(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        def form(value: Any) -> str:
            return texts.narrative(str(value.get("div") or ""))

        self._words(form, wanted, given, f"{at}.div")

    def _words(self, form: Callable[[Any], str], wanted: Json, given: Json, at: str) -> None:
        left, right = form(wanted), form(given)
        if left and left != right:
            pairs = zip(_texts(wanted), _texts(given), strict=False)
            bad = any(texts.garbled(one, other) for one, other in pairs)
            self._altered(at, left, right, "garbled" if bad else "")

    def _attachment(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        def kind(value: Json) -> str:
            return str(value.get("contentType") or "").split(";")[0].strip().lower()

        if kind(wanted) != kind(given):
            gap: Literal["absent", "altered"] = "altered" if kind(given) else "absent"
            self.gaps.append(Gap(gap, f"{at}.contentType", kind(wanted), kind(given)))
        for name in ("title", "language"):
            left, right = wanted.get(name), given.get(name)
            if left is None or right is None:
                continue
            one, other = (texts.folded(str(text)).casefold() for text in (left, right))
            if name == "language":  # BCP 47: a language may be narrowed to a country
                one, other = (text.partition("-")[0] for text in (one, other))
            if one != other:
                self._altered(f"{at}.{name}", left, right)

    def _reference(self, wanted: Json, given: Json, known: Field, at: str) -> None:
        self.gaps += beside.display(wanted, given, self.wording, at)
        self.met.append(Met(at, wanted, given, known.mode == "key"))

    def _nothing(self, wanted: Any, given: Any, known: Field, at: str) -> None:
        """Resources inside (contained) are compared where they are referred to."""

    # -- lists -----------------------------------------------------------------------------------------------

    def _many(self, wanted: list[Any], given: list[Any], known: Field, at: str) -> None:
        if known.type == "Extension":
            self._extensions(wanted, given, at)
            return
        if known.type == "Identifier":
            return
        if len(wanted) == 1 == len(given):
            self.value(wanted[0], given[0], known, f"{at}[0]")
            return
        pairs, left, extra = self._match(wanted, given, known)
        for i, j in pairs:
            self.value(wanted[i], given[j], known, f"{at}[{j}]")
        for i in left:
            if known.mode == "key" and not self.lenient:
                self.gaps.append(Gap("absent", at, show(wanted[i]), ""))
        for j in extra:
            self._extra(wanted, given, j, known, at)

    def _extra(self, wanted: list[Any], given: list[Any], j: int, known: Field, at: str) -> None:
        """An item of the answer that no item of the record answers to."""
        if self._closed(known):
            self.gaps.append(Gap("altered", f"{at}[{j}]", "", show(given[j]), "added"))
        elif isinstance(given[j], dict) and any(given[j] == item for item in given[:j]):
            self.gaps.append(Gap("altered", f"{at}[{j}]", "", show(given[j]), "twice"))
        elif known.name == "participant" and _is_patient(given[j]):
            self.gaps.append(Gap("altered", f"{at}[{j}]", "", show(given[j]), "added"))
        elif known.type == "HumanName" and any(
            people.same_name(item, given[j], initials=True) for item in wanted
        ):
            return  # the same name for another use
        elif self.table.told(known, given[j]):
            self.gaps.append(Gap("remark", f"{at}[{j}]", "", show(given[j]), "more"))

    def _match(
        self, wanted: list[Any], given: list[Any], known: Field
    ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        """Best pairs of two lists, and what is left on either side."""
        costs = sorted(
            (self.unlike(left, right, known), abs(i - j), i, j)
            for i, left in enumerate(wanted[:_LONG])
            for j, right in enumerate(given[:_LONG])
        )
        pairs: list[tuple[int, int]] = []
        seen_left: set[int] = set()
        seen_right: set[int] = set()
        for _, _, i, j in costs:
            if i not in seen_left and j not in seen_right:
                seen_left.add(i)
                seen_right.add(j)
                pairs.append((i, j))
        return (
            pairs,
            [i for i in range(len(wanted)) if i not in seen_left],
            [j for j in range(len(given)) if j not in seen_right],
        )

    def unlike(self, wanted: Any, given: Any, known: Field) -> float:
        """How much two items differ; 0 when they say the same."""
        trial = Comparison(self.table, self.likeness, self.lenient, self.wording)
        trial.value(wanted, given, known, "")
        gaps = sum(1.0 for gap in trial.gaps if gap.kind != "remark")
        return gaps + sum(self.likeness(met.wanted, met.given) for met in trial.met)

    def _extensions(self, wanted: list[Any], given: list[Any], at: str) -> None:
        self._translations({"extension": wanted}, {"extension": given}, at)
        used: set[int] = set()
        for item in wanted:
            url = item.get("url") if isinstance(item, dict) else None
            if not isinstance(url, str) or url in self.table.free_extensions:
                continue
            options = [
                j
                for j, other in enumerate(given)
                if j not in used and isinstance(other, dict) and other.get("url") == url
            ]
            if options:
                j = options[0]
                if len(options) > 1:
                    j = min(options, key=lambda one: self._unlike_extension(item, given[one]))
                used.add(j)
                mode: Mode = "key" if url in self.table.key_extensions else "value"
                plan = self.table.plan("Extension", "Extension", mode)
                lasting = [
                    one
                    for one in wanted
                    if isinstance(one, dict) and one.get("url") == self.table.lasting.get(url)
                ]
                self.node(beside.with_end(item, lasting, given[j]), given[j], plan, f"{at}('{url}')")
            elif url in self.table.key_extensions and not self.lenient:
                self.gaps.append(Gap("absent", f"{at}('{url}')", show(item), ""))
        self._more_extensions(wanted, given, at)

    def _more_extensions(self, wanted: list[Any], given: list[Any], at: str) -> None:
        """Extensions of the standards that the record does not have; references and numbers say little."""
        known = {str(item.get("url")) for item in wanted if isinstance(item, dict)}
        for item in given:
            url = item.get("url") if isinstance(item, dict) else None
            if not isinstance(url, str) or url in known or url in self.table.free_extensions:
                continue
            value = next((name for name in item if name.startswith("value")), "valueReference")
            if url.startswith(self.table.defining) and value not in ("valueReference", "valueIdentifier"):
                self.gaps.append(Gap("remark", f"{at}('{url}')", "", show(item[value]), "more"))

    def _translations(self, wanted: Any, given: Any, at: str) -> None:
        """The translations of a code among the extensions."""
        ours, theirs = (
            [
                one
                for one in _items((item.get("extension") if isinstance(item, dict) else None) or ())
                if isinstance(one, dict) and str(one.get("url")) in self.table.translations
            ]
            for item in (wanted, given)
        )
        if ours and theirs:
            self.gaps += beside.translations(ours, theirs, at)

    def _unlike_extension(self, wanted: Json, given: Json) -> float:
        trial = Comparison(self.table, self.likeness, self.lenient, self.wording)
        trial.node(wanted, given, self.table.plan("Extension", "Extension"), "")
        return len(trial.gaps) + sum(self.likeness(met.wanted, met.given) for met in trial.met)


_LONG = 200
"""Items of a list that are matched; a resource with more is matched as far as that."""

_BY_TYPE: dict[str, Callable[[Comparison, Any, Any, Field, str], None]] = {
    "Period": Comparison._period,
    "CodeableConcept": Comparison._concept,
    "Coding": Comparison._coding,
    "Identifier": Comparison._identifier,
    "HumanName": Comparison._name,
    "Address": Comparison._address,
    "ContactPoint": Comparison._contact_point,
    "Narrative": Comparison._narrative,
    "Attachment": Comparison._attachment,
    "Reference": Comparison._reference,
    "Resource": Comparison._nothing,
    **dict.fromkeys(DATES, Comparison._date),
    **dict.fromkeys(QUANTITIES, Comparison._quantity),
}

_LEAVES = frozenset(_BY_TYPE) - {"Reference"}
"""Types of which equal values hold nothing more to follow."""


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unit(value: Json) -> str:
    return texts.folded(str(value.get("unit") or value.get("code") or ""))


def _is_patient(value: Any) -> bool:
    actor = value.get("actor") if isinstance(value, dict) else None
    text = actor.get("reference") if isinstance(actor, dict) else None
    return isinstance(text, str) and "Patient/" in text


def _texts(value: Any) -> Iterable[str]:
    """Every text in a value, as it is written."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _texts(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
