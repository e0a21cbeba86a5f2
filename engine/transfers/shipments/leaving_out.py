"""A good choice of shipments among many articles, and a bound of how good any could be.

At first every shipment is free and of any size: what is best of each article then gains at least as much as any choice,
which is the bound. Then shipments that are too small, or gain less than they cost, are left out, the worst first, and
the articles that used them are chosen anew without.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

import numpy as np

from engine.decide.shipping.columns import Flags
from engine.transfers.flow.market import Market, Moves
from engine.transfers.shipments.assortment import ArticleMarket, Assortment, Choice, Pair

Solve: TypeAlias = Callable[[Sequence[Market]], Sequence[Moves]]
"""What `best_flow` says of each market; it may be worked out in several processes."""
_T = TypeVar("_T")
MOST_TRIES = 40
"""How many shipments that just pay are left out on trial."""


def leave_out_what_does_not_pay(assortment: Assortment, solve: Solve) -> Choice:
    """A choice that the assortment allows."""
    solved = solve([article.market for article in assortment.articles])
    freely = [article.globally(moves) for article, moves in zip(assortment.articles, solved, strict=True)]
    bound = sum(article.worth(moves) for article, moves in zip(assortment.articles, freely, strict=True))
    choosing = _Choosing(assortment, solve, freely)
    while closed := choosing.worst_shipments():
        choosing.close(closed)
    choosing.try_without_each()
    return Choice(moves=choosing.moves, worth=assortment.worth(choosing.moves), bound=bound)


class _ByMoves(Generic[_T]):
    """What `work` says of the moves of each article: worked out again only of articles that are moved otherwise."""

    def __init__(self, work: Callable[[ArticleMarket, Moves], _T]) -> None:
        self._work = work
        self._known: dict[int, tuple[Moves, _T]] = {}

    def of(self, articles: Sequence[ArticleMarket], moves: Sequence[Moves]) -> Iterator[_T]:
        for number, (article, of_article) in enumerate(zip(articles, moves, strict=True)):
            known = self._known.get(number)
            if known is None or known[0] is not of_article:
                known = self._known[number] = of_article, self._work(article, of_article)
            yield known[1]


class _Choosing:
    def __init__(self, assortment: Assortment, solve: Solve, freely: Sequence[Moves]) -> None:
        self._assortment = assortment
        self._solve = solve
        places = 1 + max(place for article in assortment.articles for place in article.places)
        self._closed: Flags = np.zeros((places, places), dtype=bool)
        self.moves = list(freely)
        self._worths = _ByMoves(ArticleMarket.worth)
        self._lost_without_each = _ByMoves(ArticleMarket.lost_without_each)
        self._choose_anew([number for number, article in enumerate(assortment.articles) if article.step is not None])

    def worst_shipments(self) -> list[Pair]:
        """Shipments that may not be, or don't pay: at each goal the one that loses most. To choose without one may make
        another at the same goal larger.
        """
        units, worst = self._assortment.units(self.moves), dict[int, tuple[int, Pair]]()
        for pair, gain in self._gains().items():
            terms = self._assortment.terms[pair]
            if units[pair] < terms.least or gain < terms.price:
                worst[pair[1]] = min(worst.get(pair[1], (gain - terms.price, pair)), (gain - terms.price, pair))
        return [pair for _, pair in worst.values()]

    def close(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            self._closed[pair] = True
        self._choose_anew([n for n, moves in enumerate(self.moves) if not moves.keys().isdisjoint(pairs)])

    def try_without_each(self) -> None:
        """Leave out a shipment wherever the others then make up for more than it gains, least gain first."""
        surplus = {pair: gain - self._assortment.terms[pair].price for pair, gain in self._gains().items()}
        for pair in sorted(surplus, key=lambda pair: (surplus[pair], pair))[:MOST_TRIES]:
            before, worth = list(self.moves), self._worth()
            if not any(pair in moves for moves in before):
                continue
            self.close([pair])
            if not self._assortment.allows(self.moves) or self._worth() <= worth:
                self.moves, self._closed[pair] = before, False

    def _worth(self) -> int:
        """As the assortment's, of the moves there are now."""
        return sum(self._worths.of(self._assortment.articles, self.moves)) - self._assortment.price(self.moves)

    def _gains(self) -> Mapping[Pair, int]:
        """Micros that would be lost without each shipment that has terms, if nothing else changed."""
        gains: dict[Pair, int] = {}
        for of_article in self._lost_without_each.of(self._assortment.articles, self.moves):
            for pair, lost in of_article.items():
                if pair in self._assortment.terms:
                    gains[pair] = gains.get(pair, 0) + lost
        return gains

    def _choose_anew(self, numbers: Sequence[int]) -> None:
        articles = [self._assortment.articles[number] for number in numbers]
        chosen = self._solve([self._open_market(article) for article in articles])
        for number, article, moves in zip(numbers, articles, chosen, strict=True):
            self.moves[number] = article.globally(moves, packs=article.coarse_packs)

    def _open_market(self, article: ArticleMarket) -> Market:
        """Without the lanes of shipments that are left out."""
        closed = self._closed[np.ix_(article.places, article.places)]
        if article.step is not None and article.coarse is None:
            return article.market.without(np.ones_like(closed))
        return (article.coarse or article.market).without(closed)
