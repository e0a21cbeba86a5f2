"""Topics of Kafka are read and written, with librdkafka's own brokers: nothing is lost, and nothing counts twice."""

import itertools
import json
import time
from contextlib import closing

import pytest

from api.connectors.running.replaying import replay
from api.connectors.sources.kafka import KafkaSource
from tests.support.forked_script import ForkedScript
from tests.support.kafka_tills import Died, committed, group_of, quarantined, reading, sale, topic_of


def test_messages_of_every_partition_are_taken_over_once_and_committed(tills, brokers, topic):
    for number, partition in enumerate((0, 1, 1, 3)):
        brokers.put(topic, sale(number, "SHIRT"), partition=partition)
    report = tills.run()
    assert (report.error, report.ended("applied")) == ("", 4)
    assert tills.on_hand("SHIRT", "lyon") == 6
    assert brokers.committed(topic, group_of(topic)) == {0: 1, 1: 2, 3: 1}
    assert tills.run().messages == []
    brokers.put(topic, sale(1, "SHIRT"), partition=2)
    assert tills.run().ended("repeated") == 1
    assert tills.on_hand("SHIRT", "lyon") == 6


def test_a_message_with_a_mistake_is_kept_under_its_partition_and_offset_and_can_be_sent_again(tills, brokers, topic):
    brokers.put(topic, sale(0))
    for poison in (sale(1, shop="nowhere"), b"{no json", b"\xff\xfe", None):
        brokers.put(topic, poison, key="till-7")
    brokers.put(topic, sale(2))
    report = tills.run()
    assert (report.error, report.ended("applied"), report.ended("bad")) == ("", 2, 4)
    names = [name for name in quarantined(tills) if not name.endswith(".problems.txt")]
    assert names == [f"{topic}-partition-0-offset-{offset}" for offset in (1, 2, 3, 4)]
    text = next((tills.root / "tills" / "bad").glob("*offset-1.problems.txt")).read_text()
    assert f"{topic}-partition-0-offset-1, read by connector tills" in text
    assert committed(brokers, topic) == 6
    kept = next((tills.root / "tills" / "bad").glob("*offset-1"))
    kept.write_text(sale(1))
    assert replay(tills.pointsman, tills.connector, [kept], tills.root).ended("applied") == 1
    assert tills.on_hand("RARE", "lyon") == 0


def test_the_key_and_the_headers_of_a_message_can_be_read_and_are_kept_with_a_bad_one(running, brokers, topic):
    text = reading(topic, brokers.servers).replace("sku: article", "sku: $header.kafka-key")
    here = running(text.replace("receipt, line", "$header.Event"))
    brokers.put(topic, json.dumps({"shop": "lyon", "pieces": 1}), key="RARE", headers={"Event": "e1"})
    brokers.put(topic, json.dumps({"shop": "lyon", "pieces": 1}), key="RARE", headers={"Event": "e1"})
    brokers.put(topic, json.dumps({"shop": "lyon", "pieces": 1}), key="nothing", headers={"Event": "e2"})
    report = here.run()
    assert [report.ended(ending) for ending in ("applied", "repeated", "bad")] == [1, 1, 1]
    (headers,) = [name for name in quarantined(here) if name.endswith(".headers.json")]
    kept = next((here.root / "tills" / "bad").glob(f"*{headers}"))
    assert json.loads(kept.read_text()) == {"Event": "e2", "kafka-key": "nothing"}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_whoever_dies_before_or_after_an_offset_is_committed_goes_on_there(tills, brokers, monkeypatch, at, after):
    monkeypatch.setattr("api.connectors.sources.kafka.MOST_AT_ONCE", 1)
    topic = topic_of(tills)
    for number in range(3):
        brokers.put(topic, sale(number, "SHIRT"), partition=number % 2)
    brokers.put(topic, sale(3, shop="nowhere"), partition=1)
    real, calls = KafkaSource.put_away, itertools.count(1)

    def dying(source, message, *, quarantined):
        if after:
            real(source, message, quarantined=quarantined)
        if next(calls) == at:
            raise Died
        if not after:
            real(source, message, quarantined=quarantined)

    monkeypatch.setattr(KafkaSource, "put_away", dying)
    with pytest.raises(Died):
        tills.run()
    report = tills.run()
    assert report.error == ""
    assert tills.on_hand("SHIRT", "lyon") == 7
    status = tills.pointsman.connectors.status("tills")
    assert (status.messages, status.applied, status.repeated, status.bad) == (4, 3, 0, 1)
    assert len([name for name in quarantined(tills) if not name.endswith(".problems.txt")]) == 1
    assert committed(brokers, topic) == 4


