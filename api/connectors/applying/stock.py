"""Counts and movements: taken over many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

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
    refused,
    together,
    without,
)
from api.records.stock.movements import MovementRecord
from api.shapes.limits import MOST_ON_HAND
from api.shapes.quantities import Quantities
from api.shapes.stock.counts import CountRequest, SentCount, lots_of_count
from api.shapes.stock.movement import MovementRequest
from engine.errors import Mistake
from engine.inventory.position_checks import position_mistake
from engine.service import Pointsman
from engine.store.outcomes import CountOlder, CountOutcome, CountRepeated, CountSet, MovementOutcome, MovementRepeated
from engine.store.stock import Count, Movement

_REFUSED_BEFORE = (
    "it was refused by a process that died before it could say why: look at what it is about, and replay it if it is"
    " right"
)
_COUNT, _MOVEMENT = CountRequest(), MovementRequest()


def apply_counts(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    """A count that contradicts another, or can't be told from it, is refused in the words of a single one."""
    pointsman = place.pointsman
    quantities = Quantities.of(pointsman)
    read = [guarded(partial(_read_count, row, quantities)) for row in rows]
    read = _checked(pointsman, read)
    counts = [item for item in read if isinstance(item, Count)]
    groups = _different_positions(counts)
    outcomes = iter([outcome for group in groups for outcome in together(group, partial(_set_counts, pointsman))])
    return [next(outcomes) if isinstance(item, Count) else item for item in read]


def _set_counts(pointsman: Pointsman, counts: Sequence[Count]) -> list[Outcome]:
    """Of different positions. Raises InputInvalid if what one names was there a moment ago, and is not any more."""
    outcomes = pointsman.stock.set_counts(counts)
    return [_count_outcome(pointsman, count, outcome) for count, outcome in zip(counts, outcomes, strict=True)]


def _count_outcome(pointsman: Pointsman, count: Count, outcome: CountOutcome) -> Outcome:
    if isinstance(outcome, CountSet):
        return APPLIED
    if isinstance(outcome, CountOlder):
        return OLDER
    if isinstance(outcome, CountRepeated):
        return UNCHANGED
    return guarded(partial(_set_count, pointsman, count))


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


def _read_count(row: IncomingRow, quantities: Quantities) -> Count:
    """Raises ValidationError, InputInvalid."""
    node, sku = row.fields["node"], row.fields["sku"]
    sent: SentCount = loaded(_COUNT, without(row.fields, "node", "sku"))
    on_hand = quantities.smallest(sku, sent.on_hand, field="on_hand", most=MOST_ON_HAND)
    lots = None if sent.lots is None else lots_of_count(sku, sent.lots, on_hand, quantities)
    return Count(node=node, sku=sku, on_hand=on_hand, stamp=sent.stamp, lots=lots)


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
    read: list[Movement | Refused] = [
        guarded(lambda row=row: loaded(_MOVEMENT, {"op": row.op, **row.fields}, quantities)) for row in rows
    ]
    if place.resumed:
        read = _without_refused_before(pointsman, read)
    movements = [item for item in read if isinstance(item, Movement)]
    outcomes = iter(together(movements, partial(_move, pointsman, quantities)))
    return [next(outcomes) if isinstance(item, Movement) else item for item in read]


def _without_refused_before(pointsman: Pointsman, read: Sequence[Movement | Refused]) -> list[Movement | Refused]:
    """Movements are applied in their order: one that was not, before one that was, was refused by a process that died
    then. It stays so, though it could be applied by now, as what came behind it changed the stock.
    """
    ops = [item.op for item in read if isinstance(item, Movement)]
    applied = {op for op, is_applied in zip(ops, pointsman.stock.applied(ops), strict=True) if is_applied}
    last = max((at for at, item in enumerate(read) if isinstance(item, Movement) and item.op in applied), default=-1)
    return [
        refused(_REFUSED_BEFORE) if at < last and isinstance(item, Movement) and item.op not in applied else item
        for at, item in enumerate(read)
    ]


def _move(pointsman: Pointsman, quantities: Quantities, movements: Sequence[Movement]) -> list[Outcome]:
    outcomes = pointsman.stock.move(movements)
    return [
        _movement_outcome(movement, outcome, quantities) for movement, outcome in zip(movements, outcomes, strict=True)
    ]


def _movement_outcome(movement: Movement, outcome: MovementOutcome | Mistake, quantities: Quantities) -> Outcome:
    if isinstance(outcome, Mistake):
        return Refused((outcome,), early=outcome.field in ("node", "sku"))
    if isinstance(outcome, MovementRepeated):
        return UNCHANGED
    record = MovementRecord.of(0, movement, outcome, partial(quantities.show_units, movement.sku))
    refusal = record.message if isinstance(record.message, str) else None
    return APPLIED if refusal is None else Refused((Mistake(field="delta", message=refusal),))
