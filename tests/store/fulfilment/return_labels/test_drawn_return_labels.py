"""Labels of returns that nobody sells: drawn here, with numbers of a range where the network names a carrier."""

import itertools
import re
import threading
from dataclasses import replace
from datetime import date

import pytest

from engine.errors import InputInvalid, NotFound, NotPrintable, NotReturnable, NumbersExhausted, OrderErased, ReturnOver
from engine.events.event import Position
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.fulfilment.return_labels.make_and_print import make_and_print
from engine.model.carriers import CarrierAccount, NumberRange
from engine.model.returns import ReturnTerms
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import LILLE, LYON, node
from tests.support.ledger_entries import ledger_kinds
from tests.support.lossy_proxy import proxy, script_call
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, ZOE, packing_network, reserve_ssccs
from tests.support.returns import dispose, inspect, open_return, receive

pytestmark = pytest.mark.each_server

_DEPOTS = itertools.count(2_000)
"""Two networks of one server must not have the same numbers."""


@pytest.fixture
def shop(bare):
    return packing_network(bare)


@pytest.fixture
def with_dpd(bare):
    """Its carrier of returns gave two numbers."""
    numbers = NumberRange(kind="dpd", account=f"{next(_DEPOTS)}", first=20000, last=20001)
    account = CarrierAccount(id="dpd", door="numbers", ranges=(numbers,))
    return packing_network(bare, carriers={"dpd": account}, returns=ReturnTerms(carrier="dpd"))


def zpl(shop, name, **more):
    return shop.fulfilment.printed_return_labels.label(name, kind="zpl", **more).content.decode()


def events_of(shop, *types):
    page = shop.events.read(Position(0, 0), limit=1_000)
    return [event for event in page.events if event.type in types]


def test_a_label_leads_from_the_customer_to_where_the_goods_left(shop, to_come, made):
    name = to_come(shop)
    labelled = made(shop, name)
    assert labelled.new
    assert (labelled.label.node, labelled.label.carrier, labelled.label.sscc) == ("lyon", "", "")
    page = zpl(shop, name)
    assert page.index("passage Secret") < page.index("12 rue de la R")
    assert name in page
    printed = shop.fulfilment.printed_return_labels.label(name, kind="pdf")
    assert (printed.name, printed.content[:5], printed.order) == (f"return-label-{name}.pdf", b"%PDF-", "O-1")
    again = made(shop, name)
    assert (again.new, again.label) == (False, labelled.label)
    assert shop.check().clean


def test_a_label_says_what_people_call_the_carrier_and_until_when_the_return_is_waited_for(with_dpd, to_come, made):
    loaded = with_dpd.network()
    account = replace(loaded.carriers["dpd"], name="DPD France")
    with_dpd.load_network(replace(loaded, carriers={"dpd": account}))
    name = to_come(with_dpd)
    label = made(with_dpd, name).label
    assert (label.carrier, label.issued_on, label.until) == ("dpd", date(2026, 11, 27), date(2026, 12, 26))
    assert "DPD France" in zpl(with_dpd, name)
    with_dpd.load_network(loaded)
    assert "DPD France" in zpl(with_dpd, name)


def test_a_label_leads_to_the_node_that_is_named_and_to_no_other_afterwards(shop, to_come, made):
    name = to_come(shop)
    assert made(shop, name, node="lille").label.node == "lille"
    assert made(shop, name).label.node == "lille"
    with pytest.raises(NotReturnable, match="has a label to 'lille'; give that back"):
        made(shop, name, node="lyon")
    shop.fulfilment.return_labels.give_back(name)
    assert made(shop, name, node="lyon").label.node == "lyon"
    with pytest.raises(InputInvalid, match="no node 'nice'"):
        made(shop, to_come(shop, "O-2"), node="nice")


