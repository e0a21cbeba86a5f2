"""Min-cost flow: several lines that share the stock of one SKU. Successive shortest paths (Ford & Fulkerson 1962),
found by Bellman-Ford since costs may be negative; a path re-routes units of earlier paths where that is cheaper.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from engine.model.facts import OptionKey

Flow: TypeAlias = dict[tuple[OptionKey, int], int]
"""Units by (shipment, line), above zero."""
Arcs: TypeAlias = Sequence[tuple[tuple[OptionKey, int], int]]
"""((shipment, line), cost of a unit)."""
_Shipping: TypeAlias = tuple[str, int]
"""From a node to a line, by the node's cheapest shipment for that line."""


def cheapest_flow(quantities: Mapping[int, int], supply: Mapping[str, int], arcs: Arcs) -> Flow:
    """The flow that ships most units, at the least cost."""
    cheapest: dict[_Shipping, tuple[int, tuple[OptionKey, int]]] = {}
    for item, cost in arcs:
        pair = item[0].node, item[1]
        if pair not in cheapest or (cost, item) < cheapest[pair]:
            cheapest[pair] = (cost, item)
    shipping: dict[int, list[tuple[str, int]]] = {line: [] for line in quantities}
    for (node, line), (cost, _) in cheapest.items():
        if line in shipping:
            shipping[line].append((node, cost))
    shipped: dict[str, dict[int, int]] = {node: {} for node in supply}
    unfilled, free = dict(quantities), dict(supply)
    while path := _shortest_path(unfilled, free, shipping, cheapest, shipped):
        taken_back = [shipped[node][line] for node, line in path[1::2]]
        units = min(unfilled[path[0][1]], free[path[-1][0]], *taken_back)
        unfilled[path[0][1]] -= units
        free[path[-1][0]] -= units
        for place, (node, line) in enumerate(path):
            # even pairs ship, odd ones take back what an earlier path shipped
            left = shipped[node].get(line, 0) + (units if place % 2 == 0 else -units)
            if left:
                shipped[node][line] = left
            else:
                del shipped[node][line]
    return {cheapest[node, line][1]: units for node, lines in shipped.items() for line, units in lines.items()}


def _shortest_path(
    unfilled: Mapping[int, int],
    free: Mapping[str, int],
    shipping: Mapping[int, Sequence[tuple[str, int]]],
    cheapest: Mapping[_Shipping, tuple[int, tuple[OptionKey, int]]],
    shipped: Mapping[str, Mapping[int, int]],
) -> list[_Shipping]:
    """The cheapest augmenting path from a line with units unfilled to a node with units free: pairs to add, to take
    back, to add, and so on. Empty if there is none.
    """
    lines = {line: 0 for line, units in unfilled.items() if units}
    nodes: dict[str, int] = {}
    to_node: dict[str, int] = {}
    to_line: dict[int, str] = {}
    queue = deque(lines)
    while queue:
        line = queue.popleft()
        cost_so_far = lines[line]
        for node, cost in shipping[line]:
            if node not in nodes or cost_so_far + cost < nodes[node]:
                nodes[node], to_node[node] = cost_so_far + cost, line
                for other in shipped[node]:
                    back = cost_so_far + cost - cheapest[node, other][0]
                    if other not in lines or back < lines[other]:
                        lines[other], to_line[other] = back, node
                        queue.append(other)
    ends = [(cost, node) for node, cost in nodes.items() if free[node]]
    if not ends:
        return []
    node = min(ends)[1]
    path = [(node, to_node[node])]
    while path[-1][1] in to_line:
        line = path[-1][1]
        path += [(to_line[line], line), (to_line[line], to_node[to_line[line]])]
    return path[::-1]
