"""The rules of a profile, compiled from its sparse tree (:mod:`harness.fhir.profiles.differentials`).

The base shape of a value is checked elsewhere; a rule only looks at what the profile adds. A rule is
compiled per FHIR type of the value it meets (a choice can be anything), on first use.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.fhir.profiles.facts import CORE, BindingFact, Value
from harness.fhir.profiles.matching import contains, equal
from harness.fhir.profiles.slicing.fixed import extension_url
from harness.fhir.profiles.slicing.items import Item, Predicate
from harness.fhir.profiles.slicing.slices import compile_slice
from harness.fhir.profiles.tree import Node, ProfileTree
from harness.fhir.validation.checks import codes, references
from harness.fhir.validation.run import Json, Place, Run, describe

if TYPE_CHECKING:
    from harness.fhir.validation.engine import Engine

Keys = dict[str, str]
"""JSON key -> type code, of one element."""

_LISTS = ("extension", "modifierExtension")


class ProfileRules:
    """Compiled rules of one profile."""

    __slots__ = ("canonical", "defects", "engine", "missing", "root", "type", "url")

    def __init__(self, tree: ProfileTree, engine: Engine) -> None:
        self.engine = engine
        self.url = tree.facts.url
        self.canonical = tree.facts.canonical
        self.type = tree.facts.type
        self.missing = tree.missing
        self.defects = tree.defects
        self.root = NodeRule(tree.root, self)

    def apply(self, value: Any, companion: Any, code: str, place: Place, run: Run) -> None:
        """Checks a value (of type ``code``) against the profile."""
        if self.missing:
            run.once(
                "fhir-profile-unknown", self.missing, place, severity="not-checked", expected=self.missing
            )
        for defect in self.defects:
            run.once(
                "fhir-package-defect", defect, place, severity="warning", expected=self.url, received=defect
            )
        self.root.item(Item(value, companion, code, place[3], place[2]), place, run)


def compile_profile(tree: ProfileTree, engine: Engine) -> ProfileRules:
    """Rules of a merged tree; children are compiled on first use."""
    return ProfileRules(tree, engine)


class _Slice:
    """One slice: its rule, its predicate, its nested slices."""

    __slots__ = ("name", "predicate", "rule", "url")

    def __init__(self, name: str, rule: NodeRule, predicate: Predicate | None, url: str) -> None:
        self.name = name
        self.rule = rule
        self.predicate = predicate
        self.url = url


class NodeRule:
    """What the profile asks of one element or slice."""

    __slots__ = (
        "_children",
        "_required",
        "_slices",
        "binding",
        "node",
        "profile",
        "stem",
        "targets",
        "typed",
    )

    def __init__(self, node: Node, profile: ProfileRules) -> None:
        self.node = node
        self.profile = profile
        self.stem = node.name.removesuffix("[x]")
        self._children: dict[str, tuple[tuple[NodeRule, Keys, tuple[str, str] | None], ...]] = {}
        self._slices: tuple[_Slice, ...] | None = None
        self._required: bool | None = None
        self.typed = {entry.code: entry for entry in node.types}
        self.binding: dict[str, codes.Check | None] = {}
        self.targets: dict[str, codes.Check | None] = {}

    # -- one value ------------------------------------------------------------------------------

    def item(self, item: Item, place: Place, run: Run) -> None:
        """Checks one value: type, fixed and pattern, binding, references, profiles, children, invariants."""
        node = self.node
        before = run.errors
        value, companion, code = item.value, item.companion, item.code
        if node.types and place[0] is not None:
            self._type(item, place, run)
        if node.fixed is not None and not equal(node.fixed.value, value):
            run.add(
                "fhir-fixed",
                place,
                expected=_shown(node.fixed),
                received=value if value is not None else companion,
            )
        if node.pattern is not None and not contains(node.pattern.value, value):
            run.add(
                "fhir-pattern",
                place,
                expected=_shown(node.pattern),
                received=value if value is not None else companion,
            )
        if node.binding is not None:
            self._binding(item, place, run)
        if node.min_value is not None or node.max_value is not None:
            _range(node, value, place, run)
        if node.max_length and isinstance(value, str) and len(value) > node.max_length:
            run.add(
                "fhir-length",
                place,
                expected=f"<= {node.max_length}",
                received=f"{len(value)}: {describe(value)}",
            )
        if node.children:
            owner = value if type(value) is dict else companion
            if type(owner) is dict:
                self.children(owner, code, place, run)
            elif not isinstance(value, (dict, list)):
                self.children({}, code, place, run)
        if node.invariants and run.errors == before:
            for invariant in node.invariants:
                self.profile.engine.invariants.check(invariant, code)(value, place, run)

    def _type(self, item: Item, place: Place, run: Run) -> None:
        node, engine = self.node, self.profile.engine
        entry = self.typed.get(item.code)
        if entry is None:
            entry = self.typed.get("") or next(
                (
                    t
                    for t in node.types
                    if t.code in ("BackboneElement", "Element", "Resource", "DomainResource")
                    or engine.model.is_subtype(item.code, t.code)
                    or (t.code == "xhtml")
                ),
                None,
            )
        if entry is None:
            run.add(
                "fhir-choice-type",
                place,
                expected=" | ".join(t.code for t in node.types),
                received=item.code,
            )
            return
        if entry.profiles:
            self._profiles(entry.profiles, item, place, run)
        if item.code == "Reference" and (entry.targets or entry.aggregation):
            check = self.targets.get(item.code)
            if check is None:
                check = self.targets[item.code] = references.reference_check(entry.targets, entry.aggregation)
            check(item.value, place, run)

    def _profiles(self, profiles: tuple[str, ...], item: Item, place: Place, run: Run) -> None:
        engine = self.profile.engine
        if len(profiles) == 1:
            engine.apply_profile(profiles[0], item.value, item.companion, item.code, place, run)
            return
        answers = [engine.conforms(item.value, item.code, url, place, run) for url in profiles]
        if True not in answers and None not in answers:
            run.add("fhir-choice-type", place, expected=" | ".join(profiles), received=item.value)

    def _binding(self, item: Item, place: Place, run: Run) -> None:
        binding = self.node.binding
        assert binding is not None
        if item.code not in self.binding:
            # a binding that names no value set leaves that of the base type, which the shape checks
            knowledge = self.profile.engine.knowledge
            self.binding[item.code] = codes.binding_check(knowledge, binding, item.code, self.node.ident)
        check = self.binding[item.code]
        if check is not None:
            target = item.value
            if item.code == "Extension" and isinstance(target, dict):
                self._extension_binding(binding, target, place, run)
            elif target is not None:
                check(target, place, run)

    def _extension_binding(self, binding: BindingFact, value: Json, place: Place, run: Run) -> None:
        """A binding on an extension slice means its value."""
        for key, part in value.items():
            if key.startswith("value"):
                code = key[5:]
                name = code if code in self.profile.engine.model.types else code[:1].lower() + code[1:]
                found = codes.binding_check(self.profile.engine.knowledge, binding, name, self.node.ident)
                if found is not None:
                    found(part, (place, "value", -1, key), run)

    # -- children -------------------------------------------------------------------------------

    def children(self, owner: Json, code: str, place: Place, run: Run) -> None:
        """Checks everything below one object (or the extensions of a primitive)."""
        found = self._children.get(code)
        if found is None:
            found = self._children[code] = self._compile(code)
        for rule, keys, only in found:
            if only is None or only[0] in owner or only[1] in owner:
                rule.element(owner, keys, place, run)

    def _compile(self, code: str) -> tuple[tuple[NodeRule, Keys, tuple[str, str] | None], ...]:
        """Rules of the children, their keys, and the two keys without which an optional one has no work."""
        facts = self.profile.engine.model.types.get(code)
        rules = []
        for name, child in self.node.children.items():
            element = facts.elements.get(name) if facts is not None else None
            if element is not None:
                keys = {element.key_for(ref.code): ref.code for ref in element.types}
                rule = NodeRule(child, self.profile)
                optional = len(keys) == 1 and not child.min and not rule.slices_required
                key = next(iter(keys))
                rules.append((rule, keys, (key, "_" + key) if optional else None))
        return tuple(rules)

    def element(self, owner: Json, keys: Keys, place: Place, run: Run) -> None:
        """Checks one element of ``owner``: how often, each occurrence, slices."""
        node = self.node
        items = _gather(owner, keys)
        stem = self.stem
        count = len(items)
        if not count and not node.min and not node.slices:
            return
        if count < node.min:
            run.add(
                "fhir-cardinality-min",
                place,
                name=stem,
                expected=f"{_cardinality(node)} ({self.profile.url})",
                received=str(count),
            )
        if node.max is not None and count > node.max:
            item = items[node.max]
            rule = "fhir-not-allowed" if node.max == 0 else "fhir-cardinality-max"
            run.add(
                rule,
                (place, stem, item.index, item.key),
                name=stem,
                expected=f"{_cardinality(node)} ({self.profile.url})",
                received=str(count),
            )
        for item in items:
            at = (place, stem, item.index, item.key)
            if node.only and item.key not in node.only:
                run.add("fhir-choice-type", at, expected=" | ".join(sorted(node.only)), received=item.key)
                continue
            self.item(item, at, run)
        if node.slices and (items or self.slices_required):
            self.slices(items, stem, place, run)

    @property
    def slices_required(self) -> bool:
        """Whether some slice must be present."""
        if self._required is None:
            self._required = any(part.min > 0 for part in self.node.slices.values())
        return self._required

    # -- slices ---------------------------------------------------------------------------------

    def slices(self, items: list[Item], stem: str, place: Place, run: Run) -> None:
        """Divides the occurrences of an element over its slices and checks each."""
        node = self.node
        compiled = self._slices
        if compiled is None:
            compiled = self._slices = self._compile_slices()
        resolver = references.DocumentResolver(run, self.profile.engine, place)
        counts = [0] * len(compiled)
        unsure = [False] * len(compiled)
        rules = node.slicing.rules if node.slicing is not None else "open"
        ordered = node.slicing is not None and node.slicing.ordered
        last = -1
        open_seen = False
        for item in items:
            at = (place, stem, item.index, item.key)
            match = -1
            undecided = False
            for number, part in enumerate(compiled):
                if part.url:
                    answer: bool | None = type(item.value) is dict and item.value.get("url") == part.url
                elif part.predicate is None:
                    answer = None
                else:
                    answer = part.predicate(item, resolver)
                if answer:
                    match = number
                    break
                if answer is None:
                    unsure[number] = undecided = True
            if match >= 0:
                counts[match] += 1
                high = compiled[match].rule.node.max
                if high is not None and counts[match] > high:
                    run.add(
                        "fhir-slice-max",
                        at,
                        name=compiled[match].name,
                        expected=f"{_cardinality(compiled[match].rule.node)} ({self.profile.url})",
                        received=str(counts[match]),
                    )
                if ordered and match < last:
                    run.add("fhir-slice-order", at, name=compiled[match].name, expected=compiled[last].name)
                last = max(last, match)
                if rules == "openAtEnd" and open_seen:
                    run.add("fhir-slice-order", at, name=compiled[match].name, expected="openAtEnd")
                compiled[match].rule.item(item, at, run)
                if compiled[match].rule.node.slices:
                    compiled[match].rule.slices([item], stem, place, run)
            else:
                open_seen = True
                if rules == "closed" and not undecided:
                    run.add(
                        "fhir-slice-closed",
                        at,
                        expected=" | ".join(part.name for part in compiled),
                        received=item.value,
                    )
        for number, part in enumerate(compiled):
            low = part.rule.node.min
            if part.predicate is None and not part.url:
                run.once(
                    "fhir-slice-not-checked",
                    part.rule.node.ident,
                    place,
                    severity="not-checked",
                    name=part.name,
                    expected=self.profile.url,
                )
            elif counts[number] < low:
                if unsure[number]:
                    run.add(
                        "fhir-slice-not-checked",
                        place,
                        severity="not-checked",
                        name=part.name,
                        expected=self.profile.url,
                    )
                else:
                    run.add(
                        "fhir-slice-min",
                        (place, stem, -1, stem),
                        name=f"{stem}:{part.name}",
                        expected=f"{_cardinality(part.rule.node)} ({self.profile.url})",
                        received=str(counts[number]),
                    )

    def _compile_slices(self) -> tuple[_Slice, ...]:
        node = self.node
        result = []
        for name, part in node.slices.items():
            url = ""
            if node.name in _LISTS:
                url = extension_url(part)
                if url and part.max is None and not url.startswith(CORE):
                    # Without an own maximum the root cardinality of the extension's definition holds; that of
                    # HL7's own definitions is no more than documentation (the peer sees it the same way).
                    tree = self.profile.engine.knowledge.tree(url)
                    part.max = tree.root.max if tree is not None else None
            predicate = None if url else compile_slice(part, node.slicing, self.profile.engine.knowledge)
            result.append(_Slice(name, NodeRule(part, self.profile), predicate, url))
        return tuple(result)


def _gather(owner: Json, keys: Keys) -> list[Item]:
    """All occurrences of an element below an object, primitives paired with their ``_key``."""
    if len(keys) == 1:
        for key, code in keys.items():
            found = owner.get(key)
            if found is None and (code[0].isupper() or "_" + key not in owner):
                return []
            items: list[Item] = []
            _collect(owner, key, code, found, items)
            return items
    items = []
    for key in owner:
        bare = key[1:] if key[:1] == "_" else key
        choice = keys.get(bare)
        if choice is not None and (bare is key or bare not in owner):
            _collect(owner, bare, choice, owner.get(bare), items)
    return items


def _collect(owner: Json, key: str, code: str, found: Any, items: list[Item]) -> None:
    others = owner.get("_" + key) if code[0].islower() else None
    if type(found) is list:
        if others is None:
            for index, part in enumerate(found):
                items.append(Item(part, None, _code_of(part, code), key, index))
            return
        for index, part in enumerate(found):
            companion = others[index] if type(others) is list and index < len(others) else None
            items.append(Item(part, companion, _code_of(part, code), key, index))
    elif found is None and type(others) is list:
        items += [Item(None, part, code, key, index) for index, part in enumerate(others)]
    else:
        items.append(Item(found, others, _code_of(found, code), key, -1))


def _code_of(value: Any, code: str) -> str:
    """The type of a value: a resource says its own."""
    if code in ("Resource", "DomainResource") and type(value) is dict:
        name = value.get("resourceType")
        return name if isinstance(name, str) else code
    return code


def _cardinality(node: Node) -> str:
    high = "*" if node.max is None else str(node.max)
    return f"{node.ident.rpartition('.')[2]} {node.min}..{high}"


def _shown(value: Value) -> str:
    return describe(value.value)


def _range(node: Node, value: Any, place: Place, run: Run) -> None:
    """``minValue[x]`` and ``maxValue[x]``: numbers, dates by common precision, quantities with the same
    code."""
    for limit, below in ((node.min_value, True), (node.max_value, False)):
        if limit is None:
            continue
        order = _compare(value, limit.value)
        if order is None:
            continue
        if (order < 0) if below else (order > 0):
            run.add(
                "fhir-range",
                place,
                expected=(">= " if below else "<= ") + describe(limit.value),
                received=value,
            )


def _compare(value: Any, limit: Any) -> int | None:
    """-1, 0, 1, or ``None`` when the two cannot be compared."""
    if isinstance(value, dict) and isinstance(limit, dict):
        if value.get("code", value.get("unit")) != limit.get("code", limit.get("unit")) and "code" in limit:
            return None
        return _compare(value.get("value"), limit.get("value"))
    if isinstance(value, bool) or isinstance(limit, bool):
        return None
    if isinstance(value, (int, Decimal)) and isinstance(limit, (int, float, Decimal)):
        low = Decimal(str(limit))
        return (Decimal(value) > low) - (Decimal(value) < low)
    if isinstance(value, str) and isinstance(limit, str):
        size = min(len(value), len(limit), 10)
        try:
            if size == 10:
                first, second = date.fromisoformat(value[:10]), date.fromisoformat(limit[:10])
                return (first > second) - (first < second)
        except ValueError:
            return None
        return (value[:size] > limit[:size]) - (value[:size] < limit[:size])
    return None
