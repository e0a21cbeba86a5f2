"""What there is to choose from, judged one position and one option at a time: the plain reference of the evaluation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from engine.decide import rule_facts
from engine.decide.address.address import address_of
from engine.decide.address.postcodes import outward_code
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.judgement_table import Judgement
from engine.decide.shipping.pricing import bands_of
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Bounds, Candidate, Capacity, Choice, Demand, Price, Problem, SkuCap
from engine.model.facts import Line, Order, Snapshot, rounded
from rules.effects import Exclusion
from rules.vocabulary import Stage
from tests.reference.plain_levels import expected_units
from tests.reference.routes import Exits, Option, Route, routes

KILOGRAM = 1_000_000
"""Milligrams."""


class PlainPosition(NamedTuple):
    node: str
    floor: int
    free: int
    judgement: Judgement


class PlainOption(NamedTuple):
    route: Route
    unit_cost: int
    unit_carbon: int
    judgement: Judgement
    excluded: bool


class PlainEvaluation:
    """An order against the network. Facts are judged as one mapping each, never by column."""

    def __init__(self, order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> None:
        self.order, self.snapshot, self.matcher, self.now = order, snapshot, matcher, now
        network = snapshot.network
        self._facts = {
            **rule_facts.order_facts(order, snapshot.products, network),
            **rule_facts.now_facts(network, now),
        }
        self.outcome = matcher.judge(Stage.ORDER, self._facts).outcome
        self.positions = [list(self._positions(index)) for index in range(len(order.lines))]
        self.nodes = sorted({item.node for positions in self.positions for item in positions if item.free})
        self.routes = routes(order, Exits(network), self.nodes, now)
        self.options = [list(self._options(index)) for index in range(len(order.lines))]

    def keeps_together(self, index: int) -> bool:
        return self.matcher.judge(Stage.LINE, self._line_facts(index)).outcome.keep_together

    def room(self, node: str) -> int | None:
        ruled = self.matcher.judge(Stage.NODE, self._facts | self._node_facts(node)).outcome.daily_orders
        limits = [limit for limit in (ruled, self.snapshot.network.nodes[node].daily_orders) if limit is not None]
        return max(0, min(limits) - self.snapshot.loads.get(node, 0)) if limits else None

    def capacity(self, node: str) -> Capacity:
        facts = self.snapshot.network.nodes[node]
        ruled, loads = self.matcher.judge(Stage.NODE, self._facts | self._node_facts(node)).outcome, self.snapshot.loads
        return Capacity(
            _left((ruled.daily_units, facts.daily_units), loads.get(f"{node}\tunits", 0)),
            _left((ruled.daily_weight, facts.daily_weight), loads.get(f"{node}\tgrams", 0)),
        )

    def problem(self) -> Problem:
        """All that may ship, whatever the optimiser could leave out beforehand."""
        carbon_price = self.outcome.carbon_price
        prices: dict[object, dict[int, Price]] = {}
        for index, options in enumerate(self.options):
            for option in options:
                if not option.excluded:
                    outcome = option.judgement.outcome
                    carbon = rounded(option.unit_carbon * carbon_price, KILOGRAM)
                    prices.setdefault(option.route.key, {})[index] = Price(
                        unless_needed=outcome.exclude is Exclusion.UNLESS_NEEDED,
                        tier=outcome.tier,
                        money=option.unit_cost + carbon + outcome.adjustment + self._lookahead(index, option),
                    )
        return Problem(
            demands=[
                Demand(
                    sku=line.sku,
                    quantity=line.quantity,
                    together=self.keeps_together(index),
                    set_name=line.set_name,
                    weight=self.snapshot.products[line.sku].weight,
                )
                for index, line in enumerate(self.order.lines)
            ],
            candidates=[
                candidate
                for route in self.routes
                if route.key in prices
                for candidate in self._candidates(route, prices[route.key], carbon_price)
            ],
            supply={
                (item.node, line.sku): item.free
                for line, positions in zip(self.order.lines, self.positions, strict=True)
                for item in positions
            },
            split_penalty=self.outcome.split_penalty,
            max_shipments=self.outcome.max_shipments,
            ship_complete=self.outcome.ship_complete,
            capacity={node: self.capacity(node) for node in self.nodes},
            multiples={
                (item.node, index): item.judgement.outcome.multiple_of
                for index, positions in enumerate(self.positions)
                for item in positions
            },
            caps=list(self._caps()),
            room={node: room for node in self.nodes if (room := self.room(node)) is not None},
        )

    def _lookahead(self, index: int, option: PlainOption) -> int:
        """What the look-ahead price of a unit that ships so adds."""
        table, weight = self.snapshot.lookahead, self.outcome.lookahead
        if not weight or table is None or self.now > table.use_until:
            return 0
        sku = self.order.lines[index].sku
        price = table.prices.get(sku, {}).get(option.route.key.node)
        return 0 if price is None else rounded(price.price * weight, 10_000 * self.snapshot.products[sku].scale)

    def _caps(self) -> Iterator[SkuCap]:
        """Of each SKU, for each number that is a cap somewhere, the places with that cap or a lower one."""
        for sku in {line.sku for line in self.order.lines}:
            caps: dict[str, int] = {}
            for line, positions in zip(self.order.lines, self.positions, strict=True):
                for item in positions if line.sku == sku else ():
                    most = item.judgement.outcome.most_offered(self.order.channel)
                    if most is not None:
                        caps[item.node] = min(most, caps.get(item.node, most))
            for most in set(caps.values()):
                yield SkuCap(sku=sku, nodes=frozenset(node for node, cap in caps.items() if cap <= most), most=most)

    def choose(self) -> Choice:
        """The best choice of the problem, by option."""
        choice = choose(self.problem())
        return replace(choice, units={(key.option, line): units for (key, line), units in choice.units.items()})

    def _candidates(self, route: Route, prices: dict[int, Price], carbon_price: int) -> Iterator[Candidate]:
        """One for each band of the weight of a shipment."""
        fixed = route.fixed + rounded(route.drop * carbon_price, KILOGRAM)
        bands = bands_of(route.service)
        if bands is None:
            yield Candidate(key=route.key, fixed=fixed, prices=prices)
        for number, band in enumerate(bands or ()):
            weights = {index: self.snapshot.products[self.order.lines[index].sku].weight for index in prices}
            yield Candidate(
                key=route.key._replace(band=number),
                fixed=fixed + band.costs,
                prices={
                    index: replace(price, money=price.money + band.per_gram * weights[index])
                    for index, price in prices.items()
                },
                bounds=Bounds(least_weight=band.least, most_weight=band.most),
            )

    def _line_facts(self, index: int) -> dict[str, object]:
        line = self.order.lines[index]
        product = rule_facts.product_facts(self.snapshot.products[line.sku])
        facts = self._facts | self._goal_facts(line)
        return {
            **facts,
            **rule_facts.line_facts(line, self.snapshot.products[line.sku], self.order, self.snapshot.network),
            **product,
        }

    def _goal_facts(self, line: Line) -> dict[str, object]:
        """How and where the line goes, if not as its order does."""
        order = self.order
        if not line.delivery and not line.collect_at:
            return {}
        delivery = line.delivery or "click_and_collect"
        if delivery != "click_and_collect":
            address = address_of(order, self.snapshot.network)
            outward = address.postcode and outward_code(address.postcode, address.country)
            place = {"order.country": address.country, "order.region": order.region}
            place |= {"order.postcode": address.postcode, "order.outward_code": outward}
        else:
            node = self.snapshot.network.nodes[line.collect_at or order.collect_at]
            place = {"order.country": node.country, "order.region": node.region}
            place |= {"order.postcode": None, "order.outward_code": None}
        return {"order.delivery": delivery, **place}

    def _node_facts(self, node: str) -> dict[str, object]:
        return dict(rule_facts.node_facts(self.snapshot.network.nodes[node], self.snapshot.loads.get(node, 0)))

    def _positions(self, index: int) -> Iterator[PlainPosition]:
        for node, position in sorted(self.snapshot.positions[self.order.lines[index].sku].items()):
            facts = {**self._node_facts(node), **rule_facts.stock_facts(position)}
            judgements = {
                other: self.matcher.judge(Stage.POSITION, {**self._line_facts(other), **facts})
                for other, line in enumerate(self.order.lines)
                if line.sku == self.order.lines[index].sku
            }
            channel = self.order.channel
            floors = [item.outcome.floor(channel) for item in judgements.values()]
            sku, policies = self.order.lines[index].sku, self.matcher.policies
            expected = expected_units(self.snapshot, policies, sku=sku, node=node, now=self.now)
            floor = max(item.in_units(expected).of(position.on_hand) for item in floors)
            yield PlainPosition(node, floor, max(0, position.available - floor), judgements[index])

    def _country(self, line: Line) -> str | None:
        collected_at = self.order.collected_at(line)
        network = self.snapshot.network
        return network.nodes[collected_at].country if collected_at else address_of(self.order, network).country

    def _options(self, index: int) -> Iterator[PlainOption]:
        line = self.order.lines[index]
        product = self.snapshot.products[line.sku]
        free = {item.node for item in self.positions[index] if item.free}
        for route in self.routes:
            goes_there = self.order.destinations[route.key.destination] == self.order.collected_at(line)
            if goes_there and route.node.id in free and route.carries(product):
                option = Option.of(line, product, route)
                facts = {
                    **self._line_facts(index),
                    **self._node_facts(route.node.id),
                    **rule_facts.stock_facts(self.snapshot.positions[line.sku][route.node.id]),
                    **rule_facts.service_facts(route.service),
                    **rule_facts.route_facts(
                        distance=route.distance,
                        arrives=-(-(route.arrives_by - self.now) // 60),
                        late=route.late,
                        cost=option.cost,
                        co2=option.carbon,
                        on_time=route.service.on_time.get(route.node.id, {}).get(self._country(line)),
                    ),
                }
                judgement = self.matcher.judge(Stage.OPTION, facts)
                excluded = judgement.outcome.exclude is Exclusion.YES or route.node.id in self.snapshot.resting
                yield PlainOption(route, option.unit_cost, option.unit_carbon, judgement, excluded)


def _left(limits: tuple[int | None, ...], given: int) -> int | None:
    return (
        max(0, min(limit for limit in limits if limit is not None) - given)
        if any(limit is not None for limit in limits)
        else None
    )
