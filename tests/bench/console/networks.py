"""A network as large as the largest retailers': the example's, its nodes and articles made over and over."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.model.facts import GeoPoint, Inventory, Line, Node, Order, Product

NODES, SKUS = 2_000, 50_000
EVERYWHERE = 20
"""The first so many articles are at every node, as carrier bags and gift cards are."""
AT = 4
"""Nodes that have one of the others."""
_SHIFT = 20_000
"""Microdegrees, some two kilometres, between a node and the next one that is made of the same."""
_ON_HAND = 12


def large_inventory(example: Inventory, *, nodes: int = NODES, skus: int = SKUS) -> Inventory:
    made = {node.id: node for node in itertools.islice(_nodes(list(example.network.nodes.values())), nodes)}
    products = {product.sku: product for product in itertools.islice(_products(example.products.values()), skus)}
    stock = _stock(list(products), list(made))
    pace = 500
    return replace(
        example,
        network=replace(example.network, nodes=made, decimals={}),
        products=products,
        stock=stock,
        paces={sku: dict.fromkeys(units, pace) for sku, units in itertools.islice(stock.items(), EVERYWHERE)},
        lots={},
        learnt={},
    )


def large_orders(orders: Iterable[Order], inventory: Inventory) -> list[Order]:
    """The example's orders, of articles of the large network: the first line of each is of one that is everywhere."""
    skus = list(inventory.products)
    return [
        replace(order, collect_at=None, lines=tuple(_line(line, skus, number) for line in order.lines))
        for number, order in enumerate(orders)
    ]


def _line(line: Line, skus: Sequence[str], number: int) -> Line:
    first = line.id == "1"
    return replace(line, sku=skus[number % EVERYWHERE if first else number * 37 % len(skus)], collect_at=None)


def _nodes(examples: Sequence[Node]) -> Iterator[Node]:
    """The example's own, and then others beside them: of lyon, lyon-1, and so on."""
    yield from examples
    for turn in itertools.count(1):
        for node in examples:
            place = node.place and GeoPoint(
                latitude=node.place.latitude + turn * _SHIFT, longitude=node.place.longitude + turn * _SHIFT // 2
            )
            yield replace(node, id=f"{node.id}-{turn}", place=place)


def _products(examples: Iterable[Product]) -> Iterator[Product]:
    for turn in itertools.count(1):
        for product in examples:
            yield replace(product, sku=f"{product.sku}-{turn}", decimals=0, unit=None)


def _stock(skus: Sequence[str], nodes: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """By SKU, the units at each node that has some."""
    everywhere = dict.fromkeys(nodes, _ON_HAND)
    stock: dict[str, Mapping[str, int]] = dict.fromkeys(skus[:EVERYWHERE], everywhere)
    for number, sku in enumerate(skus[EVERYWHERE:]):
        places = {nodes[(number * AT + turn * 97) % len(nodes)] for turn in range(AT)}
        stock[sku] = dict.fromkeys(sorted(places), _ON_HAND)
    return stock
