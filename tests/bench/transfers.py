"""What is worth moving: the flow of one article beside HiGHS, and how long a proposal for a whole assortment takes.

Both find the moves of the same made-up places, between which lanes lead from each to each. HiGHS is given a linear
program of all lanes and of every pack that is worth something, ready made in its own form; its time covers passing and
solving that. Ours is that of `best_flow`, which leaves out what can't pay, solves, and proves in integers that nothing
gains more. What is counted is processor time of this process, of one thread. Both must gain as much.

The proposal is that of `propose`: floors, levels and expected sales by the shipped policies, markets, flows and lines,
of stock that is in memory, on two processors; lanes lead from each place to each. What is counted is time that passes,
and beside it the processor time of all processes.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from api.files.policies import policy_files
from engine.decide.availability.free_units import StockFacts
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import integers
from engine.model.facts import Inventory, Network, NetworkCaches, Product, Snapshot, StockPosition
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.transfers.articles import Article, articles_of
from engine.transfers.flow.best_flow import best_flow
from engine.transfers.flow.market import FAR, Market
from engine.transfers.gains import PackValues, StockAndDemand
from engine.transfers.lane_table import LaneTable
from engine.transfers.proposal import propose
from engine.transfers.solving import Solving
from rules.loader import load_policies
from tests.bench.option_sets import POLICIES

NODES, MARKETS = (60, 300), 15
ARTICLES, PLACES, PROCESSES, DAYS = 5_000, 60, 2, 14
_BLOCK = 400
_SEED = 20261129
_MARGIN = 8_000_000
_MICROS = 1e6
_MILLISECONDS = 1_000
NOW = 1_795_770_000

Say = Callable[[str], None]


class GainsDiffer(Exception):
    """Ours and HiGHS found moves that do not gain the same."""


@dataclass(frozen=True, kw_only=True)
class FlowTimes:
    """Milliseconds, market by market, of places that all have lanes to each other."""

    nodes: int
    ours: Sequence[float]
    highs: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of how many times as long ours takes."""
        return statistics.median(map(float.__truediv__, self.ours, self.highs))


@dataclass(frozen=True, kw_only=True)
class MovingFigures:
    flows: Sequence[FlowTimes]
    articles: int
    places: int
    seconds: float
    processor: float
    """Seconds of all processes together."""
    lines: int


def measure(inventory: Inventory, *, markets: int, articles: int, say: Say) -> MovingFigures:
    """`inventory` is that of the example: its network and its products, as often as it takes."""
    dice = random.Random(_SEED)
    flows = [_compare(dice, nodes, markets, say) for nodes in NODES]
    say(f"proposing transfers of {articles} articles between {PLACES} places")
    seconds, processor, lines = _propose(dice, inventory, articles)
    return MovingFigures(
        flows=flows, articles=articles, places=PLACES, seconds=seconds, processor=processor, lines=lines
    )


def _compare(dice: random.Random, nodes: int, markets: int, say: Say) -> FlowTimes:
    say(f"flows between {nodes} places")
    ours, highs = [], []
    for _ in range(markets):
        made = _market(dice, nodes)
        started = time.process_time()
        moves = best_flow(made)
        ours.append((time.process_time() - started) * _MILLISECONDS)
        program, worth_now = _program(made)
        started = time.process_time()
        gain = _solved(program) - worth_now
        highs.append((time.process_time() - started) * _MILLISECONDS)
        if abs(gain - made.worth(moves)) > 1:
            raise GainsDiffer(f"{made.worth(moves)} and {gain} micros")
    return FlowTimes(nodes=nodes, ours=ours, highs=highs)


def _market(dice: random.Random, nodes: int) -> Market:
    places = [(dice.random() * 900, dice.random() * 900) for _ in range(nodes)]
    stalls = [
        StockAndDemand(
            there=dice.choice([0, 0, 1, int(dice.expovariate(1 / 8))]), demand=int(dice.expovariate(1 / 6_000))
        )
        for _ in places
    ]
    cost = integers(
        300_000 + int(1_000 * ((x - a) ** 2 + (y - b) ** 2) ** 0.5) for x, y in places for a, b in places
    ).reshape(nodes, nodes)
    np.fill_diagonal(cost, FAR)
    values = PackValues(stalls=stalls, pack=1, margin=_MARGIN)
    rooms = np.full(nodes, sum(stall.there for stall in stalls), dtype=np.int64)
    return Market(cost=cost, movable=integers(stall.there for stall in stalls), room=rooms, value=values)


