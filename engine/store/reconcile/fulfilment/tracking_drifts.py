"""Compares where shipments are, and how many parcels came on time, with what the log says. Pure."""

from collections.abc import Iterator

from engine.model.tracking import ENDED, NOWHERE
from engine.store.flows.promise_notes import member_of
from engine.store.fulfilment.stored_shipment import StoredShipment, shipment_key
from engine.store.fulfilment.stored_tracking import TAB, TrackedState, counted_from
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.expected_state import TrackingState
from engine.store.reconcile.log_replay import LogReplay

_MILLISECONDS = 1_000


def tracking_drifts(keys: Keys, replay: LogReplay, shipment: str, stored: TrackingState) -> Iterator[Drift]:
    """`stored` is as it was read."""
    state, at_risk, unraised = stored
    expected, member = replay.tracking.states.get(shipment), member_of(*shipment_key(shipment))
    writes = []
    if _parse(state) != expected:
        after = None if expected is None else expected.text
        writes.append(Write(key=keys.tracking_states, field=shipment, before=state, after=after))
    # when it is due, the promise watch finds out, and takes off the list what is over
    is_open = _is_open(replay.parcels.shipments.get(shipment), expected or TrackedState())
    if is_open and at_risk is None:
        writes += Write.each((keys.tracking_open, keys.tracking_unraised), member, (at_risk, unraised), ("0", "0"))
    if writes:
        is_there = int(expected is not None or is_open)
        yield Drift(
            what=f"shipment {shipment}, where its carrier said that it is",
            expected=is_there,
            found=1 - is_there,
            writes=tuple(writes),
            suspect=("tracking", shipment),
        )


def _is_open(shipment: str | None, state: TrackedState) -> bool:
    """Whether a carrier has some of its parcels, of which more is expected."""
    packings = StoredShipment.decode(shipment).packings if shipment else ()
    carried = [packing for packing in packings if packing.state == "packed" and packing.carrier]
    parcels = [parcel for packing in carried for parcel in packing.parcels]
    return not state.watch_ended and any(
        state.parcels.get(parcel.sscc, NOWHERE).state not in ENDED for parcel in parcels
    )


def on_time_drifts(keys: Keys, replay: LogReplay, field: str, stored: str | None, millis: int) -> Iterator[Drift]:
    """`stored` is how many parcels it counts, None if none. What is too old to count any more may be gone; `millis` is
    the server's clock.
    """
    expected = replay.tracking.on_time.get(field)
    newest = max(millis // _MILLISECONDS, replay.tracking.newest)
    if stored is None and field < counted_from(newest):
        return
    if stored != (None if expected is None else str(expected)):
        yield Drift(
            what=f"parcels that count as on time or not, {field.replace(TAB, ' ')}",
            expected=expected or 0,
            found=int(stored or 0),
            writes=(
                Write(key=keys.on_time, field=field, before=stored, after=None if expected is None else str(expected)),
            ),
            suspect=("on_time", field),
        )


def _parse(stored: str | None) -> TrackedState | None:
    """None if there is none, or if it is damaged."""
    try:
        return TrackedState.parse(stored) if stored else None
    except ValueError:
        return None
