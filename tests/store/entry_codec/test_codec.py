"""A body comes back from its stored form as it was, whatever is in it; what was altered is damaged."""

import hashlib
import string
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from engine.decide.order_record import DestinationRecord, OrderLineRecord, OrderRecord
from engine.store.entry_codec import codec
from engine.store.entry_codec.codec import StoredBody, encode, encode_beside, encode_decision
from engine.store.entry_codec.errors import BodyDamaged, DictionaryMissing
from engine.store.entry_codec.order_key import OrderKey
from engine.store.entry_codec.personal_values import PERSONAL_FIELDS

NAUGHTY = [
    "",
    '"',
    '\\"',
    '"postcode":"1"',
    "\x01",
    "\x1e\x1f",
    "\n",
    "null",
    "é",
    "\u2028",
    "'; DROP TABLE",
    "🛒",
    "[]",
]
TEXTS = st.one_of(st.sampled_from(NAUGHTY), st.text(max_size=12))
NUMBERS = st.one_of(st.none(), st.integers(-90, 90).map(float), st.floats(-180, 180).map(lambda value: round(value, 6)))
ENCODER = msgspec.json.Encoder(order="sorted")

DESTINATIONS = st.builds(
    DestinationRecord,
    country=st.one_of(st.none(), TEXTS),
    postcode=st.one_of(st.none(), TEXTS),
    region=st.one_of(st.none(), TEXTS),
    latitude=NUMBERS,
    longitude=NUMBERS,
)
LINES = st.builds(
    OrderLineRecord,
    id=TEXTS,
    sku=TEXTS,
    quantity=st.integers(1, 99),
    unit_price_micros=st.one_of(st.none(), st.just(1)),
)
ORDERS = st.builds(
    OrderRecord,
    id=TEXTS,
    channel=TEXTS,
    delivery=TEXTS,
    placed_at=TEXTS,
    promise_by=st.one_of(st.none(), TEXTS),
    destination=DESTINATIONS,
    collect_at=st.one_of(st.none(), TEXTS),
    segment=st.one_of(st.none(), TEXTS),
    tags=st.lists(TEXTS, max_size=3),
    lines=st.lists(LINES, max_size=3),
    customer=st.one_of(st.just(UNSET), TEXTS),
)
CHANGES = st.one_of(
    st.builds(lambda quoted, now: {"field": "destination", "quoted": quoted, "now": now}, DESTINATIONS, DESTINATIONS),
    st.just({"field": "cost_micros", "quoted": 1, "now": 2}),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), TEXTS, NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
KEYS = st.builds(OrderKey, st.sampled_from(["d1", "another", "é" * 20]), st.binary(min_size=32, max_size=32))
FIELDS = st.sets(st.sampled_from(PERSONAL_FIELDS))


@st.composite
def bodies(draw):
    """A record with an order, and names that say what is personal at other places, too."""
    others = draw(st.dictionaries(st.one_of(TEXTS, st.sampled_from(["latitude", "postcode", "stock"])), ANYTHING))
    body = others | {"id": "d1", "order": draw(ORDERS)}
    if draw(st.booleans()):
        body["placed"] = {"by": "postcode", "country": "FR", "latitude": 45.0, "longitude": draw(NUMBERS)}
    if draw(st.booleans()):
        body["quote"] = {"changed": draw(st.lists(CHANGES, max_size=1))}
    return ENCODER.encode(body)


@settings(max_examples=40, deadline=None)
@given(body=bodies(), facts=st.one_of(st.none(), ANYTHING), key=KEYS, fields=FIELDS)
def test_a_body_and_its_facts_come_back_to_the_byte(body, facts, key, fields):
    facts = b"" if facts is None else ENCODER.encode(facts)
    stored, _ = encode_decision(body, facts, decision="d1", key=key, personal=fields)
    read = StoredBody.parse(stored).decode("d1", key.secret)
    assert (read.body, read.facts, read.hidden) == (body, facts, False)


@settings(max_examples=40, deadline=None)
@given(body=bodies(), key=KEYS)
def test_so_does_the_body_of_an_amendment(body, key):
    text, personal = encode_beside(body, key, PERSONAL_FIELDS)
    assert StoredBody.beside(text, personal).decode(key.name, key.secret if personal else None).body == body


