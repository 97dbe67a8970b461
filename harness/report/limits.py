"""What a run was allowed, and which of these limits ended something."""

from __future__ import annotations

from harness.core.run.info import RunInfo
from harness.core.run.limits import shown_seconds
from harness.core.text import Text
from harness.report.words import amount


def budgets(info: RunInfo) -> Text:
    """The budgets of a run on one line."""
    limits = info.limits
    request, body = shown_seconds(limits.request), f"{limits.body // (1024 * 1024)} MiB"
    cell, run = (shown_seconds(item) if item else "–" for item in (limits.cell, limits.run))
    return Text(
        nl=f"Grenzen: verzoek {request}, antwoord {body}, cel {cell}, run {run}.",
        en=f"Limits: request {request}, answer {body}, cell {cell}, run {run}.",
    )


def reached(info: RunInfo) -> list[Text]:
    """The limits that ended something, each once, with the number of flows and cells; the largest first."""
    found: dict[Text, set[tuple[str, str]]] = {}
    for trouble in info.troubles:
        if trouble.limit is not None:
            found.setdefault(trouble.what, set()).add((trouble.cell, trouble.flow))
    told = []
    for what, places in sorted(found.items(), key=lambda item: -len(item[1])):
        cells = amount(len({cell for cell, _ in places}), "cell")
        flows = amount(len(places), "flow")
        told.append(
            Text(
                nl=f"{what.nl} ({flows.nl} niet of niet geheel gedraaid, in {cells.nl})",
                en=f"{what.en} ({flows.en} not run, or not wholly, in {cells.en})",
            )
        )
    return told
