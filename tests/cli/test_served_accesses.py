"""A service that is stopped records the reads of its last moments."""

import urllib.request

import pytest

from engine.store.audit.accesses import AccessFilter
from tests.cli.served import served
from tests.support.clean_environment import clean_environment
from tests.support.facts import order
from tests.support.wait_until import wait_until


@pytest.mark.slow
def test_who_read_just_before_the_service_was_stopped_is_recorded(pointsman, server_url, network):
    pointsman.decide(order(("SHIRT", 1), id="W-1"))
    environment = clean_environment(POINTSMAN_REDIS_URL=server_url, POINTSMAN_NETWORK=network, POINTSMAN_OPEN=1)
    with served(environment=environment) as url:
        for _ in range(3):
            with urllib.request.urlopen(f"{url}/v1/orders/W-1") as answer:
                assert answer.status == 200
    wait_until(lambda: len(recorded(pointsman)) == 3, "the reads are recorded")
    assert {access.what for access in recorded(pointsman)} == {"orders_show"}


def recorded(pointsman):
    return pointsman.accesses.page(AccessFilter(subject="W-1"), limit=10).accesses
