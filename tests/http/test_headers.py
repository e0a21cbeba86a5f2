"""What headers say of people and systems, whose names have accents. A server hands their bytes on as Latin-1."""

import pytest

from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


def as_handed_on(text, *, written="utf-8"):
    return text.encode(written).decode("latin-1")


def deciding(http, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post("/v1/decisions", json=order_json(("RARE", 1)), headers=sent)


@pytest.mark.parametrize("written", ["utf-8", "latin-1"])
@pytest.mark.parametrize("name", ["Élodie", "boutique-été", "ÀÉÎÕÜ ÿ"])
def test_a_name_with_accents_is_the_same_in_either_way_to_write_it(http, name, written):
    made = deciding(http, X_Pointsman_Client=as_handed_on(name, written=written)).get_json()
    held = http.get("/v1/holds").get_json()["holds"]
    assert [(hold["decision"], hold["client"]) for hold in held] == [(made["id"], name)]


def test_names_are_utf_8_in_any_letters(http):
    deciding(http, X_Pointsman_Client=as_handed_on("日本橋 ☂"))
    assert http.get("/v1/holds").get_json()["holds"][0]["client"] == "日本橋 ☂"


def test_who_does_it_is_read_before_it_is_judged(http, pointsman):
    version = pointsman.versions.timeline().active
    headers = {"X-Pointsman-User": as_handed_on("Élodie")}
    assert http.post(f"/v1/policies/{version}/activate", json={}, headers=headers).status_code == 200
    assert list(pointsman.versions.history())[-1].who == "Élodie"


def test_what_can_t_be_shown_is_refused_once_it_is_read(http):
    problem_of(deciding(http, X_Pointsman_Client=as_handed_on("a\x85b")), 422)
    problem_of(deciding(http, X_Pointsman_Client=as_handed_on("é" * 201)), 422)
    assert deciding(http, X_Pointsman_Client=as_handed_on("é" * 200)).status_code == 201


def test_a_key_with_accents_names_one_request(http):
    key = as_handed_on("commande-été-" + "é" * 187)
    order = order_json(("RARE", 1))
    first, again = (http.post("/v1/decisions", json=order, headers={"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.data == again.data
    problem_of(deciding(http, Idempotency_Key=key + as_handed_on("é")), 422)
