"""Shipments whose carrier sells labels: bought once, whatever fails or dies, stored first, and given back."""

from dataclasses import replace

import pytest

from engine.errors import CarrierRefused, CarrierUnavailable, InputInvalid, NotPackable, NotReady, OrderErased
from engine.fulfilment.printing.print_job import PrintJob
from engine.model.carriers import CarrierAccount
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from tests.support.facts import LYON, node, service
from tests.support.fake_carriers.booking import PRODUCTS
from tests.support.fake_carriers.fake_server import LABELS
from tests.support.fake_carriers.selling import is_killed_at, load_selling_network, opened_seller, selling_settings
from tests.support.ledger_entries import ledger_kinds
from tests.support.parcels import LYON_ADDRESS, ZOE, decided, dpd, pack, packing_network


@pytest.fixture
def shop(server_url, network, fake, clock):
    with opened_seller(selling_settings(server_url, network, {"shop": "sendcloud"}), clock) as opened:
        yield load_selling_network(opened, fake, printers={"label": "ipp://p/q"})


def state(shop, key):
    view = shop.fulfilment.parcels.show(key)
    return [(item.state, item.booking is not None) for item in view.shipment.packings]


def printed(redis_client, network):
    return redis_client.hlen(f"{{{network}}}:print:jobs")


def test_labels_are_bought_and_stored_before_the_shipment_is_packed(shop, fake, redis_client, network):
    key = decided(shop, ("A", 2))
    view = pack(shop, key, {"1": 1}, {"1": 1}, op="p")
    assert state(shop, key) == [("packed", True)]
    numbers = [parcel.tracking_number for parcel in view.shipment.parcels]
    assert None not in numbers
    assert len(set(numbers)) == 2
    assert shop.fulfilment.printed.label(key, 2, kind="pdf").content == LABELS["pdf"]
    with pytest.raises(InputInvalid, match="sold this label as PDF"):
        shop.fulfilment.printed.label(key, 1, kind="zpl")
    kinds = ledger_kinds(redis_client, network)
    assert kinds[-3:] == [b"packing_begun", b"progressed", b"packed"]
    assert pack(shop, key, {"1": 1}, {"1": 1}, op="p") == view
    assert pack(shop, key) == view
    assert (fake.owed, printed(redis_client, network)) == (1, 2)
    assert shop.check().clean


def test_labels_are_bought_as_the_printer_of_the_node_takes_them(shop, fake):
    load_selling_network(shop, fake, printers={"label": "socket://10.0.0.5"})
    key = decided(shop, ("A", 1))
    pack(shop, key)
    assert shop.fulfilment.printed.label(key, 1, kind="zpl").content == LABELS["zpl"]


def test_a_label_of_another_format_than_its_printer_takes_is_not_sent_there(shop, fake, redis_client, network):
    load_selling_network(shop, fake, label_format="png", printers={"label": "socket://10.0.0.5"})
    pack(shop, decided(shop, ("A", 1)))
    jobs = map(PrintJob.of_text, redis_client.hvals(f"{{{network}}}:print:jobs"))
    (job,) = [job for job in jobs if job.paper == "label"]
    with pytest.raises(InputInvalid, match="sold this label as PNG, and its printer takes ZPL"):
        shop.fulfilment.printed.of_job(job, kind="zpl", dots_per_mm=8)


@pytest.mark.parametrize("fault", ["dropped", "lost", "cut", "nonsense", "broken_after", "busy"])
def test_what_is_lost_of_an_answer_is_asked_for_again_and_paid_once(shop, fake, redis_client, network, fault):
    key = decided(shop, ("A", 1))
    faults = iter([fault])
    fake.faults = lambda _: next(faults, None)
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    assert state(shop, key) == [("booking", False)]
    assert printed(redis_client, network) == 0
    assert shop.check().clean
    with pytest.raises(NotPackable, match="is being booked"):
        pack(shop, key, {"A": 1}, op="another")
    pack(shop, key)
    assert (state(shop, key), fake.owed, printed(redis_client, network)) == ([("packed", True)], 1, 1)
    assert shop.check().clean


def test_a_carrier_that_refuses_leaves_nothing_and_it_can_be_packed_otherwise(shop, fake):
    key = decided(shop, ("A", 1))
    nowhere = replace(ZOE, postcode="")
    with pytest.raises(CarrierRefused):
        pack(shop, key, addressee=nowhere, op="one")
    assert state(shop, key) == [("cancelled", False)]
    with pytest.raises(NotPackable, match="by a new operation"):
        pack(shop, key, addressee=nowhere, op="one")
    pack(shop, key, op="two")
    assert (state(shop, key), fake.owed) == ([("cancelled", False), ("packed", True)], 1)
    assert shop.check().clean


