"""What tests of the store share: the server's keys, its client, another worker behind a proxy, and others who act
between a decision's snapshot and its commit.
"""

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.ledger import Ledger
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


@pytest.fixture
def before_commit(monkeypatch):
    """`before_commit(act, times=1)`: from here on others do `act()` when a decision is about to be committed, at its
    first so many tries; the outcomes of its commits, of which there are more as it goes on. What others commit in `act`
    is not among them.
    """
    commit = Ledger.commit

    def let_others_act(act, times=1):
        outcomes, acting = [], []

        def interrupted(ledger, *given, **more):
            if acting:
                return commit(ledger, *given, **more)
            if len(outcomes) < times:
                acting.append(act)
                act()
                acting.clear()
            outcomes.append(commit(ledger, *given, **more))
            return outcomes[-1]

        monkeypatch.setattr(Ledger, "commit", interrupted)
        return outcomes

    return let_others_act
