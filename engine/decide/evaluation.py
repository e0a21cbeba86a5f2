"""An order against the network: each stage's facts put to the rules, up to the offers that the choice is made from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from engine.decide import rule_facts
from engine.decide.matching.judge import SHARED, Judgement, PolicyJudge, group_codes, judge_options
from engine.decide.shipping.exits import Exits
from engine.decide.shipping.options import Option, Route, routes
from engine.model.facts import Line, NodeRest, Order, Snapshot, StockPosition
from rules.effects import (
    Exclusion,
    LineOutcome,
    NodeOutcome,
    OptionOutcome,
    OrderOutcome,
    PositionOutcome,
    Reserve,
)
from rules.vocabulary import Facts, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPosition:
    """The position of a line's SKU at a node, with what the rules say of it for that line. `free` units may be taken:
    available less the floor, never below 0.
    """

    node: str
    position: StockPosition
    judgement: Judgement
    reserves: tuple[Reserve, ...]
    """What the floor is the sum of."""

    @property
    def floor(self) -> int:
        return sum(reserve.of(self.position.on_hand) for reserve in self.reserves)

    @property
    def free(self) -> int:
        return max(0, self.position.available - self.floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A line by a route, with what the rules say of it, and the rest of the route's node if it rests."""

    option: Option
    judgement: Judgement
    node_rest: NodeRest | None = None

    @property
    def outcome(self) -> OptionOutcome:
        return cast("OptionOutcome", self.judgement.outcome)

    @property
    def excluded(self) -> bool:
        return self.node_rest is not None or self.outcome.exclude is Exclusion.YES


