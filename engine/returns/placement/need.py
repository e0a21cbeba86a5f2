"""How much a place needs one more unit of an article: what it has, what it should have, how likely one more sells."""

from dataclasses import dataclass

from engine.demand.chance_of_sale import CERTAIN
from engine.model.facts import Snapshot, StockPosition, rounded
from engine.transfers.gains import StockAndDemand, sold, worth

USUAL_COVER = 14
"""Days, where no rule gives a target cover."""
IN_TRANSIT = "in_transit"
NOTHING_THERE = StockPosition(on_hand=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Of one article at one place, in units that are counted. `there` are the units that will be there without the one
    asked about: available, on their way, and placed before. `in_transit` are those on their way. `demand` is what is
    expected to be asked for within the days of cover, in thousandths of a unit, None where no pace is known; `target`
    what the place should have, None where that is not known; `maximum` the most it should have (None: any number).
    `chance` is the chance in parts per million that the unit sells within the days of cover.
    """

    there: int
    in_transit: int
    days: int = USUAL_COVER
    demand: int | None = None
    target: int | None = None
    maximum: int | None = None
    chance: int | None = None

    @property
    def shortfall(self) -> int | None:
        """The units that the place lacks of its target."""
        return None if self.target is None else max(0, self.target - self.there)

    def sales(self, quantity: int, *, margin: int, scale: int) -> int:
        """Micros that a unit of so many counted units is expected to earn: 0 where no pace is known. `margin` is of a
        whole unit, which has `scale` counted ones.
        """
        if self.demand is None:
            return 0
        return worth(StockAndDemand(there=self.there, demand=self.demand), 0, pack=quantity, margin=margin, scale=scale)

    @property
    def is_full(self) -> bool:
        return self.maximum is not None and self.there >= self.maximum


def chance_that_it_sells(there: int, quantity: int, demand: int) -> int:
    """In parts per million: of a unit that is a quantity of several counted units, the share of it that is expected to
    be sold.
    """
    stall = StockAndDemand(there=there, demand=demand)
    return min(CERTAIN, rounded(sold(stall, quantity) - sold(stall, 0), quantity))


def units_in_transit(snapshot: Snapshot, sku: str, node: str) -> tuple[int, int]:
    """The units on their way to the place, and those of them that are promised to nobody."""
    on_their_way = [item for item in snapshot.receipts.get(sku, {}).get(node, ()) if item.status == IN_TRANSIT]
    return sum(item.to_come for item in on_their_way), sum(item.free for item in on_their_way)
