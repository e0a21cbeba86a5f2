"""Which look-ahead prices counted in a decision, as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import DecidedLookahead, LookaheadState
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.lookahead import LookaheadPrice


class LookaheadPriceRecord(Record, frozen=True):
    """What a whole unit that ships from a place is expected to cost later, and where it is then missing."""

    price_micros: int
    region: Annotated[str, Meta(description="where the unit is expected to be needed")]
    needed_by: Annotated[Timestamp | UnsetType, Meta(description="left out if nobody can say when")] = UNSET

    @classmethod
    def of(cls, price: LookaheadPrice) -> "LookaheadPriceRecord":
        needed_by = UNSET if price.needed_by is None else timestamp(price.needed_by)
        return cls(price_micros=price.price, region=price.region, needed_by=needed_by)


class LookaheadRecord(Record, frozen=True):
    """Look-ahead prices, which rules let count for a share of `weight_basis_points`; 10,000 is all of them."""

    weight_basis_points: int
    state: Annotated[
        LookaheadState,
        Meta(
            description="used: they counted; too_old: the table's time was over; other_currency: the network counts in"
            " another one since the table was learnt; no_table: none was ever published, or the server lost it"
        ),
    ]
    table: Annotated[str | UnsetType, Meta(description="the digest of the table in force, also if it was not used")] = (
        UNSET
    )
    use_until: Annotated[Timestamp | UnsetType, Meta(description="until when the table is used")] = UNSET
    prices: Annotated[
        dict[str, dict[str, LookaheadPriceRecord]] | UnsetType,
        Meta(description="by SKU and node, those of units that ship; left out if all are 0"),
    ] = UNSET

    @property
    def used_table(self) -> str | UnsetType:
        """The digest of the table whose prices counted; UNSET: none did."""
        return self.table if self.state == "used" else UNSET

    @classmethod
    def of(cls, decided: DecidedLookahead | None) -> "LookaheadRecord | UnsetType":
        """UNSET: no rule lets them count."""
        if decided is None:
            return UNSET
        prices = {
            sku: {node: LookaheadPriceRecord.of(price) for node, price in by_node.items()}
            for sku, by_node in decided.prices.items()
        }
        return cls(
            weight_basis_points=decided.weight,
            state=decided.state,
            table=decided.table or UNSET,
            use_until=UNSET if decided.use_until is None else timestamp(decided.use_until),
            prices=prices or UNSET,
        )
