"""Lists the open holds of a network, a page at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.store.connection.client import Client
from engine.store.holds import Hold, Holds
from engine.store.keys import Keys
from engine.store.search_index.index_entries import fields_of
from engine.store.search_index.likely_holds import LikelyHolds

MOST_LOOKED_AT = 10_000
"""How many holds are looked at for one page."""
_AT_ONCE = 500
"""Of some of the holds alone, so many are looked at together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPage:
    """Some of the open holds, the first to expire first. The next page begins after the (instant, id) `after`; None:
    this is the last.

    A page may have fewer holds than were asked for, or none, and not be the last.
    """

    holds: tuple[Hold, ...]
    after: tuple[int, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsFilter:
    """Which open holds are listed: those with units at `node`, by `service` and of `sku`, which expire before an
    instant; None: any.
    """

    node: str | None = None
    service: str | None = None
    sku: str | None = None
    expiring_before: int | None = None

    @property
    def fields(self) -> list[str]:
        """Under which the search index has their decisions."""
        return fields_of(sku=self.sku, node=self.node)

    def matches(self, hold: Hold) -> bool:
        return any(
            self.node in (None, shipment.node)
            and self.service in (None, shipment.service)
            and (self.sku is None or any(name == self.sku for name, _ in shipment.units))
            for shipment in hold.shipments
        )


class OpenHolds:
    """Those of one network. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int]) -> None:
        self._holds = Holds(client, keys)
        self._likely = LikelyHolds(client, keys)
        self._clock = clock

    def page(self, filtered: HoldsFilter, *, after: tuple[int, str] | None, limit: int) -> HoldsPage:
        """At most `limit` of them, the first to expire first."""
        found: list[Hold] = []
        looked_at = 0
        places = self._holds.open_places(
            after=after or (self._clock() + 1, ""),
            before=filtered.expiring_before,
            at_once=_AT_ONCE if filtered.fields or filtered.service else limit,
        )
        for batch in places:
            until = {name: instant for instant, name in batch}
            for name, hold in self._read(self._likely.among(list(until), filtered.fields), at_once=limit):
                if hold is not None and filtered.matches(hold):
                    found.append(hold)
                if len(found) == limit:
                    return HoldsPage(holds=tuple(found), after=(until[name], name))
            looked_at += len(batch)
            if looked_at >= MOST_LOOKED_AT:
                return HoldsPage(holds=tuple(found), after=batch[-1])
        return HoldsPage(holds=tuple(found), after=None)

    def _read(self, names: Sequence[str], *, at_once: int) -> Iterator[tuple[str, Hold | None]]:
        """Each with its hold, if that is still open; no more are read at once than a page has."""
        for start in range(0, len(names), at_once):
            piece = names[start : start + at_once]
            yield from zip(piece, self._holds.find(*piece), strict=True)
