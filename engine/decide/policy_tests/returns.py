"""Policy tests about returned units: what becomes of one, and where it goes."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.decide.impact.rule_impact import deciding
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.policy_tests.comparison import Difference, rule_differences
from engine.decide.policy_tests.expectation import NO_DISPOSITION, Expectation
from engine.model.facts import Snapshot
from engine.returns.placement.placement import Placement, place_return
from engine.returns.placement.returned_unit import ReturnedUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTest:
    """A test as its author wrote it, of one unit that came back. `file` and `line` are its place."""

    name: str
    file: str
    line: int
    unit: ReturnedUnit
    snapshot: Snapshot
    now: int
    expected: Expectation


def placement_of(test: ReturnTest, matcher: PolicyJudge) -> Placement:
    return place_return(test.unit, snapshot=test.snapshot, matcher=matcher, now=test.now)


def return_differences(expected: Expectation, placement: Placement) -> Iterator[Difference]:
    """Where the placement is not as `expected`, in the order in which test files name things."""
    disposition = NO_DISPOSITION if placement.disposition is None else placement.disposition.word
    for what, wanted, got in (
        ("disposition", expected.disposition, disposition),
        ("as_sku", expected.as_sku, placement.sku),
        ("place", expected.place, placement.node),
    ):
        if wanted not in (None, got):
            yield Difference(what=what, expected=str(wanted), got=got)
    yield from rule_differences(expected, set(placement.fired), set(placement.silenced))


def changing_rules(test: ReturnTest, matcher: Matcher, placement: Placement) -> tuple[str, ...]:
    """The rules that acted, by id, without which the unit would become something else or go elsewhere."""
    outcome = _outcome(placement)
    acted = {*placement.fired, *placement.silenced}
    return deciding(acted, matcher, lambda without: _outcome(placement_of(test, without)) != outcome)


def _outcome(placement: Placement) -> tuple[object, ...]:
    return placement.disposition, placement.sku, placement.node
