"""What came of the person's pages when one step of them was taken wrongly: a code, or none."""

from __future__ import annotations

from typing import Final

from harness.core.run.exchanges import Exchange, header
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_CODE
from harness.judge.trust.refusals.tried import Outcome, Tried
from harness.judge.trust.steps import Trust, status, unanswered
from harness.medmij import authorization, pages

ASKED: Final = {"other-pgo": "consent", "other-person": "consent", "deep-link": "login"}
"""The page that has to be shown all the same before a code."""
_CODE_WITHOUT: Final = {
    "consent": Text(nl="een code, zonder toestemming", en="a code, without consent"),
    "login": Text(nl="een code, zonder inloggen", en="a code, without login"),
}
_ANOTHER_CODE: Final = Text(nl="een andere code", en="another code")
_QUESTION: Final = Text(nl="de toestemmingsvraag, zonder inloggen", en="the question, without login")
_CONSENTS: Final = Text(nl="de toestemmingen, zonder inloggen", en="the consents, without login")
_CONSENT_GONE: Final = Text(nl="de toestemming is weg", en="the consent is gone")


def outcome(cell: Trust, item: Tried) -> tuple[Outcome, Phrase]:
    """What came of a walk, and how it looked; nothing when it never got to the wrong step."""
    marked = [number for number, one in enumerate(item.exchanges) if one.notes.get("wrong")]
    if not marked:
        return "unclear", status(item.exchanges[-1])
    before, after = item.exchanges[: marked[0]], item.exchanges[marked[0] :]
    last = after[-1]
    if last.response is not None and last.response.status == 429:
        return "stopped", status(last)
    if item.row.wrong in ("consents-link", "withdraw-other"):
        return _consents(cell, item.row.wrong, after)
    given = [code for one in after if (code := _code(one))]
    if item.row.wrong == "again":
        first = [code for one in before if (code := _code(one))]
        return ("open", _ANOTHER_CODE) if set(given) - set(first) else ("refused", status(last))
    asked = ASKED.get(item.row.wrong, "")
    shown = [(one.notes.get("page") or {}).get("step", "") for one in item.exchanges]
    if given and not (asked and asked in shown):
        return "open", _CODE_WITHOUT[asked] if asked else A_CODE
    if item.row.wrong == "deep-link" and "consent" in shown and asked not in shown:
        return "open", _QUESTION
    if last.response is None:
        return "silent", unanswered(last)
    return ("broken" if last.response.status >= 500 else "refused"), status(last)


def _consents(cell: Trust, wrong: str, after: tuple[Exchange, ...]) -> tuple[Outcome, Phrase]:
    """What became of a screen of consents that was opened without login, or of another person's consent."""
    last = after[-1]
    if last.response is None or last.response.status >= 400:
        return ("refused" if wrong == "consents-link" else "unclear"), status(last)
    if wrong == "consents-link":
        step = (last.notes.get("page") or {}).get("step", "")
        return ("open", _CONSENTS) if step not in ("", "login") else ("refused", status(last))
    page = pages.parse(last.response.body, last.request.url)
    shown = {control.value for form in (page.forms if page else ()) for control in form.controls}
    sent = {value for one in after if one.notes.get("wrong") for value in cell.form(one).values()}
    hidden = sent - {
        control.value
        for form in (page.forms if page else ())
        for control in form.controls
        if control.kind != "hidden"
    }
    return ("refused", status(last)) if hidden & shown else ("open", _CONSENT_GONE)


def _code(item: Exchange) -> str:
    """The code in a redirect, ``""``: none."""
    location = header(item.response.headers, "location") if item.response is not None else None
    if not location or not authorization.carries_outcome(location):
        return ""
    return authorization.parse_redirect(location, location.partition("?")[0]).code
