"""A Merkle tree over files, in the shape of RFC 6962: one root, and proofs that a file belongs to it.

::

    leaf = SHA256(0x00 || path || 0x00 || SHA256(bytes of the file))     path: UTF-8, "/" separators, NFC
    node = SHA256(0x01 || left || right)    split at the largest power of two below the number of leaves

The prefixes keep a leaf from being shown as a node and the other way round.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(path: str, digest: bytes) -> bytes:
    """Hash of one file.

    :param digest: SHA-256 of its bytes.
    """
    return hashlib.sha256(b"\x00" + path.encode() + b"\x00" + digest).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaves in their order; of no leaves: SHA-256 of nothing, as RFC 6962 says."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    # Level by level with the odd one carried up: the same tree as the recursive definition.
    level = list(leaves)
    while len(level) > 1:
        paired = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Siblings of a leaf from the bottom up: with them anybody can compute the root (RFC 6962, 2.1.1).

    :raises IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level, siblings = list(leaves), []
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            siblings.append(level[other])
        paired = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        index //= 2
    return siblings


def root_from(hashed: bytes, index: int, count: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to, or ``None`` when it has not the length that its place asks for.

    :param hashed: the leaf.
    :param count: number of leaves of the tree.
    """
    if not 0 <= index < count:
        return None
    waiting = list(reversed(siblings))
    last = count - 1
    while last:
        if index ^ 1 <= last:
            if not waiting:
                return None
            sibling = waiting.pop()
            hashed = node(sibling, hashed) if index & 1 else node(hashed, sibling)
        index //= 2
        last //= 2
    return None if waiting else hashed
