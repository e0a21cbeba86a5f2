"""Why a request that runs for long should come to an end at the next safe place."""

from dataclasses import dataclass

from flask import has_request_context, request

from engine.errors import Interrupted

ENVIRON_KEY = "pointsman.ending"


@dataclass(slots=True)
class Ending:
    """`reason` is None as long as the request may go on; another thread sets it. A batch looks between two decisions, a
    feed between two lines.
    """

    reason: str | None = None

    @classmethod
    def of_request(cls) -> "Ending":
        """That of the running request; under a server that ends no requests, one of its own."""
        ending = request.environ.get(ENVIRON_KEY) if has_request_context() else None
        return ending if isinstance(ending, cls) else cls()

    def verify_going_on(self) -> None:
        """Raise Interrupted if there is a reason to end."""
        if self.reason is not None:
            raise Interrupted(self.reason)
