"""Walks a response beside its Questionnaire: known items, in order, once unless they repeat, answered when
they must be, not answered when they are not asked (STU3 and R4 questionnaireresponse.html).

What is required is only asked of a response that is ``completed`` or ``amended``.
"""

from __future__ import annotations

from typing import Any

from harness.fhir.phrases import ONE_ANSWER
from harness.fhir.validation.checks.questionnaires import answers
from harness.fhir.validation.checks.questionnaires.enabled import Answers, collect, enabled
from harness.fhir.validation.checks.questionnaires.find import items, named, questionnaire
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_WHOLE = ("completed", "amended")


def check(value: Any, place: Place, run: Run) -> None:
    """Checks a QuestionnaireResponse; without its Questionnaire it says so."""
    text = named(value)
    if not text:
        return
    definition = questionnaire(value, run)
    if definition is None:
        at: Place = (place, "questionnaire", -1, "questionnaire")
        run.add("fhir-questionnaire-not-checked", at, severity="not-checked", expected=text)
        return
    whole = value.get("status") in _WHOLE
    owner = value if text.startswith("#") else definition  # what is contained contains nothing itself
    _Walk(owner, collect(value), whole, run).level(definition, value, place)


class _Walk:
    """One response beside one Questionnaire.

    :param owner: the resource that holds the value sets that the Questionnaire names as ``#id``.
    :param whole: whether required items must be there.
    """

    def __init__(self, owner: Json, found: Answers, whole: bool, run: Run) -> None:
        self.owner = owner
        self.found = found
        self.whole = whole
        self.run = run

    def level(self, definition: Json, holder: Json, place: Place) -> None:
        """Checks the items below one item (or the whole) against those of the Questionnaire."""
        asked = {str(item.get("linkId")): item for item in items(definition)}
        order = {link: number for number, link in enumerate(asked)}
        counts: dict[str, int] = {}
        last = -1
        listed = holder.get("item")
        for index, item in enumerate(listed if type(listed) is list else ()):
            if type(item) is not dict:
                continue
            at: Place = (place, "item", index, "item")
            link = str(item.get("linkId"))
            part = asked.get(link)
            if part is None:
                self.run.add(
                    "fhir-answer-unknown",
                    (at, "linkId", -1, "linkId"),
                    expected=" | ".join(list(asked)[:8]),
                    received=link,
                )
                continue
            if order[link] < last:
                self.run.add("fhir-answer-order", at, expected=" | ".join(list(asked)[:8]), received=link)
            last = max(last, order[link])
            counts[link] = counts.get(link, 0) + 1
            if counts[link] == 2 and (part.get("type") != "group" or part.get("repeats") is not True):
                self.run.add("fhir-answer-repeat", at, expected="1", received=link)
            self.item(part, item, at)
        for link, part in asked.items():
            if link not in counts:
                self.missing(part, place)

    def item(self, part: Json, item: Json, at: Place) -> None:
        """Checks one item that is there."""
        given = items(item, "answer")
        kind = part.get("type")
        if enabled(part, self.found) is False and (given or items(item)):
            self.run.add("fhir-answer-disabled", at, expected="enableWhen", received=str(part.get("linkId")))
            return
        if kind == "group":
            if given:
                self.run.add("fhir-answer-group", at, expected="group: item", received="answer")
            self.level(part, item, at)
            return
        if items(item):
            self.run.add("fhir-answer-group", at, expected=f"{kind}: answer.item", received="item")
        if kind == "display":
            if given:
                self.run.add("fhir-answer-group", at, expected="display: -", received="answer")
            return
        if not given:
            self.missing(part, at)
        if len(given) > 1 and part.get("repeats") is not True:
            self.run.add("fhir-answer-repeat", at, expected=ONE_ANSWER, received=str(len(given)))
        for index, answer in enumerate(given):
            place: Place = (at, "answer", index, "answer")
            answers.check(part, answer, self.owner, place, self.run)
            self.level(part, answer, place)

    def missing(self, part: Json, place: Place) -> None:
        """Reports an item that must be answered and is not."""
        if self.whole and part.get("required") is True and enabled(part, self.found) is True:
            self.run.add("fhir-answer-missing", place, expected=f"{part.get('linkId')} 1..", received="0")
