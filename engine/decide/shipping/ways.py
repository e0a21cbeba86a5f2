"""Every way out of every node of a network, as columns: what is the same for every order is computed once.

A way is a service out of a node. Ways are numbered in the order of their keys, (node id, service id); nodes and
services in the order of their ids. Columns are int64: micros, metres, minutes, milligrams of CO2e, thousandths of a
detour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.decide.rule_facts import node_facts, service_facts
from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.columns import NO_LIMIT, NOWHERE, Flags, Integers, integers, product_rounded
from engine.decide.shipping.distance import direction
from engine.decide.shipping.lanes import Destination, Lanes, lanes_to
from engine.decide.shipping.node_clocks import NodeClocks
from engine.decide.shipping.pricing import KILOGRAM, NOT_CARRIED, Band, band_at, bands_of, carriage
from engine.decide.shipping.schedule import Calendars
from engine.decide.shipping.timings import Schedule, Timings
from engine.model.facts import Lane, Network, Node, OptionKey, Service
from engine.model.timetable import ALWAYS, DAY
from rules.vocabulary import Facts

WAY, NODE, SERVICE, DETOUR, MAX_DISTANCE, PER_KM, FIXED, DROP, SCHEDULE, LANES = range(10)
"""The rows of a table of ways."""
_MOST_DAYS = 366
"""A service that would take longer does not go there."""
_MOST_KEPT = 10_000
"""Tables by destination, and costs by weight, that are kept at once."""


class Ways:
    """The ways of a network. `network_caches` keeps one object for each network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: Sequence[Node] = [network.nodes[name] for name in sorted(network.nodes)]
        self.services: Sequence[Service] = [network.services[name] for name in sorted(network.services)]
        self.node_ids: Sequence[str] = [node.id for node in self.nodes]
        self.node_index: Mapping[str, int] = {name: number for number, name in enumerate(self.node_ids)}
        self.node_names: NDArray[np.object_] = np.array(self.node_ids, dtype=object)
        """The ids again, as a column."""
        self.clocks = NodeClocks(network)
        self.node_facts: Sequence[Facts] = [node_facts(node, 0) for node in self.nodes]
        """The facts of each node, but for its load and its clock."""
        self.service_facts: Sequence[Facts] = [service_facts(service) for service in self.services]
        places = [node.place for node in self.nodes]
        self.directions: NDArray[np.float64] = np.array(
            [direction(place) if place else (0.0, 0.0, 0.0) for place in places]
        ).T.copy()
        """x, y and z of each node's unit vector."""
        self.unplaced: Flags = np.array([place is None for place in places], dtype=bool)
        """Nodes without coordinates: how far it is from them, only lanes say."""
        self.some_unplaced = bool(self.unplaced.any())
        self.unit_handling = integers(node.unit_handling for node in self.nodes)
        self.most_shipments = _most((node.daily_orders, node.hourly_orders) for node in self.nodes)
        """The most shipments that each node is given on its date, and in its hour."""
        self.capacities = _most((node.daily_units, node.daily_weight) for node in self.nodes)
        """The most units, and the most grams, that each node ships a day."""
        self.limits_output = bool((self.capacities < NO_LIMIT).any())
        self.emission = integers(service.emission for service in self.services)
        self.bands: Sequence[Sequence[Band] | None] = [bands_of(service) for service in self.services]
        """By service, those of the weight of a shipment."""
        self.is_banded = any(bands is not None for bands in self.bands)
        self._calendars = calendars = Calendars(network)
        self._dates = Calendar(ALWAYS, network.time_zone)
        self._schedules: list[Schedule] = []
        """Each once."""
        self._timings: dict[int, Timings] = {NOWHERE: Timings(self._schedules, None)}
        self._lanes: list[tuple[Lane, ...]] = []
        """The lanes that some way may take, each tuple once."""
        self.keys: Sequence[OptionKey] = []
        self.way_index: Mapping[OptionKey, int] = {}
        self._collecting: Flags
        self._table = self._make_table(calendars)
        self.travelling: Integers = self._table[[NODE, SERVICE]][:, ~self._collecting]
        """The node and the service of each way on which something travels, by node."""
        self._leading: dict[tuple[str | None, int], Integers] = {}
        self._lanes_to: dict[Destination, Lanes | None] = {}
        self._unit_costs: dict[int, Integers] = {}
        self._parcel_costs: dict[int, Integers] = {}
        self._drop_costs: dict[int, Integers] = {}
        self.knows_on_time = any(service.on_time for service in self.services)
        """Whether it is known of some service how often it is on time."""
        self._on_time: dict[str | None, Integers] = {}
        self._reaches, self._takes = self._bands()

    def leading(self, country: str | None, collected_at: int) -> Integers:
        """A table of the ways whose service carries to the country: a row for each property, a column for each way.
        An order can be collected only at the node that its customer chose, where nothing needs to travel;
        `collected_at` is NOWHERE for an order that is delivered.
        """
        table = self._leading.get((country, collected_at))
        if table is None:
            if len(self._leading) >= _MOST_KEPT:
                self._leading.clear()
            serves = np.array([not service.countries or country in service.countries for service in self.services])
            good = serves[self._table[SERVICE]] & (self._collecting == (self._table[NODE] == collected_at))
            table = self._leading[country, collected_at] = self._table[:, good]
        return table

    def on_time(self, country: str | None) -> Integers:
        """By node and service, the share of parcels to the country that came on time, in basis points; NOWHERE: it is
        not known.
        """
        rates = self._on_time.get(country)
        if rates is None:
            if len(self._on_time) >= _MOST_KEPT:
                self._on_time.clear()
            rates = np.full((len(self.nodes), len(self.services)), NOWHERE, dtype=np.int64)
            for number, service in enumerate(self.services):
                for node, by_country in service.on_time.items():
                    if node in self.node_index:
                        rates[self.node_index[node], number] = by_country.get(country or "", NOWHERE)
            self._on_time[country] = rates
        return rates

    def lanes_to(self, destination: Destination) -> Lanes | None:
        """The lanes to the destination; None: no lane leads there."""
        if not self._lanes:
            return None
        try:
            return self._lanes_to[destination]
        except KeyError:
            if len(self._lanes_to) >= _MOST_KEPT:
                self._lanes_to.clear()
            lanes = self._lanes_to[destination] = lanes_to(destination, self._lanes)
            return lanes

    def timings(self, collected_at: int) -> Timings:
        """When shipments leave and arrive that are collected at a node; NOWHERE: that are delivered."""
        timings = self._timings.get(collected_at)
        if timings is None:
            hours = self._calendars.of_node(self.nodes[collected_at])
            timings = self._timings[collected_at] = Timings(self._schedules, hours)
        return timings

    def schedule(self, number: int) -> Schedule:
        """The schedule of the ways that have this number in the row `SCHEDULE`."""
        return self._schedules[number]

    def hours(self, node: int) -> Calendar | None:
        """When a node is open. None: always."""
        return self._calendars.of_node(self.nodes[node])

    def day(self, date: int) -> tuple[int, int]:
        """The first and the last minute of a date of the installation."""
        return self._dates.last_call(date - 1, DAY), self._dates.last_call(date, DAY) - 60

    def unit_costs(self, weight: int) -> Integers:
        """By service, what it charges for a unit of so many grams, without the node's handling; NOT_CARRIED if the
        unit is too heavy.
        """
        costs = self._unit_costs.get(weight)
        if costs is None:
            if len(self._unit_costs) >= _MOST_KEPT:
                self._unit_costs.clear()
            costs = self._unit_costs[weight] = integers(carriage(service, weight) for service in self.services)
        return costs

    def drop_costs(self, carbon_price: int) -> Integers:
        """By service, what the CO2e of a shipment costs beside that of its units, at so many micros a kilogram."""
        costs = self._drop_costs.get(carbon_price)
        if costs is None:
            if len(self._drop_costs) >= _MOST_KEPT:
                self._drop_costs.clear()
            drop = integers(service.drop for service in self.services)
            costs = self._drop_costs[carbon_price] = product_rounded(drop, carbon_price, KILOGRAM)
        return costs

    def parcel_costs(self, weight: int) -> Integers:
        """By service, what it charges for the weight of a shipment of so many grams; NOT_CARRIED if it does not take
        one of this weight.
        """
        costs = self._parcel_costs.get(weight)
        if costs is None:
            if len(self._parcel_costs) >= _MOST_KEPT:
                self._parcel_costs.clear()
            bands = [band_at(service, weight) for service in self.services]
            costs = integers(NOT_CARRIED if band is None else band.price(weight) for band in bands)
            self._parcel_costs[weight] = costs
        return costs

    def minutes(self, service: Integers, distance: Integers) -> Integers:
        """How long the services take over so many metres; NOWHERE where no band reaches, where that is farther than the
        service goes, and where the distance is NOWHERE.
        """
        return self._takes[self._reaches.searchsorted(service * NO_LIMIT + distance)]

    def _make_table(self, calendars: Calendars) -> Integers:
        rows: list[tuple[int, ...]] = []
        keys: list[OptionKey] = []
        schedules: dict[tuple[int, int], int] = {}
        lanes: dict[tuple[int, ...], int] = {(): NOWHERE}
        number = {service.id: index for index, service in enumerate(self.services)}
        collects: list[bool] = []
        for place, node in enumerate(self.nodes):
            for service in (self.network.services[name] for name in sorted(node.services)):
                collecting = service.mode == "pickup"
                departures = calendars.departures(node, service)
                travels = calendars.of_node(node) if collecting else calendars.of_service(service, node)
                schedule = schedules.setdefault((id(departures), id(travels)), len(self._schedules))
                if schedule == len(self._schedules):
                    self._schedules.append((departures, travels))
                # goods that are collected where they are travel on no lane, and no distance
                taken = () if collecting else _lanes_of(self.network, node, service)
                lane = lanes.setdefault(tuple(map(id, taken)), len(self._lanes))
                if lane == len(self._lanes):
                    self._lanes.append(taken)
                keys.append(OptionKey(node=node.id, service=service.id))
                collects.append(collecting)
                rows.append(
                    (
                        len(rows),
                        place,
                        number[service.id],
                        0 if collecting else service.detour,
                        NO_LIMIT if service.max_distance is None else service.max_distance,
                        service.per_km,
                        node.handling + service.base,
                        service.drop,
                        schedule,
                        lane,
                    )
                )
        self.keys = keys
        self.way_index = {key: way for way, key in enumerate(keys)}
        self._collecting = np.array(collects, dtype=bool)
        return np.array(rows, dtype=np.int64).reshape(-1, LANES + 1).T.copy()

    def _bands(self) -> tuple[Integers, Integers]:
        """The bands of all services in one column, those of a service after those of the services before it, and the
        minutes that each takes. The last band of a service reaches to the distance NOWHERE of the next.
        """
        bands = [(NOWHERE, NOWHERE)]
        for number, service in enumerate(self.services):
            bands += [(number * NO_LIMIT + reach, minutes) for reach, minutes in _transit_of(service)]
            bands.append(((number + 1) * NO_LIMIT + NOWHERE, NOWHERE))
        return integers(reach for reach, _ in bands), integers(minutes for _, minutes in bands)


def _transit_of(service: Service) -> Iterator[tuple[int, int]]:
    """How far it goes, and the minutes it takes: a band for each day if it makes so many metres a day."""
    daily, bands = service.daily_distance, service.transit
    if daily:
        bands = tuple((days * daily, days * DAY) for days in range(1, _MOST_DAYS + 1))
    farthest = NO_LIMIT - 2 if service.max_distance is None else service.max_distance
    for reach, minutes in bands:
        if reach >= farthest:
            yield farthest, minutes
            return
        yield reach, minutes


def _lanes_of(network: Network, node: Node, service: Service) -> tuple[Lane, ...]:
    return tuple(
        lane for lane in network.lanes if lane.leaves(node) and (not lane.services or service.id in lane.services)
    )


def _most(limits: Iterable[tuple[int | None, int | None]]) -> Integers:
    """A row for each of two limits; NO_LIMIT: any number."""
    most = [[NO_LIMIT if limit is None else limit for limit in pair] for pair in limits]
    return np.array(most, dtype=np.int64).reshape(-1, 2).T
