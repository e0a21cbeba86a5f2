"""What is kept of shipments for a time ends, and nothing of them is left but what the documentation says."""

import pytest

from engine.errors import InputInvalid, NotFound
from engine.fulfilment.parcels.parcels import OpenFilter
from engine.model.parcels import ShipmentKey
from engine.model.tracking import TrackingEvent
from engine.orders.cancellation.plan import CancelRequest
from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.fake_carriers.fake_server import LABELS
from tests.support.parcels import ZOE, decided, pack

DAY = 86_400


def end_what_is_due(shop):
    """A turn of a day of its own."""
    shop._client.redis.delete(shop._keys.packings_closed)
    shop.fulfilment.unneeded_labels.take_turn()


def keys_with(redis_client, prefix, word):
    """Every key in whose name, fields, members or values the word stands."""
    found = set()
    for name in redis_client.scan_iter(match=prefix.replace("{", "\\{") + "*", count=1_000):
        match redis_client.type(name):
            case b"hash":
                content = repr(redis_client.hgetall(name))
            case b"zset":
                content = repr(redis_client.zrange(name, 0, -1))
            case b"set":
                content = repr(redis_client.smembers(name))
            case b"list":
                content = repr(redis_client.lrange(name, 0, -1))
            case b"stream":
                content = repr(redis_client.xrange(name))
            case _:
                content = repr(redis_client.get(name))
        short = name.decode().removeprefix(prefix)
        if word in short or word in content:
            found.add(short.replace(word, "*"))
    return found


def test_a_sold_label_is_printed_again_for_180_days_and_then_forgotten(shop, clock, redis_client):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.holds.confirm(key.decision)
    clock.now += 180 * DAY - 1
    end_what_is_due(shop)
    assert shop.fulfilment.printed.label(key, 1, kind="pdf").content == LABELS["pdf"]
    clock.now += 1
    shop.fulfilment.parcels.put_addressee(shop.fulfilment.parcels.show(key).shipment.order, ZOE)
    end_what_is_due(shop)
    with pytest.raises(NotFound, match="was kept for 180 days"):
        shop.fulfilment.printed.label(key, 1, kind="pdf")
    assert redis_client.hlen(shop._keys.parcel_labels) == 0
    assert shop.check().clean


def test_an_addressee_is_forgotten_once_its_order_is_over_or_never_came(shop, clock, redis_client):
    over = decided(shop, ("A", 1), id="over")
    shop.decide(order(("A", 99), id="waits"), wait=True)
    parcels = shop.fulfilment.parcels
    for name in ("waits", "over", "never-came", "sent-again"):
        parcels.put_addressee(name, ZOE)
    shop.holds.release(over.decision)
    clock.now += 90 * DAY
    parcels.put_addressee("sent-again", ZOE)
    clock.now += 90 * DAY - 1
    end_what_is_due(shop)
    assert redis_client.hlen(shop._keys.addressees) == 4
    clock.now += 1
    end_what_is_due(shop)
    assert sorted(redis_client.hkeys(shop._keys.addressees)) == [b"sent-again", b"waits"]
    assert redis_client.hexists(shop._keys.order_keys, "addressee:over") is False
    assert redis_client.hexists(shop._keys.order_keys, "addressee:never-came") is False
    assert [entry.kind for entry in shop.entries(on_damaged=pytest.fail)][-2:] == ["addressed", "addressed"]
    shop.cancellations.cancel(CancelRequest(order="waits"))
    end_what_is_due(shop)
    assert redis_client.hexists(shop._keys.addressees, "waits")  # it is looked again after thirty days
    clock.now += 30 * DAY
    end_what_is_due(shop)
    assert redis_client.hkeys(shop._keys.addressees) == [b"sent-again"]
    assert redis_client.zrange(shop._keys.addressees_stored, 0, -1) == [b"sent-again"]


def test_what_is_packed_is_kept_with_whom_it_goes_to_as_long_as_a_return_of_it_may_come(shop, clock):
    key = decided(shop, ("A", 1), id="O-1")
    shop.fulfilment.parcels.put_addressee("O-1", ZOE)
    clock.now += DAY
    pack(shop, key, addressee=None)
    shop.holds.confirm(key.decision)
    clock.now += 179 * DAY
    end_what_is_due(shop)
    assert shop.fulfilment.parcels.addressee("O-1") == ZOE
    clock.now += DAY
    end_what_is_due(shop)
    with pytest.raises(NotFound):
        shop.fulfilment.parcels.addressee("O-1")
    with pytest.raises(InputInvalid, match="has no addressee"):
        shop.fulfilment.printed.note(key)


