"""What came of the gates of policy versions, and which were asked to be run."""

import msgspec

from engine.actor import Author
from engine.errors import KeyReused, NotFound
from engine.policies.gate_result import GateResultRecord
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import NOTE_GATE


class StoredGates:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)

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

    def ask(self, version: str, who: Author) -> None:
        """Ask for a version's gate to be run by whoever takes the next turn; again, nothing changes."""
        with faults():
            self._client.redis.hsetnx(self._keys.asked_gates, version, msgspec.json.encode(who))

    def asked(self) -> dict[str, Author]:
        """The versions whose gates are to be run, and who asked for it."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.asked_gates)
        return {version.decode(): msgspec.json.decode(who, type=Author) for version, who in stored.items()}

    def drop(self, version: str) -> None:
        """Of a gate that can't be run, no longer ask for it."""
        with faults():
            self._client.redis.hdel(self._keys.asked_gates, version)

    def take_turn(self, who: str, *, milliseconds: int) -> bool:
        """Whether `who` alone runs gates for so long from now on."""
        return self._leases.take(self._keys.gate_lease, who, milliseconds=milliseconds)

    def end_turn(self, who: str) -> None:
        """Let others have their turn."""
        self._leases.give_back(self._keys.gate_lease, who)
