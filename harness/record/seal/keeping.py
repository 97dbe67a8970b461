"""Keeping the register of keys: adding a key with its owner, refusing one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import yaml

from harness.core.errors import UsageError
from harness.core.ids import safe_name, same_name
from harness.core.run.place import disk
from harness.core.text import Text
from harness.record.seal.keys import MAX_FILE
from harness.record.seal.register import REGISTER, REVOKED, Owner, read_register
from harness.record.seal.trust import key_ids

_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
"""Alphabets with letters that look like those of another one."""
_JOINER: Final = "\u200d"
"""What emoji are joined with."""


def add_key(folder: Path, key: Path, owner: Owner) -> str:
    """Put a public key or a certificate into a register; gives its key id.

    :raises InputError: it is no public key.
    :raises UsageError: it holds several keys, is in the register already, or could be taken for another's.
    :raises HarnessError: the register cannot be read or written.
    """
    ids = key_ids(key)
    known = _known(folder)
    check_name(owner.owner, (item.owner for item in known.values()))
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


def check_name(name: str, others: Iterable[str]) -> None:
    """Whether the name of an owner is seen as what it is, and not taken for one that is in the register.

    :raises UsageError: it mixes alphabets that look alike, holds what is not seen, or differs from another
        name in accents, blanks or signs only.
    """
    scripts = {_script(sign) for sign in unicodedata.normalize("NFKC", name) if sign.isalpha()} & _ALIKE
    unseen = [sign for sign in name if unicodedata.category(sign) in ("Cc", "Cf") and sign != _JOINER]
    alike = next((item for item in others if not same_name(item, name) and _bare(item) == _bare(name)), "")
    if len(scripts) > 1 or unseen or alike:
        raise UsageError(
            Text(
                nl="deze naam kan voor een andere worden aangezien",
                en="this name could be taken for another one",
            ),
            where=name,
            expected=alike,
            received=", ".join([*sorted(scripts), *(f"U+{ord(sign):04X}" for sign in unseen)]),
        )


def _script(letter: str) -> str:
    """The alphabet of a letter, by its name."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _bare(name: str) -> str:
    """A name without accents, blanks and signs; what is left of it when that is all there is."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if sign.isalnum()) or plain


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
