"""Finds a word that matches some globs and none of others, exactly, by running all globs as automata in parallel.

A glob is a sequence of letters, with a star before some of them. The positions in it that a prefix of the word can
reach are the bits of an integer; these sets for all globs together are one state, and a breadth-first search over the
states finds a shortest word.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_LETTERS = 2_000
"""Of all globs together; more is TooHard."""
MOST_STATES = 1_000
_OTHERS = "XYZABCDEFGHIJKLMNOPQRSTUVW"
"""Letters that examples are given in, if no glob has them."""


class TooHard(Exception):
    """The answer would take more work than the limits allow."""


@dataclass(frozen=True, slots=True)
class _Glob:
    """Sets of positions as bits: by letter, those that it moves on (`moves`); those that any letter does (`any`); those
    at a star, which also stay (`stays`); and the last (`end`).
    """

    moves: dict[str, int]
    any: int
    stays: int
    end: int

    def after(self, positions: int, letter: str) -> int:
        return ((positions & (self.moves.get(letter, 0) | self.any)) << 1) | (positions & self.stays)

    def accepts(self, positions: int) -> bool:
        return bool(positions & self.end)


@functools.lru_cache(maxsize=4096)
def find_word(required: frozenset[frozenset[str]], forbidden: frozenset[str], words: frozenset[str]) -> str | None:
    """A shortest word that matches a glob of each `required` set, none of the `forbidden` globs, and is none of
    `words`; None if there is no such word. Raises TooHard.
    """
    texts = [*(text for group in required for text in group), *forbidden, *words]
    if sum(map(len, texts)) > MOST_LETTERS:
        raise TooHard
    groups = [[_glob(text, stars=True) for text in group] for group in required]
    excluded = [*(_glob(text, stars=True) for text in forbidden), *(_glob(word, stars=False) for word in words)]
    globs = [*(glob for group in groups for glob in group), *excluded]
    letters = sorted({letter for glob in globs for letter in glob.moves})
    return _search(globs, [len(group) for group in groups], [_unlike(letters), *letters])


def _unlike(letters: list[str]) -> str:
    """A letter that is in no glob; it stands for all such letters."""
    return next(
        letter for letter in itertools.chain(_OTHERS, map(chr, range(0x2600, 0x10000))) if letter not in letters
    )


def _glob(text: str, *, stars: bool) -> _Glob:
    moves: dict[str, int] = {}
    any_letter = stays = at = 0
    for letter in text:
        if stars and letter == "*":
            stays |= 1 << at
            continue
        if stars and letter == "?":
            any_letter |= 1 << at
        else:
            moves[letter] = moves.get(letter, 0) | 1 << at
        at += 1
    return _Glob(moves, any_letter, stays, 1 << at)


def _search(globs: list[_Glob], sizes: list[int], letters: list[str]) -> str | None:
    start = (1,) * len(globs)
    seen = {start}
    waiting = [(start, "")]
    for state, word in waiting:
        if _is_met(globs, sizes, state):
            return word
        for letter in letters:
            after = tuple(glob.after(positions, letter) for glob, positions in zip(globs, state, strict=True))
            if after not in seen and all(_groups(after, sizes)):
                if len(seen) >= MOST_STATES:
                    raise TooHard
                seen.add(after)
                waiting.append((after, word + letter))
    return None


def _groups(flags: Iterable[int], sizes: list[int]) -> Iterator[bool]:
    """For each required set, whether the flag of any of its globs is set."""
    remaining = iter(flags)
    for size in sizes:
        yield any(list(itertools.islice(remaining, size)))


def _is_met(globs: list[_Glob], sizes: list[int], state: tuple[int, ...]) -> bool:
    accepted = [glob.accepts(positions) for glob, positions in zip(globs, state, strict=True)]
    return all(_groups(accepted, sizes)) and not any(accepted[sum(sizes) :])
