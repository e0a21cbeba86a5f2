"""What rules say of returned units, where they go, and what of it people may override."""

import pytest

from engine.errors import DispositionRefused, InputInvalid, StockConflict
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.returns.disposing import DisposedUnits, DisposeRequest
from engine.store.flows.receipts import Delivery
from engine.store.flows.returns import StoredReturns
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import EURO, LILLE, LYON, inventory, node, order, product
from tests.support.returns import disposed, groups, inspect, open_return, receive, stock

ANYWHERE = NodeNames(nodes=frozenset({"lyon", "lille"}))
LANE = TransferLane(origin=ANYWHERE, goal=ANYWHERE, takes=24 * 60, per_unit=EURO)
WORN_IS_DESTROYED = "when: {return.grade: worn}, then: {disposition: destroy}"


@pytest.fixture
def shop(bare):
    """Three of A left Lyon, which has plenty; Lille has none, and sells as fast."""
    products = [product("A", margin=10 * EURO), product("A-OUT", margin=EURO), product("B", margin=EURO)]
    bare.load(
        inventory(
            [node("lyon", LYON, type="store"), node("lille", LILLE, type="store")],
            {"A": {"lyon": 53, "lille": 0}, "A-OUT": {"lyon": 0}, "B": {"lyon": 3}},
            products=products,
            paces={"A": {"lyon": 2_000, "lille": 200}},
            transfer_lanes=(LANE,),
        )
    )
    activate(bare)
    name = json_of(bare.decide(order(("A", 3), id="O-1", country="FR")))["id"]
    bare.holds.confirm(name)
    return bare


def come_back(shop, units=1, grade="as_new"):
    open_return(shop, _1=units)
    receive(shop, "O-1-R1", _1=units)
    inspect(shop, "O-1-R1", grade)


def coming(shop, sku="A"):
    return [
        (item.id, item.node, item.quantity, item.status, item.expected_at)
        for items in shop.flows.inbound.coming(sku).values()
        for item in items
    ]


def test_a_unit_goes_to_the_place_that_needs_it_and_is_expected_there(shop, clock):
    come_back(shop)
    tried = disposed(shop, "O-1-R1", dry_run=True)
    assert stock(shop) == (50, 0, 1)
    made = disposed(shop, "O-1-R1")
    assert tried.in_words("en") == made.in_words("en")
    (words,) = made.in_words("en")
    assert (words.group, words.units, words.disposition, words.node) == (1, 1, "restock", "lille")
    assert words.gain > 8 * EURO
    assert words.why[1].startswith("It goes from lyon to lille. The chance that it sells there within 14 days is ")
    assert made.in_words("fr")[0].why[1].startswith("Elle va de lyon à lille.")
    assert (stock(shop), stock(shop, place="lille")) == ((50, 0, 0), (0, 0, 0))
    assert coming(shop) == [("O-1-R1:1", "lille", 1, "in_transit", clock.now + 86_400)]
    assert shop.check(whole=True).clean
    shop.flows.inbound.receive("O-1-R1:1", Delivery(units=1))
    assert stock(shop, place="lille") == (1, 0, 0)
    assert shop.check(whole=True).clean


def test_of_one_operation_that_is_sent_twice_at_once_the_reasons_of_what_was_done_are_told(shop, worker, before_first):
    """The second had planned that it goes to Lille, which the first finds full."""
    come_back(shop)

    def be_first():
        worker.stock.set_count(Count(node="lille", sku="A", on_hand=90, stamp=Stamp(kind="s", number=1)))
        return disposed(worker, "O-1-R1", op="d")

    others = before_first(StoredReturns, "take", be_first)
    made = disposed(shop, "O-1-R1", op="d")
    assert made.state.stored == others[0].state.stored
    assert [item.node for item in others[0].in_words("en")] == ["lyon"]
    assert made.in_words("en") == []
    assert shop.check().clean


