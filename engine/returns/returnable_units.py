"""Which units of an order may come back: those that have left, each once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.decide.order_record import seconds
from engine.orders.order_state import OrderState
from engine.store.flows.stored_return import OrderReturns, parse_order_returns, units_settled


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUnitsBack:
    """Units of a line: `ordered`, those that have left (`shipped`), those of them that came back or that the customer
    keeps (`settled`), and those that are expected (`expected`), on the returns with the ids `expected_on`.
    `delivered_at`, in UTC seconds, is when the last of its shipments was to arrive or, if that was later, left; None:
    nothing of it has.
    """

    line: str
    sku: str
    ordered: int
    shipped: int
    settled: int
    expected: int
    expected_on: Sequence[str]
    delivered_at: int | None
    units: Mapping[str, int]
    """By state, as the order shows them."""

    @property
    def free(self) -> int:
        """Those that another return may have."""
        return self.shipped - self.settled - self.expected


def lines_back(order: OrderState, now: int, *, without: str = "") -> dict[str, LineUnitsBack]:
    """By line of the order. What the return `without` expects is left out."""
    returns = parse_order_returns(order.stored.returns)
    shipped, delivered_at = _shipped(order)
    settled, expected = units_settled(returns), _expected(returns, now, without)
    return {
        line.line: LineUnitsBack(
            line=line.line,
            sku=line.sku,
            ordered=line.ordered,
            shipped=shipped[line.line],
            settled=settled[line.line],
            expected=sum(expected[line.line].values()),
            expected_on=list(expected[line.line]),
            delivered_at=delivered_at.get(line.line),
            units={str(state): units for state, units in line.units.items()},
        )
        for line in order.lines
    }


def _shipped(order: OrderState) -> tuple[Counter[str], dict[str, int]]:
    """By line, the units that have left, and when the last of them arrived."""
    units: Counter[str] = Counter()
    delivered_at: dict[str, int] = {}
    for shipment in order.shipments:
        for line in shipment.lines:
            if line.shipped:
                units[line.line] += line.shipped
                arrived = max(seconds(shipment.record.arrives_by), shipment.ended_at or 0)
                delivered_at[line.line] = max(delivered_at.get(line.line, 0), arrived)
    return units, delivered_at


def _expected(returns: OrderReturns, now: int, without: str) -> defaultdict[str, dict[str, int]]:
    """By line, and by return, on all returns but one."""
    expected: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, item in returns.items():
        for line, units in item.expects(now).items():
            if name != without and units:
                expected[line][name] = units
    return expected
