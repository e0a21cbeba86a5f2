"""Stock over HTTP: counts, what is free, and the number a product page shows."""

import json
from urllib.parse import urlencode

import pytest

from api.records.stock.availability_feed import FeedLineRecord, feed_lines
from api.records.stock.positions import AvailabilityRecord, CountRecord, SkuStockRecord
from engine.decide.order_record import timestamp
from tests.conftest import activate, small
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of


def put(http, path="lyon/RARE", **body):
    return http.put(f"/v1/stock/{path}", json=body)


def test_a_count_says_what_is_there_from_then_on(http):
    answer = put(http, on_hand=7, at="2026-11-27T09:00:31Z").get_json()
    assert mistakes_in(http, CountRecord, answer) == []
    assert answer == {"node": "lyon", "sku": "RARE", "result": "set", "on_hand": 7, "held": 0, "available": 7}
    assert http.get("/v1/availability?sku=RARE&channel=web").get_json()["skus"][0]["free"] == 7


def test_messages_out_of_order_leave_what_the_newest_says_to_the_microsecond(http):
    for at, result in (("31.200Z", "set"), ("31.100Z", "older"), ("31.200Z", "same"), ("31.200001Z", "set")):
        units = {"31.100Z": 1, "31.200Z": 2}.get(at, 3)
        assert put(http, on_hand=units, at=f"2026-11-27T09:00:{at}").get_json()["result"] == result
    assert http.get("/v1/stock/RARE").get_json()["on_hand"] == 3


def test_what_left_after_a_count_is_put_on_top_of_it_and_what_was_out_is_not_taken_off_twice(http, clock):
    name = http.post("/v1/decisions", json=order_json(("RARE", 2))).get_json()["id"]
    clock.now += 600
    confirm = {"lines": {"RARE": 1}}
    http.post(f"/v1/decisions/{name}/confirm", json={**confirm, "left_at": "2026-11-27T09:05:00.5Z"})
    assert put(http, on_hand=9, at="2026-11-27T09:04:00Z").get_json()["on_hand"] == 8
    assert put(http, on_hand=9, at="2026-11-27T09:05:00.500Z").get_json()["on_hand"] == 9
    http.post(f"/v1/decisions/{name}/confirm", json={**confirm, "left_at": "2026-11-27T09:05:00.4Z"})
    shown = http.get("/v1/stock/RARE").get_json()
    assert (shown["on_hand"], shown["held"]) == (9, 0)


def test_a_count_older_than_the_load_is_refused_as_older(http):
    answer = put(http, on_hand=7, at="2026-11-27T08:59:59.999Z").get_json()
    assert (answer["result"], answer["on_hand"]) == ("older", 3)


def test_a_count_older_than_what_is_remembered_is_a_conflict_that_says_since_when(http, clock):
    clock.now += 8 * 86_400
    problem = problem_of(put(http, on_hand=7, at="2026-11-27T09:30:00Z"), 409)
    assert problem["type"] == "urn:pointsman:problem:stock-conflict"
    assert "remembered since 2026-11-28T09:00:00Z only" in problem["detail"]


def test_blocked_units_are_shown_by_node_and_free_to_nobody(http):
    name = http.post("/v1/decisions", json=order_json(("RARE", 2))).get_json()["id"]
    http.post(f"/v1/decisions/{name}/reject", json={"node": "lyon", "reason": "damaged"})
    answer = http.get("/v1/stock/RARE").get_json()
    assert mistakes_in(http, SkuStockRecord, answer) == []
    assert (answer["on_hand"], answer["available"], answer["blocked"], answer["free"]) == (1, 1, 2, {"*": 1})
    assert [(item["node"], item["blocked"]) for item in answer["nodes"]] == [("lyon", 2)]


def test_a_source_that_counts_its_messages_is_read_by_their_sequence(http):
    assert [put(http, on_hand=n, sequence=n).get_json()["result"] for n in (1, 3, 2, 3)] == [
        "set",
        "set",
        "older",
        "same",
    ]
    problem = problem_of(put(http, on_hand=9, at="2026-11-27T09:00:31Z"), 409)
    assert problem["type"] == "urn:pointsman:problem:stock-conflict"
    assert problem_of(put(http, on_hand=9, sequence=3), 409)["detail"].endswith("with a later one")


