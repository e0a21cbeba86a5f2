"""API keys: found by their text alone, ended at once or in time, rotated with overlap, and known through an outage."""

import json
import string

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from msgspec import structs

from engine.access.api_keys import FRESH_SECONDS, OUTAGE_SECONDS, USE_NOTED_SECONDS, ApiKeys
from engine.access.secret import KeyText, new_key_text, read_key_text
from engine.actor import act_as
from engine.errors import InputInvalid, NotFound, StoreUnavailable
from engine.model.scopes import ROLE_SCOPES
from engine.store.api_keys import API_KEYS, StoredKeys
from engine.store.connection.client import Client
from tests.support.examples import examples

DAY = 24 * 3_600
OMS = {"role": "oms", "client": "shop", "networks": ("main",)}


class Elapsed:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def elapsed():
    return Elapsed()


@pytest.fixture
def client(server_url):
    client = Client(server_url)
    yield client
    client.close()


@pytest.fixture
def keys(client, clock, elapsed):
    return ApiKeys(StoredKeys(client), clock=lambda: clock.now, elapsed=elapsed)


@pytest.fixture
def other_worker(client, clock, elapsed):
    return ApiKeys(StoredKeys(client), clock=lambda: clock.now, elapsed=elapsed)


def listed(keys, key_id):
    (found,) = (item for item in keys.all() if item.stored.id == key_id)
    return found


def test_a_key_is_found_by_its_text_and_by_no_other(keys):
    made, others = keys.create(**OMS), [keys.create(**OMS) for _ in range(2)]
    text = made.text.reveal()
    assert keys.authenticate(text) == made.stored
    wrong = [
        text[:-1],
        text[:-1] + ("A" if text[-1] != "A" else "B"),
        text.upper(),
        f" {text}",
        f"{text}\n",
        KeyText(id=made.stored.id, secret=others[0].text.secret).reveal(),
        KeyText(id=others[0].stored.id, secret=made.text.secret).reveal(),
        KeyText(id=made.stored.id, secret=made.stored.digest[:43]).reveal(),
        KeyText(id="0" * 12, secret=made.text.secret).reveal(),
        made.stored.digest,
        made.stored.id,
        "",
    ]
    assert [keys.authenticate(item) for item in wrong] == [None] * len(wrong)


def test_a_digest_copied_into_another_key_is_of_no_use(keys, client, elapsed):
    """As it is keyed with the id: who can write records but knows one secret gets no other key with it."""
    mine, admin = keys.create(**OMS), keys.create(**OMS | {"role": "admin"})
    record = json.loads(client.redis.hget(API_KEYS, admin.stored.id))
    client.redis.hset(API_KEYS, admin.stored.id, json.dumps(record | {"digest": mine.stored.digest}))
    elapsed.now += FRESH_SECONDS
    assert keys.authenticate(KeyText(id=admin.stored.id, secret=mine.text.secret).reveal()) is None


def test_the_store_has_no_secret(keys, client):
    made = keys.create(**OMS)
    stored = client.redis.hget(API_KEYS, made.stored.id).decode()
    assert made.text.secret not in stored
    assert made.text.secret not in repr(made)
    assert made.text.digest in stored


def test_a_revoked_key_is_refused_at_once_here_and_elsewhere_within_a_second(keys, other_worker, elapsed):
    made = keys.create(**OMS)
    text = made.text.reveal()
    assert other_worker.authenticate(text)
    act_as("Ada")
    keys.revoke(made.stored.id)
    act_as("")
    assert keys.authenticate(text) is None
    elapsed.now += FRESH_SECONDS
    assert other_worker.authenticate(text) is None
    stored = listed(keys, made.stored.id).stored
    assert stored.revoked_by == "Ada"
    keys.revoke(made.stored.id)
    assert listed(keys, made.stored.id).stored == stored
    with pytest.raises(NotFound):
        keys.revoke("0" * 12)


def test_a_key_expires_at_its_instant(keys, clock):
    made = keys.create(**OMS, expires_at=clock.now + DAY)
    clock.now += DAY - 1
    assert keys.authenticate(made.text.reveal())
    clock.now += 1
    assert keys.authenticate(made.text.reveal()) is None
    with pytest.raises(InputInvalid):
        keys.create(**OMS, expires_at=clock.now)


def test_a_rotated_key_and_its_successor_overlap(keys, clock):
    made = keys.create(**OMS)
    fresh = keys.rotate(made.stored.id, overlap=DAY)
    both = made.text.reveal(), fresh.text.reveal()
    assert all(map(keys.authenticate, both))
    assert (fresh.stored.role, fresh.stored.client, fresh.stored.networks) == ("oms", "shop", ("main",))
    assert listed(keys, made.stored.id).stored.replaced_by == fresh.stored.id
    clock.now += DAY
    assert [bool(keys.authenticate(text)) for text in both] == [False, True]
    with pytest.raises(InputInvalid, match="has been rotated before"):
        keys.rotate(made.stored.id, overlap=DAY)


