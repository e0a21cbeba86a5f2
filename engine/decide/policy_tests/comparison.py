"""Where a decision differs from what a policy test expects of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.decide.decision import Decision, Shipment
from engine.decide.levels.stock_levels import Level
from engine.decide.policy_tests.expectation import (
    HOLD_AFTER_SHIPPING,
    SHIPMENT_FACTS,
    Bound,
    Expectation,
    ExpectedExclusion,
    ExpectedShipment,
    ExpectedUnfilled,
)
from engine.decide.policy_tests.yaml_text import flow_style, with_unit
from rules.syntax.effect_parser import UNTIL_SHIPPED
from rules.vocabulary import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An expectation that was not met: what was expected and what came, in the words of test files, one per line."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedOption:
    """An option that the decision excluded for a SKU."""

    node: str
    service: str
    sku: str
    by: tuple[str, ...]
    unless_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedTest:
    """A test's decision, with what tests may expect beyond its record. `priority` is the order's."""

    decision: Decision
    priority: int
    excluded: tuple[ExcludedOption, ...]
    currency: str
    kept_by: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    """By SKU and node, the effects that keep units there, as they are written, by rule."""
    levels: Mapping[tuple[str, str], Level] = field(default_factory=dict)
    """By SKU and node, the stock that there should be."""
    level_rules: frozenset[str] = frozenset()
    """The rules that say so, today or by the uplift of a day."""


def differences(expected: Expectation, decided: DecidedTest) -> Iterator[Difference]:
    """Where the test's decision is not as `expected`, in the order in which test files name things."""
    decision = decided.decision
    if expected.status not in (None, decision.status):
        yield Difference(what="status", expected=str(expected.status), got=decision.status)
    yield from _shipments(expected, decided)
    yield from _unfilled(expected, decision)
    fired = {*decision.fired, *decided.level_rules}
    yield from rule_differences(expected, fired, set(decision.silenced))
    yield from _exclusions(expected, decided)
    yield from _kept(expected, decided)
    yield from _levels(expected, decided)
    yield from _bounds("", expected.order, order_values(decided), decided.currency)
    yield from _bounds("totals.", expected.totals, total_values(decision), decided.currency)


