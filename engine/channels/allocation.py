"""What a channel may take of each SKU, where, and what keeps it from more: which rule, which limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from engine.channels.levels import Levels
from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.offer import excluding_rules, facts_of_lines, offer
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.stock_levels import Level
from engine.decide.matching.judgement_table import Judgement
from engine.decide.matching.matcher import Matcher
from rules.effects import PositionOutcome
from rules.reserves import Allotment, Cap, Portion, Protection, Tally
from rules.vocabulary import Stage

LimitKind: TypeAlias = Literal[
    "held", "kept", "protected", "allotted", "multiple", "capped", "excluded", "resting", "full", "other"
]
"""held: by orders. kept: safety stock. protected, allotted: for another channel. multiple: units ship from there in
multiples only. capped: the channel is offered no more. excluded: rules exclude each way out. resting, full: the place
takes no more shipments now. other: no service carries them, or they are usable for too few days.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What keeps so many units from the channel, or of `capped` bounds them to so many; because of these rules, if any.
    `channel`: for which they are put aside.
    """

    kind: LimitKind
    units: int
    rules: tuple[str, ...] = ()
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAllocation:
    """A position: units the channel may take from there alone, and what keeps it from those that are on hand. `level`
    is what there should be, by `level_rules`; without any, it is None.
    """

    node: str
    on_hand: int
    available: int
    units: int
    limits: tuple[Limit, ...]
    level: Level | None
    level_rules: tuple[str, ...]

    @property
    def is_low(self) -> bool:
        return self.level is not None and self.available < self.level.alert


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuAllocation:
    """`units` is what the largest order of the channel would be filled with; None: any number."""

    sku: str
    units: int | None
    nodes: tuple[NodeAllocation, ...]


def allocations(facts: StockFacts, matcher: Matcher, channel: str, now: int) -> list[SkuAllocation]:
    """Of each product, in their order; places by id. `now` is UTC seconds."""
    return list(_Allocations(facts, matcher, channel, now).all())


class _Allocations:
    def __init__(self, facts: StockFacts, matcher: Matcher, channel: str, now: int) -> None:
        self._facts = facts
        self._matcher = matcher
        self._channel = channel
        self._columns = SnapshotColumns(facts.snapshot, matcher, now)
        self._lines = facts_of_lines(facts, channel, self._columns)
        self._offered = offer(facts, matcher, channel, now)
        self._levels = Levels(facts, matcher, self._columns)
        stage = matcher.stages[Stage.POSITION]
        numbers = stage.judge_lines(self._lines, facts.stock.sku, facts.to_judge(self._columns.clocks))
        self._judgements = [stage.table.judgements[number] for number in numbers.tolist()]
        self._excluding = excluding_rules(facts, matcher, self._lines, self._columns.clocks)

    def all(self) -> Iterator[SkuAllocation]:
        for product, total, rows in zip(self._facts.products, self._offered.totals, self._facts.rows, strict=True):
            nodes = tuple(map(self._of_row, range(rows.start, rows.stop)))
            yield SkuAllocation(sku=product.sku, units=total if product.counted else None, nodes=nodes)

    def _of_row(self, row: int) -> NodeAllocation:
        stock, judgement = self._facts.stock, self._levels.judgements[row]
        rules = tuple(judgement.fired)
        return NodeAllocation(
            node=self._facts.nodes[row],
            on_hand=int(stock.on_hand[row]),
            available=int(stock.available[row]),
            units=int(self._offered.free[row]),
            limits=tuple(self._limits(row)),
            level=self._levels.at(row) if rules else None,
            level_rules=rules,
        )

    def _limits(self, row: int) -> Iterator[Limit]:
        stock, judgement = self._facts.stock, self._judgements[row]
        on_hand, held = int(stock.on_hand[row]), int(stock.held[row])
        if held:
            yield Limit(kind="held", units=held)
        outcome, scale = cast("PositionOutcome", judgement.outcome), self._scale(row)
        expected = self._levels.expected.at(row)
        floor = outcome.floor(self._channel).scaled(scale).in_units(expected)
        kept = floor.keep.of(on_hand)
        if kept:
            yield Limit(kind="kept", units=kept, rules=self._rules(judgement, "keep"))
        taken = {tally: int(column[row]) for tally, column in self._facts.taken.items()}
        for channel, portion in outcome.portions().items():
            if channel != self._channel:
                yield from self._put_aside(judgement, channel, portion.scaled(scale).in_units(expected), on_hand, taken)
        free = max(0, on_hand - held - floor.of(on_hand, taken, held))
        yield from self._beyond_floor(row, judgement, free)

    def _put_aside(
        self, judgement: Judgement, channel: str, portion: Portion, on_hand: int, taken: Mapping[Tally, int]
    ) -> Iterator[Limit]:
        units, protected = portion.of(on_hand, taken), portion.reserve.of(on_hand)
        if units:
            effect: Literal["protect", "allocate"] = "protect" if protected == units else "allocate"
            yield Limit(
                kind="protected" if effect == "protect" else "allotted",
                units=units,
                rules=self._rules(judgement, effect, channel),
                # as a plain text: a word read from a policy file carries its position in the file
                channel=str(channel),
            )

    def _beyond_floor(self, row: int, judgement: Judgement, free: int) -> Iterator[Limit]:
        """What keeps units from the channel that are above the floor."""
        outcome, scale, units = (
            cast("PositionOutcome", judgement.outcome),
            self._scale(row),
            int(self._offered.free[row]),
        )
        most = outcome.most_offered(self._channel)
        if most is not None and most * scale < free:
            yield Limit(kind="capped", units=most * scale, rules=self._rules(judgement, "cap", self._channel))
            free = most * scale
        of_many = free % (outcome.multiple_of * scale) if outcome.multiple_of > 1 else 0
        if of_many:
            yield Limit(kind="multiple", units=of_many, rules=self._rules(judgement, "multiple_of"))
        if units < free - of_many:
            kind, rules = self._no_way(row)
            yield Limit(kind=kind, units=free - of_many - units, rules=rules)

    def _no_way(self, row: int) -> tuple[LimitKind, tuple[str, ...]]:
        node = int(self._facts.stock.node[row])
        rest = self._facts.snapshot.resting.get(self._facts.nodes[row])
        if rest is not None:
            return "resting", tuple(sorted(rest.because))
        if not self._columns.rooms[node]:
            return "full", ()
        rules = self._excluding.get(row, ())
        return ("excluded", rules) if rules else ("other", ())

    def _rules(self, judgement: Judgement, effect: str, channel: str | None = None) -> tuple[str, ...]:
        """The rules that fired with the effect, for the channel if it names one."""
        policies = self._matcher.policies.rules
        return tuple(
            rule
            for rule in self._matcher.with_effect(judgement, effect)
            if any(
                item.name == effect
                and (not isinstance(item.value, Protection | Allotment | Cap) or item.value.channel == channel)
                for item in policies[rule].effects
            )
        )

    def _scale(self, row: int) -> int:
        return self._facts.products[int(self._facts.stock.sku[row])].scale
