"""Compares where shipments are, and how many parcels came on time, with what the log says. Pure."""

from collections.abc import Iterator

from engine.store.fulfilment.stored_tracking import TAB, TrackedState, counted_from
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.log_replay import LogReplay

_MILLISECONDS = 1_000


def tracking_drifts(keys: Keys, replay: LogReplay, shipment: str, stored: str | None) -> Iterator[Drift]:
    """`stored` is the state of the shipment, None if there is none."""
    expected = replay.tracking.states.get(shipment)
    if _parse(stored) != expected:
        after = None if expected is None else expected.text
        yield Drift(
            what=f"shipment {shipment}, where its carrier said that it is",
            expected=int(expected is not None),
            found=int(stored is not None),
            writes=(Write(key=keys.tracking_states, field=shipment, before=stored, after=after),),
            suspect=("tracking", shipment),
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
