"""What was handed over and did not leave, as its confirm was undone, is handed over with another manifest."""

import pytest

from engine.actor import act_as
from engine.errors import NotFound, NotPackable
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.model.parcels import ShipmentKey
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, node, order
from tests.support.lossy_proxy import script_call
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, decided, pack, packing_network


@pytest.fixture
def new_shop(bare):
    """The service has not run yet, so it has not read any of the log."""
    nodes = [node("lyon", LYON, address=LYON_ADDRESS), node("lille", LILLE, address=LILLE_ADDRESS)]
    return packing_network(bare, nodes=nodes, stock={"A": {"lyon": 20}, "B": {"lille": 20}, "C": {"lyon": 9}})


@pytest.fixture
def shop(new_shop):
    """The service reads the log on from here."""
    pack(new_shop, decided(new_shop, ("C", 1)))
    close(new_shop)
    new_shop.fulfilment.unneeded_labels.run()
    return new_shop


class Killed(BaseException):
    """As SIGKILL: nothing of the process goes on."""


def close(shop, **more):
    return shop.fulfilment.handing_over.close(ManifestRequest(**{"node": "lyon", "carrier": "colis", **more}))


def on_it(view):
    return [(shipment.key, packing.number) for shipment, packing in view.shipments]


def manifests(shop, key):
    """The manifest of each packing."""
    return [packing.manifest for packing in shop.fulfilment.parcels.show(key).shipment.packings]


def listed(shop, **more):
    return [(shipment.key, packing.number) for shipment, packing in shop.fulfilment.parcels.list_open(**more, limit=9)]


def kinds(shop):
    return [entry.kind for entry in shop.entries(on_damaged=pytest.fail)]


def test_it_is_listed_again_and_the_next_manifest_takes_it_and_confirms_it(shop):
    key = decided(shop, ("A", 2), id="O-1")
    pack(shop, key)
    first = close(shop, op="m")
    page = shop.fulfilment.printed.manifest(first.manifest.id, language="en")
    shop.holds.undo(key.decision)
    with pytest.raises(NotPackable, match="nothing is packed"):
        close(shop)
    shop.fulfilment.unneeded_labels.run()
    assert manifests(shop, key) == [None]
    second = close(shop)
    assert on_it(second) == [(key, 1)]
    assert second.manifest.id != first.manifest.id
    assert [line.units["shipped"] for line in shop.orders.show("O-1").lines] == [2]
    assert shop.fulfilment.printed.manifest(first.manifest.id, language="en") == page
    assert on_it(close(shop, op="m")) == [(key, 1)]
    assert manifests(shop, key) == [second.manifest.id]
    assert shop.check(whole=True).clean


def test_a_manifest_that_is_sent_again_confirms_nothing_that_did_not_leave_with_it(shop):
    key = decided(shop, ("A", 2), id="O-1")
    pack(shop, key)
    close(shop, op="m")
    shop.holds.undo(key.decision)
    shop.fulfilment.unneeded_labels.run()
    assert close(shop, op="m").refused == {}
    assert shop.orders.show("O-1").units("held") == 2
    assert shop.check().clean


def test_a_manifest_whose_closing_was_broken_off_confirms_nothing_that_is_on_another_by_then(shop, clock, monkeypatch):
    key = decided(shop, ("A", 1), id="O-1")
    pack(shop, key)

    def dies(*_, **__):
        raise Killed

    with monkeypatch.context() as context:
        context.setattr(shop.holds, "confirm", dies)
        with pytest.raises(Killed):
            close(shop)
    shop.holds.confirm(key.decision)
    shop.holds.undo(key.decision)
    shop.fulfilment.unneeded_labels.run()
    close(shop, confirms=False)
    clock.now += 120
    assert len(shop.fulfilment.handing_over.go_on()) == 1
    assert shop.orders.show("O-1").units("held") == 1
    assert shop.check().clean


def test_it_is_done_once_all_units_of_a_packing_are_held_again(shop):
    key = decided(shop, ("A", 2), ("C", 1))
    pack(shop, key)
    name = close(shop).manifest.id
    for lines in ({"1": 1}, {"2": 1}):
        shop.holds.undo(key.decision, lines=lines)
        shop.fulfilment.unneeded_labels.run()
        assert manifests(shop, key) == [name]
    shop.holds.undo(key.decision, lines={"1": 1})
    shop.fulfilment.unneeded_labels.run()
    assert manifests(shop, key) == [None]
    assert kinds(shop).count("packing_reopened") == 1


def test_of_several_packings_those_that_left_last_are_taken_and_no_more_than_did_not_leave(shop):
    key = decided(shop, ("A", 4))
    names = []
    for number in range(3):
        pack(shop, key, {"1": 1}, partial=True, op=f"p{number}")
        names.append(close(shop).manifest.id)
    shop.holds.undo(key.decision, lines={"1": 2})
    shop.fulfilment.unneeded_labels.run()
    assert manifests(shop, key) == [names[0], None, None]
    assert shop.check().clean


def test_what_a_manifest_had_that_confirms_nothing_stays_on_it_also_if_the_log_is_read_again(shop, redis_client):
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, partial=True, op="p1")
    unconfirmed = close(shop, confirms=False).manifest.id
    pack(shop, key, {"1": 1}, op="p2")
    close(shop)
    place = redis_client.get(shop._keys.given_back_until)
    shop.holds.undo(key.decision)
    for _ in range(2):  # as after a process died before it noted how far it had read
        redis_client.set(shop._keys.given_back_until, place)
        shop.fulfilment.unneeded_labels.run()
        assert manifests(shop, key) == [unconfirmed, None]
    assert kinds(shop).count("packing_reopened") == 1


