"""Strings that have broken other software: kept as they are where they may stand, refused where they may not."""

import unicodedata

import pytest

from tests.fuzz.naughty_strings import OWN, Sender, all_faults, naughty_strings, served
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

pytestmark = pytest.mark.slow

SOME = (*OWN[:-1], *(text for text in naughty_strings()[::20] if 1 <= len(text) <= 200))


@pytest.fixture
def sender(server_url, network):
    with served(server_url, network) as pointsman:
        yield Sender(pointsman)


def test_every_field_takes_or_refuses_a_naughty_string_and_garbles_none(sender):
    """Each string once, those that are more than there are fields as the id of an order; `make fuzz` sends all of them
    in each field.
    """
    assert len(sender.fields) > 300
    (order_id,) = (field for field in sender.fields if field.operation == "decisions_decide" and field.path == ("id",))
    strings = naughty_strings()
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


def is_readable(text: str) -> bool:
    return not text.isspace() and all(unicodedata.category(letter) != "Cc" for letter in text)
