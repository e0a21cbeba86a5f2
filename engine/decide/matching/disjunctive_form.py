"""The disjunctive normal form of a formula: a union of boxes. A box allows, for each property it mentions, some codes.

It is made from `rules.normal_form`, because durable-rules alone needs a disjunction at the top.

durable-rules is given only boxes. It would follow alternatives that hold at the same time one by one: thirteen pairs
of them in a row are 8,192 paths. A box has none.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.value_classes import CodeSet
from rules.normal_form import AllOf, OneOf

MOST_BOXES = 150
"""Of one formula; a union of more is not computed."""

Box: TypeAlias = Mapping[int, CodeSet]
"""The codes allowed, by property; an empty box allows everything."""


class TooManyBoxes(Exception):
    """The formula is a union of more boxes than MOST_BOXES."""


def boxes(formula: Formula) -> list[Box]:
    """Boxes whose union is the formula; no box if it can never hold. Raises TooManyBoxes."""
    match formula:
        case Atom(index=index, codes=codes):
            return [{index: codes}] if codes else []
        case OneOf(parts=parts):
            return _union(box for part in parts for box in boxes(part))
        case AllOf(parts=parts):
            product: list[Box] = [{}]
            for part in parts:
                others = boxes(part)
                product = _union(_overlap(box, other) for box in product for other in others)
            return product


def _union(union: Iterable[Box | None]) -> list[Box]:
    """The boxes without duplicates; those that mention one property alone are merged, by property."""
    alone: dict[int, CodeSet] = {}
    wider: list[Box] = []
    for box in union:
        if box is None or box in wider:
            continue
        if len(box) == 1:
            ((index, codes),) = box.items()
            alone[index] = alone.get(index, 0) | codes
        else:
            wider.append(box)
        if len(alone) + len(wider) > MOST_BOXES:
            raise TooManyBoxes
    return [*({index: codes} for index, codes in alone.items()), *wider]


def _overlap(one: Box, other: Box) -> Box | None:
    """The box of what both allow; None if they allow nothing in common."""
    both = dict(one)
    for index, codes in other.items():
        both[index] = both[index] & codes if index in both else codes
        if not both[index]:
            return None
    return both
