"""Answers of a replica: the header with which a caller allows one, and the one that says how old the answer may be."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields
from werkzeug.datastructures import RequestCacheControl
from werkzeug.http import parse_cache_control_header

from api.shapes.limits import LONGEST_AGE


class _MaxStale(fields.String):
    """The seconds of `max-stale` in Cache-Control. All other directives are for caches and are ignored."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        directives = parse_cache_control_header(
            super()._deserialize(value, attr, data, **kwargs), cls=RequestCacheControl
        )
        if directives.no_cache or directives.no_store or directives.max_stale is None:
            return None
        return LONGEST_AGE if directives.max_stale is True else min(max(0, directives.max_stale), LONGEST_AGE)


class ReadingHeaders(Schema):
    max_stale = _MaxStale(
        data_key="Cache-Control",
        load_default=None,
        metadata={
            "description": "`max-stale=5`: a replica may answer that heard of its primary in the last 5 seconds;"
            " `max-stale`: whenever it did. The answer then says in `Age` how many seconds ago it heard of it,"
            " at most"
        },
    )


def aged(response: Response, age: int | None) -> Response:
    """With the header Age if a replica answered: at most so many seconds ago it heard from its primary."""
    if age is not None:
        response.headers["Age"] = str(age)
    return response
