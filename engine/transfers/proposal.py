"""What to move from where to where, so that it gains most: the chance that units sell times their margin, at the places
that get them less at those that send them, less what lanes and shipments cost and what their CO2e counts for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.model.facts import Product
from engine.transfers.article_markets import ANY_ENDS, Ends, MarketBuilder
from engine.transfers.articles import Article, Place
from engine.transfers.flow.market import Moves
from engine.transfers.gains import sold
from engine.transfers.lane_table import LaneTable
from engine.transfers.lanes import unit_carbon
from engine.transfers.line_gains import line_gains
from engine.transfers.shipments.assortment import ArticleMarket, Assortment, Pair, Terms
from engine.transfers.shipments.choose import choose, each_best
from engine.transfers.shipments.leaving_out import Solve

AT_ONCE = 1_000
"""Articles that are chosen for at a time, where they share no shipments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEnd:
    """How a place stands with a line: `before` units more than it has now, or fewer, by lines before this one, and
    `change` more by it, which sell `sold` millionths of a unit more; or fewer, if below 0. Units that pass through a
    place change nothing there.
    """

    place: Place
    before: int
    change: int
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedLine:
    """Units of an article, as they are counted. `gain` is what the line adds to the others: micros, `cost` taken off,
    which is that of the units alone. `carbon` is milligrams of CO2e.
    """

    product: Product
    units: int
    gain: int
    cost: int
    carbon: int
    origin: LineEnd
    goal: LineEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTransfer:
    """A shipment from one node to another, which costs `price` micros beside its lines, and takes so many minutes."""

    origin: str
    goal: str
    takes: int
    price: int
    lines: Sequence[ProposedLine]

    @property
    def gain(self) -> int:
        """Micros, what it costs taken off."""
        return sum(line.gain for line in self.lines) - self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The transfers by origin and goal. No others gain more than `gap` micros more; 0: these are proven the best.
    `without_margin` are the SKUs of articles that were not weighed, because nobody knows what their sale earns. `made`
    is how many transfers had been made before, which it counts; None: it is not known.
    """

    now: int
    days: int
    transfers: Sequence[ProposedTransfer]
    gap: int
    considered: int
    without_margin: Sequence[str]
    made: int | None = None

    @property
    def gain(self) -> int:
        """Micros in all."""
        return sum(transfer.gain for transfer in self.transfers)


def propose(
    lanes: LaneTable,
    articles: Iterable[Article],
    *,
    now: int,
    days: int,
    ends: Ends = ANY_ENDS,
    solve: Solve = each_best,
) -> Proposal:
    """The best proposal over the next `days` dates. Lanes that take longer than that are not used."""
    builder = MarketBuilder(lanes, days=days, ends=ends)
    choosing = _Choosing(lanes, builder.terms, solve)
    unpriced, considered = list[str](), 0
    for article in articles:
        if article.product.margin is None:
            unpriced.append(article.product.sku)
            continue
        considered += 1
        market = builder.market_of(article, article.product.margin)
        if market is not None:
            choosing.add(article, market)
    choosing.choose()
    return Proposal(
        now=now,
        days=days,
        transfers=choosing.transfers(),
        gap=choosing.gap,
        considered=considered,
        without_margin=sorted(unpriced),
    )


class _Choosing:
    """Chooses what to move of many articles: of all at once where they share the `terms` of shipments; otherwise of
    some at a time, so that not all of them are in memory.
    """

    def __init__(self, lanes: LaneTable, terms: Mapping[Pair, Terms], solve: Solve) -> None:
        self._lanes = lanes
        self._terms = terms
        self._solve = solve
        self._waiting: list[tuple[Article, ArticleMarket]] = []
        self._chosen: dict[Pair, list[ProposedLine]] = {}
        self.gap = 0

    def add(self, article: Article, market: ArticleMarket) -> None:
        self._waiting.append((article, market))
        if not self._terms and len(self._waiting) >= AT_ONCE:
            self.choose()

    def choose(self) -> None:
        """For those that were added since."""
        choice = choose(Assortment(articles=[market for _, market in self._waiting], terms=self._terms), self._solve)
        self.gap += choice.gap
        for (article, market), moves in zip(self._waiting, choice.moves, strict=True):
            for pair, line in _lines(self._lanes, article, market, moves):
                self._chosen.setdefault(pair, []).append(line)
        self._waiting.clear()

    def transfers(self) -> list[ProposedTransfer]:
        return [
            ProposedTransfer(
                origin=self._lanes.nodes[pair[0]],
                goal=self._lanes.nodes[pair[1]],
                takes=self._lanes.lanes[pair].takes,
                price=self._terms[pair].price if pair in self._terms else 0,
                lines=lines,
            )
            for pair, lines in sorted(self._chosen.items())
        ]


def _lines(
    lanes: LaneTable, article: Article, market: ArticleMarket, moves: Moves
) -> Iterator[tuple[Pair, ProposedLine]]:
    """Of one article. All of its lines gain what they do together."""
    product, places = article.product, {place.node: place for place in article.places}
    pack = market.units * product.scale
    for (origin, goal), line in line_gains(market.market, market.locally(moves)).items():
        pair = market.places[origin], market.places[goal]
        units = moves[pair] * pack
        yield (
            pair,
            ProposedLine(
                product=product,
                units=units,
                gain=line.gain,
                cost=int(market.market.cost[origin, goal]) * moves[pair],
                carbon=units * unit_carbon(lanes.lanes[pair], product.weight, scale=product.scale),
                origin=_line_end(places[lanes.nodes[pair[0]]], line.origin_before * pack, -line.origin_packs * pack),
                goal=_line_end(places[lanes.nodes[pair[1]]], line.goal_before * pack, line.goal_packs * pack),
            ),
        )


def _line_end(place: Place, before: int, more: int) -> LineEnd:
    change = sold(place.stall, before + more) - sold(place.stall, before)
    return LineEnd(place=place, before=before, change=more, sold=change)
