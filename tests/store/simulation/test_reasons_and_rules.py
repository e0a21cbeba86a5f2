"""Of what a draft changes most it is said why, and of its rules which of them did something."""

from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, order
from tests.support.whatif import draft, tried

NOT_FROM_LYON = "when: {node.id: lyon}, then: {exclude: true}"


def cheap_lyon():
    """Lyon is a euro cheaper than the others."""
    places = [node("lyon", LYON), node("lille", LILLE, handling=EURO), node("paris", PARIS, handling=EURO)]
    return inventory(places, {"A": {"lyon": 6, "lille": 2, "paris": 0}, "B": {"lyon": 3, "lille": 3}})


def shop_with(bare, *rules, orders=()):
    bare.load(cheap_lyon())
    activate(bare, *rules)
    for each in orders:
        bare.decide(each)
    return bare


def test_the_worst_lose_units_first_and_then_cost_more(bare):
    shop = shop_with(
        bare, orders=[order(("A", 1), id="dearer"), order(("A", 5), id="loses"), order(("B", 1), id="same")]
    )
    (result,) = tried(shop, draft("when: {node.id: lyon}, then: {exclude: true}"), shown=9).drafts
    orders = [changed.order for changed, _ in result.worst]
    assert orders[0] == "loses"
    assert result.worst[0][0].units_unfilled > 0
    costs = [(changed.units_unfilled, changed.cost) for changed, _ in result.worst]
    assert costs == sorted(costs, reverse=True)
    (other,) = tried(shop, draft("when: {node.id: lyon}, then: {exclude: true}"), shown=1).drafts
    assert [changed.order for changed, _ in other.worst] == ["loses"]


def test_why_is_said_of_both_sides_and_names_the_rules_that_decided(bare):
    shop = shop_with(bare, "when: {node.id: lille}, then: {exclude: true}", orders=[order(("B", 1))])
    (result,) = tried(shop, draft(NOT_FROM_LYON)).drafts
    ((_, explained),) = result.worst
    assert explained.baseline.decided.nodes == {"lyon"}
    assert explained.draft.decided.nodes == {"lille"}
    assert explained.draft.rules == ("test/r1",)
    assert explained.baseline.rules == (), "without its rule it would be Lyon as well, which is cheaper"
    said = [statement.sentence for statement in explained.draft.why]
    assert any("lyon" in sentence and "test/r1" in sentence for sentence in said)
    said = [statement.sentence for statement in explained.baseline.why]
    assert any("lille" in sentence and "test/r1" in sentence for sentence in said)


def test_it_is_said_in_french(bare):
    shop = shop_with(bare, orders=[order(("A", 5))])
    (result,) = tried(shop, draft(NOT_FROM_LYON), language="fr").drafts
    said = " ".join(statement.sentence for statement in result.worst[0][1].draft.why)
    assert "non servies" in said or "exclu" in said


def test_rules_that_never_fired_or_never_decided_are_told_apart(bare):
    shop = shop_with(bare, orders=[order(("B", 1)), order(("A", 1))])
    rules = (
        NOT_FROM_LYON,
        "when: {order.channel: store}, then: {avoid: 1.00}",
        "when: {order.channel: web}, then: {prefer: 1.00}",
        "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2h}",
    )
    (result,) = tried(shop, draft(*rules)).drafts
    assert result.never_fired == ["test/r2"]
    assert [item.rule for item in result.never_decided] == ["test/r3"]
    assert {item.rule: (item.decided, item.weighed) for item in result.weighed} == {
        "test/r1": (True, 1),
        "test/r3": (False, 2),
    }
    assert "test/r4" not in result.rules, "which acts only when a node rejects an order"


def test_only_the_last_decisions_are_weighed_and_none_if_none_are_to_be(bare):
    shop = shop_with(bare, orders=[order(("B", 1)) for _ in range(3)])
    rule = "when: {order.channel: web}, then: {prefer: 1.00}"
    (result,) = tried(shop, draft(rule), weighed=2).drafts
    assert [(item.weighed, item.decided) for item in result.weighed] == [(2, False)]
    assert result.comparison.rules["test/r1"].draft == 3
    (result,) = tried(shop, draft(rule), weighed=0).drafts
    assert (result.weighed, result.never_decided, result.never_fired) == ((), [], [])
