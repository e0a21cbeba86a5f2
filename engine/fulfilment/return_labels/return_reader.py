"""Reads returns, and what names their labels to carriers."""

import hashlib
from dataclasses import dataclass
from typing import Final

from engine.errors import Contended, NotFound, NotReturnable, ReturnOver
from engine.store.connection.client import Client
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.keys import Keys

_REFERENCE_LETTERS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReading:
    """A return, and the text of it as it is stored."""

    text: str
    stored: StoredReturn


class ReturnReader:
    """Reads those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._returns = StoredReturns(client, keys)

    def read(self, return_id: str) -> ReturnReading:
        """Raises NotFound."""
        text = self._client.retry_if_revived(lambda: self._returns.read(return_id))
        if not text:
            raise NotFound(f"no return goes by the id '{return_id}'")
        return ReturnReading(text=text, stored=StoredReturn.decode(text))


def reference(stored: StoredReturn, number: int) -> str:
    """By which a carrier knows the label: the same, however often it is asked. Ids of returns may have any letters."""
    name = hashlib.sha256(stored.id.encode()).hexdigest()[:_REFERENCE_LETTERS]
    return f"{stored.first}/R{name}/{number}"


def cancelled_return(return_id: str) -> ReturnOver:
    return ReturnOver(f"return '{return_id}' is cancelled, so its label is not valid any more")


def label_in_cancellation(stored: StoredReturn, label: StoredReturnLabelRecord) -> NotReturnable:
    return NotReturnable(
        f"carrier '{label.carrier}' is being asked to take label {label.number} of return '{stored.id}' back: another"
        " one can be made once it has, or a day after that began at the latest. Have it asked at once by DELETE"
        f" /v1/returns/{{id}}/label, or: pointsman return label {stored.id} --give-back"
    )


def contended(return_id: str) -> Contended:
    return Contended(f"return '{return_id}' changes again and again; try again")
