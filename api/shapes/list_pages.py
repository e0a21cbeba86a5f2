"""Pages of lists that are read whole: where no page is asked for, all of it is answered."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.events import PositionCursor
from api.shapes.fields import QueryNumber

MOST_LISTED: Final = 1_000
_LONGEST_NAME: Final = 400
"""Of what a list is ordered by: a node and a paper."""
_T = TypeVar("_T")


def _limit() -> QueryNumber:
    return QueryNumber(1, MOST_LISTED, load_default=None, metadata={"description": "at most so many; by default all"})


_AFTER: Final = {"description": "`next` of the page before"}


class PageByName(Strict):
    """Of a list by name."""

    limit = _limit()
    after = fields.String(load_default=None, validate=validate.Length(1, _LONGEST_NAME), metadata=_AFTER)


class PageByInstant(Strict):
    """Of a list by instant and id."""

    limit = _limit()
    after = HoldsCursor(load_default=None, metadata=_AFTER)


class PageByEvent(Strict):
    """Of a list by event."""

    limit = _limit()
    after = PositionCursor(load_default=None, metadata=_AFTER)


def page_of_list(
    items: Iterable[_T],
    place: Callable[[_T], Any],
    *,
    limit: int | None,
    after: Any = None,
    last_first: bool = False,
) -> tuple[Sequence[_T], Any]:
    """At most `limit` of the items whose places, each of which only one has, follow `after`, in order of their places;
    and the place that the page which follows goes on after, None if none follows.
    """
    ordered = sorted(items, key=place, reverse=last_first)
    following = [
        item for item in ordered if after is None or (place(item) < after if last_first else place(item) > after)
    ]
    page = following[:limit]
    return page, place(page[-1]) if len(following) > len(page) else None
