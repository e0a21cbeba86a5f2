"""What comes before the thing that it is about is taken over again by itself, at stated times, and then by a person."""

import io
import os
from contextlib import closing, contextmanager

import pytest

from api.connectors.applying.awaited import is_there, missing, things_of
from api.connectors.applying.incoming import APPLIED, IncomingRow, Place
from api.connectors.applying.returns import apply_return
from api.connectors.language.loader import load_connector
from api.connectors.running.early_mark import TRIED_AFTER, EarlyMark
from api.connectors.running.early_messages import replay_early
from api.connectors.running.opening import open_reader
from api.connectors.running.quarantine import Keeping
from api.connectors.running.receiving import Receiver
from tests.support.connectors import COUNTS
from tests.support.decision_json import json_of
from tests.support.facts import order, product
from tests.support.parcels import packing_network

HEAD = "node,sku,units,at\n"
ROW = HEAD + "lyon,LATER,7,2026-11-27T09:00:31Z\n"
pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)


@pytest.fixture
def early(running, clock):
    """A count of an article that is not there yet, put aside; and what comes of it after so many seconds."""
    here = running(COUNTS)
    path = here.put("a.csv", ROW)
    os.utime(path, (here.made_at - 9 * 86_400,) * 2)  # it waited somewhere for days
    (message,) = here.run().messages
    came = clock.now

    def tried(after):
        clock.now = came + after
        return list(replay_early(here.pointsman, [here.connector], here.root))

    return here, message.kept, tried


def problems(kept):
    return kept.with_name(f"{kept.name}.problems.txt").read_text()


def the_article_comes(here):
    here.pointsman.master_data.put_products(lambda _: [product("LATER")])


def test_it_is_tried_at_stated_times_from_when_it_was_put_aside_on(early):
    here, kept, tried = early
    times = []
    for after in sorted({*TRIED_AFTER, *(each - 1 for each in TRIED_AFTER), *(each + 1 for each in TRIED_AFTER)}):
        times += [after for _ in tried(after)]
    assert tuple(times) == TRIED_AFTER
    the_article_comes(here)
    assert tried(10**6) == []
    assert kept.is_file()


def test_once_it_is_there_it_is_taken_over(early):
    here, kept, tried = early
    assert "taken over again by itself, next at " in problems(kept)
    the_article_comes(here)
    (report,) = tried(60)
    assert (report.ended("applied"), here.on_hand("LATER", "lyon"), here.kept("bad")) == (1, 7, [])


def test_after_the_last_time_a_person_is_to_see_to_it(early):
    here, kept, tried = early
    (report,) = tried(TRIED_AFTER[-1])
    assert report.ended("bad") == 1
    assert "it is not taken over again by itself any more" in problems(kept)
    keeping = Keeping(here.connector, here.root)
    assert (keeping.early(), keeping.quarantined()) == ([], [kept])


def test_after_an_outage_it_is_tried_once_and_then_when_the_next_time_comes(early):
    _, _, tried = early
    assert len(tried(4_000)) == 1
    assert tried(4_030) == []
    assert tried(14_399) == []
    assert len(tried(14_400)) == 1


def test_what_can_not_be_tried_now_is_tried_next_and_keeps_no_other_from_it(early, running):
    here, _, _ = early
    broken = running(COUNTS.replace("warehouse", "broken").replace("sku: sku", "sku: {from: sku, lookup: t}"))
    broken.text += "lookups: {t: {file: nowhere.csv, key: a, value: b}}\n"
    broken.text = broken.text.replace("folder: in", "folder: broken")
    folder = broken.root / "broken" / "bad"
    folder.mkdir(parents=True)
    (folder / "20261127T090000_b.csv").write_text(ROW)
    (folder / "20261127T090000_b.csv.early").write_bytes(EarlyMark(first=1, tried=1).content)
    the_article_comes(here)
    reports = list(replay_early(here.pointsman, [broken.connector, here.connector], here.root))
    assert [bool(report.error) for report in reports] == [True, False]
    assert here.on_hand("LATER", "lyon") == 7


def test_one_that_somebody_took_away_meanwhile_is_no_mistake(early):
    _, kept, tried = early
    kept.unlink()
    assert tried(60) == []


def test_its_times_stay_those_from_when_it_was_first_put_aside(early):
    here, _, tried = early
    ((mark, _),) = Keeping(here.connector, here.root).early()
    assert (mark.next_at, mark.last_at) == (mark.first + 60, mark.first + 86_400)
    tried(61)
    ((after, _),) = Keeping(here.connector, here.root).early()
    assert (after.first, after.next_at) == (mark.first, mark.first + 300)


