"""``harness serve session …``: open, look at and end sessions of a network that is being served."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import JsonOption, LangOption
from harness.core.errors import UnreachableError, UserError
from harness.core.text import Text

API_VARIABLE = "HARNESS_SESSIONS"
KEY_VARIABLE = "HARNESS_SESSIONS_KEY"
WAIT = 90.0
"""Longer than an end waits for what is still watched (seconds)."""

app = typer.Typer(help="Sessions with a live PGO, at a network that is being served.", no_args_is_help=True)
ApiOption = Annotated[
    str,
    typer.Option("--api", envvar=API_VARIABLE, metavar="URL", help="Address that `harness serve` prints."),
]
KeyOption = Annotated[
    str, typer.Option("--key", envvar=KEY_VARIABLE, help="Key that `harness serve` prints, if any.")
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Session, such as s1.")]


class Refused(UserError):
    """The API refused."""


@app.command()
def start(
    pgo: Annotated[str, typer.Option("--pgo", help="PGO of the network file.")],
    api: ApiOption,
    standard: Annotated[str, typer.Option("--standard", help="Standard: id or short name.")] = "",
    person: Annotated[str, typer.Option("--person", help="Test person (default: of the standard).")] = "",
    release: Annotated[str, typer.Option("--release", help="Release (default: the newest).")] = "",
    his: Annotated[str, typer.Option("--his", help="HIS (default: the first that fits).")] = "",
    situation: Annotated[
        list[str] | None, typer.Option("--situation", help="What to play; repeatable (default: all).")
    ] = None,
    idle: Annotated[float, typer.Option("--idle", help="Minutes without anything before it closes.")] = 30.0,
    key: KeyOption = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Open a session; says what the PGO has to do first."""
    wish: dict[str, Any] = {"pgo": pgo, "situations": situation or ["all"], "idle": idle}
    wish |= {
        name: value
        for name, value in (("standard", standard), ("person", person), ("release", release), ("his", his))
        if value
    }
    _show(_call(api, key, "POST", "/sessions", wish), as_json, lang)


@app.command("list")
def list_sessions(
    api: ApiOption, key: KeyOption = "", as_json: JsonOption = False, lang: LangOption = "nl"
) -> None:
    """All sessions."""
    found = _call(api, key, "GET", "/sessions")
    if as_json:
        _json(found)
        return
    table = Table("id", "status" if lang == "nl" else "state", "pgo", "standard", "person", "exit")
    for item in found["sessions"]:
        code = "" if item["exit"] is None else str(item["exit"])
        table.add_row(item["id"], item["state"], item["pgo"], item["standard"], item["person"], code)
    Console().print(table)


@app.command()
def show(
    session: IdArgument,
    api: ApiOption,
    key: KeyOption = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Where a session stands: what to do now, and what was found."""
    _show(_call(api, key, "GET", f"/sessions/{session}"), as_json, lang)


@app.command("next")
def next_situation(
    session: IdArgument,
    api: ApiOption,
    situation: Annotated[str, typer.Argument(help="Situation (default: the next one).")] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Play the next situation, or the named one."""
    found = _call(api, key, "POST", f"/sessions/{session}/next", {"situation": situation})
    _show(found, as_json, lang)


@app.command()
def end(
    session: IdArgument,
    api: ApiOption,
    key: KeyOption = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """End a session; its exit code is that of the command."""
    found = _call(api, key, "POST", f"/sessions/{session}/end", {})
    _show(found, as_json, lang)
    raise typer.Exit(int(found["exit"]))


@app.command()
def sheet(session: IdArgument, api: ApiOption, key: KeyOption = "", lang: LangOption = "nl") -> None:
    """The printable sheet of the person, as HTML on stdout."""
    sys.stdout.write(_send(api, key, "GET", f"/sessions/{session}/sheet?lang={lang}").text)


def _call(api: str, key: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = _send(api, key, method, path, body).json()
    return found


def _send(api: str, key: str, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """One request.

    :raises UnreachableError: nobody answers.
    :raises Refused: the API says what is wrong.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.request(
            method, api.rstrip("/") + path, json=body, headers=headers, timeout=WAIT, trust_env=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(
            Text(nl="de sessies antwoorden niet", en="the sessions do not answer"),
            where=api,
            received=str(error),
            next_step=Text(
                nl="start `harness serve` en gebruik het adres dat het noemt",
                en="start `harness serve` and use the address that it names",
            ),
        ) from None
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        detail, step = problem["detail"], problem["next_step"]
        message, advice = Text(nl=detail["nl"], en=detail["en"]), Text(nl=step["nl"], en=step["en"])
    except (ValueError, KeyError, TypeError):
        raise UnreachableError(
            Text(nl="hier antwoordt iets anders", en="something else answers here"),
            where=api,
            received=f"HTTP {answer.status_code}",
        ) from None
    raise Refused(
        message,
        where=problem["field"],
        expected=problem["expected"],
        received=problem["received"],
        next_step=advice,
    )


def _json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _show(document: dict[str, Any], as_json: bool, lang: str) -> None:
    if as_json:
        _json(document)
        return
    console = Console(soft_wrap=True, highlight=False)
    state = f"{document['state']} ({document['reason']})" if document["reason"] else document["state"]
    console.print(
        f"{document['id']}: {state} · {document['pgo']} · {document['standard']} · {document['person']}",
        markup=False,
    )
    now = document["now"]
    if now is not None and not document["reason"]:
        console.print(f"{'nu' if lang == 'nl' else 'now'}: {now['title'][lang]}", markup=False)
        console.print(f"  {now['do'][lang]}", markup=False)
    for item in document["requirements"]:
        if item["said"] not in ("pass", "not-applicable"):
            console.print(f"{item['said']:14} {item['id']} {item['title'][lang]}", markup=False)
            if item["said"] in ("fail", "warning", "error"):
                console.print(f"{'':14} {item['received']}", markup=False)
    for reason, count in document["unassigned"].items():
        told = "niet van deze sessie" if lang == "nl" else "not of this session"
        console.print(f"{told}: {count} × {reason}", markup=False)
    console.print(f"{'map' if lang == 'nl' else 'folder'}: {document['run']}", markup=False)
