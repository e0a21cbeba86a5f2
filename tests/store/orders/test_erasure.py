"""The personal values of an order that is over are erased: nothing in the store says them, and all else stands."""

import base64
import contextlib
import zlib
from dataclasses import replace

import pytest

from engine.errors import DecisionUnreadable, OrderErased, OrderNotOver
from engine.model.facts import GeoPoint
from engine.orders.amendment.plan import AmendRequest
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.entry_codec.codec import StoredBody
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.ledger import RequestKey
from engine.store.personal.erasure import StoredErasure
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order, product
from tests.support.stored_bodies import stored_entry
from tests.support.wait_until import wait_until

HERE = GeoPoint(latitude=45_123_457, longitude=4_654_321)
THERE = GeoPoint(latitude=46_987_651, longitude=3_192_837)
PERSONAL = ("69MARK", "13MARK", "zaphod", "45.123457", "4.654321", "46.987651", "3.192837")
KEY = RequestKey(caller="oms", name="k")


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 6, "lille": 4}}))
    activate(bare)
    return bare


def placed(*lines, **more):
    return order(*lines or [("A", 2)], id="O-1", **{"postcode": "69MARK", "customer": "zaphod", "place": HERE, **more})


def moved(*lines, **more):
    """The same order to another address."""
    return placed(*lines, postcode="13MARK", place=THERE, **more)


def confirm_all(shop):
    for decision in {item.decision for item in shop.orders.show("O-1").shipments if item.held}:
        shop.holds.confirm(decision)


@pytest.fixture
def over(shop):
    """An order that was amended to another address, and has left."""
    shop.decide(placed(), key=KEY)
    shop.amendments.amend(AmendRequest(order=moved(("A", 3))))
    confirm_all(shop)
    return shop


def values(client, name):
    """Whatever is stored under a key."""
    match client.type(name):
        case b"string":
            yield client.get(name)
        case b"hash":
            yield from (part for field in client.hgetall(name).items() for part in field)
        case b"list":
            yield from client.lrange(name, 0, -1)
        case b"set":
            yield from client.smembers(name)
        case b"zset":
            yield from client.zrange(name, 0, -1)
        case b"stream":
            for _, fields in client.xrange(name):
                yield from (part for field in fields.items() for part in field)


def readable(stored):
    """What anybody can read in stored bytes who has no order key."""
    yield stored
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(stored)
    with contextlib.suppress(ValueError):
        yield base64.b64decode(stored, validate=True)
    with contextlib.suppress(BodyDamaged):
        body = StoredBody.parse(stored).decode("d")
        yield body.body + body.facts


def said(client, network):
    """Which personal values the store says, by what key."""
    return {
        (value, name.decode().removeprefix(f"{{{network}}}:"))
        for name in client.scan_iter(f"{{{network}}}:*")
        for stored in values(client, name)
        for text in readable(stored)
        for value in PERSONAL
        if value.encode() in text
    }


def decisions_of(shop):
    return [shop.decision(record.id) for record in shop.orders.show("O-1").decisions]


def test_nothing_in_the_store_says_them_any_more(over, redis_client, network):
    assert {name for _, name in said(redis_client, network)} == {"order:O-1"}
    over.erasures.erase("O-1", note="asked for")
    assert said(redis_client, network) == set()


def test_before_that_they_can_be_read(over):
    first, second = (json_of(answer)["order"] for answer in decisions_of(over))
    assert first["destination"] | {"customer": first["customer"]} == {
        "country": "FR",
        "region": None,
        "postcode": "69MARK",
        "latitude": 45.123457,
        "longitude": 4.654321,
        "customer": "zaphod",
    }
    assert second["destination"]["postcode"] == "13MARK"


def test_all_else_of_a_decision_stands_and_it_says_that_they_were_erased(over):
    before = [json_of(answer) for answer in decisions_of(over)]
    over.erasures.erase("O-1", note="")
    for earlier, answer in zip(before, decisions_of(over), strict=True):
        place = earlier["order"]["destination"] | {"postcode": None, "latitude": None, "longitude": None}
        hidden = earlier["order"] | {"destination": place, "customer": None}
        assert json_of(answer) == earlier | {"order": hidden, "erased": True}


