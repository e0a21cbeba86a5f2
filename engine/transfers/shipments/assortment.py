"""All that could be moved at once: the markets of some articles, and what the shipments between places ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.transfers.flow.market import Market, Moves

Pair: TypeAlias = tuple[int, int]
"""The numbers of two places: origin and goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a shipment costs of itself, in micros, and how many units it has at least."""

    price: int = 0
    least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMarket:
    """`units` are the whole units of a pack. On each lane a multiple of `step` packs is moved; None: any number. Where
    these differ, `coarse` is the same market in packs that are a multiple of all of them, `coarse_packs` of its own.
    """

    market: Market
    units: int
    step: Integers | None = None
    coarse: Market | None = None
    coarse_packs: int = 1

    def steps(self, pair: Pair) -> int:
        return 1 if self.step is None else int(self.step[pair])


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """Places have the same numbers in all markets. Shipments between places that have no `terms` cost nothing of
    themselves, and may be of any size.
    """

    articles: Sequence[ArticleMarket]
    terms: Mapping[Pair, Terms] = field(default_factory=dict)

    @property
    def is_simple(self) -> bool:
        """Whether what is best of each article by itself is best of all."""
        return not self.terms and all(article.step is None for article in self.articles)

    def lanes(self) -> Iterator[tuple[int, Pair]]:
        """Of each article, by its number, the lanes by which something could be moved."""
        for number, article in enumerate(self.articles):
            market = article.market
            for origin, goal in zip(*usable(market).nonzero(), strict=True):
                yield number, (int(origin), int(goal))

    def units(self, moves: Sequence[Moves]) -> dict[Pair, int]:
        """The whole units of each shipment."""
        total: dict[Pair, int] = {}
        for article, of_article in zip(self.articles, moves, strict=True):
            for pair, packs in of_article.items():
                total[pair] = total.get(pair, 0) + packs * article.units
        return total

    def worth(self, moves: Sequence[Moves]) -> int:
        """Micros that the moves of all articles gain, less what lanes and shipments cost."""
        gains = sum(article.market.worth(of_article) for article, of_article in zip(self.articles, moves, strict=True))
        return gains - sum(self.terms[pair].price for pair in self.units(moves) if pair in self.terms)

    def allows(self, moves: Sequence[Moves]) -> bool:
        """Whether the moves keep to what places have and take, to the lanes' packs and the shipments' least units."""
        units = self.units(moves)
        return all(
            _is_possible(article, of_article) for article, of_article in zip(self.articles, moves, strict=True)
        ) and all(pair not in self.terms or count >= self.terms[pair].least for pair, count in units.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is moved of each article. Nothing gains more than `bound`, in micros: the choice is proven the best if it
    gains as much.
    """

    moves: Sequence[Moves]
    worth: int
    bound: int

    @property
    def gap(self) -> int:
        """Micros by which something else could be better at most."""
        return max(0, self.bound - self.worth)


def usable(market: Market) -> Flags:
    """The lanes by which something could be moved."""
    flags: Flags = market.lanes & (market.movable > 0)[:, None] & (market.room > 0)[None, :]
    return flags


def _is_possible(article: ArticleMarket, moves: Moves) -> bool:
    market = article.market
    leaving, coming = np.zeros_like(market.movable), np.zeros_like(market.room)
    for (origin, goal), packs in moves.items():
        if packs <= 0 or packs % article.steps((origin, goal)) or not market.lanes[origin, goal]:
            return False
        leaving[origin] += packs
        coming[goal] += packs
    return bool((leaving <= market.movable).all() and (coming <= market.room).all())
