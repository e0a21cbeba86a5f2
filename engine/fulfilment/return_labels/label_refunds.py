"""Gives labels of returns back to their carriers: a label is stored as being cancelled, its carrier is asked, and then
it is cancelled. Each step does nothing twice; where one was the last, the service goes on by itself.
"""

import logging

from engine.errors import CarrierHasNoSuch, CarrierRefused, NotFound, PointsmanError, StoreUnavailable
from engine.fulfilment.carriers.refund_reasons import not_answered, not_taken_back, with_reason
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.packing_refunds import WAITED_FOR
from engine.fulfilment.return_labels.label_endings import ReturnLabelEndings
from engine.fulfilment.return_labels.return_reader import ReturnReader, ReturnReading, contended, reference
from engine.returns.return_state import ReturnState
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.fulfilment.return_labels import LatePurchase, ReturnLabelChanged, StoredReturnLabels
from engine.store.fulfilment.shipment_change import GO_ON_AFTER
from engine.store.hold_changes.change_script import MOST_TRIES

logger = logging.getLogger("pointsman")


class ReturnLabelRefunds:
    """Of one network. Methods raise NotFound, Contended, StoreUnavailable."""

    def __init__(self, parts: PackingParts, labels: StoredReturnLabels) -> None:
        self._parts, self._labels = parts, labels
        self._reader = ReturnReader(parts.client, parts.keys)
        self._endings = ReturnLabelEndings(labels, clock=parts.clock)

    def cancel(self, return_id: str, *, because: str = "") -> StoredReturn:
        """As somebody asks for it; again, nothing happens. Raises CarrierUnavailable: it is gone on with then, by the
        same call or by itself. With CarrierRefused and CarrierHasNoSuch it stays valid.
        """
        for _ in range(MOST_TRIES):
            reading = self._reader.read(return_id)
            stored, label = reading.stored, reading.stored.label
            if label is None:
                raise NotFound(f"return '{return_id}' never had a label, so there is none to give back")
            if label.state == "cancelled":
                return stored
            if stored.cancelled:
                return self._ended(return_id, because=because)
            if label.state != "cancelling" and label.sold:
                self._endings.store_cancelling(reading, label, because=because)
                continue
            try:
                self._ask(stored, label)
            except (CarrierRefused, CarrierHasNoSuch):
                self._endings.store_kept(reading, label)
                raise
            outcome = self._endings.store_cancelled(reading, label, because=because or label.because)
            if isinstance(outcome, ReturnLabelChanged):
                return outcome.after
        raise contended(return_id)

    def give_back_if_cancelled(self, return_id: str) -> bool:
        """Of a return that was cancelled, also if the carrier takes nothing back; whether there was something to do.
        Raises CarrierUnavailable.
        """
        stored = self._reader.read(return_id).stored
        if not stored.cancelled or stored.label is None or stored.label.state == "cancelled":
            return False
        self._ended(return_id, because="the return was cancelled")
        return True

    def go_on(self, reading: ReturnReading, label: StoredReturnLabelRecord) -> None:
        """Go on with a label that is being cancelled, where whoever began does not. One that its carrier does not take
        back stays valid, unless nobody needs it; a carrier that does not answer for a day is waited for no longer.
        Raises what asking a carrier does.
        """
        because = label.because
        try:
            self._ask(reading.stored, label)
        except (CarrierRefused, CarrierHasNoSuch) as error:
            if not self._is_of_no_use(reading.stored, label):
                self._endings.store_kept(reading, label)
                return
            because = with_reason(because, not_taken_back(error, label.carrier))
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            if self._parts.clock() - label.cancelling_since < WAITED_FOR:
                raise
            because = with_reason(because, not_answered(error))
        if not isinstance(self._endings.store_cancelled(reading, label, because=because), ReturnLabelChanged):
            raise contended(reading.stored.id)

    def end_purchase(self, reading: ReturnReading, label: StoredReturnLabelRecord, *, because: str) -> None:
        """A label that is being bought is needed no more. Raises CarrierUnavailable: that is gone on with by itself."""
        self._endings.store_cancelling(reading, label, because=because)
        now = self._reader.read(reading.stored.id)
        if now.stored.label is not None and now.stored.label.state == "cancelling":
            self.go_on(now, now.stored.label)

    def why_not_bought(self, stored: StoredReturn, label: StoredReturnLabelRecord) -> str:
        """Why a label is bought no more that is being bought; empty: it is."""
        if stored.cancelled:
            return "the return was cancelled"
        if not ReturnState(stored=stored, now=self._parts.clock()).expects:
            return "nothing more of the return is waited for"
        if self._parts.clock() - label.begun_at >= WAITED_FOR:
            return "its carrier sold no label within a day"
        return ""

    def give_late_purchase_back(self, purchase: LatePurchase) -> None:
        """Have the carrier take back what it sold after the label was cancelled, if it did. What it does not take back,
        and what it does not answer for a day, is in the log of the service. Raises what asking a carrier does: that is
        asked again later.
        """
        stored = self._reader.read(purchase.return_id).stored
        try:
            self._parts.carriers.carrier(purchase.carrier).cancel(purchase.booking, reference(stored, purchase.number))
        except (CarrierRefused, CarrierHasNoSuch) as error:
            self._warn(purchase, not_taken_back(error, purchase.carrier))
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            if self._parts.clock() - purchase.since < WAITED_FOR:
                raise
            self._warn(purchase, not_answered(error))
        self._labels.drop_late_purchase(purchase)

    def keep_late_purchase(self, purchase: LatePurchase) -> None:
        """From here on it is given back, whoever dies."""
        self._labels.keep_late_purchase(purchase, self._parts.clock() + GO_ON_AFTER)

    def _ended(self, return_id: str, *, because: str) -> StoredReturn:
        """It ends as its return did, whether or not its carrier takes it back. Raises CarrierUnavailable."""
        for _ in range(MOST_TRIES):
            reading = self._reader.read(return_id)
            label = reading.stored.label
            if label is None or label.state == "cancelled":
                return reading.stored
            if label.state == "cancelling":
                self.go_on(reading, label)
            elif label.sold:
                self._endings.store_cancelling(reading, label, because=because)
            else:
                self._endings.store_cancelled(reading, label, because=because)
        raise contended(return_id)

    def _is_of_no_use(self, stored: StoredReturn, label: StoredReturnLabelRecord) -> bool:
        """Whether its return was cancelled, or it was never bought and need not be."""
        return stored.cancelled or (not label.booking and bool(self.why_not_bought(stored, label)))

    def _ask(self, stored: StoredReturn, label: StoredReturnLabelRecord) -> None:
        """The carrier, to take back what was bought for it."""
        if label.sold:
            self._parts.carriers.carrier(label.carrier).cancel(label.booking, reference(stored, label.number))

    def _warn(self, purchase: LatePurchase, why: str) -> None:
        """People, in the log of the service and, if it is the last label of the return, with the label."""
        reading = self._reader.read(purchase.return_id)
        label = reading.stored.label
        sold_as = reference(reading.stored, purchase.number)
        logger.warning(
            "label %d of return %s was cancelled, and carrier %s may have sold it all the same, as %s: %s",
            *(purchase.number, purchase.return_id, purchase.carrier, sold_as, why),
        )
        if label is not None and label.number == purchase.number and label.state == "cancelled":
            self._endings.store_cancelled(reading, label, because=with_reason(label.because, why))