def test_labels_are_given_back_once(shop, fake, redis_client, network):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    faults = iter(["lost"])
    fake.faults = lambda _: next(faults, None)
    with pytest.raises(CarrierUnavailable):
        shop.fulfilment.parcels.cancel(key, op="c")
    assert state(shop, key) == [("cancelling", True)]
    shop.fulfilment.parcels.cancel(key, op="c")
    shop.fulfilment.parcels.cancel(key, op="c")
    assert (state(shop, key), fake.owed) == ([("cancelled", True)], 0)
    assert redis_client.hlen(f"{{{network}}}:parcels:labels") == 0
    assert redis_client.hlen(f"{{{network}}}:parcels:numbers") == 0
    pack(shop, key)
    assert (state(shop, key)[1], fake.owed) == (("packed", True), 1)
    assert shop.check().clean


def test_a_booking_whose_answer_was_lost_is_given_back_as_well(shop, fake):
    key = decided(shop, ("A", 1))
    faults = iter(["lost"])
    fake.faults = lambda _: next(faults, None)
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    shop.fulfilment.parcels.cancel(key)
    assert (state(shop, key), fake.owed) == ([("cancelled", False)], 0)


def test_what_was_paid_before_its_addressee_was_changed_is_not_forgotten(shop, fake):
    key = decided(shop, ("A", 2), id="W-1")
    fake.faults = lambda request: "lost" if request.method == "POST" else None
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    fake.faults = lambda _: None
    shop.fulfilment.parcels.put_addressee("W-1", replace(ZOE, lines=("8, passage Secret",)))
    with pytest.raises(NotPackable, match="shipment cancel"):
        pack(shop, key)
    assert state(shop, key) == [("booking", False)]
    shop.fulfilment.parcels.cancel(key)
    assert fake.owed == 0
    pack(shop, key)
    assert state(shop, key) == [("cancelled", False), ("packed", True)]


def test_what_carries_nothing_else_may_be_loaded_before_a_retry(shop, fake):
    key = decided(shop, ("A", 2))
    fake.faults = lambda request: "lost" if request.method == "POST" else None
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    fake.faults = lambda _: None
    packing_network(
        shop,
        services=[service(carrier="shop", carrier_product=PRODUCTS["sendcloud"])],
        nodes=[node("lyon", LYON, address=replace(LYON_ADDRESS, phone="+33 9"), label_format="png")],
        carriers={"shop": CarrierAccount(id="shop", door="sendcloud", url=fake.url)},
    )
    pack(shop, key)
    assert (state(shop, key), fake.owed) == ([("packed", True)], 1)


def test_the_same_parcels_for_another_addressee_are_not_said_to_be_packed(shop):
    key = decided(shop, ("A", 2))
    pack(shop, key)
    pack(shop, key)
    with pytest.raises(NotPackable, match="another addressee"):
        pack(shop, key, addressee=replace(ZOE, lines=("8, passage Secret",)))


@pytest.mark.parametrize("word", ["{shop}", "{", "%s {0}"])
def test_who_packs_a_shipment_otherwise_is_told_whatever_its_carrier_is_called(shop, word):
    loaded = shop.network()
    account = replace(loaded.carriers["shop"], id=word)
    called = {name: replace(item, carrier=word) for name, item in loaded.services.items()}
    shop.load_network(replace(loaded, services=called, carriers={word: account}))
    key = decided(shop, ("A", 1))
    with pytest.raises(NotReady, match="can't be asked"):
        pack(shop, key)
    with pytest.raises(NotPackable) as told:
        pack(shop, key, {"A": 1}, op="another")
    assert str(told.value) == (
        f"shipment {key} is being booked with carrier '{word}': send the same request again, or cancel the packing"
        f" first (POST /v1/shipments/{key}/cancel, or: pointsman shipment cancel {key})"
    )


def test_what_has_left_is_not_given_back_unless_its_confirm_is_undone(shop, fake):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.holds.confirm(key.decision)
    with pytest.raises(NotPackable, match="undo the confirm first"):
        shop.fulfilment.parcels.cancel(key)
    assert fake.owed == 1
    shop.holds.undo(key.decision)
    shop.fulfilment.parcels.cancel(key)
    assert fake.owed == 0


@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
@pytest.mark.parametrize("fault", ["dropped", "lost"])
@pytest.mark.parametrize("request_number", [0, 1, 2])
def test_a_process_that_is_killed_while_it_packs_is_gone_on_with(shop, fake, request_number, fault):
    key = decided(shop, ("A", 1))

    def pack_elsewhere():
        pack(Pointsman(shop.settings, clock=lambda: shop.now), key, op="p")

    assert is_killed_at(fake, request_number, fault, pack_elsewhere) == (request_number < len(fake.requests))
    assert shop.check().clean
    view = pack(shop, key, op="p")
    assert [item.state for item in view.shipment.packings] == ["packed"]
    assert (fake.owed, len(view.shipment.parcels)) == (1, 1)
    assert shop.check().clean


