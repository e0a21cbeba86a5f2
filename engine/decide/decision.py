"""A decision as values: what ships from where, what stays unfilled and why, and what the commit must check."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.decide.address.address import Address
from engine.decide.sourcing.problem import Score, Unproven
from engine.model.facts import NodeRest, Order
from engine.model.lookahead import LookaheadPrice
from engine.model.lots import Lot, LotUnits
from engine.model.receipts import Receipt, ReceiptStatus, ReceiptUnits
from rules.reserves import Floor, Tally

Range: TypeAlias = tuple[int, int]
"""The lowest and the highest value; both are in it."""
HIGHEST = 2**53 - 1
"""Stands for no bound above: the largest number that a script can tell from its neighbours."""
Status: TypeAlias = Literal["filled", "partial", "unfilled", "scheduled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentLine:
    """Units of one line in a shipment. `backorder` of them are not on hand yet: the place may oversell the article."""

    line: str
    sku: str
    quantity: int
    backorder: int = 0
    lots: LotUnits = ()
    """Which of them are of lots."""
    receipts: ReceiptUnits = ()
    """Which of them are of receipts that are still to come: the shipment leaves after these have arrived."""
    preorder_from: int | None = None
    """The date, as an ordinal, before which it does not ship, as rules say: it is a preorder. None: it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What leaves one node by one service for one destination. Metres, UTC seconds, micros, milligrams of CO2e."""

    node: str
    service: str
    lines: tuple[ShipmentLine, ...]
    distance: int
    ships_at: int
    arrives_by: int
    late: bool | None
    cost: int
    co2: int
    rules: tuple[str, ...]
    """The rules that fired on the options chosen here."""
    collect_at: str | None = None
    """The node at which it is collected; None: it goes to the order's place."""
    ready_at: int = 0
    """From when on the goods are there that it waits for; 0: now. What waits counts in no load of a day."""
    expected: Mapping[str, int] = field(default_factory=dict)
    """By receipt that it waits for, when that is expected, in UTC seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """What is to ship later, so that it arrives on the order's nominated day: from the instant `reserve_at` on, its
    units are to be held. The shipments are what would be chosen on the stock of today; there may be none.
    """

    reserve_at: int
    shipments: tuple[Shipment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What became of `units` that a line could have used. For a reason that bounds the line or the order itself, they
    are available units that the line goes without because of it; for `not_enough` and `no_stock`, units that do not
    exist. `unfilled_reasons` says how they add up.
    """

    code: str
    units: int
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """When `units` of a line that stays unfilled would arrive, if all that is to come might be promised: a guess, that
    is promised to nobody. UTC seconds. Without the two instants, some of these receipts are late: nobody knows when
    they come.
    """

    units: int
    receipts: ReceiptUnits
    expected: Mapping[str, int]
    """By receipt, when it is expected."""
    ships_at: int | None
    arrives_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfilled:
    line: str
    sku: str
    quantity: int
    reasons: tuple[Reason, ...]
    estimate: Estimate | None = None
    """None: what is to come would fill no more of it."""
    backorder: bool = False
    """Whether a rule says that it waits for stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingNode:
    """A node that rests. `until_local` is the end of its rest by the installation's wall clock, in the seconds of
    `rule_facts.wall_clock`.
    """

    node: str
    rest: NodeRest
    until_local: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedOptions:
    """Options that the same rules took from each of the `lines`, as nodes by service. `resting` is their node, if they
    are taken because it rests.
    """

    lines: tuple[str, ...]
    rules: tuple[str, ...]
    unless_needed: bool
    nodes: Mapping[str, Sequence[str]]
    resting: RestingNode | None = None

    @property
    def options(self) -> int:
        """How many each line loses."""
        return sum(map(len, self.nodes.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRanges:
    """Where the commit must find the stock of a position, because conditions of rules that give floors mention it:
    inside these ranges they hold or not as they did in the snapshot. None: anywhere.
    """

    on_hand: Range | None = None
    held: Range | None = None
    available: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Units that the commit takes from a position, if as many are free above its floor."""

    sku: str
    node: str
    units: int
    floor: int
    floors: tuple[Floor, ...] = ()
    """Where the floor depends on what is on hand or was taken: what it is the largest of, for the commit to work it out
    again.
    """
    ranges: StockRanges = StockRanges()
    lots: "LotClaim | None" = None
    """None: the position has no lots."""
    receipts: ReceiptUnits = ()
    """What the commit takes of receipts beside the `units`, which are on hand; each of them is among the `counted`."""
    counted: tuple["CountedReceipt", ...] = ()
    """The receipts that may be promised, as they were read, the next to arrive first."""
    receipts_read: tuple[Receipt, ...] | None = None
    """All that are open, if rules that give the floor, or let receipts be promised, mention them: the commit must find
    these, with as many units to come, of their statuses and expected at their instants. None: it may find any.
    """
    haircut: int = 0
    """Basis points of the units that are to come of a receipt, rounded up, that are promised to nobody."""

    @property
    def all_units(self) -> int:
        """Those on hand, and those of receipts."""
        return self.units + sum(units for _, units in self.receipts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReceipt:
    """A receipt as the decision read it. The commit takes units of it if it is still of that status and expected at
    that instant (UTC seconds), if so many of its units may still be promised, and if the position's free units above
    the floor (below 0: what it lacks), with those of the receipts counted before, leave them.
    """

    id: str
    status: ReceiptStatus
    expected_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotClaim:
    """The lots of a position, by their labels, sorted, and how many units of which of them, or of none (NO_LOT), the
    commit takes, if as many are free. Lots that expired before the date `today`, an ordinal, are not on hand for it.
    """

    labels: tuple[str, ...]
    units: LotUnits
    today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadClaim:
    """Shipments that the commit adds to a node's load of a `period` (see load_periods.py), if that has `most` shipments
    at most afterwards; and where rules limit them, units and grams, by the field under which they are counted.
    """

    node: str
    period: str
    shipments: int
    most: int | None
    outputs: tuple["OutputClaim", ...] = ()
    load: Range | None = None
    """Where the commit must find the node's load, because conditions of rules that give floors or daily limits mention
    it: inside this range they hold or not as they did in the snapshot. None: anywhere.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClaim:
    """Units or grams that the commit adds to what a node is given to ship on the day, under the `field` of the node's
    loads, if that has `most` at most afterwards; None: any number.
    """

    field: str
    amount: int
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedStock:
    """The stock of a SKU on which an order was decided, in columns: a row for each node that had any or may oversell
    it, by node id. The order could not take the units of the `floor`, but where that is below 0 so many more. `taken`
    are the units that channels had taken in the periods of their allotments.
    """

    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]
    floor: Sequence[int]
    taken: Mapping[Tally, Sequence[int]] = field(default_factory=dict)
    lots: Mapping[str, Sequence[Lot]] = field(default_factory=dict)
    """By node whose position has lots. Units that had expired and that nobody held are in no column above."""
    receipts: Mapping[str, Sequence[Receipt]] = field(default_factory=dict)
    """By node, the open receipts, if they made a difference."""
    empty: Sequence[str] = ()
    """The other nodes that have the SKU, and none of it on hand, by id."""
    held_of_empty: Mapping[str, int] = field(default_factory=dict)
    """Of those at which units are held all the same, how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedLoads:
    """What nodes had been given to ship, of all nodes that have some SKU of the order."""

    shipments: Mapping[str, int] = field(default_factory=dict)
    """On the node's date."""
    hourly: Mapping[str, int] = field(default_factory=dict)
    """In the node's hour, where rules or the network limit the shipments of an hour."""
    units: Mapping[str, int] = field(default_factory=dict)
    """On the node's date, of nodes whose units or kilograms of a day are limited; so are `grams`."""
    grams: Mapping[str, int] = field(default_factory=dict)


NO_LOADS = DecidedLoads()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToOthers:
    """What an order of a batch may not take, because the batch's plan gives it to orders that are decided later: units
    by (SKU, node) beside those of the floor, and of the day's loads, by field: shipments, units and grams of nodes.
    """

    units: Mapping[tuple[str, str], int] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)


