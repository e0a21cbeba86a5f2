"""The word that the author of another probably meant: one of the network's own, spelt nearly so."""

import bisect
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache

MOST_COMPARED = 5_000
"""Words that a misspelt one is compared with, whatever they are."""
_NEIGHBOURS = 500
"""Of more words, so many on either side of where the misspelt one would stand."""
_KEPT = 1_000
"""Words of which the closest one is kept."""
_ASCII_LETTERS = str.maketrans(
    string.ascii_uppercase, string.ascii_lowercase, "".join(sign for sign in map(chr, range(128)) if not sign.isalnum())
)


class KeptWords(Collection[str]):
    """Words that others are compared with again and again, as all SKUs of a network: what was the closest to each of
    the last ones is kept.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.sorted = sorted(words)
        self._words = frozenset(self.sorted)
        self.closest = lru_cache(_KEPT)(lambda text: closest(text, self.sorted))

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __iter__(self) -> Iterator[str]:
        return iter(self.sorted)

    def __len__(self) -> int:
        return len(self.sorted)


def closest(text: str, words: Iterable[str]) -> str:
    """The word that is the same but for accents, capitals, spaces and hyphens, or else the most similar one; empty if
    none is similar. Of many words, only those that begin alike are compared, and of these the ones next to it in their
    order.
    """
    if isinstance(words, KeptWords):
        return words.closest(text)
    candidates = sorted(words)
    same = same_but_for_spelling(text, candidates)
    if same:
        return same
    if len(candidates) > MOST_COMPARED:
        alike = [word for word in candidates if word[:2] == text[:2]]
        place = bisect.bisect(alike, text)
        candidates = alike[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
    near = get_close_matches(text, candidates, n=1)
    return near[0] if near else ""


def same_but_for_spelling(text: str, words: Iterable[str]) -> str:
    """The word that differs only in accents, capitals, quotation marks, spaces and hyphens; empty if none does."""
    letters = _letters(text)
    return min((word for word in words if _letters(word) == letters), default="") if letters else ""


def _letters(text: str) -> str:
    """The letters and digits without accents, in small letters."""
    if text.isascii():  # as SKUs are, of which there may be 50,000
        return text.translate(_ASCII_LETTERS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())
