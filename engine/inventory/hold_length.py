"""How long a caller may ask that units are held, and such lengths in words."""

from engine.errors import InputInvalid, Mistake
from rules.wording.amounts import duration
from rules.wording.catalogue import ENGLISH, load_catalogue


def in_words(minutes: int) -> str:
    return duration(minutes, load_catalogue(ENGLISH))


def verify_hold_length(minutes: int | None, *, max_hold: int) -> None:
    """Raise InputInvalid if a caller may not ask for a hold of so many minutes."""
    if minutes is not None and not 1 <= minutes <= max_hold:
        bounds = f"a hold of 1 minute to {in_words(max_hold)} may be asked for (POINTSMAN_MAX_HOLD)"
        message = f"{bounds}, and this one is {in_words(minutes)}"
        raise InputInvalid([Mistake(field="hold", message=message)])