def test_a_carrier_of_returns_gives_its_next_number_and_the_parcel_an_sscc(with_dpd, to_come, made):
    first, second = (made(with_dpd, to_come(with_dpd, order)).label for order in ("O-1", "O-2"))
    assert re.fullmatch(r"2\d{13}.", first.tracking_number)
    assert first.tracking_number != second.tracking_number
    assert len({first.sscc, second.sscc}) == 2
    assert (first.grams, first.carrier) == (2_000, "dpd")
    assert first.sscc in zpl(with_dpd, "O-1-R1")
    assert first.tracking_number in zpl(with_dpd, "O-1-R1")
    third = to_come(with_dpd, "O-3")
    with pytest.raises(NumbersExhausted):
        made(with_dpd, third)
    assert with_dpd.flows.returns.show(third).stored.label is None
    assert with_dpd.check().clean


@pytest.mark.parametrize("ranges", ["serials", "tracking_serials"])
def test_the_ledger_knows_which_numbers_labels_took(with_dpd, to_come, made, redis_client, network, ranges):  # noqa: PLR0917  # fixtures
    made(with_dpd, to_come(with_dpd))
    key = f"{{{network}}}:parcels:{ranges}"
    ((field, text),) = redis_client.hgetall(key).items()
    redis_client.hset(key, field, b"0 " + text.partition(b" ")[2])
    assert not with_dpd.check().clean


def test_a_label_says_what_it_said_whatever_is_loaded_later(shop, to_come, made):
    name = to_come(shop)
    made(shop, name)
    before = zpl(shop, name)
    moved = replace(LYON_ADDRESS, lines=("99 quai Neuf",))
    packing_network(
        shop,
        nodes=[
            node("lyon", LYON, address=moved, services=("parcel", "pickup")),
            node("lille", LILLE, address=LILLE_ADDRESS),
        ],
        terms=shop.network().parcels,
        returns=ReturnTerms(expires=2),
    )
    assert zpl(shop, name) == before


def test_an_operation_is_answered_the_same_and_no_other_label_is_made(shop, to_come, made):
    name = to_come(shop)
    label = made(shop, name, op="one").label
    assert made(shop, name, op="one").label == label
    shop.fulfilment.return_labels.give_back(name)
    shop.fulfilment.return_labels.give_back(name)
    with pytest.raises(NotReturnable, match="was given back; ask for another one by a new operation"):
        made(shop, name, op="one")
    assert made(shop, name, op="two").label.number == 2


def test_only_of_a_return_that_expects_goods_a_label_is_made(shop, to_come, made, clock):
    with pytest.raises(NotFound, match="no return goes by the id"):
        made(shop, "R-9")
    nobody = to_come(shop, "O-1", addressee=None)
    with pytest.raises(InputInvalid, match="order 'O-1' has no addressee"):
        made(shop, nobody)
    unprintable = to_come(shop, "O-2", addressee=replace(ZOE, name="山田"))
    with pytest.raises(NotPrintable, match="山"):
        made(shop, unprintable)
    came = to_come(shop, "O-3")
    receive(shop, came, _1=2)
    with pytest.raises(ReturnOver, match="nothing more of return"):
        made(shop, came)
    cancelled = to_come(shop, "O-4")
    made(shop, cancelled)
    shop.flows.returns.cancel(cancelled)
    for ask in (lambda: made(shop, cancelled), lambda: zpl(shop, cancelled)):
        with pytest.raises(ReturnOver, match="is cancelled"):
            ask()
    unlabelled = open_return(shop, "O-4", _1=1).stored.id
    with pytest.raises(NotFound, match="has no label; have one made first"):
        zpl(shop, unlabelled)


def test_goods_may_come_and_the_label_is_there_still(shop, to_come, made):
    name = to_come(shop)
    label = made(shop, name).label
    receive(shop, name, _1=1)
    assert shop.flows.returns.show(name).stored.label == label
    assert made(shop, name).label == label
    assert shop.check().clean


def test_it_is_erased_with_its_order(shop, to_come, made):
    name = to_come(shop)
    made(shop, name)
    shop.flows.returns.cancel(name)
    other = open_return(shop, "O-1", _1=1).stored.id
    made(shop, other)
    receive(shop, other, _1=1)
    inspect(shop, other)
    dispose(shop, other)
    assert "Secret" in zpl(shop, other)
    shop.erasures.erase("O-1", note="asked for")
    with pytest.raises(OrderErased):
        zpl(shop, other)


