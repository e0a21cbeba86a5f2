"""How long a caller may ask that units are held."""

from engine.errors import InputInvalid, Mistake
from rules.wording.amounts import duration
from rules.wording.catalogue import ENGLISH, load_catalogue


def verify_hold_length(minutes: int | None, *, max_hold: int) -> None:
    """Raise InputInvalid if a caller may not ask for a hold of so many minutes."""
    if minutes is not None and not 1 <= minutes <= max_hold:
        longest, requested = (duration(length, load_catalogue(ENGLISH)) for length in (max_hold, minutes))
        message = f"a hold of 1 minute to {longest} may be asked for (POINTSMAN_MAX_HOLD), and this one is {requested}"
        raise InputInvalid([Mistake(field="hold", message=message)])
