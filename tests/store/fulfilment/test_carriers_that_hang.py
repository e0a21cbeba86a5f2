"""A carrier that does not answer costs a turn of the service one request: what else it is to be asked is put off, and
other carriers, manifests and what is kept for a time are seen to in the same turn.
"""

import contextlib
from dataclasses import replace

import pytest

from engine.errors import CarrierUnavailable, Contended, PointsmanError
from engine.fulfilment.parcels import carrier_limits
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.model.carriers import CarrierAccount
from engine.service import Pointsman
from tests.support.facts import LILLE, LYON, node, service
from tests.support.fake_carriers.booking import PRODUCTS
from tests.support.fake_carriers.fake_server import serving
from tests.support.fake_carriers.selling import selling_settings
from tests.support.fake_carriers.sendcloud import FakeSendcloud
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, ZOE, decided, pack, packing_network

DAY = 86_400


@pytest.fixture
def fakes():
    with serving(FakeSendcloud()) as answering, serving(FakeSendcloud()) as hanging:
        yield {"answering": answering, "hanging": hanging}


@pytest.fixture
def answering(fakes):
    return fakes["answering"]


@pytest.fixture
def hanging(fakes):
    return fakes["hanging"]


@pytest.fixture
def shop(server_url, network, fakes, clock):
    """What ships from Lyon goes with the carrier that answers, and from Lille with the one that hangs."""
    shop = Pointsman(selling_settings(server_url, network, dict.fromkeys(fakes, "sendcloud")), clock=clock)
    yield packing_network(
        shop,
        services=[
            service("parcel", carrier="answering", carrier_product=PRODUCTS["sendcloud"]),
            service("express", carrier="hanging", carrier_product=PRODUCTS["sendcloud"]),
        ],
        nodes=[
            node("lyon", LYON, address=replace(LYON_ADDRESS, phone="+33 4 72"), services=("parcel",)),
            node("lille", LILLE, address=replace(LILLE_ADDRESS, phone="+33 3 20"), services=("express",)),
        ],
        stock={"A": {"lyon": 10}, "B": {"lille": 10}},
        carriers={name: CarrierAccount(id=name, door="sendcloud", url=fake.url) for name, fake in fakes.items()},
    )
    shop.forget()
    shop.close()


def let_hang(*fakes):
    for fake in fakes:
        fake.faults = lambda _: "dropped"


def let_answer(*fakes):
    for fake in fakes:
        fake.faults = lambda _: None


def begun(shop, sku):
    """A shipment whose carrier was asked for labels, and did not answer."""
    key = decided(shop, (sku, 1))
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    return key


def packed(shop, sku):
    key = decided(shop, (sku, 1))
    pack(shop, key)
    return key


def states(shop, keys):
    return [shop.fulfilment.parcels.show(key).shipment.packings[0].state for key in keys]


def take_turn(shop):
    with contextlib.suppress(PointsmanError):
        shop.fulfilment.unneeded_labels.take_turn()


def test_one_that_hangs_is_asked_once_in_a_turn_and_the_others_are_gone_on_with(shop, fakes, answering, hanging, clock):
    let_hang(*fakes.values())
    hung = [begun(shop, "B") for _ in range(3)]
    others = [begun(shop, "A") for _ in range(3)]
    let_answer(answering)
    shop.fulfilment.parcels.put_addressee("never-came", ZOE)
    clock.now += 200
    before = len(hanging.requests)
    with pytest.raises(CarrierUnavailable, match="'hanging' can't be asked now"):
        shop.fulfilment.unneeded_labels.take_turn()
    assert states(shop, others) == ["packed"] * 3
    assert len(hanging.requests) == before + 1
    take_turn(shop)
    assert len(hanging.requests) == before + 1
    let_answer(hanging)
    clock.now += 60  # the first is asked for again after minutes, the others are not kept waiting so long
    take_turn(shop)
    assert sorted(states(shop, hung)) == ["booking", "packed", "packed"]
    clock.now += 240
    take_turn(shop)
    assert states(shop, hung) == ["packed"] * 3
    assert (hanging.owed, answering.owed) == (3, 3)


def test_one_that_says_for_how_long_it_is_busy_is_left_alone_for_so_long(shop, hanging, clock, redis_client):
    let_hang(hanging)
    hung = [begun(shop, "B") for _ in range(2)]
    clock.now += 200
    hanging.faults = lambda _: "busy"  # for seven seconds
    take_turn(shop)
    scores = [at for _, at in redis_client.zrange(shop._keys.unfinished_packings, 0, -1, withscores=True)]
    assert [at - clock.now for at in scores] == [7, 300]
    let_answer(hanging)
    clock.now += 6
    take_turn(shop)
    assert states(shop, hung) == ["booking"] * 2
    clock.now += 1
    take_turn(shop)
    assert sorted(states(shop, hung)) == ["booking", "packed"]


