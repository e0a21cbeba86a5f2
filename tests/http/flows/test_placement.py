"""Where a unit would go if it came back, over HTTP."""

import pytest

from api.records.flows.placements import PlacementsRecord
from engine.model.transfer_lanes import NodeNames, TransferLane
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, product
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

RULES = [
    "when: {return.grade: worn}, then: {disposition: restock, as_sku: A-OUT}",
    "when: {return.reason: defective}, then: {disposition: return_to_supplier}",
    "when: {node.id: paris, return.node: {known: true}}, then: {exclude: true}",
]


@pytest.fixture
def pointsman(bare):
    """Lyon has plenty of A, Lille and Paris have none and sell one a day; the outlet article sells in Paris alone."""
    nodes = [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)]
    names = NodeNames(nodes=frozenset({"lyon", "lille", "paris"}))
    cloth = product("CLOTH", unit="m", decimals=2, margin=10 * EURO)
    bare.load(
        inventory(
            nodes,
            {
                "A": {"lyon": 60, "lille": 0, "paris": 0},
                "A-OUT": {"lyon": 0, "lille": 0},
                "CLOTH": {"lyon": 90_000, "lille": 0},
                "GIFT": {},
            },
            products=[
                product("A", margin=10 * EURO),
                product("A-OUT", margin=4 * EURO),
                cloth,
                product("GIFT", counted=False),
            ],
            paces={
                "A": dict.fromkeys(("lyon", "lille", "paris"), 1_000),
                "A-OUT": {"lille": 1_000},
                "CLOTH": {"lyon": 100_000, "lille": 100_000},
            },
            decimals={"CLOTH": 2},
            transfer_lanes=(TransferLane(origin=names, goal=names, takes=60, per_unit=EURO),),
        )
    )
    activate(bare, *RULES)
    return bare


def placed(http, query="", **body):
    answer = http.post(f"/v1/returns/placement{query}", json={"sku": "A", "node": "lyon", "grade": "as_new", **body})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_the_answer_says_where_why_and_what_other_places_would_have_gained(http):
    answer = placed(http)
    (unit,) = answer["units"]
    assert (answer["sku"], answer["node"], answer["language"]) == ("A", "lyon", "en")
    assert (unit["disposition"], unit["why"], unit["node"], unit["because"]) == (
        "restock",
        "by_grade",
        "lille",
        "gains_more",
    )
    assert unit["gain_micros"] == 8_999_990
    assert [(place["node"], place.get("refused")) for place in unit["places"]] == [
        ("lille", None),
        ("lyon", None),
        ("paris", "excluded"),
    ]
    assert unit["places"][0]["chance_ppm"] == 999_999
    assert unit["explanation"][1].startswith("It goes from lyon to lille.")


def test_it_is_answered_in_the_language_asked_for(http):
    assert placed(http, "?lang=fr")["units"][0]["explanation"][1].startswith("Elle va de lyon à lille.")
    asked = http.post(
        "/v1/returns/placement", json={"sku": "A", "node": "lyon"}, headers={"Accept-Language": "fr, en;q=0.5"}
    )
    assert (asked.headers["Content-Language"], asked.get_json()["language"]) == ("fr", "fr")


def test_several_units_are_placed_one_after_another(http):
    units = placed(http, quantity=40)["units"]
    nodes = [unit["node"] for unit in units]
    assert len(nodes) == 40
    assert nodes.index("lyon") > 10  # until Lille has enough
    assert set(nodes[nodes.index("lyon") :]) == {"lyon"}
    assert units[3]["places"][0]["there"] == 3


def test_a_rule_may_make_another_article_of_it_or_send_it_back(http):
    (unit,) = placed(http, grade="worn")["units"]
    assert (unit["disposition"], unit["as_sku"], unit["node"], unit["rules"]) == (
        "restock",
        "A-OUT",
        "lille",
        ["test/r1"],
    )
    (unit,) = placed(http, reason="defective")["units"]
    assert (unit["disposition"], unit["node"], unit["because"]) == ("return_to_supplier", "lyon", "leaves")


def test_a_length_is_placed_in_one_piece_and_answered_in_its_unit(http):
    (unit,) = placed(http, sku="CLOTH", quantity="2.50")["units"]
    assert (unit["quantity"], unit["node"], unit["places"][1]["there"]) == (2.5, "lille", 900)


def test_nothing_changes(http):
    before = [http.get(path).get_json() for path in ("/v1/stock/A", "/v1/returns", "/v1/log")]
    placed(http, quantity=3)
    assert [http.get(path).get_json() for path in ("/v1/stock/A", "/v1/returns", "/v1/log")] == before


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"sku": "B"}, "sku", "no product goes by the SKU 'B'"),
        ({"sku": "GIFT"}, "sku", "'GIFT' is not counted, so nothing of it comes back"),
        ({"node": "lyonn"}, "node", "no node goes by the id 'lyonn'; did you mean 'lyon'?"),
        ({"grade": "as_newer"}, "grade", "the network has no grade 'as_newer'; did you mean 'as_new'?"),
        (
            {"reason": "boredom"},
            "reason",
            "the network has no reason of returns 'boredom'; it has changed_mind, damaged, ",
        ),
        ({"quantity": 51}, "quantity", "at most 50 units are placed at a time"),
        ({"quantity": 0}, "quantity", ""),
        ({"days_since_delivery": -1}, "days_since_delivery", ""),
        ({"since": 3}, "since", ""),
    ],
)
def test_what_the_network_does_not_have_is_said(http, body, field, message):
    answer = http.post("/v1/returns/placement", json={"sku": "A", "node": "lyon", **body})
    problem = problem_of(answer, 422)
    (error,) = problem["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


def test_the_answer_is_as_described(http):
    answer = http.post("/v1/returns/placement", json={"sku": "A", "node": "lyon", "grade": "worn"})
    assert mistakes_in(http, PlacementsRecord, answer.get_json()) == []


@pytest.mark.parametrize("role", ["oms", "merchandiser", "auditor", "admin"])
def test_every_role_may_ask(pointsman, role):
    answer = client_of(pointsman, role=role).post("/v1/returns/placement", json={"sku": "A", "node": "lyon"})
    assert answer.status_code == 200
