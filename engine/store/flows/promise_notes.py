"""Notes of held shipments how far they have come, and that their promises are at risk; each is an entry of the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.store.connection.client import Client, faults
from engine.store.flows.promise_state import PromiseState, promise_field
from engine.store.hold_changes.change_script import entry_fields
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.outcomes import HoldChanged, NotHeld, OperationReused
from engine.store.script_keys import NOTE_PROMISE


@dataclass(frozen=True, slots=True)
class Noted:
    """It is in the ledger and the log; `answer` is that of the request that came first under the operation."""

    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseNote:
    """A change of the state of a shipment's promise, logged at `now` as an entry of the `kind` with `details`."""

    decision: str
    number: int
    before: str
    kind: str
    now: int
    details: Mapping[str, Any]


def member_of(decision: str, number: int) -> str:
    """A shipment as the index of promises and the marks name it."""
    return f"{decision} {number}"


def shipment_of(member: str) -> tuple[str, int]:
    """The decision, and the number of the shipment in it."""
    decision, _, number = member.rpartition(" ")
    return decision, int(number)


def states_of(hold: Mapping[bytes, bytes]) -> dict[int, str]:
    """By number of each shipment that is held, what a stored hold has of its promise, as it is stored."""
    numbers = [int(name) for name in hold if name.isdigit()]
    return {number: hold.get(promise_field(number).encode(), b"").decode() for number in numbers}


class PromiseNotes:
    """The promises of one network, as they are changed."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("flows/note_promise")

    def states(self, decision: str) -> dict[int, str] | None:
        """By number of each shipment that is held, what is stored of its promise; None: the hold is over."""
        with faults():
            fields = self._client.redis.hgetall(self._keys.hold(decision))
        return states_of(fields) if fields else None

    def note(
        self, note: PromiseNote, operation: Operation, *, answer: str = ""
    ) -> Noted | HoldChanged | NotHeld | OperationReused:
        """Make the change, if the shipment is held and its state is as it was read."""
        keys = self._keys
        details = {"shipment": note.number, **note.details}
        request = {
            "number": str(note.number),
            "before": note.before,
            "after": PromiseState.of(note.before).after(note.kind, details).text,
            "fields": entry_fields(note.kind, note.decision, note.now, details=orjson.dumps(details).decode()),
        }
        script_keys = NOTE_PROMISE.keys(
            keys, hold=keys.hold(note.decision), operation=keys.operation(note.decision, operation.name)
        )
        with faults():
            outcome = self._script(
                keys=script_keys, args=[orjson.dumps(request), operation.request, answer, operation.seconds]
            )
        match outcome:
            case b"done" | b"again", text:
                return Noted(text.decode())
            case (b"reused",):
                return OperationReused()
            case (b"ended",):
                return NotHeld()
        return HoldChanged()
