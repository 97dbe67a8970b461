"""The lists of the stelselnode: who takes part, and where."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="Iedereen leest de lijsten", en="Everybody reads the lists"),
    steps=(
        Text(
            nl="Het PGO haalt de vier lijsten op bij de stelselnode.",
            en="The PGO fetches the four lists from the stelselnode.",
        ),
        Text(
            nl="De lijsten volgen het schema van de release en noemen de partijen van deze combinatie.",
            en="The lists follow the schema of the release and name the parties of this combination.",
        ),
        Text(
            nl="Een nieuwe uitgave heeft een hoger volgnummer.",
            en="A new publication has a higher number.",
        ),
    ),
)
def test_lists(cell: CellRun) -> None:
    """Asks the duties of the list publisher."""
    cell.judge()
