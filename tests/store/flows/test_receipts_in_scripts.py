"""The commit checks units of receipts as `covers` in engine/inbound/available_to_promise.py does, and what is pegged to
the receipts that arrive last is always covered.
"""

import itertools
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.inbound.available_to_promise import available_of_receipts, covers, peg
from engine.model.receipts import Receipt, in_order_of_arrival
from engine.store.flows.receipt_texts import StoredReceipt, parse, text_of
from engine.store.outcomes import Committed
from tests.store.flows.conftest import commit, decision_on
from tests.support.examples import examples
from tests.support.facts import NOW
from tests.unit.engine.inbound.test_available_to_promise import RECEIPTS, RELIANCES

pytestmark = pytest.mark.each_server

NUMBERS = itertools.count(1)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=st.tuples(RECEIPTS, RELIANCES, st.integers(-3, 5)), data=st.data())
def test_the_commit_takes_exactly_what_is_covered(ledger, client, keys, case, data):
    """Five are on hand in Lyon, of which the floor lets `free` go; below 0: more than these are held already."""
    receipts, reliance, free = case
    reliance = replace(reliance, now=NOW)
    receipts = [replace(item, sku="A", expected_at=NOW + item.expected_at) for item in receipts]
    counted = [item for item in in_order_of_arrival(receipts) if item.status in reliance.statuses]
    units = data.draw(st.integers(0, 3))
    pegged = {item.id: data.draw(st.integers(0, item.to_come + 1)) for item in counted}
    pegged = {name: count for name, count in pegged.items() if count}
    if not units and not any(pegged.values()):
        return
    client.redis.delete(keys.receipts("A"), keys.pegs("A"), keys.held("A"))
    for item in receipts:
        client.redis.hset(
            keys.receipts("A"), item.id, text_of(StoredReceipt(receipt=item, stated=item.status, owned=False))
        )
    decision = decision_on(ledger, units, pegged, counted, floor=5 - free, haircut=reliance.haircut)
    committed = commit(ledger, decision, f"d{next(NUMBERS)}") == Committed()
    assert committed == covers(free, units, pegged, receipts, reliance)
    stored = {
        item.id: parse(item.id, "A", client.redis.hget(keys.receipts("A"), item.id)).receipt.promised
        for item in receipts
    }
    assert stored == {item.id: item.promised + (pegged.get(item.id, 0) if committed else 0) for item in receipts}


@given(free=st.integers(-3, 5), receipts=RECEIPTS, reliance=RELIANCES, data=st.data())
def test_what_is_available_by_an_instant_is_covered(free, receipts, reliance, data):
    step = data.draw(st.sampled_from(available_of_receipts(free, receipts, reliance)))
    units = data.draw(st.integers(0, step.units))
    there, pegged = peg(units, step.since, receipts, reliance)
    assert covers(free, there, dict(pegged), receipts, reliance)


def test_a_receipt_is_read_as_it_is_stored():
    receipt = Receipt(
        id="PO 1",
        source="asn",
        node="lyon",
        sku="A",
        quantity=10,
        expected_at=NOW,
        status="in_transit",
        received=3,
        promised=2,
        sequence=2**53 - 1,
    )
    stored = StoredReceipt(receipt=receipt, stated="confirmed", owned=True)
    assert parse("PO 1", "A", text_of(stored)) == stored
