"""A return as it is stored, and what its order knows of it."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec
import orjson

from engine.decide.order_record import Record
from engine.store.fulfilment.stored_address import StoredAddressRecord

ReturnLabelState: TypeAlias = Literal["booking", "made", "cancelling", "cancelled"]
KEPT = "keep"
"""The disposition of units that their customer keeps: where these did not come back, they lie at no node."""


class StoredReturnLineRecord(Record, frozen=True):
    """Units of an order's line that may come back, and the reason, a word of the network file."""

    line: str
    sku: str
    quantity: int
    reason: str


class StoredReturnedUnitsRecord(Record, frozen=True, omit_defaults=True):
    """Units of a return that lie at one node and are alike, by their `number` in it, from 1. Those of another article
    than the order's have no `line`. They have a `grade` once they were inspected, and a `disposition` once that is
    decided; then they lie here no more.
    """

    number: int
    sku: str
    units: int
    node: str = ""
    """Where they were received; empty where their customer keeps them and they never came."""
    line: str = ""
    grade: str = ""
    restock: bool = True
    """False: whoever inspected them said that they may not be sold as they are."""
    disposition: str = ""
    place: str = ""
    """Where they are sold or repaired from then on; empty if they are not."""
    as_sku: str = ""
    """The article that they are sold as, if it is another one."""
    rules: tuple[str, ...] = ()
    """Those that say what becomes of them."""
    by: str = ""
    """Who decided against the rules, if somebody did."""
    because: str = ""
    """What was said of why."""

    @property
    def is_here(self) -> bool:
        """Whether they still lie in quarantine."""
        return not self.disposition

    @property
    def leaves(self) -> bool:
        """Whether they are restocked elsewhere than where they lie."""
        return self.disposition == "restock" and self.place != self.node


class StoredReturnLabelRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What stands on the label of a return but the customer's address: it goes to `node`, whose address was `place`
    then. `number` counts the labels of the return from 1, of which all but the last were given back. Without a
    `carrier` it has no `sscc`. `sold`: the carrier sells the label, by the name `booking`; while it is asked for it,
    the label is `booking`, and while it is asked to take it back, `cancelling`. `product` is the carrier's own name of
    the service. `because` says why it was cancelled. Instants are UTC seconds.
    """

    number: int
    state: ReturnLabelState
    node: str
    place: StoredAddressRecord
    issued_on: datetime.date
    until: datetime.date
    """The last day on which the return is waited for, by the clock of its place."""
    carrier: str = ""
    product: str = ""
    sold: bool = False
    sscc: str = ""
    grams: int = 0
    tracking_number: str = ""
    booking: str = ""
    because: str = ""
    begun_at: int = 0
    """When its carrier was first asked for it."""
    cancelling_since: int = 0
    """Since when its carrier is asked to take it back, while it is."""
    carrier_name: str = ""
    """What people called the carrier then; empty: as its id."""
    drawn_here: bool = False
    """The carrier sold a number alone. Of others that are `sold` it sold a file, in whose place none is ever drawn."""


class StoredReturn(Record, frozen=True, omit_defaults=True):
    """A return (RMA) of an order that the decision `first` began. Instants are UTC seconds. `complete`: nothing more is
    to come. `late_by`: who authorised it though the time for returns was over; `because`: what was said of why.
    """

    id: str
    order: str
    first: str
    opened_at: int
    expires_at: int
    lines: tuple[StoredReturnLineRecord, ...]
    groups: tuple[StoredReturnedUnitsRecord, ...] = ()
    complete: bool = False
    cancelled: bool = False
    late_by: str = ""
    because: str = ""
    label: StoredReturnLabelRecord | None = None
    """The last one that was made."""

    @property
    def skus(self) -> frozenset[str]:
        """Of its lines, and of what came."""
        return frozenset(line.sku for line in self.lines) | frozenset(group.sku for group in self.groups)

    @property
    def to_come(self) -> Mapping[str, int]:
        """Units by line that were authorised and have not come yet, whether or not the return has expired."""
        if self.complete or self.cancelled:
            return {}
        came = self.came
        left = {item.line: item.quantity - came[item.line] for item in self.lines}
        return {line: units for line, units in left.items() if units > 0}

    @property
    def came(self) -> Counter[str]:
        """Units by line that came back, or that their customer keeps."""
        return self._units(self.groups)

    @property
    def returned(self) -> Counter[str]:
        """Units by line that came back."""
        return self._units(group for group in self.groups if group.node)

    @property
    def current_label(self) -> StoredReturnLabelRecord | None:
        """Its label, unless that was given back or the return was cancelled."""
        return None if self.label is None or self.label.state == "cancelled" or self.cancelled else self.label

    def receipt_of(self, group: StoredReturnedUnitsRecord) -> str:
        """The id of the receipt by which units that are restocked elsewhere arrive there."""
        return f"{self.id}:{group.number}"

    @property
    def here(self) -> int:
        """Units that lie in quarantine."""
        return sum(group.units for group in self.groups if group.is_here)

    def _units(self, groups: Iterable[StoredReturnedUnitsRecord]) -> Counter[str]:
        units: Counter[str] = Counter()
        for group in groups:
            if group.line:
                units[group.line] += group.units
        return units

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, text: bytes | str) -> "StoredReturn":
        """Raises msgspec.MsgspecError if it is damaged."""
        return msgspec.json.decode(text, type=cls)


class OrderReturn(Record, frozen=True, array_like=True):
    """What an order's hash has of one return of it: when it expires, and units by line that are to come, that came
    back, and that its customer keeps; and how many units lie in quarantine.
    """

    until: int
    to_come: dict[str, int]
    returned: dict[str, int]
    kept: dict[str, int]
    here: int

    @classmethod
    def of(cls, stored: StoredReturn) -> "OrderReturn":
        returned = stored.returned
        return cls(
            until=stored.expires_at,
            to_come=dict(stored.to_come),
            returned=dict(returned),
            kept=dict(stored.came - returned),
            here=stored.here,
        )

    def expects(self, now: int) -> Mapping[str, int]:
        """Units by line that may still come at an instant: none once it has expired."""
        return self.to_come if now < self.until else {}

    def is_open(self, now: int) -> bool:
        return bool(self.here or self.expects(now))


OrderReturns = Mapping[str, OrderReturn]
"""Those of one order, by the id of the return."""
_ORDER_RETURNS = msgspec.json.Decoder(dict[str, OrderReturn])


def parse_order_returns(text: bytes | str | None) -> dict[str, OrderReturn]:
    """Of the field of the order's hash. Raises msgspec.MsgspecError if it is damaged."""
    return _ORDER_RETURNS.decode(text) if text else {}


