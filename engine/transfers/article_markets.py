"""The market of an article: its places, the packs that can be moved between them, and what these cost and gain."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.decide.shipping.columns import Flags, integers
from engine.transfers.articles import Article
from engine.transfers.flow.market import FAR, MOST_WORTH, Market
from engine.transfers.gains import PackValues
from engine.transfers.lane_table import LaneTable
from engine.transfers.shipments.assortment import ArticleMarket, Pair, Terms

_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Only lanes that leave one of `origins`, lead to one of `goals` and touch one of `nodes`; None: any."""

    origins: frozenset[str] | None = None
    goals: frozenset[str] | None = None
    nodes: frozenset[str] | None = None

    def has(self, origin: str, goal: str) -> bool:
        return (
            (self.origins is None or origin in self.origins)
            and (self.goals is None or goal in self.goals)
            and (self.nodes is None or not self.nodes.isdisjoint((origin, goal)))
        )


ANY_ENDS = Ends()


class MarketBuilder:
    """Lanes that take longer than `days` are not used: what comes by them sells after the days that are looked at."""

    def __init__(self, lanes: LaneTable, *, days: int, ends: Ends) -> None:
        self._lanes = lanes
        self._longest = days * _MINUTES_A_DAY
        self._ends = ends

    @cached_property
    def terms(self) -> Mapping[Pair, Terms]:
        """Of the shipments that have a price of their own, or a least size."""
        return {
            pair: Terms(price=lane.per_shipment, least=lane.min_units)
            for pair, lane in self._lanes.lanes.items()
            if self._open[pair] and (lane.per_shipment or lane.min_units > 1)
        }

    def market_of(self, article: Article, margin: int) -> ArticleMarket | None:
        """None: nothing of it can be moved. `margin` is micros of a whole unit."""
        places = [place for place in article.places if place.node in self._lanes.number]
        numbers = [self._lanes.number[place.node] for place in places]
        square, product = np.ix_(numbers, numbers), article.product
        sends, takes = [place.movable > 0 for place in places], [place.room != 0 for place in places]
        usable = self._open[square] & np.array(sends, dtype=bool)[:, None] & np.array(takes, dtype=bool)[None, :]
        packs = np.where(usable, self._lanes.pack[square], 0)
        sizes = sorted(set(packs[usable].tolist()))
        if not sizes:
            return None
        # more than can come is no limit
        most = sum(place.movable for place in places)
        rooms = [most if place.room is None else place.room for place in places]
        costs = np.where(usable, self._lanes.costs(numbers, product.weight, product.scale), FAR)

        def in_packs(units: int) -> Market:
            pack = units * product.scale
            values = PackValues(stalls=[place.stall for place in places], pack=pack, margin=margin, scale=product.scale)
            dear = costs >= MOST_WORTH // pack
            return Market(
                cost=np.where(dear, FAR, np.where(dear, 0, costs) * pack),
                movable=integers(place.movable // pack for place in places),
                room=integers(room // pack for room in rooms),
                value=values,
            )

        smallest = math.gcd(*sizes)
        if len(sizes) == 1:
            return ArticleMarket(market=in_packs(smallest), places=numbers, units=smallest)
        multiple = math.lcm(*sizes)
        return ArticleMarket(
            market=in_packs(smallest),
            places=numbers,
            units=smallest,
            step=np.maximum(packs // smallest, 1),
            coarse=in_packs(multiple) if multiple * margin < MOST_WORTH else None,
            coarse_packs=multiple // smallest,
        )

    @cached_property
    def _open(self) -> Flags:
        """The lanes that may be used."""
        flags = self._lanes.is_lane & (self._lanes.takes <= self._longest)
        for origin, goal in self._lanes.lanes:
            flags[origin, goal] &= self._ends.has(self._lanes.nodes[origin], self._lanes.nodes[goal])
        return flags
