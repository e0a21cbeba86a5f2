"""A topic that was deleted and made anew on the same cluster is read from its start, and nothing of it is skipped."""

import pytest
from confluent_kafka import TopicPartition

from api.connectors.sources.kafka import KafkaSource
from engine.store.connectors.connector_store import Step
from tests.support.kafka_cluster import kafka_brokers
from tests.support.kafka_tills import Died, group_of, reading, sale, topic_of

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
WRITTEN = 1_764_000_000_000


@pytest.fixture
def anew(tills, topic):
    """Makes the topic anew, with the messages of each partition: brokers of their own, which say that they are the
    cluster that was there before. As Kafka does, they have no offsets of the group.
    """
    made = []

    def make(*partitions):
        context = kafka_brokers(1)
        brokers = context.__enter__()
        made.append(context)
        put(brokers, topic, *partitions)
        store, cluster = tills.pointsman.connectors, brokers.producer.list_topics(timeout=20).cluster_id
        assert store.take_turn("tills", "its administrator")
        step = Step(fields={"kafka_cluster": cluster})
        place = store.place("tills")
        assert store.keep("tills", "its administrator", place.step + 1, step, now=0, since=0)
        store.end_turn("tills", "its administrator")
        tills.text = reading(topic, brokers.servers)
        return brokers

    yield make
    for context in made:
        context.__exit__(None, None, None)


def put(brokers, topic, *partitions):
    """The messages of each partition, written at the same instants whenever they are put."""
    for partition, values in enumerate(partitions):
        for number, value in enumerate(values):
            brokers.producer.produce(topic, value=value, partition=partition, timestamp=WRITTEN + number)
            assert brokers.producer.flush(20) == 0


def sales(*numbers):
    return [sale(number, "SHIRT") for number in numbers]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (1, "3 messages of partition 0 were read, and it has 1"),
        (3, "message 2 of partition 0 is another than was read there"),
        (5, "message 2 of partition 0 is another than was read there"),
    ],
)
def test_a_topic_that_was_made_anew_is_read_from_its_start_however_many_messages_it_has(
    tills, brokers, anew, messages, reason
):
    topic = topic_of(tills)
    put(brokers, topic, sales(1, 2, 3))
    assert tills.run().ended("applied") == 3
    anew(sales(*range(11, 11 + messages)))
    report = tills.run()
    assert report.error == ""
    assert report.ended("applied") == messages
    assert (
        report.began_again == f"the topic {topic} was made anew since it was read: {reason}; it is read from its start"
    )
    status = tills.pointsman.connectors.status("tills")
    assert (status.began_again, status.began_again_at) == (report.began_again, tills.pointsman.now)
    assert tills.on_hand("SHIRT", "lyon") == 10 - 3 - messages
    again = tills.run()
    assert (again.began_again, again.messages, again.error) == ("", [], "")
    assert tills.pointsman.connectors.status("tills").began_again == report.began_again


def test_a_topic_is_gone_on_with_where_what_was_read_is_there_still(tills, brokers, topic, anew):
    put(brokers, topic, sales(1, 2, 3))
    tills.run()
    anew(sales(1, 2, 3, 4))
    report = tills.run()
    assert (report.began_again, report.error) == ("", "")
    assert [message.name for message in report.messages] == [f"{topic}-partition-0-offset-3"]


def test_every_partition_is_read_from_its_start_also_one_whose_messages_come_later(tills, brokers, topic, anew):
    put(brokers, topic, sales(1, 2), sales(3, 4))
    assert tills.run().ended("applied") == 4
    again = anew(sales(11, 12, 13), [])
    assert tills.run().ended("applied") == 3
    put(again, topic, [], sales(14, 15, 16))
    report = tills.run()
    assert (report.began_again, report.ended("applied")) == ("", 3)


def test_messages_are_known_by_other_names_than_those_of_the_topic_before(tills, brokers, topic, anew):
    made_by_name = tills.text = tills.text.replace("once: [receipt, line]", "once: [$file, $row]")
    put(brokers, topic, sales(1, 2))
    assert tills.run().ended("applied") == 2
    for made in (2, 3):
        anew(sales(*range(10 * made, 11 * made)))
        tills.text = made_by_name.replace(brokers.servers, tills.text.partition("servers: [")[2].partition("]")[0])
        report = tills.run()
        assert [message.name for message in report.messages] == [
            f"{topic}-made-{made}-partition-0-offset-{offset}" for offset in range(made)
        ]
        assert report.ended("applied") == made


@pytest.mark.parametrize("when", ["before it is noted", "after it is noted", "after a message"])
def test_whoever_dies_as_a_topic_begins_again_leaves_nothing_out(tills, brokers, anew, monkeypatch, when):
    topic = topic_of(tills)
    put(brokers, topic, sales(1, 2))
    tills.run()
    again = anew(sales(11, 12, 13))
    with again.consumer(group_of(topic)) as consumer:  # as Kafka would if it had not deleted the group's offsets yet
        network = tills.pointsman.settings.network
        offset = TopicPartition(topic, 0, 2, f"pointsman {network}/tills")
        consumer.commit(offsets=[offset], asynchronous=False)

    def dying(*_arguments, **_options):
        raise Died

    place = "messages" if when == "before it is noted" else "put_away"
    real = getattr(KafkaSource, place)
    if when == "after it is noted":
        monkeypatch.setattr(type(tills.runner()), "_read", dying)
    else:
        monkeypatch.setattr(KafkaSource, place, dying if place == "put_away" else lambda *a: real(*a) and dying())
    with pytest.raises(Died):
        tills.run()
    monkeypatch.undo()
    report = tills.run()
    assert report.error == ""
    assert tills.on_hand("SHIRT", "lyon") == 10 - 2 - 3
    status = tills.pointsman.connectors.status("tills")
    assert (status.messages, status.applied, status.repeated) == (5, 5, 0)
    assert status.began_again
    assert again.committed(topic, group_of(topic)) == {0: 3}


def test_after_a_backup_was_restored_the_offsets_of_the_topic_of_now_are_gone_on_from(tills, brokers, topic, anew):
    put(brokers, topic, sales(1, 2))
    tills.run()
    again = anew(sales(11, 12, 13))
    tills.run()
    network = tills.pointsman.settings.network
    with again.consumer(group_of(topic)) as consumer:
        (committed,) = consumer.committed([TopicPartition(topic, 0)], timeout=20)
    assert (committed.offset, committed.metadata) == (3, f"pointsman {network}/tills #2")
    store = tills.pointsman.connectors
    place = store.place("tills")
    old = {f"kafka_made {topic}": "", f"kafka_offset {topic}/0": "2", f"kafka_last {topic}/0": "1 0123456789abcdef"}
    assert store.take_turn("tills", "its administrator")
    assert store.keep("tills", "its administrator", place.step + 1, Step(fields=old), now=0, since=0)
    store.end_turn("tills", "its administrator")
    put(again, topic, sales(14))
    report = tills.run()
    assert (report.began_again, report.ended("applied")) == ("", 1)
    assert report.messages[0].name == f"{topic}-made-2-partition-0-offset-3"