NOTHING_LEFT = LeftToOthers()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseTerms:
    """What was promised of an order: that all of it arrives by an instant. `greenest`: of the choices that do and that
    the policies rank alike before money, the one with the least CO2e was promised, not the one that costs least.
    """

    arrives_by: int
    greenest: bool = False


LookaheadState: TypeAlias = Literal["used", "too_old", "other_currency", "no_table"]
"""Whether look-ahead prices counted. too_old: the table's time was over. other_currency: the network counts in another
one since. no_table: none was ever published, or the server lost it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedLookahead:
    """The look-ahead prices that counted: by SKU and node, of what ships. `weight` is in basis points, `table` the
    digest of the table in force, also if it was not used, and `use_until` the instant until which it is.
    """

    weight: int
    state: LookaheadState
    table: str | None
    use_until: int | None
    prices: Mapping[str, Mapping[str, LookaheadPrice]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`gap` and `unproven` are as in `sourcing.problem.Choice`. `fired` counts, by rule, the orders, lines, positions,
    nodes and options it acted on.
    """

    order: Order
    priority: int
    """The order's, by the policies."""
    decided_at: int
    policy_version: str
    network_version: str
    shipments: tuple[Shipment, ...]
    unfilled: tuple[Unfilled, ...]
    exclusions: tuple[ExcludedOptions, ...]
    """Those of one cause, which is the rules, `unless_needed` and the resting node, stand together."""
    options: int
    score: Score
    gap: int | None
    unproven: Unproven | None
    hold_until: int
    hold_until_shipped: bool = False
    """Whether the hold's end is counted from when the last shipment leaves."""
    hold_requested: int | None = None
    """The minutes for which the caller asked that the units are held; None: as the policies say."""
    stock: Mapping[str, DecidedStock]
    """By SKU."""
    because: Mapping[str, Mapping[str, str]]
    """By rule and language, the reason its author gave, for the rules that the parts above name. For the rules of a
    rest that began under another version, the exclusion's `resting` has the reasons as they were in that version.
    """
    fired: Mapping[str, int]
    silenced: tuple[str, ...]
    claims: tuple[Claim, ...]
    load_claims: tuple[LoadClaim, ...]
    day: str
    """The periods in whose loads its shipments count, as holds have them (see `LoadPeriods.text`): mostly a date."""
    periods: Mapping[Tally, str] = field(default_factory=dict)
    """The names of the periods of allotments at that moment."""
    left: LeftToOthers = NOTHING_LEFT
    weights: Mapping[str, int] | None = None
    """Grams a unit by SKU, if it is counted how many units and grams nodes are given to ship."""
    scheduled: Scheduled | None = None
    """Then nothing ships and nothing is held yet."""
    placed: Address | None = None
    """Where an order goes that was sent without coordinates, and what it was placed by. None: it has them, is
    collected, or could not be placed.
    """
    awaiting_approval: bool = False
    """Whether a rule says that a person must approve the order before it ships."""
    approval_rules: tuple[str, ...] = ()
    """The rules that say so."""
    not_counted: tuple[ShipmentLine, ...] = ()
    """What needs no stock and no parcel: all units of lines whose products are not counted."""
    held_from: int | None = None
    """From when on the hold lasts. None: from `decided_at`."""
    loads: DecidedLoads = NO_LOADS
    resting: Mapping[str, NodeRest] = field(default_factory=dict)
    """The rests of nodes that have some SKU of the order."""
    lookahead: DecidedLookahead | None = None
    """None: no rule lets look-ahead prices count."""

    @property
    def counted(self) -> Mapping[Tally, str]:
        """The periods in which what it takes is counted, those of its channel's allotments."""
        return {tally: name for tally, name in self.periods.items() if tally.channel == self.order.channel}

    @property
    def chosen(self) -> tuple[Shipment, ...]:
        """The shipments that were chosen, now or for later."""
        return self.scheduled.shipments if self.scheduled else self.shipments

    @property
    def fills_some(self) -> bool:
        """Whether it fills any units."""
        return bool(self.shipments or self.not_counted)

    def waiting_units(self, *, may_wait: bool) -> Mapping[str, int]:
        """By line, what is neither held nor given up: units scheduled and unfilled; if the order is not scheduled and
        may not wait, those unfilled that rules let wait.
        """
        every = may_wait or self.scheduled is not None
        units = Counter({item.line: item.quantity for item in self.unfilled if every or item.backorder})
        if self.scheduled:
            for parcel in (parcel for shipment in self.scheduled.shipments for parcel in shipment.lines):
                units[parcel.line] += parcel.quantity
        return units

    def waits(self, *, may_wait: bool) -> bool:
        """Whether units of it go on the backlog: of a scheduled order always, or nobody would come back to it; those
        that stay unfilled only if they `may_wait`, or rules let them.
        """
        return self.scheduled is not None or any(may_wait or item.backorder for item in self.unfilled)

    @property
    def status(self) -> Status:
        if self.scheduled:
            return "scheduled"
        if not self.unfilled:
            return "filled"
        return "partial" if self.fills_some else "unfilled"