def test_tries_count_what_is_taken_over_and_nothing_twice(early):
    here, _, tried = early
    before = here.pointsman.connectors.status("warehouse")
    tried(60)
    tried(300)
    status = here.pointsman.connectors.status("warehouse")
    assert (status.messages, status.rows, status.bad, status.quarantined) == (1, 1, 1, 1)
    assert status == before
    the_article_comes(here)
    tried(900)
    status = here.pointsman.connectors.status("warehouse")
    assert (status.messages, status.rows, status.bad, status.quarantined, status.applied) == (1, 1, 1, 1, 1)


def test_a_try_leaves_what_the_status_says_of_the_source(early):
    here, kept, tried = early
    away = here.inbox.rename(here.inbox.with_name("away"))
    assert "there is no folder" in here.run().error
    before = here.pointsman.connectors.status("warehouse")
    away.rename(here.inbox)
    assert tried(60)[0].messages[0].kept == kept
    after = here.pointsman.connectors.status("warehouse")
    assert (after.error, after.looked_at) == (before.error, before.looked_at)
    assert "there is no folder" in after.error


def test_one_that_this_release_can_not_read_keeps_no_other_from_being_tried(early, running):
    here, kept, _ = early
    kept.with_name(f"{kept.name}.headers.json").write_text("{")
    other = running(COUNTS.replace("warehouse", "other").replace("folder: in", "folder: in2"))
    folder = other.root / "in2" / "bad"
    folder.mkdir(parents=True)
    (folder / "20261127T090000_b.csv").write_text(ROW)
    (folder / "20261127T090000_b.csv.early").write_bytes(EarlyMark(first=1, tried=1).content)
    the_article_comes(here)
    here.pointsman._clock.now += 60
    reports = list(replay_early(here.pointsman, [here.connector, other.connector], here.root))
    assert ["JSONDecodeError" in report.error for report in reports] == [True, False]
    assert here.on_hand("LATER", "lyon") == 7


def test_it_is_taken_over_as_soon_as_what_it_waits_for_has_come(early):
    here, _, tried = early
    assert tried(10) == []
    the_article_comes(here)
    (report,) = tried(11)
    assert (report.ended("applied"), here.on_hand("LATER", "lyon"), here.kept("bad")) == (1, 7, [])


def test_what_came_and_changed_nothing_is_no_reason_to_try_again_and_again(early):
    here, kept, tried = early
    here.put("b.csv", HEAD + "lyon,LATER,7,2026-11-27T09:00:31Z\nnowhere,LATER,7,2026-11-27T09:00:31Z\n")
    here.run()
    the_article_comes(here)
    first, second = tried(11)
    assert (first.ended("applied"), second.ended("bad"), second.ended("unchanged")) == (1, 1, 1)
    assert not kept.is_file()
    assert [tried(after) for after in (12, 40)] == [[], []]
    assert len(tried(60)) == 1


def test_one_that_a_person_has_to_see_to_is_not_tried_when_it_comes(early):
    here, _, tried = early
    tried(TRIED_AFTER[-1])
    the_article_comes(here)
    assert tried(TRIED_AFTER[-1] + 1) == []


def test_it_is_looked_for_no_more_things_at_once_than_is_quick(early, monkeypatch):
    here, _, tried = early
    monkeypatch.setattr("api.connectors.running.early_messages._MOST_LOOKS", 0)
    the_article_comes(here)
    assert tried(11) == []
    assert len(tried(60)) == 1


ROWS = {
    "cancellations": ({"order": "W-7"}, ["order W-7"]),
    "confirmations": ({"shipment": "D-1/0"}, ["decision D-1"]),
    "packings": ({"order": "W-7", "node": "lyon"}, ["order W-7"]),
    "deliveries": ({"receipt": "ASN-1", "quantity": 1}, ["receipt ASN-1"]),
    "returns": ({"order": "W-7"}, ["order W-7"]),
    "returned_goods": ({"return": "W-7-R1"}, ["return W-7-R1"]),
    "return_inspections": ({"return": "W-7-R1"}, ["return W-7-R1"]),
    "movements": ({"node": "lyon", "sku": "A"}, ["node lyon", "sku A"]),
    "tracking": ({"number": "1"}, []),
}


