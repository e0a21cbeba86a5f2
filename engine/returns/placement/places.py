"""The places that a returned unit may go to, and what it gains at each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from engine.decide.matching.judgement_table import Judgement
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Product, rounded
from engine.model.transfer_lanes import TransferLane
from engine.returns.placement.need import Need
from engine.returns.placement.needs import Needs
from engine.returns.placement.returned_unit import PlaceFacts
from engine.transfers.lanes import TransferLanes, unit_carbon, unit_cost
from rules.effects import Exclusion, ReturnOutcome
from rules.vocabulary import Stage

PLACE_EFFECTS = ("exclude", "prefer", "avoid", "tier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that the unit may go to. `sales` is what it is expected to earn there: the chance that it sells times the
    article's margin, 0 where one of the two is not known. `cost` is what moving it there costs, that of its `carbon`
    (milligrams of CO2e) included, and `adjustment` what rules take off (avoid - prefer). Amounts are micros, `takes` is
    minutes. `rules` are those that exclude it, rank it or change its gain.
    """

    node: str
    need: Need
    sales: int = 0
    cost: int = 0
    carbon: int = 0
    takes: int = 0
    adjustment: int = 0
    tier: int
    exclude: Exclusion = Exclusion.NO
    rules: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()

    @property
    def gain(self) -> int:
        """What the unit gains there."""
        return self.sales - self.cost - self.adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of an article of which a unit of so many counted units lies at `facts.unit.node`. `earlier` are the
    counted units that were placed before it, by node.
    """

    facts: PlaceFacts
    product: Product
    needs: Needs
    quantity: int
    earlier: Mapping[str, int]
    matcher: Matcher

    def elsewhere(self) -> Iterator[Place]:
        """Every place that a lane leads to from where it lies."""
        lanes = self.facts.snapshot.caches.get(TransferLanes)
        for node, lane in lanes.from_node(self.facts.unit.node):
            yield self.at(node, lane)

    def at(self, node: str, lane: TransferLane | None) -> Place:
        need = self.need(node)
        judgement = self.judgement(node, need)
        outcome = cast("ReturnOutcome", judgement.outcome)
        grams, scale = self.product.weight, self.product.scale
        return Place(
            node=node,
            need=need,
            sales=need.sales(self.quantity, margin=self.product.margin or 0, scale=scale),
            cost=0 if lane is None else self._cost(node, lane, grams),
            carbon=0 if lane is None else unit_carbon(lane, grams, scale=scale) * self.quantity,
            takes=0 if lane is None else lane.takes,
            adjustment=rounded(outcome.adjustment * self.quantity, scale),
            tier=outcome.tier,
            exclude=outcome.exclude,
            rules=self.matcher.with_effect(judgement, *PLACE_EFFECTS),
            silenced=judgement.silenced,
        )

    def need(self, node: str) -> Need:
        return self.needs.at(node, self.earlier.get(node, 0), self.quantity)

    def judgement(self, node: str, need: Need) -> Judgement:
        """What the rules say of the unit at the place."""
        return self.matcher.stages[Stage.RETURN].judge(self.facts.at(node, self.product, need))

    def _cost(self, node: str, lane: TransferLane, grams: int) -> int:
        """Of what a shipment costs, a unit bears its share of the least that the lane takes at once; nothing, once
        another unit of the return goes there.
        """
        shipment = 0 if self.earlier.get(node) else -(-lane.per_shipment // lane.min_units)
        return shipment + self.quantity * unit_cost(lane, grams, scale=self.product.scale)
