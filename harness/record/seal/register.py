"""The register of keys of a bureau: a folder with public keys, whose they are, and which are revoked.

::

    keys/
      kale-software.pem   public keys or certificates
      register.yaml       key id → owner and role
      revoked.txt         key ids that are refused, each with the reason

A folder without ``register.yaml`` says whose signature is believed and nothing of who may sign what.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.ids import same_name
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.core.yamlfile import load_yaml

REGISTER: Final = "register.yaml"
REVOKED: Final = "revoked.txt"
Role = Literal["supplier", "bureau"]
KeyId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose a key is.

    :ivar role: a supplier signs dossiers of its own; a bureau countersigns them.
    """

    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    role: Role = "supplier"


class _Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keys: dict[KeyId, Owner]


def read_register(path: Path) -> dict[str, Owner]:
    """Key id → owner.

    :raises ConfigurationError: it is no register.
    """
    try:
        return dict(msgspec.convert(load_yaml(path).data, type=_Register).keys)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            Text(nl="is geen register van sleutels", en="is no register of keys"),
            where=str(path),
            expected="keys: {KEYID: {owner: NAME, role: supplier | bureau}}",
            received=short(error),
        ) from None


def check_owner(owners: Mapping[str, Owner] | None, keyid: str, role: Role, name: str, where: str) -> None:
    """Whether a key may sign in a role, and for a supplier only what is its own; nothing without a register.

    :param name: the supplier that a dossier is of; a bureau may sign for everybody.
    :raises EvidenceError: it may not.
    """
    if owners is None:
        return
    found = owners.get(keyid)
    if found is not None and found.role == role and (role == "bureau" or same_name(found.owner, name)):
        return
    raise EvidenceError(
        ProblemKind.UNTRUSTED,
        Text(
            nl="is ondertekend met een sleutel die daarvoor niet in het register staat",
            en="was signed with a key that the register does not name for it",
        ),
        where=where,
        expected=f"{role}: {short(name)}" if role == "supplier" else role,
        received=f"{found.role}: {short(found.owner)}" if found is not None else f"keyid {short(keyid, 80)}",
    )
