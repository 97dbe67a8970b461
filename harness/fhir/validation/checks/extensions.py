"""Extensions: their own definition, where they may stand, and modifier extensions that nobody knows.

FHIR STU3 extensibility.html: an unknown extension is allowed (a warning here: it was not checked). Of an
unknown modifier extension nobody here can say what it changes: *not checked*, for the definition may be in a
package that was not given. ``context`` of a definition says where it may stand
(defining-extensions.html#context).
"""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.phrases import ABSOLUTE_URL, KNOWN_EXTENSION, KNOWN_MODIFIER
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.slicing.fixed import extension_url
from harness.fhir.validation.checks import contexts
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Rules, Run

_HOLDERS = ("extension", "modifierExtension")
_QUOTES = re.compile(r"(?:fixed|pattern|defaultValue|minValue|maxValue)[A-Z]|example$").match
"""Elements of an ElementDefinition that quote data."""


def extension_check(rules: Rules, shape: Check, modifier: bool) -> Check:
    """The check of one item of ``extension`` or ``modifierExtension``.

    :param shape: the check of the base type.
    """
    knowledge = rules.knowledge

    def check(value: Any, place: Place, run: Run) -> None:
        before = run.errors
        shape(value, place, run)
        if type(value) is not dict or run.errors != before:
            return
        url = value.get("url")
        if type(url) is not str:
            return
        owner = place[0]
        nested = owner is not None and owner[3] in _HOLDERS
        if ":" not in url:
            if not nested:
                run.add("fhir-extension-url", (place, "url", -1, "url"), expected=ABSOLUTE_URL, received=url)
            return
        facts = knowledge.profile(url)
        if facts is None or facts.type != "Extension":
            if modifier:
                run.add(
                    "fhir-extension-modifier-unknown",
                    place,
                    severity="not-checked",
                    expected=KNOWN_MODIFIER,
                    received=url,
                )
            else:
                run.add(
                    "fhir-extension-unknown",
                    place,
                    severity="warning",
                    expected=KNOWN_EXTENSION,
                    received=url,
                )
            return
        root = facts.elements[0] if facts.elements else None
        if root is not None and root.path == "Extension":
            if modifier and not root.modifier and not _chain_modifier(knowledge, url):
                run.add("fhir-extension-modifier", place, expected="extension", received="modifierExtension")
            elif not modifier and root.modifier:
                run.add("fhir-extension-modifier", place, expected="modifierExtension", received="extension")
        if (facts.contexts or facts.context_rules) and not _quoted(owner, run):
            contexts.check(facts, place, run)
        rules.apply_profile(url, value, None, "Extension", place, run)
        parts = value.get("extension")
        if type(parts) is list and parts:
            _parts(knowledge, url, parts, place, run)

    return check


def _chain_modifier(knowledge: Knowledge, url: str) -> bool:
    tree = knowledge.tree(url)
    return tree is not None and tree.root.modifier


def _parts(knowledge: Knowledge, url: str, parts: list[Any], place: Place, run: Run) -> None:
    """Parts of a complex extension have the (relative) URLs that its definition names."""
    tree = knowledge.tree(url)
    node = tree.root.children.get("extension") if tree is not None else None
    if node is None or not node.slices:
        return
    known = {extension_url(part) for part in node.slices.values()}
    for index, part in enumerate(parts):
        name = part.get("url") if type(part) is dict else None
        if type(name) is str and ":" not in name and name not in known:
            at = (place, "extension", index, "extension")
            run.add("fhir-extension-part", at, expected=" | ".join(sorted(known)), received=name)


def _quoted(owner: Place | None, run: Run) -> bool:
    """Whether an extension stands in data that a definition quotes: no extension of the definition."""
    if run.within[1] not in ("StructureDefinition", "DataElement"):
        return False
    stop = run.within[0]
    while owner is not None and owner is not stop:
        if _QUOTES(owner[3].removeprefix("_")):
            return True
        owner = owner[0]
    return False
