"""Sends messages to a topic of Kafka, which acknowledges them once all replicas that are in step have them."""

from typing import Any

from api.connectors.sending.outgoing import NotDelivered, OutgoingMessage, Refused
from api.connectors.sources.kafka_client import KafkaCluster, KafkaUnavailable, kafka

DELIVERY_SECONDS = 30
_SETTINGS = {
    "acks": "all",
    "enable.idempotence": True,
    "message.timeout.ms": DELIVERY_SECONDS * 1_000,
    "linger.ms": 0,
    "partitioner": "murmur2_random",  # that of Kafka's own clients
}


class KafkaDelivery:
    """Each message has its key, by which its reader knows one that came before."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._cluster = cluster
        self._producer: Any = None

    def deliver(self, message: OutgoingMessage) -> None:
        outcomes: list[Any] = []
        try:
            producer = self._opened()
            self._produce(producer, message, outcomes)
        except KafkaUnavailable as error:
            raise NotDelivered(str(error)) from None
        producer.flush(DELIVERY_SECONDS + 5)
        if not outcomes:
            raise NotDelivered(str(self._cluster.unavailable()))
        if outcomes[0] is not None:
            raise self._failure(outcomes[0])

    def close(self) -> None:
        """Without waiting for a message that was given up: it is sent again."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def _opened(self) -> Any:
        if self._producer is None:
            producer = self._cluster.producer(_SETTINGS)
            self._cluster.partitions(producer)
            self._producer = producer
        return self._producer

    def _produce(self, producer: Any, message: OutgoingMessage, outcomes: list[Any]) -> None:
        try:
            producer.produce(
                self._cluster.place.topic,
                value=message.body,
                key=message.key.encode(),
                headers={"content-type": message.content_type.encode()},
                on_delivery=lambda error, _: outcomes.append(error),
            )
        except kafka().KafkaException as error:
            raise self._failure(error.args[0]) from None

    def _failure(self, error: Any) -> NotDelivered | Refused:
        """What is said of this message alone is refused; all else is tried again."""
        library = kafka().KafkaError
        of_message = (library.MSG_SIZE_TOO_LARGE, library.INVALID_MSG, library.INVALID_RECORD, library.INVALID_MSG_SIZE)
        if error.code() in of_message:
            return Refused(f"{self._cluster.place.topic} refused the message: {error.str()}")
        return NotDelivered(str(self._cluster.unavailable(error)))
