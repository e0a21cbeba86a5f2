"""What a variant changes of the network: places closed, cut-offs moved, services on strike, other places. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from engine.errors import InputInvalid, Mistake
from engine.model.facts import Network, NetworkCaches, Node, Snapshot, StockPosition
from engine.model.timetable import DAY

_HUNDREDTHS: Final = 100
_MOST_CACHED: Final = 20
Stock: TypeAlias = Mapping[str, Mapping[str, int]]
"""Units on hand by SKU, then node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A place from which nothing leaves that is decided from the instant `since` on and before `until`; None: open."""

    node: str
    since: int | None = None
    until: int | None = None

    def holds_at(self, now: int) -> bool:
        return (self.since is None or now >= self.since) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherNetwork:
    """A network in the place of the logged one. Places that the logged one lacks have this `stock` of those products
    that the log has, and these `paces` of sale, in thousandths of a unit a day.
    """

    name: str
    network: Network
    stock: Stock = field(default_factory=dict)
    paces: Stock = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChange:
    """Changes, each on top of those before it. `cut_offs` are minutes of the day, by node, for all of its services that
    have a cut-off; `strikes` are services, or carriers with all of theirs. `volume`: hundredths of the orders.
    """

    other: OtherNetwork | None = None
    closures: tuple[Closure, ...] = ()
    cut_offs: Mapping[str, int] = field(default_factory=dict)
    strikes: tuple[str, ...] = ()
    volume: int = _HUNDREDTHS

    @property
    def changes_nothing(self) -> bool:
        return self == NO_CHANGE

    @property
    def changes_network(self) -> bool:
        return not replace(self, volume=_HUNDREDTHS).changes_nothing

    @property
    def identity(self) -> list[Any]:
        """Two changes with the same, as JSON, change the same."""
        other = self.other
        return [
            other and [other.network.version, _sorted(other.stock), _sorted(other.paces)],
            [[item.node, item.since, item.until] for item in self.closures],
            sorted(self.cut_offs.items()),
            sorted(self.strikes),
            self.volume,
        ]

    def verify(self, network: Network) -> None:
        """Raise InputInvalid for places, services and carriers that the network, or the other one, does not have."""
        network = self.other.network if self.other else network
        mistakes = [
            Mistake(field=name, message=f"no node goes by the id '{node}'")
            for name, nodes in (("close", [item.node for item in self.closures]), ("cut_off", list(self.cut_offs)))
            for node in nodes
            if node not in network.nodes
        ]
        mistakes += [
            Mistake(field="cut_off", message=f"no service of '{node}' has a cut-off that could be moved")
            for node in self.cut_offs
            if node in network.nodes and not network.nodes[node].cut_offs
        ]
        carriers = {service.carrier for service in network.services.values()}
        mistakes += [
            Mistake(field="strike", message=f"no service and no carrier goes by '{name}'")
            for name in self.strikes
            if name not in network.services and name not in carriers
        ]
        if mistakes:
            raise InputInvalid(mistakes)

    def times(self, order: str) -> int:
        """How often an order comes in: as often as the volume says, on the average, and each time the same."""
        whole, rest = divmod(self.volume, _HUNDREDTHS)
        digest = hashlib.blake2b(order.encode(), digest_size=8).digest()
        return whole + (int.from_bytes(digest, "big") % _HUNDREDTHS < rest)


NO_CHANGE: Final = NetworkChange()


class ChangedNetwork:
    """Snapshots of the log as a change has them."""

    def __init__(self, change: NetworkChange) -> None:
        self.change = change
        self._caches: dict[tuple[str, tuple[bool, ...]], NetworkCaches] = {}

    def of(self, snapshot: Snapshot, now: int) -> Snapshot:
        """The snapshot at an instant, on the network as it is changed. Stock is as it was at the places that there
        still are; what a new place has is not in it.
        """
        if not self.change.changes_network:
            return snapshot
        caches = self._changed(snapshot.caches, now)
        nodes = caches.network.nodes
        if self.change.other is None:
            return replace(snapshot, network=caches.network, caches=caches)
        positions = {
            sku: {node: it for node, it in its.items() if node in nodes} for sku, its in snapshot.positions.items()
        }
        return replace(
            snapshot,
            network=caches.network,
            caches=caches,
            positions=positions,
            lots={sku: {node: it for node, it in its.items() if node in nodes} for sku, its in snapshot.lots.items()},
            loads={load: amount for load, amount in snapshot.loads.items() if load.partition("\t")[0] in nodes},
            hourly_loads={node: amount for node, amount in snapshot.hourly_loads.items() if node in nodes},
            resting={node: rest for node, rest in snapshot.resting.items() if node in nodes},
            taken={
                sku: {tally: {node: units for node, units in its.items() if node in nodes} for tally, its in by.items()}
                for sku, by in snapshot.taken.items()
            },
        )

    def with_new_stock(self, snapshot: Snapshot, logged: Network) -> Snapshot:
        """With what the places have that the logged network lacks, as it is before any order took some of it."""
        if self.change.other is None:
            return snapshot
        positions = dict(snapshot.positions)
        for sku in snapshot.products:
            for node, units in self.new_stock(sku, logged).items():
                pace = self.change.other.paces.get(sku, {}).get(node)
                positions[sku] = {**positions.get(sku, {}), node: StockPosition(units, 0, pace)}
        return replace(snapshot, positions=positions)

    def new_stock(self, sku: str, logged: Network) -> Mapping[str, int]:
        """By place that the logged network lacks."""
        other = self.change.other
        if other is None:
            return {}
        return {node: units for node, units in other.stock.get(sku, {}).items() if node not in logged.nodes}

    def _changed(self, logged: NetworkCaches, now: int) -> NetworkCaches:
        closed = tuple(item.holds_at(now) for item in self.change.closures)
        key = logged.network.version, closed
        caches = self._caches.get(key)
        if caches is None:
            if len(self._caches) >= _MOST_CACHED:
                self._caches.clear()
            caches = self._caches[key] = NetworkCaches(self._network(logged.network, now))
        return caches

    def _network(self, logged: Network, now: int) -> Network:
        change = self.change
        network = logged
        if change.other is not None:
            network = replace(change.other.network, decimals=logged.decimals)
        on_strike = {
            name for name, service in network.services.items() if {name, service.carrier} & set(change.strikes)
        }
        closed = {item.node for item in change.closures if item.holds_at(now)}
        nodes = {name: self._node(node, on_strike, closed=name in closed) for name, node in network.nodes.items()}
        return replace(network, nodes=nodes, version=f"{logged.version}, changed")

    def _node(self, node: Node, on_strike: set[str], *, closed: bool) -> Node:
        services = () if closed else tuple(name for name in node.services if name not in on_strike)
        moved = self.change.cut_offs.get(node.id)
        cut_offs = {name: cut_off for name, cut_off in node.cut_offs.items() if name in services}
        if moved is not None:
            cut_offs = {name: _moved(cut_off, moved) for name, cut_off in cut_offs.items()}
        return replace(node, services=services, cut_offs=cut_offs)


def _sorted(stock: Stock) -> list[Any]:
    return [[sku, sorted(nodes.items())] for sku, nodes in sorted(stock.items())]


def _moved(cut_off: int | tuple[int, ...], minutes: int) -> int | tuple[int, ...]:
    """On days without a departure there is none at the new time either."""
    if isinstance(cut_off, int):
        return minutes
    return tuple(minutes if it < DAY else it for it in cut_off)
