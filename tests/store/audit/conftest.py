"""A network whose log is sealed, and ways to alter what the server has of it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import redis

from engine.audit.settings import AuditSettings
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.support.aged_log import age_log
from tests.support.facts import LILLE, LYON, inventory, node, order

_numbers = itertools.count(1)


@dataclass
class SealedNetwork:
    """A network, and `worker`, which can seal its log."""

    worker: Pointsman
    redis: redis.Redis
    key: Callable[[str], str]
    settings: AuditSettings
    ids: list[str] = field(default_factory=list)
    """Of entries that are sealed."""

    def entries(self):
        return self.redis.xrange(self.key("log"))

    def add(self, count):
        """Add so many entries to the log, each another one; their ids."""
        with self.redis.pipeline(transaction=False) as pipe:
            for number in itertools.islice(_numbers, count):
                fields = {"kind": "counted", "id": "", "at": 1, "units": "[]", "levels": f"{number} 1 0"}
                pipe.xadd(self.key("log"), fields)
            return pipe.execute()

    def rewrite(self, change):
        """Put what `change` makes of the entries, a list of (id, fields), in the place of the log."""
        entries = change(self.entries())
        self.redis.delete(self.key("log"))
        with self.redis.pipeline(transaction=False) as pipe:
            for entry_id, fields in entries:
                pipe.xadd(self.key("log"), fields, id=entry_id)
            pipe.execute()

    def kinds(self):
        """What a check of the sealed log finds: kinds, and the ids of entries."""
        return [(one.kind, one.entry) for one in self.worker.check().seal.findings]


@pytest.fixture
def log(pointsman, server_url, network, clock, tmp_path, redis_client, key):  # noqa: PLR0917  # what it is made of
    audit = AuditSettings(audit_key=tmp_path / "audit.pem", checkpoint_file=tmp_path / "checkpoints")
    with Pointsman(Settings(redis_url=server_url, network=network, audit=audit), clock=clock) as worker:
        yield SealedNetwork(worker, redis_client, key, audit)


@pytest.fixture
def full(log):
    """With 300 entries that are sealed, and one that is not."""
    log.ids = [entry.decode() for entry in log.add(300)]
    log.worker.sealer.seal()
    log.add(1)
    return log


@pytest.fixture
def settings(server_url, network, tmp_path):
    return Settings(redis_url=server_url, network=network, audit=AuditSettings(audit_key=tmp_path / "key.pem"))


@pytest.fixture
def shop(settings, clock, redis_client):
    """Eight decisions over the last ten days, of which one is held still, and what became of them; all sealed."""
    with Pointsman(settings, clock=clock) as shop:
        shop.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 30, "lille": 2}, "B": {}}))
        activate(shop, "then: {hold: 90d}")
        held = [shop.decide(order(("A", 2), id=f"W-{number}"), caller="oms") for number in range(1, 6)]
        shop.decide(order(("B", 1), id="W-WAITS"), caller="pos", wait=True)
        for answer in held[1:4]:
            shop.holds.confirm(answer.id)
        shop.rerouting.reject(RejectionRequest(decision=held[4].id, node="lyon", reason="no_capacity"))
        shop.decide(order(("A", 1), id="W-LAST"), caller="oms")
        age_log(redis_client, settings.network, days=10)
        shop.repair(who="a test")  # loads of some days ago have expired
        shop.sealer.seal()
        yield shop
        shop.forget()