def test_a_label_is_an_entry_of_the_log_and_an_event(with_dpd, to_come, made, redis_client, network):
    name = to_come(with_dpd)
    label = made(with_dpd, name).label
    with_dpd.fulfilment.return_labels.give_back(name, because="wrong place")
    assert ledger_kinds(redis_client, network)[-2:] == [b"return_labelled", b"return_label_cancelled"]
    made_event, back = events_of(with_dpd, "return.labelled", "return.label_cancelled")
    assert (made_event.data.label.tracking_number, made_event.data.label.sscc) == (label.tracking_number, label.sscc)
    assert (back.type, back.data.label.because) == ("return.label_cancelled", "wrong place")
    logged = redis_client.xrange(f"{{{network}}}:log")
    assert "Secret" not in str(logged)


def test_a_copy_is_printed_once_at_the_node_that_is_named(bare, to_come):
    printers = {"label": "socket://10.0.0.5"}
    shop = packing_network(
        bare,
        nodes=[
            node("lyon", LYON, address=LYON_ADDRESS, printers=printers, services=("parcel", "pickup")),
            node("lille", LILLE, address=LILLE_ADDRESS),
        ],
    )
    name, part = to_come(shop), shop.fulfilment

    def ask(print_at):
        request = ReturnLabelRequest(return_id=name)
        return make_and_print(part.return_labels, part.printing, request, print_at=print_at, access=lambda _: None)

    with pytest.raises(InputInvalid, match="print_at: lille has no printer for a return_label"):
        ask("lille")
    assert shop.flows.returns.show(name).stored.label is None
    ask("lyon")
    ask("lyon")
    ((_, job),) = part.printing.page("queued", limit=9)
    assert (job.node, job.paper, job.of) == ("lyon", "return_label", name)
    more = part.printing.add("return_label", name).job
    assert more.node == "lyon"
    assert len(part.printing.page("queued", limit=9)) == 2
    drawn = part.printed_return_labels.of_job(job, kind="zpl", dots_per_mm=12).content
    assert drawn != part.printed_return_labels.of_job(job, kind="zpl", dots_per_mm=8).content


def test_a_label_whose_reply_is_lost_is_made_once(  # noqa: PLR0917  # fixtures
    with_dpd, to_come, made, server_url, network, clock
):
    name = to_come(with_dpd)
    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        worker.ready()
        made(with_dpd, to_come(with_dpd, "O-2"))  # numbers are reserved by now
        before.lose_reply_to = script_call("fulfilment/change_return_label")
        label = made(worker, name).label
        assert before.lost_replies == 1
    assert with_dpd.flows.returns.show(name).stored.label == label
    assert label.number == 1
    assert with_dpd.check().clean


def test_of_many_who_ask_at_once_one_makes_it(with_dpd, to_come, made):
    name = to_come(with_dpd)
    labels = []
    threads = [threading.Thread(target=lambda: labels.append(made(with_dpd, name))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({item.label.sscc for item in labels}) == 1
    assert [item.new for item in labels].count(True) == 1
    assert made(with_dpd, to_come(with_dpd, "O-2")).label.tracking_number  # its range has two numbers


def test_a_label_that_another_made_with_the_last_number_is_answered(  # noqa: PLR0917  # fixtures
    with_dpd, to_come, made, server_url, network, clock
):
    name = to_come(with_dpd)
    reserve_ssccs(with_dpd)
    by_another = []

    def make_it_first():
        before.before = None
        by_another.append(made(with_dpd, name).label)
        made(with_dpd, to_come(with_dpd, "O-2"))  # the last of the range

    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        worker.ready()
        before.before, before.act = with_dpd._keys.reserving_numbers.encode(), make_it_first
        labelled = made(worker, name)
    assert (by_another, labelled.new) == ([labelled.label], False)
    with pytest.raises(NumbersExhausted, match="dpd"):
        made(with_dpd, to_come(with_dpd, "O-3"))
