"""A connector may die at any point: nothing is lost, and nothing counts twice."""

import io
import itertools
import json
import signal
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from api.connectors.running import quarantine
from api.connectors.running.replaying import replay
from api.connectors.sources.message import Message
from engine.inventory.stock import NetworkStock
from engine.store.connectors.connector_store import ConnectorStore, Step
from engine.store.stock import Movement
from tests.support.connectors import COUNTS, MOVEMENTS
from tests.support.dying import Died, dying
from tests.support.forked_script import ForkedScript
from tests.support.local_server import local_server
from tests.support.wait_until import wait_until

SALES = "shop,article,pieces,receipt,line\n"
EFFECTS = [
    (ConnectorStore, "keep"),
    (NetworkStock, "move"),
    (NetworkStock, "set_counts"),
    (Path, "replace"),
    (quarantine, "write_whole"),
]
"""All by which a turn changes something."""


@pytest.fixture
def dies(monkeypatch):
    """Has a process die at one of these effects, from now on."""
    return dying(monkeypatch, EFFECTS)


def run_until_nothing_waits(here):
    for _ in range(20):
        report = here.run()
        assert report.error == ""
        if not report.messages:
            return
    raise AssertionError("it never ends")


def outcome(here):
    status = here.pointsman.connectors.status(here.connector.name)
    counts = (status.messages, status.rows, status.bad, status.quarantined)
    stock = [here.on_hand(sku, node) for sku, node in (("RARE", "lyon"), ("SHIRT", "lyon"), ("COAT", "paris"))]
    return stock, here.kept("done"), here.kept("bad"), counts


def files(here, case):
    """Two files with good and bad rows, the same movement in both, and more rows than are taken over at once."""
    many = "".join(f"lyon,SHIRT,1,R{number},1\n" * (number % 3) for number in range(4))
    here.put(f"{case}-1.csv", SALES + many + "nowhere,RARE,1,R9,1\nlyon,RARE,1,R1,9\n")
    here.put(f"{case}-2.csv", SALES + "lyon,RARE,1,R1,9\nparis,COAT,2,R4,1\n")


@pytest.mark.parametrize("after", [False, True])
def test_whenever_it_dies_and_is_run_again_the_outcome_is_the_same(running, dies, monkeypatch, after):
    monkeypatch.setattr("api.connectors.running.runner.ROWS_AT_ONCE", 2)
    first = running(MOVEMENTS)
    dies(0)
    files(first, "a")
    run_until_nothing_waits(first)
    (rare, shirt, coat), done, bad, counts = outcome(first)
    before = [3, 10, 5]
    taken = [then - now for then, now in zip(before, (rare, shirt, coat), strict=True)]
    assert (taken, len(done), len(bad)) == ([1, 2, 2], 1, 2)
    for number in itertools.count(1):
        here = running(MOVEMENTS.replace("connector: tills", f"connector: tills-{number}"))
        here.root = here.root / str(number)
        here.root.mkdir()
        start = [here.on_hand(sku, node) for sku, node in (("RARE", "lyon"), ("SHIRT", "lyon"), ("COAT", "paris"))]
        restock(here, start)
        files(here, "a")
        dies(number, after=after)
        try:
            here.run()
            died = False
        except Died:
            died = True
        dies(0)
        run_until_nothing_waits(here)
        (rare, shirt, coat), *rest = outcome(here)
        assert [3 - rare, 10 - shirt, 5 - coat] == [1, 2, 2], number
        assert rest == [done, bad, counts], number
        if not died:
            break
    assert number > 12


def restock(here, now):
    """What is on hand, as the test's network has it."""
    for (sku, node, units), there in zip(
        (("RARE", "lyon", 3), ("SHIRT", "lyon", 10), ("COAT", "paris", 5)), now, strict=True
    ):
        if units != there:
            here.pointsman.stock.move([Movement(op=f"{here.root}-{sku}", node=node, sku=sku, delta=units - there)])


def test_what_was_wrong_before_a_crash_is_told_after_it(running, dies, monkeypatch):
    monkeypatch.setattr("api.connectors.running.runner.ROWS_AT_ONCE", 1)
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "nowhere,RARE,1,R1,1\nelsewhere,RARE,1,R1,2\nlyon,RARE,1,R1,3\n")
    dies(5)  # after the steps of two rows
    with pytest.raises(Died):
        here.run()
    dies(0)
    (message,) = here.run().messages
    assert [problem.row for problem in message.problems] == [2, 3]
    assert message.endings["bad"] == 2