def test_a_rotation_makes_no_key_last_longer_and_revives_none(keys, clock):
    made = keys.create(**OMS, expires_at=clock.now + 60)
    keys.rotate(made.stored.id, overlap=DAY)
    assert listed(keys, made.stored.id).stored.expires_at == clock.now + 60
    revoked = keys.create(**OMS)
    keys.revoke(revoked.stored.id)
    with pytest.raises(InputInvalid, match="has ended"):
        keys.rotate(revoked.stored.id, overlap=DAY)


def test_of_two_who_change_a_key_at_once_neither_undoes_the_other(keys, monkeypatch):
    """Somebody revokes it between the read and the write of a rotation."""
    made = keys.create(**OMS)
    find, revoked = StoredKeys.find, []

    def find_and_revoke(self, key_id):
        stored = find(self, key_id)
        if not revoked:
            revoked.append(True)
            keys.revoke(key_id)
        return stored

    monkeypatch.setattr(StoredKeys, "find", find_and_revoke)
    with pytest.raises(InputInvalid, match="has ended"):
        keys.rotate(made.stored.id, overlap=DAY)
    stored = listed(keys, made.stored.id).stored
    assert stored.revoked_at is not None
    assert stored.replaced_by is None


def test_a_write_that_is_sent_again_is_done_once(keys, client):
    made = keys.create(**OMS)
    stored = StoredKeys(client)
    again = {"kind": "key_revoked", "at": 0}
    assert stored.put([(None, made.stored)], **again)
    other = structs.replace(made.stored, client="other")
    assert not stored.put([(None, other)], **again)
    unstored = keys.prepare(**OMS, expires_at=None).stored
    assert not stored.put([(None, unstored), (other, structs.replace(other, role="admin"))], **again)
    assert stored.find(unstored.id) is None
    assert listed(keys, made.stored.id).stored == made.stored


def test_the_last_use_is_noted_to_the_minute(keys, other_worker, clock):
    made = keys.create(**OMS)
    assert listed(keys, made.stored.id).last_used is None
    keys.authenticate(made.text.reveal())
    first = clock.now
    assert listed(keys, made.stored.id).last_used == first
    clock.now += USE_NOTED_SECONDS - 1
    keys.authenticate(made.text.reveal())
    assert listed(keys, made.stored.id).last_used == first
    clock.now += 1
    keys.authenticate(made.text.reveal())
    assert listed(keys, made.stored.id).last_used == clock.now
    assert keys.authenticate(KeyText(id=made.stored.id, secret="A" * 43).reveal()) is None
    assert other_worker.authenticate(made.text.reveal())


class Away(StoredKeys):
    """A store that can be made not to answer."""

    away = False
    asked = 0

    def find(self, key_id):
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        return super().find(key_id)

    def note_use(self, key_id, now):
        if self.away:
            raise StoreUnavailable("away")
        super().note_use(key_id, now)


def test_while_the_store_is_away_what_was_known_of_a_key_counts_for_a_time(client, clock, elapsed):
    store = Away(client)
    keys = ApiKeys(store, clock=lambda: clock.now, elapsed=elapsed)
    known, unknown = keys.create(**OMS).text.reveal(), keys.create(**OMS).text.reveal()
    assert keys.authenticate(known)
    store.away = True
    elapsed.now += OUTAGE_SECONDS
    clock.now += USE_NOTED_SECONDS
    assert keys.authenticate(known)
    with pytest.raises(StoreUnavailable):
        keys.authenticate(unknown)
    elapsed.now += FRESH_SECONDS
    with pytest.raises(StoreUnavailable):
        keys.authenticate(known)


def test_a_busy_caller_s_key_is_read_once_a_second(client, clock, elapsed):
    store = Away(client)
    keys = ApiKeys(store, clock=lambda: clock.now, elapsed=elapsed)
    text = keys.create(**OMS).text.reveal()
    for _ in range(100):
        assert keys.authenticate(text)
    assert store.asked == 1
    elapsed.now += FRESH_SECONDS
    assert keys.authenticate(text)
    assert store.asked == 2


@given(st.text(alphabet=string.printable + "é☂", max_size=90))
def test_only_what_was_made_has_the_form_of_a_key(text):
    read = read_key_text(text)
    assert read is None or read.reveal() == text


@given(st.data())
@examples(10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_key_that_is_made_can_be_read_and_no_two_are_equal(data):
    made = [new_key_text() for _ in range(data.draw(st.integers(2, 5)))]
    assert all(read_key_text(text.reveal()) == text for text in made)
    assert len({text.digest for text in made}) == len({text.id for text in made}) == len(made)


def test_every_role_s_scopes_are_known_and_admin_has_them_all():
    assert ROLE_SCOPES["admin"] == frozenset().union(*ROLE_SCOPES.values()) | {"admin"}
    assert not any("admin" in scopes for role, scopes in ROLE_SCOPES.items() if role != "admin")
