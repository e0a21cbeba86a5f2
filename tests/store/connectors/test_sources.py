"""What is pulled over HTTP and out of Redis streams is taken over once, and goes on where it stopped."""

import json
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from api.connectors.running.early_mark import SUFFIX as EARLY
from tests.support.connectors import COUNTS, MOVEMENTS
from tests.support.local_server import local_server

FIELDS = """\
connector: pulled
owner: it
because: {en: The ERP is asked}
kind: counts
reads: READS
format: {json: {rows: items}}
fields:
  node: node
  sku: sku
  on_hand: units
  sequence: n
"""


def count(units, number, sku="RARE"):
    return {"node": "lyon", "sku": sku, "units": units, "n": number}


@pytest.fixture
def service():
    """A service whose answers, by the page that is asked for, a test sets; and what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        answers: dict = {}  # noqa: RUF012  # of one test
        asked: list = []  # noqa: RUF012

        def do_GET(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            Handler.asked.append((query, dict(self.headers.items())))
            status, headers, body = Handler.answers.get(query.get("page", ""), (404, {}, b"no such page"))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    Handler.answers, Handler.asked = {}, []
    with local_server(Handler) as server:
        Handler.url = f"http://127.0.0.1:{server.server_port}/stock"
        yield Handler


def page(*rows, status=200, **headers):
    """A page of rows; a header's name may have _ for -."""
    more = headers.pop("more", {})
    body = json.dumps({"items": rows, **more}).encode()
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


def pulling(running, service, more="", query=""):
    return running(FIELDS.replace("READS", f'{{http: "{service.url}{query}", {more} every: 1m}}'))


def test_what_has_not_changed_is_not_read_again(running, service, monkeypatch):
    monkeypatch.setenv("POINTSMAN_CONNECTOR_PULLED_TOKEN", "hush")
    here = pulling(running, service, "bearer: {secret: TOKEN},")
    service.answers[""] = page(count(7, 1), ETag='"one"')
    assert here.run().ended("applied") == 1
    assert here.run().messages == []
    service.answers[""] = page(count(8, 2), ETag='"two"')
    assert here.run().ended("applied") == 1
    assert here.on_hand("RARE", "lyon") == 8
    assert [headers.get("If-None-Match") for _, headers in service.asked] == [None, '"one"', '"one"']
    assert {headers["Authorization"] for _, headers in service.asked} == {"Bearer hush"}


def test_since_is_the_instant_of_the_last_pull_that_went_well(running, service, monkeypatch):
    here = pulling(running, service, query="?since=$since")
    service.answers[""] = page(count(7, 1))
    here.run()
    here.run()
    first, second = (query["since"] for query, _ in service.asked)
    assert first == "1970-01-01T00:00:00Z"
    assert second > "2026"


def test_how_far_the_first_pull_goes_back_may_be_said_and_the_next_follow_it(running, service):
    here = pulling(running, service, "dates: '%s', first: 7d,", query="?since=$since")
    service.answers[""] = page(count(7, 1), status=503)
    before = int(time.time())
    here.run()
    service.answers[""] = page(count(7, 1))
    here.run()
    here.run()
    failed, first, second = (int(query["since"]) for query, _ in service.asked)
    assert before - 7 * 86_400 <= failed <= first <= int(time.time()) - 7 * 86_400
    assert second >= before - 60


@pytest.mark.parametrize(
    ("pages", "links"),
    [
        ("{link: next}", lambda to: {"Link": f'<{to}>; rel="next"'}),
        ("{address: next}", lambda to: {"more": {"next": to}}),
        ("{cursor: next, parameter: page}", lambda to: {"more": {"next": to.rpartition("=")[2]}}),
    ],
)
def test_pages_follow_each_other_as_the_file_says(running, service, pages, links):
    here = pulling(running, service, f"pages: {pages},")
    service.answers[""] = page(count(7, 1), **links(f"{service.url}?page=2"))
    service.answers["2"] = page(count(9, 1, "LAMP"))
    report = here.run()
    assert (report.error, report.ended("applied")) == ("", 2)
    assert here.on_hand("LAMP", "lyon") == 9


