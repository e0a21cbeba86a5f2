"""Orders are decided with the look-ahead prices that were in force, on a real server, and come out again with them."""

import threading

import pytest

from engine import facts_reader
from engine.errors import FactsForgotten
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.store.ledger import Ledger
from tests.conftest import activate
from tests.store.lookahead.conftest import LOOKS_AHEAD, stocked
from tests.support.batches import decide_batch
from tests.support.facts import EURO, order
from tests.support.lookahead import DAY, table
from tests.support.whatif import active, draft, tried


def nodes(answer):
    return [shipment.node for shipment in answer.record.shipments]


def test_each_decision_has_the_table_in_force_and_comes_out_again_byte_for_byte(shop, clock, publish):
    """One before any table, under the first, under the second, and once its time is over."""
    answers = [shop.decide(order(("A", 1), id="none"))]
    digests = [publish()]
    answers.append(shop.decide(order(("A", 1), id="first")))
    clock.now += 60
    digests.append(publish({("A", "paris"): EURO}))
    answers.append(shop.decide(order(("A", 1), id="second")))
    clock.now += DAY + 1
    answers.append(shop.decide(order(("A", 1), id="late")))
    records = [answer.record for answer in answers]
    assert [record.lookahead.state for record in records] == ["no_table", "used", "used", "too_old"]
    assert [record.lookahead.table for record in records[1:]] == [digests[0], digests[1], digests[1]]
    assert list(map(nodes, answers)) == [["paris"], ["lyon"], ["paris"], ["paris"]]
    assert {replayed.outcome for replayed in shop.replays.between(None, None)} == {"identical"}


def test_without_the_effect_a_decision_is_the_same_to_the_byte_whatever_was_published(shop, publish):
    activate(shop)
    placed = order(("A", 1))
    before = shop.decide(placed, dry_run=True)
    publish()
    assert shop.decide(placed, dry_run=True).body == before.body
    assert b"lookahead" not in before.body


def test_a_table_that_the_server_lost_stops_no_order(shop, opened, redis_client, publish):
    digest = publish()
    redis_client.hdel(shop._keys.lookahead_heads, digest)
    answer = opened().decide(order(("A", 1)))
    assert nodes(answer) == ["paris"]
    assert answer.record.lookahead.state == "no_table"
    assert {replayed.outcome for replayed in opened().replays.between(None, None)} == {"identical"}


def test_a_decision_whose_table_is_gone_is_said_not_to_be_replayable(shop, clock, opened, publish):
    publish()
    gone = shop.decide(order(("A", 1), id="gone")).record.id
    clock.now += 3 * DAY
    publish({("A", "paris"): 8 * EURO})
    stays = shop.decide(order(("A", 1), id="stays")).record.id
    assert shop.flows.lookahead_tables.forget_replaced_before(clock.now + 1) == 1
    outcomes = {item.entry.decision: item for item in opened().replays.between(None, None)}
    assert outcomes[stays].outcome == "identical"
    assert outcomes[gone].outcome == "not_replayable"
    assert "is not kept any more" in outcomes[gone].why[0]


def test_tables_are_kept_as_long_as_a_decision_may_name_them(shop, clock, publish):
    digests = []
    for day in range(3):
        clock.now += 3 * DAY
        digests.append(publish({("A", "paris"): (1 + day) * EURO}))
        clock.now += 2 * DAY
        if day:
            shop.decide(order(("A", 1), id=f"on day {day}"))
    shop.load(stocked("lille"))
    assert [head.digest for head in shop.flows.lookahead_tables.heads()] == digests[1:]


def test_quotes_and_what_is_taken_up_of_them_look_ahead(shop, publish):
    publish()
    cart = order(("A", 1), id="")
    quote = shop.quotes.make(QuoteRequest(cart=cart, deliveries=("standard",)))
    answer = shop.quote_take_up.take(TakeRequest(quote=quote.id, promise=1, order_id="W-1"), caller="a test")
    assert (nodes(answer), answer.record.lookahead.state) == (["lyon"], "used")
    assert {replayed.outcome for replayed in shop.replays.between(None, None)} == {"identical"}


