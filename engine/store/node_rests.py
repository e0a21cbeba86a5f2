"""Nodes that rest, as they are stored: commit_follow_up.lua writes a rest with the rejection that begins it, and people
may end it early.
"""

from collections.abc import Sequence

import msgspec

from engine.model.facts import NodeRest
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import END_REST

# `because` may be any mapping, and msgspec encodes dicts
_ENCODER = msgspec.json.Encoder(enc_hook=dict)
_DECODER = msgspec.json.Decoder(NodeRest)


def stored_rest(node_rest: NodeRest) -> str:
    """As `Keys.resting` has it: its end first, where scripts look for it."""
    return f"{node_rest.until} {_ENCODER.encode(node_rest).decode()}"


def rests_after(instant: int, fields: Sequence[str]) -> dict[str, NodeRest]:
    """The rests that last beyond `instant`, by node; `fields` is the hash as node, rest, node, rest."""
    node_rests = {}
    for node, text in zip(fields[::2], fields[1::2], strict=True):
        until, _, body = text.partition(" ")
        if int(until) > instant:
            node_rests[node] = _DECODER.decode(body)
    return node_rests


class NodeRests:
    """The rests of the nodes of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._end_rest = client.script("end_rest")

    def all(self, now: int) -> dict[str, NodeRest]:
        """By node."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.resting)
        return rests_after(now, [text.decode() for field in sorted(stored.items()) for text in field])

    def end(self, node: str, *, now: int, who: str, operation: str, seconds: int) -> bool:
        """End the node's rest; False if it does not rest. `operation` is remembered for so many seconds."""
        keys = self._keys
        script_keys = END_REST.keys(keys, operation=keys.operation(f"rest of {node}", operation))
        with faults():
            return bool(self._end_rest(keys=script_keys, args=[node, now, who, seconds]))
