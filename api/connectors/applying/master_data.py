"""Products and nodes: taken over many at a time. What comes last stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import Schema

from api.connectors.applying.incoming import (
    APPLIED,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    Refused,
    guarded,
    loaded,
    together,
)
from api.files.master_data import NodeLine, ProductLine, node_in, product_in, row_of
from engine.errors import InputInvalid
from engine.inventory.master_data import MOST_AT_ONCE, MasterDataChange
from engine.model.facts import Network
from engine.service import Pointsman
from engine.store.network.change import Stored

_PRODUCT, _NODE = ProductLine(), NodeLine()


def apply_products(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    data, network = place.pointsman.master_data, place.pointsman.network()

    def verify(raw: Mapping[str, Any]) -> None:
        if mistake := data.mistake_of(product_in(row_of(raw), network), network):
            raise InputInvalid([mistake])

    def put(raws: Sequence[Mapping[str, Any]]) -> MasterDataChange:
        return data.put_products(lambda newest: [product_in(row_of(raw), newest) for raw in raws])

    return _apply(rows, _PRODUCT, "sku", verify, put)


def apply_nodes(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    pointsman: Pointsman = place.pointsman

    def put(raws: Sequence[Mapping[str, Any]]) -> MasterDataChange:
        return pointsman.master_data.put_nodes(lambda newest: [_node(raw, newest) for raw in raws])

    network = pointsman.network()
    return _apply(rows, _NODE, "id", lambda raw: _node(raw, network), put)


def _node(raw: Mapping[str, Any], network: Network) -> Any:
    return node_in(raw["id"], {name: value for name, value in raw.items() if name != "id"}, network)


def _apply(
    rows: Sequence[IncomingRow],
    shape: Schema,
    key: str,
    verify: Callable[[Mapping[str, Any]], object],
    put: Callable[[Sequence[Mapping[str, Any]]], MasterDataChange],
) -> list[Outcome]:
    read = [guarded(partial(_read, row, shape, verify)) for row in rows]
    good = [item for item in read if not isinstance(item, Refused)]
    outcomes = iter([outcome for turn in _turns(good, key) for outcome in together(turn, partial(_put, put))])
    return [item if isinstance(item, Refused) else next(outcomes) for item in read]


def _read(row: IncomingRow, shape: Schema, verify: Callable[[Mapping[str, Any]], object]) -> Mapping[str, Any]:
    """Raises ValidationError, InputInvalid."""
    raw: Mapping[str, Any] = loaded(shape, row.fields)
    verify(raw)
    return raw


def _turns(raws: Sequence[Mapping[str, Any]], key: str) -> Iterator[list[Mapping[str, Any]]]:
    """In their order, in groups of which none names one twice: the second stands."""
    turn: dict[str, Mapping[str, Any]] = {}
    for raw in raws:
        if raw[key] in turn or len(turn) == MOST_AT_ONCE:
            yield list(turn.values())
            turn = {}
        turn[raw[key]] = raw
    if turn:
        yield list(turn.values())


def _put(
    put: Callable[[Sequence[Mapping[str, Any]]], MasterDataChange], raws: Sequence[Mapping[str, Any]]
) -> list[Outcome]:
    """Raises InputInvalid if the network changed meanwhile."""
    return [UNCHANGED if outcome is Stored.SAME else APPLIED for outcome in put(raws).outcomes]
