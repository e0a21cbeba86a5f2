"""What a request to change something is known by: sent again, it is answered and not done again."""

import uuid

from engine.errors import KeyReused
from engine.store.holds import Operation

OPERATION_SECONDS = 24 * 60 * 60
"""How long an operation that a caller named is known."""
RESEND_SECONDS = 5 * 60
"""How long one that nobody named is: the client's library sends a request again within seconds."""


def operation(asked: str, op: str | None) -> Operation:
    """That of a request for what `asked` says, under the name `op` that its caller gave it, if any."""
    if op is None:
        return Operation(name=f"own:{uuid.uuid4().hex}", asked=asked, seconds=RESEND_SECONDS)
    return Operation(name=said(op), asked=asked, seconds=OPERATION_SECONDS)


def said(op: str) -> str:
    """What the operation that a caller names `op` is known by: never the name of one that was made here."""
    return f"said:{op}"


def reused(op: str | None) -> KeyReused:
    """What to raise where `op` came again with another request."""
    return KeyReused(f"the operation '{op}' was used before, for something else; use a new one for each request")
