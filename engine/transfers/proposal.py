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
from engine.transfers.shipments.assortment import ArticleMarket, Assortment, Choice, Pair, Terms
from engine.transfers.shipments.choose import Solve, choose, each_best


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
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
    origin: Standing
    goal: Standing


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
    `without_margin` are the SKUs of articles that were not weighed, because nobody knows what their sale earns.
    """

    now: int
    days: int
    transfers: Sequence[ProposedTransfer]
    gap: int
    considered: int
    without_margin: Sequence[str]

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
    weighed, unpriced = list[tuple[Article, ArticleMarket]](), list[str]()
    considered = 0
    for article in articles:
        if article.product.margin is None:
            unpriced.append(article.product.sku)
            continue
        considered += 1
        market = builder.market_of(article, article.product.margin)
        if market is not None:
            weighed.append((article, market))
    choice = choose(Assortment(articles=[market for _, market in weighed], terms=builder.terms), solve)
    return Proposal(
        now=now,
        days=days,
        transfers=_transfers(lanes, weighed, choice, builder.terms),
        gap=choice.gap,
        considered=considered,
        without_margin=sorted(unpriced),
    )


def _transfers(
    lanes: LaneTable, weighed: Sequence[tuple[Article, ArticleMarket]], choice: Choice, terms: Mapping[Pair, Terms]
) -> list[ProposedTransfer]:
    by_pair: dict[Pair, list[ProposedLine]] = {}
    for (article, market), moves in zip(weighed, choice.moves, strict=True):
        for pair, line in _lines(lanes, article, market, moves):
            by_pair.setdefault(pair, []).append(line)
    return [
        ProposedTransfer(
            origin=lanes.nodes[pair[0]],
            goal=lanes.nodes[pair[1]],
            takes=lanes.lanes[pair].takes,
            price=terms[pair].price if pair in terms else 0,
            lines=lines,
        )
        for pair, lines in sorted(by_pair.items())
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
                origin=_standing(places[lanes.nodes[pair[0]]], line.origin_before * pack, -line.origin_packs * pack),
                goal=_standing(places[lanes.nodes[pair[1]]], line.goal_before * pack, line.goal_packs * pack),
            ),
        )


def _standing(place: Place, before: int, more: int) -> Standing:
    change = sold(place.stall, before + more) - sold(place.stall, before)
    return Standing(place=place, before=before, change=more, sold=change)
