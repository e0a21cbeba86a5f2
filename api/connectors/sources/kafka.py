"""Messages of a topic of Kafka: each is one document.

All partitions are read, without joining the consumer group: one process at a time runs a connector, so partitions need
not be shared out, and no rebalance takes one away from it. The group's offsets say where to go on. An offset is
committed once its message is over; a process that dies before that finds in its place which message it was reading.
The connector's place has the same offsets, as Kafka forgets those of a group that has been idle for a week.
"""

import io
import time
from collections.abc import Callable, Mapping
from typing import Any

from api.connectors.sources.kafka_client import SECONDS, KafkaCluster, KafkaUnavailable, kafka
from api.connectors.sources.message import OVER, READING, Message, nothing

MOST_AT_ONCE = 1_000
MOST_BYTES = 16 << 20
"""Messages that are held in memory."""
KEY_HEADER = "kafka-key"
"""The header by which a connector's file finds the key of a message."""
_POLL_SECONDS = 0.2
_CLUSTER, _OFFSET = "kafka_cluster", "kafka_offset"
_SETTINGS: Mapping[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "session.timeout.ms": SECONDS * 1_000,  # for so long a commit waits for the coordinator of the group
    "fetch.wait.max.ms": 100,
    "queued.min.messages": MOST_AT_ONCE,
    "queued.max.messages.kbytes": MOST_BYTES >> 10,
}


