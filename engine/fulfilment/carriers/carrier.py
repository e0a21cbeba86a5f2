"""What is asked of every carrier: the one door to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.fulfilment.carriers.news import CarrierNews
from engine.model.parcels import LabelFormat, Parcel, ShipmentKey
from engine.model.postal_address import PostalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a carrier is to carry. `reference` is the same whenever the same shipment is booked, so that a carrier,
    asked again, sells nothing twice; at most 60 letters, digits, hyphens and slashes. `product` is the carrier's own
    name of the service. `is_return`: from a customer, the `sender`, back to the `addressee`.
    """

    reference: str
    shipment: ShipmentKey
    product: str
    sender: PostalAddress
    addressee: PostalAddress
    parcels: Sequence[Parcel]
    label_format: LabelFormat
    is_return: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtLabel:
    """Of one parcel, by its number. `label` is None if the carrier makes none: it is drawn here then."""

    parcel: int
    tracking_number: str
    label: bytes | None
    format: LabelFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """`booking` is the carrier's name of it. `cost` is in micros of `currency`, where the carrier says it."""

    booking: str
    labels: tuple[BoughtLabel, ...]
    cost: int | None = None
    currency: str | None = None


class Carrier(Protocol):
    """Methods raise CarrierRefused (what to change, by field), CarrierUnavailable (ask again later: nothing is known of
    what became of the call) and, where the carrier has no such call, CarrierHasNoSuch; NotReady, if its key is not set.
    """

    def buy(self, booking: Booking) -> Bought:
        """Labels and numbers for all parcels, or what was bought before under the same reference. Once CarrierRefused
        was raised, nothing is left that is paid for. NotPackable: what was paid under it goes elsewhere; it is left.
        """

    def cancel(self, booking: str, reference: str) -> None:
        """What was bought is given back; a second time changes nothing. An empty `booking`: what became of buying it is
        not known; what is found under the reference is given back. GivenBackInPart: some of it is, and the rest stays.
        """

    def track(self, tracking_numbers: Sequence[str]) -> CarrierNews:
        """All that is known of these parcels, the oldest first."""

    def check(self) -> None:
        """Ask something that changes and costs nothing, to know whether its address and key are right."""
