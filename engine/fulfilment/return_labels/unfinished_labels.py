"""Goes on with labels of returns for which a carrier was being asked, when whoever asked stopped."""

import functools
import logging
from collections.abc import Callable
from typing import Final

from engine.actor import by_itself
from engine.errors import PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.unfinished_packings import retry_at
from engine.fulfilment.return_labels.booking import ReturnLabelBooking
from engine.fulfilment.return_labels.label_refunds import ReturnLabelRefunds
from engine.fulfilment.return_labels.return_reader import ReturnReader
from engine.store.fulfilment.return_labels import LatePurchase, StoredReturnLabels

_AT_ONCE: Final = 1_000

logger = logging.getLogger("pointsman")


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
        done: list[str] = []
        failed: PointsmanError | None = None
        for name, step, later in self._steps():
            limits.keep_turn()
            try:
                until = step(limits)
            except StoreUnavailable:
                raise
            except PointsmanError as error:
                failed = error
                until = retry_at(error, self._clock())
            except Exception as error:
                logger.exception("the label of return %s is gone on with later", name)
                until = retry_at(error, self._clock())
            else:
                done += [] if until is not None else [name]
            if until is not None:
                later(until)
        if failed is not None:
            raise failed
        return done

    def _steps(self) -> list[tuple[str, Callable[[CarrierLimits], int | None], Callable[[int], None]]]:
        """Of which return; what is to be done, which answers when it is to be tried again if its carrier is not to be
        asked now; and what puts it off until then.
        """
        now, labels = self._clock(), self._labels
        unfinished = [
            (name, functools.partial(self._go_on, name), functools.partial(labels.go_on_later, name))
            for name in labels.unfinished(now, at_once=_AT_ONCE)
        ]
        late = [
            (
                purchase.return_id,
                functools.partial(self._give_back, purchase),
                functools.partial(labels.keep_late_purchase, purchase),
            )
            for purchase in labels.late_purchases(now, at_once=_AT_ONCE)
        ]
        return [*unfinished, *late]

    def _go_on(self, return_id: str, limits: CarrierLimits) -> int | None:
        reading = self._reader.read(return_id)
        stored, label = reading.stored, reading.stored.label
        if label is None or label.state not in ("booking", "cancelling"):
            self._labels.finish(return_id)
            return None
        until = limits.put_off_until(label.carrier)
        if until is not None:
            return until
        with limits.asking(label.carrier), by_itself():
            if label.state == "cancelling":
                self._refunds.go_on(reading, label)
            elif because := self._refunds.why_not_bought(stored, label):
                self._refunds.end_purchase(reading, label, because=because)
            else:
                self._booking.finish(return_id, label.number)
        return None

    def _give_back(self, purchase: LatePurchase, limits: CarrierLimits) -> int | None:
        until = limits.put_off_until(purchase.carrier)
        if until is not None:
            return until
        with limits.asking(purchase.carrier), by_itself():
            self._refunds.give_late_purchase_back(purchase)
        return None
