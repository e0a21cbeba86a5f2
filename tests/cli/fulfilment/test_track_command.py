"""`pointsman track` on the command line, and what the log says of tracking there."""

import json

import pytest

from engine.decide.order_record import timestamp
from tests.support.facts import HOUR, NOW
from tests.support.parcels import decided, pack, packing_network
from tests.support.tracking import said, tell

"""The server makes no difference here: what it is asked is tested with each in tests/store/fulfilment."""


@pytest.fixture
def shop(bare):
    return packing_network(bare)


@pytest.fixture
def run(command, server_url, network):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_REDIS_URL=server_url, POINTSMAN_NETWORK=network, COLUMNS=160, **more)

    return pointsman


@pytest.fixture
def sscc(shop, clock):
    key = decided(shop, ("A", 1), id="O-1", promise_by=NOW + 48 * HOUR)
    (parcel,) = pack(shop, key).shipment.parcels
    clock.now += HOUR
    tell(shop, said(parcel.sscc, "in_transit", NOW + 60, town="Lyon", country="FR"), said(parcel.sscc, "pending", NOW))
    return parcel.sscc


def test_a_parcel_is_shown_with_all_that_its_carrier_said(run, shop, sscc):
    shown = run("track", sscc)
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0] == f"parcel {sscc}: on its way since Fri 27 Nov 2026 10:01 +01:00"
    assert lines[1].startswith("order O-1, shipment 0 of decision ")
    assert lines[1].endswith(", parcel 1 of 1; by parcel from lyon")
    assert lines[2] == "promised by Sun 29 Nov 2026 10:00 +01:00"
    assert lines[3] == "  Fri 27 Nov 2026 10:01 +01:00  on its way  Lyon, FR"
    assert len(lines) == 5


def test_what_is_late_is_said_to_be(run, shop, sscc, clock):
    clock.now += 48 * HOUR
    shop.flows.promise_watch.watch()
    assert (
        run("track", sscc).stdout.splitlines()[2].startswith("it was promised by Sun 29 Nov 2026 10:00 +01:00, and is")
    )


def test_it_is_in_french_too_and_as_json_that_of_the_http_api(run, sscc):
    french = run("track", sscc, LANG="fr_FR.UTF-8").stdout.splitlines()
    assert french[0].startswith(f"colis {sscc}\xa0: en route depuis ")
    record = json.loads(run("track", sscc, "--json").stdout)
    assert (record["state"], record["since"], record["order"]) == ("in_transit", timestamp(NOW + 60), "O-1")


def test_a_number_that_no_parcel_has_is_told(run, shop):
    unknown = run("track", "nothing")
    assert unknown.returncode == 1
    assert "goes by the number 'nothing'" in unknown.stderr


def test_the_log_says_in_which_state_it_was_and_what_was_said_of_it(run, shop, sscc, clock):
    clock.now += 20 * 24 * HOUR
    shop.flows.promise_watch.watch()
    lines = run("ledger", "log", "--kind", "tracked").stdout.splitlines()
    assert "shipment 0: on its way since Fri 27 Nov 2026 10:01 +01:00" in lines[0]
    assert "shipment 0 is late: on its way" in lines[1]
    assert "shipment 0 is lost: not heard of for long" in lines[2]
    assert len(lines) == 3