def test_another_shipment_of_the_decision_stays_on_its_manifest(shop):
    decision = json_of(shop.decide(order(("A", 1), ("B", 1))))["id"]
    keys = [ShipmentKey(decision, number) for number in (0, 1)]
    names = []
    for key in keys:
        pack(shop, key)
        place = shop.fulfilment.parcels.show(key).shipment.node
        names.append(close(shop, node=place, confirms=False).manifest.id)
        shop.holds.confirm(decision, shipments=[(place, "parcel")])
    first = shop.fulfilment.parcels.show(keys[0]).shipment.node
    shop.holds.undo(decision, shipments=[(first, "parcel")])
    shop.fulfilment.unneeded_labels.run()
    assert [manifests(shop, key) for key in keys] == [[None], [names[1]]]


def test_an_answer_that_is_lost_reopens_no_packing_twice(shop, proxied):
    before, worker = proxied
    key = decided(shop, ("A", 2))
    for number in range(2):
        pack(shop, key, {"1": 1}, partial=True, op=f"p{number}")
    close(shop)
    shop.holds.undo(key.decision, lines={"1": 1})
    before.lose_reply_to = script_call("fulfilment/change_shipment")
    worker.fulfilment.unneeded_labels.run()
    assert before.lost_replies == 1
    assert sorted(name is None for name in manifests(shop, key)) == [False, True]


def test_the_service_did_it_by_itself_and_a_shipment_that_can_not_be_read_is_tried_again_and_keeps_no_other_waiting(
    shop, redis_client, caplog, clock
):
    keys = [decided(shop, ("A", 1)) for _ in range(2)]
    for key in keys:
        pack(shop, key)
    close(shop)
    for key in keys:
        shop.holds.undo(key.decision)
    whole = redis_client.hget(shop._keys.shipments, str(keys[0]))
    redis_client.hset(shop._keys.shipments, str(keys[0]), "{")
    act_as("Ada")
    shop.fulfilment.unneeded_labels.run()
    assert f"shipment {keys[0]} did not leave" in caplog.text
    redis_client.hset(shop._keys.shipments, str(keys[0]), whole)
    assert [manifests(shop, key) == [None] for key in keys] == [False, True]
    (entry,) = [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "packing_reopened"]
    assert (entry.decision, entry.by) == (keys[1].decision, "")
    shop.fulfilment.unneeded_labels.run()
    assert manifests(shop, keys[0]) != [None]  # it is tried minutes later
    clock.now += 300
    shop.fulfilment.unneeded_labels.run()
    assert [manifests(shop, key) for key in keys] == [[None], [None]]
    assert redis_client.zcard(shop._keys.not_given_back) == 0
    assert shop.check().clean


def test_what_was_undone_before_the_service_ran_first_is_listed_again(new_shop, redis_client):
    key = decided(new_shop, ("A", 2))
    pack(new_shop, key)
    close(new_shop)
    new_shop.holds.undo(key.decision)
    for _ in range(2):
        new_shop.fulfilment.unneeded_labels.run()
        assert manifests(new_shop, key) == [None]
    second = close(new_shop, confirms=False).manifest.id
    steps = [name for name in redis_client.scan_iter() if b"reopened" in name]
    redis_client.delete(new_shop._keys.given_back_until, *steps)  # as where a log is restored without them
    assert steps
    new_shop.fulfilment.unneeded_labels.run()
    assert manifests(new_shop, key) == [second]
    assert kinds(new_shop).count("packing_reopened") == 1
    assert new_shop.check(whole=True).clean


def test_before_the_service_ran_first_what_was_confirmed_again_stays_on_its_manifest(new_shop):
    keys = [decided(new_shop, ("A", 2)) for _ in range(2)]
    for number in range(2):
        for key in keys:
            pack(new_shop, key, {"1": 1}, partial=number == 0, op=f"p{number}")
        if number == 0:
            first = close(new_shop).manifest.id
    for key, lines in zip(keys, ({"1": 1}, None), strict=True):
        new_shop.holds.undo(key.decision)
        new_shop.holds.confirm(key.decision, lines=lines)
    second = close(new_shop, confirms=False).manifest.id
    new_shop.fulfilment.unneeded_labels.run()
    assert [manifests(new_shop, key) for key in keys] == [[first, second]] * 2
    assert new_shop.check().clean


@pytest.mark.parametrize("is_first_turn", [False, True])
def test_a_shipment_whose_decision_is_away_for_a_while_is_listed_again_once_it_is_back(
    new_shop, redis_client, caplog, clock, is_first_turn
):
    keys = [decided(new_shop, ("A", 1)) for _ in range(2)]
    for key in keys:
        pack(new_shop, key)
    close(new_shop)
    if not is_first_turn:
        new_shop.fulfilment.unneeded_labels.run()
    for key in keys:
        new_shop.holds.undo(key.decision)
    place = redis_client.hget(new_shop._keys.decisions, keys[0].decision)
    redis_client.hdel(new_shop._keys.decisions, keys[0].decision)
    for _ in range(2):
        with pytest.raises(NotFound, match=keys[0].decision):
            new_shop.fulfilment.unneeded_labels.run()
        clock.now += 300
    assert f"shipment {keys[0]} did not leave, and is listed later as to be handed over: no decision" in caplog.text
    redis_client.hset(new_shop._keys.decisions, keys[0].decision, place)
    assert [manifests(new_shop, key) == [None] for key in keys] == [False, True]
    new_shop.fulfilment.unneeded_labels.run()
    assert [manifests(new_shop, key) for key in keys] == [[None], [None]]
    assert redis_client.zcard(new_shop._keys.not_given_back) == 0
    assert new_shop.check().clean
