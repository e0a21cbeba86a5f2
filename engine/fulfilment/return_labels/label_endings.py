"""Stores how the label of a return ends: its carrier is asked to take it back, and does, or does not."""

from collections.abc import Callable

from msgspec.structs import replace

from engine.fulfilment.return_labels.return_reader import ReturnReading
from engine.idempotency import operation
from engine.store.flows.stored_return import StoredReturnLabelRecord
from engine.store.fulfilment.return_labels import (
    ReturnLabelChange,
    ReturnLabelKind,
    ReturnLabelOutcome,
    StoredReturnLabels,
)


class ReturnLabelEndings:
    """Those of one network. `clock` answers UTC seconds."""

    def __init__(self, labels: StoredReturnLabels, *, clock: Callable[[], int]) -> None:
        self._labels, self._clock = labels, clock

    def store_cancelling(
        self, reading: ReturnReading, label: StoredReturnLabelRecord, *, because: str
    ) -> ReturnLabelOutcome:
        """From here on nobody gets the label any more, and its carrier is being asked to take it back: whoever dies,
        that is gone on with.
        """
        begun = replace(label, state="cancelling", because=because, cancelling_since=self._clock())
        return self._store(reading, "return_label_cancel_begun", begun)

    def store_kept(self, reading: ReturnReading, label: StoredReturnLabelRecord) -> ReturnLabelOutcome:
        """Its carrier does not take it back: it is as it was before that was asked."""
        state = "made" if label.booking else "booking"
        return self._store(reading, "return_label_kept", replace(label, state=state, because="", cancelling_since=0))

    def store_cancelled(
        self, reading: ReturnReading, label: StoredReturnLabelRecord, *, because: str
    ) -> ReturnLabelOutcome:
        """It is not valid any more, and another one may be made."""
        ended = replace(label, state="cancelled", because=because, cancelling_since=0)
        return self._store(reading, "return_label_cancelled", ended)

    def _store(
        self, reading: ReturnReading, kind: ReturnLabelKind, label: StoredReturnLabelRecord
    ) -> ReturnLabelOutcome:
        change = ReturnLabelChange(
            kind=kind, before=reading.text, after=replace(reading.stored, label=label), now=self._clock()
        )
        return self._labels.change(change, operation(f"{kind} {label.number}", None))
