"""Several lines that share the stock of one SKU: successive shortest paths (Ford & Fulkerson 1962; Bellman-Ford for the
paths, since costs may be negative), which re-route earlier units where that is cheaper.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from engine.decide.sourcing.problem import Key

Flow: TypeAlias = dict[tuple[Key, int], int]
"""Units by (shipment, line), above zero."""
_Path: TypeAlias = list[tuple[Key, int]]
_Reach: TypeAlias = tuple[int, _Path]
"""The cost of a path, and the path."""
Edges: TypeAlias = Sequence[tuple[tuple[Key, int], int]]


def cheapest_flow(quantities: Mapping[int, int], supply: Mapping[str, int], edges: Edges) -> Flow:
    flow: Flow = {}
    wanted, free = dict(quantities), dict(supply)
    while path := _shortest_path(wanted, free, edges, flow):
        taken_back = [flow[item] for item in path[1::2]]
        units = min(wanted[path[0][1]], free[path[-1][0][0]], *taken_back)
        wanted[path[0][1]] -= units
        free[path[-1][0][0]] -= units
        for step, item in enumerate(path):
            # even steps ship, odd ones take back what an earlier path shipped
            flow[item] = flow.get(item, 0) + (units if step % 2 == 0 else -units)
    return {item: units for item, units in flow.items() if units}


def _shortest_path(wanted: Mapping[int, int], free: Mapping[str, int], edges: Edges, flow: Flow) -> _Path:
    """From a line with units wanted to a node with units free: shipments to add, take back, add ..."""
    lines: dict[int, _Reach] = {line: (0, []) for line, units in wanted.items() if units}
    nodes: dict[str, _Reach] = {}
    while _forward(lines, nodes, edges) and _backward(lines, nodes, edges, flow):
        pass
    ends = [(cost, node) for node, (cost, _) in nodes.items() if free[node]]
    return nodes[min(ends)[1]][1] if ends else []


def _forward(lines: dict[int, _Reach], nodes: dict[str, _Reach], edges: Edges) -> bool:
    """Reach nodes by shipping to the lines that are reached."""
    nearer = False
    for item, cost in edges:
        if item[1] in lines:
            spent, path = lines[item[1]]
            node = item[0][0]
            if node not in nodes or spent + cost < nodes[node][0]:
                nodes[node] = (spent + cost, [*path, item])
                nearer = True
    return nearer


def _backward(lines: dict[int, _Reach], nodes: dict[str, _Reach], edges: Edges, flow: Flow) -> bool:
    """Reach lines by taking back from the nodes that are reached what they ship to them."""
    nearer = False
    for item, cost in edges:
        if flow.get(item) and item[0][0] in nodes:
            spent, path = nodes[item[0][0]]
            if item[1] not in lines or spent - cost < lines[item[1]][0]:
                lines[item[1]] = (spent - cost, [*path, item])
                nearer = True
    return nearer
