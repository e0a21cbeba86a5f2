"""Names the operation of a request that changes something: if the request is sent again, it is answered, and not
carried out again.
"""

import uuid

from engine.errors import KeyReused
from engine.store.holds import Holds, Operation

OPERATION_SECONDS = 24 * 60 * 60
"""How long an operation that its caller named is remembered."""
RESEND_SECONDS = 5 * 60
"""How long an operation without a name is remembered: only redis-py sends such a request again, within seconds."""


def operation(request: str, op: str | None) -> Operation:
    """The operation of a request. `request` says what is requested; `op` is the name its caller gave it, or None."""
    if op is None:
        return Operation(name=f"own:{uuid.uuid4().hex}", request=request, seconds=RESEND_SECONDS)
    return Operation(name=operation_name(op), request=request, seconds=OPERATION_SECONDS)


def step_operation(step: str) -> Operation:
    """The operation of a step that a request takes by itself: taken once, however often the request is sent."""
    return Operation(name=f"step:{step}", request=step, seconds=OPERATION_SECONDS)


def operation_name(op: str) -> str:
    """The stored name of an operation that its caller named `op`; differs from every name that is made up here."""
    return f"said:{op}"


def answered_before(holds: Holds, about: str, named: Operation, op: str | None) -> str | None:
    """What this request about a decision was answered if it was sent before with the name `op`; None if it was not.
    Raises KeyReused if another request was. Read after what the request changes, it tells whether that has changed it.
    """
    earlier = None if op is None else holds.operation(about, named.name)
    if earlier is None:
        return None
    request, _, answer = earlier.partition("\n")
    if request != named.request:
        raise name_reused(op)
    return answer


def name_reused(op: str | None) -> KeyReused:
    """The error for an operation `op` that was used before for another request."""
    return KeyReused(f"the operation '{op}' was used before, for something else; use a new one for each request")
