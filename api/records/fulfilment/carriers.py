"""Carriers, and whose a tracking number is, as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.fulfilment.carriers.carriers import NumberStock
from engine.fulfilment.carriers.known_numbers import KnownForm
from engine.model.carriers import CarrierAccount, CarrierDoor, CarrierTracking
from engine.store.fulfilment.rests import Rest


class CarrierRecord(Record, frozen=True, kw_only=True):
    """A carrier of the network's file. Its keys are shown to nobody."""

    id: str
    door: CarrierDoor
    has_key: Annotated[bool, Meta(description="whether all that is needed to ask it is set; true if it is not asked")]
    url: str | UnsetType = UNSET
    contract: str | UnsetType = UNSET
    label_format: str
    tracking: Annotated[
        CarrierTracking | UnsetType,
        Meta(description="whether it tells where parcels are; left out: by whether anything was heard of it of late"),
    ] = UNSET
    numbers: Annotated[int | UnsetType, Meta(description="how many tracking numbers its ranges have")] = UNSET
    numbers_left: int | UnsetType = UNSET
    failures: Annotated[
        int | UnsetType, Meta(description="so often in a row it could not be asked where parcels are")
    ] = UNSET
    error: Annotated[str | UnsetType, Meta(description="the last time because of this")] = UNSET
    next_try_at: Timestamp | UnsetType = UNSET

    @classmethod
    def of(
        cls, account: CarrierAccount, *, has_key: bool, stock: NumberStock | None, rest: Rest | None
    ) -> "CarrierRecord":
        return cls(
            id=account.id,
            door=account.door,
            has_key=has_key,
            url=account.url or UNSET,
            contract=account.contract or UNSET,
            label_format=account.label_format,
            tracking=account.tracking or UNSET,
            numbers=UNSET if stock is None else stock.numbers,
            numbers_left=UNSET if stock is None else stock.left,
            failures=UNSET if rest is None else rest.failures,
            error=UNSET if rest is None else rest.error,
            next_try_at=UNSET if rest is None else timestamp(rest.until),
        )


class CarriersRecord(Record, frozen=True):
    """All of a network."""

    carriers: list[CarrierRecord]


class CheckedCarrierRecord(Record, frozen=True, kw_only=True):
    """What came of asking a carrier."""

    id: str
    answers: bool
    problem: str | UnsetType = UNSET


class CheckedCarriersRecord(Record, frozen=True):
    """All that were asked."""

    carriers: list[CheckedCarrierRecord]


class NumberKindRecord(Record, frozen=True, kw_only=True):
    """A form of tracking numbers, and whether it has a check digit."""

    carrier: str
    kind: str
    has_check_digit: bool

    @classmethod
    def of(cls, form: KnownForm) -> "NumberKindRecord":
        return cls(carrier=form.carrier, kind=form.name, has_check_digit=form.check is not None)


class NumberKindsRecord(Record, frozen=True):
    """All forms by whose rules a number is well formed, the likeliest first."""

    number: str
    kinds: list[NumberKindRecord]
