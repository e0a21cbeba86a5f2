"""When a decision's hold ends: as the policies say, or as the caller asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.effects import DEFAULT_HOLD, MAX_HOLD, OrderOutcome

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnd:
    """The instant `at` which it ends; `until_shipped` if that is counted from when the last shipment leaves."""

    at: int
    until_shipped: bool = False


def hold_end(
    outcome: OrderOutcome,
    departures: Iterable[int],
    *,
    held_from: int,
    ready_at: int = 0,
    requested_minutes: int | None = None,
) -> HoldEnd:
    """The end of a hold that begins at `held_from`, of shipments that leave at the instants `departures`.

    The earliest of the ends that the policies name; without any, two days later or when the last shipment leaves,
    whichever is later; at least a second and at most 90 days after the beginning. Of shipments that wait for goods, the
    last of which are there at `ready_at`, durations and the 90 days count from then. What the caller requested stands
    in place of that. Without shipments nothing is held, and the departure is the beginning.
    """
    if requested_minutes is not None:
        return HoldEnd(at=held_from + requested_minutes * _MINUTE)
    departure = max([held_from, *departures])
    begin = max(held_from, ready_at)
    ends = []
    if outcome.hold is not None:
        ends.append(HoldEnd(at=begin + outcome.hold * _MINUTE))
    if outcome.hold_after_shipping is not None:
        ends.append(HoldEnd(at=departure + outcome.hold_after_shipping * _MINUTE, until_shipped=True))
    usual = (HoldEnd(at=held_from + DEFAULT_HOLD * _MINUTE), HoldEnd(at=departure, until_shipped=True))
    end = min(ends, key=_instant) if ends else max(usual, key=_instant)
    within = min(max(end.at, held_from + 1), begin + MAX_HOLD * _MINUTE)
    return HoldEnd(at=within, until_shipped=end.until_shipped)


def _instant(end: HoldEnd) -> int:
    return end.at