def test_pages_that_are_counted_end_with_one_that_has_no_row(running, service):
    here = pulling(running, service, "pages: {number: page},")
    service.answers = {"1": page(count(7, 1)), "2": page(count(9, 1, "LAMP")), "3": page()}
    report = here.run()
    assert (report.error, report.ended("applied")) == ("", 2)
    assert [query["page"] for query, _ in service.asked] == ["1", "2", "3"]


def test_after_a_page_that_could_not_be_had_it_goes_on_there(running, service):
    here = pulling(running, service, "pages: {cursor: next, parameter: page},")
    service.answers[""] = page(count(7, 1), more={"next": "2"})
    service.answers["2"] = 503, {}, b"busy"
    report = here.run()
    assert "answered 503" in report.error
    assert report.ended("applied") == 1
    service.answers["2"] = page(count(9, 1, "LAMP"))
    assert here.run().ended("applied") == 1
    assert [query.get("page") for query, _ in service.asked] == [None, "2", "2"]


def test_what_changes_while_a_pull_is_broken_off_is_asked_for_by_the_next(running, service, monkeypatch):
    at = [1_800_000_000]
    monkeypatch.setattr("tests.support.connectors.time.time", lambda: at[0])
    more = "pages: {cursor: next, parameter: page}, dates: '%s', overlap: 0s,"
    here = pulling(running, service, more, query="?since=$since")
    service.answers[""] = page(count(7, 1), more={"next": "2"}, ETag='"1"')
    service.answers["2"] = 500, {}, b"broken"
    here.run()
    at[0] += 3_600
    here.run()
    service.answers["2"] = page(count(9, 1, "LAMP"), ETag='"2"')
    at[0] += 3_600
    assert here.run().ended("applied") == 1
    at[0] += 3_600
    service.answers[""] = page(count(8, 2))
    assert here.run().ended("applied") == 1
    at[0] += 3_600
    here.run()
    *_, fourth, fifth = service.asked
    assert (fourth[0]["since"], fourth[1].get("If-None-Match")) == ("1800000000", None)
    assert fifth[0]["since"] == str(at[0] - 3_600)


@pytest.mark.parametrize("status", [429, 503])
def test_a_source_that_asks_to_be_left_alone_is_and_then_it_goes_on_where_it_was(running, service, clock, status):
    here = pulling(running, service, "pages: {cursor: next, parameter: page},")
    service.answers[""] = page(count(7, 1), more={"next": "2"})
    service.answers["2"] = status, {"Retry-After": "90"}, b"busy"
    assert f"answered {status}" in here.run().error
    service.answers["2"] = page(count(9, 1, "LAMP"))
    clock.now += 89
    report = here.run()
    assert (report.left_alone_until, report.messages, report.error) == (clock.now + 1, [], "")
    assert len(service.asked) == 2
    clock.now += 1
    assert here.run().ended("applied") == 1
    assert [query.get("page") for query, _ in service.asked] == [None, "2", "2"]
    assert here.pointsman.connectors.status("pulled").error == ""
    service.answers[""] = 503, {}, b"busy"
    assert "answered 503" in here.run().error
    assert here.run().left_alone_until == 0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((302, {"Location": "http://elsewhere.example/"}, b""), "answered 302"),
        ((401, {}, b"who are you?"), "answered 401 Unauthorized: who are you?"),
        (page(count(7, 1), Link='<http://elsewhere.example/x>; rel="next"'), "another host"),
    ],
)
def test_secrets_are_told_to_no_other_host_and_a_refusal_is_told(running, service, answer, message):
    here = pulling(running, service, "pages: {link: next},", query="?token=hush")
    service.answers[""] = answer
    report = here.run()
    assert message in report.error
    assert "hush" not in report.error


def test_a_service_that_is_not_there_is_told_and_asked_again(running, service):
    here = running(FIELDS.replace("READS", '{http: "http://127.0.0.1:1/stock"}'))
    assert "was not reached" in here.run().error
    assert "was not reached" in here.pointsman.connectors.status("pulled").error


