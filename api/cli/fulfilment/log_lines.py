"""What a line of `pointsman ledger log` says of parcels."""

from collections.abc import Callable, Mapping

from api.cli.fulfilment.paper_words import PAPER_WORDS
from api.cli.output.times import Times
from api.language.current import counted, say, say_message
from engine.store.log.entry import Entry
from engine.store.log.kinds import PACKING_KINDS, RETURN_LABEL_KINDS


def packed(entry: Entry, _times: Times) -> str:
    """Of a packing that was begun, is done, or was cancelled: its parcels, and why."""
    body = entry.packing
    packing = body.packing
    numbers = ", ".join(parcel.tracking or parcel.sscc for parcel in packing.parcels)
    line = say(
        "shipment {number} of order {order}, packing {packing}: {parcels}",
        number=body.number,
        order=body.order,
        packing=packing.number,
        parcels=numbers,
    )
    return _with_reason(line, packing.because)


def return_labelled(entry: Entry, _times: Times) -> str:
    """Of the label of a return that is bought, is made, or was given back: its number, where it leads, and why."""
    stored = entry.returned.returned
    label = stored.label
    if label is None:
        return ""
    line = say(
        "label {number} of return {id} of order {order}, to {node}: {tracking}",
        number=label.number,
        id=stored.id,
        order=stored.order,
        node=label.node,
        tracking=label.tracking_number or label.sscc or say("no tracking number"),
    )
    return _with_reason(line, label.because)


def _with_reason(line: str, because: str) -> str:
    return say("{line} ({because})", line=line, because=say_message(because)) if because else line


def manifested(entry: Entry, _times: Times) -> str:
    manifest = entry.manifest
    return say(
        "{packings} from {node} to {carrier}",
        packings=counted(len(manifest.packings), "packing"),
        node=manifest.node,
        carrier=manifest.carrier,
    )


def print_failed(entry: Entry, _times: Times) -> str:
    details = entry.details
    return say(
        "{paper} of {of} at {node}: {error}",
        paper=say(PAPER_WORDS[details["paper"]]),
        of=details["of"],
        node=details["node"],
        error=say_message(details["error"]),
    )


LINES: Mapping[str, Callable[[Entry, Times], str]] = {
    "print_failed": print_failed,
    "manifested": manifested,
    **dict.fromkeys(PACKING_KINDS, packed),
    **dict.fromkeys(RETURN_LABEL_KINDS, return_labelled),
}
"""By kind of entry."""
