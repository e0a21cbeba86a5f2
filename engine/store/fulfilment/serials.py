"""Serial references of SSCCs: reserved before they are given out, so that none is given out twice whatever fails."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import orjson

from engine.errors import SerialsExhausted, SerialsTaken
from engine.fulfilment.parcels.sscc import BEFORE_CHECK, serials_of
from engine.model.parcels import ParcelTerms
from engine.store.connection.client import REPLICA_MILLISECONDS, Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import INSTALLATION, Keys
from engine.store.script_keys import MARK_SERIALS, RESERVE_SERIALS
from rules.syntax.literals import SECONDS_A_DAY

_BLOCKS = 10_000
_MOST_A_BLOCK = 1_000
_ALONE = 50
"""Of a block where no replica follows."""
_RESERVING = 5.0
"""Seconds that one process may reserve numbers before others do."""
_A_DAY = 1_000
"""Of a range, at most one in so many is given out a day: by that a restored backup leaps ahead."""


def range_name(terms: ParcelTerms) -> str:
    """The field of `Keys.serials`."""
    return f"{terms.extension} {terms.gs1_prefix}"


def script_range(terms: ParcelTerms) -> dict[str, Any]:
    """As parts/serials.lua takes it."""
    most = serials_of(terms.gs1_prefix)
    return {
        "name": range_name(terms),
        "head": f"{terms.extension}{terms.gs1_prefix}",
        "digits": BEFORE_CHECK - 1 - len(terms.gs1_prefix),
        "first": terms.first_serial,
        "most": most,
        "block": min(_MOST_A_BLOCK, most // _BLOCKS),
        "alone": _ALONE,
    }


class Serials:
    """The ranges of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._mark = client.script("fulfilment/mark_serials")
        self._reserve = client.script("fulfilment/reserve_serials")
        self._leases = Leases(client, keys)

    def reserve(self, terms: ParcelTerms, count: int) -> None:
        """Reserve more, so that so many SSCCs may be given out, at the third call at the latest. Raises
        SerialsExhausted, SerialsTaken, and StoreUnavailable if not enough replicas have it.
        """
        with one_reservation(self._leases, self._keys):
            marked, mark = self._marked(terms, count)
            with faults():
                replicas = self._reserve(
                    keys=RESERVE_SERIALS.keys(self._keys), args=[orjson.dumps(script_range(terms)), count, marked, mark]
                )
        if replicas == b"exhausted":
            raise exhausted(terms, count)
        wait_for_replicas(self._client, self._keys.serials, replicas)

    def _marked(self, terms: ParcelTerms, count: int) -> tuple[int, int]:
        """Up to where the installation had marked the range, and up to where it has from now on."""
        name = range_name(terms)
        with faults():
            stored = _Stored.of(self._client.redis.hget(self._keys.serials, name))
            reserved = max(stored.next, stored.reserved, terms.first_serial)
            more = script_range(terms)["block"] + count
            answer = self._mark(
                keys=MARK_SERIALS.keys(Keys(INSTALLATION)),
                args=[name, self._keys.network, stored.mark, reserved, more],
            )
        if answer[0] == b"taken":
            raise SerialsTaken.of_ssccs(prefix=terms.gs1_prefix, extension=terms.extension, network=answer[1].decode())
        return int(answer[1]), int(answer[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A field of `Keys.serials`."""

    next: int = 0
    reserved: int = 0
    mark: int = 0

    @classmethod
    def of(cls, text: bytes | None) -> Self:
        if text is None:
            return cls()
        next_serial, _, reserved, _, mark = text.decode().split(" ")
        return cls(next=int(next_serial), reserved=int(reserved), mark=int(mark))


def one_reservation(leases: Leases, keys: Keys) -> AbstractContextManager[None]:
    """While one process reserves numbers of a network, others wait. Between the mark of the installation and what the
    network stores, another would take the network for one that was reset, and leave out all numbers before the mark.
    Whoever does not end is waited for 5 s: then numbers may be left out, and none comes twice.
    """
    return leases.waited_for(keys.reserving_numbers, seconds=_RESERVING)


def wait_for_replicas(client: Client, key: str, replicas: int) -> None:
    """Until those that follow have what was written of the key: whichever of them takes over should know."""
    if replicas:
        with faults(), client.one_connection(key) as pipe:
            pipe.exists(key)  # WAIT is about the writes that its own connection has seen
            pipe.execute_command("WAIT", replicas, REPLICA_MILLISECONDS)
            pipe.execute()


def exhausted(terms: ParcelTerms, count: int) -> SerialsExhausted:
    return SerialsExhausted(prefix=terms.gs1_prefix, extension=terms.extension, needed=count)


def mark_restored(client: Client, keys: Keys, *, seconds: int) -> None:
    """Of a network that was restored from a backup made so long ago: its ranges have to be reserved anew. Where the
    installation does not know them, more may have been given out since than the backup has, at most a thousandth of a
    range for each day begun.
    """
    days, mark = seconds // SECONDS_A_DAY + 1, client.script("fulfilment/mark_serials")
    with faults():
        marks = client.redis.hgetall(Keys(INSTALLATION).claimed_serials)
        for name, text in client.redis.hgetall(keys.serials).items():
            stored = _Stored.of(text)
            client.redis.hset(
                keys.serials, name, f"{stored.next} {stored.next} {stored.reserved} - {stored.mark}"
            )  # of no run
            if name not in marks:
                since = days * (serials_of(name.decode().partition(" ")[2]) // _A_DAY)
                arguments = [name, keys.network, stored.mark, max(stored.next, stored.reserved), since]
                mark(keys=MARK_SERIALS.keys(Keys(INSTALLATION)), args=arguments)
