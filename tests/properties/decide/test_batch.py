"""A batch's answer depends on its orders alone: not on their order in the list, nor on how the process hashes."""

import dataclasses
import hashlib
import itertools
import os
import subprocess
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given

from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order

pytestmark = pytest.mark.slow

RULES = [
    "when: {order.segment: vip}, then: {priority: 80}",
    "when: {order.tags: {has: gift}}, then: {priority: 65, ship_complete: true}",
    "when: {node.id: lyon}, then: {keep: 1}",
]
ORDERS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 4)), min_size=1, max_size=3),
        st.sampled_from([None, "vip"]),
        st.sampled_from([None, NOW + 90_000]),
        st.integers(NOW - 2, NOW),
        st.frozensets(st.sampled_from(["gift", "fragile", "large"])),
    ),
    min_size=1,
    max_size=5,
)


def warehouse():
    nodes = [node("lyon", LYON), node("lille", LILLE, daily_orders=3)]
    return inventory(nodes, {"A": {"lyon": 4, "lille": 2}, "B": {"lyon": 3, "lille": 3}})


def orders_of(drawn):
    return [
        order(*lines, id=f"W-{number}", segment=segment, promise_by=promise, placed_at=placed, tags=tags)
        for number, (lines, segment, promise, placed, tags) in enumerate(drawn)
    ]


@pytest.fixture
def numbered(server_url, network, clock, bare):
    """Numbers its decisions from 1, again for each batch."""
    bare.load(warehouse())
    activate(bare, *RULES)
    ids = [itertools.count(1)]
    with Pointsman(
        Settings(redis_url=server_url, network=network), clock=clock, new_id=lambda: f"d{next(ids[0])}"
    ) as pointsman:

        def decided(orders, client):
            for name in client.scan_iter(f"{{{network}}}:*"):
                if not name.decode().startswith((f"{{{network}}}:facts", f"{{{network}}}:policies")):
                    client.unlink(name)
            pointsman.load(warehouse())
            ids[0] = itertools.count(1)
            return [answer.body for answer in decide_batch(pointsman, orders).answers]

        yield decided


def test_the_answer_is_the_same_bytes_however_the_orders_are_listed(numbered, redis_client):
    @examples(15)
    @given(ORDERS, st.randoms(use_true_random=False))
    def check(drawn, dice):
        orders = orders_of(drawn)
        expected = numbered(orders, redis_client)
        shuffled = [
            dataclasses.replace(item, tags=frozenset(sorted(item.tags, reverse=True)))
            for item in dice.sample(orders, len(orders))
        ]
        assert numbered(shuffled, redis_client) == expected

    check()


SEEDED = """
import sys
from engine.service import Pointsman
from engine.settings import Settings
from tests.properties.decide.test_batch import print_digest_of_a_batch
print_digest_of_a_batch(Settings(redis_url=sys.argv[1], network=sys.argv[2]))
"""


def print_digest_of_a_batch(settings_of_network):
    """Print the answer to a fixed batch, on a network of its own."""
    numbers = itertools.count(1)
    with Pointsman(settings_of_network, clock=lambda: float(NOW), new_id=lambda: f"d{next(numbers)}") as pointsman:
        pointsman.load(warehouse())
        activate(pointsman, *RULES)
        drawn = [
            ([("A", 3), ("B", 2)], segment, promise, NOW, frozenset({"gift", "large", tag}))
            for segment in (None, "vip")
            for promise in (None, NOW + 90_000)
            for tag in ("fragile", "gift")
        ]
        bodies = [answer.body for answer in decide_batch(pointsman, orders_of(drawn)).answers]
        pointsman.forget()
    sys.stdout.write(hashlib.sha256(b"".join(bodies)).hexdigest())


def test_the_answer_does_not_hang_on_how_the_process_hashes(server_url, network):
    answers = {
        subprocess.run(
            [sys.executable, "-c", SEEDED, server_url, f"{network}-{seed}"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(["."])},
        ).stdout
        for seed in ("0", "4242")
    }
    assert len(answers) == 1