def order_returns_text(returns: OrderReturns) -> str:
    """As the order's hash has them."""
    return orjson.dumps(msgspec.to_builtins(dict(returns)), option=orjson.OPT_SORT_KEYS).decode() if returns else ""


def units_returned(returns: OrderReturns) -> Counter[str]:
    """By line, of all returns of an order."""
    return sum((Counter(item.returned) for item in returns.values()), Counter())


def units_settled(returns: OrderReturns) -> Counter[str]:
    """By line, those that came back or that their customer keeps: they can't come back again."""
    return units_returned(returns) + sum((Counter(item.kept) for item in returns.values()), Counter())


class ReturnMove(msgspec.Struct, frozen=True, array_like=True):
    """By how many units a step of a return changes what is in quarantine, on hand and blocked of a position."""

    sku: str
    node: str
    quarantine: int = 0
    on_hand: int = 0
    blocked: int = 0


class MovedReturn(Record, frozen=True, array_like=True):
    """Units that are restocked at another node than that where they lie: the receipt that is expected there."""

    receipt: str
    sku: str
    node: str
    units: int
    expected_at: int
    """UTC seconds."""


class ReturnBody(Record, frozen=True, omit_defaults=True):
    """The body of a log entry about a return: the return as it is from then on, and what moved."""

    returned: StoredReturn
    moves: tuple[ReturnMove, ...] = ()
    missing: dict[str, int] = msgspec.field(default_factory=dict)
    """By line, units that were authorised and did not come, though nothing more is to come."""
    moved: tuple[MovedReturn, ...] = ()
    serials: tuple[str, int] | None = None
    """The range of SSCCs that one was taken of for a label, and the serial that is next of it."""
    ranges: str = ""
    """The same of the range of tracking numbers, as `PackingBody` has it."""

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, body: bytes) -> "ReturnBody":
        return msgspec.json.decode(body, type=cls, strict=False)
