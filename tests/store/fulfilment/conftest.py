"""What tests of parcels have unless they say otherwise: a network whose carrier sells labels, and a fake one to ask."""

import pytest

from tests.support.fake_carriers.booking import FAKES
from tests.support.fake_carriers.fake_server import serving
from tests.support.fake_carriers.selling import load_selling_network, opened_seller, selling_settings


@pytest.fixture
def door():
    return "sendcloud"


@pytest.fixture
def fake(door):
    with serving(FAKES[door]()) as carrier:
        yield carrier


@pytest.fixture
def shop(server_url, network, fake, clock, door):
    with opened_seller(selling_settings(server_url, network, {"shop": door}), clock) as opened:
        yield load_selling_network(opened, fake, door=door)
