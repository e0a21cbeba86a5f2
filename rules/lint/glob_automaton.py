"""Whether some word fits these globs and none of those, and which: exact, by running all of them side by side.

A glob is a row of letters with a star before some of them. Where a word can stand in it is a set of positions, kept
as the bits of an integer; the positions in all globs together are one state, and a search over the states finds a
shortest word.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_LETTERS = 2_000
"""Of all globs together."""
MOST_STATES = 1_000
_OTHER = "\N{SNOWMAN}"


class TooHard(Exception):
    """The answer would take more work than it is worth."""


@dataclass(frozen=True, slots=True)
class _Glob:
    """`fits` by letter: the positions that it moves on; `any` those that any letter does; `stays` those at a star."""

    fits: dict[str, int]
    any: int
    stays: int
    end: int

    def after(self, positions: int, letter: str) -> int:
        return ((positions & (self.fits.get(letter, 0) | self.any)) << 1) | (positions & self.stays)

    def accepts(self, positions: int) -> bool:
        return bool(positions & self.end)


@functools.lru_cache(maxsize=4096)
def fitting(wanted: frozenset[frozenset[str]], barred: frozenset[str], words: frozenset[str]) -> str | None:
    """A shortest word that fits some glob of each set `wanted`, none of `barred`, and is none of `words`; None if
    there is no such word. Raises TooHard.
    """
    texts = [*(text for group in wanted for text in group), *barred, *words]
    if sum(map(len, texts)) > MOST_LETTERS:
        raise TooHard
    groups = [[_glob(text, stars=True) for text in group] for group in wanted]
    refused = [*(_glob(text, stars=True) for text in barred), *(_glob(word, stars=False) for word in words)]
    globs = [*(glob for group in groups for glob in group), *refused]
    letters = sorted({letter for glob in globs for letter in glob.fits})
    return _search(globs, [len(group) for group in groups], [*letters, _unlike(letters)])


def _unlike(letters: list[str]) -> str:
    """A letter that no glob names: one stands for all of them."""
    return next(letter for letter in (_OTHER, *map(chr, range(0x2600, 0x10000))) if letter not in letters)


def _glob(text: str, *, stars: bool) -> _Glob:
    fits: dict[str, int] = {}
    any_letter = stays = at = 0
    for letter in text:
        if stars and letter == "*":
            stays |= 1 << at
            continue
        if stars and letter == "?":
            any_letter |= 1 << at
        else:
            fits[letter] = fits.get(letter, 0) | 1 << at
        at += 1
    return _Glob(fits, any_letter, stays, 1 << at)


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
    """Of each wanted set, whether any of its globs says yes."""
    found = iter(flags)
    for size in sizes:
        yield any(list(itertools.islice(found, size)))


def _is_met(globs: list[_Glob], sizes: list[int], state: tuple[int, ...]) -> bool:
    accepted = [glob.accepts(positions) for glob, positions in zip(globs, state, strict=True)]
    return all(_groups(accepted, sizes)) and not any(accepted[sum(sizes) :])
