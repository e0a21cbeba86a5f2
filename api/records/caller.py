"""Who calls, as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.facts import Network
from engine.model.scopes import Scope


class CallerRecord(Record, frozen=True):
    """Who the key or token of the request belongs to, and what may be done with it."""

    name: Annotated[str, Meta(description="as the log has it")]
    key: Annotated[str | None, Meta(description="the id of the API key, no secret; null for a token, or without a key")]
    role: Annotated[str, Meta(description="or several, with commas between")]
    scopes: list[Scope]
    allowed_networks: Annotated[list[str], Meta(description="of the key or token; * stands for every network")]
    network: Annotated[str, Meta(description="that this request is about")]
    networks: Annotated[list[str], Meta(description="those served here that the caller may name")]
    currency: Annotated[str | None, Meta(description="of the network; null as long as none is loaded")]
    time_zone: Annotated[str | None, Meta(description="of the network; null as long as none is loaded")]
    now: Annotated[Timestamp, Meta(description="by the clock of the store, which all decisions go by")]
    ends_at: Annotated[Timestamp | None, Meta(description="when the key or token ends")]

    @classmethod
    def of(
        cls,
        *,
        name: str,
        key_id: str,
        role: str,
        scopes: Sequence[Scope],
        allowed_networks: Sequence[str],
        network: str,
        networks: Sequence[str],
        loaded: Network | None,
        now: int,
        ends_at: int | None,
    ) -> "CallerRecord":
        """`loaded` is None if the network has none."""
        return cls(
            name=name,
            key=key_id or None,
            role=role,
            scopes=sorted(scopes),
            allowed_networks=list(allowed_networks),
            network=network,
            networks=list(networks),
            currency=None if loaded is None else loaded.currency,
            time_zone=None if loaded is None else loaded.time_zone,
            now=timestamp(now),
            ends_at=None if ends_at is None else timestamp(ends_at),
        )