def test_a_joint_batch_looks_ahead(shop, publish):
    publish()
    batch = decide_batch(shop, [order((sku, 1), id=f"O-{sku}") for sku in ("A", "B", "C")])
    shipped = {answer.record.order.id: nodes(answer) for answer in batch.answers}
    assert shipped == {"O-A": ["lyon"], "O-B": ["lyon"], "O-C": ["paris"]}
    assert batch.joint.classes == 1
    assert {replayed.outcome for replayed in shop.replays.between(None, None)} == {"identical"}


def test_what_was_counted_is_a_part_of_the_calculation_that_nobody_pays(shop, publish):
    publish({("A", "paris"): EURO})
    decision = shop.decide(order(("A", 2))).record
    made = shop.calculations.of_decision(decision.id)
    assert (made.lookahead, made.policy_amounts, made.agrees) == (2 * EURO, 2 * EURO, True)
    assert decision.cost_micros == decision.score.money_micros - 2 * EURO


def test_a_draft_that_looks_ahead_is_tried_with_the_prices_that_were_in_force_then(shop, clock, publish):
    activate(shop)
    shop.decide(order(("A", 1), id="before any table"))
    clock.now += 60
    publish()
    shop.decide(order(("A", 1), id="under the first"))
    clock.now += 60
    publish({("A", "paris"): EURO})
    shop.decide(order(("A", 1), id="under the second"))
    made = tried(shop, draft(LOOKS_AHEAD), active(shop))
    assert [item.comparison.changed for item in made.drafts] == [1, 0]
    assert [change.order for change, _ in made.drafts[0].worst] == ["under the first"]


def test_what_is_read_while_others_publish_is_of_one_table(shop, clock, opened, publish):
    """Another process puts one table after the other in force, whose prices all differ."""
    publish()
    worker, stop = opened(), threading.Event()

    def publish_more():
        tables, learnt_at = worker.flows.lookahead_tables, clock.now
        while not stop.is_set():
            learnt_at += 1
            price = learnt_at - clock.now
            tables.publish(table({("A", "paris"): price, ("B", "paris"): price}, learnt_at=learnt_at), now=clock.now)

    thread = threading.Thread(target=publish_more)
    thread.start()
    try:
        answers = [shop.decide(order(("A", 1), ("B", 1), id=f"O-{number}")) for number in range(20)]
    finally:
        stop.set()
        thread.join()
    assert len({answer.record.lookahead.table for answer in answers}) > 1
    assert {replayed.outcome for replayed in shop.replays.between(None, None)} == {"identical"}


def test_tables_are_in_a_backup_and_gone_with_a_reset(shop, publish, tmp_path):
    digest = publish()
    shop.back_up(tmp_path / "backup")
    whole = shop.flows.lookahead_tables.read(digest)
    shop.forget()
    assert (shop.flows.lookahead_tables.current(), shop.flows.lookahead_tables.heads()) == (None, [])
    with pytest.raises(FactsForgotten):
        shop.flows.lookahead_tables.read(digest)
    shop.restore(tmp_path / "backup")
    assert shop.flows.lookahead_tables.current() == digest
    assert shop.flows.lookahead_tables.read(digest) == whole
    assert nodes(shop.decide(order(("A", 1)))) == ["lyon"]


def test_what_is_read_in_parts_is_of_one_table(shop, clock, publish, monkeypatch):
    """Another table is in force once the first part is read, so that all is read again."""
    monkeypatch.setattr(facts_reader, "MOST_SKUS", 1)
    publish()
    digests, read = [], Ledger.read

    def read_and_publish(ledger, skus, **how):
        reading = read(ledger, skus, **how)
        if not digests:
            clock.now += 1
            digests.append(publish({("A", "paris"): 1, ("B", "paris"): 2}))
        return reading

    monkeypatch.setattr(Ledger, "read", read_and_publish)
    snapshot, _ = shop._facts.read_many(["A", "B", "C"], clock.now)
    assert snapshot.lookahead.digest == digests[0]
    assert {sku: nodes["paris"].price for sku, nodes in snapshot.lookahead.prices.items()} == {"A": 1, "B": 2}