def shipment_values(shipment: Shipment, decided_at: int) -> dict[str, Value | None]:
    """The facts that `SHIPMENT_FACTS` names; `arrives` is minutes after the decision, and so is how long it `waits` for
    goods that are to come or for the day of a preorder, 0 if for nothing.
    """
    return {
        "node": shipment.node,
        "service": shipment.service,
        "units": sum(parcel.quantity for parcel in shipment.lines),
        **_units_not_there([shipment]),
        "waits": -(-(shipment.ready_at - decided_at) // 60) if shipment.ready_at else 0,
        "cost": shipment.cost,
        "co2": shipment.co2,
        "distance": shipment.distance,
        "arrives": -(-(shipment.arrives_by - decided_at) // 60),
        "late": shipment.late,
    }


def _units_not_there(shipments: Sequence[Shipment]) -> dict[str, int]:
    """Units that places oversell, that are of receipts, and that are preorders."""
    parcels = [parcel for shipment in shipments for parcel in shipment.lines]
    return {
        "backorder": sum(parcel.backorder for parcel in parcels),
        "incoming": sum(units for parcel in parcels for _, units in parcel.receipts),
        "preorder": sum(parcel.quantity for parcel in parcels if parcel.preorder_from is not None),
    }


def total_values(decision: Decision) -> dict[str, Value | None]:
    """The facts that `TOTAL_FACTS` names; `arrives` is unknown if nothing ships."""
    latest = max((shipment.arrives_by for shipment in decision.chosen), default=None)
    return {
        "shipments": len(decision.chosen),
        "units": sum(parcel.quantity for shipment in decision.chosen for parcel in shipment.lines),
        **_units_not_there(decision.chosen),
        "unfilled": sum(part.quantity for part in decision.unfilled),
        "cost": sum(shipment.cost for shipment in decision.chosen),
        "co2": sum(shipment.co2 for shipment in decision.chosen),
        "arrives": None if latest is None else -(-(latest - decision.decided_at) // 60),
        "late": sum(shipment.late is True for shipment in decision.chosen),
    }


def order_values(decided: DecidedTest) -> dict[str, Value | None]:
    decision = decided.decision
    departure = max((shipment.ships_at for shipment in decision.shipments), default=None)
    return {
        HOLD_AFTER_SHIPPING.path: None if departure is None else (decision.hold_until - departure) // 60,
        "hold": (decision.hold_until - decision.decided_at) // 60,
        "priority": decided.priority,
        "approve": decision.awaiting_approval,
    }


def units_by_sku(shipment: Shipment) -> dict[str, int]:
    units: Counter[str] = Counter()
    for parcel in shipment.lines:
        units[parcel.sku] += parcel.quantity
    return dict(sorted(units.items()))


def _shipments(expected: Expectation, decided: DecidedTest) -> Iterator[Difference]:
    if expected.shipments is None:
        return
    shipments = decided.decision.chosen
    fitting = [
        [index for index, shipment in enumerate(shipments) if _fits(item, shipment, decided.decision.decided_at)]
        for item in expected.shipments
    ]
    if len(shipments) == len(fitting) and _all_paired(fitting):
        return
    named = {name for item in expected.shipments for name in item.bounds}
    yield Difference(
        what="shipments",
        expected="\n".join(item.written for item in expected.shipments) or "none",
        got="\n".join(_shipment_text(shipment, named, expected.shipments, decided) for shipment in shipments) or "none",
    )


def _fits(expected: ExpectedShipment, shipment: Shipment, decided_at: int) -> bool:
    values, units = shipment_values(shipment, decided_at), units_by_sku(shipment)
    lines = expected.lines
    return (
        all(bound.allows(values[name]) for name, bound in expected.bounds.items())
        and (lines is None or (set(lines) == set(units) and all(lines[sku].allows(units[sku]) for sku in lines)))
        and set(expected.rules).issubset(shipment.rules)
    )


def _all_paired(fitting: Sequence[Sequence[int]]) -> bool:
    """Whether each expected shipment can be paired with one of its own that fits. By augmenting paths (Kuhn 1955),
    because an early pairing may have to change.
    """
    paired: dict[int, int] = {}

    def pair(expected: int, visited: set[int]) -> bool:
        for index in fitting[expected]:
            if index not in visited:
                visited.add(index)
                if index not in paired or pair(paired[index], visited):
                    paired[index] = expected
                    return True
        return False

    return all(pair(expected, set()) for expected in range(len(fitting)))


def _shipment_text(
    shipment: Shipment, named: set[str], expected: Sequence[ExpectedShipment], decided: DecidedTest
) -> str:
    """The shipment in the words of test files, with the facts that the expected shipments mention."""
    values = shipment_values(shipment, decided.decision.decided_at)
    fields: dict[str, object] = {"node": shipment.node, "service": shipment.service, "lines": units_by_sku(shipment)}
    for name in SHIPMENT_FACTS:
        if name in named and name not in fields:
            fields[name] = with_unit(SHIPMENT_FACTS[name].kind, values[name], decided.currency)
    if any(item.rules for item in expected):
        fields["rules"] = list(shipment.rules)
    return flow_style(fields)


def _unfilled(expected: Expectation, decision: Decision) -> Iterator[Difference]:
    if expected.unfilled is None:
        return
    got = _unfilled_by_sku(decision)
    if got.keys() == expected.unfilled.keys() and all(
        _matches(expected.unfilled[sku], units, reasons, rules) for sku, (units, reasons, rules) in got.items()
    ):
        return
    yield Difference(
        what="unfilled",
        expected="\n".join(f"{sku}: {item.written}" for sku, item in expected.unfilled.items()) or "nothing",
        got="\n".join(
            f"{sku}: "
            + flow_style({"units": units, "reason": sorted(reasons)} | ({"by": sorted(rules)} if rules else {}))
            for sku, (units, reasons, rules) in got.items()
        )
        or "nothing",
    )


def _unfilled_by_sku(decision: Decision) -> dict[str, tuple[int, set[str], set[str]]]:
    """By SKU: units, reason codes and rules, of all its lines together."""
    by_sku: dict[str, tuple[int, set[str], set[str]]] = {}
    for part in decision.unfilled:
        units, reasons, rules = by_sku.get(part.sku, (0, set(), set()))
        reasons |= {reason.code for reason in part.reasons}
        rules |= {rule for reason in part.reasons for rule in reason.rules}
        by_sku[part.sku] = (units + part.quantity, reasons, rules)
    return by_sku


def _matches(expected: ExpectedUnfilled, units: int, reasons: set[str], rules: set[str]) -> bool:
    allowed = expected.units is None or expected.units.allows(units)
    return allowed and reasons.issuperset(expected.reasons) and rules.issuperset(expected.by)


def rule_differences(expected: Expectation, fired: set[str], silenced: set[str]) -> Iterator[Difference]:
    """Where other rules fired, or were silenced, than is expected."""
    for what, rules, actual, must_be_in in (
        ("fired", expected.fired, fired, True),
        ("not_fired", expected.not_fired, fired, False),
        ("silenced", expected.silenced, silenced, True),
        ("not_silenced", expected.not_silenced, silenced, False),
    ):
        wrong = [rule for rule in rules if (rule in actual) is not must_be_in]
        if wrong:
            got = "\n".join(_rule_text(rule, fired, silenced) for rule in wrong)
            yield Difference(what=what, expected="\n".join(wrong), got=got)


def _rule_text(rule: str, fired: set[str], silenced: set[str]) -> str:
    words = [word for word, rules in (("fired", fired), ("was silenced", silenced)) if rule in rules]
    return f"{rule} {' and '.join(words) or 'did not fire'}"


def _exclusions(expected: Expectation, decided: DecidedTest) -> Iterator[Difference]:
    for what, items, must_be_excluded in (
        ("excluded", expected.excluded, True),
        ("not_excluded", expected.not_excluded, False),
    ):
        wrong = [
            item
            for item in items
            if any(_is_meant(item, option) for option in decided.excluded) is not must_be_excluded
        ]
        shown = [
            option for option in decided.excluded if must_be_excluded or any(_is_meant(item, option) for item in wrong)
        ]
        if wrong:
            yield Difference(
                what=what,
                expected="\n".join(item.written for item in wrong),
                got="\n".join(_excluded_text(option) for option in shown) or "none",
            )


def _is_meant(expected: ExpectedExclusion, option: ExcludedOption) -> bool:
    return (
        expected.node in (None, option.node)
        and expected.service in (None, option.service)
        and expected.sku in (None, option.sku)
        and set(expected.by).issubset(option.by)
        and expected.unless_needed in (None, option.unless_needed)
    )


def _excluded_text(option: ExcludedOption) -> str:
    fields = {"node": option.node, "service": option.service, "sku": option.sku, "by": list(option.by)}
    return flow_style(fields | ({"unless_needed": "true"} if option.unless_needed else {}))


def _kept_text(floor: int, by: Mapping[str, str]) -> str:
    """The units kept, and the effects that keep some, by rule."""
    return f"{floor}, by {', '.join(f'{rule} ({effect})' for rule, effect in by.items())}" if by else str(floor)


def _kept(expected: Expectation, decided: DecidedTest) -> Iterator[Difference]:
    decision = decided.decision
    for sku, nodes in expected.kept.items():
        for node, bound in nodes.items():
            stock = decision.stock.get(sku)
            floor = stock.floor[stock.nodes.index(node)] if stock and node in stock.nodes else None
            if not bound.allows(floor):
                got = "nothing is there" if floor is None else _kept_text(floor, decided.kept_by.get((sku, node), {}))
                yield Difference(what=f"kept.{sku}.{node}", expected=bound.written, got=got)


def _levels(expected: Expectation, decided: DecidedTest) -> Iterator[Difference]:
    for sku, nodes in expected.levels.items():
        for node, bounds in nodes.items():
            level = decided.levels.get((sku, node))
            if level is None:
                yield Difference(what=f"levels.{sku}.{node}", expected="a level", got="nothing is there")
                continue
            values = {"min": level.minimum, "max": level.maximum, "target": level.target, "alert": level.alert}
            for name, bound in bounds.items():
                if not bound.allows(values[name]):
                    got = "any number" if values[name] is None else str(values[name])
                    yield Difference(what=f"levels.{sku}.{node}.{name}", expected=bound.written, got=got)


def _bounds(
    prefix: str, bounds: Mapping[str, Bound], values: Mapping[str, Value | None], currency: str
) -> Iterator[Difference]:
    for name, bound in bounds.items():
        value = values[bound.fact.path]
        if not bound.allows(value):
            got = with_unit(bound.fact.kind, value, currency)
            if bound.fact is HOLD_AFTER_SHIPPING and isinstance(value, int):
                sign = "-" if value < 0 else "+"
                got = f"{UNTIL_SHIPPED} {sign} {with_unit(bound.fact.kind, abs(value))}"
            yield Difference(what=prefix + name, expected=bound.written, got=got)
