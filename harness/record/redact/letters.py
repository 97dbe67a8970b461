"""Words and random text told apart by their letters.

A word of a language, of FHIR or of a protocol has probable pairs of letters; a token has not. The table
says, in half bits, how improbable each letter is after another in the words of this repository
(``scripts/letter_pairs.py`` makes it). Length × log2(alphabet) calls most words of FHIR secret.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

DIGITS: Final = "0123456789abcdefghijklmnopqrs"
"""Half bits, 0 to 28."""
EDGE: Final = 27
"""The symbol before and after a word; 0 to 25 are letters, 26 is any digit."""
IMPROBABLE: Final = 5.5
"""Score from which text is no word: 5 of 7,000 words reach it, 99 % of random text of 16 characters does."""
_BITS_PER_DIGIT: Final = 3.3
_BITS_PER_ODDITY: Final = 6.0
_PAIRS: Final = (
    "998aidakasc6a6sas695bdegcmsb",
    "7ddf4hjs7cs5fh7fs89c8ssjess9",
    "6mcg6ks68m99gk5hgae6akmmdss9",
    "8gec4gdg6jsdeg9gsb9ebgkidms3",
    "af97accgdmd9a6gce57agbebhgs5",
    "8ged67eg4sjaff6js9b99shscss7",
    "9ghc3gcb8skcf9afs8acahksfhs4",
    "5see4ifi6ssdde6gs9e8assjcjs6",
    "ac797a9mibe9a47bob77iasfsdsd",
    "ann869bnfc6dn97ffn6n6bdfn9n7",
    "9bde3ifr8rabrb9efe79egcrirr5",
    "6hf95dej5kf8hf7esfaaaemmaks6",
    "5ajf4jhh6shdag86sfacbhsshss7",
    "8f878c6h9jedgcafng76cdjsgjs5",
    "eca9acbjdjc88499n69a8bbglisc",
    "6jhe5ffb9sf7gg78s5b8alslels8",
    "dmmmmddmdmmbdmmmmddb1mmmmmm9",
    "7fd94ebh7scdbc7fnc88bcfsbhs6",
    "bg9f6gha8ndcefaakh959igsdss3",
    "7icg5hh95oldeh8fo88baieoaks5",
    "a9aa9ccs7se886e9s576dldjshse",
    "6jjs2shj5sjjjj7ssbgsejshhgsc",
    "5gqd5hq85qqcq97hq8aehqgqhqq7",
    "ae8d6epe8pgpbpe5ppb5ggp7cpp5",
    "edciafggbrrbaab6rd7biicreir2",
    "6nnn3enn5needn4nnnennnnnedn9",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "897899aa9fda9ba8f879aaaghess",
)
_COSTS: Final = tuple(tuple(DIGITS.index(cost) / 2 for cost in row) for row in _PAIRS)
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ODD_CASE: Final = re.compile(r"[a-z][A-Z](?![a-z])|[A-Z]{2,}[a-z]")
_ODD_DIGIT: Final = re.compile(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]")


def word_parts(word: str) -> list[str]:
    """The words and numbers inside a word.

    >>> word_parts("birthDate2_of-FHIRPath")
    ['birth', 'Date', '2', 'of', 'FHIR', 'Path']
    """
    return _PART.findall(word)


def symbols(part: str) -> list[int]:
    """A part without digits as symbols of the table, edges included."""
    return [EDGE, *(ord(letter) - 97 for letter in part.lower()), EDGE]


@lru_cache(maxsize=4096)
def score(word: str) -> float:
    """How improbable a word is: bits per character, with a price for odd changes of case and digits.

    Everything but ASCII letters and digits counts as a gap between words.
    """
    if not word:
        return 0.0
    bits = 0.0
    for part in word_parts(word):
        if part.isdigit():
            bits += _BITS_PER_DIGIT * len(part)
        else:
            bits += sum(_COSTS[left][right] for left, right in pairwise(symbols(part)))
    odd = len(_ODD_CASE.findall(word)) + len(_ODD_DIGIT.findall(word))
    return (bits + _BITS_PER_ODDITY * odd) / len(word)
