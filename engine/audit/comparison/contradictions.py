"""What deciding again, explaining or calculating comes to if a record contradicts the facts it was decided on."""

import contextlib
import logging
from collections.abc import Iterator

from engine.errors import (
    DecisionUnreadable,
    FactsForgotten,
    NotFound,
    NotReady,
    OrderErased,
    PointsmanError,
    RecordContradictory,
)

NOT_REPLAYABLE = (FactsForgotten, NotFound, NotReady, DecisionUnreadable, OrderErased, RecordContradictory)
"""Why one decision can't be made again, while others can."""
_CONTRADICTIONS = (LookupError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What reading an altered record, or deciding on facts that no decision was made on, raises. A mistake of ours raises
the same: nobody can tell which of both it is, so the traceback is logged.
"""

logger = logging.getLogger("pointsman.audit")
# on the command line, where nothing sets up logs, the error alone is printed
logger.addHandler(logging.NullHandler())


@contextlib.contextmanager
def contradictions_named(decision: str) -> Iterator[None]:
    """While something is made of this logged decision: raises RecordContradictory if that fails in a way in which it
    can't if what was logged is what was decided; errors of the engine's own are raised as they are.
    """
    try:
        yield
    except PointsmanError:
        raise
    except _CONTRADICTIONS as error:
        logger.warning("decision %s can't be made anything of", decision, exc_info=True)
        raise RecordContradictory(decision) from error
