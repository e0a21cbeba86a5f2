"""Tries one thing after another in a turn of the service: what fails is tried again later, and keeps no other back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.errors import CarrierUnavailable, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.carrier_limits import CarrierLimits

RETRY_SECONDS: Final = 300
"""After which a carrier is asked again for what it did not answer."""

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """Whether something was done; and when to go on (UTC seconds), if the carrier is not to be asked now."""

    done: bool
    go_on_at: int | None = None


class TurnAttempts:
    """Of one turn and within its limits. `clock` answers UTC seconds."""

    def __init__(self, limits: CarrierLimits, *, clock: Callable[[], int]) -> None:
        self.limits: Final = limits
        self._clock = clock
        self._failed: PointsmanError | None = None

    def attempt(self, step: Callable[[], StepResult], *, put_off: Callable[[int], object], later: str) -> bool:
        """Take a step; whether something was done. `put_off` has it tried again at an instant in UTC seconds; `later`
        is said in the log of a step that fails unexpectedly. Raises Contended if another process has the turn by now,
        and StoreUnavailable.
        """
        self.limits.keep_turn()
        try:
            result = step()
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            self._failed = error
            result = StepResult(done=False, go_on_at=_retry_at(error, self._clock()))
        except Exception as error:
            logger.exception("%s", later)
            result = StepResult(done=False, go_on_at=_retry_at(error, self._clock()))
        if result.go_on_at is not None:
            put_off(result.go_on_at)
        return result.done

    def raise_last_error(self) -> None:
        """Raise the last error of those that were foreseen, if there was one."""
        if self._failed is not None:
            raise self._failed


def _retry_at(error: Exception, now: int) -> int:
    """When what failed so is tried again."""
    asked_for = (error.retry_after or 0) if isinstance(error, CarrierUnavailable) else 0
    return now + max(RETRY_SECONDS, asked_for)
