"""Acts of people are entries by whoever did them, once each, whoever completes them and whatever reply is lost."""

from dataclasses import replace

import pytest

from engine.actor import act_as, by_itself, name_operation
from engine.errors import NotReady
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.keys import INSTALLATION, Keys
from engine.store.log.decision_log import entries
from engine.store.network import load as network_load
from engine.store.stock import Count, Stamp
from tests.conftest import activate, small
from tests.support.facts import policy_file
from tests.support.lossy_proxy import proxy

HOUR = 60 * 60


def ada():
    act_as("Ada", through="cli", origin="ada@desk")


def bob():
    act_as("Bob", through="http", origin="192.0.2.7")


def log_of(pointsman):
    return list(entries(pointsman._client, pointsman._keys))


def last(pointsman, kind):
    return [entry for entry in log_of(pointsman) if entry.kind == kind][-1]


def author_of(entry):
    return entry.by, entry.through, entry.origin


@pytest.fixture
def lossy(server_url):
    with proxy(server_url) as before:
        yield before


@pytest.fixture
def behind(lossy, network, clock, pointsman):
    """A Pointsman whose replies get lost."""
    with Pointsman(Settings(redis_url=lossy.url, network=network), clock=clock) as opened:
        opened.record_act("exported", "to have the script", {})
        yield opened


def test_a_load_is_by_who_began_it_whoever_completes_it(pointsman, opened):
    before = pointsman.network().version
    pointsman.stock.set_count(Count(node="lyon", sku="SHIRT", on_hand=4, stamp=Stamp(kind="s", number=1)))
    ada()
    client, keys = pointsman._client, pointsman._keys
    verify = lambda: pointsman.versions.verify_network(small().network)  # noqa: E731
    network_load.begin(client, keys, small(), verify_policies=verify, micros=lambda: pointsman.micros, counts=True)
    bob()
    assert opened().stock.show("SHIRT")
    entry = last(pointsman, "loaded")
    assert author_of(entry) == ("Ada", "cli", "ada@desk")
    assert entry.details == {"before": before, "products": len(small().products), "counts": True}
    assert not client.redis.hexists(keys.facts, "author")
    pointsman.load(small())
    entry = last(pointsman, "loaded")
    assert (entry.by, entry.details["counts"]) == ("Bob", False)


def test_a_version_that_became_active_as_scheduled_is_nobodys_act_whoever_comes_by_first(pointsman, clock):
    version = pointsman.publish(policy_file("then: {hold: 2 h}"), who="Ada", note="").version
    ada()
    pointsman.versions.activate(version, who="Ada", note="sale", since=clock.now + HOUR)
    scheduled = last(pointsman, "scheduled")
    assert author_of(scheduled) == ("Ada", "cli", "ada@desk")
    assert scheduled.details == {"since": clock.now + HOUR, "note": "sale"}
    clock.now += 2 * HOUR
    bob()
    activate(pointsman, "then: {hold: 3 h}")
    due, now = [entry for entry in log_of(pointsman) if entry.kind == "activated"][-2:]
    assert (author_of(due), due.decision, due.details["because"]) == (("", "", ""), version, "scheduled")
    assert (now.by, now.details["before"]) == ("Bob", version)


def test_a_schedule_says_what_it_replaces_and_a_cancelled_one_why(pointsman, clock):
    first, second = (
        pointsman.publish(policy_file(f"then: {{hold: {n} h}}"), who="Ada", note="").version for n in (2, 3)
    )
    ada()
    for version in (first, second):
        pointsman.versions.activate(version, who="Ada", note="", since=clock.now + HOUR)
    assert last(pointsman, "scheduled").details["replaces"] == first
    pointsman.versions.cancel_schedule(second, who="Ada", note="no sale")
    entry = last(pointsman, "unscheduled")
    assert (entry.by, entry.details) == (
        "Ada",
        {"because": "unscheduled", "since": clock.now + HOUR, "note": "no sale"},
    )


def test_a_version_that_cant_be_read_is_taken_off_the_schedule_by_nobody(pointsman, clock):
    version = pointsman.publish(policy_file("then: {hold: 2 h}"), who="Ada", note="").version
    pointsman.versions.activate(version, who="Ada", note="", since=clock.now + HOUR)
    bob()
    pointsman.versions.unschedule(version, since=clock.now + HOUR, reason="damaged")
    entry = last(pointsman, "unscheduled")
    assert (entry.by, entry.details["because"], entry.details["note"]) == ("", "refused", "damaged")


def test_activating_the_active_version_again_is_neither_an_entry_nor_an_event(pointsman):
    active = pointsman.versions.timeline().active
    end, logged = pointsman.events.end(), log_of(pointsman)
    ada()
    pointsman.versions.activate(active, who="Ada", note="to be sure")
    assert log_of(pointsman) == logged
    assert pointsman.events.read(end, limit=10).events == ()


def test_an_override_is_said_to_be_one(server_url, network, clock, pointsman):
    settings = Settings(redis_url=server_url, network=network)
    settings = replace(settings, access=replace(settings.access, four_eyes=True))
    with Pointsman(settings, clock=clock) as strict:
        version = strict.publish(policy_file("then: {hold: 2 h}"), who="Ada", note="").version
        strict.versions.activate(version, who="Ada", note="the site is down", override=True)
    assert last(pointsman, "activated").details["override"] is True