@settings(max_examples=40, deadline=None)
@given(body=bodies(), key=KEYS, fields=FIELDS)
@example(
    body=b'{"order":{"destination":{"latitude":4,"longitude":44.5,"postcode":"x"}},"placed":{"latitude":44.5,"longitude":4}}',
    key=OrderKey("d1", bytes(32)),
    fields={"address"},
)
def test_without_the_key_it_is_the_same_but_for_the_values_of_those_fields(body, key, fields):
    stored, has_personal = encode_decision(body, b"", decision="d1", key=key, personal=fields)
    read = StoredBody.parse(stored).decode("d1")
    assert read.hidden == has_personal
    before, after = msgspec.json.decode(body)["order"], msgspec.json.decode(read.body)["order"]
    for field in ("latitude", "longitude", "postcode"):
        hidden = None if "address" in fields else before["destination"].get(field)
        assert after["destination"].pop(field, None) == hidden
        before["destination"].pop(field, None)
    assert after.pop("tags", None) == ([] if "tags" in fields and before.get("tags") else before.get("tags"))
    assert after.pop("customer", None) == (None if "customer" in fields else before.get("customer"))
    for name in ("tags", "customer"):
        before.pop(name, None)
    assert after == before


@settings(max_examples=40, deadline=None)
@given(body=bodies(), key=KEYS, fields=FIELDS)
def test_its_outline_is_the_same_but_for_personal_values_and_the_hash_of_the_facts(body, key, fields):
    facts = ENCODER.encode({"stock": msgspec.json.decode(body)["order"]["lines"]})
    named = {"facts": {"sha256": hashlib.sha256(facts).hexdigest()}}
    body = ENCODER.encode(msgspec.json.decode(body) | named)
    stored, _ = encode_decision(body, facts, decision="d1", key=key, personal=fields)
    before, after = msgspec.json.decode(body), msgspec.json.decode(StoredBody.parse(stored).outline("d1"))
    assert after["id"] == "d1"
    assert after["facts"] == {"sha256": 0}
    for order in (before["order"], after["order"]):
        for name in ("latitude", "longitude", "postcode"):
            order["destination"].pop(name, None)
        order.pop("tags", None)
        order.pop("customer", None)
    assert after["order"] == before["order"]


@pytest.mark.parametrize("stored", [encode(b'{"id":"d1"}'), zlib.compress(b'{"id":"d1"}')])
def test_a_body_in_another_form_is_its_own_outline(stored):
    assert StoredBody.parse(stored).outline("d1") == b'{"id":"d1"}'


@given(customer=st.text(string.ascii_letters, min_size=12, max_size=12), key=KEYS)
def test_what_is_stored_says_no_personal_value(customer, key):
    body = ENCODER.encode({"order": {"customer": customer, "destination": {"postcode": customer[:8]}}})
    facts = ENCODER.encode({"lookups": [{"postcode": customer[:8], "zone": "a"}]})
    stored, _ = encode_decision(body, facts, decision="d1", key=key, personal=PERSONAL_FIELDS)
    read = StoredBody.parse(stored).decode("d1")
    assert customer[:8].encode() not in read.body + read.facts
    assert read.hidden_facts


def test_facts_are_named_by_their_own_hash_though_a_value_in_them_is_hidden():
    facts = ENCODER.encode({"lookups": [{"postcode": "69003"}]})
    digest = hashlib.sha256(facts).hexdigest()
    body = ENCODER.encode({"facts": {"sha256": digest}, "order": {"destination": {"postcode": "69003"}}})
    stored, _ = encode_decision(body, facts, decision="d1", key=KEY, personal=PERSONAL_FIELDS)
    assert msgspec.json.decode(StoredBody.parse(stored).decode("d1").body)["facts"] == {"sha256": digest}
    assert StoredBody.parse(stored).decode("d1", KEY.secret) == codec.Body(body=body, facts=facts)


def test_where_an_order_was_taken_to_go_and_went_by_its_quote_is_personal():
    changed = [
        {"field": "destination", "quoted": {"postcode": "QUOTED"}, "now": {"postcode": "NOW"}},
        {"field": "cost_micros", "quoted": 1, "now": 2},
    ]
    body = ENCODER.encode(
        {
            "order": {"destination": {"country": "FR", "postcode": "69003"}},
            "placed": {"by": "postcode", "country": "FR", "latitude": 45.5, "longitude": 4.25},
            "quote": {"id": "q", "changed": changed},
        }
    )
    stored, _ = encode_decision(body, b"", decision="d1", key=KEY, personal=["address"])
    nothing = {"postcode": None}
    assert msgspec.json.decode(StoredBody.parse(stored).decode("d1").body) == {
        "order": {"destination": {"country": "FR"} | nothing},
        "placed": {"by": "postcode", "country": "FR", "latitude": None, "longitude": None},
        "quote": {"id": "q", "changed": [changed[0] | {"quoted": nothing, "now": nothing}, changed[1]]},
    }