class KafkaSource:
    """`owner` is written beside the offsets that are committed, and tells whose they are. A turn reads what is there
    when it begins.
    """

    def __init__(self, cluster: KafkaCluster, *, owner: str, now: Callable[[], int]) -> None:
        self._cluster = cluster
        self._topic = cluster.place.topic
        self._owner = f"pointsman {owner}"
        self._now = now
        self._consumer: Any = None
        self._cluster_id = ""
        self._ends: dict[int, int] = {}
        """Of each partition that is not read to its end yet, the offset behind its last message."""
        self._next: dict[int, int] = {}
        self._resumed: int | None = None
        """The partition whose first message was being read when a process died: that one comes before any other."""
        self.behind = 0
        self.hold = nothing

    def messages(self, place: Mapping[str, str]) -> list[Message]:
        """Some of those that were not read, in the order of each partition. A message without a value, which deletes
        its key in a compacted topic, is one without a byte, and so one with a mistake.
        """
        if self._consumer is None:
            self._begin(place)
        most = MOST_AT_ONCE if self._resumed is None else 1
        records, size, until = [], 0, time.monotonic() + SECONDS
        while self._ends and len(records) < most and size < MOST_BYTES:
            self.hold()
            record = self._consumer.poll(_POLL_SECONDS)
            if record is not None and self._is_new(record):
                records.append(self._message(record))
                size += len(record)
                until = time.monotonic() + SECONDS
            elif time.monotonic() > until:
                raise self._cluster.unavailable()
        if self._resumed is not None:
            self._resumed = None
            self._assign()
        self.behind = sum(end - self._next[partition] for partition, end in self._ends.items())
        return records

    def put_away(self, message: Message, *, quarantined: bool) -> None:  # noqa: ARG002  # a copy of what is bad is kept here
        """Commit that it was read, and those before it of its partition."""
        _, partition, offset = message.id.rsplit("/", 2)
        self._commit(int(partition), int(offset) + 1)

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()

    def _begin(self, place: Mapping[str, str]) -> None:
        self.hold()
        consumer = self._cluster.consumer({"group.id": self._cluster.place.group, **_SETTINGS})
        self._consumer = consumer
        try:
            self._cluster_id, partitions = self._cluster.partitions(consumer)
            self._find_bounds(partitions, place)
            self._assign()
        except BaseException:
            self._consumer = None
            consumer.close()
            raise

    def _assign(self) -> None:
        partitions = self._ends if self._resumed is None else [self._resumed]
        self._consumer.assign([kafka().TopicPartition(self._topic, each, self._next[each]) for each in partitions])

    def _find_bounds(self, partitions: list[int], place: Mapping[str, str]) -> None:
        """From where to where each partition is read. Raises KafkaUnavailable."""
        library, topic, consumer = kafka(), self._topic, self._consumer
        known = place if place.get(_CLUSTER, "") == self._cluster_id else {}
        try:
            committed = consumer.committed([library.TopicPartition(topic, each) for each in partitions], SECONDS)
            for each in committed:
                number = each.partition
                self.hold()
                first, end = consumer.get_watermark_offsets(library.TopicPartition(topic, number), SECONDS)
                start = self._start(each, known.get(self._field(number)), first, end)
                if place.get(OVER) == f"{topic}/{number}/{start}":  # it was over when a process died before the commit
                    start += 1
                    self._commit(number, start)
                if place.get(READING) == f"{topic}/{number}/{start}":
                    self._resumed = number
                if start < end:
                    self._next[number], self._ends[number] = start, end
        except library.KafkaException as error:
            raise self._cluster.unavailable(error.args[0]) from None

    def _commit(self, partition: int, offset: int) -> None:
        self.hold()
        library = kafka()
        read = library.TopicPartition(self._topic, partition, offset, self._owner)
        try:
            (committed,) = self._consumer.commit(offsets=[read], asynchronous=False)
        except library.KafkaException as error:
            raise self._cluster.unavailable(error.args[0]) from None
        if committed.error is not None:
            raise self._cluster.unavailable(committed.error)

    def _start(self, committed: Any, kept: str | None, first: int, end: int) -> int:
        """The offset to go on from: the group's, or that of the connector's place, or the oldest there is."""
        if committed.error is not None:
            raise self._cluster.unavailable(committed.error)
        group, where = self._cluster.place.group, f"{self._topic}, partition {committed.partition}"
        told = committed.metadata or ""
        if committed.offset >= 0 and told.startswith("pointsman ") and told != self._owner:
            message = f"the group '{group}' is that of {told.removeprefix('pointsman ')}; give each connector its own"
            raise KafkaUnavailable(message)
        start = committed.offset if committed.offset >= 0 else int(kept) if kept else first
        if not first <= start <= end:
            lost = (
                f"the messages {start} to {first - 1} were deleted before they were read"
                if start < first
                else f"message {start} would be the next, and there are only {end}: was the topic made anew?"
            )
            raise KafkaUnavailable(
                f"{where}: {lost}; to go on with what there is: kafka-consumer-groups --group {group}"
                f" --topic {self._topic}:{committed.partition} --reset-offsets --to-earliest --execute"
            )
        return start

    def _is_new(self, record: Any) -> bool:
        """Whether it is a message to be read, and no word about a partition. Raises KafkaUnavailable."""
        partition, error = record.partition(), record.error()
        if error is not None:
            if error.code() != kafka().KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                raise self._cluster.unavailable(error)
            self._ends.pop(partition, None)
            return False
        end = self._ends.get(partition, 0)
        self._next[partition] = record.offset() + 1
        if self._next[partition] >= end:
            self._ends.pop(partition, None)
        return bool(record.offset() < end)

    def _message(self, record: Any) -> Message:
        partition, offset = record.partition(), record.offset()
        body = record.value() or b""
        kind, written = record.timestamp()
        now = self._now()
        return Message(
            id=f"{self._topic}/{partition}/{offset}",
            name=f"{self._topic}-partition-{partition}-offset-{offset}",
            received_at=min(written // 1_000, now) if kind else now,
            open=lambda: io.BytesIO(body),
            headers=_headers(record),
            after={_CLUSTER: self._cluster_id, self._field(partition): str(offset + 1)},
        )

    def _field(self, partition: int) -> str:
        return f"{_OFFSET} {self._topic}/{partition}"


def _headers(record: Any) -> dict[str, str]:
    """Those of the message, and its key. Of several with one name, the last counts, as of Kafka's own `lastHeader`."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers() or ()}
    return headers if record.key() is None else {**headers, KEY_HEADER: record.key().decode(errors="replace")}
