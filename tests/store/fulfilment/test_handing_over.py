"""What is packed is handed over on a manifest, and confirmed once, whatever happens in between."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import InputInvalid, KeyReused, NotFound, NotPackable, OrderErased
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import ShipmentKey
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, collected, node, service
from tests.support.lossy_proxy import script_call
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, decided, pack, packing_network


@pytest.fixture
def shop(bare):
    nodes = [
        node("lyon", LYON, address=LYON_ADDRESS, services=("parcel", "express"), printers={"note": "ipp://p/q"}),
        node("lille", LILLE, address=LILLE_ADDRESS),
    ]
    services = [service(carrier="colis"), service("express", carrier="vite", base=9_000_000)]
    stock = {"A": {"lyon": 20}, "B": {"lille": 20}, "C": {"lyon": 9}}
    return packing_network(bare, nodes=nodes, services=services, stock=stock)


def close(shop, **more):
    return shop.fulfilment.handing_over.close(ManifestRequest(**{"node": "lyon", "carrier": "colis", **more}))


def on_it(view):
    return [(shipment.key, packing.number) for shipment, packing in view.shipments]


def shipped(shop, order):
    return [line.units["shipped"] for line in shop.orders.show(order).lines]


def test_all_that_is_packed_there_for_the_carrier_is_handed_over_and_confirmed(shop, redis_client, network):
    keys = [decided(shop, ("A", 2), id=f"O-{number}") for number in (1, 2)]
    elsewhere, unpacked = decided(shop, ("B", 1)), decided(shop, ("A", 1))
    for key in (*keys, elsewhere):
        pack(shop, key)
    view = close(shop, op="m")
    assert on_it(view) == [(key, 1) for key in sorted(keys)]
    assert (shipped(shop, "O-1"), shipped(shop, "O-2"), view.refused) == ([2], [2], {})
    again = close(shop, op="m")
    assert (again.manifest, again.again) == (view.manifest, True)
    assert shop.fulfilment.handing_over.show(view.manifest.id).manifest == view.manifest
    with pytest.raises(KeyReused):
        close(shop, op="m", confirms=False)
    with pytest.raises(NotPackable, match="nothing is packed"):
        close(shop)
    jobs = map(PrintJob.of_text, redis_client.hvals(f"{{{network}}}:print:jobs"))
    assert [job.of for job in jobs if job.paper == "manifest"] == [view.manifest.id]
    assert shop.fulfilment.parcels.show(unpacked).left == {"1": 1}
    assert shop.check().clean


def test_only_the_packed_part_of_a_shipment_is_confirmed(shop):
    key = decided(shop, ("A", 5), id="O-1")
    pack(shop, key, {"1": 2}, partial=True)
    close(shop)
    assert shipped(shop, "O-1") == [2]
    pack(shop, key, {"1": 1}, partial=True)
    close(shop)
    assert shipped(shop, "O-1") == [3]
    pack(shop, key)
    view = close(shop, confirms=False)
    assert (shipped(shop, "O-1"), on_it(view)) == ([3], [(key, 3)])
    assert shop.check().clean


def test_what_left_before_is_on_the_manifest_and_confirmed_no_second_time(shop):
    key = decided(shop, ("A", 2), id="O-1")
    pack(shop, key)
    shop.holds.confirm(key.decision)
    view = close(shop)
    assert (on_it(view), view.refused, shipped(shop, "O-1")) == ([(key, 1)], {}, [2])


def test_what_was_let_go_is_named_and_the_rest_is_confirmed(shop):
    gone, kept = decided(shop, ("A", 1), id="O-1"), decided(shop, ("A", 1), id="O-2")
    pack(shop, gone)
    pack(shop, kept)
    shop.holds.release(gone.decision)
    view = close(shop)
    assert list(view.refused) == [gone]
    assert "leave no more" in view.refused[gone]
    assert on_it(view) == [(kept, 1)]
    assert (shipped(shop, "O-1"), shipped(shop, "O-2")) == ([0], [1])
    assert shop.check().clean


class Killed(BaseException):
    """As SIGKILL: nothing of the process goes on."""


@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
@pytest.mark.parametrize("confirmed", [0, 1, 2])
def test_a_manifest_that_was_broken_off_is_gone_on_with(shop, opened, monkeypatch, confirmed):
    orders = [f"O-{number}" for number in range(3)]
    for name in orders:
        pack(shop, decided(shop, ("A", 1), id=name))
    left = iter(range(confirmed))
    real = shop.holds.confirm

    def dies(*arguments, **more):
        if next(left, None) is None:
            raise Killed
        return real(*arguments, **more)

    monkeypatch.setattr(shop.holds, "confirm", dies)
    with pytest.raises(Killed):
        close(shop, op="m")
    assert sum(sum(shipped(shop, name)) for name in orders) == confirmed
    assert shop.check().clean
    view = close(opened(), op="m")
    assert (len(view.shipments), [shipped(shop, name) for name in orders]) == (3, [[1]] * 3)
    assert shop.check().clean


def test_a_manifest_that_nobody_asks_for_again_is_gone_on_with_by_itself(shop, clock, monkeypatch):
    pack(shop, decided(shop, ("A", 1), id="O-1"))

    def dies(*_, **__):
        raise Killed

    with monkeypatch.context() as context:
        context.setattr(shop.holds, "confirm", dies)
        with pytest.raises(Killed):
            close(shop)
    shop.fulfilment.unneeded_labels.take_turn()
    assert shipped(shop, "O-1") == [0]  # whoever closed it may still be at it
    clock.now += 120
    shop.fulfilment.unneeded_labels.take_turn()
    assert shipped(shop, "O-1") == [1]
    assert shop.fulfilment.handing_over.go_on() == []  # it is gone on with once
    assert shop.check().clean


def test_a_shipment_that_cannot_be_read_keeps_no_other_from_being_handed_over(shop, redis_client):
    damaged, whole = decided(shop, ("A", 1), id="O-1"), decided(shop, ("A", 1), id="O-2")
    for key in (damaged, whole):
        pack(shop, key)
    secret = redis_client.hget(shop._keys.order_keys, damaged.decision)
    redis_client.hdel(shop._keys.order_keys, damaged.decision)
    view = close(shop)
    assert (on_it(view), list(view.refused), shipped(shop, "O-2")) == ([(whole, 1)], [damaged], [1])
    assert f"decision '{damaged.decision}' can't be read: " in view.refused[damaged]
    redis_client.hset(shop._keys.order_keys, damaged.decision, secret)
    assert on_it(close(shop)) == [(damaged, 1)]
    assert shop.check().clean


def test_a_shipment_of_a_manifest_that_cannot_be_read_keeps_no_other_from_being_confirmed(
    shop, clock, monkeypatch, redis_client, caplog
):
    keys = [decided(shop, ("A", 1), id=f"O-{number}") for number in range(3)]
    for key in keys:
        pack(shop, key)

    def dies(*_, **__):
        raise Killed

    with monkeypatch.context() as context:
        context.setattr(shop.holds, "confirm", dies)
        with pytest.raises(Killed):
            close(shop, op="m")
    damaged = keys[1].decision
    secret = redis_client.hget(shop._keys.order_keys, damaged)
    redis_client.hdel(shop._keys.order_keys, damaged)
    clock.now += 120
    assert len(shop.fulfilment.handing_over.go_on()) == 1
    assert [shipped(shop, name) for name in ("O-0", "O-2")] == [[1], [1]]
    assert f"shipment {keys[1]} of manifest" in caplog.text
    assert shop.fulfilment.handing_over.go_on() == []
    redis_client.hset(shop._keys.order_keys, damaged, secret)
    assert close(shop, op="m").refused == {}
    assert shipped(shop, "O-1") == [1]
    assert shop.check().clean


def test_a_packing_that_was_handed_over_is_not_given_back_unless_it_did_not_leave(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    close(shop)
    with pytest.raises(NotPackable, match="has left"):
        shop.fulfilment.parcels.cancel(key)
    shop.holds.undo(key.decision)
    shop.fulfilment.parcels.cancel(key)
    assert shop.fulfilment.parcels.show(key).left == {"1": 1}
    assert shop.check().clean


def test_what_is_let_go_after_it_was_handed_over_is_cancelled_also_in_the_first_turn_there_ever_is(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    close(shop, confirms=False)
    shop.holds.release(key.decision)
    assert shop.fulfilment.unneeded_labels.run() == [str(key)]
    assert [item.state for item in shop.fulfilment.parcels.show(key).shipment.packings] == ["cancelled"]
    assert shop.check().clean


def test_what_there_is_not_is_said(shop):
    with pytest.raises(InputInvalid, match="no node goes by the id 'nowhere'"):
        close(shop, node="nowhere")
    with pytest.raises(NotFound, match="no manifest"):
        shop.fulfilment.handing_over.show("m-0")


def test_two_that_close_at_once_hand_everything_over_once(shop, opened):
    keys = [decided(shop, ("A", 1)) for _ in range(6)]
    for key in keys:
        pack(shop, key)
    shops = [opened() for _ in range(3)]

    def closed(one):
        try:
            return on_it(close(one))
        except NotPackable:
            return []

    with ThreadPoolExecutor(3) as pool:
        handed = [item for items in pool.map(closed, shops) for item in items]
    assert sorted(handed) == sorted((key, 1) for key in keys)
    assert shop.check().clean


def test_two_that_pack_at_once_pack_once(shop, opened):
    key = decided(shop, ("A", 4))
    shops = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        views = list(pool.map(lambda one: pack(one, key), shops))
    assert len({view.shipment.parcels[0].sscc for view in views}) == 1
    assert len(shop.fulfilment.parcels.show(key).shipment.packings) == 1
    assert shop.check().clean


def test_two_that_pack_parts_at_once_put_no_unit_into_two_parcels(shop, opened):
    keys = [decided(shop, ("A", 4)) for _ in range(3)]
    shops = [opened() for _ in range(3)]

    def packed(one):
        for key in keys:
            with contextlib.suppress(InputInvalid):
                pack(one, key, {"1": 3}, partial=True)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(packed, shops))
    for key in keys:
        view = shop.fulfilment.parcels.show(key)
        assert (len(view.shipment.parcels), view.left) == (1, {"1": 1})
    assert shop.check().clean


def test_of_what_left_in_part_before_the_rest_is_confirmed(shop):
    key = decided(shop, ("A", 3), id="O-1")
    pack(shop, key)
    shop.holds.confirm(key.decision, lines={"1": 1})
    assert close(shop).refused == {}
    assert shipped(shop, "O-1") == [3]


def test_nothing_is_packed_of_an_order_that_was_erased(bare):
    shop = packing_network(bare)
    decision = json_of(shop.decide(collected(("A", 1), at="lyon", id="O-1")))
    shop.holds.confirm(decision["id"])
    shop.erasures.erase("O-1", note="asked for")
    with pytest.raises(OrderErased):
        pack(shop, ShipmentKey(decision["id"], 0), addressee=None)


def test_nothing_is_packed_of_an_order_that_is_erased_meanwhile(shop, proxied, contents):
    before, worker = proxied
    pack(shop, decided(shop, ("A", 1)))  # numbers are reserved by now
    key = decided(shop, ("A", 1), id="O-1")
    shop.holds.confirm(key.decision)
    erased = []

    def erase():
        before.before = None
        shop.erasures.erase("O-1", note="asked for")
        erased.append(contents())

    before.before, before.act = script_call("fulfilment/change_shipment"), erase
    with pytest.raises(OrderErased):
        pack(worker, key)
    assert erased == [contents()]


@pytest.fixture
def round_trips(proxied):
    """`round_trips(act)`: how often another worker asks the server while `act(worker)` goes on."""
    before, worker = proxied

    def counted(act):
        seen = []
        before.before, before.act = b"", lambda: seen.append(1)
        act(worker)
        before.before = None
        return len(seen)

    return counted


def packed(shop, count):
    for _ in range(count):
        pack(shop, decided(shop, ("A", 1)))


def test_what_is_handed_over_is_read_together_however_much_it_is(shop, round_trips):
    def closes(worker):
        close(worker, confirms=False)

    counts = []
    for count in (1, 2, 9):
        packed(shop, count)
        counts.append(round_trips(closes))
    assert counts[1] == counts[2] < 30
    assert shop.check().clean


def test_each_shipment_that_leaves_costs_what_its_confirm_does_and_no_more(shop, round_trips):
    counts = []
    for count in (1, 2, 5):
        packed(shop, count)
        counts.append(round_trips(lambda worker: close(worker, op=f"of {count}")))  # noqa: B023 it is called at once
    key = decided(shop, ("A", 1))
    of_a_confirm = round_trips(lambda worker: worker.holds.confirm(key.decision, op="c"))
    assert counts[2] - counts[1] <= 3 * of_a_confirm
    again = [round_trips(lambda worker: close(worker, op=f"of {count}")) for count in (2, 5)]  # noqa: B023
    assert again[0] == again[1]
    assert shop.check().clean


def test_two_packings_of_a_shipment_are_confirmed_one_after_the_other(shop):
    key = decided(shop, ("A", 5), id="O-1")
    pack(shop, key, {"1": 2}, partial=True)
    pack(shop, key, {"1": 3}, partial=True, op="rest")
    shop.holds.confirm(key.decision, lines={"1": 1})
    view = close(shop)
    assert (on_it(view), view.refused, shipped(shop, "O-1")) == ([(key, 1), (key, 2)], {}, [5])
    assert shop.check().clean


def test_what_others_confirm_once_it_was_read_is_confirmed_no_second_time(shop, proxied):
    before, worker = proxied
    keys = [decided(shop, ("A", 2), id=f"O-{number}") for number in (1, 2)]
    for key in keys:
        pack(shop, key)
    script, others = script_call("change_holds"), sorted(keys)

    def confirms_the_last():
        before.before = None
        shop.holds.confirm(others[-1].decision)

    before.before, before.act = script, confirms_the_last
    view = close(worker)
    assert (view.refused, shipped(shop, "O-1"), shipped(shop, "O-2")) == ({}, [2], [2])
    assert shop.check().clean
