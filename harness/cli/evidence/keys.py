"""How commands are given a key to sign with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.record.seal.keys import SigningKey, load_signing_key

PASSWORD = "HARNESS_KEY_PASSWORD"
KEY_HELP = f"PEM or PKCS#12 file; its password stands in {PASSWORD}."
ChainOption = Annotated[
    Path | None, typer.Option("--chain", help="PEM file with the certificates of the key, leaf first.")
]


def named_key(key: Path, chain: Path | None) -> SigningKey:
    """The key of a file, with the password of the environment.

    :raises InputError: see :func:`harness.record.seal.keys.load_signing_key`.
    """
    password = os.environ.get(PASSWORD)
    return load_signing_key(key, password=password.encode() if password else None, certificates=chain)
