"""Checks tracking numbers that come with a packing: its carrier gave them to another system, as the warehouse's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import InputInvalid, Mistake
from engine.fulfilment.carriers.known_numbers import forms_of, has_shape_of
from engine.fulfilment.carriers.number_ranges import has_number
from engine.fulfilment.parcels.carriage import Carriage
from engine.model.carriers import NumberKind
from engine.model.facts import Network
from engine.model.parcels import PackedShipment, ShipmentKey
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
"""By the kind of a range, the carriers of known_numbers.py whose numbers a carrier with such a range gives."""
_WITH_OTHER_NUMBERS: Final = "post"
"""Posts also give numbers whose form they don't publish, as La Poste those of Colissimo inside France."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliedNumbers:
    """The tracking number that came for each parcel of a packing; None: none did. `find` finds the parcel that goes by
    a number.
    """

    numbers: Sequence[str | None]
    shipment: PackedShipment
    carriage: Carriage
    network: Network
    find: Callable[[str], tuple[ShipmentKey, int] | None]

    def verify(self) -> None:
        """Raise InputInvalid for numbers that its carrier does not give, that are those of another shipment, or that
        are issued here.
        """
        mistakes = [*self._lacking(), *self._mistakes()]
        if mistakes:
            raise InputInvalid(mistakes)

    def _lacking(self) -> Iterator[Mistake]:
        if self.carriage.sells and any(self.numbers) and not all(self.numbers):
            yield Mistake(
                field="parcels",
                message=f"carrier '{self.carriage.carrier}' sells the labels of all parcels of a packing or of none:"
                " give the tracking_number of each parcel, or of none",
            )

    def _mistakes(self) -> Iterator[Mistake]:
        for place, number in enumerate(self.numbers):
            if number is None:
                continue
            for message in (self._other_form(number), self._of_another_shipment(number) or self._issued_here(number)):
                if message:
                    yield Mistake(field=f"parcels.{place}.tracking_number", message=message)

    def _other_form(self, number: str) -> str:
        kinds = {numbers.kind for numbers in self.carriage.account.ranges} if self.carriage.account else set()
        carriers = {name for kind in kinds for name in _CARRIERS[kind]}
        forms = forms_of(number)
        if not carriers or any(form.carrier in carriers for form in forms):
            return ""
        if _WITH_OTHER_NUMBERS in carriers and not forms and not has_shape_of(_WITH_OTHER_NUMBERS, number):
            return ""
        return (
            f"'{number}' is no number of carrier '{self.carriage.carrier}', whose ranges are of the kind"
            f" {', '.join(sorted(kinds))}: its form or its check digit differs. Correct it or, if that carrier gives"
            " such numbers, too, have its service name another carrier in network.yaml, one without ranges"
        )

    def _issued_here(self, number: str) -> str:
        """A number of a range would be issued to another shipment as well, or was."""
        name = number_name(number)
        parcels = (parcel for packing in self.shipment.packings for parcel in packing.parcels)
        if any(name == number_name(parcel.tracking_number or "") for parcel in parcels):
            return ""
        for account in self.network.carriers.values():
            for numbers in account.ranges:
                if has_number(numbers, name):
                    return (
                        f"'{number}' is of the range {numbers.first} to {numbers.last} of carrier '{account.id}', whose"
                        " numbers are issued here, and this one was not issued to this shipment: leave it out, and the"
                        " parcel gets the next; or, if another system issues a part of the range, take that part out of"
                        " the range under carriers in network.yaml, and load that (pointsman load DIR --network-only)"
                    )
        return ""

    def _of_another_shipment(self, number: str) -> str:
        found = self.find(number_name(number))
        if found is None or found[0] == self.shipment.key:
            return ""
        return f"'{number}' is the number of a parcel of shipment '{found[0]}'"
