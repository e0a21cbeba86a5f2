"""A formula as a union of boxes: in each, every property mentioned is one of some codes.

This goes on from `rules.normal_form` to a disjunctive normal form, which nothing but the rules engine needs.

Boxes are all that the rules engine is given. They keep it from alternatives that hold at the same time, which it
follows one by one: thirteen of them in a row are 8,192 ways.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.value_classes import CodeSet
from rules.normal_form import AllOf, OneOf

MOST_BOXES = 150
"""Of one formula; beyond that the union is not worked out."""

Box: TypeAlias = Mapping[int, CodeSet]
"""The codes allowed, by property; an empty box allows everything."""


class TooManyBoxes(Exception):
    """The formula is a union of more boxes than MOST_BOXES."""


def boxes(formula: Formula) -> list[Box]:
    """Boxes whose union is the formula; none if it can't hold. Raises TooManyBoxes."""
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


def _union(found: Iterable[Box | None]) -> list[Box]:
    """Boxes over one and the same property become one, and none stands twice."""
    alone: dict[int, CodeSet] = {}
    wider: list[Box] = []
    for box in found:
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
    """What both allow; None if that is nothing."""
    both = dict(one)
    for index, codes in other.items():
        both[index] = both[index] & codes if index in both else codes
        if not both[index]:
            return None
    return both