def test_fewer_on_hand_than_are_held_leaves_none_available_and_none_free(http, pointsman):
    http.post("/v1/decisions", json=order_json(("RARE", 3)))
    answer = put(http, on_hand=1, sequence=1).get_json()
    assert (answer["on_hand"], answer["held"], answer["available"]) == (1, 3, 0)
    shown = http.get("/v1/stock/RARE").get_json()
    assert (shown["available"], shown["free"]) == (0, {"*": 0})
    assert http.post("/v1/decisions", json=order_json(("RARE", 1))).get_json()["status"] == "unfilled"
    assert (pointsman.check().clean, pointsman.check().short) == (True, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "on_hand"),
        ({"on_hand": 1}, "at"),
        ({"on_hand": 1, "at": "2026-11-27T09:00:31Z", "sequence": 1}, "at"),
        ({"on_hand": -1, "sequence": 1}, "on_hand"),
        ({"on_hand": 1.5, "sequence": 1}, "on_hand"),
        ({"on_hand": True, "sequence": 1}, "on_hand"),
        ({"on_hand": 1, "sequence": -1}, "sequence"),
        ({"on_hand": 1, "sequence": 2**53}, "sequence"),
        ({"on_hand": 1, "at": "today"}, "at"),
        ({"on_hand": 1, "sequence": 1, "units": 1}, "units"),
    ],
)
def test_a_count_that_is_not_understood_is_refused_and_changes_nothing(http, contents, body, field):
    before = contents()
    assert field in fields_of(problem_of(put(http, **body), 422))
    assert contents() == before


def test_a_count_from_a_time_still_to_come_is_refused_so_that_no_honest_one_is_older_than_it(http, contents, clock):
    before = contents()
    problem = problem_of(put(http, on_hand=70, at=timestamp(clock.now + 301)), 422)
    assert fields_of(problem) == ["at"]
    assert "more than 5 minutes ahead" in problem["detail"]
    assert contents() == before
    assert put(http, on_hand=70, at=timestamp(clock.now + 300)).get_json()["result"] == "set"
    clock.now += 301
    assert put(http, on_hand=69, at=timestamp(clock.now)).get_json()["result"] == "set"


def test_unknown_nodes_and_skus_are_not_found(http):
    assert "'lyno'" in problem_of(put(http, "lyno/RARE", on_hand=1, sequence=1), 404)["detail"]
    assert "'RAR'" in problem_of(put(http, "lyon/RAR", on_hand=1, sequence=1), 404)["detail"]
    problem_of(http.get("/v1/stock/RAR"), 404)
    problem_of(http.put("/v1/stock/lyon/RARE", data="1"), 415)


def test_a_sku_of_any_letters_has_its_address(http):
    assert put(http, "paris/ÉTÉ 日本 ☂", on_hand=2, sequence=1).status_code == 200
    assert http.get("/v1/stock/ÉTÉ 日本 ☂").get_json()["on_hand"] == 4


def test_stock_is_shown_by_node_and_channel(http, pointsman):
    activate(pointsman, "when: {node.id: lyon}, then: {protect: {channel: app, units: 4}}")
    http.post(
        "/v1/decisions",
        json=order_json(("SHIRT", 1), delivery="click_and_collect", destination=None, collect_at="paris"),
    )
    answer = http.get("/v1/stock/SHIRT").get_json()
    assert mistakes_in(http, SkuStockRecord, answer) == []
    assert (answer["on_hand"], answer["held"], answer["available"]) == (16, 1, 15)
    assert answer["free"] == {"app": 15, "*": 11}
    assert [(item["node"], item["free"]["*"]) for item in answer["nodes"]] == [("lille", 2), ("lyon", 6), ("paris", 3)]


def test_the_nodes_of_a_sku_are_paged_and_each_page_says_what_all_have(http):
    whole = http.get("/v1/stock/SHIRT").get_json()
    assert whole["next"] is None
    pages = [http.get("/v1/stock/SHIRT?limit=2").get_json()]
    while pages[-1]["next"]:
        pages.append(http.get(f"/v1/stock/SHIRT?limit=2&after={pages[-1]['next']}").get_json())
        assert mistakes_in(http, SkuStockRecord, pages[-1]) == []
    assert [node for page in pages for node in page["nodes"]] == whole["nodes"]
    assert [len(page["nodes"]) for page in pages] == [2, 1]
    assert {(page["on_hand"], page["free"]["*"]) for page in pages} == {(whole["on_hand"], whole["free"]["*"])}
    one = http.get("/v1/stock/SHIRT?node=lyon").get_json()
    assert (one["nodes"], one["next"]) == ([whole["nodes"][1]], None)
    assert http.get("/v1/stock/SHIRT?node=ghost").get_json()["nodes"] == []
    assert fields_of(problem_of(http.get("/v1/stock/SHIRT?limit=0"), 422)) == ["limit"]