def test_the_order_stands_as_it_did(over):
    before = over.orders.show("O-1")
    over.erasures.erase("O-1", note="")
    after = over.orders.show("O-1")
    assert (after.lines, [item.record for item in after.shipments]) == (
        before.lines,
        [item.record for item in before.shipments],
    )
    assert after.stored.order.destination.postcode is None
    assert not {"wait", "amend"} & {action for action, _ in after.actions}


def test_the_ledger_agrees_with_the_log(over):
    over.erasures.erase("O-1", note="")
    assert over.check().clean


def test_it_is_logged_with_its_author_and_a_second_time_changes_nothing(over, clock, redis_client, network):
    first = over.erasures.erase("O-1", note="asked for")
    assert (first.in_clear, first.amendments_in_clear) == ((), ())
    clock.now += 3_600
    again = over.erasures.erase("O-1", note="again")
    assert (first.now, again.now, again.at) == (True, False, first.at)
    logged = [entry for entry in over.entries(on_damaged=pytest.fail) if entry.kind == "erased"]
    assert [(entry.changed_order, entry.details["note"]) for entry in logged] == [("O-1", "asked for")]


@pytest.mark.parametrize("quantity", [2, 99])
def test_an_order_that_is_not_over_is_refused_and_says_why(shop, redis_client, network, quantity):
    shop.decide(placed(("A", quantity)), wait=True)
    with pytest.raises(OrderNotOver, match="89 waiting" if quantity == 99 else "2 held"):
        shop.erasures.erase("O-1", note="")
    assert json_of(decisions_of(shop)[0])["order"]["customer"] == "zaphod"


def test_one_that_a_person_has_to_approve_is_not_over_though_nothing_of_it_is_held(bare):
    card = product("CARD", weight=0, counted=False)
    bare.load(inventory([node("lyon", LYON)], {"CARD": {}}, products=[card]))
    activate(bare, "then: {approve: true}")
    bare.decide(placed(("CARD", 1)))
    with pytest.raises(OrderNotOver, match="a person has to approve"):
        bare.erasures.erase("O-1", note="")
    bare.orders.approve("O-1", who="a person", note="")
    assert bare.erasures.erase("O-1", note="").now


def test_the_quote_that_it_took_up_goes_with_it(shop, redis_client, key):
    cart = placed(placed_at=None, postcode="69MARK")
    quote = shop.quotes.make(QuoteRequest(cart=cart, deliveries=["standard"]))
    shop.quote_take_up.take(TakeRequest(quote=quote.id, promise=1, order_id="O-1"), caller="")
    confirm_all(shop)
    assert redis_client.exists(key(f"quote:{quote.id}"))
    shop.erasures.erase("O-1", note="")
    assert not redis_client.exists(key(f"quote:{quote.id}"))


def test_an_amendment_that_was_logged_in_clear_is_what_the_ledger_should_have(bare, clock, redis_client, network):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 6}}))
    activate(bare)
    with Pointsman(replace(bare.settings, personal=()), clock=clock) as shop:
        shop.decide(placed())
        shop.amendments.amend(AmendRequest(order=moved(("A", 3))))
    confirm_all(bare)
    erased = bare.erasures.erase("O-1", note="")
    (amended,) = [entry.id for entry in bare.entries(on_damaged=pytest.fail) if entry.kind == "amended"]
    assert (len(erased.in_clear), erased.amendments_in_clear) == (2, (amended,))
    assert bare.erasures.erase("O-1", note="").amendments_in_clear == (amended,)
    assert {name for _, name in said(redis_client, network)} == {"log"}
    assert bare.check().clean


def test_a_hold_that_has_expired_is_ended_first(shop, clock):
    shop.decide(placed())
    clock.now += 30 * 24 * 3_600
    assert shop.erasures.erase("O-1", note="").now
    assert shop.check().clean


def test_nothing_of_it_is_decided_again(over):
    over.erasures.erase("O-1", note="")
    with pytest.raises(OrderErased):
        over.amendments.amend(AmendRequest(order=moved(("A", 4))))
    with pytest.raises(OrderErased, match="new order needs an id of its own"):
        over.decide(moved(("A", 3)))
    with pytest.raises(OrderErased):
        over.decide(placed(), key=KEY)


def test_unfilled_units_of_it_do_not_begin_to_wait(shop):
    shop.decide(placed(("A", 99)))
    confirm_all(shop)
    shop.erasures.erase("O-1", note="")
    with pytest.raises(OrderErased):
        shop.orders.wait("O-1")


