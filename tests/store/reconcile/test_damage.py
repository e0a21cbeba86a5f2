"""Whatever bytes of the ledger are damaged, the check ends with what it found, and a repair with nothing done wrong."""

import contextlib
import random
import re

import pytest

from engine.errors import PointsmanError
from tests.support.facts import order


@pytest.fixture
def damaged(pointsman, redis_client, network):
    """`damaged(name, change)`: puts what `change` makes of the items of a key in their place."""
    for number in range(3):
        pointsman.decide(order(("RARE", 2), ("LAMP", 1), id=f"o{number}"), wait=True)

    def put(name, change):
        key = f"{{{network}}}:{name}".encode()
        kind = redis_client.type(key)
        items = redis_client.hgetall(key) if kind == b"hash" else dict(redis_client.zrange(key, 0, -1, withscores=True))
        redis_client.delete(key)
        (redis_client.hset if kind == b"hash" else redis_client.zadd)(key, mapping=change(items))

    return put


def first_value(value):
    return lambda items: items | {next(iter(items)): value}


def first_name(name):
    return lambda items: {name: items[next(iter(items))], **dict(list(items.items())[1:])}


@pytest.mark.parametrize(
    "case",
    [
        ("held:RARE", first_value(b"x"), r"'lyon' of .*held:RARE that can be read"),
        ("held:RARE", first_name(b"\xff"), r"'\\\\xff' of .*held:RARE that can be read"),
        ("on_hand:SHIRT", first_value(b""), r"of .*on_hand:SHIRT that can be read"),
        ("open", first_value(b"1.5"), r"of .*open that can be read"),
        ("orders", first_name(b"\xff\xfe"), r"of .*orders that can be read"),
        ("waiting", first_name(b"\xff"), r"of .*waiting that can be read"),
        ("backlog", first_value(b"{"), r"of .*backlog that can be read"),
        ("decisions", first_name(b"\xff"), r"of .*decisions that can be read"),
        ("facts", lambda items: items | {b"body": b"{}"}, r"'body' of .*facts that can be read"),
    ],
)
def test_what_can_not_be_read_is_named_and_nothing_is_repaired(pointsman, damaged, contents, case):
    name, change, shown = case
    damaged(name, change)
    before = contents()
    audit = pointsman.check()
    assert (audit.clean, audit.compared, audit.log_damaged) == (False, False, True)
    assert len(audit.drifts) == 1
    assert re.search(shown, str(audit.drifts[0]))
    assert pointsman.repair(who="ada").repaired == ()
    assert contents() == before


def test_a_place_in_the_index_that_is_none_is_no_fault_of_the_server(pointsman, damaged):
    damaged("decisions", first_value(b"17959=0-0"))
    audit = pointsman.check()
    assert audit.compared
    assert audit.drifts


def test_any_flipped_bit_ends_in_a_report(pointsman, redis_client, network, damaged):
    chance = random.Random(4)
    keys = [key for key in sorted(redis_client.scan_iter(f"{{{network}}}:*")) if redis_client.type(key) == b"hash"]
    for _ in range(40):
        key = chance.choice(keys)
        fields = redis_client.hgetall(key)
        field = chance.choice(sorted(fields))
        old = fields[field] or b"\0"
        at, bit = chance.randrange(len(old)), chance.randrange(8)
        redis_client.hset(key, field, old[:at] + bytes([old[at] ^ 1 << bit]) + old[at + 1 :])
        with contextlib.suppress(PointsmanError):
            pointsman.check()
        redis_client.hset(key, field, fields[field])
    assert pointsman.check().clean
