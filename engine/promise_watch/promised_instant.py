"""By when a shipment is to arrive."""

from collections.abc import Iterable

from engine.decide.shipping.ways import Ways


def promised_instant(promises: Iterable[int], planned: int, ways: Ways) -> int:
    """The earliest of what its order was promised, unless the shipment was decided to arrive after that, at `planned`;
    if it was promised nothing, the end of the day on which it comes as it was decided. UTC seconds.
    """
    kept = [instant for instant in promises if planned <= instant]
    if kept:
        return min(kept)
    day = ways.network.local(planned).date().toordinal()
    return max(planned, ways.day(day)[1])
