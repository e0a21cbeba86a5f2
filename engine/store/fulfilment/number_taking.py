"""Numbers for parcels that a script takes: how they are asked for, why none were taken, and how more are reserved."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from engine.errors import NumbersExhausted, SerialsExhausted
from engine.model.parcels import ParcelTerms
from engine.store.connection.client import Client
from engine.store.fulfilment.serials import Serials, exhausted, range_name, script_range
from engine.store.fulfilment.tracking_serials import ScriptRange, TrackingSerials
from engine.store.keys import Keys
from engine.store.outcomes import OperationReused

_TOKEN_BITS: Final = 128


class NumberPlaces:
    """Places for numbers that only the script takes: whatever is stored has them until then."""

    def __init__(self) -> None:
        self.token = f"{secrets.randbits(_TOKEN_BITS):040d}"  # digits, as numbers are stored in capitals

    def sscc(self, place: int) -> str:
        """That of the parcel at this place of those that are new, from 1."""
        return f"{self.token}S{place}"

    def tracking(self, place: int) -> str:
        return f"{self.token}T{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenNumbers:
    """What numbers the script takes: so many SSCCs by these terms and, with `ranges`, so many tracking numbers of the
    ranges of this carrier.
    """

    places: NumberPlaces
    terms: ParcelTerms
    count: int = 1
    carrier: str = ""
    ranges: Sequence[ScriptRange] = ()
    tracking_count: int = 1


@dataclass(frozen=True, slots=True)
class ErasedMeanwhile:
    """Nothing was written: the order's personal values were erased."""


@dataclass(frozen=True, slots=True)
class SerialsLacking:
    """Nothing was written: serial references have to be reserved first, or, if `exhausted`, there are no more."""

    exhausted: bool


@dataclass(frozen=True, slots=True)
class NumbersLacking:
    """Nothing was written: tracking numbers have to be reserved first, or, if `exhausted`, the ranges have too few."""

    exhausted: bool


NotTaken: TypeAlias = OperationReused | ErasedMeanwhile | SerialsLacking | NumbersLacking


def numbers_request(numbers: TakenNumbers | None) -> dict[str, Any] | Literal[False]:
    """As parts/number_taking.lua takes it."""
    if numbers is None:
        return False
    return {
        "token": numbers.places.token,
        "range": script_range(numbers.terms),
        "count": numbers.count,
        "tracking": list(numbers.ranges),
        "tracking_count": numbers.tracking_count,
    }


def numbers_in_log(numbers: TakenNumbers | None) -> Mapping[str, Any]:
    """What the log's entry has of them, with places for the serials that are next then."""
    if numbers is None:
        return {}
    token = numbers.places.token
    serials = {"serials": [range_name(numbers.terms), f"{token}NEXT"]}
    return {**serials, "ranges": f"{token}RANGES"} if numbers.ranges else serials


def not_taken(answer: Sequence[bytes]) -> NotTaken:
    """Why a script that takes numbers wrote nothing."""
    match answer:
        case (b"reused",):
            return OperationReused()
        case (b"erased",):
            return ErasedMeanwhile()
        case (b"reserve" | b"exhausted" as word,):
            return SerialsLacking(exhausted=word == b"exhausted")
        case b"numbers", why:
            return NumbersLacking(exhausted=why == b"exhausted")
    raise ValueError(f"no answer of a script that takes numbers: {answer!r}")


class ReservedNumbers:
    """The numbers that one network has reserved for its parcels: SSCCs, and tracking numbers of carriers' ranges."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._serials = Serials(client, keys)
        self._tracking_serials = TrackingSerials(client, keys)

    def reserve(
        self, numbers: TakenNumbers, lacking: SerialsLacking | NumbersLacking, *, is_as_read: Callable[[], bool]
    ) -> None:
        """Reserve more of what a script lacked to take these. Raises SerialsExhausted and NumbersExhausted if there are
        no more, and what `Serials.reserve` and `TrackingSerials.reserve` do. `is_as_read` answers whether what the
        numbers are for still has none: if somebody else has just given it the last ones, nothing is raised.
        """
        try:
            self._reserve(numbers, lacking)
        except (SerialsExhausted, NumbersExhausted):
            if is_as_read():
                raise

    def _reserve(self, numbers: TakenNumbers, lacking: SerialsLacking | NumbersLacking) -> None:
        match lacking:
            case SerialsLacking(exhausted=True):
                raise exhausted(numbers.terms, numbers.count)
            case SerialsLacking():
                self._serials.reserve(numbers.terms, numbers.count)
            case NumbersLacking(exhausted=True):
                raise NumbersExhausted(carrier=numbers.carrier, needed=numbers.tracking_count)
            case NumbersLacking():
                self._tracking_serials.reserve(numbers.ranges, numbers.tracking_count, carrier=numbers.carrier)
