"""Strings that have broken other software: kept as they are where they may stand, refused where they may not.

The Big List of Naughty Strings is read where it lies beside this repository; without it there are some of our own.
"""

import json
import unicodedata
from pathlib import Path

import pytest

from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

pytestmark = pytest.mark.slow

BLNS = Path(__file__).parents[3] / "shared" / "data" / "blns" / "blns.json"
OWN_NAUGHTY = [
    "'; DROP TABLE holds;--",
    "{other}:held:SHIRT",
    "*",
    "a\r\nSET x 1",
    "\0",
    "\\u0000",
    "x" * 200,
    "🧥\u202e",
    " ",
]


def naughty_strings() -> list[str]:
    strings = json.loads(BLNS.read_text(encoding="utf-8")) if BLNS.exists() else []
    return [text for text in strings if 1 <= len(text) <= 200] + OWN_NAUGHTY


def is_readable(text: str) -> bool:
    return not text.isspace() and all(unicodedata.category(letter) != "Cc" for letter in text)


def test_naughty_strings_are_kept_as_they_are_and_break_nothing(http):
    for naughty in dict.fromkeys(filter(is_readable, naughty_strings())):
        body = order_json(("SHIRT", 1), id=naughty, segment=naughty, tags=[naughty])
        body["lines"][0]["id"] = naughty
        response = http.post("/v1/decisions", json=body)
        assert response.status_code == 201, naughty
        order = response.get_json()["order"]
        assert {order["id"], order["segment"], *order["tags"]} == {naughty}
        assert order["lines"][0]["id"] == naughty
        assert http.get(response.headers["Location"]).data == response.data


def test_naughty_skus_and_nodes_are_unknown_and_change_nothing(http, contents):
    before = contents()
    for naughty in naughty_strings():
        collected = order_json(delivery="click_and_collect", destination=None, collect_at=naughty)
        problem_of(http.post("/v1/decisions", json=order_json((naughty, 1))), 422)
        problem_of(http.post("/v1/decisions", json=collected), 422)
        problem_of(http.post("/v1/decisions", json=order_json(channel=naughty)), 422)
        response = http.get("/v1/availability", query_string={"sku": naughty, "channel": "web"})
        problem_of(response, 404 if is_readable(naughty) else 422)
    assert contents() == before
