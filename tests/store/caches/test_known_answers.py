"""What durable-rules answered is kept for processes that start later, and does no harm where it does not fit."""

import pytest

from engine.store.caches import known_answers
from engine.store.caches.known_answers import KnownAnswers
from engine.store.caches.version_cache import VersionCache
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import order

RULES = (
    "when: {node.id: lyon}, then: {prefer: 2.00}",
    "when: {stock.on_hand: {at_least: 5}}, then: {avoid: 1.00}",
    "when: {order.channel: app}, then: {max_shipments: 1}",
)


@pytest.fixture
def policies(pointsman):
    return activate(pointsman, *RULES)


@pytest.fixture
def begun(client, keys, policies):
    """How many answers a process that starts now begins with."""

    def begin(*, guarded=True):
        cache = VersionCache(client, keys, guarded=guarded)
        matcher = cache.policy(policies)
        answered = matcher.answered
        cache.close()
        return answered

    return begin


def decided(pointsman):
    return [
        {**json_of(pointsman.decide(order(("SHIRT", 1), id=channel, channel=channel), dry_run=True)), "id": None}
        for channel in ("web", "app")
    ]


@pytest.fixture
def stored(pointsman, policies, redis_client, key):
    """The name of the hash after decisions under `policies`."""
    decided(pointsman)
    pointsman.ready()
    assert redis_client.hkeys(key("policies:answers")) == [policies.encode()]
    return key("policies:answers")


def test_a_process_that_starts_begins_with_what_others_asked(pointsman, stored, begun, opened):
    answered = begun()
    assert answered > 0
    worker = opened()
    assert decided(worker) == decided(pointsman)
    assert begun() == answered, "the same orders gave no new questions"


def test_what_several_processes_asked_is_kept_together(pointsman, policies, opened, begun):
    first, second = opened(), opened()
    for worker in (first, second):
        worker.ready()
    first.decide(order(("SHIRT", 1)), dry_run=True)
    first.ready()
    alone = begun()
    second.decide(order(("SHIRT", 1), channel="app"), dry_run=True)
    second.ready()
    assert begun() > alone > 0


def test_answers_are_stored_when_there_are_a_quarter_more(client, keys, policies, redis_client, stored):
    redis_client.delete(stored)
    cache = VersionCache(client, keys, guarded=True)
    kept = KnownAnswers(client, keys, cache.policy(policies))
    tables = next(iter(kept.matcher.stages.values())).firing.tables
    written = []
    for asked in range(12):
        tables.asked = asked
        kept.save_if_grown()
        if redis_client.delete(stored):
            written.append(asked)
    cache.close()
    assert written == [1, 2, 3, 4, 6, 8, 11]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda stored: stored[:-1],
        lambda stored: stored[:20],
        lambda stored: stored[:40] + bytes([stored[40] ^ 1]) + stored[41:],
        lambda stored: bytes([stored[0] ^ 1]) + stored[1:],
        lambda stored: b"\0" * len(stored),
    ],
    ids=["nothing", "cut off", "less than a seal", "a bit of it differs", "a bit of its seal differs", "zeros"],
)
def test_damaged_answers_count_as_none(policies, redis_client, stored, begun, spoil):
    redis_client.hset(stored, policies, spoil(redis_client.hget(stored, policies)))
    assert begun() == 0


def test_answers_of_another_release_or_guard_count_as_none(monkeypatch, stored, begun):
    assert begun(guarded=False) == 0
    monkeypatch.setattr(known_answers, "VERSION", "99.0")
    assert begun() == 0


def test_answers_under_other_policies_count_as_none(pointsman, redis_client, stored, client, keys):
    (of_others,) = redis_client.hvals(stored)
    others = activate(pointsman, *reversed(RULES))
    redis_client.hset(stored, others, of_others)
    cache = VersionCache(client, keys, guarded=True)
    assert cache.policy(others).answered == 0
    cache.close()


def test_a_server_that_keeps_no_answers_is_no_reason_to_fail(pointsman, policies, redis_client, key, opened):
    redis_client.set(key("policies:answers"), "not a hash")
    worker = opened()
    assert decided(worker) == decided(pointsman)
    worker.ready()
    redis_client.delete(key("policies:answers"))


def test_answers_are_not_kept_while_durable_rules_differed(client, keys, policies, redis_client, stored):
    redis_client.delete(stored)
    cache = VersionCache(client, keys, guarded=True)
    kept = KnownAnswers(client, keys, cache.policy(policies))
    stage = next(iter(kept.matcher.stages.values()))
    stage.firing.tables.asked, stage.firing.incidents = 5, 1
    kept.save_if_grown()
    cache.close()
    assert not redis_client.exists(stored)


def test_decisions_are_the_same_after_warming_up(pointsman, policies, opened, contents):
    expected = decided(opened())
    worker = opened()
    before = contents()
    worker.warm_up()
    assert contents() == before
    assert decided(worker) == expected


def test_what_warming_up_asked_is_stored(opened, policies, begun):
    opened().warm_up()
    assert begun() > 0


def test_warming_up_does_nothing_without_network_and_policies(bare, contents):
    before = contents()
    bare.warm_up()
    assert contents() == before
