"""Why units of a line stay unfilled: what became of every unit the network has of its SKU."""

from collections.abc import Iterable, Iterator, Sequence

from engine.decide.decision import Reason
from engine.decide.judging import Case, Offer, Stand
from engine.decide.matching import Judgement
from engine.decide.sourcing import Choice


def reasons(case: Case, choice: Choice, index: int, missing: int) -> tuple[Reason, ...]:
    """Why `missing` units of the line are unfilled in `choice`, the places first that could not be used at all."""
    stands, offers = case.stands[index], case.offers[index]
    if not any(stand.position.available > 0 for stand in stands):
        held = sum(stand.position.held for stand in stands)
        return (Reason(code="held_for_others", units=held) if held else Reason(code="no_stock", units=missing),)
    usable = {offer.option.route.node.id for offer in offers if not offer.excluded}
    usable = {node for node in usable if case.room(node) != 0}
    closed = _closed(case, stands, offers, usable)
    return (*_kept(case, stands), *closed, *_bounds(case, choice, index, missing, usable))


def _kept(case: Case, stands: Sequence[Stand]) -> Iterator[Reason]:
    kept = [stand for stand in stands if stand.position.available > stand.free]
    if kept:
        units = sum(stand.position.available - stand.free for stand in kept)
        judged = (stand.judgement for stand in kept)
        yield Reason(code="kept_back", units=units, rules=_with(case, judged, "keep", "protect"))


def _closed(case: Case, stands: Sequence[Stand], offers: Sequence[Offer], usable: set[str]) -> Iterator[Reason]:
    """Nodes with units free that can't be used, by cause."""
    offered = {offer.option.route.node.id for offer in offers}
    causes: dict[str, list[Stand]] = {}
    for stand in stands:
        if stand.free and stand.node not in usable:
            causes.setdefault(_cause(case, stand.node) if stand.node in offered else "unreachable", []).append(stand)
    for code, those in sorted(causes.items()):
        nodes = {stand.node for stand in those}
        barring = {
            "node_full": _with(case, (case.limits[node] for node in nodes), "daily_orders"),
            "resting": tuple(
                sorted({rule for node in nodes if node in case.resting for rule in case.resting[node].because})
            ),
            "excluded": _with(case, (o.judgement for o in offers if o.option.route.node.id in nodes), "exclude"),
        }
        yield Reason(code=code, units=sum(stand.free for stand in those), rules=barring.get(code, ()))


def _cause(case: Case, node: str) -> str:
    """Why a node with units free and a way to go can't be used."""
    if node in case.resting:
        return "resting"
    return "node_full" if case.room(node) == 0 else "excluded"


def _bounds(case: Case, choice: Choice, index: int, missing: int, usable: set[str]) -> Iterator[Reason]:
    """What kept the units at usable places, those that this order's lines leave there, from filling the line."""
    line = case.order.lines[index]
    left = {stand.node: stand.free for stand in case.stands[index] if stand.node in usable}
    for ((node, _), demand), units in choice.units.items():
        if node in left and case.order.lines[demand].sku == line.sku:
            left[node] -= units
    if not left:
        return  # what was said of the places says it all
    if sum(left.values()) < missing:
        yield Reason(code="not_enough", units=missing)
    elif case.keeps_together(index) and max(left.values()) < line.quantity:
        rules = _with(case, [case.line_judgements[index]], "keep_together")
        yield Reason(code="kept_together", units=missing, rules=rules)
    else:
        yield from _order_bounds(case, choice, missing)


def _order_bounds(case: Case, choice: Choice, missing: int) -> Iterator[Reason]:
    outcome = case.order_outcome
    shipments = len({key for key, _ in choice.units})
    if case.max_shipments is not None and shipments >= case.max_shipments:
        rules = _with(case, [case.order_judgement], "max_shipments")
        yield Reason(code="max_shipments", units=missing, rules=rules)
    elif outcome.ship_complete:
        yield Reason(code="ship_complete", units=missing, rules=_with(case, [case.order_judgement], "ship_complete"))
    else:  # the last room of a node went to another of its services
        yield Reason(code="node_full", units=missing, rules=_with(case, case.limits.values(), "daily_orders"))


def _with(case: Case, judgements: Iterable[Judgement], *effects: str) -> tuple[str, ...]:
    """The rules among those that fired that have one of these effects, sorted."""
    return tuple(sorted({rule for judgement in judgements for rule in case.matcher.with_effect(judgement, *effects)}))
