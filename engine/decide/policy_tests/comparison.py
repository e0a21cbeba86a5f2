"""Where a decision differs from what a test case expects of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.decide.decision import Decision, Shipment
from engine.decide.policy_tests.expectation import (
    SHIPMENT_FACTS,
    Bound,
    Expectation,
    ExpectedExclusion,
    ExpectedShipment,
    ExpectedUnfilled,
)
from engine.decide.policy_tests.yaml_text import flow, told
from rules.vocabulary import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One expectation that was not met: expected beside got, each in the words of test files, one thing a line."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A way that the decision excluded from a SKU."""

    node: str
    service: str
    sku: str
    by: tuple[str, ...]
    unless_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision, with what of it tests may ask for beyond its record. `priority` is the order's."""

    decision: Decision
    priority: int
    excluded: tuple[Excluded, ...]
    currency: str


def differences(expected: Expectation, made: Made) -> Iterator[Difference]:
    """Where `made` is not as `expected`, in the order in which test files name things."""
    decision = made.decision
    if expected.status not in (None, decision.status):
        yield Difference(what="status", expected=str(expected.status), got=decision.status)
    yield from _shipments(expected, made)
    yield from _unfilled(expected, decision)
    yield from _rules(expected, decision)
    yield from _exclusions(expected, made)
    yield from _kept(expected, decision)
    yield from _bounds("", expected.order, order_values(made), made.currency)
    yield from _bounds("totals.", expected.totals, total_values(decision), made.currency)