def test_units_of_one_group_are_shared_out_and_each_share_is_a_group(shop):
    """Of ten, Lille sells the fifth with a chance of 15 % and the sixth with 7 %, and the lane costs a tenth of the
    margin.
    """
    shop.holds.confirm(json_of(shop.decide(order(("A", 10), id="O-2")))["id"])
    open_return(shop, "O-2", _1=10)
    receive(shop, "O-2-R1", _1=10)
    inspect(shop, "O-2-R1")
    made = disposed(shop, "O-2-R1", "restock")
    shares = [(item.number, item.place, item.units) for item in made.state.stored.groups]
    assert shares == [(1, "lille", 5), (2, "lyon", 5)]
    said = [(item.group, item.node, item.units) for item in made.in_words("en")]
    assert said == shares, "each reason is of the group that it is about"
    assert (stock(shop), [item[:3] for item in coming(shop)]) == ((45, 0, 0), [("O-2-R1:1", "lille", 5)])
    assert shop.check().clean


def test_a_rule_says_what_becomes_of_units_and_which_rule_it_was_is_kept(shop):
    activate(shop, WORN_IS_DESTROYED)
    come_back(shop, grade="worn")
    made = disposed(shop, "O-1-R1")
    assert groups(made.state) == [(1, "1", "A", 1, "worn", "destroy")]
    (group,) = made.state.stored.groups
    assert (group.rules, group.by) == (("test/r1",), "")
    assert "test/r1" in made.in_words("en")[0].why[0]
    assert stock(shop) == (50, 0, 0)


def test_nobody_is_more_generous_than_a_rule_and_who_is_more_cautious_says_why(shop):
    activate(shop, "then: {disposition: donate}, when: {return.grade: as_new}")
    come_back(shop)
    for generous in ("restock", "refurbish", "liquidate"):
        with pytest.raises(DispositionRefused, match=f"can't be '{generous}': a rule says 'donate'"):
            disposed(shop, "O-1-R1", generous, because="it is fine")
    with pytest.raises(InputInvalid, match="rules say otherwise of group 1"):
        disposed(shop, "O-1-R1", "destroy")
    assert stock(shop) == (50, 0, 1)
    made = disposed(shop, "O-1-R1", "destroy", because="mould")
    (group,) = made.state.stored.groups
    assert (group.disposition, group.by, group.because, group.rules) == ("destroy", "ann", "mould", ())
    assert made.in_words("en") == []


def test_no_rule_restocks_what_an_inspection_or_a_grade_forbids(shop):
    activate(shop, "then: {disposition: restock}, when: {return.reason: {known: true}}")
    come_back(shop, 2, "worn")
    inspect(shop, "O-1-R1", "worn", group=1, units=1)
    inspect(shop, "O-1-R1", "as_new", group=1, restock=False)
    with pytest.raises(DispositionRefused, match="may not be restocked: whoever inspected it said so"):
        disposed(shop, "O-1-R1", group=1)
    with pytest.raises(InputInvalid, match="no rule says what becomes of group 2"):
        disposed(shop, "O-1-R1", group=2)
    with pytest.raises(DispositionRefused, match="of grade 'worn'"):
        disposed(shop, "O-1-R1", "restock", group=2)
    assert stock(shop) == (50, 0, 2)


def test_a_rule_makes_another_article_of_a_unit(shop):
    activate(shop, "when: {return.grade: worn}, then: {as_sku: A-OUT}")
    come_back(shop, grade="worn")
    with pytest.raises(InputInvalid, match="rules say otherwise"):
        disposed(shop, "O-1-R1", as_sku="B")
    made = disposed(shop, "O-1-R1")
    (group,) = made.state.stored.groups
    assert (group.as_sku, group.place) == ("A-OUT", "lyon")
    assert (stock(shop), stock(shop, "A-OUT")) == ((50, 0, 0), (1, 0, 0))
    assert shop.check().clean


def test_an_article_that_there_is_not_lets_no_other_rule_be_passed_over(shop):
    activate(shop, "then: {as_sku: TYPO}, when: {return.grade: as_new}", "then: {disposition: destroy, as_sku: TYPO}")
    come_back(shop)
    with pytest.raises(DispositionRefused, match="a rule says 'destroy'"):
        disposed(shop, "O-1-R1", "restock", because="so")
    assert disposed(shop, "O-1-R1").state.stored.groups[0].disposition == "destroy"