def test_rows_that_were_being_taken_over_more_than_a_day_ago_are_left_to_a_person(running, dies, clock):
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "lyon,RARE,1,R1,9\n")
    dies(2, after=True)  # the movements were made; that they were is not stored
    with pytest.raises(Died):
        here.run()
    assert here.on_hand("RARE", "lyon") == 2
    dies(0)
    clock.now += 2 * 86_400
    report = here.run()
    assert here.on_hand("RARE", "lyon") == 2
    assert any("nobody can tell whether it did" in problem.message for problem in report.messages[0].problems)


def test_a_runner_that_lost_its_turn_stores_nothing_more(running, opened, monkeypatch):
    """It slept for longer than its turn lasts, and another process took over."""
    here = running(COUNTS)
    here.put("a.csv", "node,sku,units,at\nlyon,RARE,7,2026-11-27T09:00:31Z\n")
    runner = here.runner()
    real = ConnectorStore.place

    def place(store, name, **options):
        found = real(store, name, **options)
        store._client.redis.delete(store._keys.connector_lease(name))
        assert store.take_turn(name, "another")
        return found

    monkeypatch.setattr(ConnectorStore, "place", place)
    assert runner.take_turn().busy
    assert here.kept("done") == []


def test_a_runner_whose_lease_ran_out_goes_on_if_nobody_else_did(running, monkeypatch, redis_client):
    here = running(COUNTS)
    here.put("a.csv", "node,sku,units,at\nlyon,RARE,7,2026-11-27T09:00:31Z\n")
    real = NetworkStock.set_counts

    def slowly(stock, counts):
        store = here.pointsman.connectors
        redis_client.delete(store._keys.connector_lease("warehouse"))
        return real(stock, counts)

    monkeypatch.setattr(NetworkStock, "set_counts", slowly)
    assert here.run().ended("applied") == 1
    assert here.kept("done") == ["a.csv"]


def test_a_runner_whose_lease_ran_out_stores_nothing_if_somebody_else_went_on(running, opened, redis_client):
    here = running(COUNTS)
    other, store = opened().connectors, here.pointsman.connectors
    assert store.take_turn("warehouse", "slow")
    redis_client.delete(store._keys.connector_lease("warehouse"))
    assert other.take_turn("warehouse", "quick")
    assert other.keep("warehouse", "quick", 1, Step(counts={"rows": 1}), now=here.pointsman.now, since=0)
    other.end_turn("warehouse", "quick")
    assert not store.keep("warehouse", "slow", 1, Step(counts={"rows": 9}), now=here.pointsman.now, since=0)
    assert store.status("warehouse").rows == 1


def test_while_one_process_runs_a_connector_another_leaves_it(running, opened):
    here = running(COUNTS)
    assert opened().connectors.take_turn("warehouse", "another")
    assert here.run().busy


KILLED = """
import sys, time
from pathlib import Path
from api.connectors.running import runner
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connectors import connector_store
from tests.support.connectors import MOVEMENTS, Running
connector_store.LEASE_MILLISECONDS = connector_store.WAITING_MILLISECONDS = 300
runner.ROWS_AT_ONCE = 7
url, network, root = sys.argv[1:]
with Pointsman(Settings(redis_url=url, network=network)) as service:
    here = Running(pointsman=service, root=Path(root), text=MOVEMENTS, made_at=int(time.time()))
    print("begun", flush=True)
    while (report := here.run()).busy:
        time.sleep(0.02)
    assert not report.error, report.error
"""


@pytest.mark.slow
@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
def test_killed_again_and_again_it_takes_over_each_row_once(running, server_url, network, opened, tmp_path):
    here = running(MOVEMENTS)
    receipts = [f"lyon,SHIRT,1,R{number},1\n" for number in range(4)]
    noise = [f"paris,LAMP,0,N{number},1\n" for number in range(400)]  # nothing moves by 0: bad rows
    here.put("a.csv", SALES + "".join(itertools.chain.from_iterable(zip(*[iter(noise)] * 100, receipts, strict=True))))
    for wait in (0.06, None):
        child = ForkedScript(KILLED, server_url, network, tmp_path)
        assert child.stdout.readline() == "begun\n"
        if wait is not None:
            time.sleep(wait)
            child.kill()
        outcome = child.end()
    assert outcome == 0
    assert here.on_hand("SHIRT", "lyon") == 6
    status = here.pointsman.connectors.status("tills")
    assert (status.rows, status.applied + status.unchanged + status.repeated) == (404, 4)
    assert here.kept("bad")[0] == "a.csv"


