"""Asks carriers that do not call by themselves where parcels are: often at first, and seldom after days.

Each carrier has a list of its own of what is due, and is asked by one process at a time. One that is busy, can't be
reached or refuses is left alone for a while, and keeps no other waiting.
"""

import itertools
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from engine.actor import by_itself
from engine.errors import CarrierRefused, CarrierUnavailable, Contended, PointsmanError, StoreUnavailable
from engine.events.daemon_threads import each_in_threads
from engine.fulfilment.carriers.carrier import Carrier
from engine.fulfilment.carriers.carriers import Carriers
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.fulfilment.tracking.tracked_shipments import TrackedShipments
from engine.fulfilment.tracking.tracking import Tracking
from engine.model.parcels import ShipmentKey
from engine.model.tracking import ENDED, TrackingEvent
from engine.store.connection.client import Client
from engine.store.fulfilment.polls import Polls
from engine.store.fulfilment.rests import Rest, Rests
from engine.store.keys import Keys
from engine.turn_thread import TurnThread
from rules.syntax.literals import SECONDS_A_DAY

TURN_SECONDS = 30.0
_TURN_MILLISECONDS = 29_000
"""Between two turns of a carrier, whichever processes have them."""
_ASKING_MILLISECONDS = 60_000
"""More than one request takes, after which a turn is made to last."""
MOST_IN_A_TURN: Final = 100
"""Parcels about which a carrier is asked in one turn; the last shipment is asked about whole."""
ASKING_SECONDS: Final = 20.0
"""After that a turn asks about no other shipment: a carrier may be slow."""
CARRIERS_AT_ONCE: Final = 8
_HOUR = 3_600
_EVERY: Final = ((2 * SECONDS_A_DAY, 2 * _HOUR), (7 * SECONDS_A_DAY, 4 * _HOUR), (30 * SECONDS_A_DAY, 12 * _HOUR))
"""Up to which age of a shipment how often is asked; later once a day."""
FOR_SO_LONG: Final = 90 * SECONDS_A_DAY
"""After that nobody is asked any more."""
_RESTS: Final = (30, 60, 5 * 60, 15 * 60)
"""Seconds that a carrier is left alone after so many failures in a row, unless it says for how long; after more, the
last.
"""
_MOST_REFUSALS: Final = 3
"""In a row: beyond, it is no parcel that the carrier minds, but who asks."""

logger = logging.getLogger("pointsman")


