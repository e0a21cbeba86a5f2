"""Stores labels of returns: each change is one script, which takes the numbers and logs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
import orjson

from engine.model.parcels import ParcelTerms
from engine.store.connection.client import Client, faults
from engine.store.flows.stored_return import ReturnBody, StoredReturn
from engine.store.fulfilment.serials import range_name, script_range
from engine.store.fulfilment.shipments import ErasedMeanwhile, NumberPlaces, NumbersLacking, SerialsLacking
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.outcomes import OperationReused
from engine.store.script_keys import CHANGE_RETURN_LABEL

_FIELD = "return "
ReturnLabelKind: TypeAlias = Literal["return_label_begun", "return_labelled", "return_label_cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelNumbers:
    """What numbers the script takes: an SSCC by these terms and, with `ranges`, a tracking number."""

    places: NumberPlaces
    terms: ParcelTerms
    ranges: Sequence[Mapping[str, str | int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelChange:
    """A return is `after` from now on, because its label changed; `before` is its text as it was read. `sold` is the
    label of a carrier, encrypted.
    """

    kind: ReturnLabelKind
    before: str
    after: StoredReturn
    now: int
    numbers: ReturnLabelNumbers | None = None
    sold: bytes = b""
    needs_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelChanged:
    """Done, by this request or (`again`) an earlier one under the same operation: the return was then as `after`."""

    after: StoredReturn
    again: bool


@dataclass(frozen=True, slots=True)
class ReturnLabelDiffers:
    """Nothing was written: the return is not as it was read."""


ReturnLabelOutcome: TypeAlias = (
    ReturnLabelChanged | ReturnLabelDiffers | ErasedMeanwhile | SerialsLacking | NumbersLacking | OperationReused
)


class StoredReturnLabels:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/change_return_label")

    def sold(self, return_id: str) -> bytes | None:
        """What a carrier sold for the return, encrypted."""
        with faults():
            content: bytes | None = self._client.redis.hget(self._keys.parcel_labels, label_field(return_id))
        return content

    def change(self, change: ReturnLabelChange, operation: Operation) -> ReturnLabelOutcome:
        """Make the change, if all is as it was read."""
        script_keys = CHANGE_RETURN_LABEL.keys(
            self._keys, operation=self._keys.operation(about_label(change.after.id), operation.name)
        )
        with faults():
            answer = self._script(keys=script_keys, args=[orjson.dumps(_request(change, operation)), change.sold])
        return _outcome(answer)


def label_field(return_id: str) -> str:
    """That of `Keys.parcel_labels`; names of parcels have no blank."""
    return f"{_FIELD}{return_id}"


def return_of_label(name: str) -> str | None:
    """The return of what `label_field` made; None of any other name."""
    return name.removeprefix(_FIELD) if name.startswith(_FIELD) else None


def about_label(return_id: str) -> str:
    """What operations on the label of a return are stored by."""
    return f"return_label:{return_id}"


def _request(change: ReturnLabelChange, operation: Operation) -> dict[str, Any]:
    """As change_return_label.lua takes it."""
    after, numbers = change.after, change.numbers
    body: dict[str, Any] = msgspec.to_builtins(ReturnBody(returned=after))
    if numbers:
        body["serials"] = [range_name(numbers.terms), f"{numbers.places.token}NEXT"]
        if numbers.ranges:
            body["ranges"] = f"{numbers.places.token}RANGES"
    return {
        "id": after.id,
        "first": after.first,
        "kind": change.kind,
        "now": str(change.now),
        "before": change.before,
        "after": after.encode().decode(),
        "details": msgspec.json.encode(body).decode(),
        "label": label_field(after.id),
        "label_gone": change.kind == "return_label_cancelled",
        "needs_key": change.needs_key,
        "token": numbers.places.token if numbers else "",
        "range": script_range(numbers.terms) if numbers else False,
        "tracking": list(numbers.ranges) if numbers else [],
        "operation": operation.request,
        "seconds": operation.seconds,
    }


def _outcome(answer: Sequence[bytes]) -> ReturnLabelOutcome:
    match answer:
        case b"done" | b"again" as word, text:
            return ReturnLabelChanged(after=StoredReturn.decode(text), again=word == b"again")
        case (b"reused",):
            return OperationReused()
        case (b"erased",):
            return ErasedMeanwhile()
        case (b"reserve" | b"exhausted" as word,):
            return SerialsLacking(exhausted=word == b"exhausted")
        case b"numbers", why:
            return NumbersLacking(exhausted=why == b"exhausted")
        case (b"changed",):
            return ReturnLabelDiffers()
    raise ValueError(f"no answer of change_return_label.lua: {answer!r}")
