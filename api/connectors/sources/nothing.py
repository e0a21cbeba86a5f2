"""The source of a connector that is pushed to: nothing waits there."""

from collections.abc import Mapping

from api.connectors.sources.message import Message


class NoSource:
    def messages(self, place: Mapping[str, str]) -> list[Message]:  # noqa: ARG002  # as every source
        return []

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        """It was answered."""

    def close(self) -> None:
        pass
