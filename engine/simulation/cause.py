"""By what a draft's decision first differs from the baseline's: what the difference in cost is put down to."""

from typing import Final, Literal, TypeAlias, get_args

from engine.simulation.outcome import Decided

Cause: TypeAlias = Literal["units", "shipments", "nodes", "services", "times", "rates", "approval"]
"""Of two decisions that differ, the first of these that applies. units: others ship, or wait. shipments: the same units
in more shipments, or in fewer. nodes: from elsewhere. services: otherwise. times: the same on another day or hour.
rates: the same at another cost. approval: only whether a person must approve it.
"""
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)


def cause_of(baseline: Decided, draft: Decided) -> Cause:
    """Of two decisions that are not the same."""
    if (_units(baseline), baseline.unfilled, baseline.units_waiting) != (
        _units(draft),
        draft.unfilled,
        draft.units_waiting,
    ):
        return "units"
    if len(baseline.shipments) != len(draft.shipments):
        return "shipments"
    if _nodes(baseline) != _nodes(draft):
        return "nodes"
    if _services(baseline) != _services(draft):
        return "services"
    if _times(baseline) != _times(draft):
        return "times"
    return "approval" if baseline.shipments == draft.shipments else "rates"


def _units(made: Decided) -> dict[str, int]:
    """By line."""
    units: dict[str, int] = {}
    for shipment in made.shipments:
        for item in shipment.lines:
            units[item.line] = units.get(item.line, 0) + item.quantity
    return units


def _nodes(made: Decided) -> list[tuple[str, list[tuple[str, int]]]]:
    """Which units leave from where."""
    return sorted((item.node, sorted((line.line, line.quantity) for line in item.lines)) for item in made.shipments)


def _services(made: Decided) -> list[tuple[str, str]]:
    return sorted((item.node, item.service) for item in made.shipments)


def _times(made: Decided) -> list[tuple[str, str, str, str]]:
    return sorted((item.node, item.service, item.ships_at, item.arrives_by) for item in made.shipments)
