"""Channels over HTTP: what each may take, why not more, and the feed that a web shop or a marketplace follows."""

import json

import pytest

from api.records.flows.channels import ChannelAllocationRecord, ChannelFeedLineRecord, ChannelListRecord
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, inventory, node, product
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

NODES = [node("lyon", LYON), node("lille", LILLE, type="store")]


@pytest.fixture
def shop(pointsman):
    """Fourteen of A, two and a half of which sell a day in Lyon; nobody counts gift cards."""
    stock = {"A": {"lyon": 10, "lille": 4}, "GIFT": {"lyon": 0}}
    pointsman.load(inventory(NODES, stock, products=[product("GIFT", counted=False)], paces={"A": {"lyon": 2_500}}))
    activate(
        pointsman,
        "when: {product.sku: A}, then: {keep: 1, protect: {channel: app, cover: 2 days}}",
        "when: {node.type: store}, then: {alert_below: 5, min: 6, max: 9}",
        "when: {order.channel: marketplace, node.type: store}, then: {exclude: true}",
        "when: {product.sku: A, node.id: lyon}, then: {cap: {channel: store, units: 3}}",
    )
    return pointsman


@pytest.fixture
def shown(shop, http):
    def shown(channel, *skus):
        answer = http.get(f"/v1/channels/{channel}", query_string=[("sku", sku) for sku in skus])
        assert answer.status_code == 200, answer.get_data(as_text=True)
        body = answer.get_json()
        assert mistakes_in(http, ChannelAllocationRecord, body) == []
        return body

    return shown


def lines(answer):
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in answer.get_data().splitlines()]


def test_what_a_channel_may_take_is_shown_by_place_with_the_rules_that_keep_it_from_more(shown, http):
    http.post("/v1/decisions", json=order_json(("A", 2), channel="app"))
    (article,) = shown("web", "A")["skus"]
    assert (article["sku"], article["units"]) == ("A", 5)
    lille, lyon = article["nodes"]
    assert (lyon["units"], lyon["limits"]) == (
        4,
        [
            {"because": "kept", "units": 1, "rules": ["test/r1"]},
            {"because": "protected", "units": 5, "rules": ["test/r1"], "channel": "app"},
        ],
    )
    assert (lille["units"], lille["limits"][0]) == (1, {"because": "held", "units": 2, "rules": []})
    assert lille["level"] == {"min": 6, "max": 9, "target": 6, "alert": 5, "low": True, "rules": ["test/r2"]}
    assert "level" not in lyon


def test_the_places_of_each_article_are_paged(shop, http):
    whole = http.get("/v1/channels/web?sku=A&sku=GIFT").get_json()["skus"]
    assert [item["next"] for item in whole] == [None, None]
    first = http.get("/v1/channels/web?sku=A&sku=GIFT&limit=1").get_json()["skus"]
    assert [(item["next"], item["units"]) for item in first] == [("lille", whole[0]["units"]), (None, None)]
    second = http.get("/v1/channels/web?sku=A&limit=1&after=lille").get_json()["skus"][0]
    assert (first[0]["nodes"] + second["nodes"], second["next"]) == (whole[0]["nodes"], None)
    (one,) = http.get("/v1/channels/web?sku=A&node=lyon").get_json()["skus"]
    assert [place["node"] for place in one["nodes"]] == ["lyon"]


def test_a_cap_and_a_place_without_a_way_out_are_limits_too(shown):
    lille, lyon = shown("store", "A")["skus"][0]["nodes"]
    assert (lyon["units"], lyon["limits"][-1]) == (3, {"because": "capped", "units": 3, "rules": ["test/r4"]})
    assert lille["units"] == 3
    lille = shown("marketplace", "A")["skus"][0]["nodes"][0]
    assert (lille["units"], lille["limits"][-1]) == (0, {"because": "excluded", "units": 3, "rules": ["test/r3"]})


def test_a_place_that_rests_or_is_full_takes_nothing_now(shop, shown, http):
    activate(shop, "when: {node.id: lille}, then: {daily_orders: 0}", "then: {rest_after_rejection: 2 h}")
    decided = http.post("/v1/decisions", json=order_json(("A", 1))).get_json()
    http.post(f"/v1/decisions/{decided['id']}/reject", json={"node": "lyon", "reason": "no_capacity"})
    lille, lyon = shown("web", "A")["skus"][0]["nodes"]
    assert lille["limits"] == [{"because": "full", "units": 4, "rules": []}]
    assert lyon["limits"][-1] == {"because": "resting", "units": 10, "rules": ["test/r2"]}


def test_what_ships_in_multiples_leaves_some_over(shop, shown):
    activate(shop, "then: {multiple_of: 4}")
    assert shown("web", "A")["skus"][0]["nodes"][1]["limits"] == [
        {"because": "multiple", "units": 2, "rules": ["test/r1"]}
    ]


