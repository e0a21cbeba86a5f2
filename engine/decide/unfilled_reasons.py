"""Why units of a line stay unfilled: what became of every unit the network has of its SKU.

How the numbers add up: of every unit there is (that nobody holds) and that the decision does not ship, its place says
that it is kept back or can't be used (excluded, full, resting, out of reach); of those that could be used, what bounds
the line or the order says how many the line goes without. `not_enough` says how many units fewer than ordered there
are, kept back and out of reach included. So if a bound says fewer units than the line lacks, then what is shipped, kept
back, out of use and bounded is all there is; and where there is `not_enough`, with it, all that was ordered. Held units
count as there only if there is nothing else (`held_for_others`).

Several lines of one SKU lack the same units: each tells of all places. What there is fills, so to speak, the first line
first; so that bounds and `not_enough` add up over the lines.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.decide.decision import Reason
from engine.decide.evaluation import Case, Offer, Stand
from engine.decide.matching.judge import Judgement
from engine.decide.sourcing.problem import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What there is at a stand after the decision: units `kept` back, and `free`."""

    stand: Stand
    kept: int
    free: int

    @classmethod
    def of(cls, stand: Stand, taken: int) -> "_Left":
        """Once `taken` units of the SKU are shipped from there, by whichever line: floors may be of one line alone."""
        free = max(0, stand.free - taken)
        return cls(stand=stand, kept=max(0, stand.position.available) - taken - free, free=free)


def reasons(case: Case, choice: Choice, index: int, missing: Sequence[int]) -> tuple[Reason, ...]:
    """Why units of the line at `index` are unfilled in `choice`, the places first that could not be used at all.
    `missing` are the units unfilled by line.
    """
    stands, offers = case.stands[index], case.offers[index]
    wanted = _before(case, index, missing) + missing[index]
    if not any(stand.position.available > 0 for stand in stands):
        return tuple(_nothing(sum(stand.position.held for stand in stands), wanted, missing[index]))
    left = list(_left(case, choice, index))
    usable = {offer.option.route.node.id for offer in offers if not offer.excluded}
    usable = {node for node in usable if case.room(node) != 0}
    open_ = [item for item in left if item.stand.node in usable]
    bounded = min(missing[index], missing[index] + sum(item.free for item in open_) - wanted)
    return (
        *_kept(case, left),
        *_closed(case, [item for item in left if item.free and item.stand.node not in usable], offers),
        *_bounds(case, choice, index, bounded, open_),
        *_too_few("not_enough", min(missing[index], wanted - sum(item.kept + item.free for item in left))),
    )


def _nothing(held: int, wanted: int, missing: int) -> Iterator[Reason]:
    """Where nobody has any that is not held."""
    if held:
        yield Reason(code="held_for_others", units=held)
        yield from _too_few("not_enough", min(missing, wanted - held))
    else:
        yield from _too_few("no_stock", missing)


def _left(case: Case, choice: Choice, index: int) -> Iterator[_Left]:
    lines = case.order.lines
    taken: Counter[str] = Counter()
    for ((node, _), demand), units in choice.units.items():
        if lines[demand].sku == lines[index].sku:
            taken[node] += units
    return (_Left.of(stand, taken[stand.node]) for stand in case.stands[index])


def _before(case: Case, index: int, missing: Sequence[int]) -> int:
    """Units missing of the lines of the same SKU that stand before."""
    lines = case.order.lines
    return sum(missing[other] for other in range(index) if lines[other].sku == lines[index].sku)


def _kept(case: Case, left: Sequence[_Left]) -> Iterator[Reason]:
    kept = [item for item in left if item.kept]
    if kept:
        judged = (item.stand.judgement for item in kept)
        yield Reason(
            code="kept_back", units=sum(item.kept for item in kept), rules=_with(case, judged, "keep", "protect")
        )


def _closed(case: Case, left: Sequence[_Left], offers: Sequence[Offer]) -> Iterator[Reason]:
    """Of nodes with units free that can't be used, by cause."""
    offered = {offer.option.route.node.id for offer in offers}
    causes: dict[str, list[_Left]] = {}
    for item in left:
        node = item.stand.node
        causes.setdefault(_cause(case, node) if node in offered else "unreachable", []).append(item)
    for code, those in sorted(causes.items()):
        nodes = {item.stand.node for item in those}
        barring = {
            "node_full": _with(case, (case.limits[node] for node in nodes), "daily_orders"),
            "resting": tuple(
                sorted({rule for node in nodes if node in case.resting for rule in case.resting[node].because})
            ),
            "excluded": _with(case, (o.judgement for o in offers if o.option.route.node.id in nodes), "exclude"),
        }
        yield Reason(code=code, units=sum(item.free for item in those), rules=barring.get(code, ()))


def _cause(case: Case, node: str) -> str:
    """Why a node with units free and a way to go can't be used."""
    if node in case.resting:
        return "resting"
    return "node_full" if case.room(node) == 0 else "excluded"


def _bounds(case: Case, choice: Choice, index: int, units: int, left: Sequence[_Left]) -> Iterator[Reason]:
    """What kept so many units at usable places, of those that this order's lines leave there, from filling the line."""
    if units <= 0:
        return  # what was said of the places says it all
    if case.keeps_together(index) and max(item.free for item in left) < case.order.lines[index].quantity:
        rules = _with(case, [case.line_judgements[index]], "keep_together")
        yield Reason(code="kept_together", units=units, rules=rules)
    else:
        yield from _order_bounds(case, choice, units)


def _order_bounds(case: Case, choice: Choice, units: int) -> Iterator[Reason]:
    outcome = case.order_outcome
    shipments = len({key for key, _ in choice.units})
    if case.max_shipments is not None and shipments >= case.max_shipments:
        rules = _with(case, [case.order_judgement], "max_shipments")
        yield Reason(code="max_shipments", units=units, rules=rules)
    elif outcome.ship_complete:
        yield Reason(code="ship_complete", units=units, rules=_with(case, [case.order_judgement], "ship_complete"))
    else:  # the last room of a node went to another of its services
        yield Reason(code="node_full", units=units, rules=_with(case, case.limits.values(), "daily_orders"))


def _too_few(code: str, units: int) -> Iterator[Reason]:
    if units > 0:
        yield Reason(code=code, units=units)


def _with(case: Case, judgements: Iterable[Judgement], *effects: str) -> tuple[str, ...]:
    """The rules among those that fired that have one of these effects, sorted."""
    return tuple(sorted({rule for judgement in judgements for rule in case.matcher.with_effect(judgement, *effects)}))
