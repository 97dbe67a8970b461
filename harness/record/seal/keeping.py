"""Keeping the register of keys: adding a key with its owner, refusing one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from harness.core.errors import UsageError
from harness.core.ids import safe_name
from harness.core.run.place import disk
from harness.core.text import Text
from harness.record.seal.keys import MAX_FILE
from harness.record.seal.register import REGISTER, REVOKED, Owner, read_register
from harness.record.seal.trust import key_ids


def add_key(folder: Path, key: Path, owner: Owner) -> str:
    """Put a public key or a certificate into a register; gives its key id.

    :raises InputError: it is no public key.
    :raises UsageError: it holds several keys, or is in the register already.
    :raises HarnessError: the register cannot be read or written.
    """
    ids = key_ids(key)
    known = _known(folder)
    if len(ids) != 1 or ids[0] in known:
        raise UsageError(
            Text(
                nl="geef één sleutel die nog niet in het register staat",
                en="give one key that is not in the register yet",
            ),
            where=str(key),
            received=", ".join(known[item].owner if item in known else item[:16] for item in ids),
        )
    (keyid,) = ids
    disk.write(folder / f"{safe_name(owner.owner.casefold())}-{keyid[:8]}.pem", disk.read(key, MAX_FILE))
    _write(folder, known | {keyid: owner})
    return keyid


def revoke(folder: Path, keyid: str, reason: str) -> str:
    """Refuse what a key signed and signs; gives its id.

    :param keyid: or how it begins.

    :raises UsageError: it is not in the register.
    :raises HarnessError: the register cannot be read or written.
    """
    known = _known(folder)
    matching = [item for item in known if item.startswith(keyid)] if keyid else []
    if len(matching) != 1:
        raise UsageError(
            Text(nl="noem één sleutel uit het register", en="name one key of the register"),
            where=str(folder / REGISTER),
            expected=", ".join(f"{item[:16]} ({owner.owner})" for item, owner in known.items()),
            received=keyid,
        )
    path = folder / REVOKED
    before = disk.read(path, MAX_FILE) if path.is_file() else b""
    line = f"{matching[0]}  # {' '.join(reason.split())}\n"
    disk.write(path, before + (b"" if before.endswith(b"\n") or not before else b"\n") + line.encode())
    return matching[0]


def _known(folder: Path) -> dict[str, Owner]:
    return read_register(folder / REGISTER) if (folder / REGISTER).is_file() else {}


def _write(folder: Path, owners: dict[str, Owner]) -> None:
    told = {"keys": {keyid: msgspec.to_builtins(owner) for keyid, owner in sorted(owners.items())}}
    disk.write(folder / REGISTER, yaml.safe_dump(told, allow_unicode=True, sort_keys=False).encode())