def test_many_skus_are_asked_for_at_once(http):
    answer = http.get("/v1/availability?sku=SHIRT&sku=RARE&sku=NONE&sku=SHIRT&channel=web").get_json()
    assert mistakes_in(http, AvailabilityRecord, answer) == []
    assert [(item["sku"], item["free"]) for item in answer["skus"]] == [("SHIRT", 16), ("RARE", 3), ("NONE", 0)]


@pytest.mark.parametrize("where", [{}, {"country": "FR", "latitude": 48.85, "longitude": 2.35}, {"collect_at": "lyon"}])
def test_in_a_body_more_skus_are_asked_for_than_an_address_has_room_for(http, where):
    names = ["SHIRT", "RARE", *(f"{number:036}" for number in range(498))]
    answer = http.post("/v1/availability", json={"skus": names, "channel": "web", **where}).get_json()
    assert mistakes_in(http, AvailabilityRecord, answer) == []
    query = urlencode([("sku", name) for name in names[:50]] + [("channel", "web"), *where.items()])
    assert answer["skus"] == http.get(f"/v1/availability?{query}").get_json()["skus"]
    assert answer["unknown"] == names[2:]
    problem_of(http.post("/v1/availability", json={"skus": [*names, "X"], "channel": "web"}), 422)
    problem_of(http.post("/v1/availability", json={"skus": [], "channel": "web"}), 422)


def test_of_many_skus_those_that_nobody_knows_are_named_and_the_others_answered(http):
    answer = http.get("/v1/availability?sku=X&sku=SHIRT&sku=Y&channel=web").get_json()
    assert mistakes_in(http, AvailabilityRecord, answer) == []
    assert ([item["sku"] for item in answer["skus"]], answer["unknown"]) == (["SHIRT"], ["X", "Y"])


def test_skus_of_which_nobody_knows_any_are_not_found(http):
    detail = problem_of(http.get("/v1/availability?sku=X&sku=Y&channel=web"), 404)["detail"]
    assert "'X'" in detail
    assert "'Y'" in detail


def test_more_skus_than_a_hundred_are_refused(http):
    query = "&".join(f"sku=S{number}" for number in range(101))
    assert fields_of(problem_of(http.get(f"/v1/availability?{query}&channel=web"), 422)) == ["sku"]


def test_an_etag_spares_the_body_until_something_changes(http):
    path = "/v1/availability?sku=RARE&sku=LAMP&channel=web"
    first = http.get(path)
    tag = {"If-None-Match": first.headers["ETag"]}
    unchanged = http.get(path, headers=tag)
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", first.headers["ETag"])
    http.post("/v1/decisions", json=order_json(("RARE", 1)))
    changed = http.get(path, headers=tag)
    assert (changed.status_code, changed.headers["ETag"] == first.headers["ETag"]) == (200, False)


def test_a_weak_tag_spares_the_body_as_well_as_a_strong_one(http):
    path = "/v1/availability?sku=RARE&channel=web"
    tag = {"If-None-Match": f"W/{http.get(path).headers['ETag']}"}  # as proxies that compress send it
    assert http.get(path, headers=tag).status_code == 304


def test_any_tag_is_no_tag_of_skus_that_do_not_exist(http):
    problem_of(http.get("/v1/availability?sku=NOTHING&channel=web", headers={"If-None-Match": "*"}), 404)


def free_of(response):
    return {item["sku"]: item["free"] for item in response.get_json()["skus"]}


