"""Shopify's order routing is answered in the contract of its function: ranks of the locations of each group."""

import json
import shutil

import pytest

from tests.support.problem_json import problem_of
from tests.support.shipped_connectors import FOLDER

NAME = "shopify-location-ranking"
INPUT = json.loads((FOLDER / NAME / "input.json").read_text())


@pytest.fixture
def ask(http, tmp_path, monkeypatch):
    (tmp_path / "connectors").mkdir()
    shutil.copy(FOLDER / f"{NAME}.yaml", tmp_path / "connectors")
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(tmp_path / "connectors"))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    return lambda value: http.post(f"/v1/connectors/{NAME}", json=value)


def test_the_locations_of_each_group_are_ranked_and_nothing_is_held(ask, contents):
    before = contents()
    response = ask(INPUT)
    assert response.status_code == 200
    assert response.get_json() == {
        "operations": [
            {
                "fulfillmentGroupLocationRankingAdd": {
                    "fulfillmentGroupHandle": "1",
                    "rankings": [
                        {"locationHandle": "346779380", "rank": 0},  # as Lyon's handling costs 0.80
                        {"locationHandle": "24826418", "rank": 1},
                        {"locationHandle": "7", "rank": 2},
                    ],
                }
            },
            {
                "fulfillmentGroupLocationRankingAdd": {
                    "fulfillmentGroupHandle": "2",
                    "rankings": [
                        {"locationHandle": "346779380", "rank": 0},
                        {"locationHandle": "5000001", "rank": 0},
                    ],
                }
            },
        ]
    }
    assert contents() == before


def test_a_location_without_the_stock_is_behind_the_others(ask, pointsman):
    group = json.loads(json.dumps(INPUT["fulfillmentGroups"][0]))
    group["lines"][0]["quantity"] = 11
    group["lines"][0]["merchandise"]["sku"] = "COAT"  # Paris has some, Lyon has none
    (operation,) = ask({"fulfillmentGroups": [group]}).get_json()["operations"]
    rankings = operation["fulfillmentGroupLocationRankingAdd"]["rankings"]
    assert [item["locationHandle"] for item in rankings] == ["346779380", "24826418", "7"]


def test_a_cart_of_which_nothing_is_shipped_has_no_ranks(ask):
    response = ask({"fulfillmentGroups": INPUT["fulfillmentGroups"][2:]})
    assert (response.status_code, response.get_json()) == (200, {})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda group: group["deliveryGroup"].clear(), "deliveryGroup.deliveryAddress.countryCode"),
        (lambda group: group["lines"][0]["merchandise"].update(sku="NO-SUCH"), "lines.0.sku"),
        (lambda group: group["lines"][0].update(quantity=0), "lines.0.quantity"),
    ],
)
def test_a_question_with_a_mistake_is_told_what_and_where(ask, change, field):
    group = json.loads(json.dumps(INPUT["fulfillmentGroups"][0]))
    change(group)
    response = ask({"fulfillmentGroups": [group]})
    problem = problem_of(response, 422)
    assert field in [error["field"] for error in problem["errors"]]


def test_who_asks_needs_a_key(ask, http):
    problem_of(http.application.test_client().post(f"/v1/connectors/{NAME}", json=INPUT), 401)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the file is empty"),
        (json.dumps(INPUT).encode()[:200], "cut short"),
        (json.dumps(INPUT).encode()[:-1] + b'"\xe9"}', "utf-8"),
        (b'{"errors": []}', "no list of rows"),
    ],
)
def test_what_is_no_question_is_answered_so_and_kept_nowhere(http, ask, tmp_path, body, message):
    problem = problem_of(http.post(f"/v1/connectors/{NAME}", data=body), 422)
    assert message in problem["errors"][0]["message"]
    assert not (tmp_path / "files").exists()