def _program(made: Market) -> tuple[highspy.HighsLp, int]:
    """A column for each lane, then one for each pack at a place; rows as of a transport problem. And what the packs
    that are there are worth now.
    """
    nodes = len(made.movable)
    origin, goal = ((made.cost < FAR) & (made.movable > 0)[:, None]).nonzero()
    packs = [(place, made.value(place, k)) for place in range(nodes) for k in _packs(made, place)]
    place, value = integers(node for node, _ in packs), integers(worth for _, worth in packs)
    lanes, columns = len(origin), len(origin) + len(packs)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = columns, 2 * nodes
    program.col_cost_ = np.concatenate([made.cost[origin, goal], -value]) / _MICROS
    program.col_lower_ = np.zeros(columns)
    program.col_upper_ = np.concatenate([np.full(lanes, highspy.kHighsInf), np.ones(len(packs))])
    movable = made.movable.astype(np.float64)
    program.row_lower_ = np.full(2 * nodes, -highspy.kHighsInf)
    program.row_upper_ = np.concatenate([movable, movable])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    starts = np.concatenate([np.arange(0, 3 * lanes, 3), 3 * lanes + np.arange(len(packs) + 1)])
    program.a_matrix_.start_ = starts.astype(np.int32)
    rows = np.stack([origin, goal, nodes + origin], axis=1).ravel()
    program.a_matrix_.index_ = np.concatenate([rows, place]).astype(np.int32)
    program.a_matrix_.value_ = np.concatenate([np.tile([1.0, -1.0, 1.0], lanes), np.ones(len(packs))])
    worth_now = sum(made.value(node, -1 - k) for node in range(nodes) for k in range(int(made.movable[node])))
    return program, worth_now


def _packs(made: Market, place: int) -> Iterator[int]:
    """Those that it has, and those that could come and are worth something."""
    k = -int(made.movable[place])
    while k < 0 or made.value(place, k) > 0:
        yield k
        k += 1


def _solved(program: highspy.HighsLp) -> float:
    """Micros."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - as HiGHS has it
    solver.setOptionValue("threads", 1)
    solver.passModel(program)
    solver.run()
    return -solver.getInfo().objective_function_value * _MICROS


def _propose(dice: random.Random, inventory: Inventory, articles: int) -> tuple[float, float, int]:
    """Seconds, those of processors, and how many lines were proposed."""
    network = _network(inventory.network)
    matcher = Matcher(load_policies(policy_files(POLICIES)))
    products = list(inventory.products.values())
    made = [replace(products[number % len(products)], sku=f"A-{number}") for number in range(articles)]
    blocks = [_facts(dice, network, made[first : first + _BLOCK]) for first in range(0, articles, _BLOCK)]
    started, used = time.perf_counter(), sum(os.times()[:4])
    with Solving(processes=PROCESSES) as solve:
        proposal = propose(LaneTable(network), _articles(blocks, matcher), now=NOW, days=DAYS, solve=solve)
    lines = sum(len(transfer.lines) for transfer in proposal.transfers)
    return time.perf_counter() - started, sum(os.times()[:4]) - used, lines


def _articles(blocks: Sequence[StockFacts], matcher: Matcher) -> Iterator[Article]:
    for facts in blocks:
        yield from articles_of(facts, matcher, NOW, days=DAYS, moving={})


def _network(network: Network) -> Network:
    nodes = dict(list(network.nodes.items())[:PLACES])
    everywhere = NodeNames(nodes=frozenset(nodes))
    lane = TransferLane(
        origin=everywhere,
        goal=everywhere,
        takes=24 * 60,
        detour=1_300,
        per_unit=300_000,
        per_kg=100_000,
        emission=181_000,
        carbon_price=100_000,
    )
    return replace(network, nodes=nodes, transfer_lanes=(lane,))


def _facts(dice: random.Random, network: Network, products: Sequence[Product]) -> StockFacts:
    def position() -> StockPosition:
        pace = int(dice.expovariate(1 / 400))
        units = dice.choice([0, 1, int(pace * DAYS / 1_000 * dice.random() * 3)])
        return StockPosition(on_hand=units, held=0, pace=pace)

    snapshot = Snapshot(
        network=network,
        caches=NetworkCaches(network),
        products={item.sku: item for item in products},
        positions={item.sku: {node: position() for node in network.nodes} for item in products},
        loads={},
    )
    return StockFacts.of(snapshot)
