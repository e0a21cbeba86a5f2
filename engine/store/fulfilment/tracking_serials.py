"""Serials of carriers' ranges of tracking numbers: reserved before they are given out, as those of SSCCs are.

Up to where a network may issue is known to the installation, too, before it reserves: what was issued stays known when
the network is reset, or restored from a backup.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import orjson

from engine.errors import Contended, NumbersExhausted, SerialsTaken
from engine.fulfilment.carriers.number_ranges import form_of
from engine.model.carriers import NumberRange
from engine.model.facts import Network
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.fulfilment.serials import one_reservation, wait_for_replicas
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.keys import INSTALLATION, Keys
from engine.store.script_keys import MARK_NUMBERS, RESERVE_NUMBERS
from rules.syntax.literals import SECONDS_A_DAY

ScriptRange: TypeAlias = Mapping[str, str | int]
"""As `script_ranges` of number_ranges.py makes it."""
_A_DAY = 100
"""Of a range, at most one in so many is issued a day: by that a backup that is restored elsewhere leaps ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRange:
    """A field of `Keys.tracking_serials` (see parts/number_ranges.lua)."""

    next: int = 0
    reserved: int = 0
    run: str = "-"
    mark: int = 0
    last: int = 0

    @classmethod
    def of(cls, text: str | None) -> Self:
        """None: of no text."""
        if text is None:
            return cls()
        next_serial, reserved, run, mark, last = text.split(" ")
        return cls(next=int(next_serial), reserved=int(reserved), run=run, mark=int(mark), last=int(last))

    @property
    def text(self) -> str:
        return f"{self.next} {self.reserved} {self.run} {self.mark} {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRange:
    """A field of `Keys.claimed_numbers`: `network` issues `first` to `last` of the form, for now below `mark`."""

    form: str
    first: int
    network: str
    last: int
    mark: int

    @property
    def field(self) -> str:
        return _field(self.form, self.first)

    @classmethod
    def of(cls, field: str, text: str) -> Self:
        form, _, first = field.rpartition("\t")
        network, last, mark = text.rsplit(" ", 2)
        return cls(form=form, first=int(first), network=network, last=int(last), mark=int(mark))


