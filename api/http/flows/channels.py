"""Sales channels: what each may take of the stock, and the feeds that say so."""

from http import HTTPStatus
from typing import Any

from flask import Response, request
from marshmallow import ValidationError, fields, validate

from api.http.blueprint import NDJSON, Blueprint, answer
from api.http.serving.ending import Ending
from api.records.flows.channels import (
    ChannelAllocationRecord,
    ChannelFeedLineRecord,
    ChannelListRecord,
    ChannelRecord,
    channel_feed_lines,
)
from api.shapes.base import Strict
from api.shapes.fields import Word
from api.shapes.limits import MOST_SKUS
from api.shapes.stock.node_pages import NodePageQuery
from engine.channels.feeds import ChannelCursor
from engine.service import Pointsman


class ChannelCursorField(fields.String):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        cursor = ChannelCursor.parse(value) if isinstance(value, str) else None
        if cursor is None:
            raise ValidationError("this is no 'cursor' of a channel's feed")
        return cursor


class ChannelQuery(NodePageQuery):
    sku = fields.List(
        Word(),
        load_default=list,
        validate=validate.Length(max=MOST_SKUS, error="name at most {max} SKUs, each as sku="),
        metadata={"description": f"up to {MOST_SKUS}: repeat it"},
    )


class ChannelFeedQuery(Strict):
    since = ChannelCursorField(
        load_default=None, metadata={"description": "the `cursor` of an answer: only what changed after it"}
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The channels of one Pointsman."""
    channels = Blueprint("channels", __name__, url_prefix="/v1", description="What each channel may take, and its feed")

    @channels.get("/channels", scope="stock")
    @channels.response(HTTPStatus.OK, ChannelListRecord)
    def every() -> Response:
        """The channels that the network lists or, if it lists none, those that rules name or that have a feed"""
        return answer(ChannelListRecord(channels=[ChannelRecord.of(item) for item in pointsman.flows.channels.all()]))

    @channels.get("/channels/<string:channel>", scope="stock")
    @channels.arguments(ChannelQuery, location="query")
    @channels.response(HTTPStatus.OK, ChannelAllocationRecord)
    def show(query: dict[str, Any], channel: str) -> Response:
        """What the channel may take of SKUs, where, and what keeps it from more: which rule"""
        allocation = pointsman.flows.channels.show(channel, query["sku"])
        return answer(ChannelAllocationRecord.of_channel(allocation, query["page"]))

    @channels.get("/channels/<string:channel>/feed", scope="stock")
    @channels.arguments(ChannelFeedQuery, location="query")
    @channels.response(HTTPStatus.OK, ChannelFeedLineRecord, content_type=NDJSON)
    @channels.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def feed(query: dict[str, Any], channel: str) -> Response:
        """Units of every SKU that the channel may take, or of those that changed: NDJSON, a SKU a line

        The first line has a `cursor`: send it as `since` to get only what changed after this answer. What falls is said
        at once; what rises, from the channel's `feed_step` on. The ETag is the cursor, too.
        """
        read = pointsman.flows.channels.feeds.read(channel, since=query["since"])
        lines = channel_feed_lines(read, verify_going_on=Ending.of_request().verify_going_on)
        response = Response(lines, content_type=NDJSON)
        response.set_etag(str(read.cursor))
        response.headers["Cache-Control"] = "no-cache"
        return response.make_conditional(request)

    return channels
