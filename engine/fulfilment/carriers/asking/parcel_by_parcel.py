"""Buys labels of carriers that do not by themselves keep a shipment from being sold twice, one parcel after the other.

What is begun there costs nothing, has an id, and is paid by a second call, which the carrier takes once for an id. So
the id is kept here before it is paid, and of each parcel there is one: whatever answer is lost, a retry pays for that
one or finds it paid. Where nothing is kept here any more, as after a failover, the carrier is asked by its reference.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, GivenBackInPart
from engine.fulfilment.carriers.asking.content import content_of
from engine.fulfilment.carriers.asking.label_bytes import format_of
from engine.fulfilment.carriers.asking.refusals import other_content, refused
from engine.fulfilment.carriers.carrier import Booking, Bought, BoughtLabel
from engine.model.parcels import Parcel
from engine.store.fulfilment.begun_bookings import BegunBooking, BegunBookings

_MOST_PARCELS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a carrier has of one parcel. `is_void`: it was paid and given back. `cost` is in micros of `currency`."""

    id: str
    is_paid: bool
    is_void: bool
    tracking_number: str = ""
    cost: int | None = None
    currency: str | None = None


class PieceShop(Protocol):
    """The calls of one carrier. They raise CarrierRefused and CarrierUnavailable."""

    def find(self, reference: str) -> Piece | None:
        """What there is under a reference; if there are several, one that is paid."""

    def get(self, piece: str) -> Piece | None: ...

    def begin(self, booking: Booking, parcel: Parcel, reference: str) -> Piece:
        """Costs nothing."""

    def pay(self, piece: str, booking: Booking) -> Piece: ...

    def label(self, piece: str, booking: Booking) -> bytes: ...

    def give_back(self, piece: str) -> None:
        """Raises CarrierHasNoSuch if the carrier does not take it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelByParcel:
    """Of one carrier."""

    carrier: str
    shop: PieceShop
    bookings: BegunBookings

    def buy(self, booking: Booking) -> Bought:
        """As Carrier.buy."""
        paid: list[Piece] = []
        with self.bookings.turn(self.carrier, booking.reference) as keep:
            try:
                labels = [self._label(booking, parcel, keep, paid) for parcel in booking.parcels]
            except CarrierRefused as refusal:
                self._give_back(paid, refusal)
                raise
        costs = [piece.cost for piece in paid if piece.cost is not None]
        return Bought(
            booking=",".join(piece.id for piece in paid),
            labels=tuple(labels),
            cost=sum(costs) if len(costs) == len(paid) else None,
            currency=next((piece.currency for piece in paid), None),
        )

    def cancel(self, booking: str, reference: str) -> None:
        """As Carrier.cancel. Each parcel is tried, also behind one that the carrier does not take back."""
        refunds = _Refunds(carrier=self.carrier, shop=self.shop)
        with self.bookings.turn(self.carrier, reference) as keep:
            for name in booking.split(",") if booking else self._under(reference):
                keep()
                refunds.give_back(name)
        refunds.raise_what_stays()

    def _label(self, booking: Booking, parcel: Parcel, keep: Callable[[], None], paid: list[Piece]) -> BoughtLabel:
        """Buys it; `paid` is made longer as soon as it is paid."""
        keep()
        piece = self._begun(booking, parcel)
        if not piece.is_paid:
            keep()
            piece = self._paid(piece, booking)
        paid.append(piece)
        label = self.shop.label(piece.id, booking)
        found = format_of(label)
        if found is None or not piece.tracking_number:
            raise CarrierUnavailable(f"the label of parcel {parcel.number} is not there yet", carrier=self.carrier)
        return BoughtLabel(parcel=parcel.number, tracking_number=piece.tracking_number, label=label, format=found)

    def _begun(self, booking: Booking, parcel: Parcel) -> Piece:
        """What is to be paid for this parcel, or was paid before."""
        reference, content = piece_reference(booking.reference, parcel.number), content_of(booking)
        kept = self.bookings.read(self.carrier, reference)
        piece = self.shop.get(kept.id) if kept else self.shop.find(reference)
        is_other = kept is not None and kept.content != content
        if piece is not None and piece.is_paid and not piece.is_void and is_other:
            raise other_content(self.carrier, booking.reference)
        if piece is None or piece.is_void or is_other:
            piece = self.shop.begin(booking, parcel, reference)
        begun = BegunBooking(id=piece.id, content=content)
        if begun != kept and self.bookings.begin(self.carrier, reference, begun, instead_of=kept) != begun:
            raise CarrierUnavailable(f"somebody else is booking '{booking.reference}' there", carrier=self.carrier)
        return piece

    def _paid(self, piece: Piece, booking: Booking) -> Piece:
        try:
            return self.shop.pay(piece.id, booking)
        except CarrierRefused:
            found = self.shop.get(piece.id)  # refused because it was paid before?
            if found is None or not found.is_paid:
                raise
            return found

    def _give_back(self, paid: list[Piece], refusal: CarrierRefused) -> None:
        """What was paid for other parcels of a shipment that is refused; raises CarrierRefused if some of it stays."""
        refunds = _Refunds(carrier=self.carrier, shop=self.shop)
        for piece in paid:
            refunds.give_back(piece.id)
        if refunds.errors:
            message = f"{refusal}; and it does not take back what was paid before: {', '.join(refunds.errors)}"
            raise refused(self.carrier, message) from refusal

    def _under(self, reference: str) -> list[str]:
        """The ids of what was begun under it, all of which are looked up before any is given back."""
        return [piece.id for piece in self._begun_under(reference)]

    def _begun_under(self, reference: str) -> Iterator[Piece]:
        """Parcels are numbered from 1, so the first number without a piece is the last that was begun."""
        for number in itertools.count(1):
            name = piece_reference(reference, number)
            kept = self.bookings.read(self.carrier, name)
            piece = self.shop.get(kept.id) if kept else self.shop.find(name)
            if piece is None or number > _MOST_PARCELS:
                return
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refunds:
    """Of one booking: the ids of the pieces that are given back, and by id why others are not."""

    carrier: str
    shop: PieceShop
    given_back: list[str] = field(default_factory=list)
    errors: dict[str, CarrierRefused | CarrierHasNoSuch] = field(default_factory=dict)

    def give_back(self, name: str) -> None:
        """If it was paid. One that was given back by an earlier call, which was broken off, is one that is given back.
        Raises CarrierUnavailable.
        """
        try:
            piece = self._piece(name)
            if piece.is_paid and not piece.is_void:
                self.shop.give_back(name)
            if piece.is_paid or piece.is_void:
                self.given_back.append(name)
        except (CarrierRefused, CarrierHasNoSuch) as error:
            self.errors[name] = error

    def _piece(self, name: str) -> Piece:
        piece = self.shop.get(name)
        if piece is None:
            raise CarrierHasNoSuch(f"carrier '{self.carrier}' has no booking '{name}'")
        return piece

    def raise_what_stays(self) -> None:
        """Raise GivenBackInPart if some were given back and others not; if none was, the first reason."""
        if not self.errors:
            return
        first = next(iter(self.errors.values()))
        if not self.given_back:
            raise first
        raise GivenBackInPart(
            carrier=self.carrier, given_back=self.given_back, not_taken_back=list(self.errors)
        ) from first


def piece_reference(reference: str, number: int) -> str:
    """That of a parcel, without slashes: it is a part of URLs."""
    return f"{reference.replace('/', '.')}.{number}"