def test_a_message_in_whose_midst_a_process_died_comes_first_and_goes_on_at_its_next_row(
    tills, brokers, topic, monkeypatch
):
    tills.text = tills.text.replace("format: json", "format: ndjson")
    monkeypatch.setattr("api.connectors.running.runner.ROWS_AT_ONCE", 1)
    brokers.put(topic, "\n".join(sale(number, "SHIRT") for number in range(3)), partition=3)
    deaths = itertools.count(1)

    def dying(_rows):
        if next(deaths) == 2:
            raise Died

    with pytest.raises(Died), closing(tills.runner(dying)) as runner:
        runner.take_turn()
    for partition in range(3):
        brokers.put(topic, sale(9 + partition, "SHIRT"), partition=partition)
    report = tills.run()
    assert report.messages[0].name == f"{topic}-partition-3-offset-0"
    status = tills.pointsman.connectors.status("tills")
    assert (status.messages, status.rows, status.applied) == (4, 6, 6)


KILLED = """
import sys, time
from pathlib import Path
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connectors import connector_store
from tests.support.connectors import Running
connector_store.LEASE_MILLISECONDS = connector_store.WAITING_MILLISECONDS = 300
url, network, root = sys.argv[1:]
text = Path(root, "tills.yaml").read_text()
with Pointsman(Settings(redis_url=url, network=network)) as service:
    here = Running(pointsman=service, root=Path(root), text=text, made_at=int(time.time()))
    print("begun", flush=True)
    while (report := here.run()).busy:
        time.sleep(0.02)
    assert not report.error, report.error
"""


@pytest.mark.slow
@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
def test_killed_again_and_again_each_message_counts_once(tills, brokers, topic, server_url, network):
    for number in range(24):
        brokers.put(topic, sale(number, "SHIRT", pieces=-1 if number % 4 else 1), partition=number % 4)
    (tills.root / "tills.yaml").write_text(tills.text)
    for rows in (3, 12, None):
        child = ForkedScript(KILLED, server_url, network, tills.root)
        assert child.stdout.readline() == "begun\n"
        if rows is not None:
            while child.poll() is None and tills.pointsman.connectors.status("tills").rows < rows:
                time.sleep(0.002)
            child.kill()
        outcome = child.end()
    assert outcome == 0
    assert committed(brokers, topic) == 24
    status = tills.pointsman.connectors.status("tills")
    assert (status.messages, status.rows, status.bad) == (24, 24, 0)
    assert tills.on_hand("SHIRT", "lyon") == 10 + 18 - 6


def test_of_more_messages_than_are_held_at_once_all_are_read_in_one_turn_and_the_lag_says_how_many_are_left(
    tills, brokers, topic, monkeypatch
):
    monkeypatch.setattr("api.connectors.sources.kafka.MOST_AT_ONCE", 4)
    for number in range(10):
        brokers.put(topic, sale(number, "SHIRT"), partition=number % 2)
    real, waiting = KafkaSource.put_away, []

    def noting(source, message, *, quarantined):
        waiting.append(tills.pointsman.connectors.status("tills").waiting)
        real(source, message, quarantined=quarantined)

    monkeypatch.setattr(KafkaSource, "put_away", noting)
    assert tills.run().ended("applied") == 10
    assert waiting == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert tills.pointsman.connectors.status("tills").waiting == 0


def test_no_more_bytes_are_held_at_once_than_there_may_be(tills, brokers, topic, monkeypatch):
    monkeypatch.setattr("api.connectors.sources.kafka.MOST_BYTES", 150)
    for number in range(5):
        brokers.put(topic, sale(number, "SHIRT"))
    sizes, real = [], KafkaSource.messages

    def noting(source, place):
        found = real(source, place)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(KafkaSource, "messages", noting)
    assert tills.run().ended("applied") == 5
    assert sizes == [2, 2, 1]


def test_a_turn_ends_with_what_was_there_when_it_began(tills, brokers, topic, monkeypatch):
    monkeypatch.setattr("api.connectors.sources.kafka.MOST_AT_ONCE", 1)
    brokers.put(topic, sale(0))
    brokers.put(topic, sale(1))
    real = KafkaSource.put_away

    def selling(source, message, *, quarantined):
        real(source, message, quarantined=quarantined)
        for partition in (0, 1):
            brokers.put(topic, sale(message.name), partition=partition)

    monkeypatch.setattr(KafkaSource, "put_away", selling)
    names = [f"{topic}-partition-0-offset-{offset}" for offset in (0, 1)]
    assert [message.name for message in tills.run().messages] == names
    monkeypatch.setattr(KafkaSource, "put_away", real)
    assert len(tills.run().messages) == 4
