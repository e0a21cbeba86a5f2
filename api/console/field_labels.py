"""What pages call the fields of HTTP, for problems that are told away from the field that they are of."""

from collections.abc import Sequence

from api.language.current import say, say_message, text
from engine.errors import Mistake

_LABELS = {
    "after": "",  # of an address alone
    "channel": text("Channel"),
    "from": text("From the day"),
    "kind": text("Kind"),
    "node": text("Node"),
    "order": text("Order"),
    "search": text("Search"),
    "sku": text("SKU"),
    "state": text("State"),
    "to": text("To the day"),
    "until": text("To the day"),
}


def detail_said(detail: str, mistakes: Sequence[Mistake]) -> str:
    """What HTTP tells of a problem, in the reader's language: each mistake by itself, with what pages call its field,
    where the detail is that of its mistakes in one.
    """
    if detail in [between.join(map(str, mistakes)) for between in ("; ", "\n")] and mistakes:
        return "; ".join(map(_said, mistakes))
    return say_message(detail)


def _said(mistake: Mistake) -> str:
    label = _LABELS.get(mistake.field)
    named = mistake.field if label is None else say(label) if label else ""
    said = say_message(mistake.message)
    return say("{fact}: {value}", fact=named, value=said) if named else said
