"""What can go wrong on this floor.

PointsmanError
├── StoreUnavailable   the server is away, full, read-only or too old; try again
├── BadSetting         an environment variable that can't be read
├── InputInvalid       files or orders with mistakes; carries every one
│   └── OrderInvalid   an order that can't be decided as it stands
├── NotFound           a decision, product or version nobody knows
├── NotReady           no network loaded, or no policy active
│   └── PolicyUnreadable  a published version that this release does not read
├── NotActivated       a version that can't be made active; the active one stays
├── TestsFailed        policies whose own tests fail; not published
├── KeyReused          an idempotency key came again with another request
├── HoldEnded          a hold that is no more; says how it ended and when
├── StockConflict      two messages about a position that contradict each other
├── QuotaExceeded      a caller has all the open holds it may have
└── Contended          others took the stock each time it was tried; try again
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST_NAMED = 10


class PointsmanError(Exception):
    """Anything this floor refuses or fails at; the message says what to do."""


class StoreUnavailable(PointsmanError):
    """The server can't be used now. `told` is for anybody; `inside` names paths and hosts, for those who run it."""

    def __init__(self, told: str, *, inside: str = "") -> None:
        self.told = told
        super().__init__(f"{told}: {inside}" if inside else told)


class BadSetting(PointsmanError):
    """An environment variable that can't be read; names it, its value and what is allowed."""

    def __init__(self, *, name: str, value: str, allowed: str) -> None:
        self.name, self.value, self.allowed = name, value, allowed
        super().__init__(f"{name} is '{value}'; it must be {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One mistake in what was given: where (file and line, or nothing), which field, what is wrong."""

    where: str = ""
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.field, self.message) if part)


class InputInvalid(PointsmanError):
    """Input with mistakes in it; nothing of it was taken."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class OrderInvalid(InputInvalid):
    """An order that can't be decided as it stands."""


class NotFound(PointsmanError):
    """Nothing goes by that name."""


class NotReady(PointsmanError):
    """A step of the set-up is missing; the message names the command."""


class PolicyUnreadable(NotReady):
    """A published version that this release does not read, or that is not what its name says."""


class NotActivated(PointsmanError):
    """A version that can't be made active, and why; the active one stays."""


class TestsFailed(PointsmanError):
    """Policies whose own tests fail; names the failing cases, each with its place."""

    __test__ = False  # pytest takes a class of this name for tests

    def __init__(self, failed: Sequence[str], *, of: int) -> None:
        self.failed = tuple(failed)
        shown = [
            *failed[:_MOST_NAMED],
            *([f"... and {len(failed) - _MOST_NAMED} more"] if failed[_MOST_NAMED:] else []),
        ]
        told = f"{len(failed)} of {of} tests of these policies fail, so they were not published:"
        super().__init__("\n  ".join([told, *shown]) + "\nTo see what came otherwise: pointsman policy test PATH")


class KeyReused(PointsmanError):
    """The idempotency key was used before, for another request."""


class HoldEnded(PointsmanError):
    """What was asked of a hold comes too late; the message says how it ended and when."""


class StockConflict(PointsmanError):
    """Nobody can tell which of two messages about a position is so."""


class QuotaExceeded(PointsmanError):
    """The caller has as many open holds as it may."""


class Contended(PointsmanError):
    """Stock changed under every attempt."""