def test_what_one_that_hangs_is_to_take_back_waits_and_what_others_are_to_does_not(shop, answering, hanging, clock):
    hung = [packed(shop, "B") for _ in range(3)]
    others = [packed(shop, "A") for _ in range(2)]
    take_turn(shop)
    for key in (*hung, *others):
        shop.holds.release(key.decision)
    let_hang(hanging)
    before = len(hanging.requests)
    take_turn(shop)
    assert states(shop, others) == ["cancelled"] * 2
    assert len(hanging.requests) == before + 1
    assert sorted(states(shop, hung)) == ["cancelling", "packed", "packed"]
    let_answer(hanging)
    clock.now += 60
    take_turn(shop)
    assert sorted(states(shop, hung)) == ["cancelled", "cancelled", "cancelling"]
    clock.now += 240
    take_turn(shop)
    assert states(shop, hung) == ["cancelled"] * 3
    assert (hanging.owed, answering.owed) == (0, 0)
    assert shop.check().clean


def test_a_slow_one_is_asked_for_a_few_in_a_turn_and_for_the_others_in_the_next(shop, answering, clock, monkeypatch):
    monkeypatch.setattr(carrier_limits, "MOST_IN_A_TURN", 2)
    let_hang(answering)
    keys = [begun(shop, "A") for _ in range(3)]
    let_answer(answering)
    clock.now += 200
    take_turn(shop)
    assert sorted(states(shop, keys)) == ["booking", "packed", "packed"]
    clock.now += 10
    take_turn(shop)
    assert states(shop, keys) == ["packed"] * 3
    for key in keys:
        shop.holds.release(key.decision)
    take_turn(shop)
    assert sorted(states(shop, keys)) == ["cancelled", "cancelled", "packed"]
    clock.now += 10
    take_turn(shop)
    assert states(shop, keys) == ["cancelled"] * 3


def test_one_that_has_taken_all_of_its_time_is_asked_for_nothing_else_in_the_turn(monkeypatch):
    limits = CarrierLimits(clock=lambda: 1_000, keep_turn=lambda: None)
    with limits.asking("slow"):
        pass
    assert limits.put_off_until("slow") is None
    monkeypatch.setattr(carrier_limits, "ASKING_SECONDS", 0.0)
    assert limits.put_off_until("slow") == 1_010
    assert limits.put_off_until(None) is None


def test_a_shipment_that_cannot_be_read_keeps_no_other_waiting(shop, answering, clock, redis_client, caplog):
    let_hang(answering)
    keys = sorted(begun(shop, "A") for _ in range(2))
    let_answer(answering)
    whole = redis_client.hget(shop._keys.shipments, str(keys[0]))
    redis_client.hset(shop._keys.shipments, str(keys[0]), "{")
    clock.now += 200
    take_turn(shop)
    assert states(shop, keys[1:]) == ["packed"]
    assert f"packing 1 of shipment {keys[0]} is gone on with later" in caplog.text
    redis_client.hset(shop._keys.shipments, str(keys[0]), whole)
    clock.now += 300
    take_turn(shop)
    assert states(shop, keys) == ["packed"] * 2


def test_a_turn_lasts_as_long_as_it_is_taken_and_ends_where_another_process_has_it(
    shop, answering, clock, redis_client
):
    unneeded_labels, lease = shop.fulfilment.unneeded_labels, shop._keys.unneeded_labels_lease
    let_hang(answering)
    keys = [begun(shop, "A") for _ in range(2)]
    clock.now += 200
    kept = []

    def take_note(_):
        kept.append(redis_client.pttl(lease))
        redis_client.pexpire(lease, 1_000)  # as if much time had gone by

    answering.faults = take_note
    unneeded_labels.take_turn()
    assert states(shop, keys) == ["packed"] * 2
    assert kept[0] > 30_000
    assert sum(left > 30_000 for left in kept) >= 2
    assert redis_client.exists(lease) == 0
    let_hang(answering)
    keys = [begun(shop, "A") for _ in range(2)]
    clock.now += 200
    answering.faults = lambda _: redis_client.set(lease, "another") and None
    with pytest.raises(Contended, match="another process"):
        unneeded_labels.take_turn()
    assert sorted(states(shop, keys)) == ["booking", "packed"]
    assert redis_client.get(lease) == b"another"