def test_what_each_kind_waits_for_is_there_once_it_has_come(bare):
    shop = packing_network(bare)
    for kind, (fields, things) in ROWS.items():
        assert [*things_of(kind, fields)] == things
        named = [thing for thing in things if thing not in ("node lyon", "sku A")]
        assert [*missing(shop, things)] == named
    made = json_of(shop.decide(order(("A", 1), id="W-7")))
    shop.holds.confirm(made["id"], op="left")
    assert missing(shop, ["order W-7", f"decision {made['id']}", "node nowhere", "sku NOSUCH"]) == (
        "node nowhere",
        "sku NOSUCH",
    )
    returned = apply_return(
        Place(pointsman=shop, connector="shop"),
        IncomingRow(
            number=1,
            place="",
            fields={"order": "W-7", "reason": "changed_mind", "lines": [{"line": "1", "quantity": 1}]},
            op="r",
        ),
    )
    assert (returned, is_there(shop, "return W-7-R1")) == (APPLIED, True)


def test_a_cancellation_that_is_pushed_before_its_order_is_taken_over_once_the_order_is_there(bare, tmp_path, clock):
    shop = packing_network(bare)
    text = "connector: shop\nowner: it\nbecause: {en: Cancellations}\nkind: cancellations\nreads: {push: key}\n"
    text += "format: json\nonce: order\nfields: {order: order}\n"
    connector = load_connector(str(tmp_path / "shop.yaml"), text.encode())
    receiver = Receiver(shop, connector, reader=open_reader(connector), keeping=Keeping(connector, tmp_path))
    assert receiver.receive(io.BytesIO(b'{"order": "W-7"}'), {}).endings["bad"] == 1
    assert list(replay_early(shop, [connector], tmp_path)) == []
    shop.decide(order(("A", 1), id="W-7"))
    (report,) = replay_early(shop, [connector], tmp_path)
    assert report.ended("applied") == 1
    assert shop.orders.show("W-7").lines[0].units["cancelled"] == 1


def test_what_comes_between_the_refusal_and_the_look_for_it_is_taken_over_at_once(running):
    here = running(COUNTS)
    here.put("a.csv", ROW + "nowhere,LATER,7,2026-11-27T09:00:31Z\n")
    with closing(here.runner(lambda _rows: the_article_comes(here))) as runner:
        runner.take_turn()
    (report,) = replay_early(here.pointsman, [here.connector], here.root)
    assert (report.ended("applied"), here.on_hand("LATER", "lyon")) == (1, 7)
    assert list(replay_early(here.pointsman, [here.connector], here.root)) == []


def test_what_is_refused_although_it_is_there_is_tried_at_once_one_time_between_stated_ones(bare, running, clock):
    packing_network(bare)
    head = COUNTS.replace("kind: counts", "kind: confirmations").partition("fields:")[0]
    here = running(f"{head}once: sku\nfields: {{order: sku}}\n")
    bare.decide(order(("A", 1), id="LATER"))
    bare.holds.release(bare.orders.show("LATER").shipments[0].decision)
    here.put("a.csv", ROW)
    (message,) = here.run().messages
    assert "that could have left" in message.problems[0].message
    came, tries = clock.now, []
    for after in (0, 10, 59, 60, 90, 299, 300):
        clock.now = came + after
        tries += [after for _ in replay_early(here.pointsman, [here.connector], here.root)]
    assert tries == [0, 60, 90, 300]


def test_an_order_that_comes_while_its_cancellation_is_pushed_is_not_waited_for(bare, tmp_path):
    shop = packing_network(bare)
    text = "connector: shop\nowner: it\nbecause: {en: Cancellations}\nkind: cancellations\nreads: {push: key}\n"
    text += "format: json\nonce: order\nfields: {order: order}\n"
    connector = load_connector(str(tmp_path / "shop.yaml"), text.encode())
    reader = open_reader(connector)

    class OrderComesBehindIt:
        @contextmanager
        def reading(self, message):
            with reader.reading(message) as rows:
                yield rows
            shop.decide(order(("A", 1), id="W-7"))

    receiver = Receiver(shop, connector, reader=OrderComesBehindIt(), keeping=Keeping(connector, tmp_path))
    assert receiver.receive(io.BytesIO(b'{"order": "W-7"}'), {}).endings["bad"] == 1
    (report,) = replay_early(shop, [connector], tmp_path)
    assert report.ended("applied") == 1
