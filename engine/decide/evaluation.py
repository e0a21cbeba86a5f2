"""An order against the network: each stage's facts put to the rules, up to the offers that may be chosen from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from engine.decide import rule_facts
from engine.decide.matching.judge import SHARED, Judgement, PolicyJudge, group_codes, judge_options
from engine.decide.shipping.exits import Exits
from engine.decide.shipping.options import Option, Route, routes
from engine.model.facts import Line, Order, Position, Resting, Snapshot
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
class Stand:
    """A line at a node that carries its SKU. `free` units may be taken: available less the floor, never below 0."""

    node: str
    position: Position
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
    """A line by a route, with what the rules say of it."""

    option: Option
    judgement: Judgement
    resting: Resting | None = None

    @property
    def outcome(self) -> OptionOutcome:
        return cast("OptionOutcome", self.judgement.outcome)

    @property
    def excluded(self) -> bool:
        return self.resting is not None or self.outcome.exclude is Exclusion.YES


@dataclass(kw_only=True)
class Case:
    """An order while it is decided: each part is judged when it is first asked for, once."""

    order: Order
    snapshot: Snapshot
    matcher: PolicyJudge
    now: int
    whole: Order | None = None
    """What `order` is the rest of: rules of the order's stage see the customer's order, not what is left of it."""
    kept: int = 0
    """Shipments of the whole order that stand, whatever becomes of this remainder."""
    promised: bool = False
    """These units were promised once: they may always travel in one shipment, or they would never arrive."""

    @property
    def max_shipments(self) -> int | None:
        """So many more: those that stand count."""
        most = self.order_outcome.max_shipments
        return None if most is None else max(1 if self.promised else 0, most - self.kept)

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """Of the groups that are the same for all of the order."""
        network = self.snapshot.network
        return {
            "order": rule_facts.order_facts(self.whole or self.order, self.snapshot.products, network),
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
        return [self._judge(Stage.LINE, self._of_line(line)) for line in self.order.lines]

    def keeps_together(self, index: int) -> bool:
        return cast("LineOutcome", self.line_judgements[index].outcome).keep_together

    @cached_property
    def stands(self) -> Sequence[Sequence[Stand]]:
        """By line, the nodes that carry its SKU, by id."""
        return [list(self._stands_of(line)) for line in self.order.lines]

    @cached_property
    def limits(self) -> Mapping[str, Judgement]:
        """By node with units free, what bounds its shipments of today."""
        nodes = sorted({stand.node for stands in self.stands for stand in stands if stand.free})
        return {node: self._judge(Stage.NODE, {"node": self.nodes[node], "now": self.facts["now"]}) for node in nodes}

    def room(self, node: str) -> int | None:
        """How many more shipments the node may take today; None: any number."""
        ruled = cast("NodeOutcome", self.limits[node].outcome).daily_orders
        own = self.snapshot.network.nodes[node].daily_orders
        most = min((limit for limit in (ruled, own) if limit is not None), default=None)
        return None if most is None else max(0, most - self.snapshot.loads.get(node, 0))

    @cached_property
    def routes(self) -> Sequence[Route]:
        return list(routes(self.order, self.snapshot.caches.get(Exits), self.limits, self.now))

    @cached_property
    def offers(self) -> Sequence[Sequence[Offer]]:
        """By line, its options from nodes with units free, in the order of routes."""
        return [list(self._offers_of(index, line)) for index, line in enumerate(self.order.lines)]

    @cached_property
    def resting(self) -> Mapping[str, Resting]:
        """The nodes with units free that rest."""
        return {node: rest for node, rest in sorted(self.snapshot.resting.items()) if node in self.limits}

    def judgements(self) -> Iterator[Judgement]:
        """Every judgement made, one for each order, line, position, node and option."""
        yield self.order_judgement
        yield from self.line_judgements
        yield from self.limits.values()
        for stands in self.stands:
            yield from (stand.judgement for stand in stands)
        for offers in self.offers:
            yield from (offer.judgement for offer in offers)

    def _of_line(self, line: Line) -> dict[str, Facts]:
        product = self.snapshot.products[line.sku]
        return {
            **self.facts,
            "line": rule_facts.line_facts(line),
            "product": rule_facts.product_facts(product),
        }

    def _judge(self, stage: Stage, facts: Mapping[str, Facts]) -> Judgement:
        matcher = self.matcher.stages[stage]
        return matcher.judge(group_codes(matcher, facts, *stage.value), _merging(facts))

    def _stands_of(self, line: Line) -> Iterator[Stand]:
        matcher = self.matcher.stages[Stage.POSITION]
        facts = self._of_line(line)
        fixed = group_codes(matcher, facts, *SHARED)
        node_code, stock_code = matcher.coders["node"], matcher.coders["stock"]
        for node, position in sorted(self.snapshot.positions.get(line.sku, {}).items()):
            stock = rule_facts.stock_facts(position)
            codes = (*fixed, node_code(self.nodes[node]), stock_code(stock))
            judgement = matcher.judge(codes, _merging(facts, self.nodes[node], stock))
            reserves = cast("PositionOutcome", judgement.outcome).reserves(self.order.channel)
            yield Stand(node=node, position=position, judgement=judgement, reserves=reserves)

    def _offers_of(self, index: int, line: Line) -> Iterator[Offer]:
        product = self.snapshot.products[line.sku]
        stands = {
            stand.node: (self.nodes[stand.node], rule_facts.stock_facts(stand.position))
            for stand in self.stands[index]
            if stand.free
        }
        options = [
            Option.of(line, product, route)
            for route in self.routes
            if route.node.id in stands and route.carries(product)
        ]
        facts = [(*stands[option.route.node.id], *self._of_way(option)) for option in options]
        resting = self.snapshot.resting
        judgements = judge_options(self.matcher.stages[Stage.OPTION], self._of_line(line), facts)
        for option, judgement in zip(options, judgements, strict=True):
            yield Offer(option=option, judgement=judgement, resting=resting.get(option.route.node.id))

    def _of_way(self, option: Option) -> tuple[Facts, Facts]:
        return self._network_facts.of_service(option.route.service.id), rule_facts.route_facts(option, self.now)


def _merging(facts: Mapping[str, Facts], *more: Facts) -> Callable[[], Facts]:
    """The facts of all groups as one mapping, made only if somebody asks."""
    return lambda: {path: value for group in (*facts.values(), *more) for path, value in group.items()}