class TrackingSerials:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client, self._keys = client, keys
        self._reserve = client.script("fulfilment/reserve_numbers")
        self._leases = Leases(client, keys)

    def reserve(self, ranges: Sequence[ScriptRange], count: int, *, carrier: str) -> None:
        """Reserve enough for so many numbers to be given out of the ranges, as `script_ranges` has them. Raises
        NumbersExhausted, SerialsTaken, Contended, and StoreUnavailable if not enough replicas have it.
        """
        for _ in range(MOST_TRIES):
            with one_reservation(self._leases, self._keys):
                answer = self._planned_and_reserved(ranges, count, carrier=carrier)
            if answer[0] == b"exhausted":
                raise NumbersExhausted(carrier=carrier, needed=count)
            if answer[0] == b"done":
                wait_for_replicas(self._client, self._keys.tracking_serials, int(answer[1]))
                return
        raise Contended(f"tracking numbers of carrier '{carrier}' are reserved over and over; try again")

    def _planned_and_reserved(self, ranges: Sequence[ScriptRange], count: int, *, carrier: str) -> list[bytes]:
        """What reserve_numbers.lua answers; the installation knows before up to where it may reserve."""
        before = self._own_marks()
        planned = self._answer(ranges, count, before, None)
        if planned[0] == b"exhausted":
            return planned
        marks = self._mark(ranges, _by_field(planned[2:]), carrier=carrier)
        return self._answer(ranges, count, before, marks)

    def _own_marks(self) -> dict[str, int]:
        """By field, up to where the installation has marked the ranges of this network."""
        return {item.field: item.mark for item in claimed_ranges(self._client) if item.network == self._keys.network}

    def _answer(
        self, ranges: Sequence[ScriptRange], count: int, before: Mapping[str, int], marks: Mapping[str, int] | None
    ) -> list[bytes]:
        limits = b"" if marks is None else orjson.dumps(marks)
        with faults():
            answer: list[bytes] = self._reserve(
                keys=RESERVE_NUMBERS.keys(self._keys),
                args=[orjson.dumps(list(ranges)), count, orjson.dumps(before), limits],
            )
        return answer

    def _mark(self, ranges: Sequence[ScriptRange], reserved: Mapping[str, int], *, carrier: str) -> dict[str, int]:
        """Mark that so much is reserved, for the installation; by field, up to where it has marked then."""
        asked = [
            (str(item["form"]), int(item["first"]), int(item["last"]), _reserved_of(item, reserved)) for item in ranges
        ]
        answer = _mark(self._client, self._keys.network, asked)
        if answer[0] == b"taken":
            network, first, last = answer[1].decode(), int(answer[2]), int(answer[3])
            clash = next((one for one in asked if one[1] <= last and first <= one[2]), asked[0])
            raise SerialsTaken.of_numbers(
                carrier=carrier, network=network, first=first, last=last, asked=(clash[1], clash[2])
            )
        return _by_field(answer[1:])

    def verify_free(self, network: Network) -> None:
        """Raise SerialsTaken if another network of the server issues numbers of a range of this one's file."""
        claimed = [item for item in claimed_ranges(self._client) if item.network != self._keys.network]
        for carrier, numbers in _ranges_of(network):
            for other in claimed:
                if other.form == form_of(numbers) and numbers.first <= other.last and other.first <= numbers.last:
                    raise SerialsTaken.of_numbers(
                        carrier=carrier,
                        network=other.network,
                        first=other.first,
                        last=other.last,
                        asked=(numbers.first, numbers.last),
                    )

    def release(self, network: Network | None) -> None:
        """Of ranges that the file does not have (any more), other networks may issue what this one did not. None: the
        network was reset.
        """
        ends = {} if network is None else {_field_of(item): item.last for _, item in _ranges_of(network)}
        own = [item for item in claimed_ranges(self._client) if item.network == self._keys.network]
        shrunk = [
            (item.form, item.first, min(item.last, ends.get(item.field, item.first - 1)), 0)
            for item in own
            if item.last > ends.get(item.field, item.first - 1)
        ]
        if shrunk:
            _mark(self._client, self._keys.network, shrunk)

    def issued(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """By form of a range: serials that were issued, each pair from the first to before the second."""
        issued: dict[str, list[tuple[int, int]]] = {}
        stored = {field: StoredRange.of(text) for field, text in self.stored().items()}
        nexts = {field: item.next for field, item in stored.items()}
        for field, mark in self._own_marks().items():
            if mark > stored.get(field, StoredRange()).mark:  # it was reset, or is that of an older backup
                nexts[field] = max(nexts.get(field, 0), mark)
        for field, next_serial in nexts.items():
            form, _, first = field.rpartition("\t")
            issued.setdefault(form, []).append((int(first), next_serial))
        return issued

    def stored(self) -> dict[str, str]:
        """As they are stored."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.tracking_serials)
        return {field.decode(): text.decode() for field, text in stored.items()}


def claimed_ranges(client: Client) -> list[ClaimedRange]:
    """The ranges that networks of the server issue tracking numbers of."""
    with faults():
        claimed = client.redis.hgetall(Keys(INSTALLATION).claimed_numbers)
    return [ClaimedRange.of(field.decode(), text.decode()) for field, text in claimed.items()]


def mark_restored_numbers(client: Client, keys: Keys, ranges: Iterable[NumberRange], *, seconds: int) -> None:
    """Of a network with these ranges that is restored from a backup made so long ago: they have to be reserved anew.
    Where the installation does not know them, more may have been issued since than the backup has, at most a hundredth
    of each range for each day begun; that is left out, also of ranges that were not begun yet.
    """
    days = seconds // SECONDS_A_DAY + 1
    known = {item.field for item in claimed_ranges(client)}
    serials = TrackingSerials(client, keys)
    stored = {field: StoredRange.of(text) for field, text in serials.stored().items()}
    for numbers in ranges:
        begun = StoredRange(next=numbers.first, reserved=numbers.first, last=numbers.last)
        stored.setdefault(_field_of(numbers), begun)
    for field, item in stored.items():
        form, _, first = field.rpartition("\t")
        ahead = max(item.next, item.reserved)
        last = max(item.last, ahead - 1)
        mark = item.mark
        if field not in known:
            ahead = min(ahead + days * max(1, (last - int(first) + 1) // _A_DAY), last + 1)
            answer = _mark(client, keys.network, [(form, int(first), last, ahead)])
            mark = _by_field(answer[1:])[field] if answer[0] == b"done" else mark
        restored = StoredRange(next=ahead, reserved=ahead, mark=mark, last=last)
        with faults():
            client.redis.hset(keys.tracking_serials, field, restored.text)


def _mark(client: Client, network: str, ranges: Sequence[tuple[str, int, int, int]]) -> list[bytes]:
    """Ranges as mark_numbers.lua takes them; its answer."""
    with faults():
        answer: list[bytes] = client.script("fulfilment/mark_numbers")(
            keys=MARK_NUMBERS.keys(Keys(INSTALLATION)), args=[network, orjson.dumps(ranges)]
        )
    return answer


def _ranges_of(network: Network) -> Iterator[tuple[str, NumberRange]]:
    """Each range of the network's carriers, with its carrier."""
    return ((account.id, numbers) for account in network.carriers.values() for numbers in account.ranges)


def _reserved_of(numbers: ScriptRange, reserved: Mapping[str, int]) -> int:
    return reserved.get(_field(str(numbers["form"]), int(numbers["first"])), 0)


def _field(form: str, first: int) -> str:
    return f"{form}\t{first}"


def _field_of(numbers: NumberRange) -> str:
    return _field(form_of(numbers), numbers.first)


def _by_field(pairs: Iterable[bytes]) -> dict[str, int]:
    fields = iter(pairs)
    return {field.decode(): int(serial) for field, serial in zip(fields, fields, strict=True)}
