"""The last eight weeks of a season in the example's shops: ways to place what comes back, side by side.

Nothing new comes, so what comes back is all that comes. Every way meets the same demand and the same returns, drawn
before from one seed. Each morning what is under way arrives; then customers buy what is there, and what they ask for
beyond that is lost; then units come back to shops, sold online or weeks before, and the way says where each goes, on
the lanes of the example. Rules give Pointsman the days that are left as days of cover; the other ways that look at what
is needed have the same target. Counted are lost sales, their margin, moves, and what these cost; nothing is timed.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from engine.decide.matching.matcher import Matcher
from engine.model.facts import UNIT_MILLIS, Inventory, Network, NetworkCaches, Product, Snapshot, StockPosition
from engine.model.receipts import Receipt
from engine.returns.placement.placement import place_return
from engine.returns.placement.returned_unit import ReturnedUnit
from engine.transfers.lanes import TransferLanes, unit_cost
from rules.loader import load_policies

SEED = 20_261_129
DAYS = 56
ARTICLES = 60
RETURNS_PERCENT = 15
"""Units that come back of a hundred that are asked for."""
ALIKE = 30_000_000
"""Micros: the margin of every article, where lost sales are to count alike."""
START = 1_795_770_000
"""The instant of the first day: Friday, 27 November 2026, 10:00 in Paris."""
DAY_SECONDS = 86_400
WEEK = 7
MINUTES_A_DAY = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Of one way: units asked for and not there, the margin of these, units moved, and what moving them cost, of so
    many units that were asked for and that came back. Amounts are micros.
    """

    way: str
    lost: int
    margin: int
    moves: int
    cost: int
    asked: int
    returned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturningFigures:
    """The ways over so many days and articles: where all of these have the margin ALIKE, and where each has its own."""

    days: int
    articles: int
    alike: Sequence[Result]
    own: Sequence[Result]