@dataclass(kw_only=True)
class Evaluation:
    """Judges an order while it is decided: each part is judged once, when it is first asked for."""

    order: Order
    snapshot: Snapshot
    matcher: PolicyJudge
    now: int
    whole_order: Order | None = None
    """The customer's order, if `order` is the remainder of one: rules of the order's stage see the whole order."""
    standing_shipments: int = 0
    """How many shipments of the whole order stand, whatever becomes of this remainder."""
    promised: bool = False
    """These units were promised once: they may always travel in one shipment, or they would never arrive."""

    @property
    def max_shipments(self) -> int | None:
        """How many shipments may be added to those that stand; None: any number."""
        most = self.order_outcome.max_shipments
        return None if most is None else max(1 if self.promised else 0, most - self.standing_shipments)

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """The facts of the order and of now, by group."""
        network = self.snapshot.network
        return {
            "order": rule_facts.order_facts(self.whole_order or self.order, self.snapshot.products, network),
            "now": rule_facts.now_facts(network, self.now),
        }

    @cached_property
    def _network_facts(self) -> rule_facts.NetworkFacts:
        return self.snapshot.caches.get(rule_facts.NetworkFacts)

    @cached_property
    def nodes(self) -> Mapping[str, Facts]:
        """The facts of every node that carries something of the order."""
        nodes = {node for line in self.order.lines for node in self.snapshot.positions.get(line.sku, ())}
        loads = self.snapshot.loads
        return {node: self._network_facts.of_node(node, loads.get(node, 0)) for node in nodes}

    @cached_property
    def order_judgement(self) -> Judgement:
        return self._judge(Stage.ORDER, self.facts)

    @property
    def order_outcome(self) -> OrderOutcome:
        return cast("OrderOutcome", self.order_judgement.outcome)

    @cached_property
    def line_judgements(self) -> Sequence[Judgement]:
        return [self._judge(Stage.LINE, self._line_facts(line)) for line in self.order.lines]

    def keeps_together(self, index: int) -> bool:
        return cast("LineOutcome", self.line_judgements[index].outcome).keep_together

    @cached_property
    def positions(self) -> Sequence[Sequence[JudgedPosition]]:
        """By line, the positions of its SKU, by node id."""
        return [list(self._judged_positions(line)) for line in self.order.lines]

    @cached_property
    def node_judgements(self) -> Mapping[str, Judgement]:
        """By node with units free, what rules say of how many shipments it may take today."""
        nodes = sorted({position.node for positions in self.positions for position in positions if position.free})
        return {node: self._judge(Stage.NODE, {"node": self.nodes[node], "now": self.facts["now"]}) for node in nodes}

    def room(self, node: str) -> int | None:
        """How many more shipments the node may take today; None: any number."""
        by_rules = cast("NodeOutcome", self.node_judgements[node].outcome).daily_orders
        of_node = self.snapshot.network.nodes[node].daily_orders
        most = min((limit for limit in (by_rules, of_node) if limit is not None), default=None)
        return None if most is None else max(0, most - self.snapshot.loads.get(node, 0))

    @cached_property
    def routes(self) -> Sequence[Route]:
        return list(routes(self.order, self.snapshot.caches.get(Exits), self.node_judgements, self.now))

    @cached_property
    def offers(self) -> Sequence[Sequence[Offer]]:
        """By line, its options from nodes with units free, in the order of routes."""
        return [list(self._offers(index, line)) for index, line in enumerate(self.order.lines)]

    @cached_property
    def resting(self) -> Mapping[str, NodeRest]:
        """The nodes with units free that rest."""
        rests = sorted(self.snapshot.resting.items())
        return {node: node_rest for node, node_rest in rests if node in self.node_judgements}

    def judgements(self) -> Iterator[Judgement]:
        """Every judgement made, one for each order, line, position, node and option."""
        yield self.order_judgement
        yield from self.line_judgements
        yield from self.node_judgements.values()
        for positions in self.positions:
            yield from (position.judgement for position in positions)
        for offers in self.offers:
            yield from (offer.judgement for offer in offers)

    def _line_facts(self, line: Line) -> dict[str, Facts]:
        product = self.snapshot.products[line.sku]
        return {
            **self.facts,
            "line": rule_facts.line_facts(line),
            "product": rule_facts.product_facts(product),
        }

    def _judge(self, stage: Stage, facts: Mapping[str, Facts]) -> Judgement:
        judge = self.matcher.stages[stage]
        return judge.judge(group_codes(judge, facts, *stage.value), _merge_when_asked(facts))

    def _judged_positions(self, line: Line) -> Iterator[JudgedPosition]:
        judge = self.matcher.stages[Stage.POSITION]
        facts = self._line_facts(line)
        shared_codes = group_codes(judge, facts, *SHARED)
        node_code, stock_code = judge.coders["node"], judge.coders["stock"]
        for node, position in sorted(self.snapshot.positions.get(line.sku, {}).items()):
            stock = rule_facts.stock_facts(position)
            codes = (*shared_codes, node_code(self.nodes[node]), stock_code(stock))
            judgement = judge.judge(codes, _merge_when_asked(facts, self.nodes[node], stock))
            reserves = cast("PositionOutcome", judgement.outcome).reserves(self.order.channel)
            yield JudgedPosition(node=node, position=position, judgement=judgement, reserves=reserves)

    def _offers(self, index: int, line: Line) -> Iterator[Offer]:
        product = self.snapshot.products[line.sku]
        node_and_stock = {
            position.node: (self.nodes[position.node], rule_facts.stock_facts(position.position))
            for position in self.positions[index]
            if position.free
        }
        options = [
            Option.of(line, product, route)
            for route in self.routes
            if route.node.id in node_and_stock and route.carries(product)
        ]
        facts = [(*node_and_stock[option.route.node.id], *self._service_and_route(option)) for option in options]
        rests = self.snapshot.resting
        judgements = judge_options(self.matcher.stages[Stage.OPTION], self._line_facts(line), facts)
        for option, judgement in zip(options, judgements, strict=True):
            yield Offer(option=option, judgement=judgement, node_rest=rests.get(option.route.node.id))

    def _service_and_route(self, option: Option) -> tuple[Facts, Facts]:
        return self._network_facts.of_service(option.route.service.id), rule_facts.route_facts(option, self.now)


def _merge_when_asked(facts: Mapping[str, Facts], *more: Facts) -> Callable[[], Facts]:
    """What merges the facts of all groups into one mapping, when it is called."""
    return lambda: {path: value for group in (*facts.values(), *more) for path, value in group.items()}
