"""Goes on with labels of returns for which a carrier was being asked, when whoever asked stopped."""

import functools
from collections.abc import Callable
from typing import Final

from engine.actor import by_itself
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.turn_attempts import StepResult, TurnAttempts
from engine.fulfilment.return_labels.booking import ReturnLabelBooking
from engine.fulfilment.return_labels.label_refunds import ReturnLabelRefunds
from engine.fulfilment.return_labels.return_reader import ReturnReader
from engine.store.fulfilment.return_labels import LatePurchase, StoredReturnLabels

_AT_ONCE: Final = 1_000


class UnfinishedReturnLabels:
    """Of one network."""

    def __init__(
        self, parts: PackingParts, labels: StoredReturnLabels, booking: ReturnLabelBooking, refunds: ReturnLabelRefunds
    ) -> None:
        self._labels, self._booking, self._refunds, self._clock = labels, booking, refunds, parts.clock
        self._reader = ReturnReader(parts.client, parts.keys)

    def go_on(self, limits: CarrierLimits) -> list[str]:
        """Buy what is being bought, and have taken back what is being cancelled or was bought too late; the returns
        with whose labels that is done. What a carrier does not answer now is tried again after minutes, and what else
        it is to be asked, a little later. Raises the last such error, once all others are done; Contended if another
        process has the turn by now; and StoreUnavailable.
        """
        attempts = TurnAttempts(limits, clock=self._clock)
        done = [
            name
            for name, step, put_off in self._steps(limits)
            if attempts.attempt(step, put_off=put_off, later=f"the label of return {name} is gone on with later")
        ]
        attempts.raise_last_error()
        return done

    def _steps(self, limits: CarrierLimits) -> list[tuple[str, Callable[[], StepResult], Callable[[int], None]]]:
        """Of which return; what is to be done; and what puts it off (see TurnAttempts.attempt)."""
        now, labels = self._clock(), self._labels
        unfinished = [
            (name, functools.partial(self._go_on, name, limits), functools.partial(labels.go_on_later, name))
            for name in labels.unfinished(now, at_once=_AT_ONCE)
        ]
        late = [
            (
                purchase.return_id,
                functools.partial(self._give_back, purchase, limits),
                functools.partial(labels.keep_late_purchase, purchase),
            )
            for purchase in labels.late_purchases(now, at_once=_AT_ONCE)
        ]
        return [*unfinished, *late]

    def _go_on(self, return_id: str, limits: CarrierLimits) -> StepResult:
        reading = self._reader.read(return_id)
        stored, label = reading.stored, reading.stored.label
        if label is None or label.state not in ("booking", "cancelling"):
            self._labels.finish(return_id)
            return StepResult(done=True)
        until = limits.put_off_until(label.carrier)
        if until is not None:
            return StepResult(done=False, go_on_at=until)
        with limits.asking(label.carrier), by_itself():
            if label.state == "cancelling":
                self._refunds.go_on(reading, label)
            elif because := self._refunds.why_not_bought(stored, label):
                self._refunds.end_purchase(reading, label, because=because)
            else:
                self._booking.finish(return_id, label.number)
        return StepResult(done=True)

    def _give_back(self, purchase: LatePurchase, limits: CarrierLimits) -> StepResult:
        until = limits.put_off_until(purchase.carrier)
        if until is not None:
            return StepResult(done=False, go_on_at=until)
        with limits.asking(purchase.carrier), by_itself():
            self._refunds.give_late_purchase_back(purchase)
        return StepResult(done=True)
