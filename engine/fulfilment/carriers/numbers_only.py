"""A carrier that is not asked: it gave ranges of tracking numbers, and its labels are drawn here."""

from collections.abc import Sequence

from engine.errors import CarrierHasNoSuch
from engine.fulfilment.carriers.carrier import Booking, Bought, BoughtLabel
from engine.fulfilment.carriers.news import CarrierNews
from engine.model.carriers import CarrierAccount


class NumbersOnly:
    """A Carrier."""

    def __init__(self, account: CarrierAccount) -> None:
        self._account = account

    def buy(self, booking: Booking) -> Bought:
        """The numbers that the parcels have already; nothing is paid."""
        labels = (
            BoughtLabel(
                parcel=parcel.number,
                tracking_number=parcel.tracking_number or "",
                label=None,
                format=booking.label_format,
            )
            for parcel in booking.parcels
        )
        return Bought(booking=booking.reference, labels=tuple(labels))

    def cancel(self, booking: str, reference: str) -> None:
        """A number that was given out is not given out again."""

    def track(self, tracking_numbers: Sequence[str]) -> CarrierNews:  # noqa: ARG002 it is not asked
        raise CarrierHasNoSuch(
            f"carrier '{self._account.id}' is not asked where parcels are: send what it tells to POST"
            " /v1/tracking/events"
        )

    def check(self) -> None:
        """There is nothing to ask."""
