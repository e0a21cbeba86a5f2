"""What was begun at carriers for shipments: kept before anything is paid, so that a retry goes on with it."""

import contextlib
from collections.abc import Callable, Iterator

import msgspec

from engine.errors import CarrierUnavailable, StoreUnavailable
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import BEGIN_BOOKING
from rules.syntax.literals import SECONDS_A_DAY

KEPT_SECONDS = 90 * SECONDS_A_DAY
"""Far longer than anybody goes on with a shipment that was not packed."""
LEASE_MILLISECONDS = 60_000
"""More than two requests take, after which it is made to last."""
_SECONDS_UNTIL_RETRY = 5


class BegunBooking(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the carrier's name of what was begun, `content` a hash of what it is to carry."""

    id: str
    content: str


class BegunBookings:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys, *, new_id: Callable[[], str]) -> None:
        self._client, self._keys, self._new_id = client, keys, new_id
        self._leases = Leases(client, keys)
        self._begin = client.script("fulfilment/begin_booking")

    def read(self, carrier: str, reference: str) -> BegunBooking | None:
        """Under that reference; None: nothing that is known of here."""
        with faults():
            text = self._client.redis.get(self._keys.booked(carrier, reference))
        return msgspec.json.decode(text, type=BegunBooking) if text else None

    def begin(
        self, carrier: str, reference: str, begun: BegunBooking, *, instead_of: BegunBooking | None
    ) -> BegunBooking:
        """Keep it in place of what was read before; answers what stands, which is another's if they were faster."""
        before = msgspec.json.encode(instead_of) if instead_of is not None else b""
        key = self._keys.booked(carrier, reference)
        with faults():
            stands = self._begin(
                keys=BEGIN_BOOKING.keys(self._keys, booked=key),
                args=[before, msgspec.json.encode(begun), KEPT_SECONDS],
            )
        return msgspec.json.decode(stands, type=BegunBooking)

    @contextlib.contextmanager
    def turn(self, carrier: str, reference: str) -> Iterator[Callable[[], None]]:
        """Only one process at a time asks about a shipment. What it yields makes the turn last; both raise
        CarrierUnavailable if it is somebody else's.
        """
        key, who = self._keys.booking_lease(carrier, reference), self._new_id()

        def keep() -> None:
            if not self._leases.take(key, who, milliseconds=LEASE_MILLISECONDS):
                raise CarrierUnavailable(
                    f"somebody else is booking '{reference}' there",
                    carrier=carrier,
                    retry_after=_SECONDS_UNTIL_RETRY,
                )

        keep()
        try:
            yield keep
        finally:
            with contextlib.suppress(StoreUnavailable):  # it ends by itself
                self._leases.give_back(key, who)
