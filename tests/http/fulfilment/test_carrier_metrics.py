"""How many tracking numbers carriers have left is a metric, and one is warned of when they run out; and so is which
carriers can't say where parcels are.
"""

import dataclasses

from api.files.inventory_folder import load_inventory
from engine.fulfilment.carriers.carriers import NumberStock
from engine.fulfilment.carriers.number_ranges import form_of
from engine.model.carriers import CarrierAccount
from engine.store.fulfilment.rests import Rest, Rests
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
    redis_client.hset(key, f"{form}\t0", "89 100 - 100 99")
    assert not pointsman.fulfilment.carriers.stocks()["dpd"].runs_out
    redis_client.hset(key, f"{form}\t0", "90 100 - 100 99")
    assert pointsman.fulfilment.carriers.stocks()["dpd"] == NumberStock(numbers=100, left=10)
    assert pointsman.fulfilment.carriers.stocks()["dpd"].runs_out
    text = http.get("/metrics").text
    labels = f'{{carrier="dpd",network="{network}"}}'
    assert f"pointsman_tracking_numbers{labels} 100.0" in text
    assert f"pointsman_tracking_numbers_left{labels} 10.0" in text


def test_carriers_that_could_not_say_where_parcels_are_when_they_were_last_asked_are_counted(http, pointsman, network):
    inventory = load_inventory(SMALL)
    accounts = {name: CarrierAccount(id=name, door="easypost") for name in ("answers", "fails")}
    with_carriers = dataclasses.replace(inventory.network, carriers={**accounts, "dpd": dpd(0, 99)})
    pointsman.load(dataclasses.replace(inventory, network=with_carriers))
    rests = Rests(pointsman._client, Keys(network).poll_rests)
    rests.begin("fails", Rest(failures=2, until=1, error="carrier 'fails' refused it"))
    failing = [line for line in http.get("/metrics").text.splitlines() if line.startswith("pointsman_carrier_failing{")]
    assert failing == [
        f'pointsman_carrier_failing{{carrier="answers",network="{network}"}} 0.0',
        f'pointsman_carrier_failing{{carrier="fails",network="{network}"}} 1.0',
    ]
