"""What pages call the fields of HTTP, for problems that are told away from the field that they are of."""

from collections.abc import Sequence

from api.language.current import say, say_message, text

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


def translated_detail(detail: str, mistakes: Sequence[tuple[str, str]]) -> str:
    """What HTTP tells of a problem, in the reader's language: each mistake by itself, with what pages call its field,
    where the detail is that of its mistakes in one. A mistake is its field and its message.
    """
    texts = [": ".join(filter(None, mistake)) for mistake in mistakes]
    if mistakes and detail in ("; ".join(texts), "\n".join(texts)):
        return "; ".join(map(_translated, mistakes))
    return say_message(detail)


def _translated(mistake: tuple[str, str]) -> str:
    field, message = mistake
    label = _LABELS.get(field)
    named = field if label is None else say(label) if label else ""
    sentence = say_message(message)
    return say("{fact}: {value}", fact=named, value=sentence) if named else sentence
