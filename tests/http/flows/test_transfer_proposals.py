"""Transfers are proposed over HTTP on the stock that there is, stored if that is asked for, and not proposed twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import Contended
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.model.transfers import MOST_LINES, TransferLine
from engine.transfers.proposals import ProposalRequest
from engine.transfers.record import ProposalRecord
from engine.transfers.saving import save
from engine.transfers.transfers import NewTransfer
from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, order, product
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

LANE = TransferLane(
    origin=NodeNames(nodes=frozenset({"lyon"})),
    goal=NodeNames(nodes=frozenset({"paris", "lille"})),
    takes=24 * 60,
    per_unit=EURO // 10,
)
NODES = [node("lyon", LYON), node("paris", PARIS), node("lille", LILLE)]


@pytest.fixture
def shop(http, pointsman):
    """Of SHIRT 50 are in Lyon and few elsewhere; of LAMP nobody knows the margin."""
    facts = inventory(
        NODES,
        {"SHIRT": {"lyon": 50, "paris": 0, "lille": 2}, "LAMP": {"lyon": 9, "paris": 0}},
        products=[product("SHIRT", category="tops", margin=10 * EURO), product("LAMP")],
        paces={"SHIRT": {"lyon": 100, "paris": 400, "lille": 200}, "LAMP": {"lyon": 0, "paris": 900}},
        transfer_lanes=(LANE,),
    )
    pointsman.load(facts)
    return http


def proposed(shop, body=None, query=""):
    response = shop.post(f"/v1/transfers/propose{query}", json=body or {})
    assert response.status_code == 200, response.data
    assert mistakes_in(shop, ProposalRecord, response.get_json()) == []
    return response.get_json()


def units(proposal):
    return {(item["from"], item["to"]): item["lines"][0]["units"] for item in proposal["transfers"]}


def test_what_is_worth_moving_is_proposed_with_what_it_gains_and_why(shop):
    proposal = proposed(shop)
    assert units(proposal).keys() == {("lyon", "paris"), ("lyon", "lille")}
    assert (proposal["days"], proposal["currency"], proposal["gap_micros"]) == (14, "EUR", 0)
    assert (proposal["articles"], proposal["without_margin"]) == (1, ["LAMP"])
    assert proposal["gain_micros"] == sum(item["gain_micros"] for item in proposal["transfers"]) > 0
    line = proposal["transfers"][0]["lines"][0]
    assert line["en"].startswith("lille would have 2 and is expected to be asked for 2.8 over 14 days: with ")
    assert line["destination"]["more"] == line["units"] == -line["origin"]["more"]


def test_nothing_is_stored_unless_that_is_asked_for(shop, contents):
    before = contents()
    proposed(shop)
    assert contents() == before


def test_what_was_stored_is_not_proposed_a_second_time(shop, pointsman):
    first = proposed(shop, query="?save=true")
    stored = {transfer.id: transfer for transfer in pointsman.flows.transfers.open_transfers()}
    assert {item["id"] for item in first["transfers"]} == stored.keys()
    for item in first["transfers"]:
        transfer, line = stored[item["id"]], item["lines"][0]
        assert (transfer.status, transfer.origin, transfer.goal) == ("proposed", item["from"], item["to"])
        assert [(kept.units, kept.gain, kept.why) for kept in transfer.lines] == [
            (line["units"], line["gain_micros"], line["en"])
        ]
    assert proposed(shop)["transfers"] == []


def test_more_lines_than_a_transfer_may_have_are_stored_as_several(shop, pointsman):
    skus = [f"S{number}" for number in range(MOST_LINES + 1)]
    facts = inventory(
        NODES,
        {sku: {"lyon": 9, "paris": 0} for sku in skus},
        products=[product(sku, margin=10 * EURO) for sku in skus],
        paces={sku: {"lyon": 0, "paris": 400} for sku in skus},
        transfer_lanes=(LANE,),
    )
    pointsman.load(facts)
    (whole,) = proposed(shop)["transfers"]
    saved = proposed(shop, query="?save=true")
    assert [len(item["lines"]) for item in saved["transfers"]] == [MOST_LINES, 1]
    assert [line for item in saved["transfers"] for line in item["lines"]] == whole["lines"]
    stored = {item.id: len(item.lines) for item in pointsman.flows.transfers.open_transfers()}
    assert stored == {item["id"]: len(item["lines"]) for item in saved["transfers"]}
    assert proposed(shop)["transfers"] == []


def test_of_two_who_store_the_same_proposal_one_does(shop, pointsman):
    transfers, proposals = pointsman.flows.transfers, pointsman.flows.transfer_proposals
    one, other = (proposals.propose(ProposalRequest()) for _ in range(2))
    assert one.transfers == other.transfers
    assert all(item.id for item in save(transfers, one))
    for item in save(transfers, other):
        assert item == (None, "other transfers were made since these were proposed; propose again")
    assert len(transfers.open_transfers()) == len(one.transfers) == 2
    assert proposed(shop, query="?save=true")["transfers"] == []


def test_of_two_who_store_proposals_at_once_no_unit_is_moved_twice(shop, pointsman):
    transfers, proposals = pointsman.flows.transfers, pointsman.flows.transfer_proposals
    ready = threading.Barrier(2)

    def propose_and_save(_):
        proposal = proposals.propose(ProposalRequest())
        ready.wait(timeout=60)
        return save(transfers, proposal)

    with ThreadPoolExecutor(2) as pool:
        saved = [item for items in pool.map(propose_and_save, range(2)) for item in items]
    stored = transfers.open_transfers()
    assert sorted(item.id for item in saved if item.id is not None) == [item.id for item in stored]
    assert len({(item.origin, item.goal) for item in stored}) == len(stored) > 0


def test_what_was_made_by_hand_and_is_over_since_it_was_proposed_counts_too(shop, pointsman):
    transfers = pointsman.flows.transfers
    proposal = pointsman.flows.transfer_proposals.propose(ProposalRequest())
    lines = [TransferLine(sku="SHIRT", units=1)]
    transfers.cancel(transfers.create(NewTransfer(origin="lyon", goal="paris", lines=lines)).transfer.id)
    assert [item.id for item in save(transfers, proposal)] == [None, None]


@pytest.mark.parametrize("step", ["approve", "ship", "receive"])
def test_nor_is_it_once_it_has_left_or_arrived(shop, pointsman, step):
    names = [item["id"] for item in proposed(shop, query="?save=true")["transfers"]]
    for name in names:
        for call in ("approve", "ship", "receive")[: ("approve", "ship", "receive").index(step) + 1]:
            getattr(pointsman.flows.transfers, call)(name)
    assert proposed(shop)["transfers"] == []


def test_what_has_left_is_to_come_by_its_receipt_and_counts_once(shop, pointsman):
    names = [item["id"] for item in proposed(shop, query="?save=true")["transfers"]]
    assert {(item.origin, item.goal) for item in pointsman.flows._moving()} == {("lyon", "paris"), ("lyon", "lille")}
    for name in names:
        pointsman.flows.transfers.approve(name)
        pointsman.flows.transfers.ship(name)
    assert list(pointsman.flows._moving()) == []


def test_a_network_that_is_loaded_meanwhile_is_no_part_of_the_proposal(shop, pointsman):
    def load_another(_):
        pointsman.load(inventory([node("lyon", LYON)], {"SHIRT": {"lyon": 1}}))

    with pytest.raises(Contended, match="was loaded meanwhile"):
        pointsman.flows.transfer_proposals.propose(ProposalRequest(), begun=load_another)


def test_a_transfer_that_is_cancelled_is_proposed_again(shop, pointsman):
    first = proposed(shop, query="?save=true")
    for item in first["transfers"]:
        pointsman.flows.transfers.cancel(item["id"])
    assert units(proposed(shop)) == units(first)


def test_units_that_are_held_are_not_moved(shop, pointsman):
    activate(pointsman)
    assert units(proposed(shop))["lyon", "paris"] > 4
    decision = pointsman.decide(order(("SHIRT", 46)))
    assert decision.record.status == "filled"
    assert sum(units(proposed(shop)).values()) <= 6


def test_rules_keep_units_back_and_leave_stock_out(shop, pointsman):
    activate(pointsman, "when: {node.id: lyon}, then: {keep: 45}")
    assert sum(units(proposed(shop)).values()) == 5
    activate(pointsman, "when: {node.id: paris}, then: {transfer: false}")
    assert units(proposed(shop)).keys() == {("lyon", "lille")}
    activate(pointsman, "when: {node.id: paris}, then: {max: 3}")
    assert units(proposed(shop))["lyon", "paris"] == 3


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        ({"to": ["lille"]}, {("lyon", "lille")}),
        ({"nodes": ["paris"]}, {("lyon", "paris")}),
        ({"from": ["paris"]}, set()),
        ({"skus": ["SHIRT"], "categories": ["tops"]}, {("lyon", "paris"), ("lyon", "lille")}),
        ({"skus": ["LAMP"]}, set()),
    ],
)
def test_only_what_is_asked_for_is_proposed(shop, body, pairs):
    assert units(proposed(shop, body)).keys() == pairs


def test_over_fewer_days_fewer_units_are_worth_moving(shop):
    assert units(proposed(shop, {"days": 3}))["lyon", "paris"] < units(proposed(shop))["lyon", "paris"]


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"skus": ["SHRIT"]}, "sku", "no product goes by the SKU 'SHRIT'"),
        ({"categories": ["hats"]}, "category", "of the category 'hats'"),
        ({"from": ["lyons"]}, "from", "no node goes by the id 'lyons'"),
        ({"to": ["a"]}, "to", "no node goes by the id 'a'"),
        ({"nodes": ["b"]}, "node", "no node goes by the id 'b'"),
        ({"days": 0}, "days", "a whole number from 1 to 366"),
        ({"day": 3}, "day", "Unknown field"),
    ],
)
def test_what_there_is_not_is_refused_and_said(shop, contents, body, field, message):
    before = contents()
    problem = problem_of(shop.post("/v1/transfers/propose?save=true", json=body), 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert message.lower() in problem["errors"][0]["message"].lower()
    assert contents() == before


def test_a_network_without_lanes_says_where_they_are_written(http):
    problem = problem_of(http.post("/v1/transfers/propose", json={}), 422)
    assert "write them under transfers in network.yaml" in problem["errors"][0]["message"]