def test_entries_of_a_stream_are_taken_over_once(running, redis_client, network, server_url):
    stream = f"{network}-sales"
    text = MOVEMENTS.replace("reads: {folder: in, settled: 0s}", f"reads: {{stream: {stream}}}")
    here = running(text.replace("format: csv", "format: ndjson"))
    sale = {"shop": "lyon", "article": "RARE", "pieces": 1, "receipt": "R1", "line": 1}
    redis_client.xadd(stream, {"body": json.dumps(sale)})
    redis_client.xadd(stream, {"body": json.dumps({**sale, "shop": "nowhere", "line": 2})})
    try:
        report = here.run()
        assert (report.ended("applied"), report.ended("bad")) == (1, 1)
        kept = [path.name for path in (here.root / "tills" / "bad").iterdir()]
        assert len([name for name in kept if not name.endswith(EARLY)]) == 2
        assert here.run().messages == []
        redis_client.xadd(stream, {"body": json.dumps(sale)})
        redis_client.xadd(stream, {"other": "x"})
        report = here.run()
        assert (report.ended("repeated"), report.ended("bad")) == (1, 1)
    finally:
        redis_client.delete(stream)
    assert here.on_hand("RARE", "lyon") == 2


def test_a_stock_that_comes_back_from_whom_it_was_sent_to_is_left_out(running, pointsman, clock):
    here = running(COUNTS.replace("  at: at\n", "  sequence: n\n") + "echo_of: shop-stock\n")
    pointsman.connectors.remember_sent("shop-stock", {"lyon\tRARE": "1"}, now=pointsman.now, since=0)
    pointsman.connectors.remember_sent("shop-stock", {"lyon\tRARE": "2", "lyon\tLAMP": "4"}, now=pointsman.now, since=0)
    here.put("a.csv", "node,sku,units,n\nlyon,RARE,2,1\nlyon,LAMP,5,1\nlyon,SHIRT,2,1\n")
    report = here.run()
    assert (report.ended("skipped"), report.ended("applied")) == (1, 2)
    assert (here.on_hand("RARE", "lyon"), here.on_hand("LAMP", "lyon")) == (3, 5)
    clock.now += 3_600
    here.put("b.csv", "node,sku,units,n\nlyon,RARE,2,2\n")
    assert here.run().ended("applied") == 1
    assert here.on_hand("RARE", "lyon") == 2


def test_an_echo_of_what_was_sent_before_the_last_is_left_out_and_what_is_long_ago_is_forgotten(
    running, pointsman, clock
):
    here, store = (
        running(COUNTS.replace("  at: at\n", "  sequence: n\n") + "echo_of: shop-stock\n"),
        pointsman.connectors,
    )
    for units in ("10", "8 7"):
        store.remember_sent("shop-stock", {"lyon\tRARE": units}, now=clock.now, since=clock.now - 900)
        clock.now += 1
    here.put("a.csv", "node,sku,units,n\nlyon,RARE,10,1\n")
    assert here.run().ended("skipped") == 1
    assert here.on_hand("RARE", "lyon") == 3
    clock.now += 1_000
    store.remember_sent("shop-stock", {"lyon\tRARE": "4"}, now=clock.now, since=clock.now - 900)
    assert store.sent("shop-stock", ["lyon\tRARE", "lyon\tLAMP"]) == [[("4", clock.now)], []]


@pytest.mark.slow
@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
def test_memory_does_not_grow_with_a_file(running):
    def peak(rows):
        here = running(MOVEMENTS)
        lines = (f"lyon,SHIRT,{1 if number % 2 else -1},R{rows}-{number},1\n" for number in range(rows))
        here.put(f"{rows}.csv", "shop,article,pieces,receipt,line\n" + "".join(lines))
        tracemalloc.start()
        try:
            assert here.run().ended("applied") == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(400)  # whatever is made once
    assert peak(2_000) < 1.3 * peak(600)