def test_a_change_between_reading_and_erasing_is_noticed(over, client, keys, clock):
    order_read = over.orders.show("O-1").stored
    over.amendments.amend(AmendRequest(order=moved(("A", 5))))
    erasure = StoredErasure(client, keys, ("address",))
    assert erasure.erase(order_read, note="", now=clock.now) is None
    order_read = over.orders.show("O-1").stored
    assert erasure.erase(order_read, note="", now=clock.now) is None, "units are held"
    confirm_all(over)
    order_read = over.orders.show("O-1").stored
    over.amendments.amend(AmendRequest(order=moved(("A", 5), segment="loyal")))
    assert erasure.erase(order_read, note="", now=clock.now) is None, "a call changed it"
    assert not over.orders.show("O-1").is_erased


def test_entries_of_an_earlier_release_are_named(over, redis_client, network, key):
    entries = redis_client.xrange(key("log"))
    redis_client.delete(key("log"))
    for place, fields in entries:
        if fields[b"kind"] == b"decided":
            entry = stored_entry(redis_client, network, place, fields)
            fields[b"body"] = zlib.compress(entry.body + b"\n" + entry.logged_facts)
        redis_client.xadd(key("log"), fields, id=place)
    redis_client.hdel(key("orders:keys"), over.orders.show("O-1").stored.first.id)
    erased = over.erasures.erase("O-1", note="")
    assert len(erased.in_clear) == erased.decisions == 2
    assert json_of(decisions_of(over)[0])["order"]["customer"] == "zaphod"


def test_an_order_of_an_earlier_release_gets_a_key_when_it_is_amended(shop, redis_client, network, key):
    shop.decide(placed())
    ((place, fields),) = [entry for entry in redis_client.xrange(key("log")) if entry[1][b"kind"] == b"decided"]
    entry = stored_entry(redis_client, network, place, fields)
    redis_client.delete(key("log"), key("orders:keys"))
    redis_client.xadd(key("log"), fields | {b"body": zlib.compress(entry.body + b"\n" + entry.logged_facts)}, id=place)
    shop.amendments.amend(AmendRequest(order=moved(("A", 3))))
    assert redis_client.hlen(key("orders:keys")) == 1
    assert json_of(decisions_of(shop)[-1])["order"]["customer"] == "zaphod"
    confirm_all(shop)
    assert len(shop.erasures.erase("O-1", note="").in_clear) == 1
    assert json_of(decisions_of(shop)[-1])["erased"]


@pytest.mark.parametrize("stored", [None, b"no key", base64.b64encode(bytes(32))])
def test_a_key_that_is_lost_or_another_is_said_and_not_taken_for_an_erasure(shop, redis_client, key, stored):
    made = shop.decide(placed())
    redis_client.delete(key("orders:keys"))
    if stored is not None:
        redis_client.hset(key("orders:keys"), made.id, stored)
    with pytest.raises(DecisionUnreadable, match="key"):
        shop.decision(made.id)
    damaged = []
    assert [entry for entry in shop.entries(on_damaged=damaged.append) if entry.kind == "decided"] == []
    assert len(damaged) == 1
    with pytest.raises(DecisionUnreadable, match="key"):
        shop.amendments.amend(AmendRequest(order=moved(("A", 3))))


def test_the_key_is_not_in_the_embedded_servers_file_any_more(tmp_path, clock):
    with Pointsman(Settings(data=tmp_path, network="n", backlog="manual"), clock=clock) as shop:
        shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 6}}))
        activate(shop)
        first = json_of(shop.decide(placed()))["id"]
        secret = shop._client.redis.hget(shop._keys.order_keys, first)
        confirm_all(shop)
        shop.erasures.erase("O-1", note="")

        def is_gone():
            with contextlib.suppress(FileNotFoundError):  # the server puts others in their place meanwhile
                return not any(secret in path.read_bytes() for path in (tmp_path / "appendonlydir").iterdir())

        wait_until(is_gone, "the file is written anew")


def test_without_personal_fields_nothing_is_encrypted(bare, clock, redis_client, key):
    settings = replace(bare.settings, personal=())
    with Pointsman(settings, clock=clock) as shop:
        shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 6}}))
        activate(shop)
        shop.decide(placed())
        shop.amendments.amend(AmendRequest(order=moved(("A", 3))))
        assert not redis_client.exists(key("orders:keys"))
        assert json_of(decisions_of(shop)[-1])["order"]["customer"] == "zaphod"
        assert shop.check().clean
