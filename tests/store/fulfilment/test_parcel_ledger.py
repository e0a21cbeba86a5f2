"""`ledger check` holds what is stored of parcels against the log, and repairs what differs."""

import pytest

from engine.fulfilment.parcels.handing_over import ManifestRequest
from tests.support.parcels import decided, pack, packing_network


@pytest.fixture
def shop(bare):
    shop = packing_network(bare)
    keys = [decided(shop, ("A", 1)) for _ in range(3)]
    for key in keys:
        pack(shop, key)
    shop.fulfilment.parcels.cancel(keys[0])
    shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    pack(shop, decided(shop, ("B", 2)))
    assert shop.check().clean
    return shop


HASHES = {
    "shipments": "parcels of shipment",
    "numbers": "parcel of the number",
    "open": "to be handed over",
    "manifests": "manifest m-",
}


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("change", ["lost", "altered", "added"])
def test_what_was_changed_behind_the_log_is_found_and_repaired(shop, redis_client, network, name, change):
    key = f"{{{network}}}:parcels:{name}"
    before = redis_client.hgetall(key)
    field = min(before)
    match change:
        case "lost":
            redis_client.hdel(key, field)
        case "altered":
            redis_client.hset(key, field, before[field] + b" ")
        case "added":
            redis_client.hset(key, "m-more" if name == "manifests" else "more/0/1", "{}")
    (drift,) = shop.check().drifts
    assert HASHES[name] in drift.what
    shop.repair(who="a test")
    assert redis_client.hgetall(key) == before
    assert shop.check().clean


def test_a_serial_that_was_given_out_is_never_next_again(shop, redis_client, network):
    key = f"{{{network}}}:parcels:serials"
    (name,) = redis_client.hkeys(key)
    stored = redis_client.hget(key, name)
    redis_client.hset(key, name, b"2 " + stored.split(b" ", 1)[1])
    (drift,) = shop.check().drifts
    assert ("next serial reference" in drift.what, drift.expected, drift.found) == (True, 4, 2)
    shop.repair(who="a test")
    assert shop.check().clean
    known = redis_client.hkeys(f"{{{network}}}:parcels:numbers")
    fresh = pack(shop, decided(shop, ("A", 1))).shipment.parcels[0].sscc
    assert fresh.encode() not in known
    redis_client.delete(key)
    assert len(shop.check().drifts) == 1
    shop.repair(who="a test")
    assert shop.check().clean


def packing_entries(shop):
    return [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "packed"]


def test_an_entry_is_no_longer_the_more_of_the_shipment_was_packed_before(bare):
    shop = packing_network(bare, stock={"A": {"lyon": 40}})
    key = decided(shop, ("A", 40))
    for number in range(30):
        pack(shop, key, {"1": 1}, partial=True, op=f"p{number}")
    sizes = [len(entry.body) for entry in packing_entries(shop)]
    assert len(sizes) == 30
    assert max(sizes) - min(sizes) < 10  # numbers have more digits
    assert packing_entries(shop)[-1].packing.packing.number == 30
    assert [item.number for item in shop.fulfilment.parcels.show(key).shipment.packings] == list(range(1, 31))
    assert shop.check(whole=True).clean


def test_a_shipment_is_repaired_of_entries_that_each_have_one_packing(bare, redis_client):
    shop = packing_network(bare)
    key = decided(shop, ("A", 3))
    for number in range(3):
        pack(shop, key, {"1": 1}, partial=True, op=f"p{number}")
    shop.fulfilment.parcels.cancel(key, packing=2)
    pack(shop, key)
    shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    before = redis_client.hgetall(shop._keys.shipments)
    redis_client.hdel(shop._keys.shipments, str(key))
    (drift,) = shop.check(whole=True).drifts
    assert (drift.expected, drift.found) == (4, 0)
    shop.repair(who="a test")
    assert redis_client.hgetall(shop._keys.shipments) == before
    assert shop.check(whole=True).clean


def test_a_log_that_lacks_a_packing_takes_none_of_the_shipments(bare, redis_client):
    shop = packing_network(bare)
    key = decided(shop, ("A", 2))
    for number in range(2):
        pack(shop, key, {"1": 1}, partial=True, op=f"p{number}")
    before = redis_client.hgetall(shop._keys.shipments)
    entries = redis_client.xrange(shop._keys.log)
    damaged = next(fields for _, fields in entries if fields[b"kind"] == b"packed")
    damaged[b"details"] = b"{"
    redis_client.delete(shop._keys.log)
    for name, fields in entries:
        redis_client.xadd(shop._keys.log, fields, id=name)
    audit = shop.check(whole=True)
    assert audit.log_damaged
    assert [(drift.expected, drift.found) for drift in audit.drifts if "parcels of shipment" in drift.what] == [(1, 2)]
    shop.repair(who="a test")
    assert redis_client.hgetall(shop._keys.shipments) == before