class Polling:
    """Of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        shipments: TrackedShipments,
        *,
        carriers: Carriers,
        tracking: Tracking,
        clock: Callable[[], int],
    ) -> None:
        self._polls = Polls(client, keys)
        self._rests = Rests(client, keys.poll_rests)
        self._shipments = shipments
        self._carriers = carriers
        self._tracking = tracking
        self._clock = clock
        self._who = uuid.uuid4().hex
        self._thread: TurnThread | None = None

    def begin(self, shipments: Iterable[TrackedShipment]) -> None:
        """From here on, ask for those of these whose carrier can be asked and does not call by itself."""
        by_carrier: dict[str, list[ShipmentKey]] = {}
        for shipment in shipments:
            for carrier in _carriers_of(shipment):
                by_carrier.setdefault(carrier, []).append(shipment.key)
        for carrier, its in by_carrier.items():
            if self._is_asked(carrier):
                self._polls.begin(carrier, its, now=self._clock())

    def poll(self) -> int:
        """Ask for what is due; how many events were new. Raises NotReady, StoreUnavailable."""
        carriers = [carrier for carrier in sorted(self._carriers.all()) if self._is_asked(carrier)]
        for carrier in self._rests.all().keys() - set(carriers):  # it is not in the file any more, or calls by itself
            self._rests.end(carrier)
        return sum(each_in_threads(self._poll, carriers, most=CARRIERS_AT_ONCE, name="polling"))

    def rests(self) -> Mapping[str, Rest]:
        """The carriers that could not say where parcels are when they were last asked, by id: why, and until when each
        is left alone. Raises StoreUnavailable.
        """
        return self._rests.all()

    def start(self) -> None:
        """From here on, and until it is closed, ask. A process that goes on for long does this."""
        self._thread = TurnThread(self.poll, name="polling", seconds=TURN_SECONDS, later="carriers are asked")
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _poll(self, carrier: str) -> int:
        """Ask one carrier, if it is this process's turn. Whatever becomes of it, others are asked. Raises
        StoreUnavailable.
        """
        if not self._polls.take_turn(carrier, self._who, milliseconds=_TURN_MILLISECONDS):
            return 0
        new = 0
        try:
            with by_itself():
                for count in self._ask_what_is_due(carrier):
                    new += count
        except StoreUnavailable:
            raise
        except Contended as error:  # it is not the carrier's fault
            logger.info("%s", error)
        except PointsmanError as error:
            self._rest(carrier, error)
        except Exception as error:
            logger.exception("carrier %s is asked later where parcels are", carrier)
            self._rest(carrier, error)
        self._polls.take_turn(carrier, self._who, milliseconds=_TURN_MILLISECONDS)
        return new

    def _ask_what_is_due(self, carrier: str) -> Iterator[int]:
        """Of each shipment, how many events were new."""
        rest = self._rests.all().get(carrier)
        if rest is not None and self._clock() < rest.until:
            return
        door, until = self._carriers.carrier(carrier), time.monotonic() + ASKING_SECONDS
        due = self._polls.due(carrier, self._clock(), at_once=MOST_IN_A_TURN)
        found = {key: read.shipment for key, read in self._shipments.find(due).items()}
        asked = refusals = 0
        for key in due:
            numbers = _numbers(found[key], carrier) if key in found else []
            if numbers and (asked >= MOST_IN_A_TURN or time.monotonic() >= until):
                return
            asked += len(numbers)
            try:
                new = self._ask(carrier, door, numbers)
            except CarrierRefused as error:
                refusals += 1
                self._set_next(carrier, key)
                logger.warning("carrier %s did not say where shipment %s is: %s", carrier, key, error.summary)
                if refusals >= _MOST_REFUSALS:
                    raise
                continue
            except (Contended, StoreUnavailable):
                raise
            except Exception:
                self._set_next(carrier, key)  # it must not be the first of every turn, if asking fails at it
                raise
            yield new
            self._set_next(carrier, key, None if new else found.get(key))
            refusals = 0 if numbers else refusals
            if numbers and rest is not None:
                self._rests.end(carrier)
                rest = None

    def _ask(self, carrier: str, door: Carrier, numbers: Sequence[str]) -> int:
        """What the carrier says of these is taken, also if it fails amid them; how much of it was new."""
        events: list[TrackingEvent] = []
        unknown: set[str] = set()
        try:
            for number in numbers:
                self._keep_turn(carrier)
                news = door.track([number])
                events += news.events
                unknown |= set(news.unknown)
        finally:
            if unknown:
                logger.warning("carrier %s says %s, which it does not document", carrier, ", ".join(sorted(unknown)))
            new = self._tracking.take(events, f"poll:{carrier}").count("new") if events else 0
        return new

    def _keep_turn(self, carrier: str) -> None:
        """Raises Contended if it was over, and is another process's by now."""
        if not self._polls.take_turn(carrier, self._who, milliseconds=_ASKING_MILLISECONDS):
            raise Contended(f"another process asks carrier '{carrier}' where parcels are")

    def _set_next(self, carrier: str, key: ShipmentKey, shipment: TrackedShipment | None = None) -> None:
        """Say when the carrier is asked about it again. `shipment` is as it stands; None: it is read."""
        if shipment is None and (read := self._shipments.find([key]).get(key)) is not None:
            shipment = read.shipment
        self._polls.set_next(carrier, {key: None if shipment is None else self._next(carrier, shipment)})

    def _next(self, carrier: str, shipment: TrackedShipment) -> int | None:
        """When that is; None: never."""
        if not _numbers(shipment, carrier):
            return None
        now = self._clock()
        age = now - shipment.packed_at
        if age >= FOR_SO_LONG:
            return None
        return now + next((every for up_to, every in _EVERY if age < up_to), SECONDS_A_DAY)

    def _rest(self, carrier: str, error: Exception) -> None:
        """Leave the carrier alone for a while."""
        before = self._rests.all().get(carrier)
        failures = 1 if before is None else before.failures + 1
        asked_for = error.retry_after if isinstance(error, CarrierUnavailable) else None
        seconds = _RESTS[min(failures, len(_RESTS)) - 1] if asked_for is None else asked_for
        words = error.summary if isinstance(error, CarrierRefused) else str(error)  # without what the carrier wrote
        logger.warning("carrier %s is asked in %d s again where parcels are: %s", carrier, seconds, words)
        self._rests.begin(carrier, Rest(failures=failures, until=self._clock() + seconds, error=words))

    def _is_asked(self, carrier: str) -> bool:
        """Whether it can be asked, and does not call by itself."""
        account = self._carriers.all().get(carrier)
        if account is None or not account.sells_labels or not self._carriers.has_key(carrier):
            return False
        webhook = self._carriers.webhook(carrier)
        return webhook is None or not webhook[1]


def _carriers_of(shipment: TrackedShipment) -> set[str]:
    return {packing.carrier for packing in shipment.packings if packing.carrier is not None}


def _numbers(shipment: TrackedShipment, carrier: str) -> list[str]:
    """The tracking numbers of its parcels that the carrier has and that are not over."""
    its = itertools.chain.from_iterable(item.parcels for item in shipment.packings if item.carrier == carrier)
    numbers = [
        parcel.tracking_number
        for parcel in its
        if parcel.tracking_number is not None and shipment.parcel_progress(parcel.sscc).state not in ENDED
    ]
    return list(dict.fromkeys(numbers))  # several parcels may go by one
