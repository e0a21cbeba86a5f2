"""How many tracking numbers carriers have left is a metric, and one is warned of when they run out."""

import dataclasses

from api.files.inventory_folder import load_inventory
from engine.fulfilment.carriers.carriers import NumberStock
from engine.fulfilment.carriers.number_ranges import form_of
from engine.store.keys import Keys
from tests.conftest import SMALL
from tests.support.parcels import dpd


def test_the_numbers_that_are_left_are_counted(http, pointsman, redis_client, network):
    inventory = load_inventory(SMALL)
    account = dpd(0, 99)
    form = form_of(account.ranges[0])
    with_carrier = dataclasses.replace(inventory.network, carriers={"dpd": account})
    pointsman.load(dataclasses.replace(inventory, network=with_carrier))
    key = Keys(network).tracking_serials
    redis_client.hset(key, f"{form}\t0", "89 100 -")
    assert not pointsman.fulfilment.carriers.stocks()["dpd"].runs_out
    redis_client.hset(key, f"{form}\t0", "90 100 -")
    assert pointsman.fulfilment.carriers.stocks()["dpd"] == NumberStock(numbers=100, left=10)
    assert pointsman.fulfilment.carriers.stocks()["dpd"].runs_out
    text = http.get("/metrics").text
    labels = f'{{carrier="dpd",network="{network}"}}'
    assert f"pointsman_tracking_numbers{labels} 100.0" in text
    assert f"pointsman_tracking_numbers_left{labels} 10.0" in text