def test_what_left_without_a_manifest_is_listed_for_thirty_days(shop, clock):
    left = decided(shop, ("A", 1))
    held = ShipmentKey(json_of(shop.decide(order(("B", 1)), hold_minutes=60 * 24 * 80))["id"], 0)
    for key in (left, held):
        pack(shop, key)
    shop.holds.confirm(left.decision)
    clock.now += 30 * DAY - 1
    end_what_is_due(shop)
    listed = lambda: [item[0].key for item in shop.fulfilment.parcels.list_open(OpenFilter(), limit=9)]  # noqa: E731 it changes
    assert sorted(listed()) == sorted([left, held])
    clock.now += 1
    end_what_is_due(shop)
    assert listed() == [held]
    assert shop.fulfilment.parcels.show(left).shipment.packings[0].state == "packed"
    assert shop.check().clean


def test_of_a_shipment_nothing_is_left_in_the_end_but_what_the_documentation_says(shop, clock, redis_client):
    key = decided(shop, ("A", 1), id="O-77")
    shop.fulfilment.parcels.put_addressee("O-77", ZOE)
    (parcel,) = pack(shop, key, addressee=None).shipment.parcels
    shop.fulfilment.on_the_way.watch()
    shop.holds.confirm(key.decision)
    said = TrackingEvent(tracking_number=parcel.tracking_number, id="1", state="delivered", at=clock.now)
    shop.fulfilment.tracking.take([said], "shop")
    clock.now += 181 * DAY
    for _ in range(2):
        end_what_is_due(shop)
        shop.fulfilment.polling.poll()
        shop.fulfilment.on_the_way.watch()
    for name in redis_client.scan_iter(match=f"{shop._keys.prefix.replace('{', chr(92) + '{')}*"):
        if redis_client.ttl(name) > 0:  # the server deletes it by itself
            redis_client.delete(name)
    of_shipment = keys_with(redis_client, shop._keys.prefix, str(key))
    assert of_shipment == {"parcels:shipments", "parcels:numbers", "tracking:states"}
    of_order = keys_with(redis_client, shop._keys.prefix, "O-77")
    assert of_order <= {"log", "parcels:shipments", "orders", "order:*", "returns"}
    of_decision = keys_with(redis_client, shop._keys.prefix, key.decision)
    assert of_decision - of_shipment <= {"log", "decisions", "endings", "orders:keys", "order:O-77", "rejections"}


def test_an_order_that_cannot_be_read_keeps_its_addressee_for_another_day_and_no_other(
    shop, clock, redis_client, caplog
):
    first = {name: decided(shop, ("A", 1), id=name).decision for name in ("damaged", "later")}
    for name in ("damaged", "later", "never-came"):
        shop.fulfilment.parcels.put_addressee(name, ZOE)
    for decision in first.values():
        shop.holds.confirm(decision)
    secret = redis_client.hget(shop._keys.order_keys, first["damaged"])
    redis_client.hdel(shop._keys.order_keys, first["damaged"])
    clock.now += 180 * DAY
    end_what_is_due(shop)
    assert redis_client.hkeys(shop._keys.addressees) == [b"damaged"]
    (warning,) = [record.getMessage() for record in caplog.records if "addressee" in record.getMessage()]
    assert "whether order damaged is over, and its addressee to be forgotten, is looked at tomorrow: " in warning
    redis_client.hset(shop._keys.order_keys, first["damaged"], secret)
    clock.now += DAY - 1
    end_what_is_due(shop)
    assert redis_client.hlen(shop._keys.addressees) == 1
    clock.now += 1
    end_what_is_due(shop)
    assert redis_client.hlen(shop._keys.addressees) == redis_client.zcard(shop._keys.addressees_stored) == 0


@pytest.mark.parametrize("damage", ["no key", "no JSON"])
def test_a_shipment_that_cannot_be_read_keeps_no_other_from_being_closed(shop, clock, redis_client, caplog, damage):
    keys = sorted(decided(shop, (sku, 1), id=f"O-{sku}") for sku in ("A", "B"))
    for key in keys:
        pack(shop, key)
        shop.holds.confirm(key.decision)
    if damage == "no key":
        redis_client.hdel(shop._keys.order_keys, keys[0].decision)
    else:
        redis_client.hset(shop._keys.shipments, str(keys[0]), "{")
    clock.now += 30 * DAY
    shop.fulfilment.retention.take_turn()
    assert {item.shipment for item in shop.fulfilment.parcels._parts.shipments.open()} == {keys[0]}
    assert f"whether the packings of shipment {keys[0]} are closed is looked at tomorrow" in caplog.text


def test_packings_are_looked_through_again_at_once_where_that_was_broken_off(shop, clock, redis_client):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.holds.confirm(key.decision)
    clock.now += 30 * DAY
    listed = redis_client.hgetall(shop._keys.open_packings)
    redis_client.hset(shop._keys.open_packings, f"{key}/1", "{")  # it can't be gone on behind this
    with pytest.raises(ValueError, match="unexpected"):
        shop.fulfilment.retention.take_turn()
    redis_client.hset(shop._keys.open_packings, mapping=listed)
    shop.fulfilment.retention.take_turn()
    assert redis_client.hlen(shop._keys.open_packings) == 0
    assert 0 < redis_client.ttl(shop._keys.packings_closed) <= DAY