def test_availability_to_a_destination_is_what_an_order_there_would_get(http, pointsman):
    activate(pointsman, "when: {order.country: FR, node.id: lyon}, then: {exclude: true}")
    anywhere = http.get("/v1/availability?sku=SHIRT&channel=web")
    there = http.get("/v1/availability?sku=SHIRT&sku=X&channel=web&country=FR&postcode=75001")
    assert (free_of(anywhere), free_of(there)) == ({"SHIRT": 16}, {"SHIRT": 6})
    assert there.get_json()["unknown"] == ["X"]
    body = order_json(("SHIRT", 6), destination={"country": "FR", "postcode": "75001"})
    assert http.post("/v1/decisions?dry_run=true", json=body).get_json()["status"] == "filled"
    body = order_json(("SHIRT", 7), destination={"country": "FR", "postcode": "75001"})
    assert http.post("/v1/decisions?dry_run=true", json=body).get_json()["status"] == "partial"
    again = http.get(
        "/v1/availability?sku=SHIRT&sku=X&channel=web&country=FR&postcode=75001",
        headers={"If-None-Match": there.headers["ETag"]},
    )
    assert again.status_code == 304


def test_units_that_are_left_to_who_has_no_others_are_told_apart(http, pointsman):
    activate(pointsman, "when: {node.id: lyon}, then: {exclude: unless_needed}")
    for more in ("", "&country=FR", "&country=FR&delivery=express"):
        (item,) = http.get(f"/v1/availability?sku=SHIRT&channel=web{more}").get_json()["skus"]
        assert (item["free"], item["unless_needed"]) == (16, 10)
    lines = http.get("/v1/availability/feed?channel=web").text.splitlines()
    assert '{"sku":"SHIRT","free":16,"unless_needed":10}' in lines


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("latitude", "longitude=2.35"),
        ("country", "region=Bretagne"),
        ("collect_at", "collect_at=paris&country=FR"),
        ("collect_at", "collect_at=nowhere"),
        ("collect_at", "delivery=click_and_collect"),
        ("delivery", "delivery=express"),
        ("destination", "latitude=2.35&longitude=48.85"),
        ("country", "country=france"),
    ],
)
def test_a_destination_that_is_none_is_refused_by_field(http, field, query):
    assert fields_of(problem_of(http.get(f"/v1/availability?sku=SHIRT&channel=web&{query}"), 422)) == [field]


def test_a_304_reads_no_stock(http, redis_client):
    path = "/v1/availability?sku=RARE&sku=LAMP&sku=X&channel=web"
    tag = {"If-None-Match": http.get(path).headers["ETag"]}
    before = commands(redis_client)
    assert http.get(path, headers=tag).status_code == 304
    assert {name: count - before[name] for name, count in commands(redis_client).items() if name in READS} == {
        "evalsha": 1,
        "zmscore": 1,
        "hgetall": 1,
    }, "the loads are one hash; stock would be two for each SKU"


READS = ("evalsha", "zmscore", "hgetall")


def commands(redis_client):
    return {name.removeprefix("cmdstat_"): stats["calls"] for name, stats in redis_client.info("commandstats").items()}


def test_a_tag_of_another_question_is_not_taken_for_an_answer(http):
    tag = {"If-None-Match": http.get("/v1/availability?sku=RARE&channel=web").headers["ETag"]}
    for query in ("sku=RARE&channel=app", "sku=RARE&sku=LAMP&channel=web", "sku=LAMP&channel=web"):
        assert http.get(f"/v1/availability?{query}", headers=tag).status_code == 200


def test_a_hold_that_runs_out_ends_the_tag(http, pointsman, clock):
    activate(pointsman, "then: {hold: 1 h}")
    path = "/v1/availability?sku=RARE&channel=web"
    http.post("/v1/decisions", json=order_json(("RARE", 1)))
    held = http.get(path)
    clock.now += 3_600
    ended = http.get(path, headers={"If-None-Match": held.headers["ETag"]})
    assert (held.get_json()["skus"][0]["free"], ended.get_json()["skus"][0]["free"]) == (2, 3)


def test_a_repair_ends_the_tags_and_cursors_of_what_was_damaged(http, pointsman, redis_client, network):
    path = "/v1/availability?sku=RARE&channel=web"
    redis_client.hset(f"{{{network}}}:held:RARE", "lyon", 2)
    damaged, cursor = http.get(path), feed(http)[0]["cursor"]
    pointsman.repair(who="eve")
    repaired = http.get(path, headers={"If-None-Match": damaged.headers["ETag"]})
    assert (damaged.get_json()["skus"][0]["free"], repaired.get_json()["skus"][0]["free"]) == (1, 3)
    first, free = feed(http, since=cursor)
    assert (first["because"], free["RARE"]) == ("network", 3)


