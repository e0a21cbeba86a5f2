"""Who read personal data, as JSON."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.shapes.cursors import decisions_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.store.audit.accesses import AccessPage, StoredAccess


class AccessRecord(Record, frozen=True):
    """Somebody read something."""

    at: Annotated[Timestamp, Meta(description="by the server's clock")]
    by: Annotated[str, Meta(description="the name of the API key, or of the user of the command line")]
    through: Annotated[str, Meta(description="http, console or cli")]
    origin: Annotated[str, Meta(description="the address of the HTTP caller, or LOGIN@HOST")] = msgspec.field(
        name="from"
    )
    request: Annotated[str | None, Meta(description="the id of the HTTP request")]
    what: Annotated[str, Meta(description="the id of the operation in the OpenAPI description, or the command")]
    id: Annotated[str | None, Meta(description="the order or decision; null if it read several")]
    order: Annotated[str | None, Meta(description="the order of the decision; null if `id` is no decision's")]
    query: Annotated[str | None, Meta(description="what it asked for")]
    count: Annotated[int, Meta(description="how many orders, decisions, entries or events it was answered")]

    @classmethod
    def of(cls, access: StoredAccess) -> "AccessRecord":
        return cls(
            at=timestamp(access.at),
            by=access.by,
            through=access.through,
            origin=access.origin,
            request=access.request or None,
            what=access.what,
            id=access.subject or None,
            order=access.order or None,
            query=access.query or None,
            count=access.count,
        )


class AccessListRecord(Record, frozen=True):
    """Those recorded last first. A page with a `next` may have fewer than asked for, or none."""

    accesses: list[AccessRecord]
    next: str | None

    @classmethod
    def of(cls, page: AccessPage) -> "AccessListRecord":
        return cls(accesses=[AccessRecord.of(access) for access in page.accesses], next=decisions_cursor(page.after))
