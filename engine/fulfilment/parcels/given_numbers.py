"""Tracking numbers that come with a packing: a carrier gave them somebody else, as the warehouse's system."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from engine.errors import InputInvalid, Mistake
from engine.fulfilment.carriers.known_numbers import forms_of
from engine.fulfilment.parcels.carriage import Carriage
from engine.model.carriers import NumberKind
from engine.model.parcels import ShipmentKey
from engine.model.tracking import number_name

_CARRIERS: Final[Mapping[NumberKind, tuple[str, ...]]] = {
    "ups": ("ups",),
    "fedex_express": ("fedex",),
    "fedex_ground": ("fedex",),
    "fedex_smartpost": ("fedex", "usps"),
    "dhl_express": ("dhl",),
    "dhl_ecommerce": ("dhl",),
    "dpd": ("dpd",),
    "s10": ("post",),
}
"""Whose numbers a carrier with a range of that kind gives, by the names of known_numbers.py."""


def verify_given(
    given: Sequence[str | None],
    shipment: ShipmentKey,
    carriage: Carriage,
    find: Callable[[str], tuple[ShipmentKey, int] | None],
) -> None:
    """Raise InputInvalid for numbers that can't be of its carrier, or are those of another shipment. `find` finds the
    parcel that goes by a number.
    """
    mistakes = list(_mistakes(given, shipment, carriage, find))
    if mistakes:
        raise InputInvalid(mistakes)


def _mistakes(
    given: Sequence[str | None],
    shipment: ShipmentKey,
    carriage: Carriage,
    find: Callable[[str], tuple[ShipmentKey, int] | None],
) -> Iterator[Mistake]:
    if carriage.sells and any(given) and not all(given):
        yield Mistake(
            field="parcels",
            message=f"carrier '{carriage.carrier}' sells the labels of all parcels of a packing or of none: give the"
            " tracking_number of each parcel, or of none",
        )
    kinds = {numbers.kind for numbers in carriage.account.ranges} if carriage.account else set()
    known = {name for kind in kinds for name in _CARRIERS[kind]}
    for place, number in enumerate(given):
        if number is None:
            continue
        field = f"parcels.{place}.tracking_number"
        if known and not any(form.carrier in known for form in forms_of(number)):
            yield Mistake(
                field=field,
                message=f"'{number}' is no number of carrier '{carriage.carrier}', whose ranges are of the kind"
                f" {', '.join(sorted(kinds))}: its form or its check digit differs",
            )
        found = find(number_name(number))
        if found is not None and found[0] != shipment:
            yield Mistake(field=field, message=f"'{number}' is the number of a parcel of shipment '{found[0]}'")
