"""How far ranges of tracking numbers are used up."""

from collections.abc import Mapping, Sequence

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


def issued_serials(client: Client, keys: Keys) -> Mapping[str, Sequence[tuple[int, int]]]:
    """By form of a range: serials that were issued, each pair from the first to before the second."""
    with faults():
        stored = client.redis.hgetall(keys.tracking_serials)
    issued: dict[str, list[tuple[int, int]]] = {}
    for field, end in stored.items():
        form, _, first = field.decode().partition("\t")
        issued.setdefault(form, []).append((int(first), int(end)))
    return issued