def test_an_erased_order_has_no_label_any_more_and_its_address_stands_nowhere(shop, redis_client, network):
    key = decided(shop, ("A", 1), id="O-1")
    shop.fulfilment.parcels.put_addressee("O-1", replace(ZOE, name="Quetzalcoatl Xylander"))
    pack(shop, key, addressee=None)
    shop.holds.confirm(key.decision)
    told = everything(redis_client, network)
    for word in (b"Quetzalcoatl", b"Passage Secret", b"passage Secret", b"75011", LABELS["pdf"]):
        assert word not in told, word
    assert b"%PDF" not in told
    assert shop.fulfilment.parcels.addressee("O-1").name == "Quetzalcoatl Xylander"
    shop.erasures.erase("O-1", note="asked for")
    for act in (
        lambda: shop.fulfilment.parcels.addressee("O-1"),
        lambda: shop.fulfilment.parcels.put_addressee("O-1", ZOE),
        lambda: shop.fulfilment.parcels.remove_addressee("O-1"),
        lambda: shop.fulfilment.printed.label(key, 1, kind="pdf"),
        lambda: shop.fulfilment.printed.note(key),
    ):
        with pytest.raises(OrderErased):
            act()
    assert redis_client.hlen(f"{{{network}}}:addressees") == 0
    assert shop.check().clean


def everything(redis_client, network):
    """The bytes of all keys of the network, and the entries of its log as they are read without keys."""
    found = b""
    for name in redis_client.scan_iter(f"{{{network}}}:*"):
        kind = redis_client.type(name)
        if kind == b"hash":
            found += repr(redis_client.hgetall(name)).encode()
        elif kind == b"stream":
            found += repr(redis_client.xrange(name)).encode()
        elif kind == b"string":
            found += redis_client.get(name)
    return found


def test_a_range_of_numbers_gives_one_to_each_parcel_in_the_same_step(bare):
    shop = packing_network(
        bare,
        services=[service(carrier="dpd")],
        nodes=[node("lyon", LYON, address=LYON_ADDRESS)],
        carriers={"dpd": dpd(10, 12)},
    )
    first = pack(shop, decided(shop, ("A", 2)), {"1": 1}, {"1": 1}).shipment.parcels
    assert len({parcel.tracking_number for parcel in first} - {None}) == 2
    assert shop.check().clean


def test_labels_of_what_is_let_go_are_given_back_by_themselves(shop, fake, clock):
    keys = [decided(shop, ("A", 1), id=name) for name in ("L-1", "L-2", "L-3", "L-4")]
    released, cancelled, rejected, kept = keys
    for key in keys:
        pack(shop, key)
    shop.fulfilment.unneeded_labels.run()
    shop.holds.release(released.decision)
    shop.cancellations.cancel(CancelRequest(order="L-2"))
    shop.rerouting.reject(RejectionRequest(decision=rejected.decision, node="lyon", reason="damaged"))
    faults = iter(["lost"])
    fake.faults = lambda _: next(faults, None)
    with pytest.raises(CarrierUnavailable):
        shop.fulfilment.unneeded_labels.run()
    states = [state(shop, key)[0][0] for key in (released, cancelled, rejected)]
    assert sorted(states) == ["cancelling", "packed", "packed"]  # a carrier that did not answer is not asked at once
    assert shop.fulfilment.unneeded_labels.run() == []
    clock.now += 60
    assert len(shop.fulfilment.unneeded_labels.run()) == 2
    clock.now += 240
    assert shop.fulfilment.unneeded_labels.run() == [str(keys[states.index("cancelling")])]
    assert shop.fulfilment.unneeded_labels.run() == []
    assert [state(shop, key)[0][0] for key in keys] == ["cancelled"] * 3 + ["packed"]
    assert fake.owed == 1
    (packing,) = shop.fulfilment.parcels.show(released).shipment.packings
    assert packing.because == "its units are to leave no more"
    assert shop.check().clean
    assert shop.fulfilment.parcels.show(kept).left == {}


def test_what_a_carrier_takes_back_no_more_is_cancelled_all_the_same(shop, fake):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.fulfilment.unneeded_labels.run()
    fake.delivered = True
    shop.holds.release(key.decision)
    assert shop.fulfilment.unneeded_labels.run() == [str(key)]
    (packing,) = shop.fulfilment.parcels.show(key).shipment.packings
    assert (packing.state, "; " in packing.because) == ("cancelled", True)


def test_a_hold_that_expires_gives_no_label_back(shop, fake):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.fulfilment.unneeded_labels.run()
    shop._clock.now += 30 * 86_400
    assert shop.availability("A", "web").free == 10
    assert shop.fulfilment.unneeded_labels.run() == []
    assert (state(shop, key), fake.owed) == ([("packed", True)], 1)


@pytest.mark.parametrize("op", ["bought 1", "step:bought 1"])
def test_an_operation_may_have_any_name_also_that_of_a_step(shop, fake, op):
    key = decided(shop, ("A", 1))
    view = pack(shop, key, op=op)
    assert (state(shop, key), fake.owed) == ([("packed", True)], 1)
    assert pack(shop, key, op=op) == view
    assert fake.owed == 1
