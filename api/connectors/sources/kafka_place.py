"""What a connector's place says of a topic: how far each partition was read, by which message it is told that the topic
is still the same, and how often it was made anew.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CLUSTER, _OFFSET, _LAST, _MADE = "kafka_cluster", "kafka_offset", "kafka_last", "kafka_made"
"""Fields of the place: the last three with the topic's name behind, and two of these with its partition."""
_DIGEST_LETTERS = 16


class TopicMadeAnew(Exception):
    """The topic is another than the one of its name that was read, and its offsets began again at 0."""


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last message that was read of a partition."""

    offset: int
    digest: str

    def is_another(self, record: Any) -> bool:
        """Whether something else than it is at its offset."""
        return bool(record.offset() == self.offset and digest_of(record) != self.digest)


class TopicPlace:
    """Of one topic, as a connector's place has it. What was stored of another cluster is not about this one. `made` is
    which one of its name it is: 1, and one more each time that it was found made anew.
    """

    def __init__(self, topic: str, fields: Mapping[str, str], *, cluster: str) -> None:
        self._topic = topic
        self._cluster = cluster
        self._fields = dict(fields) if fields.get(_CLUSTER, "") == cluster else {}
        self.made = int(self._fields.get(f"{_MADE} {topic}", "1"))

    @property
    def mark(self) -> str:
        """What ids of its messages and offsets that are committed have in them, so that those of the topic before are
        known to be others; nothing of the first.
        """
        return f"#{self.made}" if self.made > 1 else ""

    def next(self, partition: int) -> int | None:
        """The offset behind the last message that was read; None if none was."""
        kept = self._fields.get(self._field(_OFFSET, partition))
        return None if kept is None else int(kept)

    def last(self, partition: int) -> LastRead | None:
        """None if none was read, or an earlier release read it."""
        offset, _, digest = self._fields.get(self._field(_LAST, partition), "").partition(" ")
        return LastRead(int(offset), digest) if digest else None

    def after(self, record: Any) -> dict[str, str]:
        """The fields once that message is over."""
        partition, offset = record.partition(), record.offset()
        return {
            _CLUSTER: self._cluster,
            self._field(_OFFSET, partition): str(offset + 1),
            self._field(_LAST, partition): f"{offset} {digest_of(record)}",
            f"{_MADE} {self._topic}": str(self.made) if self.made > 1 else "",
        }

    def become(self, made: int) -> None:
        """It is the topic `made`: what was kept is about one before it."""
        self.made = made
        self._fields = {}

    def begin_again(self) -> dict[str, str]:
        """It was made anew: what the place has of it from now on. An empty field is deleted."""
        begins = tuple(f"{name} {self._topic}/" for name in (_OFFSET, _LAST))
        forgotten = {name: "" for name in self._fields if name.startswith(begins)}
        self.become(self.made + 1)
        return {**forgotten, _CLUSTER: self._cluster, f"{_MADE} {self._topic}": str(self.made)}

    def _field(self, name: str, partition: int) -> str:
        return f"{name} {self._topic}/{partition}"


def digest_of(record: Any) -> str:
    """The same of the same message at the same offset; of another one another."""
    digest = hashlib.sha256()
    for part in (str(record.timestamp()).encode(), record.key() or b"", record.value() or b""):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:_DIGEST_LETTERS]
