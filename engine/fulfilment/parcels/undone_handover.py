"""Lists packings again as to be handed over where a confirm of their units was undone: their parcels did not leave,
though they are on a manifest. The manifest itself stays as it was printed and signed.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final

from engine.actor import by_itself
from engine.errors import Contended, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.handing_over import handed_over
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_endings import PackingEndings
from engine.fulfilment.parcels.shipment_reading import ShipmentReading
from engine.idempotency import step_operation
from engine.model.parcels import Packing, ShipmentKey
from engine.store.fulfilment.shipment_change import ShipmentChanged
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.log.entry import Entry

KIND: Final = "undone"
"""Of the entries of the log about confirms that were undone."""

logger = logging.getLogger("pointsman")


class UndoneHandover:
    """Of one network. Methods raise Contended and StoreUnavailable; what else is in the way of a shipment is logged,
    and keeps no other waiting.
    """

    def __init__(self, parts: PackingParts) -> None:
        self._packing = ShipmentPacking(parts)
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)

    def reopen(self, entry: Entry) -> list[ShipmentKey]:
        """By an entry about a confirm that was undone: the shipments of which a packing is to be handed over again. Of
        the same entry, it is done once.
        """
        returned: dict[ShipmentKey, Counter[str]] = {}
        for hold in entry.units.holds if entry.units is not None else ():
            for part in hold.parts:
                returned.setdefault(ShipmentKey(hold.decision, part.number), Counter()).update(dict(part.lines))
        with by_itself():
            return [key for key, lines in returned.items() if self._tried(key, lines, str(entry.id))]

    def _tried(self, key: ShipmentKey, returned: Counter[str], entry: str) -> bool:
        try:
            return self._reopen(key, returned, entry)
        except (Contended, StoreUnavailable):
            raise
        except PointsmanError as error:
            logger.warning("shipment %s did not leave, and is not listed as to be handed over: %s", key, error)
        except Exception:
            logger.exception("shipment %s did not leave, and is not listed as to be handed over", key)
        return False

    def _reopen(self, key: ShipmentKey, returned: Counter[str], entry: str) -> bool:
        reopened: set[int] = set()
        for _ in range(MOST_TRIES):
            reading = self._packing.read(key)
            done = sum((Counter(item.units) for item in reading.packed.packings if item.number in reopened), Counter())
            packing = next_held_again(reading, returned - done)
            if packing is None:
                return bool(reopened)
            named = step_operation(f"reopened {entry} {len(reopened) + 1}")
            outcome = self._endings.store_reopened(reading, packing, named)
            if isinstance(outcome, ShipmentChanged):
                reopened.add(outcome.packing)
        raise Contended(f"shipment {key} changes again and again; try again")


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
