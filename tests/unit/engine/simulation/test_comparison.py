"""Figures add up, and the worst and best come out in order, whatever the order in which they came."""

from engine.simulation.comparison import Comparison
from engine.simulation.outcome import NO_SHIPMENTS, NOTHING, Outcome
from engine.simulation.tried_decision import TriedDecision, TriedDraft


def outcome(node="lyon", *, fired=(), **amounts):
    made = NOTHING._replace(decisions=1, **amounts)
    return Outcome(made, ((node, NO_SHIPMENTS._replace(shipments=1, cost=made.cost)),), tuple(fired))


def compared(*pairs, shown=2, firsts=None, segments=None):
    """The comparison of decisions d1, d2 ..., each with its baseline and its draft."""
    comparison = Comparison(shown=shown, weighed=2)
    for number, (before, after) in enumerate(pairs, start=1):
        first = firsts[number - 1] if firsts else f"d{number}"
        segment = segments[number - 1] if segments else None
        draft = TriedDraft(after, before.amounts != after.amounts, None, ())
        names = {"entry": f"{number}-0", "decision": f"d{number}", "order": f"o{number}", "first": first}
        tried = TriedDecision(
            **names, channel="web", segment=segment, baseline=before, made_again=False, drafts=(draft,)
        )
        comparison.add(tried, draft)
    return comparison


def test_those_that_lose_units_come_before_those_that_cost_more_and_the_earlier_before_the_later():
    pairs = [
        (outcome(cost=10), outcome(cost=99)),
        (outcome(cost=10), outcome(cost=0, units_unfilled=1)),
        (outcome(cost=10), outcome(cost=99)),
        (outcome(cost=10), outcome(cost=4)),
        (outcome(cost=10, units_unfilled=2), outcome(cost=50)),
        (outcome(cost=10), outcome(cost=10)),
    ]
    comparison = compared(*pairs)
    assert [item.decision for item in comparison.worst] == ["d2", "d1"]
    assert [item.decision for item in comparison.best] == ["d5", "d4"]
    assert [item.decision for item in compared(*pairs, shown=9).worst] == ["d2", "d1", "d3"]
    assert compared(*pairs, shown=0).worst == compared(*pairs, shown=0).best == []
    assert comparison.changed == 5


def test_the_decisions_of_an_order_are_one_difference_and_late_once():
    late = outcome(cost=10, late=1, shipments_late=1)
    comparison = compared(
        (late, outcome(cost=12)),
        (late, late._replace(amounts=late.amounts._replace(cost=7))),
        (outcome(cost=3), outcome(cost=3)),
        (outcome(cost=5), outcome(cost=5)),
        firsts=["a", "a", "a", "b"],
    )
    assert (comparison.orders, comparison.orders_changed) == (2, ["o1"])
    assert comparison.orders_late == (1, 1)
    intervals = comparison.intervals()
    assert intervals["cost"].difference == -1
    assert intervals["late_orders"].difference == 0
    assert intervals["cost"].low <= -1 <= intervals["cost"].high


def test_each_group_has_the_figures_of_its_decisions():
    comparison = compared(
        (outcome(cost=10, fired=["r"]), outcome("lille", cost=12, fired=["r", "s"])),
        (outcome(cost=1), outcome(cost=1, fired=["s"])),
        (outcome(cost=2), outcome(cost=2, fired=["s"])),
        segments=["loyal", None, None],
    )
    assert {name: sides.draft.cost for name, sides in comparison.segments.items()} == {"loyal": 12, None: 3}
    assert (comparison.channels["web"].baseline.cost, comparison.channels["web"].draft.cost) == (13, 15)
    lyon, lille = comparison.nodes["lyon"], comparison.nodes["lille"]
    assert (lyon.baseline.cost, lyon.draft.cost, lille.baseline.cost, lille.draft.cost) == (13, 3, 0, 12)
    assert (comparison.rules["r"].baseline, comparison.rules["r"].draft, comparison.rules["r"].cost) == (1, 1, 2)
    use = comparison.rules["s"]
    assert (use.baseline, use.draft, use.changed, use.cost, list(use.last)) == (0, 3, 1, 2, ["2-0", "3-0"])