def shipment_values(shipment: Shipment, decided_at: int) -> dict[str, Value | None]:
    """What `SHIPMENT_FACTS` names; it arrives so many minutes after the decision."""
    return {
        "node": shipment.node,
        "service": shipment.service,
        "units": sum(parcel.quantity for parcel in shipment.lines),
        "cost": shipment.cost,
        "co2": shipment.co2,
        "distance": shipment.distance,
        "arrives": -(-(shipment.arrives_by - decided_at) // 60),
        "late": shipment.late,
    }


def total_values(decision: Decision) -> dict[str, Value | None]:
    """What `TOTAL_FACTS` names; `arrives` is unknown if nothing ships."""
    latest = max((shipment.arrives_by for shipment in decision.shipments), default=None)
    return {
        "shipments": len(decision.shipments),
        "units": sum(parcel.quantity for shipment in decision.shipments for parcel in shipment.lines),
        "unfilled": sum(part.quantity for part in decision.unfilled),
        "cost": sum(shipment.cost for shipment in decision.shipments),
        "co2": sum(shipment.co2 for shipment in decision.shipments),
        "arrives": None if latest is None else -(-(latest - decision.decided_at) // 60),
        "late": sum(shipment.late is True for shipment in decision.shipments),
    }


def order_values(made: Made) -> dict[str, Value | None]:
    decision = made.decision
    return {"hold": (decision.hold_until - decision.decided_at) // 60, "priority": made.priority}


def units_by_sku(shipment: Shipment) -> dict[str, int]:
    units: Counter[str] = Counter()
    for parcel in shipment.lines:
        units[parcel.sku] += parcel.quantity
    return dict(sorted(units.items()))


def _shipments(expected: Expectation, made: Made) -> Iterator[Difference]:
    if expected.shipments is None:
        return
    shipments = made.decision.shipments
    fitting = [
        [index for index, shipment in enumerate(shipments) if _fits(wanted, shipment, made.decision.decided_at)]
        for wanted in expected.shipments
    ]
    if len(shipments) == len(fitting) and _all_paired(fitting):
        return
    named = {name for wanted in expected.shipments for name in wanted.bounds}
    yield Difference(
        what="shipments",
        expected="\n".join(wanted.written for wanted in expected.shipments) or "none",
        got="\n".join(_shipment_told(shipment, named, expected.shipments, made) for shipment in shipments) or "none",
    )


def _fits(wanted: ExpectedShipment, shipment: Shipment, decided_at: int) -> bool:
    values, units = shipment_values(shipment, decided_at), units_by_sku(shipment)
    lines = wanted.lines
    return (
        all(bound.allows(values[name]) for name, bound in wanted.bounds.items())
        and (lines is None or (set(lines) == set(units) and all(lines[sku].allows(units[sku]) for sku in lines)))
        and set(wanted.rules).issubset(shipment.rules)
    )


def _all_paired(fitting: Sequence[Sequence[int]]) -> bool:
    """Whether each can have one of its own: augmenting paths (Kuhn 1955), for an early pick may have to move."""
    taken: dict[int, int] = {}

    def find(wanted: int, tried: set[int]) -> bool:
        for index in fitting[wanted]:
            if index not in tried:
                tried.add(index)
                if index not in taken or find(taken[index], tried):
                    taken[index] = wanted
                    return True
        return False

    return all(find(wanted, set()) for wanted in range(len(fitting)))


def _shipment_told(shipment: Shipment, named: set[str], expected: Sequence[ExpectedShipment], made: Made) -> str:
    """The shipment as a test would say it, with what the expected ones speak of."""
    values = shipment_values(shipment, made.decision.decided_at)
    said: dict[str, object] = {"node": shipment.node, "service": shipment.service, "lines": units_by_sku(shipment)}
    for name in SHIPMENT_FACTS:
        if name in named and name not in said:
            said[name] = told(SHIPMENT_FACTS[name].kind, values[name], made.currency)
    if any(wanted.rules for wanted in expected):
        said["rules"] = list(shipment.rules)
    return flow(said)


def _unfilled(expected: Expectation, decision: Decision) -> Iterator[Difference]:
    if expected.unfilled is None:
        return
    got = _unfilled_by_sku(decision)
    if got.keys() == expected.unfilled.keys() and all(
        _explains(expected.unfilled[sku], units, reasons, rules) for sku, (units, reasons, rules) in got.items()
    ):
        return
    yield Difference(
        what="unfilled",
        expected="\n".join(f"{sku}: {wanted.written}" for sku, wanted in expected.unfilled.items()) or "nothing",
        got="\n".join(
            f"{sku}: " + flow({"units": units, "reason": sorted(reasons)} | ({"by": sorted(rules)} if rules else {}))
            for sku, (units, reasons, rules) in got.items()
        )
        or "nothing",
    )


def _unfilled_by_sku(decision: Decision) -> dict[str, tuple[int, set[str], set[str]]]:
    """Units, reason codes and rules; lines of one SKU together."""
    found: dict[str, tuple[int, set[str], set[str]]] = {}
    for part in decision.unfilled:
        units, reasons, rules = found.get(part.sku, (0, set(), set()))
        reasons |= {reason.code for reason in part.reasons}
        rules |= {rule for reason in part.reasons for rule in reason.rules}
        found[part.sku] = (units + part.quantity, reasons, rules)
    return found


def _explains(wanted: ExpectedUnfilled, units: int, reasons: set[str], rules: set[str]) -> bool:
    enough = wanted.units is None or wanted.units.allows(units)
    return enough and reasons.issuperset(wanted.reasons) and rules.issuperset(wanted.by)


def _rules(expected: Expectation, decision: Decision) -> Iterator[Difference]:
    fired, silenced = set(decision.fired), set(decision.silenced)
    for what, rules, found, wanted in (
        ("fired", expected.fired, fired, True),
        ("not_fired", expected.not_fired, fired, False),
        ("silenced", expected.silenced, silenced, True),
        ("not_silenced", expected.not_silenced, silenced, False),
    ):
        wrong = [rule for rule in rules if (rule in found) is not wanted]
        if wrong:
            got = "\n".join(_became(rule, fired, silenced) for rule in wrong)
            yield Difference(what=what, expected="\n".join(wrong), got=got)


def _became(rule: str, fired: set[str], silenced: set[str]) -> str:
    ways = [word for word, found in (("fired", fired), ("was silenced", silenced)) if rule in found]
    return f"{rule} {' and '.join(ways) or 'did not fire'}"


def _exclusions(expected: Expectation, made: Made) -> Iterator[Difference]:
    for what, items, wanted in (
        ("excluded", expected.excluded, True),
        ("not_excluded", expected.not_excluded, False),
    ):
        wrong = [item for item in items if any(_excludes(item, way) for way in made.excluded) is not wanted]
        shown = [way for way in made.excluded if wanted or any(_excludes(item, way) for item in wrong)]
        if wrong:
            yield Difference(
                what=what,
                expected="\n".join(item.written for item in wrong),
                got="\n".join(_excluded_told(way) for way in shown) or "none",
            )


def _excludes(wanted: ExpectedExclusion, way: Excluded) -> bool:
    return (
        wanted.node in (None, way.node)
        and wanted.service in (None, way.service)
        and wanted.sku in (None, way.sku)
        and set(wanted.by).issubset(way.by)
        and wanted.unless_needed in (None, way.unless_needed)
    )


def _excluded_told(way: Excluded) -> str:
    said = {"node": way.node, "service": way.service, "sku": way.sku, "by": list(way.by)}
    return flow(said | ({"unless_needed": "true"} if way.unless_needed else {}))


def _kept(expected: Expectation, decision: Decision) -> Iterator[Difference]:
    for sku, nodes in expected.kept.items():
        for node, bound in nodes.items():
            position = decision.positions.get(sku, {}).get(node)
            floor = position[2] if position else None
            if not bound.allows(floor):
                got = "nothing is there" if floor is None else str(floor)
                yield Difference(what=f"kept.{sku}.{node}", expected=bound.written, got=got)


def _bounds(
    prefix: str, bounds: Mapping[str, Bound], values: Mapping[str, Value | None], currency: str
) -> Iterator[Difference]:
    for name, bound in bounds.items():
        if not bound.allows(values[name]):
            got = told(bound.fact.kind, values[name], currency)
            yield Difference(what=prefix + name, expected=bound.written, got=got)
