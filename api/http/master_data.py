"""PUT and POST of products and nodes: what changes between two loads, without touching counts, holds or policies."""

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
from flask import Response, request
from marshmallow import Schema, ValidationError

from api.files.csv_rows import rows_of
from api.files.inventory_folder import PRODUCT_COLUMNS, number_columns
from api.files.master_data import node_in, product_in, row_of
from api.http.blueprint import NDJSON, Blueprint, answer
from api.http.problems import problem
from api.http.requests.master_data import NodeLine, NodeRequest, ProductLine, ProductRequest
from api.http.requests.ndjson import NdjsonBody, is_ndjson
from api.records.stock.master_data import (
    SentNodeRecord,
    SentProductRecord,
    StoredNodeRecord,
    StoredProductRecord,
)
from api.shapes.mistakes import mistakes_of
from api.shapes.strict_json import NotJson, read_json
from engine.errors import InputInvalid, Mistake, PointsmanError, StoreUnavailable
from engine.inventory.master_data import MasterData, MasterDataChange
from engine.model.facts import Network, Product
from engine.service import Pointsman

CSV = "text/csv"
MOST_BYTES_A_LINE = 65_536
MOST_BYTES_OF_CSV = 64 << 20
LINES_AT_ONCE = 200
"""Read, stored and answered together."""

logger = logging.getLogger("pointsman.api")

