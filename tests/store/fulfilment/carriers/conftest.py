"""A carrier of each door, served by a fake one, and the store of one network."""

import pytest

from tests.support.fake_carriers.booking import FAKES, carriers_of


@pytest.fixture(params=FAKES)
def door(request):
    return request.param


@pytest.fixture
def carriers(client, keys, fake, door):
    return carriers_of(client, keys, fake, door)


@pytest.fixture
def carrier(carriers):
    return carriers.carrier("shop")
