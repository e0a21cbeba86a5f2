"""Asks carriers that do not call by themselves where parcels are: often at first, and seldom after days."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from engine.actor import by_itself
from engine.errors import PointsmanError
from engine.fulfilment.carriers.carriers import Carriers
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.fulfilment.tracking.tracked_shipments import TrackedShipments
from engine.fulfilment.tracking.tracking import Tracking
from engine.model.tracking import ENDED
from engine.store.connection.client import Client
from engine.store.fulfilment.polls import Polls
from engine.store.keys import Keys
from engine.turn_thread import TurnThread
from rules.syntax.literals import SECONDS_A_DAY

TURN_SECONDS = 30.0
_TURN_MILLISECONDS = 29_000
_AT_ONCE: Final = 50
"""Shipments asked for in one turn: a carrier may be slow."""
_HOUR = 3_600
_EVERY: Final = ((2 * SECONDS_A_DAY, 2 * _HOUR), (7 * SECONDS_A_DAY, 4 * _HOUR), (30 * SECONDS_A_DAY, 12 * _HOUR))
"""Up to which age of a shipment how often is asked; later once a day."""
FOR_SO_LONG: Final = 90 * SECONDS_A_DAY
"""After that nobody is asked any more."""

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
        self._shipments = shipments
        self._carriers = carriers
        self._tracking = tracking
        self._clock = clock
        self._thread: TurnThread | None = None

    def begin(self, shipments: Iterable[TrackedShipment]) -> None:
        """From here on, ask for those of these whose carrier can be asked and does not call by itself."""
        asked = [shipment.key for shipment in shipments if any(self._is_asked(item) for item in _carriers_of(shipment))]
        self._polls.begin(asked, now=self._clock())

    def poll(self) -> int:
        """Ask for what is due; how many events were new. Raises NotReady, StoreUnavailable."""
        now = self._clock()
        due = self._polls.due(now, at_once=_AT_ONCE)
        found = {key: read.shipment for key, read in self._shipments.find(due).items()}
        numbers: dict[str, list[str]] = {}
        for shipment in found.values():
            for carrier, its in _numbers(shipment).items():
                numbers.setdefault(carrier, []).extend(its)
        with by_itself():
            new = sum(self._ask(carrier, its) for carrier, its in numbers.items())
        after = self._shipments.find(list(found))
        self._polls.set_next({key: _next(after[key].shipment if key in after else None, now) for key in due})
        return new

    def start(self) -> None:
        """From here on, and until it is closed, ask. A process that goes on for long does this."""
        self._thread = TurnThread(self._take_turn, name="polling", seconds=TURN_SECONDS, later="carriers are asked")
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _take_turn(self) -> None:
        if self._polls.take_turn(milliseconds=_TURN_MILLISECONDS):
            self.poll()

    def _ask(self, carrier: str, numbers: list[str]) -> int:
        """What the carrier says is taken; how much of it was new. What goes wrong is asked again later."""
        try:
            news = self._carriers.carrier(carrier).track(numbers)
        except PointsmanError as error:
            logger.warning("carrier %s did not say where %d parcels are: %s", carrier, len(numbers), error)
            return 0
        if news.unknown:
            logger.warning("carrier %s says %s, which it does not document", carrier, ", ".join(news.unknown))
        return self._tracking.take(news.events, f"poll:{carrier}").count("new")

    def _is_asked(self, carrier: str) -> bool:
        """Whether it can be asked, and does not call by itself."""
        account = self._carriers.all().get(carrier)
        if account is None or not account.sells_labels or not self._carriers.has_key(carrier):
            return False
        webhook = self._carriers.webhook(carrier)
        return webhook is None or not webhook[1]


def _carriers_of(shipment: TrackedShipment) -> set[str]:
    return {packing.carrier for packing in shipment.packings if packing.carrier is not None}


def _numbers(shipment: TrackedShipment) -> Mapping[str, list[str]]:
    """By carrier, the tracking numbers of its parcels that are not over."""
    numbers: dict[str, list[str]] = {}
    for packing in shipment.packings:
        for parcel in packing.parcels:
            if (
                packing.carrier is not None
                and parcel.tracking_number is not None
                and shipment.parcel_progress(parcel.sscc).state not in ENDED
            ):
                numbers.setdefault(packing.carrier, []).append(parcel.tracking_number)
    return numbers


def _next(shipment: TrackedShipment | None, now: int) -> int | None:
    """When it is asked for again."""
    if shipment is None or not _numbers(shipment):
        return None
    age = now - shipment.packed_at
    if age >= FOR_SO_LONG:
        return None
    return now + next((every for up_to, every in _EVERY if age < up_to), SECONDS_A_DAY)