Raw: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What is on a line, by its id; or what is wrong with it."""

    number: int
    name: str | None = None
    raw: Raw | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How lines of products, or of nodes, are read and stored. `check` raises InputInvalid."""

    key: str
    shape: Schema
    check: Callable[[Raw, Network], Any]
    store: Callable[[Sequence[Raw]], MasterDataChange]
    record: type[SentProductRecord | SentNodeRecord]
    field: str


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The products and nodes of one Pointsman."""
    master_data = Blueprint("master_data", __name__, url_prefix="/v1", description="Products and nodes")
    data = pointsman.master_data
    products = _Kind(
        key="sku",
        shape=ProductLine(),
        check=lambda raw, network: _verify(data, product_in(row_of(raw), network), network),
        store=lambda raws: data.put_products(lambda network: [product_in(row_of(raw), network) for raw in raws]),
        record=SentProductRecord,
        field="sku",
    )
    nodes = _Kind(
        key="id",
        shape=NodeLine(),
        check=lambda raw, network: node_in(raw["id"], _without_id(raw), network),
        store=lambda raws: data.put_nodes(
            lambda network: [node_in(raw["id"], _without_id(raw), network) for raw in raws]
        ),
        record=SentNodeRecord,
        field="node",
    )

    @master_data.put("/products/<path:sku>")
    @master_data.arguments(ProductRequest)
    @master_data.response(HTTPStatus.OK, StoredProductRecord)
    def put_product(product: dict[str, Any], sku: str) -> Response:
        """A product, new or in place of the one of that SKU; its stock and pace of sale stay"""
        change = products.store([{**product, "sku": sku}])
        return answer(
            StoredProductRecord(sku=sku, result=change.outcomes[0].value, network_version=change.network_version)
        )

    @master_data.put("/nodes/<string:node>")
    @master_data.arguments(NodeRequest)
    @master_data.response(HTTPStatus.OK, StoredNodeRecord)
    def put_node(written: dict[str, Any], node: str) -> Response:
        """A node, new or in place of the one of that id; its stock stays"""
        change = nodes.store([{**written, "id": node}])
        return answer(
            StoredNodeRecord(node=node, result=change.outcomes[0].value, network_version=change.network_version)
        )

    @master_data.post("/products")
    @master_data.doc(requestBody=_body(NDJSON, CSV))
    @master_data.response(HTTPStatus.OK, SentProductRecord, content_type=NDJSON)
    def post_products() -> Response:
        """Products in bulk: NDJSON, one a line with its `sku`, or CSV as products.csv

        Each line is answered by one, in order. A mistake in one keeps no other from being stored.
        """
        if request.mimetype == CSV:
            return _streamed(_answers(_rows(pointsman.network()), products, pointsman))
        return _bulk(products, pointsman)

    @master_data.post("/nodes")
    @master_data.doc(requestBody=_body(NDJSON))
    @master_data.response(HTTPStatus.OK, SentNodeRecord, content_type=NDJSON)
    def post_nodes() -> Response:
        """Nodes in bulk: NDJSON, one a line with its `id`

        Each line is answered by one, in order. A mistake in one keeps no other from being stored.
        """
        return _bulk(nodes, pointsman)

    return master_data


def _verify(data: MasterData, product: Product, network: Network) -> None:
    if mistake := data.mistake_of(product, network):
        raise InputInvalid([mistake])


def _body(*types: str) -> dict[str, Any]:
    return {"required": True, "content": {name: {"schema": {"type": "string"}} for name in types}}


def _without_id(raw: Raw) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "id"}


def _bulk(kind: _Kind, pointsman: Pointsman) -> Response:
    if not is_ndjson():
        also = f" or {CSV}" if kind.key == "sku" else ""
        detail = f"send one a line, with the header Content-Type: {NDJSON}{also}"
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
    body = NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE)
    return _streamed(_answers((_read(number, text, kind) for number, text in body), kind, pointsman))


def _streamed(answers: Iterator[bytes]) -> Response:
    # a failure before the first answer can still be a problem with a status of its own
    first = next(answers, b"")
    return Response(itertools.chain([first], answers), content_type=NDJSON)


def _read(number: int, text: bytes, kind: _Kind) -> _Line:
    if len(text) > MOST_BYTES_A_LINE:
        return _Line(number=number, message=f"the line is longer than {MOST_BYTES_A_LINE} bytes")
    try:
        raw = read_json(text)
    except NotJson as error:
        return _Line(number=number, message=f"this {error}")
    name = raw.get(kind.key) if isinstance(raw, dict) else None
    name = name if isinstance(name, str) else None
    try:
        return _Line(number=number, name=name, raw=kind.shape.load(raw))
    except ValidationError as error:
        return _Line(number=number, name=name, message=_text(mistakes_of(error.messages)))


def _rows(network: Network) -> Iterator[_Line]:
    """The rows of a CSV, the first of which has the number 2, and the mistakes in them as lines of their own."""
    request.max_content_length = MOST_BYTES_OF_CSV
    mistakes: list[Mistake] = []
    content, numbers = request.get_data(cache=False), number_columns(network.attributes)
    for where, row in rows_of("", content, PRODUCT_COLUMNS, mistakes, numbers=numbers):
        yield from _mistaken(mistakes)
        yield _Line(number=int(where[1:]), name=row.get("sku"), raw=row)
    yield from _mistaken(mistakes)


def _mistaken(mistakes: list[Mistake]) -> Iterator[_Line]:
    while mistakes:
        mistake = mistakes.pop(0)
        text = f"{mistake.field}: {mistake.message}" if mistake.field else mistake.message
        yield _Line(number=int(mistake.where[1:]), message=text)


def _answers(lines: Iterable[_Line], kind: _Kind, pointsman: Pointsman) -> Iterator[bytes]:
    remaining, answered = iter(lines), 0
    while batch := list(itertools.islice(remaining, LINES_AT_ONCE)):
        try:
            yield b"".join(msgspec.json.encode(record) + b"\n" for record in _stored(batch, kind, pointsman))
        except PointsmanError as error:
            if not answered:
                raise
            logger.error("%s stopped: %s", kind.field, error)  # noqa: TRY400  # ours: no traceback is needed
            message = error.message if isinstance(error, StoreUnavailable) else str(error)
            first = batch[0]
            yield msgspec.json.encode(_record(first, kind, "stopped", message)) + b"\n"
            return
        answered += len(batch)


def _stored(batch: Sequence[_Line], kind: _Kind, pointsman: Pointsman) -> Iterator[SentProductRecord | SentNodeRecord]:
    """Of lines that name one product or node, the last is stored; the others are stored just before it."""
    network = pointsman.network()
    messages = [line.message or _mistake(line.raw or {}, kind, network) for line in batch]
    good = [line for line, message in zip(batch, messages, strict=True) if not message]
    results: dict[int, str] = {}
    while good:
        names: dict[str | None, _Line] = {}
        for line in good:
            names.setdefault(line.name, line)
        turn = list(names.values())
        change = kind.store([line.raw or {} for line in turn])
        results |= {line.number: outcome.value for line, outcome in zip(turn, change.outcomes, strict=True)}
        good = [line for line in good if line.number not in results]
    for line, message in zip(batch, messages, strict=True):
        yield _record(line, kind, "refused" if message else results[line.number], message)


def _mistake(raw: Raw, kind: _Kind, network: Network) -> str:
    try:
        kind.check(raw, network)
    except InputInvalid as error:
        return _text(error.mistakes)
    return ""


def _text(mistakes: Iterable[Mistake]) -> str:
    return "; ".join(map(str, mistakes))


def _record(line: _Line, kind: _Kind, result: Any, message: str) -> SentProductRecord | SentNodeRecord:
    named = {kind.field: line.name} if line.name is not None else {}
    return kind.record(line=line.number, result=result, **named, **({"message": message} if message else {}))
