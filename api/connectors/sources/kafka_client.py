"""How librdkafka is told to reach a cluster of Kafka, and what its errors mean in words.

confluent-kafka, which brings librdkafka, is the extra `kafka`: it is imported only where a connector uses a topic.
"""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api.connectors.language.places import Kafka, Secret, Text
from api.connectors.sources.message import SourceUnavailable

SECONDS = 10
"""For so long a broker is waited for."""


class KafkaUnavailable(SourceUnavailable):
    """Kafka can't be reached or used now, or confluent-kafka is not installed."""


class KafkaCluster:
    """`resolve` answers what a text of the connector's file is, secrets too; names of files are below `root`."""

    def __init__(self, place: Kafka, *, resolve: Callable[[Text], str], root: Path) -> None:
        self.place = place
        self._resolve = resolve
        self._root = root
        self._servers = ""
        self._heard = ""
        """What went wrong last with a connection."""

    def consumer(self, more: Mapping[str, Any]) -> Any:
        """Raises KafkaUnavailable, SecretMissing."""
        return self._client("Consumer", more)

    def producer(self, more: Mapping[str, Any]) -> Any:
        """Raises KafkaUnavailable, SecretMissing."""
        return self._client("Producer", more)

    def partitions(self, client: Any) -> tuple[str, list[int]]:
        """The id of the cluster, and the numbers of the topic's partitions. Raises KafkaUnavailable."""
        topic = self.place.topic
        try:
            metadata = client.list_topics(topic, timeout=SECONDS)
        except kafka().KafkaException as error:
            client.poll(0)  # which tells what went wrong with the connections
            raise self.unavailable(error.args[0]) from None
        found = metadata.topics[topic]
        if found.error is not None:
            raise self.unavailable(found.error)
        return metadata.cluster_id or "", sorted(found.partitions)

    def unavailable(self, error: Any = None) -> KafkaUnavailable:
        """The error as what keeps a connector from going on; None: nothing was answered."""
        library = kafka().KafkaError
        vague = (None, library._TRANSPORT, library._ALL_BROKERS_DOWN, library._TIMED_OUT, library._MSG_TIMED_OUT)  # noqa: SLF001  # their public names
        code = error.code() if error is not None else None
        if code in (library.UNKNOWN_TOPIC_OR_PART, library._UNKNOWN_TOPIC):  # noqa: SLF001
            reason = f"there is no topic '{self.place.topic}', or we may not see it; have it made, or correct 'kafka'"
        elif code in (library.UNKNOWN_MEMBER_ID, library.ILLEGAL_GENERATION, library.REBALANCE_IN_PROGRESS):
            reason = f"others read as the group '{self.place.group}'; give this connector a group of its own"
        elif code in vague and self._heard:
            reason = self._heard
        else:
            reason = error.str() if error is not None else f"no broker answered within {SECONDS} s"
        return KafkaUnavailable(f"Kafka at {self._servers}: {reason}")

    def _client(self, kind: str, more: Mapping[str, Any]) -> Any:
        library = kafka()
        settings = self._settings()
        self._servers = settings["bootstrap.servers"]
        try:
            return getattr(library, kind)({**settings, "error_cb": self._hear, **more})
        except library.KafkaException as error:
            raise self.unavailable(error.args[0]) from None

    def _hear(self, error: Any) -> None:
        if error.code() != kafka().KafkaError._ALL_BROKERS_DOWN or not self._heard:  # noqa: SLF001
            self._heard = error.str()

    def _settings(self) -> dict[str, Any]:
        """Settings of librdkafka. What goes wrong is told by its errors, so it writes no log of its own."""
        place, text = self.place, self._resolve
        servers = text(place.servers) if isinstance(place.servers, Secret) else ",".join(place.servers)
        protocol = f"{'SASL_' if place.sasl else ''}{'SSL' if place.tls else 'PLAINTEXT'}"
        settings: dict[str, Any] = {
            "bootstrap.servers": servers,
            "client.id": "pointsman",
            "security.protocol": protocol,
            "allow.auto.create.topics": False,
            "log_level": 0,
        }
        files = {
            "ssl.ca.location": place.authority,
            "ssl.certificate.location": place.certificate,
            "ssl.key.location": None if place.key is None else text(place.key),
        }
        settings |= {name: str(self._root / file) for name, file in files.items() if file is not None}
        if place.key_password is not None:
            settings["ssl.key.password"] = text(place.key_password)
        if place.sasl is not None and place.user is not None and place.password is not None:
            settings["sasl.mechanism"] = place.sasl.upper()
            settings |= {"sasl.username": text(place.user), "sasl.password": text(place.password)}
        return settings


def kafka() -> Any:
    """The library. Raises KafkaUnavailable if the extra is not installed."""
    try:
        return importlib.import_module("confluent_kafka")
    except ImportError:
        raise KafkaUnavailable("confluent-kafka is not installed: pip install 'pointsman[kafka]'") from None
