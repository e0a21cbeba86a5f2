"""Labels of returns whose carrier was being asked when whoever asked stopped: the service goes on with them, and they
end.
"""

import contextlib

import pytest

from engine.errors import CarrierUnavailable, NotFound, NotReturnable, PointsmanError, ReturnOver
from engine.events.event import Position
from engine.fulfilment.carriers.carrier import Bought, BoughtLabel
from tests.support.fake_carriers.fake_server import LABELS
from tests.support.returns import receive

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_drawn_return_labels.py tries its script on every server."""

DAY = 86_400
GIVES_BACK = ("/refund", "/cancel")
PAYS = ("/buy", "/purchase")


def label_of(shop, name):
    return shop.flows.returns.show(name).stored.label


def pdf(shop, name):
    return shop.fulfilment.printed_return_labels.label(name, kind="pdf").content


def answers(fake):
    fake.faults = lambda _: None


def loses(fake, paths):
    """The carrier does what it is asked by these calls, and its answer is lost."""
    fake.faults = lambda request: "lost" if request.path.endswith(paths) else None


def take_turn(shop):
    with contextlib.suppress(PointsmanError):
        shop.fulfilment.unneeded_labels.take_turn()


def nothing_is_left(shop):
    redis, keys = shop._client.redis, shop._keys
    return redis.zcard(keys.unfinished_return_labels) == redis.zcard(keys.late_purchases) == 0


def booking(shop, fake, name, made):
    """It was paid, and nobody here knows."""
    loses(fake, PAYS)
    with pytest.raises(CarrierUnavailable):
        made(shop, name)
    answers(fake)
    assert (label_of(shop, name).state, fake.owed) == ("booking", 1)


def cancelling(shop, fake, name, made):
    """It was given back, and nobody here knows."""
    made(shop, name)
    loses(fake, GIVES_BACK)
    with pytest.raises(CarrierUnavailable):
        shop.fulfilment.return_labels.give_back(name, because="wrong box")
    answers(fake)
    assert (label_of(shop, name).state, fake.owed) == ("cancelling", 0)


def refuses_to_take_back(fake):
    fake.refunds = "rejected"  # EasyPost says so
    fake.is_shipped = True  # Karrio does, of what is on its way


def cancelled_while_it_is_paid(shop, fake, stored, name):
    """Somebody else gives the label back while a process that stood still for a minute is about to pay for it."""

    def cancel_once(request, cancelled=[]):  # noqa: B006
        if request.path.endswith(PAYS) and not cancelled:
            cancelled.append(name)
            fake.lock.release()
            stored.end_turns()
            shop.fulfilment.return_labels.give_back(name, because="wrong box")
            fake.lock.acquire()

    return cancel_once


def test_a_label_that_was_refunded_is_never_served_and_is_cancelled_by_itself(selling, fake, to_come, made, clock):
    name = to_come(selling)
    cancelling(selling, fake, name, made)
    with pytest.raises(NotFound, match="is being asked to take label 1 back"):
        pdf(selling, name)
    with pytest.raises(NotReturnable, match="is being asked to take label 1 of return 'O-1-R1' back"):
        made(selling, name)
    assert selling.check().clean
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == []
    clock.now += 120
    selling.fulfilment.unneeded_labels.take_turn()
    label = label_of(selling, name)
    assert (label.state, label.because, fake.owed) == ("cancelled", "wrong box", 0)
    assert nothing_is_left(selling)
    assert selling.check().clean
    assert made(selling, name).label.number == 2
    assert pdf(selling, name) == LABELS["pdf"]


def test_whoever_gives_it_back_goes_on_with_the_same_call(selling, fake, to_come, made, stored):
    name = to_come(selling)
    cancelling(selling, fake, name, made)
    selling.fulfilment.return_labels.give_back(name)
    assert (label_of(selling, name).because, fake.owed) == ("wrong box", 0)
    assert stored.kinds()[-2:] == [b"return_label_cancel_begun", b"return_label_cancelled"]
    events = [event.type for event in selling.events.read(Position(0, 0), limit=1_000).events]
    assert events[-2:] == ["return.labelled", "return.label_cancelled"]
    assert nothing_is_left(selling)


def test_a_label_that_was_paid_is_gone_on_with_by_itself(selling, fake, to_come, made, clock):
    name = to_come(selling)
    booking(selling, fake, name, made)
    with pytest.raises(NotFound, match="is still being bought"):
        pdf(selling, name)
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == []
    clock.now += 120
    selling.fulfilment.unneeded_labels.take_turn()
    assert (label_of(selling, name).state, fake.owed, len(fake.bills)) == ("made", 1, 1)
    assert pdf(selling, name) == LABELS["pdf"]
    assert nothing_is_left(selling)
    assert selling.check().clean


def test_a_label_of_a_return_that_is_waited_for_no_more_is_given_back_and_not_bought(
    selling, fake, to_come, made, clock
):
    expired, came, cancelled = (to_come(selling, order) for order in ("O-1", "O-2", "O-3"))
    loses(fake, PAYS)
    for name in (expired, came, cancelled):
        with pytest.raises(CarrierUnavailable):
            made(selling, name)
    answers(fake)
    receive(selling, came, _1=2)
    selling.flows.returns.cancel(cancelled)
    with pytest.raises(ReturnOver, match="nothing more of return"):
        made(selling, came)
    clock.now += 120
    selling._client.redis.zrem(selling._keys.unfinished_return_labels, expired)  # as if no service had run until then
    selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert {name: label_of(selling, name).because for name in (came, cancelled)} == {
        came: "nothing more of the return is waited for",
        cancelled: "the return was cancelled",
    }
    clock.now += 40 * DAY
    with pytest.raises(ReturnOver, match="expired"):
        made(selling, expired)
    selling._client.redis.zadd(selling._keys.unfinished_return_labels, {expired: 0})
    selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert label_of(selling, expired).because == "nothing more of the return is waited for"
    assert fake.owed == 0
    assert selling.check().clean


@pytest.mark.parametrize("begin", [booking, cancelling])
def test_it_ends_although_its_carrier_never_answers_again(selling, fake, to_come, made, clock, begin):  # noqa: PLR0917  # fixtures
    name = to_come(selling)
    begin(selling, fake, name, made)
    fake.faults = lambda _: "dropped"
    for _ in range(10):
        clock.now += DAY // 2
        take_turn(selling)
    label = label_of(selling, name)
    assert label.state == "cancelled"
    assert "not known to be given back, ask the carrier for it: " in label.because
    assert nothing_is_left(selling)
    assert selling.check().clean


def test_a_booking_that_fails_for_a_day_is_given_back(selling, fake, to_come, made, clock):
    name = to_come(selling)
    booking(selling, fake, name, made)
    clock.now += DAY
    selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert (label_of(selling, name).because, fake.owed) == ("its carrier sold no label within a day", 0)


def test_of_a_carrier_that_does_not_answer_one_label_is_asked_about_in_a_turn(selling, fake, to_come, made, clock):
    names = [to_come(selling, order) for order in ("O-1", "O-2", "O-3")]
    for name in names:
        booking(selling, fake, name, made) if name == names[0] else made(selling, name)
    loses(fake, GIVES_BACK)
    for name in names[1:]:
        with pytest.raises(CarrierUnavailable):
            selling.fulfilment.return_labels.give_back(name)
    clock.now += 120
    fake.requests.clear()
    fake.faults = lambda _: "dropped"
    with pytest.raises(CarrierUnavailable):
        selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert len(fake.requests) == 1
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == []
    answers(fake)
    clock.now += 300
    assert sorted(selling.fulfilment.unneeded_labels.go_on_with_return_labels()) == names
    assert [label_of(selling, name).state for name in names] == ["made", "cancelled", "cancelled"]


def test_a_label_that_its_carrier_does_not_take_back_stays_valid(selling, fake, to_come, made, clock):
    name = to_come(selling)
    made(selling, name)
    fake.faults = lambda request: "busy" if request.path.endswith(GIVES_BACK) else None
    with pytest.raises(CarrierUnavailable):
        selling.fulfilment.return_labels.give_back(name)
    answers(fake)
    refuses_to_take_back(fake)
    clock.now += 120
    selling.fulfilment.unneeded_labels.take_turn()
    assert (label_of(selling, name).state, label_of(selling, name).cancelling_since) == ("made", 0)
    assert pdf(selling, name) == LABELS["pdf"]
    assert nothing_is_left(selling)
    with pytest.raises(PointsmanError, match="shop"):
        selling.fulfilment.return_labels.give_back(name)
    assert label_of(selling, name).state == "made"
    assert selling.check().clean


def test_with_its_return_it_ends_although_its_carrier_does_not_take_it_back(selling, fake, to_come, made):
    name, unneeded_labels = to_come(selling), selling.fulfilment.unneeded_labels
    made(selling, name)
    unneeded_labels.run()
    selling.flows.returns.cancel(name)
    refuses_to_take_back(fake)
    assert unneeded_labels.run() == [f"return {name}"]
    assert label_of(selling, name).because.startswith("the return was cancelled; ")
    assert nothing_is_left(selling)


def test_what_is_paid_after_the_label_was_cancelled_is_given_back_at_once(selling, fake, to_come, made, stored):
    name = to_come(selling)
    fake.faults = cancelled_while_it_is_paid(selling, fake, stored, name)
    with pytest.raises(NotReturnable, match="was given back: wrong box"):
        made(selling, name)
    assert (label_of(selling, name).state, len(fake.bills), fake.owed) == ("cancelled", 1, 0)


def test_what_is_paid_after_that_is_given_back_later_where_the_carrier_does_not_answer(  # noqa: PLR0917  # fixtures
    selling, fake, to_come, made, stored, clock
):
    name = to_come(selling)
    cancel_once = cancelled_while_it_is_paid(selling, fake, stored, name)
    fake.faults = lambda request: "busy" if request.path.endswith(GIVES_BACK) else cancel_once(request)
    with pytest.raises(NotReturnable, match="was given back"):
        made(selling, name)
    assert fake.owed == 1
    answers(fake)
    assert made(selling, name, op="new").label.number == 2
    clock.now += 120
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == [name]
    assert (len(fake.bills), fake.owed, label_of(selling, name).state) == (2, 1, "made")
    clock.now += 600
    selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert nothing_is_left(selling)
    assert fake.owed == 1


@pytest.mark.parametrize("takes_back", [True, False])
def test_what_is_paid_by_a_process_that_dies_after_that_is_given_back_or_told(  # noqa: PLR0917  # fixtures
    selling, fake, to_come, made, stored, clock, takes_back
):
    name, cancelled = to_come(selling), []
    cancel_once = cancelled_while_it_is_paid(selling, fake, stored, name)

    def die_once_it_is_paid(request):
        if request.path.endswith(PAYS):
            cancel_once(request)
            cancelled.append(name)
            return "lost"
        return "dropped" if cancelled else None

    fake.faults = die_once_it_is_paid
    with pytest.raises(CarrierUnavailable):
        made(selling, name)
    answers(fake)
    assert (label_of(selling, name).state, fake.owed) == ("cancelled", 1)
    if not takes_back:
        refuses_to_take_back(fake)
    clock.now += 120
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == []
    clock.now += 480
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == [name]
    assert fake.owed == (0 if takes_back else 1)
    assert label_of(selling, name).because.startswith("wrong box" if takes_back else "wrong box; ")
    assert nothing_is_left(selling)
    assert selling.check().clean


def test_no_label_is_drawn_in_the_place_of_one_that_was_sold(selling, to_come, made, redis_client):
    name = to_come(selling)
    made(selling, name)
    redis_client.delete(selling._keys.parcel_labels)
    with pytest.raises(NotFound, match="is not kept any more, as labels are for 180 days"):
        pdf(selling, name)


def test_a_label_of_which_a_carrier_sold_the_number_alone_is_drawn_whenever_it_is_asked_for(
    selling, to_come, made, clock
):
    name = to_come(selling)
    carrier = selling.fulfilment.carriers.carrier("shop")
    sold = Bought(booking="b", labels=(BoughtLabel(parcel=1, tracking_number="N1", label=None, format="pdf"),))
    carrier.buy = lambda _: sold
    selling.fulfilment.carriers.carrier = lambda _: carrier
    made(selling, name)
    for _ in range(2):
        assert b"N1" in selling.fulfilment.printed_return_labels.label(name, kind="zpl").content
        clock.now += 200 * DAY


def test_an_operation_that_found_a_label_buys_none_once_that_was_given_back(selling, fake, to_come, made):
    name = to_come(selling)
    made(selling, name, op="one")
    assert not made(selling, name, op="two").new
    selling.fulfilment.return_labels.give_back(name)
    with pytest.raises(NotReturnable, match="was given back; ask for another one by a new operation"):
        made(selling, name, op="two")
    assert len(fake.bills) == 1


def test_a_label_for_another_weight_is_refused_as_one_to_another_node_is(selling, fake, to_come, made):
    name = to_come(selling)
    made(selling, name, grams=2_000)
    assert not made(selling, name, grams=2_000).new
    assert not made(selling, name).new
    with pytest.raises(NotReturnable, match="has a label for a parcel of 2000 g; give that back"):
        made(selling, name, grams=12_000)
    assert len(fake.bills) == 1


def test_an_operation_may_have_any_name(selling, fake, to_come, made):
    name = to_come(selling)
    assert made(selling, name, op="bought 1").new
    assert (label_of(selling, name).state, fake.owed) == ("made", 1)


def test_a_return_that_never_had_a_label_has_none_to_give_back(selling, to_come):
    with pytest.raises(NotFound, match="never had a label"):
        selling.fulfilment.return_labels.give_back(to_come(selling))


def test_a_label_that_was_paid_and_is_not_taken_back_is_valid(selling, fake, to_come, made, clock):
    name = to_come(selling)
    booking(selling, fake, name, made)
    refuses_to_take_back(fake)
    with pytest.raises(PointsmanError, match="shop"):
        selling.fulfilment.return_labels.give_back(name)
    assert label_of(selling, name).state == "booking"
    clock.now += 120
    selling.fulfilment.unneeded_labels.go_on_with_return_labels()
    assert (label_of(selling, name).state, len(fake.bills)) == ("made", 1)


def test_a_return_that_can_t_be_read_keeps_no_other_waiting(selling, fake, to_come, made, clock):
    broken, whole = to_come(selling, "O-1"), to_come(selling, "O-2")
    for name in (broken, whole):
        loses(fake, PAYS)
        with pytest.raises(CarrierUnavailable):
            made(selling, name)
    answers(fake)
    redis, key = selling._client.redis, selling._keys.returns
    text = redis.hget(key, broken)
    redis.hset(key, broken, text[:-9])
    clock.now += 120
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == [whole]
    redis.hset(key, broken, text)
    clock.now += 300
    assert selling.fulfilment.unneeded_labels.go_on_with_return_labels() == [broken]