def feed(http, **query):
    response = http.get("/v1/availability/feed", query_string={"channel": "web", **query})
    assert (response.status_code, response.content_type) == (200, "application/x-ndjson")
    first, *lines, last = map(json.loads, response.text.splitlines())
    assert [mistakes_in(http, FeedLineRecord, line) for line in (first, *lines, last)] == [[]] * (len(lines) + 2)
    assert last == {"cursor": first["cursor"], "skus": len(lines)}
    return first, {item["sku"]: item["free"] for item in lines}


def test_a_feed_has_every_sku_and_with_its_cursor_only_what_may_have_changed(http):
    first, free = feed(http)
    assert (first["full"], first["because"]) == (True, "no_cursor")
    assert list(free.items()) == [("COAT", 8), ("LAMP", 6), ("NONE", 0), ("RARE", 3), ("SHIRT", 16), ("ÉTÉ 日本 ☂", 2)]
    second, changed = feed(http, since=first["cursor"])
    assert (second["full"], "because" in second, changed) == (False, False, {})
    http.post("/v1/decisions", json=order_json(("RARE", 1)))
    put(http, "lyon/LAMP", on_hand=9, sequence=1)
    assert feed(http, since=second["cursor"])[1] == {"LAMP": 9, "RARE": 2}


def test_a_feed_that_broke_off_goes_on_after_a_sku_under_its_own_cursor(http):
    first, free = feed(http)
    put(http, "lyon/COAT", on_hand=1, sequence=1)
    rest, left = feed(http, since=first["cursor"], after="RARE")
    assert (rest["cursor"], rest["full"], list(left)) == (first["cursor"], False, ["SHIRT", "ÉTÉ 日本 ☂"])
    assert feed(http, since=rest["cursor"])[1] == {"COAT": free["COAT"] + 1}


def test_a_feed_is_full_again_where_all_may_have_changed_and_says_why(http, pointsman, clock):
    def after(change):
        cursor = feed(http)[0]["cursor"]
        change()
        first, lines = feed(http, since=cursor, after="COAT")
        assert (first["full"], len(lines)) == (True, 6), "from the first SKU on, not after COAT"
        return first["because"]

    assert after(lambda: pointsman.load(small())) == "network"
    assert after(lambda: activate(pointsman, "hours: ['10:00', '11:00'], then: {keep: 1}")) == "policies"
    assert after(lambda: setattr(clock, "now", clock.now + 7_200)) == "policies"
    cursor = feed(http)[0]["cursor"]
    assert feed(http, since=cursor, channel="app")[0]["because"] == "policies", "the cursor is another channel's"
    start, until, rest = cursor.split("-", 2)
    assert feed(http, since=f"{start}-{int(until) + 1}-{rest}")[0]["because"] == "cursor"


def test_a_feed_during_which_the_rules_change_says_that_it_stopped(http, pointsman):
    answer = pointsman.availability_feed.read("web")
    activate(pointsman, "then: {keep: 1}")
    (_, first), (_, stopped) = feed_lines(answer)
    assert json.loads(first)["full"]
    assert "rules have changed" in json.loads(stopped)["stopped"]


def test_the_products_of_a_feed_are_not_kept(http, pointsman):
    feed(http)
    assert pointsman._facts._cache._products == {}, "there may be any number of them"


def test_a_feed_by_node_names_the_nodes_that_have_free_units(http, pointsman):
    activate(pointsman, "when: {node.id: lille}, then: {keep: 9}")
    lines = http.get("/v1/availability/feed?channel=web&nodes=true").text.splitlines()
    assert json.loads(lines[5]) == {"sku": "SHIRT", "free": 14, "nodes": {"lyon": 10, "paris": 4}}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "channel"),
        ("channel=web&since=5", "since"),
        ("channel=web&since=1-2-3-x", "since"),
        ("channel=web&after=RARE", "since"),
        ("channel=web&nodes=maybe", "nodes"),
        ("channel=web&untli=5", "untli"),
    ],
)
def test_a_question_for_the_feed_that_is_not_understood_is_refused(http, query, field):
    assert fields_of(problem_of(http.get(f"/v1/availability/feed?{query}"), 422)) == [field]
