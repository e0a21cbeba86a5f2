"""Stores how a packing ends: its carrier is asked to take labels back, and does, or does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from engine.fulfilment.parcels.shipment_reading import ShipmentReading, is_reopened
from engine.idempotency import operation
from engine.model.parcels import Packing
from engine.store.fulfilment.shipment_change import ShipmentChange, ShipmentOutcome
from engine.store.fulfilment.shipments import Shipments
from engine.store.holds import Operation
from engine.store.log.kinds import PackingKind


class PackingEndings:
    """Those of one network. `clock` answers UTC seconds, `micros` microseconds."""

    def __init__(self, shipments: Shipments, *, clock: Callable[[], int], micros: Callable[[], int]) -> None:
        self._shipments, self._clock, self._micros = shipments, clock, micros

    def store_cancelling(self, reading: ShipmentReading, packing: Packing, *, because: str) -> ShipmentOutcome:
        """From here on its carrier is being asked to take its labels back: whoever dies, that is gone on with."""
        begun = replace(packing, state="cancelling", because=because, cancelling_since=self._clock())
        return self._store(reading, "packing_cancel_begun", begun)

    def store_kept(self, reading: ShipmentReading, packing: Packing) -> ShipmentOutcome:
        """Its carrier takes no label back: it is as it was before that was asked."""
        state: Literal["packed", "booking"] = "booking" if packing.booking is None else "packed"
        kept = replace(packing, state=state, because="", cancelling_since=None)
        return self._store(reading, "packing_kept", kept)

    def store_closed(self, reading: ShipmentReading, packing: Packing) -> ShipmentOutcome:
        """It is not listed any more among what is to be handed over."""
        return self._store(reading, "packing_closed", replace(packing, closed=True))

    def store_reopened(self, reading: ShipmentReading, packing: Packing, named: Operation) -> ShipmentOutcome:
        """It was handed over and did not leave: it is listed again among what is to be handed over."""
        return self._store(reading, "packing_reopened", replace(packing, manifest=None), named=named)

    def store_cancelled(
        self,
        reading: ShipmentReading,
        packing: Packing,
        *,
        because: str,
        named: Operation | None = None,
        asks_again: bool = False,
    ) -> ShipmentOutcome:
        """The packing is void: its labels are given back, and its units can be packed again. With `asks_again`, its
        carrier is asked once more after a while (see PackingRefunds.ask_again).
        """
        at = self._clock() if packing.cancelled_at is None else packing.cancelled_at
        ended = replace(packing, state="cancelled", because=because, cancelling_since=None, cancelled_at=at)
        return self._store(reading, "packing_cancelled", ended, named=named, asks_again=asks_again)

    def _store(
        self,
        reading: ShipmentReading,
        kind: PackingKind,
        packing: Packing,
        *,
        named: Operation | None = None,
        asks_again: bool = False,
    ) -> ShipmentOutcome:
        after = reading.packed.with_packing(packing)
        reopened = kind == "packing_cancelled" and is_reopened(reading, after)
        carried = any(item.state == "packed" and item.carrier for item in after.valid)
        begins = kind == "packing_kept" and packing.state == "packed"
        change = ShipmentChange(
            kind=kind,
            before=reading.stored.text,
            after=after,
            packing=packing.number,
            now=self._clock(),
            micros=self._micros(),
            hold=reading.hold if reopened else None,
            promise=reading.promise,
            reopened=reopened,
            on_its_way=("begins" if begins else "") if carried or kind == "packing_closed" else "ends",
            asks_again=asks_again,
        )
        return self._shipments.change(change, named or operation(f"{kind} {packing.number}", None))


def on_its_way(carrier: str | None) -> Literal["", "begins"]:
    """Whether a carrier has it once it is packed."""
    return "" if carrier is None else "begins"
