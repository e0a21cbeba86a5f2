"""What came of the gates of policy versions."""

import msgspec

from engine.errors import KeyReused, NotFound
from engine.policies.gate_result import GateResultRecord
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import NOTE_GATE


class StoredGates:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def last(self, version: str) -> GateResultRecord | None:
        """What came of it the last time that it was run."""
        with faults():
            text = self._client.redis.hget(self._keys.policy_gates, version)
        return None if text is None else msgspec.json.decode(text, type=GateResultRecord)

    def keep(self, result: GateResultRecord, *, operation: str, at: int) -> None:
        """Store a result in the place of the one before. Raises NotFound, KeyReused."""
        with faults():
            state = self._client.script("policies/note_gate")(
                keys=NOTE_GATE.keys(self._keys),
                args=[
                    *(operation, result.version, msgspec.json.encode(result), result.run_by, at),
                    *(result.verdict, result.against or ""),
                ],
            )
        if state == b"missing":
            raise NotFound(f"no policy version {result.version} was published")
        if state == b"reused":
            raise KeyReused("this operation's id was used before, for something else")
