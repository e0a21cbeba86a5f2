"""Reads a page of a long list: those of its items that pass a filter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.store.connection.sorted_sets import Place

Item = TypeVar("Item")
MOST_LOOKED_AT = 5_000
"""How many items are read for one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some items, in the order of the list. The next page begins after the place `after`; None: this is the last. A
    page may have fewer items than were asked for, or none, and not be the last.
    """

    items: tuple[Item, ...]
    after: Place | None


def page_of(listed: Iterable[tuple[Place, Item | None]], passes: Callable[[Item], bool], *, limit: int) -> Page[Item]:
    """At most `limit` of the items that pass; None is none. Of the list, no more is read than one page may."""
    items: list[Item] = []
    last: Place | None = None
    for number, (place, item) in enumerate(listed):
        if number == MOST_LOOKED_AT:
            return Page(items=tuple(items), after=last)
        if item is not None and passes(item):
            if len(items) == limit:
                return Page(items=tuple(items), after=last)
            items.append(item)
        last = place
    return Page(items=tuple(items), after=None)
