"""What headers say in letters with accents, whose bytes a server hands on as Latin-1; and what they can't say."""

import pytest

from tests.support.callers import client_of
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


def as_handed_on(text):
    return text.encode().decode("latin-1")


def deciding(http, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post("/v1/decisions", json=order_json(("RARE", 1)), headers=sent)


@pytest.mark.parametrize("name", ["Élodie", "日本橋 ☂", "ÀÉÎÕÜ ÿ"])
def test_holds_are_of_whom_the_key_names_whatever_headers_say(http, pointsman, name):
    caller = client_of(pointsman, http.application, client=name, role="oms")
    made = deciding(caller, X_Pointsman_Client="somebody else").get_json()
    held = http.get("/v1/holds").get_json()["holds"]
    assert [(hold["decision"], hold["client"]) for hold in held] == [(made["id"], name)]


def test_a_key_with_accents_names_one_request(http):
    key = as_handed_on("commande-été-" + "é" * 187)
    order = order_json(("RARE", 1))
    first, again = (http.post("/v1/decisions", json=order, headers={"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    problem_of(deciding(http, Idempotency_Key=key + as_handed_on("é")), 422)
