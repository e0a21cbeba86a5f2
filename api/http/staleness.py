"""Answers that may be some seconds old: how a caller allows them, and is told when the replica heard of its primary."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields
from werkzeug.datastructures import RequestCacheControl
from werkzeug.http import parse_cache_control_header

ANY_AGE = 1 << 31
"""Seconds, as RFC 9111 says for ages that are not told."""


class _Directive(fields.String):
    """Cache-Control: the seconds of `max-stale`. Of all other directives, which are for caches, none is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        said = parse_cache_control_header(super()._deserialize(value, attr, data, **kwargs), cls=RequestCacheControl)
        if said.no_cache or said.no_store or said.max_stale is None:
            return None
        return ANY_AGE if said.max_stale is True else min(max(0, said.max_stale), ANY_AGE)


class ReadingHeaders(Schema):
    max_stale = _Directive(
        data_key="Cache-Control",
        load_default=None,
        metadata={
            "description": "`max-stale=5`: a replica may answer that heard of its primary in the last 5 seconds;"
            " `max-stale`: whenever it did. The answer then says in `Age` how many seconds ago it heard of it,"
            " at most"
        },
    )


def aged(response: Response, age: int | None) -> Response:
    """With the header that says when the replica heard of its primary, unless it is as it is now."""
    if age is not None:
        response.headers["Age"] = str(age)
    return response
