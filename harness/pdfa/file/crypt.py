"""Standard security handler with the empty user password (ISO 32000-1, 7.6; ISO 32000-2 for revision 6).

Encryption itself breaks PDF/A; decrypting with the empty password only serves to report the other
defects too. Any other password makes the document ``unreadable``.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from harness.pdfa.file.limits import Unreadable

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def _rc4(key: bytes, data: bytes) -> bytes:
    return Cipher(ARC4(key), mode=None).decryptor().update(data)


def _aes_cbc(key: bytes, iv: bytes, data: bytes, *, encrypt: bool = False) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    return cipher.encryptor().update(data) if encrypt else cipher.decryptor().update(data)


def _hash_r6(password: bytes, salt: bytes, extra: bytes) -> bytes:
    """Hardened hash of revision 6 (ISO 32000-2, algorithm 2.B)."""
    digest = hashlib.sha256(password + salt + extra).digest()
    count = 0
    while True:
        block = (password + digest + extra) * 64
        mixed = _aes_cbc(digest[:16], digest[16:32], block, encrypt=True)
        choice = sum(mixed[:16]) % 3
        digest = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[choice](mixed).digest()
        count += 1
        if count >= 64 and mixed[-1] <= count - 32:
            return digest[:32]


class Decryptor:
    """Decrypts strings and streams of one document.

    :raises Unreadable: unknown handler, damaged dictionary or a user password that is not empty.
    """

    def __init__(self, encrypt: dict[str, Any], file_id: bytes) -> None:
        if encrypt.get("Filter") != "Standard":
            raise Unreadable("encryption handler")
        try:
            self._setup(encrypt, file_id)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise Unreadable("encryption dictionary") from error

    def _setup(self, encrypt: dict[str, Any], file_id: bytes) -> None:
        version, revision = int(encrypt.get("V", 0)), int(encrypt["R"])
        length = int(encrypt.get("Length", 40)) // 8 if version in (2, 3, 4) else 5
        self.method = {"str": "V2", "stm": "V2"}
        if version >= 4:
            filters = encrypt.get("CF") or {}
            for kind, key in (("str", "StrF"), ("stm", "StmF")):
                chosen = filters.get(encrypt.get(key, "Identity")) or {}
                self.method[kind] = chosen.get("CFM", "Identity")
            length = 16 if version == 4 else 32
        self.metadata = encrypt.get("EncryptMetadata", True) is not False
        if revision >= 5:
            self.key = self._key_r5(encrypt, revision)
        else:
            self.key = self._key_r4(encrypt, revision, max(5, min(length, 16)), file_id)

    def _key_r4(self, encrypt: dict[str, Any], revision: int, length: int, file_id: bytes) -> bytes:
        permissions = (int(encrypt["P"]) & 0xFFFFFFFF).to_bytes(4, "little")
        seed = _PAD + encrypt["O"][:32] + permissions + file_id
        if revision >= 4 and not self.metadata:
            seed += b"\xff\xff\xff\xff"
        key = hashlib.md5(seed, usedforsecurity=False).digest()
        if revision >= 3:
            for _ in range(50):
                key = hashlib.md5(key[:length], usedforsecurity=False).digest()
        key = key[: length if revision >= 3 else 5]
        if revision == 2:
            check, known = _rc4(key, encrypt["U"]), _PAD
        else:
            check = encrypt["U"][:16]
            known = hashlib.md5(_PAD + file_id, usedforsecurity=False).digest()
            for i in range(20):
                known = _rc4(bytes(b ^ i for b in key), known)
        if check[:16] != known[:16]:
            raise Unreadable("password")
        return key

    def _key_r5(self, encrypt: dict[str, Any], revision: int) -> bytes:
        user = encrypt["U"][:48]

        def digest(salt: bytes) -> bytes:
            return _hash_r6(b"", salt, b"") if revision >= 6 else hashlib.sha256(salt).digest()

        if digest(user[32:40]) != user[:32]:
            raise Unreadable("password")
        return _aes_cbc(digest(user[40:48]), bytes(16), encrypt["UE"][:32])

    def decrypt(self, data: bytes, num: int, gen: int, kind: str) -> bytes:
        """Plain bytes of a string (``kind`` = ``str``) or stream (``stm``) of object ``num gen``."""
        method = self.method[kind]
        if method in ("Identity", "None"):
            return data
        key = self.key
        if method != "AESV3":
            seed = key + num.to_bytes(4, "little")[:3] + gen.to_bytes(4, "little")[:2]
            if method == "AESV2":
                seed += b"sAlT"
            key = hashlib.md5(seed, usedforsecurity=False).digest()[: min(len(key) + 5, 16)]
        if method == "V2":
            return _rc4(key, data)
        if len(data) < 32:
            return b""
        body = data[16 : len(data) - len(data) % 16]
        plain = _aes_cbc(key, data[:16], body)
        pad = plain[-1]
        return plain[:-pad] if 1 <= pad <= 16 else plain

    def decrypt_tree(self, value: Any, num: int, gen: int) -> Any:
        """``value`` with every string in it decrypted (arrays and dictionaries in place)."""
        if type(value) is bytes:
            return self.decrypt(value, num, gen, "str")
        work = [value]
        while work:
            node = work.pop()
            items = enumerate(node) if type(node) is list else node.items() if type(node) is dict else ()
            for key, item in list(items):
                if type(item) is bytes:
                    node[key] = self.decrypt(item, num, gen, "str")
                elif type(item) in (list, dict):
                    work.append(item)
        return value
