"""Labels of returns that a carrier sells: bought once, whatever fails, and given back with the return."""

from dataclasses import replace

import pytest

from engine.errors import CarrierRefused, CarrierUnavailable, InputInvalid, NotPackable, NotReturnable, ReturnOver
from engine.service import Pointsman
from tests.support.fake_carriers.fake_server import LABELS
from tests.support.fake_carriers.selling import is_killed_at
from tests.support.parcels import ZOE

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_drawn_return_labels.py tries its script on every server."""


def state(shop, name):
    label = shop.flows.returns.show(name).stored.label
    return label.state, bool(label.booking), bool(label.tracking_number)


def pdf(shop, name):
    return shop.fulfilment.printed_return_labels.label(name, kind="pdf").content


def test_a_label_is_bought_once_and_kept_as_it_was_sold(selling, fake, to_come, made, stored):
    name = to_come(selling)
    labelled = made(selling, name)
    assert state(selling, name) == ("made", True, True)
    assert pdf(selling, name) == LABELS["pdf"]
    with pytest.raises(InputInvalid, match="sold this label as PDF"):
        selling.fulfilment.printed_return_labels.label(name, kind="zpl")
    assert made(selling, name).label == labelled.label
    assert len(fake.bills) == 1
    (sold,) = fake.shipments.values()
    assert sold["is_return"] is True
    assert stored.kinds()[-2:] == [b"return_label_begun", b"return_labelled"]
    assert LABELS["pdf"] not in stored.labels()
    assert selling.check().clean


@pytest.mark.parametrize("fault", ["dropped", "lost", "cut", "nonsense", "broken_after", "busy"])
def test_what_is_lost_of_an_answer_is_asked_for_again_and_paid_once(selling, fake, to_come, made, fault):
    name = to_come(selling)
    for number in range(1, 5):
        asked = iter(range(number))
        fake.faults = lambda _, asked=asked, number=number: fault if next(asked, None) == number - 1 else None
        try:
            made(selling, name)
        except CarrierUnavailable:
            assert state(selling, name)[0] == "booking"
            assert selling.check().clean
    fake.faults = lambda _: None
    made(selling, name)
    assert state(selling, name) == ("made", True, True)
    assert len(fake.bills) == 1


def test_a_cancelled_return_gives_its_label_back(selling, fake, to_come, made, stored):
    name, unneeded_labels = to_come(selling), selling.fulfilment.unneeded_labels
    made(selling, name)
    unneeded_labels.run()
    selling.flows.returns.cancel(name)
    assert unneeded_labels.run() == [f"return {name}"]
    assert (state(selling, name)[0], fake.owed) == ("cancelled", 0)
    assert stored.labels() == []
    assert unneeded_labels.run() == []
    with pytest.raises(ReturnOver):
        pdf(selling, name)
    assert selling.check().clean


def test_the_first_process_that_gives_back_finds_returns_that_were_cancelled_before(selling, fake, to_come, made):
    name = to_come(selling)
    made(selling, name)
    selling.flows.returns.cancel(name)
    assert selling.fulfilment.unneeded_labels.run() == [f"return {name}"]
    assert fake.owed == 0


def test_a_carrier_that_is_away_is_asked_again_to_take_it_back(selling, fake, to_come, made, clock):
    name, unneeded_labels = to_come(selling), selling.fulfilment.unneeded_labels
    made(selling, name)
    unneeded_labels.run()
    selling.flows.returns.cancel(name)
    fake.faults = lambda _: "busy"
    with pytest.raises(CarrierUnavailable):
        unneeded_labels.run()
    fake.faults = lambda _: None
    assert unneeded_labels.run() == []
    clock.now += 301
    assert unneeded_labels.run() == [f"return {name}"]
    assert fake.owed == 0
    assert selling._client.redis.zcard(selling._keys.not_given_back) == 0


def test_a_return_that_is_cancelled_while_its_label_is_bought_keeps_none(selling, fake, to_come, made):
    name = to_come(selling)

    def cancel_once(_request, cancelled=[]):  # noqa: B006
        if not cancelled:
            cancelled.append(name)
            selling.flows.returns.cancel(name)

    fake.faults = cancel_once
    with pytest.raises(ReturnOver, match="is cancelled"):
        made(selling, name)
    assert fake.owed == 0
    selling.fulfilment.unneeded_labels.run()
    assert (state(selling, name)[0], fake.owed) == ("cancelled", 0)
    assert selling.check().clean


def test_a_carrier_that_refuses_leaves_nothing_and_it_can_be_asked_otherwise(selling, fake, to_come, made):
    name = to_come(selling)
    fake.refuses = {"1"}
    with pytest.raises(CarrierRefused):
        made(selling, name, op="one")
    assert state(selling, name)[0] == "cancelled"
    with pytest.raises(NotReturnable, match="by a new operation"):
        made(selling, name, op="one")
    fake.refuses = set()
    made(selling, name, op="two")
    assert (state(selling, name), len(fake.bills)) == (("made", True, True), 1)


def test_what_was_paid_before_the_customer_moved_is_not_forgotten(selling, fake, to_come, made):
    name = to_come(selling)
    fake.faults = lambda request: "lost" if request.path.endswith(("/buy", "/purchase")) else None
    with pytest.raises(CarrierUnavailable):
        made(selling, name)
    fake.faults = lambda _: None
    selling.fulfilment.parcels.put_addressee("O-1", replace(ZOE, lines=("8, passage Secret",)))
    with pytest.raises(NotPackable, match="--give-back"):
        made(selling, name)
    selling.fulfilment.return_labels.give_back(name)
    assert fake.owed == 0
    made(selling, name)
    assert (state(selling, name)[0], fake.owed) == ("made", 1)


@pytest.mark.parametrize("fault", ["dropped", "lost"])
@pytest.mark.parametrize("request_number", [0, 1, 2])
def test_a_process_that_is_killed_while_it_buys_is_gone_on_with(  # noqa: PLR0917  # fixtures
    selling, fake, to_come, made, stored, request_number, fault
):
    name = to_come(selling)

    def buy_elsewhere():
        with Pointsman(selling.settings, clock=lambda: selling.now) as worker:
            made(worker, name, op="one")

    assert is_killed_at(fake, request_number, fault, buy_elsewhere) == (request_number < len(fake.requests))
    assert selling.check().clean
    stored.end_turns()
    made(selling, name, op="one")
    assert (state(selling, name), fake.owed) == (("made", True, True), 1)
    assert selling.check().clean


def test_an_operation_may_have_any_name_also_that_of_a_step(selling, fake, to_come, made):
    name = to_come(selling)
    labelled = made(selling, name, op="bought 1")
    assert state(selling, name) == ("made", True, True)
    assert made(selling, name, op="bought 1").label == labelled.label
    assert fake.owed == 1
