"""Offsets that are gone or those of others, and brokers that are not there: what a connector says of Kafka."""

import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import pytest

from api.connectors.sources.kafka import KafkaSource
from tests.support.kafka_tills import group_of, reading, sale


def test_offsets_that_kafka_has_forgotten_are_those_of_the_connector(tills, brokers, topic, running):
    for number in range(2):
        brokers.put(topic, sale(number))
    assert tills.run().ended("applied") == 2
    brokers.put(topic, sale(2))
    another = running(tills.text.replace(group_of(topic), "a-group-without-offsets"))
    report = another.run()
    assert [message.name for message in report.messages] == [f"{topic}-partition-0-offset-2"]
    assert brokers.committed(topic, "a-group-without-offsets") == {0: 3}


def test_the_offsets_of_a_group_that_another_system_left_are_gone_on_from(tills, brokers, topic):
    for number in range(3):
        brokers.put(topic, sale(number))
    brokers.commit(topic, group_of(topic), {0: 2})
    assert [message.name for message in tills.run().messages] == [f"{topic}-partition-0-offset-2"]


def test_offsets_that_a_person_sets_back_have_messages_read_again_which_changes_nothing(tills, brokers, topic):
    for number in range(3):
        brokers.put(topic, sale(number))
    tills.run()
    brokers.commit(topic, group_of(topic), {0: 0})
    report = tills.run()
    assert (report.error, report.ended("repeated")) == ("", 2)  # the last one is known as the last
    assert tills.on_hand("RARE", "lyon") == 0


@pytest.mark.parametrize("offset", [7, 2**40])
def test_an_offset_that_is_not_there_stops_the_connector_and_is_told_with_the_way_out(tills, brokers, topic, offset):
    brokers.put(topic, sale(0))
    brokers.commit(topic, group_of(topic), {0: offset})
    report = tills.run()
    assert f"{topic}, partition 0: message {offset} would be the next, and there are only 1" in report.error
    assert (
        f"kafka-consumer-groups --group {group_of(topic)} --topic {topic}:0 --reset-offsets --to-earliest"
        in report.error
    )
    assert tills.pointsman.connectors.status("tills").error == report.error
    brokers.commit(topic, group_of(topic), {0: 0})
    assert tills.run().ended("applied") == 1


def test_messages_that_kafka_deleted_before_they_were_read_are_told(tills, brokers, topic, monkeypatch):
    brokers.put(topic, sale(0))
    monkeypatch.setattr(KafkaSource, "_start", _with_bounds(KafkaSource._start, first=5, end=9))
    brokers.commit(topic, group_of(topic), {0: 2})
    assert "the messages 2 to 4 were deleted before they were read" in tills.run().error


def _with_bounds(real, *, first, end):
    """As it would be with these bounds: librdkafka's brokers delete nothing so soon."""
    return lambda source, committed, _first, _end: real(source, committed, first, end)


def test_two_connectors_do_not_share_a_group(tills, brokers, topic, running):
    brokers.put(topic, sale(0))
    tills.run()
    another = running(tills.text.replace("connector: tills", "connector: others"))
    brokers.put(topic, sale(1))
    network = tills.pointsman.settings.network
    assert (
        another.run().error == f"the group '{group_of(topic)}' is that of {network}/tills; give each connector its own"
    )
    assert tills.run().ended("applied") == 1


def test_a_group_that_others_have_joined_is_told(tills, brokers, topic):
    brokers.put(topic, sale(0))
    with brokers.consumer(group_of(topic)) as other:
        other.subscribe([topic])
        while not other.assignment():
            other.poll(0.1)
        report = tills.run()
    assert f"others read as the group '{group_of(topic)}'; give this connector a group of its own" in report.error
    assert tills.on_hand("RARE", "lyon") == 2


@pytest.mark.usefixtures("impatient")
def test_brokers_that_are_not_there_are_told_and_asked_again(running, brokers, topic, tmp_path):
    here = running(reading(topic, "127.0.0.1:1"))
    report = here.run()
    assert "Kafka at 127.0.0.1:1: " in report.error
    assert "Connection refused" in report.error
    assert here.pointsman.connectors.status("tills").error == report.error
    brokers.put(topic, sale(0))
    here.text = reading(topic, brokers.servers)
    assert here.run().ended("applied") == 1
    assert here.pointsman.connectors.status("tills").error == ""


def test_a_topic_that_is_not_there_is_told(running, brokers):
    assert "there is no topic 'sale'" in running(reading("sale", brokers.servers)).run().error


@pytest.fixture
def certificates(tmp_path):
    """Two that sign themselves, each of localhost, with their keys."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    for each in ("ours", "theirs"):
        files = ["-keyout", tmp_path / f"{each}-key.pem", "-out", tmp_path / f"{each}.pem"]
        subprocess.run(["openssl", "req", *kind, *files, *names], check=True, capture_output=True)
    return tmp_path


@contextmanager
def tls_broker(folder):
    """A server that speaks TLS, and what it heard of each connection first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "theirs.pem", folder / "theirs-key.pem")
    heard = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as secure:
                heard.append(secure.recv(1_000))

    with socketserver.ThreadingTCPServer(("localhost", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], heard
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("authority", ["ours", "theirs"])
def test_a_broker_is_told_nothing_unless_its_certificate_is_right(running, topic, certificates, monkeypatch, authority):
    monkeypatch.setenv("POINTSMAN_CONNECTOR_TILLS_PASSWORD", "hush")
    with tls_broker(certificates) as (port, heard):
        more = f", authority: {authority}.pem, sasl: plain, user: me, password: {{secret: PASSWORD}}"
        error = running(reading(topic, f"localhost:{port}", more)).run().error
    assert "hush" not in error
    assert ("certificate verify failed" in error) is (authority == "ours")
    assert any(b"pointsman" in first for first in heard) is (authority == "theirs")
    assert not any(b"hush" in first for first in heard)


def test_a_password_that_is_not_set_is_told(running, topic):
    more = ", sasl: plain, user: me, password: {secret: PASSWORD}"
    error = running(reading(topic, "localhost:1", more)).run().error
    assert error == "the setting POINTSMAN_CONNECTOR_TILLS_PASSWORD is not there; connector tills needs it"


def test_what_does_not_use_kafka_does_not_import_it():
    code = "import sys, api.connectors.running.turns; sys.exit('confluent_kafka' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_extra_everything_else_runs_and_a_connector_says_what_to_install(running, topic, monkeypatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    assert running(reading(topic, "kafka:9092")).run().error == (
        "confluent-kafka is not installed: pip install 'pointsman[kafka]'"
    )
