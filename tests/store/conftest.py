"""What tests of the store share: the server's keys, its client, and another worker behind a proxy."""

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.keys import Keys
from tests.support.lossy_proxy import proxy


@pytest.fixture
def client(server_url):
    client = Client(server_url)
    yield client
    client.close()


@pytest.fixture
def keys(network):
    return Keys(network)


@pytest.fixture
def key(network):
    return lambda name: f"{{{network}}}:{name}"


@pytest.fixture
def proxied(shop, server_url, network, clock):
    """Another worker on the shop's network, and the proxy through which it talks to the server."""
    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        worker.ready()
        yield before, worker
