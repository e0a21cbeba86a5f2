"""Messages of a topic of Kafka: each is one document.

All partitions are read, without joining the consumer group: one process at a time runs a connector, so partitions need
not be shared out, and no rebalance takes one away from it. The group's offsets say where to go on. An offset is
committed once its message is over; a process that dies before that finds in its place which message it was reading.
The connector's place has the same offsets, as Kafka forgets those of a group that has been idle for a week, and the
last message of each partition, by which a topic that was made anew is told from the one before.
"""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.connectors.sources.kafka_client import SECONDS, KafkaCluster, KafkaUnavailable, kafka
from api.connectors.sources.kafka_place import LastRead, TopicMadeAnew, TopicPlace
from api.connectors.sources.message import OVER, READING, Message, nothing

MOST_AT_ONCE = 1_000
MOST_BYTES = 16 << 20
"""Messages that are held in memory."""
KEY_HEADER = "kafka-key"
"""The header by which a connector's file finds the key of a message."""
_POLL_SECONDS = 0.2
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
        self._place = TopicPlace(self._topic, {}, cluster="")
        self._ends: dict[int, int] = {}
        """Of each partition that is not read to its end yet, the offset behind its last message."""
        self._next: dict[int, int] = {}
        self._resumed: int | None = None
        """The partition whose first message was being read when a process died: that one comes before any other."""
        self._witnesses: dict[int, LastRead] = {}
        """Messages that were read and have to be there still, by their partitions."""
        self.behind = 0
        self.began_again = ""
        self.fields_of_beginning: dict[str, str] = {}
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
            cluster_id, partitions = self._cluster.partitions(consumer)
            self._place = TopicPlace(self._topic, place, cluster=cluster_id)
            try:
                self._find_bounds(partitions, place)
                self._verify_topic()
            except TopicMadeAnew as found:
                self.began_again = (
                    f"the topic {self._topic} was made anew since it was read: {found}; it is read from its start"
                )
                self.fields_of_beginning = self._place.begin_again()
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
        """From where to where each partition is read. Raises KafkaUnavailable, TopicMadeAnew."""
        library, topic, consumer = kafka(), self._topic, self._consumer
        self._next, self._ends, self._witnesses, self._resumed = {}, {}, {}, None
        try:
            committed = consumer.committed([library.TopicPartition(topic, each) for each in partitions], SECONDS)
            self._know_later_topic(committed)
            for each in committed:
                number = each.partition
                self.hold()
                first, end = consumer.get_watermark_offsets(library.TopicPartition(topic, number), SECONDS)
                start = self._start(each, first, end)
                last = self._place.last(number)
                if last is not None and first <= last.offset == start - 1 and (start < end or each.offset < 0):
                    self._witnesses[number] = last
                if place.get(OVER) == self._id(number, start):  # it was over when a process died before the commit
                    start += 1
                    self._commit(number, start)
                if place.get(READING) == self._id(number, start):
                    self._resumed = number
                if start < end:
                    self._next[number], self._ends[number] = start, end
        except library.KafkaException as error:
            raise self._cluster.unavailable(error.args[0]) from None

    def _commit(self, partition: int, offset: int) -> None:
        self.hold()
        library = kafka()
        read = library.TopicPartition(self._topic, partition, offset, f"{self._owner} {self._place.mark}".rstrip())
        try:
            (committed,) = self._consumer.commit(offsets=[read], asynchronous=False)
        except library.KafkaException as error:
            raise self._cluster.unavailable(error.args[0]) from None
        if committed.error is not None:
            raise self._cluster.unavailable(committed.error)

    def _know_later_topic(self, committed: Sequence[Any]) -> None:
        """What was committed is of a later topic than the place knows, if the place is that of a restored backup."""
        made = max((_made(each) for each in committed if self._is_ours(each)), default=1)
        if made > self._place.made:
            self._place.become(made)

    def _is_ours(self, committed: Any) -> bool:
        """Raises KafkaUnavailable if another Pointsman, or another connector, committed it."""
        told = committed.metadata or ""
        if committed.offset < 0 or not told.startswith("pointsman "):
            return False
        owner = told.partition(" #")[0]
        if owner != self._owner:
            message = (
                f"the group '{self._cluster.place.group}' is that of {owner.removeprefix('pointsman ')};"
                " give each connector its own"
            )
            raise KafkaUnavailable(message)
        return True

    def _start(self, committed: Any, first: int, end: int) -> int:
        """The offset to go on from: the group's, or that of the connector's place, or the oldest there is. Raises
        KafkaUnavailable, TopicMadeAnew.
        """
        if committed.error is not None:
            raise self._cluster.unavailable(committed.error)
        kept = self._place.next(committed.partition)
        is_of_topic_before = self._is_ours(committed) and _made(committed) < self._place.made
        if committed.offset >= 0 and not is_of_topic_before:
            start = committed.offset
        else:
            start = first if kept is None else kept
        if start > end and start == kept:
            raise TopicMadeAnew(f"{start} messages of partition {committed.partition} were read, and it has {end}")
        if not first <= start <= end:
            raise self._out_of_bounds(committed.partition, start, first, end)
        return start

    def _out_of_bounds(self, partition: int, start: int, first: int, end: int) -> KafkaUnavailable:
        lost = (
            f"the messages {start} to {first - 1} were deleted before they were read"
            if start < first
            else f"message {start} would be the next, and there are only {end}: was the topic made anew?"
        )
        return KafkaUnavailable(
            f"{self._topic}, partition {partition}: {lost}; to go on with what there is: kafka-consumer-groups"
            f" --group {self._cluster.place.group} --topic {self._topic}:{partition} --reset-offsets --to-earliest"
            " --execute"
        )

    def _verify_topic(self) -> None:
        """Raises TopicMadeAnew if another message is where one was read, and KafkaUnavailable."""
        left = dict(self._witnesses)
        self._consumer.assign([kafka().TopicPartition(self._topic, each, left[each].offset) for each in left])
        until = time.monotonic() + SECONDS
        while left:
            self.hold()
            record = self._consumer.poll(_POLL_SECONDS)
            if record is None:
                if time.monotonic() > until:
                    raise self._cluster.unavailable()
                continue
            if record.error() is not None and record.error().code() != kafka().KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                raise self._cluster.unavailable(record.error())
            last = left.pop(record.partition(), None)
            if last is not None and record.error() is None and last.is_another(record):
                raise TopicMadeAnew(
                    f"message {last.offset} of partition {record.partition()} is another than was read there"
                )

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
            id=self._id(partition, offset),
            name=f"{self._topic}{self._place.mark.replace('#', '-made-')}-partition-{partition}-offset-{offset}",
            received_at=min(written // 1_000, now) if kind else now,
            open=lambda: io.BytesIO(body),
            headers=_headers(record),
            after=self._place.after(record),
        )

    def _id(self, partition: int, offset: int) -> str:
        return f"{self._topic}{self._place.mark}/{partition}/{offset}"


def _headers(record: Any) -> dict[str, str]:
    """Those of the message, and its key. Of several with one name, the last counts, as of Kafka's own `lastHeader`."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers() or ()}
    return headers if record.key() is None else {**headers, KEY_HEADER: record.key().decode(errors="replace")}


def _made(committed: Any) -> int:
    """Of which topic of its name an offset is that we committed."""
    made = (committed.metadata or "").partition(" #")[2]
    return int(made) if made.isascii() and made.isdigit() else 1
