"""Serial references of SSCCs: reserved before they are given out, so that none is given out twice whatever fails."""

from typing import Any

import orjson

from engine.errors import SerialsExhausted, SerialsTaken
from engine.fulfilment.parcels.sscc import BEFORE_CHECK, serials_of
from engine.model.parcels import ParcelTerms
from engine.store.connection.client import REPLICA_MILLISECONDS, Client, faults
from engine.store.keys import INSTALLATION, Keys
from engine.store.script_keys import RESERVE_SERIALS
from rules.syntax.literals import SECONDS_A_DAY

_BLOCKS = 10_000
_MOST_A_BLOCK = 1_000
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
    }


class Serials:
    """The ranges of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/reserve_serials")

    def reserve(self, terms: ParcelTerms, count: int) -> None:
        """Reserve enough for so many SSCCs to be given out. Raises SerialsExhausted, SerialsTaken, and StoreUnavailable
        if not enough replicas have it.
        """
        self._claim(terms)
        with faults():
            replicas = self._script(
                keys=RESERVE_SERIALS.keys(self._keys), args=[orjson.dumps(script_range(terms)), count]
            )
        if replicas == b"exhausted":
            raise exhausted(terms, count)
        if replicas:  # that follow, though none must: whichever of them takes over should know
            with faults(), self._client.one_connection(self._keys.serials) as pipe:
                pipe.exists(self._keys.serials)  # WAIT is about the writes that its own connection has seen
                pipe.execute_command("WAIT", replicas, REPLICA_MILLISECONDS)
                pipe.execute()

    def _claim(self, terms: ParcelTerms) -> None:
        """Two networks of one server that number by the same range would give out the same SSCCs."""
        name, claims = range_name(terms), Keys(INSTALLATION).claimed_serials
        with faults():
            self._client.redis.hsetnx(claims, name, self._keys.network)
            owner = self._client.redis.hget(claims, name).decode()
        if owner != self._keys.network:
            raise SerialsTaken(prefix=terms.gs1_prefix, extension=terms.extension, network=owner)

    def stored(self) -> dict[str, str]:
        """As they are stored."""
        with faults():
            return {
                name.decode(): text.decode() for name, text in self._client.redis.hgetall(self._keys.serials).items()
            }


def exhausted(terms: ParcelTerms, count: int) -> SerialsExhausted:
    return SerialsExhausted(prefix=terms.gs1_prefix, extension=terms.extension, needed=count)


def leap_after_restore(client: Client, keys: Keys, *, before: dict[str, str], seconds: int) -> None:
    """Go on above what may have been given out since a backup that is `seconds` old: above what was reserved where it
    is restored (`before`), and for each day begun by a thousandth of the range.
    """
    days = seconds // SECONDS_A_DAY + 1
    with faults():
        restored = client.redis.hgetall(keys.serials)
    texts = {name.decode(): text.decode() for name, text in restored.items()}
    for name in texts.keys() | before.keys():
        most = serials_of(name.partition(" ")[2])
        leap = _reserved(texts[name]) + days * (most // _A_DAY) if name in texts else 0
        ahead = max(leap, _reserved(before.get(name, "")))
        with faults():
            client.redis.hset(keys.serials, name, f"{ahead} {ahead} -")


def _reserved(text: str) -> int:
    """Up to which serial some may have been given out, by a field of `Keys.serials`."""
    parts = text.split(" ")
    return max(int(parts[0]), int(parts[1])) if len(parts) > 1 else 0
