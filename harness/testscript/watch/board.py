"""What the terminal shows of a watched client, fed by the event stream only."""

from __future__ import annotations

import sys
import threading

from rich.markup import escape
from rich.table import Table

from harness.core.run.events import Event
from harness.core.text import Lang
from harness.testscript.watch.mock import Mock

_MARKS = {
    "pass": "[green]●[/]",
    "fail": "[red]●[/]",
    "error": "[magenta]●[/]",
    "inconclusive": "[yellow]●[/]",
}


class Board:
    """The scenarios in the terminal, fed by the event stream only."""

    def __init__(self, mock: Mock, lang: Lang) -> None:
        self._lang = lang
        self._lock = threading.Lock()
        self._rows = {
            session.file: ["○", session.script.title or session.script.id, ""]
            for session in mock.watch.sessions
        }
        self._base = mock.base
        self._extra = 0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        data = event.data
        with self._lock:
            if event.kind == "script-extra":
                self._extra += 1
                return
            row = self._rows.get(str(data.get("file", "")))
            if row is None:
                return
            if event.kind == "script-matched":
                row[0] = "[cyan]◐[/]"
                row[2] = (
                    f"HTTP {data.get('status')}  {str(data.get('url', '')).removeprefix(self._base)[:70]}"
                )
            elif event.kind == "script-finished":
                verdict = str(data.get("verdict", ""))
                row[0] = _MARKS.get(verdict, "[yellow]●[/]")
                row[2] = f"{verdict}" + (f" ({data['attempts']}×)" if data.get("attempts", 1) != 1 else "")

    def __rich__(self) -> Table:
        with self._lock:
            dutch = self._lang == "nl"
            title = f"{self._base}  ·  " + (
                f"{self._extra} verzoeken zonder scenario"
                if dutch
                else f"{self._extra} requests without scenario"
            )
            table = Table(title=title, show_header=False, box=None, padding=(0, 1))
            for mark, name, state in self._rows.values():
                table.add_row(mark, escape(name), escape(state))
            return table


def plain_line(event: Event) -> None:
    """One line per event on stderr, where there is no terminal to draw in."""
    if event.kind in ("script-matched", "script-finished", "script-extra"):
        facts = " ".join(f"{name}={value}" for name, value in event.data.items())
        sys.stderr.write(f"{event.at[11:19]} {event.kind} {facts}\n")
        sys.stderr.flush()
