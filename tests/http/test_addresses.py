"""Each address has its own methods and says so, and an encoded slash is part of an id."""

import re
from urllib.parse import quote

import pytest

from tests.support.openapi import served_page
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

METHODS = {"DELETE", "GET", "PATCH", "POST", "PUT"}


def methods_of(http):
    """What the description says of each address, with an id in place of each parameter."""
    for path, item in served_page(http.application)["paths"].items():
        methods = {verb.upper() for verb in item if verb.upper() in METHODS}
        yield re.sub(r"{\w+}", "x", path), methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())


def test_options_says_the_methods_of_the_address_and_of_no_other(http):
    for path, methods in methods_of(http):
        answer = http.options(path)
        assert (answer.status_code, set(answer.allow)) == (200, methods), path


def test_any_other_method_is_refused_with_those_that_there_are(http, contents):
    before = contents()
    for path, methods in methods_of(http):
        for method in (METHODS | {"TRACE", "HEAD"}) - methods:
            answer = http.open(path, method=method)
            assert (answer.status_code, set(answer.allow)) == (405, methods), (method, path)
            if method != "HEAD":
                problem_of(answer, 405)
    assert contents() == before


def test_an_unknown_address_has_no_methods(http):
    assert problem_of(http.options("/v1/nothing"), 404)
    assert problem_of(http.patch("/v1/nothing/at/all"), 404)


@pytest.mark.parametrize("name", ["a/cancel", "lyon/SHIRT", "/a", "a//b", "é/ü", "a%2Fb"])
def test_an_encoded_slash_is_part_of_an_id_whatever_address_it_would_lead_to(http, name):
    assert http.post("/v1/decisions", json=order_json(id=name)).status_code == 201
    shown = http.get(f"/v1/orders/{quote(name, safe='')}")
    assert (shown.status_code, shown.get_json()["id"]) == (200, name)
    lower = quote(name, safe="").replace("%2F", "%2f")
    assert http.get(f"/v1/orders/{lower}").get_json()["id"] == name
    assert f"'{name}'" in problem_of(http.get(f"/v1/stock/{quote(name, safe='')}"), 404)["detail"]
    assert f"'{name}'" in problem_of(http.get(f"/v1/nodes/{quote(name, safe='')}"), 404)["detail"]


def test_slashes_of_an_order_may_stand_as_they_are_unless_another_address_looks_so(http):
    assert http.post("/v1/decisions", json=order_json(id="a/b")).status_code == 201
    assert http.get("/v1/orders/a/b").get_json()["id"] == "a/b"
    problem_of(http.get("/v1/orders/a/cancel"), 405)


def test_a_control_character_is_no_slash(http):
    assert http.post("/v1/decisions", json=order_json(id="a/b")).status_code == 201
    for sent in ("a%1Fb", "a%1fb%2F", "a%1Eb"):
        assert http.get(f"/v1/orders/{sent}").status_code in (404, 422), sent
