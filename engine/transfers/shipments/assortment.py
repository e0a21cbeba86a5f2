"""All that could be moved at once: the markets of some articles, and what the shipments between places ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.decide.shipping.columns import Integers
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
    """`places` are the numbers that the market's places have in the assortment. `units` are the whole units of a pack.
    On each lane of the market a multiple of `step` packs is moved; None: any number. Where these differ, `coarse` is
    the same market in packs that are a multiple of all of them, of `coarse_packs` each; None: these are too large.
    """

    market: Market
    places: Sequence[int]
    units: int
    step: Integers | None = None
    coarse: Market | None = None
    coarse_packs: int = 1

    def steps(self, pair: Pair) -> int:
        """`pair` numbers the market's own places."""
        return 1 if self.step is None else int(self.step[pair])

    def worth(self, moves: Moves) -> int:
        """As the market's, of moves between places of the assortment."""
        return self.market.worth(self.locally(moves))

    def lost_without_each(self, moves: Moves) -> dict[Pair, int]:
        """As the market's, of moves between places of the assortment."""
        return self.globally(self.market.lost_without_each(self.locally(moves)))

    def allows(self, moves: Moves) -> bool:
        """As the market, if the moves keep to the lanes' packs, too."""
        own = self.locally(moves)
        return self.market.allows(own) and not any(packs % self.steps(pair) for pair, packs in own.items())

    def globally(self, moves: Moves, *, packs: int = 1) -> Moves:
        """Moves of so many packs each between the market's places, as between places of the assortment."""
        return {(self.places[origin], self.places[goal]): count * packs for (origin, goal), count in moves.items()}

    def locally(self, moves: Moves) -> Moves:
        """Moves between places of the assortment, as between the market's own."""
        number = {place: local for local, place in enumerate(self.places)}
        return {(number[origin], number[goal]): packs for (origin, goal), packs in moves.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """Moves of each article and the `terms` of shipments are between the places of the assortment. Shipments without
    terms cost nothing of themselves, and may be of any size.
    """

    articles: Sequence[ArticleMarket]
    terms: Mapping[Pair, Terms] = field(default_factory=dict)

    @property
    def is_simple(self) -> bool:
        """Whether what is best of each article by itself is best of all."""
        return not self.terms and all(article.step is None for article in self.articles)

    def lanes(self) -> Iterator[tuple[int, Pair]]:
        """Of each article, by its number, the lanes of its market by which something could be moved."""
        for number, article in enumerate(self.articles):
            market = article.market
            usable = market.lanes & (market.movable > 0)[:, None] & (market.room > 0)[None, :]
            for origin, goal in zip(*usable.nonzero(), strict=True):
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
        gains = sum(article.worth(of_article) for article, of_article in zip(self.articles, moves, strict=True))
        return gains - self.price(moves)

    def price(self, moves: Sequence[Moves]) -> int:
        """Micros that the shipments cost of themselves."""
        return sum(self.terms[pair].price for pair in self.units(moves) if pair in self.terms)

    def allows(self, moves: Sequence[Moves]) -> bool:
        """Whether the moves are possible, and the shipments have their least units."""
        return all(
            article.allows(of_article) for article, of_article in zip(self.articles, moves, strict=True)
        ) and all(
            pair not in self.terms or count >= self.terms[pair].least for pair, count in self.units(moves).items()
        )


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
