"""Nodes that rest, as they are stored: written by commit_follow_up.lua with the rejection that begins a rest, ended
early here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.model.facts import Resting
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import END_REST


def rest_entry(rest: Resting) -> dict[str, Any]:
    """As the log has it."""
    because = {rule: dict(texts) for rule, texts in rest.because.items()}
    return {
        "until": rest.until,
        "since": rest.since,
        "reason": rest.reason,
        "decision": rest.decision,
        "policy_version": rest.policy_version,
        "because": because,
    }


def stored(entry: Mapping[str, Any]) -> str:
    """As `Keys.resting` has it: until when stands first, for scripts."""
    return f"{entry['until']} {orjson.dumps(entry).decode()}"


def rests(flat: Sequence[str], instant: int) -> dict[str, Resting]:
    """Those that last beyond `instant`, by node; `flat` is the hash as node, rest, node, rest."""
    found = {}
    for node, said in zip(flat[::2], flat[1::2], strict=True):
        until, _, entry = said.partition(" ")
        if int(until) > instant:
            found[node] = Resting(**orjson.loads(entry))
    return found


class Rests:
    """The nodes of one network that rest."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._ending = client.script("end_rest")

    def all(self, now: int) -> dict[str, Resting]:
        """By node."""
        with faults():
            found = self._client.redis.hgetall(self._keys.resting)
        return rests([part.decode() for item in sorted(found.items()) for part in item], now)

    def end(self, node: str, *, now: int, who: str, operation: str, seconds: int) -> bool:
        """Let the node rest no more; whether it did. `operation` is known for so many seconds."""
        keys = self._keys
        with faults():
            named = END_REST.keys(keys, operation=keys.operation(f"rest of {node}", operation))
            return bool(self._ending(keys=named, args=[node, now, who, seconds]))
