"""The best choice of a small problem, by trying every way to ship it."""

import itertools
from collections.abc import Iterator

from engine.decide.sourcing.problem import Choice, Problem, Score

_NO_SCORE = (0, 0, 0, 0)


def best_by_enumeration(problem: Problem) -> Choice:
    """The best choice by enumeration: line by line, every way to ship it. Of the ways so far that leave the same stock,
    lots, capacity and caps to later lines, and have each set at the same place, only the best is kept.
    """
    lots, caps = tuple(limit.most for limit in problem.lot_limits), tuple(cap.most for cap in problem.caps)
    ways = {((), frozenset(problem.supply.items()), (_capacities(problem), lots), caps, frozenset()): (_NO_SCORE, ())}
    for index, demand in enumerate(problem.demands):
        later = {other.sku for other in problem.demands[index + 1 :]}
        next_ways = {}
        for (used, supply, (capacity, lots), caps, sets), (score, quantities) in ways.items():
            for units in _shipped(problem, index, dict(supply)):
                capacity_left = _capacity_left(problem, index, capacity, units)
                sets_now = _sets(problem, index, sets, units)
                lots_left = _lots_left(problem, index, lots, units)
                caps_left = _caps_left(problem, index, caps, units)
                if capacity_left is None or sets_now is None or min((*lots_left, *caps_left), default=0) < 0:
                    continue
                keys = _loaded(problem, index, used, units)
                left = frozenset(
                    item for item in _taken(dict(supply), units, demand.sku).items() if item[0][1] in later
                )
                now = tuple(-count for _, count in sorted(units.items()))
                way = (_added(score, _cost(problem, index, units)), quantities + now)
                state = (keys, left, (capacity_left, lots_left), caps_left, sets_now)
                next_ways[state] = min(way, next_ways.get(state, way))
        ways = next_ways
    ranks = [
        _rank(problem, frozenset(key for key, _, _ in used), *way)
        for (used, *_), way in ways.items()
        if _allowed(problem, used)
    ]
    score, _, _, quantities = min(ranks)
    keys = sorted(candidate.key for candidate in problem.candidates)
    places = itertools.product(range(len(problem.demands)), keys)
    units = {(key, index): -count for (index, key), count in zip(places, quantities, strict=True) if count}
    if problem.ship_complete and score[0]:
        return Choice(units={}, score=Score(unfilled=_units_ordered(problem), unless_needed=0, tiers=0, money=0))
    unfilled, unless_needed, tiers, money = score
    return Choice(units=units, score=Score(unfilled=unfilled, unless_needed=unless_needed, tiers=tiers, money=money))


def _shipped(problem, index, supply) -> Iterator[dict]:
    """Every way to ship a line, as units by candidate."""
    demand = problem.demands[index]
    most = {
        c.key: min(demand.quantity, supply.get((c.key.node, demand.sku), 0)) if index in c.prices else 0
        for c in problem.candidates
    }
    for counts in itertools.product(*[range(count + 1) for count in most.values()]):
        units = dict(zip(most, counts, strict=True))
        total = sum(counts)
        whole = not (demand.together or demand.set_name) or total == 0 or demand.quantity in counts
        whole = whole and all(count % problem.multiples.get((key.node, index), 1) == 0 for key, count in units.items())
        if total <= demand.quantity and whole and min(_taken(supply, units, demand.sku).values(), default=0) >= 0:
            yield units


def _lots_left(problem, index, lots, units):
    """What is left of each limit of lots."""
    return tuple(
        left - sum(count for key, count in units.items() if (key, index) in limit.places)
        for left, limit in zip(lots, problem.lot_limits, strict=True)
    )


def _capacities(problem):
    """(Node, what it may still ship in units, in grams)."""
    return frozenset((node, *capacity) for node, capacity in problem.capacity.items())


def _caps_left(problem, index, caps, units):
    """By cap, how many more units its nodes may ship; below 0 if there were too many."""
    sku = problem.demands[index].sku
    return tuple(
        left - (sum(count for key, count in units.items() if key.node in cap.nodes) if cap.sku == sku else 0)
        for cap, left in zip(problem.caps, caps, strict=True)
    )


def _capacity_left(problem, index, capacity, units):
    """None if there is too little."""
    weight, left = problem.demands[index].weight, set()
    for node, most_units, most_weight in capacity:
        count = sum(units for key, units in units.items() if key.node == node)
        units_left = None if most_units is None else most_units - count
        weight_left = None if most_weight is None else most_weight - count * weight
        if (units_left is not None and units_left < 0) or (weight_left is not None and weight_left < 0):
            return None
        left.add((node, units_left, weight_left))
    return frozenset(left)


def _sets(problem, index, sets, units):
    """(Set, the candidate that ships it or None), with this line's; None if the line ships from elsewhere than its
    set.
    """
    name = problem.demands[index].set_name
    if name is None:
        return sets
    key = next((key for key, count in units.items() if count), None)
    if any(other == name and place != key for other, place in sets):
        return None
    return sets | {(name, key)}


def _taken(supply, units, sku):
    for (node, *_), count in units.items():
        if count:
            supply = supply | {(node, sku): supply[node, sku] - count}
    return supply


def _cost(problem, index, units):
    prices = {c.key: c.prices[index] for c in problem.candidates if index in c.prices}
    parts = [
        (0, count * prices[key].unless_needed, count * prices[key].tier, count * prices[key].money)
        for key, count in units.items()
        if count
    ]
    return _added((problem.demands[index].quantity - sum(units.values()), 0, 0, 0), *parts)


def _added(*scores):
    return tuple(map(sum, zip(*scores, strict=True)))


def _loaded(problem, index, used, units):
    """The shipments with the units of one more line: (key, grams, units) of each."""
    loads = {key: (grams, count) for key, grams, count in used}
    for key, count in units.items():
        if count:
            grams, before = loads.get(key, (0, 0))
            loads[key] = grams + count * problem.demands[index].weight, before + count
    return tuple(sorted((key, *load) for key, load in loads.items()))


def _allowed(problem, loads):
    bounds = {c.key: c.bounds for c in problem.candidates}
    for key, grams, count in loads:
        if bounds[key] is not None:
            least, most, least_units, most_units = bounds[key]
            if not (least <= grams <= most and least_units <= count <= most_units):
                return False
    used = [key for key, _, _ in loads]
    nodes = [node for node, *_ in used]
    if len({key[:3] for key in used}) < len(used):
        return False
    return len(used) <= (len(used) if problem.max_shipments is None else problem.max_shipments) and all(
        nodes.count(node) <= room for node, room in problem.room.items()
    )


def _rank(problem, used, score, quantities):
    fixed = sum(c.fixed for c in problem.candidates if c.key in used)
    splits = problem.split_penalty * max(0, len(used) - 1)
    return _added(score, (0, 0, 0, fixed + splits)), len(used), sorted(used), quantities


def _units_ordered(problem):
    return sum(demand.quantity for demand in problem.demands)
