"""Counts and movements: taken over many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import ValidationError

from api.connectors.applying.incoming import (
    APPLIED,
    OLDER,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    Refused,
    guarded,
    loaded,
    without,
)
from api.records.stock.movements import MovementRecord
from api.shapes.limits import MOST_ON_HAND
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import Quantities
from api.shapes.stock.counts import CountRequest, SentCount, lots_of_count
from api.shapes.stock.movement import MovementRequest
from engine.errors import InputInvalid, Mistake
from engine.inventory.position_checks import position_mistake
from engine.service import Pointsman
from engine.store.outcomes import CountOlder, CountRepeated, CountSet, MovementRepeated
from engine.store.stock import Count, Movement

_COUNT, _MOVEMENT = CountRequest(), MovementRequest()


def apply_counts(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    """A count that contradicts another, or can't be told from it, is refused in the words of a single one."""
    pointsman = place.pointsman
    quantities = Quantities.of(pointsman)
    read = [_read_count(row, quantities) for row in rows]
    read = _checked(pointsman, read)
    counts = [item for item in read if isinstance(item, Count)]
    outcomes = iter(_set_counts(pointsman, counts))
    return [next(outcomes) if isinstance(item, Count) else item for item in read]


def _set_counts(pointsman: Pointsman, counts: Sequence[Count]) -> Iterator[Outcome]:
    for group in _different_positions(counts):
        try:
            outcomes = pointsman.stock.set_counts(group)
        except InputInvalid:  # what it names was there a moment ago: each is told by itself
            yield from (guarded(partial(_set_count, pointsman, count)) for count in group)
            continue
        for count, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, CountSet):
                yield APPLIED
            elif isinstance(outcome, CountOlder):
                yield OLDER
            elif isinstance(outcome, CountRepeated):
                yield UNCHANGED
            else:
                yield guarded(partial(_set_count, pointsman, count))


def _different_positions(counts: Sequence[Count]) -> Iterator[list[Count]]:
    """The counts in their order, in groups of which none has two of one position: the second may be the newer one."""
    group: dict[tuple[str, str], Count] = {}
    for count in counts:
        if (count.node, count.sku) in group:
            yield list(group.values())
            group = {}
        group[count.node, count.sku] = count
    if group:
        yield list(group.values())


def _set_count(pointsman: Pointsman, count: Count) -> Outcome:
    result = pointsman.stock.set_count(count)
    return APPLIED if result.applied else OLDER if result.older else UNCHANGED


def _read_count(row: IncomingRow, quantities: Quantities) -> Count | Outcome:
    try:
        node, sku = row.fields["node"], row.fields["sku"]
        sent: SentCount = loaded(_COUNT, without(row.fields, "node", "sku"))
        on_hand = quantities.smallest(sku, sent.on_hand, field="on_hand", most=MOST_ON_HAND)
        lots = None if sent.lots is None else lots_of_count(sku, sent.lots, on_hand, quantities)
        return Count(node=node, sku=sku, on_hand=on_hand, stamp=sent.stamp, lots=lots)
    except ValidationError as error:
        return Refused(tuple(mistakes_of(error.messages)))
    except InputInvalid as error:
        return Refused(tuple(error.mistakes))


def _checked(pointsman: Pointsman, read: Sequence[Any]) -> list[Any]:
    """Of counts of nodes and SKUs that there are not, or of a time to come, what is wrong with them."""
    counts = [item for item in read if isinstance(item, Count)]
    network, products = pointsman.network(), pointsman.products({count.sku for count in counts})

    def mistake_of(count: Count) -> Mistake | None:
        return position_mistake(count.node, count.sku, network, products) or pointsman.stock.check_time(count)

    mistakes: Mapping[int, Mistake | None] = {id(count): mistake_of(count) for count in counts}
    return [item if (mistake := mistakes.get(id(item))) is None else Refused((mistake,), early=True) for item in read]


def apply_movements(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    pointsman = place.pointsman
    quantities = Quantities.of(pointsman)
    read: list[Movement | Outcome] = []
    for row in rows:
        try:
            read.append(loaded(_MOVEMENT, {"op": row.op, **row.fields}, quantities))
        except ValidationError as error:
            read.append(Refused(tuple(mistakes_of(error.messages))))
    movements = [item for item in read if isinstance(item, Movement)]
    outcomes = iter(_move(pointsman, movements, quantities))
    return [next(outcomes) if isinstance(item, Movement) else item for item in read]


def _move(pointsman: Pointsman, movements: Sequence[Movement], quantities: Quantities) -> Iterator[Outcome]:
    outcomes = pointsman.stock.move(movements) if movements else []
    for movement, outcome in zip(movements, outcomes, strict=True):
        if isinstance(outcome, Mistake):
            yield Refused((outcome,), early=outcome.field in ("node", "sku"))
        elif isinstance(outcome, MovementRepeated):
            yield UNCHANGED
        else:
            record = MovementRecord.of(0, movement, outcome, partial(quantities.show_units, movement.sku))
            refusal = record.message if isinstance(record.message, str) else None
            yield APPLIED if refusal is None else Refused((Mistake(field="delta", message=refusal),))