PULLED = MOVEMENTS.replace("reads: {folder: in, settled: 0s}", "reads: {http: 'URL', pages: PAGES}").replace(
    "format: csv", "format: {json: {rows: items}}"
)


def killing_pages(children, pages):
    """Three pages of two sales each. Whoever asks for the second for the first time, or for the third, is killed."""
    killed_at = {"2", "3"}

    class Handler(BaseHTTPRequestHandler):
        asked: list[str] = []  # noqa: RUF012  # of one test

        def do_GET(self):  # name of the base class
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            page = query.get("page", "1")
            Handler.asked.append(page)
            if page in killed_at:
                killed_at.remove(page)
                wait_until(lambda: len(children) == 2 - len(killed_at), "the process is known here")
                children[-1].kill()
                self.close_connection = True
                return
            sales = [
                {"shop": "lyon", "article": "SHIRT", "pieces": 1, "receipt": f"R{page}", "line": line}
                for line in (1, 2)
                if int(page) <= pages
            ]
            body = json.dumps({"items": sales, "next": str(int(page) + 1) if int(page) < pages else None}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


@pytest.mark.slow
@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("way", "asked"),
    [
        ("{cursor: next, parameter: page}", ["1", "2", "2", "3", "3"]),
        ("{number: page}", ["1", "2", "1", "2", "3", "1", "2", "3", "4"]),
    ],
)
def test_killed_between_pages_twice_in_a_row_it_takes_over_each_row_once(  # noqa: PLR0917  # all that it starts
    running, server_url, network, opened, tmp_path, way, asked
):
    children = []
    handler = killing_pages(children, 3)
    with local_server(handler) as server:
        text = PULLED.replace("URL", f"http://127.0.0.1:{server.server_port}/sales").replace("PAGES", way)
        here = running(text)
        script = KILLED.replace("text=MOVEMENTS", f"text={text!r}")
        for outcome in (-signal.SIGKILL, -signal.SIGKILL, 0):
            children.append(ForkedScript(script, server_url, network, tmp_path))
            assert children[-1].end() == outcome
    assert handler.asked == asked
    assert here.on_hand("SHIRT", "lyon") == 4
    status = here.pointsman.connectors.status("tills")
    assert (status.applied, status.bad, status.error) == (6, 0, "")


def test_what_is_sent_again_leaves_the_place_of_what_is_being_read(running, dies, monkeypatch, clock):
    """Else it would be read again from its first row, days later, when operations are forgotten."""
    monkeypatch.setattr("api.connectors.running.runner.ROWS_AT_ONCE", 1)
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "nowhere,RARE,1,R1,1\nlyon,RARE,1,R1,2\nlyon,RARE,1,R1,3\n")
    old = here.put("old.csv", SALES + "lyon,SHIRT,1,R9,1\n").rename(here.root / "20261120T080000_old.csv")
    dies(6, after=True)  # the third row is taken over; that it is is not stored
    with pytest.raises(Died):
        here.run()
    dies(0)
    assert here.on_hand("RARE", "lyon") == 1
    clock.now += 2 * 86_400
    assert replay(here.pointsman, here.connector, [old], here.root).ended("applied") == 1
    (message,) = here.run().messages
    assert [problem.row for problem in message.problems] == [2, 4]
    assert here.on_hand("RARE", "lyon") == 1


@pytest.mark.parametrize("headers", [{}, {"X-Event": "7"}])
def test_a_message_that_was_kept_before_a_crash_is_kept_once(running, headers):
    text = MOVEMENTS.replace("reads: {folder: in, settled: 0s}", "reads: {http: 'https://example.com/sales'}")
    here = running(text.replace("once: [receipt, line]", "once: [receipt, line, $header.x-event]"))
    keeping = quarantine.Keeping(here.connector, here.root)

    def message(at, content, event="7"):
        return Message(
            id="1",
            name="sales-1",
            received_at=at,
            open=lambda: io.BytesIO(content),
            headers=dict.fromkeys(headers, event),
        )

    def kept(message):
        return keeping.quarantine(message, [], rows=1, bad=1, at=here.made_at, taken=0).name

    first = kept(message(here.made_at, b"one"))
    assert kept(message(here.made_at, b"one")) == first
    assert kept(message(here.made_at + 300, b"one")) == first
    assert kept(message(here.made_at, b"two")) == f"{first.removesuffix('.csv')}-2"
    assert kept(message(here.made_at, b"two")) == f"{first}-2"
    assert len(keeping.quarantined()) == 2
    if headers:
        assert kept(message(here.made_at, b"one", event="8")) == f"{first}-3"
