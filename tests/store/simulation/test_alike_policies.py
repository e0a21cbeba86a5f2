"""What drafts have alike with other policies is worked out once: what comes out is what each comes to alone."""

from engine.decide.evaluation.alike import alike_stages
from engine.simulation.one_step import OneStepWork
from rules.vocabulary import Stage
from tests.support.decisions_of_many_kinds import RULES
from tests.support.whatif import active, draft, same_meaning

CHANGES = {
    "order": "then: {carbon_price: 3.00}",
    "order, where it matters": "when: {order.channel: web}, then: {split_penalty: 9.00}",
    "line": "when: {line.quantity: {more_than: 1}}, then: {keep_together: true}",
    "position": "when: {node.id: lyon}, then: {keep: 1000}",
    "position, nowhere": "when: {node.id: nowhere}, then: {keep: 2}",
    "option": "when: {node.id: lille}, then: {prefer: 7.00}",
    "option, excluded": "when: {node.id: lyon}, then: {exclude: true}",
    "node": "when: {node.id: lyon}, then: {daily_orders: 1}",
}
DRAFTS = tuple(draft(*RULES, rule, name=name) for name, rule in CHANGES.items())


def results_of(one_step, shop):
    return [
        item for batch in shop.replays.as_stored(None, None, on_missing=_fail) for item in one_step.try_decisions(batch)
    ]


def _fail(reason):
    raise AssertionError(reason)


def test_many_drafts_come_to_the_same_as_each_of_them_with_nothing_shared(shop):
    against = shop.versions.find("active")
    drafts = (*DRAFTS, same_meaning(), active(shop))
    together = OneStepWork(against=against, drafts=drafts).begin(shop)
    alone = OneStepWork(against=against, drafts=drafts).begin(shop)
    alone._alike = lambda *_: frozenset()
    try:
        assert results_of(together, shop) == results_of(alone, shop)
        changed = {
            its.name: any(item.drafts[place].changed for item in results_of(together, shop))
            for place, its in enumerate(drafts)
        }
    finally:
        together.close()
        alone.close()
    assert not changed["position, nowhere"]
    assert not changed["same"]
    assert not changed["active"]
    assert sum(changed.values()) >= 3


def test_drafts_share_the_stages_whose_rules_they_have_alike(shop):
    one_step = OneStepWork(against=shop.versions.find("active"), drafts=DRAFTS).begin(shop)
    try:
        alike = {
            its.name: alike_stages(one_step._against, matcher)
            for its, matcher in zip(DRAFTS, one_step._drafts, strict=True)
        }
    finally:
        one_step.close()
    assert set(Stage) - alike["order"] == {Stage.ORDER}
    assert set(Stage) - alike["option"] == {Stage.OPTION}
    assert set(Stage) - alike["node"] == {Stage.NODE}