def test_a_unit_that_rules_make_an_unknown_article_waits_for_a_person(shop):
    activate(shop, "then: {as_sku: TYPO}, when: {return.grade: as_new}")
    come_back(shop)
    with pytest.raises(InputInvalid, match="no rule says what becomes of group 1"):
        disposed(shop, "O-1-R1")
    assert stock(shop) == (50, 0, 1)


def test_who_restocks_elsewhere_than_it_gains_most_says_why(shop):
    come_back(shop)
    with pytest.raises(InputInvalid, match="group 1 gains more at lille; say why not"):
        disposed(shop, "O-1-R1", "restock", place="lyon")
    with pytest.raises(InputInvalid, match="no lane leads from 'lyon', where they lie, to 'nowhere'"):
        disposed(shop, "O-1-R1", "restock", place="nowhere", because="so")
    with pytest.raises(InputInvalid, match="only units that are restocked go to a place"):
        disposed(shop, "O-1-R1", "donate", place="lyon")
    made = disposed(shop, "O-1-R1", "restock", place="lyon", because="for the window")
    (group,) = made.state.stored.groups
    assert (group.place, group.by, group.because) == ("lyon", "ann", "for the window")
    assert made.in_words("en") == [], "nothing is said of where they would have gone"
    assert (stock(shop), coming(shop)) == ((51, 0, 0), [])


def test_who_restocks_where_it_gains_most_is_told_why_it_goes_there(shop):
    come_back(shop)
    (words,) = disposed(shop, "O-1-R1", "restock", place="lille").in_words("en")
    assert (words.node, words.units) == ("lille", 1)


def test_units_at_a_place_that_was_stated_count_there_for_those_after(shop):
    """Lille sells five of them, as above: where ten stay in Lyon by somebody's word, it still needs the two others."""
    shop.holds.confirm(json_of(shop.decide(order(("A", 12), id="O-2")))["id"])
    open_return(shop, "O-2", _1=12)
    receive(shop, "O-2-R1", _1=12)
    inspect(shop, "O-2-R1", group=1, units=10)
    inspect(shop, "O-2-R1")
    by_word = DisposedUnits(group=2, disposition="restock", place="lyon")
    made = shop.flows.returns.dispose(
        "O-2-R1", DisposeRequest(groups=[by_word, DisposedUnits(group=1)], because="for the window"), by="ann"
    )
    assert [(item.number, item.place, item.units) for item in made.state.stored.groups] == [
        (1, "lille", 2),
        (2, "lyon", 10),
    ]
    assert [(item.group, item.node, item.units) for item in made.in_words("en")] == [(1, "lille", 2)]


def test_a_receipt_of_the_same_id_keeps_units_in_quarantine(shop, redis_client, network):
    come_back(shop)
    redis_client.hset(f"{{{network}}}:receipt_skus", "O-1-R1:1", "B")
    with pytest.raises(StockConflict, match="'O-1-R1:1' is the id of a receipt already"):
        disposed(shop, "O-1-R1")
    assert stock(shop) == (50, 0, 1)


def test_rules_know_the_order_the_reason_and_the_days(shop, clock):
    rule = (
        "when: {order.country: FR, return.reason: late, return.days_since_delivery: {at_least: 5}, return.node: lyon}"
    )
    activate(shop, f"{rule}, then: {{disposition: liquidate}}")
    open_return(shop, _1=2, reason="late")
    receive(shop, "O-1-R1", _1=2)
    inspect(shop, "O-1-R1")
    assert disposed(shop, "O-1-R1", units=1).state.stored.groups[-1].disposition == "restock"
    clock.now += 7 * 86_400
    assert disposed(shop, "O-1-R1", group=1).state.stored.groups[0].disposition == "liquidate"


def test_many_units_are_placed_in_some_portions_and_none_is_lost(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 5_000}}, products=[product("A", margin=EURO)]))
    activate(bare)
    bare.holds.confirm(json_of(bare.decide(order(("A", 1_234), id="O-1")))["id"])
    come_back(bare, 1_234)
    made = disposed(bare, "O-1-R1")
    assert groups(made.state) == [(1, "1", "A", 1_234, "as_new", "restock")]
    assert [item.units for item in made.in_words("en")] == [1_234]
    assert stock(bare) == (5_000, 0, 0)
