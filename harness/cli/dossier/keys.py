"""``harness keys``: the register of a bureau: whose a key is, and which keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import LangOption
from harness.core.errors import UsageError
from harness.core.text import Lang, Text
from harness.record.seal.keeping import add_key, revoke
from harness.record.seal.register import Owner, Role
from harness.record.seal.trust import load_trust

app = typer.Typer(no_args_is_help=True)
ROLES: dict[str, Role] = {"supplier": "supplier", "bureau": "bureau"}
RegisterArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the register.")]
_ADDED = Text(
    nl="toegevoegd: sleutel {keyid} van {owner} ({role})", en="added: key {keyid} of {owner} ({role})"
)
_REVOKED = Text(
    nl="ingetrokken: {keyid}; alles wat ermee is ondertekend, wordt nu geweigerd",
    en="revoked: {keyid}; everything that it signed is refused from now on",
)


@app.command()
def add(
    register: RegisterArgument,
    key: Annotated[Path, typer.Argument(metavar="FILE", help="Public key or certificate (PEM).")],
    owner: Annotated[str, typer.Option("--owner", help="Whose it is; a supplier as in its dossiers.")],
    role: Annotated[str, typer.Option("--role", help="supplier or bureau.")] = "supplier",
    lang: LangOption = "nl",
) -> None:
    """Add the key of a supplier or of a bureau; use the folder with --trust."""
    if role not in ROLES or not owner.strip():
        raise UsageError(
            Text(nl="noem eigenaar en rol", en="name owner and role"),
            where="--role",
            expected=", ".join(ROLES),
            received=role,
        )
    language: Lang = "en" if lang == "en" else "nl"
    keyid = add_key(register, key, Owner(owner=owner.strip(), role=ROLES[role]))
    typer.echo(_ADDED.format(keyid=keyid, owner=owner.strip(), role=role).of(language))


@app.command(name="revoke")
def refuse(
    register: RegisterArgument,
    keyid: Annotated[str, typer.Argument(metavar="KEYID", help="Key id, or how it begins.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is told with every refusal.")],
    lang: LangOption = "nl",
) -> None:
    """Refuse a key, and everything that was ever signed with it."""
    language: Lang = "en" if lang == "en" else "nl"
    typer.echo(_REVOKED.format(keyid=revoke(register, keyid, reason)).of(language))


@app.command(name="list")
def show(register: RegisterArgument, lang: LangOption = "nl") -> None:
    """List the keys with their owners; those that are revoked with the reason."""
    trust = load_trust([register])
    table = Table("key id", "rol" if lang == "nl" else "role", "naam" if lang == "nl" else "name", "")
    owners = trust.owners or {}
    for keyid in sorted({*trust.keys, *owners, *trust.revoked}):
        owner = owners.get(keyid)
        refused = f"✗ {trust.revoked[keyid]}".strip() if keyid in trust.revoked else ""
        table.add_row(keyid, owner.role if owner else "–", owner.owner if owner else "–", refused)
    Console(highlight=False, soft_wrap=True, markup=False, emoji=False).print(table)
