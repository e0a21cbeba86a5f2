"""Lists packings again as to be handed over where a confirm of their units was undone: their parcels did not leave,
though they are on a manifest. The manifest itself stays as it was printed and signed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from engine.actor import by_itself
from engine.errors import Contended, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.handing_over import handed_over
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_endings import PackingEndings
from engine.fulfilment.parcels.returned_units import KINDS, ReturnedUnits, still_returned
from engine.fulfilment.parcels.shipment_reading import ShipmentReading
from engine.idempotency import step_operation
from engine.model.parcels import Packing
from engine.store.fulfilment.shipment_change import ShipmentChanged
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import UNREADABLE, parse_entry

logger = logging.getLogger("pointsman")


class UndoneHandover:
    """Of one network. Methods raise Contended and StoreUnavailable."""

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._packing = ShipmentPacking(parts)
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)

    def find_all(self, keep_turn: Callable[[], object]) -> list[ReturnedUnits]:
        """What the whole log says is held again. Raises ArchiveUnavailable, and what `keep_turn` does: it is called
        again and again meanwhile.
        """
        return still_returned(self._entries(keep_turn))

    def _entries(self, keep_turn: Callable[[], object]) -> Iterator[Entry]:
        for batch in decision_log.batches(self._parts.client, self._parts.keys):
            keep_turn()
            for entry_id, fields in batch:
                if fields.get(b"kind", b"").decode() in KINDS:
                    try:
                        yield parse_entry(entry_id, fields)
                    except UNREADABLE:
                        continue  # the ledger check tells of it

    def reopen(self, returned: ReturnedUnits) -> bool:
        """Whether a packing of the shipment is to be handed over again. By the same entry, it is done once. Raises what
        reading the shipment does; the log of the service then names the shipment.
        """
        try:
            with by_itself():
                return self._reopen(returned)
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            logger.warning(
                "shipment %s did not leave, and is listed later as to be handed over: %s", returned.key, error
            )
            raise

    def _reopen(self, returned: ReturnedUnits) -> bool:
        reopened: set[int] = set()
        for _ in range(MOST_TRIES):
            reading = self._packing.read(returned.key)
            done = sum((Counter(item.units) for item in reading.packed.packings if item.number in reopened), Counter())
            packing = next_held_again(reading, Counter(returned.lines) - done)
            if packing is None:
                return bool(reopened)
            named = step_operation(f"reopened {returned.entry} {len(reopened) + 1}")
            outcome = self._endings.store_reopened(reading, packing, named)
            if isinstance(outcome, ShipmentChanged):
                reopened.add(outcome.packing)
        raise Contended(f"shipment {returned.key} changes again and again; try again")


def next_held_again(reading: ShipmentReading, returned: Mapping[str, int]) -> Packing | None:
    """The latest packing on a manifest of which units are among those that were `returned`, by line, and none has left:
    fewer units have left than are on manifests, by at least those of the packing.
    """
    left = Counter(reading.hold.shipments[reading.key.number].lines("confirmed"))
    held = handed_over(reading.packed) - left
    for packing in reversed(reading.packed.valid):
        units = Counter(packing.units)
        if packing.manifest is not None and units <= held and any(returned.get(line, 0) > 0 for line in units):
            return packing
    return None