@dataclass(slots=True, kw_only=True)
class Shelf:
    """One article at all places: units there, what is under way by day of arrival and node, and the usual demand."""

    product: Product
    paces: Mapping[str, int]
    on_hand: dict[str, int]
    arriving: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def under_way(self, node: str) -> int:
        return sum(units[node] for units in self.arriving.values())

    def shortfall(self, node: str, days: int) -> int:
        """Units that the node lacks of what it is expected to sell in so many days."""
        target = -(-self.paces.get(node, 0) * days // UNIT_MILLIS)
        return max(0, target - self.on_hand.get(node, 0) - self.under_way(node))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happens, drawn before: by day, the demand by node, and the nodes that units come back to."""

    demand: Sequence[Mapping[str, int]]
    returns: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all ways have in common; `days` are those of the season that are looked at."""

    days: int
    inventory: Inventory
    caches: NetworkCaches
    shops: Sequence[str]
    warehouses: Sequence[str]
    matcher: Matcher

    def days_left(self, day: int) -> int:
        """Those of the season, this week's counted whole, as the rules have them."""
        return self.days - day // WEEK * WEEK

    @property
    def lanes(self) -> TransferLanes:
        return self.caches.get(TransferLanes)


Way = Callable[[World, Shelf, str, int], str]
"""Where a unit goes that came back to a node on a day."""


def stay(_: World, __: Shelf, here: str, ___: int) -> str:
    return here


def largest_shortfall(world: World, shelf: Shelf, here: str, day: int) -> str:
    """Where most units are missing; it stays if none are."""
    days = world.days_left(day)
    return max([here, *_shops(world, here)], key=lambda node: (shelf.shortfall(node, days), node == here))


def nearest_in_need(world: World, shelf: Shelf, here: str, day: int) -> str:
    """The nearest place that lacks some; it stays if it is needed here, or nowhere."""
    days = world.days_left(day)
    return next((node for node in [here, *_shops(world, here)] if shelf.shortfall(node, days)), here)


def back_to_warehouse(world: World, _: Shelf, here: str, __: int) -> str:
    return next((node for node in _nearest_first(world, here) if node in world.warehouses), here)


def ours(world: World, shelf: Shelf, here: str, day: int) -> str:
    now = START + day * DAY_SECONDS
    unit = ReturnedUnit(sku=shelf.product.sku, node=here, grade="as_new")
    return place_return(unit, snapshot=_snapshot(world, shelf, now), matcher=world.matcher, now=now).node


def _shops(world: World, here: str) -> list[str]:
    return [node for node in _nearest_first(world, here) if node in world.shops]


def _nearest_first(world: World, here: str) -> list[str]:
    lanes = ((lane.distance or 0, node) for node, lane in world.lanes.from_node(here))
    return [node for _, node in sorted(lanes)]


WAYS: Mapping[str, Way] = {
    "stays where it came back": stay,
    "to the largest shortfall": largest_shortfall,
    "to the nearest in need": nearest_in_need,
    "back to the warehouse": back_to_warehouse,
    "Pointsman": ours,
}


def measure(
    inventory: Inventory, *, days: int = DAYS, articles: int = ARTICLES, say: Callable[[str], None]
) -> ReturningFigures:
    """Every way, on the same days and articles."""
    alike, own = (results(inventory, days=days, articles=articles, margin=margin, say=say) for margin in (ALIKE, None))
    return ReturningFigures(days=days, articles=articles, alike=alike, own=own)


def results(
    inventory: Inventory,
    *,
    days: int = DAYS,
    articles: int = ARTICLES,
    margin: int | None = None,
    seed: int = SEED,
    say: Callable[[str], None],
) -> list[Result]:
    """The result of each way; with `margin`, all articles have that."""
    world = _world(inventory, days)
    courses = [
        (replace(product, margin=product.margin if margin is None else margin), course)
        for product, course in _courses(world, articles=articles, seed=seed)
    ]
    found = []
    for name, way in WAYS.items():
        say(f"returned units over {days} days: {name}")
        found.append(_run(name, way, world, courses))
    world.matcher.close()
    return found


def _world(inventory: Inventory, days: int) -> World:
    nodes = inventory.network.nodes.values()
    return World(
        days=days,
        inventory=inventory,
        caches=NetworkCaches(inventory.network),
        shops=sorted(node.id for node in nodes if node.type == "store"),
        warehouses=sorted(node.id for node in nodes if node.type == "warehouse"),
        matcher=Matcher(load_policies({"season.yaml": _rules(inventory.network, days).encode()})),
    )


def _rules(network: Network, days: int) -> str:
    """A rule a week: shops are to have what sells in the days that are left."""
    first = network.local(START).date()
    lines = ["policy: season", "rules:"]
    for week in range(0, days, WEEK):
        window = f"from: {first + timedelta(week)}, until: {first + timedelta(week + WEEK - 1)}"
        lines.append(
            f"  - {{id: week-{week // WEEK}, because: x, {window}, then: {{target_cover: {days - week} days}}}}"
        )
    return "\n".join([*lines, ""])


def _courses(world: World, *, articles: int, seed: int) -> Iterator[tuple[Product, Course]]:
    """Of articles that shops sell, drawn from all of these."""
    chance, paces = random.Random(seed), world.inventory.paces
    sold = sorted(sku for sku, by_node in paces.items() if not by_node.keys().isdisjoint(world.shops))
    for sku in sorted(chance.sample(sold, articles)):
        pace = {node: pace for node, pace in sorted(paces[sku].items()) if node in world.shops}
        back = sum(pace.values()) * RETURNS_PERCENT // 100
        yield (
            world.inventory.products[sku],
            Course(
                demand=[{node: _poisson(chance, mean) for node, mean in pace.items()} for _ in range(world.days)],
                returns=[chance.choices(list(pace), k=_poisson(chance, back)) for _ in range(world.days)],
            ),
        )


def _poisson(chance: random.Random, mean: int) -> int:
    """A Poisson number of a mean in thousandths, by multiplying uniform numbers (Knuth)."""
    number, product, least = 0, chance.random(), math.exp(-mean / UNIT_MILLIS)
    while product > least:
        number += 1
        product *= chance.random()
    return number


def _run(name: str, way: Way, world: World, courses: Sequence[tuple[Product, Course]]) -> Result:
    lost, margin, moves, cost = 0, 0, 0, 0
    for product, course in courses:
        shelf = Shelf(
            product=product,
            paces={node: pace for node, pace in world.inventory.paces[product.sku].items() if node in world.shops},
            on_hand=dict(world.inventory.stock[product.sku]),
        )
        for day, (demand, returns) in enumerate(zip(course.demand, course.returns, strict=True)):
            not_sold = _sell(shelf, demand, day)
            lost, margin = lost + not_sold, margin + not_sold * (product.margin or 0)
            for here in returns:
                there = way(world, shelf, here, day)
                if there == here:
                    shelf.on_hand[here] = shelf.on_hand.get(here, 0) + 1
                else:
                    moves, cost = moves + 1, cost + _move(world, shelf, here, there, day)
    return Result(
        way=name,
        lost=lost,
        margin=margin,
        moves=moves,
        cost=cost,
        asked=sum(sum(demand.values()) for _, course in courses for demand in course.demand),
        returned=sum(map(len, (returns for _, course in courses for returns in course.returns))),
    )


def _sell(shelf: Shelf, demand: Mapping[str, int], day: int) -> int:
    """Let what is under way arrive and customers buy; the units that were asked for and not there."""
    for node, units in shelf.arriving.pop(day, Counter()).items():
        shelf.on_hand[node] = shelf.on_hand.get(node, 0) + units
    lost = 0
    for node, units in demand.items():
        sold = min(units, shelf.on_hand.get(node, 0))
        shelf.on_hand[node] = shelf.on_hand.get(node, 0) - sold
        lost += units - sold
    return lost


def _move(world: World, shelf: Shelf, here: str, there: str, day: int) -> int:
    lane = world.lanes.between(here, there)
    assert lane is not None
    shelf.arriving[day + max(1, -(-lane.takes // MINUTES_A_DAY))][there] += 1
    return unit_cost(lane, shelf.product.weight) + -(-lane.per_shipment // lane.min_units)


def _snapshot(world: World, shelf: Shelf, now: int) -> Snapshot:
    sku = shelf.product.sku
    nodes = {*shelf.on_hand, *shelf.paces}
    positions = {node: StockPosition(shelf.on_hand.get(node, 0), 0, shelf.paces.get(node)) for node in sorted(nodes)}
    receipts = {
        node: [
            Receipt(
                id="R",
                source="transfer",
                node=node,
                sku=sku,
                quantity=units,
                expected_at=now + DAY_SECONDS,
                status="in_transit",
            )
        ]
        for node in nodes
        if (units := shelf.under_way(node))
    }
    return Snapshot(
        network=world.inventory.network,
        caches=world.caches,
        products={sku: shelf.product},
        positions={sku: positions},
        loads={},
        receipts={sku: receipts},
    )
