"""Sentinels name the primary; when it dies they promote its replica, and the service uses that one."""

import pytest

from engine.errors import BadSetting, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.connect import read_address
from engine.store.ledger import RequestKey
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.recovery_time import AGAIN_WITHIN, repeated, seconds_until_served
from tests.support.redis_topologies import HOST, SERVICE, watched
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow


def test_the_service_uses_the_replica_that_sentinels_promote(tmp_path, clock):
    with watched(tmp_path) as ((primary, replica), watchers):
        hosts = ",".join(f"{HOST}:{port}" for port in (1, *(watcher.port for watcher in watchers)))
        url = f"redis+sentinel://{hosts}/{SERVICE}"
        with Pointsman(Settings(redis_url=url, network="main"), clock=clock) as pointsman:
            pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
            activate(pointsman)
            made = pointsman.decide(order(("A", 2)))
            primary.ask("WAIT", 1, 5_000)
            stale = pointsman.stock.availability(["A"], "web", max_stale=60)
            assert (stale.skus[0].free, stale.age is None) == (7, False)

            def decided():
                try:
                    return pointsman.decide(order(("A", 1), id="once"), key=RequestKey(caller="c", name="once"))
                except StoreUnavailable:
                    return None

            with repeated(lambda: decided() is not None and primary.process.poll() is not None) as requests:
                wait_until(lambda: requests.answers, "a request is answered")
                taken = seconds_until_served(requests, primary.kill, lambda: all(w.names(replica) for w in watchers))
            assert taken < AGAIN_WITHIN
            assert pointsman.stock.availability(["A"], "web", max_stale=60).age is None, (
                "the new primary has no replica"
            )
            assert replica.ask("ROLE")[0] == "master"
            assert pointsman.decision(json_of(made)["id"]).body == made.body
            audit = pointsman.check()
            assert (audit.clean, audit.held, audit.decisions) == (True, 3, 2)


@pytest.mark.parametrize(
    "url", [f"redis+sentinel://app:sesame@{HOST}:1/{SERVICE}", f"redis+cluster://:sesame@{HOST}:1"]
)
def test_the_error_for_servers_none_of_which_answers_hides_their_password(url):
    with pytest.raises(StoreUnavailable) as caught:
        Pointsman(Settings(redis_url=url))
    assert "sesame" not in str(caught.value)


def test_every_part_of_a_url_of_several_servers_is_parsed():
    address = read_address("rediss+sentinel://app:p%40ss@one:1,[::1]:2,three/stock/4?sentinel_password=s")
    assert (address.kind, address.tls, address.service, address.db) == ("sentinel", True, "stock", 4)
    assert (address.username, address.password, address.parameters) == ("app", "p@ss", {"sentinel_password": "s"})
    assert address.hosts == (("one", 1), ("::1", 2), ("three", 26379))
    assert read_address("redis+cluster://one,two:7").hosts == (("one", 6379), ("two", 7))


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://one:1",
        "redis+sentinel://one:1/stock/x",
        "redis+sentinel://:1/stock",
        "redis+cluster://one:x",
        "redis+cluster://",
        "redis+cluster://app:sesame@one:1,:2",
        "redis+cluster://one:1/stock",
    ],
)
def test_a_url_that_names_no_servers_is_refused_without_its_password(url):
    with pytest.raises(BadSetting, match="POINTSMAN_REDIS_URL") as caught:
        read_address(url)
    assert "sesame" not in str(caught.value)
