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