def test_the_facts_are_named_by_their_hash_as_before():
    facts = b'{"stock":{}}'
    body = ENCODER.encode({"id": "d1", "facts": {"sha256": hashlib.sha256(facts).hexdigest()}})
    stored, _ = encode_decision(body, facts, decision="d1")
    assert StoredBody.parse(stored).decode("d1").body == body


KEY = OrderKey("d1", bytes(range(32)))
BODY = ENCODER.encode({"id": "d1", "order": {"customer": "c", "destination": {"postcode": "69003"}}})
STORED, _ = encode_decision(BODY, b"{}", decision="d1", key=KEY, personal=PERSONAL_FIELDS)


def test_an_altered_bit_is_found():
    for bit in range(8 * len(STORED)):
        altered = bytearray(STORED)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            parts = StoredBody.parse(bytes(altered))
            read = parts.decode("d1", KEY.secret)
        except BodyDamaged:
            continue
        # but for what the reader finds no JSON, or looks the key up by
        is_same = (read.body, read.facts) == (BODY, b"{}")
        assert (is_same and parts.key_name) or b"\x1e" in read.body


def test_bytes_that_were_cut_off_are_damaged():
    for length in range(len(STORED)):
        with pytest.raises(BodyDamaged):
            StoredBody.parse(STORED[:length]).decode("d1", KEY.secret)


@given(stored=st.binary(max_size=60))
def test_any_other_bytes_are_damaged(stored):
    with pytest.raises(BodyDamaged):
        StoredBody.parse(stored).decode("d1", KEY.secret)


def test_another_orders_key_reads_nothing():
    with pytest.raises(BodyDamaged, match="key"):
        StoredBody.parse(STORED).decode("d1", bytes(32))


def test_a_personal_part_of_another_entry_is_refused():
    other, _ = encode_decision(BODY.replace(b"d1", b"d2"), b"{}", decision="d2", key=KEY, personal=PERSONAL_FIELDS)
    with pytest.raises(BodyDamaged):
        StoredBody.parse(other).decode("d1", KEY.secret)


def test_a_dictionary_of_a_newer_release_is_said_to_be_missing():
    newer = STORED[:1] + bytes((250,)) + STORED[2:]
    with pytest.raises(DictionaryMissing, match="dictionary 250"):
        StoredBody.parse(newer).decode("d1", KEY.secret)


def test_what_earlier_releases_stored_is_read():
    earlier = zlib.compress(BODY + b"\n{}", 1)
    read = StoredBody.parse(earlier).decode("d1")
    assert (read.body, read.facts, read.hidden) == (BODY, b"{}", False)


def test_what_claims_to_be_huge_is_damaged_before_anything_is_unpacked():
    # a frame without a checksum whose header says 2^40 bytes, in eight bytes
    frame = bytes((0b1100_0000, 0)) + (1 << 40).to_bytes(8, "little") + b"\x00" * 10
    with pytest.raises(BodyDamaged):
        StoredBody.parse(b"\x02\x01\0\0\0\0" + frame).decode("d1")


def test_a_body_with_line_ends_is_refused():
    with pytest.raises(ValueError, match="line end"):
        encode(b"{}\n{}")


RECORDED = (
    "01010000002900941b3b1f8a5f308f56ad5c1cf13711b17886ed989b8deee6b4f90856ac896ef76c398124fe43c176ea243f"
    "ed0000407b017d7d7d0a7b7d06fc897e34ebb77abe03b5aede4e37d0a426c1055d5b9b34"
)
"""What the first release with a dictionary stored of BODY."""


def test_the_dictionaries_of_releases_stay_as_they_are():
    files = Path(codec.__file__).parent.glob("dictionary-*.zdict")
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert digests == {
        "dictionary-1.zdict": "3778b3ac2d2a95b8e2530e9a4152b39f7bb88077f180e8a404108be26ad84fc6",
    }


def test_a_body_that_dictionary_1_compressed_is_read():
    read = StoredBody.parse(bytes.fromhex(RECORDED)).decode("d1", KEY.secret)
    assert (read.body, read.facts) == (BODY, b"{}")
