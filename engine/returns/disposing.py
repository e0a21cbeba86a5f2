"""Works out what becomes of returned units, where they go, and what becomes of the stock by that. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import InputInvalid, Mistake, NotReturnable, ReturnOver
from engine.model.facts import Network, Product
from engine.returns.dispositions import Stated, disposed, place_stated, verify_allowed
from engine.returns.inspecting import groups_meant, split_group
from engine.returns.placing import Placing
from engine.returns.receiving import Step, units_by_line
from engine.returns.return_state import verify_expects
from engine.returns.returnable_units import LineUnitsBack, lines_back
from engine.store.flows.stored_return import KEPT, MovedReturn, ReturnMove, StoredReturn, StoredReturnedUnitsRecord

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedUnits:
    """So many units of a group, or all of them; without a group, of every group that has a grade. `disposition` is what
    becomes of them, None: what the rules say. They are put in stock as `as_sku`, None: as the rules say, or as what
    they are; and at the node `place`, None: where they gain most.
    """

    group: int | None = None
    quantity: int | None = None
    disposition: str | None = None
    as_sku: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposeRequest:
    """What becomes of returned units; and units by line, or by SKU, that were to come and that their customer keeps
    (`kept`). `because` says why, where that is not what the rules say.
    """

    groups: Sequence[DisposedUnits] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    because: str = ""
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        groups = [[item.group, item.quantity, item.disposition, item.as_sku, item.place] for item in self.groups]
        return f"disposed {orjson.dumps([groups, sorted(self.kept.items())]).decode()}"


def plan_disposal(
    request: DisposeRequest,
    stored: StoredReturn,
    network: Network,
    products: Mapping[str, Product],
    *,
    placing: Placing,
    by: str,
) -> Step:
    """What the disposal changes. `products` has those of the return and of `as_sku` that there are. Raises
    InputInvalid, NotReturnable, ReturnOver, DispositionRefused.
    """
    groups = list(stored.groups)
    changed: list[int] = []
    for item in request.groups:
        waiting = [group.number for group in groups if group.is_here and group.grade]
        none = f"no units of return '{stored.id}' wait for a disposition: {_why_none(stored)}"
        for number in groups_meant(item.group, item.quantity, waiting, none=none):
            index = split_group(groups, number, item.quantity, stored, network)
            if not groups[index].grade:
                raise ReturnOver(f"group {number} of return '{stored.id}' was not inspected yet; give it a grade first")
            stated = Stated(disposition=item.disposition, as_sku=item.as_sku, because=request.because, by=by)
            groups[index] = disposed(groups[index], placing.ruling(groups[index]), stated)
            verify_allowed(groups[index], network, {**products, **placing.products})
            changed += _place(groups, index, item, placing, stated)
    groups += _kept(request, stored, network, placing=placing, first=len(groups) + 1)
    if not (changed or request.kept):
        raise InputInvalid([Mistake(field="groups", message="say of which groups, or which lines are kept")])
    after = replace(stored, groups=tuple(groups))
    moved = tuple(_moved(groups[index], stored, placing) for index in changed if groups[index].leaves)
    return Step(after=after, moves=_moves(groups[index] for index in changed), moved=moved)


def _why_none(stored: StoredReturn) -> str:
    if any(group.is_here for group in stored.groups):
        return "those that are here have no grade yet; inspect them first"
    if any(group.node for group in stored.groups):
        return "all that came were disposed of"
    return "none came yet; receive and inspect them first"


def _place(
    groups: list[StoredReturnedUnitsRecord], index: int, item: DisposedUnits, placing: Placing, stated: Stated
) -> list[int]:
    """Gives a group that has a disposition its place; if its units go to several, it is split. Returns the indexes."""
    group = groups[index]
    if group.disposition != "restock":
        if item.place is not None:
            message = f"only units that are restocked go to a place, and these are to '{group.disposition}'"
            raise InputInvalid([Mistake(field="place", message=message)])
        groups[index] = replace(group, place=group.node if group.disposition == "refurbish" else "")
        if not group.by:
            placing.note_ruled(group)
        return [index]
    # as which other article it gains most where, only rules that name the article say
    places = [(group.units, group.node)] if item.as_sku else placing.places(group, stated=item.place)
    if item.place is not None:
        groups[index] = place_stated(group, item.place, places, placing, stated)
        return [index]
    (units, node), *others = places
    groups[index] = replace(group, units=units, place=node)
    for more, other in others:
        groups.append(replace(group, number=len(groups) + 1, units=more, place=other))
        placing.split_off(group.number, other, number=len(groups))
    return [index, *range(len(groups) - len(others), len(groups))]


def _kept(
    request: DisposeRequest, stored: StoredReturn, network: Network, *, placing: Placing, first: int
) -> Iterator[StoredReturnedUnitsRecord]:
    """Units that were to come, and that their customer keeps; the `first` group of them has that number."""
    if not request.kept:
        return
    verify_expects(stored, placing.now, expires=timestamp(stored.expires_at))
    lines = lines_back(placing.order, placing.now, without=stored.id)
    skus = {item.line: item.sku for item in stored.lines}
    for number, (line, units) in enumerate(units_by_line("kept", request.kept, stored).items(), start=first):
        left = stored.to_come.get(line, 0)
        if units > left:
            shown = network.quantity_text(skus[line], left)
            message = f"only {shown} of line {line} are still to come; what came is disposed of by its group"
            raise InputInvalid([Mistake(field=f"kept.{line}", message=message)])
        _verify_shipped(line, skus[line], units, lines.get(line), network)
        yield StoredReturnedUnitsRecord(
            number=number, sku=skus[line], units=units, line=line, disposition=KEPT, because=request.because
        )


def _verify_shipped(name: str, sku: str, units: int, line: LineUnitsBack | None, network: Network) -> None:
    """Raise NotReturnable if more units of a line would be kept than have left: a confirm may have been undone."""
    free = line.free if line else 0
    if units > free:
        text = network.quantity_text
        raise NotReturnable(
            f"line {name} ({sku}): {text(sku, units)} can't be kept, as only {text(sku, max(0, free))} of the order"
            " have left and are neither back nor expected on another return"
        )


def _moved(group: StoredReturnedUnitsRecord, stored: StoredReturn, placing: Placing) -> MovedReturn:
    """The receipt by which the other place expects it; it takes a minute at least."""
    takes = max(1, placing.lane_takes(group, group.place) or 0)
    return MovedReturn(
        receipt=stored.receipt_of(group),
        sku=group.as_sku or group.sku,
        node=group.place,
        units=group.units,
        expected_at=placing.now + takes * MINUTE,
    )


def _moves(groups: Iterable[StoredReturnedUnitsRecord]) -> tuple[ReturnMove, ...]:
    """By position, each once."""
    units: dict[tuple[str, str], Counter[str]] = {}
    for group in groups:
        units.setdefault((group.sku, group.node), Counter())["quarantine"] -= group.units
        if group.disposition == "restock" and not group.leaves:
            units.setdefault((group.as_sku or group.sku, group.place), Counter())["on_hand"] += group.units
        elif group.disposition == "refurbish":
            units[group.sku, group.node]["blocked"] += group.units
    return tuple(ReturnMove(sku=sku, node=node, **moved) for (sku, node), moved in units.items())