def test_an_allotment_of_another_channel_is_a_limit_as_far_as_it_is_left(shop, shown, http):
    activate(shop, "when: {node.id: lyon}, then: {allocate: {channel: app, cover: 2 days, per: week}}")
    assert shown("web", "A")["skus"][0]["nodes"][1]["limits"] == [
        {"because": "allotted", "units": 5, "rules": ["test/r1"], "channel": "app"}
    ]


def test_an_allotment_in_days_of_cover_is_shown_with_the_stock(shop, http):
    activate(shop, "when: {node.id: lyon}, then: {allocate: {channel: app, cover: 2 days, per: week}}")
    http.post("/v1/decisions", json=order_json(("A", 7), channel="app"))
    (lyon,) = [item for item in http.get("/v1/stock/A").get_json()["nodes"] if item["node"] == "lyon"]
    (allotted,) = lyon["allotments"]
    assert (allotted["units"], allotted["taken"], allotted["left"]) == (5, 7, 0)


def test_articles_that_nobody_counts_and_that_are_not_there(shown):
    body = shown("web", "GIFT", "NO-SUCH")
    assert ([item["units"] for item in body["skus"]], body["unknown"]) == ([None], ["NO-SUCH"])


def test_articles_in_decimals_are_shown_in_them(pointsman, http):
    ribbon = product("RIBBON", unit="m", decimals=2)
    pointsman.load(inventory(NODES, {"RIBBON": {"lyon": 1_250}}, products=[ribbon], decimals={"RIBBON": 2}))
    activate(pointsman, "then: {keep: 2, min: 3}")
    assert lines(http.get("/v1/channels/web/feed"))[1] == {"sku": "RIBBON", "units": 10.5}
    (article,) = http.get("/v1/channels/web?sku=RIBBON").get_json()["skus"]
    assert (article["units"], article["published"]) == (10.5, 10.5)
    (lyon,) = article["nodes"]
    assert (lyon["on_hand"], lyon["limits"][0]["units"], lyon["level"]["min"]) == (12.5, 2.0, 3.0)


def test_the_channels_are_listed_with_their_rules_and_feeds(shop, http):
    body = http.get("/v1/channels").get_json()
    assert mistakes_in(http, ChannelListRecord, body) == []
    assert [(item["channel"], item["rules"], item["feed_step"]) for item in body["channels"]] == [
        ("app", ["test/r1"], "1"),
        ("marketplace", [], "1"),
        ("store", ["test/r4"], "1"),
    ]
    cursor = lines(http.get("/v1/channels/app/feed"))[0]["cursor"]
    (app,) = [item for item in http.get("/v1/channels").get_json()["channels"] if item["channel"] == "app"]
    assert app["feed"]["cursor"] == cursor


def test_a_feed_has_all_once_and_then_what_changed(shop, http):
    first = lines(http.get("/v1/channels/web/feed"))
    for line in first:
        assert mistakes_in(http, ChannelFeedLineRecord, line) == []
    cursor = first[0]["cursor"]
    assert first == [
        {"cursor": cursor, "all": True, "because": "no_cursor"},
        {"sku": "A", "units": 7},
        {"sku": "GIFT", "units": None},
        {"cursor": cursor, "skus": 2},
    ]
    http.post("/v1/decisions", json=order_json(("A", 1)))
    later = lines(http.get("/v1/channels/web/feed", query_string={"since": cursor}))
    assert later[1:-1] == [{"sku": "A", "units": 6}]
    assert (later[0]["all"], later[-1]["skus"]) == (False, 1)


def test_the_etag_is_the_cursor_and_answers_304_while_nothing_changed(shop, http):
    first = http.get("/v1/channels/web/feed")
    tag = first.headers["ETag"]
    assert tag == f'"{lines(first)[0]["cursor"]}"'
    again = http.get("/v1/channels/web/feed", headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    http.post("/v1/decisions", json=order_json(("A", 1)))
    assert http.get("/v1/channels/web/feed", headers={"If-None-Match": tag}).status_code == 200


def test_a_cursor_that_is_none_and_a_channel_that_is_not_listed_are_refused(pointsman, http):
    assert fields_of(problem_of(http.get("/v1/channels/web/feed?since=1"), 422)) == ["since"]
    pointsman.load(inventory(NODES, {"A": {"lyon": 1}}, channels=frozenset({"web", "store"})))
    activate(pointsman)
    for path in ("/v1/channels/wbe/feed", "/v1/channels/wbe?sku=A"):
        assert "lists no channel 'wbe'" in problem_of(http.get(path), 422)["detail"]
    assert fields_of(problem_of(http.get("/v1/channels/web?" + "&".join(f"sku={n}" for n in range(101))), 422)) == [
        "sku"
    ]