def test_counts_that_say_what_was_known_are_an_entry_without_positions(pointsman):
    ada()
    for number in (1, 2):
        pointsman.stock.set_count(Count(node="lyon", sku="SHIRT", on_hand=7, stamp=Stamp(kind="s", number=number)))
    before = len(log_of(pointsman))
    entry = last(pointsman, "counted")
    assert (entry.by, entry.details, entry.counted_positions) == ("Ada", {"unchanged": 1}, ())
    pointsman.stock.set_count(Count(node="lyon", sku="SHIRT", on_hand=7, stamp=Stamp(kind="s", number=2)))
    assert len(log_of(pointsman)) == before, "the same message again is no count"


def test_a_reset_is_logged_where_it_is_not_deleted(pointsman, opened):
    ada()
    own = len(log_of(pointsman))
    deleted = pointsman.forget()
    (entry,) = [entry for entry in opened().entries(on_damaged=pytest.fail) if entry.kind == "reset"]
    assert (entry.by, entry.decision) == ("Ada", pointsman.settings.network)
    assert (entry.details["keys"], entry.details["entries"]) == (deleted, own)
    assert log_of(pointsman) == []


def test_a_network_that_never_was_has_no_log_though_others_were_reset(server_url, pointsman):
    pointsman.forget()
    with Pointsman(Settings(redis_url=server_url, network="never-was")) as other, pytest.raises(NotReady):
        other.entries(on_damaged=pytest.fail)


def test_an_act_whose_reply_is_lost_is_logged_once(behind, lossy):
    lossy.lose_reply_to = b":operation:act:"
    behind.record_act("exported", "log.ndjson", {"entries": 3})
    assert lossy.lost_replies == 1
    found = [entry for entry in log_of(behind) if entry.decision == "log.ndjson"]
    assert [entry.details for entry in found] == [{"entries": 3}]


def test_a_key_whose_reply_is_lost_is_logged_once(behind, lossy):
    behind.api_keys.create(role="oms", client="first", networks=("*",))
    lossy.lose_reply_to = b"pointsman:access}:keys"
    made = behind.api_keys.create(role="oms", client="shop", networks=("*",))
    assert lossy.lost_replies == 1
    installation = Keys(INSTALLATION)
    found = [entry for entry in entries(behind._client, installation) if entry.decision == made.stored.id]
    assert [entry.kind for entry in found] == ["key_created"]


def test_key_changes_stand_in_the_log_of_the_networks_that_the_key_may_use(pointsman, opened, network):
    ada()
    made = pointsman.api_keys.create(role="oms", client="shop", networks=(network,))
    elsewhere = pointsman.api_keys.create(role="oms", client="shop", networks=("another",))
    rotated = pointsman.api_keys.rotate(made.stored.id, overlap=60)
    pointsman.api_keys.revoke(made.stored.id)
    pointsman.api_keys.revoke(made.stored.id)
    own = [entry for entry in pointsman.entries(on_damaged=pytest.fail) if entry.kind.startswith("key_")]
    about = [entry for entry in own if entry.decision in (made.stored.id, rotated.stored.id)]
    assert [(entry.kind, entry.decision) for entry in about] == [
        ("key_created", made.stored.id),
        ("key_created", rotated.stored.id),
        ("key_rotated", made.stored.id),
        ("key_revoked", made.stored.id),
    ]
    assert {author_of(entry) for entry in about} == {("Ada", "cli", "ada@desk")}
    assert about[2].details["replaced_by"] == rotated.stored.id
    assert not any(secret in str(about) for secret in (made.text.reveal(), rotated.text.reveal(), made.stored.digest))
    assert elsewhere.stored.id not in {entry.decision for entry in own}


def test_damaged_entries_of_the_installation_are_named_and_keep_nobody_from_the_rest(pointsman):
    redis, log = pointsman._client.redis, Keys(INSTALLATION).log
    torn = redis.xadd(log, {"kind": "key_created", "id": "torn", "at": 1, "details": b"{"}).decode()
    redis.xadd(log, {"kind": "key_created", "id": "of no network", "at": 1, "details": b"{}"})
    damaged = []
    kinds = [entry.kind for entry in pointsman.entries(on_damaged=damaged.append)]
    redis.xdel(log, torn)
    assert damaged == [torn]
    assert "published" in kinds


def test_what_pointsman_does_by_itself_has_no_author_of_any_kind(pointsman):
    ada()
    name_operation("parcel-1")
    with by_itself():
        pointsman.record_act("exported", "x", {})
    pointsman.record_act("exported", "y", {})
    *_, itself, own = log_of(pointsman)
    assert (author_of(itself), itself.operation) == (("", "", ""), "")
    assert (author_of(own), own.operation) == (("Ada", "cli", "ada@desk"), "parcel-1")


def test_the_log_in_one_order_though_it_is_kept_in_two_streams(pointsman):
    pointsman.api_keys.create(role="oms", client="shop", networks=("*",))
    activate(pointsman, "then: {hold: 2 h}")
    ids = [entry.id for entry in pointsman.entries(on_damaged=pytest.fail)]
    assert ids == sorted(ids)
