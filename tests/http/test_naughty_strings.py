"""Strings that have broken other software: kept as they are where they may stand, refused where they may not."""

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.fuzz.naughty_strings import Sender, all_faults, served
from tests.support.naughty_strings import NO_UNICODE, is_readable, naughty_strings, naughty_words
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

pytestmark = pytest.mark.slow

SOME = (*naughty_words()[:8], *naughty_words()[8::20])


@pytest.fixture
def sender(tmp_path, network):
    """On one of the servers: what becomes of strings does not depend on it."""
    with open_server(Settings(data=tmp_path)) as server, served(server.url, network) as pointsman:
        yield Sender(pointsman)


def test_every_field_takes_or_refuses_a_naughty_string_and_garbles_none(sender):
    """Each string once, those that are more than there are fields as the id of an order; `make fuzz` sends all of them
    in each field.
    """
    assert len(sender.fields) > 300
    assert sum(field.free for field in sender.fields) > 100
    (order_id,) = (field for field in sender.fields if field.operation == "decisions_decide" and field.path == ("id",))
    strings = (NO_UNICODE, *naughty_strings())
    fields = [*sender.fields, *[order_id] * (len(strings) - len(sender.fields))]
    assert all_faults(sender, [*zip(fields, strings, strict=False)]) == []


def test_naughty_skus_and_nodes_are_unknown_and_change_nothing(http, contents):
    before = contents()
    for naughty in SOME:
        collected = order_json(delivery="click_and_collect", destination=None, collect_at=naughty)
        problem_of(http.post("/v1/decisions", json=order_json((naughty, 1))), 422)
        problem_of(http.post("/v1/decisions", json=collected), 422)
        problem_of(http.post("/v1/decisions", json=order_json(channel=naughty)), 422)
        response = http.get("/v1/availability", query_string={"sku": naughty, "channel": "web"})
        problem_of(response, 404 if is_readable(naughty) else 422)
    assert contents() == before
