"""What is on hand of many SKUs at every node, a part of them at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import parts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionUnits:
    """Units of a SKU at a node, in its smallest part. `held` may be more than what is on hand."""

    node: str
    sku: str
    on_hand: int
    held: int

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.held)


def positions(facts: FactsReader, skus: Sequence[str], clock: Callable[[], int]) -> Iterator[Sequence[PositionUnits]]:
    """The positions of these SKUs that ever had stock; each part as it is when it is read. Raises NotReady,
    StoreUnavailable.
    """
    for part in parts_of(list(dict.fromkeys(skus)), facts.network()):
        read = facts.read_stock(part, clock(), cached=False)
        stock, node_ids = read.facts.stock, read.facts.ways.node_ids
        columns = (column.tolist() for column in (stock.sku, stock.node, stock.on_hand, stock.held))
        yield [
            PositionUnits(node=node_ids[node], sku=read.facts.products[sku].sku, on_hand=on_hand, held=held)
            for sku, node, on_hand, held in zip(*columns, strict=True)
        ]
