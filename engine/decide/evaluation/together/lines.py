"""The lines of several orders, with what is known of each before any table is made."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.positions import Shared
from engine.decide.shipping.columns import Integers
from engine.model.facts import Line, Product


class LinesTogether(NamedTuple):
    """By line, those of an order after those of the one before: its product, its order's channel, and the facts that
    its positions and options share.
    """

    lines: Sequence[Line]
    products: Sequence[Product]
    channels: Sequence[str]
    facts: Sequence[Shared]

    @classmethod
    def of(cls, evaluations: Sequence[Evaluation]) -> "LinesTogether":
        lines = [line for its in evaluations for line in its.order.lines]
        products = evaluations[0].snapshot.products
        return cls(
            lines,
            [products[line.sku] for line in lines],
            [its.order.channel for its in evaluations for _ in its.order.lines],
            [facts for its in evaluations for facts in its.line_facts],
        )


def parts_of(ends: Integers) -> list[slice]:
    """The rows of each line, by where they end."""
    last = ends.tolist()
    return [slice(start, end) for start, end in zip([0, *last], last, strict=False)]
