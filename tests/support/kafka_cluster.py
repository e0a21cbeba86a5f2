"""A cluster of Kafka for tests: librdkafka's own brokers, which speak the real protocol in this process."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

SECONDS = 20


@dataclass(frozen=True)
class KafkaBrokers:
    """`producer` runs them: they are gone with it."""

    producer: Producer

    @property
    def servers(self) -> str:
        brokers = self.producer.list_topics(timeout=SECONDS).brokers.values()
        return ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def put(
        self,
        topic: str,
        value: str | bytes | None,
        *,
        partition: int = 0,
        key: str | None = None,
        headers: Mapping[str, str] = {},  # never changed
    ) -> None:
        failures: list[KafkaError] = []
        self.producer.produce(
            topic,
            value=value,
            key=key,
            partition=partition,
            headers=dict(headers),
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
        assert self.producer.flush(SECONDS) == 0
        assert failures == []

    def committed(self, topic: str, group: str) -> dict[int, int]:
        """The offsets of a group, without partitions of which none is committed."""
        with self.consumer(group) as consumer:
            partitions = [TopicPartition(topic, each) for each in consumer.list_topics(topic).topics[topic].partitions]
            found = consumer.committed(partitions, timeout=SECONDS)
        return {each.partition: each.offset for each in found if each.offset >= 0}

    def commit(self, topic: str, group: str, offsets: Mapping[int, int]) -> None:
        """As `kafka-consumer-groups --reset-offsets` does."""
        with self.consumer(group) as consumer:
            read = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
            consumer.commit(offsets=read, asynchronous=False)

    def messages(self, topic: str) -> list[Any]:
        """Every message of a topic, a partition after the other."""
        with self.consumer("everything") as consumer:
            partitions = consumer.list_topics(topic).topics[topic].partitions
            consumer.assign([TopicPartition(topic, each, 0) for each in partitions])
            found, left = [], len(partitions)
            while left:
                message = consumer.poll(SECONDS)
                assert message is not None
                if message.error() is None:
                    found.append(message)
                else:
                    assert message.error().code() == KafkaError._PARTITION_EOF
                    left -= 1
        return found

    @contextmanager
    def consumer(self, group: str) -> Iterator[Consumer]:
        settings = {
            "bootstrap.servers": self.servers,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "log_level": 0,
        }
        with closing(Consumer(settings)) as consumer:
            yield consumer


@contextmanager
def kafka_brokers(number: int = 1) -> Iterator[KafkaBrokers]:
    producer = Producer({"test.mock.num.brokers": number, "bootstrap.servers": "none", "log_level": 0, "linger.ms": 0})
    yield KafkaBrokers(producer)
