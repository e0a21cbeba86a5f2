"""Keeps the answers to EDI that was pushed for the response to the request that brought it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from api.connectors.sending.outgoing import OutgoingMessage

EDI_CONTENT_TYPES: Mapping[str, str] = MappingProxyType({"CONTRL": "application/EDIFACT", "997": "application/EDI-X12"})
"""By what is answered (RFC 1767)."""


@dataclass(slots=True)
class AnswersInResponse:
    """A delivery to whoever waits for the response: `body` has the answers to all interchanges, behind one another."""

    body: bytes = field(default=b"", init=False)

    def deliver(self, message: OutgoingMessage) -> None:
        self.body += message.body

    def close(self) -> None:
        pass
