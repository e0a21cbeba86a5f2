"""What connectors send to a topic of Kafka: each message under its key, also when it is sent again."""

import pytest

from api.connectors.sending.kafka_delivery import KafkaDelivery
from tests.support.connector_targets import Sending
from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.kafka_tills import Died

SENDS = "kind: shipment_orders\nsends: {kafka: TOPIC, servers: [SERVERS], most: 1}\nformat: json\nfields: {o: order}\n"


@pytest.fixture
def sender(pointsman, brokers, topic, tmp_path):
    """Sends shipments to a topic of the test's own."""
    brokers.producer.list_topics(topic)  # which makes it
    text = SENDS.replace("TOPIC", topic).replace("SERVERS", brokers.servers)
    here = Sending(pointsman=pointsman, root=tmp_path, text=text)
    assert here.run().begun
    return here


def test_each_shipment_is_a_message_with_its_key(sender, brokers, topic, pointsman):
    for name in ("W-1", "W-2"):
        json_of(pointsman.decide(order(("RARE", 1), id=name)))
    report = sender.run()
    assert (report.error, report.sent) == ("", 2)
    sent = {message.key(): message.value() for message in brokers.messages(topic)}
    assert sent == {b"out-1": b'{"o":"W-1"}', b"out-2": b'{"o":"W-2"}'}


def test_a_message_whose_sender_died_is_sent_again_under_the_same_key(sender, brokers, topic, pointsman, monkeypatch):
    json_of(pointsman.decide(order(("RARE", 1), id="W-1")))
    real = KafkaDelivery.deliver

    def dying(delivery, message):
        real(delivery, message)
        raise Died

    monkeypatch.setattr(KafkaDelivery, "deliver", dying)
    with pytest.raises(Died):
        sender.run()
    monkeypatch.setattr(KafkaDelivery, "deliver", real)
    assert sender.run().sent == 1
    assert [message.key() for message in brokers.messages(topic)] == [b"out-1", b"out-1"]


@pytest.mark.usefixtures("impatient")
def test_what_can_not_be_sent_now_is_sent_once_the_brokers_are_back(sender, brokers, topic, pointsman, clock):
    json_of(pointsman.decide(order(("RARE", 1), id="W-1")))
    there, sender.text = sender.text, sender.text.replace(brokers.servers, "127.0.0.1:1")
    assert "Connection refused" in sender.run().error
    status = pointsman.connectors.status("out")
    assert (status.waiting, status.oldest) == (1, clock.now)
    sender.text = there
    clock.now += 5
    assert sender.run().sent == 1


def test_a_message_that_is_too_large_for_kafka_is_put_aside_and_keeps_no_other_back(sender, brokers, topic, pointsman):
    twice = "a: {from: order, lookup: long}, b: {from: order, lookup: long}"
    sender.text = sender.text.replace("o: order", twice) + f"lookups: {{long: {{W-1: {'x' * 600_000}}}}}\n"
    json_of(pointsman.decide(order(("RARE", 1), id="W-1")))
    report = sender.run()
    (message,) = report.messages
    assert (report.error, report.sent) == ("", 0)
    assert f"{topic} refused the message: " in message.problems[0].message
    assert "too large" in message.problems[0].message
