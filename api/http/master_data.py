"""PUT and POST of products and nodes: what changes between two loads, without touching counts, holds or policies."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from flask import Response, request
from marshmallow import Schema, ValidationError

from api.files.csv_rows import rows_of
from api.files.inventory_folder import PRODUCT_COLUMNS, number_columns
from api.files.master_data import (
    NODE_COLUMNS,
    NODE_NUMBERS,
    NodeLine,
    NodeRequest,
    ProductLine,
    ProductRequest,
    node_in,
    node_of_row,
    product_in,
    row_of,
)
from api.http.blueprint import NDJSON, Blueprint, answer
from api.http.requests.ndjson import (
    BodyLine,
    NdjsonBody,
    answer_lines,
    joined,
    not_ndjson,
    read_lines,
    streamed,
)
from api.records.stock.master_data import (
    NetworkNodeRecord,
    NetworkProductRecord,
    NodeFieldsRecord,
    ProductFieldsRecord,
    SentNodeRecord,
    SentProductRecord,
    StoredNodeRecord,
    StoredProductRecord,
)
from api.shapes.mistakes import mistakes_of
from engine.errors import InputInvalid, Mistake
from engine.inventory.master_data import MasterData, MasterDataChange
from engine.model.facts import Network, Product
from engine.service import Pointsman

CSV = "text/csv"
MOST_BYTES_A_LINE = 65_536
MOST_BYTES_OF_CSV = 64 << 20
_TYPES = (NDJSON, CSV)
Raw: TypeAlias = Mapping[str, Any]
_Line: TypeAlias = BodyLine[Raw]
_Sent: TypeAlias = SentProductRecord | SentNodeRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How products, or nodes, are read, stored and answered. `key` is the field of a line with its SKU or id, and
    `field` that of an answer. A CSV must have the `columns`; it has `numbers` in some. `check` raises InputInvalid,
    `of_row` ValidationError.
    """

    noun: str
    columns: Sequence[str]
    numbers: Callable[[Network], Collection[str]]
    of_row: Callable[[dict[str, str]], Raw]
    key: str
    field: str
    shape: Schema
    check: Callable[[Raw, Network], Any]
    store: Callable[[Sequence[Raw]], MasterDataChange]
    stored: type[StoredProductRecord | StoredNodeRecord]
    sent: type[_Sent]

    def put(self, written: Raw, name: str) -> Response:
        change = self.store([{**written, self.key: name}])
        named: dict[str, Any] = {self.field: name}
        return answer(self.stored(result=change.outcomes[0].value, network_version=change.network_version, **named))

    def answer_to(self, line: _Line, result: Any, message: str = "") -> _Sent:
        named = {self.field: line.name} if line.name is not None else {}
        return self.sent(line=line.number, result=result, **named, **({"message": message} if message else {}))


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The products and nodes of one Pointsman."""
    master_data = Blueprint("master_data", __name__, url_prefix="/v1", description="Products and nodes")
    products = _Kind(
        noun="product",
        columns=PRODUCT_COLUMNS,
        numbers=lambda network: number_columns(network.attributes),
        of_row=dict,
        key="sku",
        field="sku",
        shape=ProductLine(),
        check=lambda raw, network: _verify(pointsman.master_data, product_in(row_of(raw), network), network),
        store=lambda raws: pointsman.master_data.put_products(
            lambda network: [product_in(row_of(raw), network) for raw in raws]
        ),
        stored=StoredProductRecord,
        sent=SentProductRecord,
    )
    nodes = _Kind(
        noun="node",
        columns=NODE_COLUMNS,
        numbers=lambda _: NODE_NUMBERS,
        of_row=lambda row: NodeLine().load(node_of_row(row)),
        key="id",
        field="node",
        shape=NodeLine(),
        check=lambda raw, network: node_in(raw["id"], _without_id(raw), network),
        store=lambda raws: pointsman.master_data.put_nodes(
            lambda network: [node_in(raw["id"], _without_id(raw), network) for raw in raws]
        ),
        stored=StoredNodeRecord,
        sent=SentNodeRecord,
    )

    @master_data.get("/products/<path:sku>", scope=("stock", "stock:read", "audit:read"))
    @master_data.response(HTTPStatus.OK, NetworkProductRecord)
    def get_product(sku: str) -> Response:
        """A product as it is stored; its `product` can be sent again"""
        network, product = pointsman.master_data.product(sku)
        fields = ProductFieldsRecord.of(product)
        return answer(NetworkProductRecord(sku=sku, product=fields, network_version=network.version))

    @master_data.get("/nodes/<string:node>", scope=("stock", "stock:read", "audit:read"))
    @master_data.response(HTTPStatus.OK, NetworkNodeRecord)
    def get_node(node: str) -> Response:
        """A node as it is stored; its `node` can be sent again"""
        network, stored = pointsman.master_data.node(node)
        return answer(NetworkNodeRecord(id=node, node=NodeFieldsRecord.of(stored), network_version=network.version))

    @master_data.put("/products/<path:sku>", scope="stock")
    @master_data.arguments(ProductRequest)
    @master_data.response(HTTPStatus.OK, StoredProductRecord)
    def put_product(product: dict[str, Any], sku: str) -> Response:
        """A product, new or in place of the one of that SKU; its stock and pace of sale stay"""
        return products.put(product, sku)

    @master_data.put("/nodes/<string:node>", scope="stock")
    @master_data.arguments(NodeRequest)
    @master_data.response(HTTPStatus.OK, StoredNodeRecord)
    def put_node(written: dict[str, Any], node: str) -> Response:
        """A node, new or in place of the one of that id; its stock stays"""
        return nodes.put(written, node)

    @master_data.post("/products", scope="stock")
    @master_data.doc(requestBody=_body(ProductLine))
    @master_data.response(HTTPStatus.OK, SentProductRecord, content_type=NDJSON)
    def post_products() -> Response:
        """Products in bulk: NDJSON, one a line with its `sku`, or CSV as products.csv

        Each line is answered by one, in order. A mistake in one keeps no other from being stored.
        """
        return _bulk(products, pointsman)

    @master_data.post("/nodes", scope="stock")
    @master_data.doc(requestBody=_body(NodeLine))
    @master_data.response(HTTPStatus.OK, SentNodeRecord, content_type=NDJSON)
    def post_nodes() -> Response:
        """Nodes in bulk: NDJSON, one a line with its `id`, or CSV

        Each line is answered by one, in order. A mistake in one keeps no other from being stored.
        """
        return _bulk(nodes, pointsman)

    return master_data


def _body(line: type[Schema]) -> dict[str, Any]:
    """The body of a request as the OpenAPI page has it; of NDJSON, what stands on each line."""
    return {"required": True, "content": {NDJSON: {"schema": line}, CSV: {"schema": {"type": "string"}}}}


def _verify(data: MasterData, product: Product, network: Network) -> None:
    if mistake := data.mistake_of(product, network):
        raise InputInvalid([mistake])


def _without_id(raw: Raw) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "id"}


def _bulk(kind: _Kind, pointsman: Pointsman) -> Response:
    if request.mimetype not in _TYPES:
        return not_ndjson(f"a {kind.noun}", _TYPES)
    if request.mimetype == CSV:
        return _answered(_rows(kind, pointsman.network()), kind, pointsman)
    body = NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE)
    lines = read_lines(body, kind.shape.load, name=kind.key, most_bytes=MOST_BYTES_A_LINE)
    return _answered(lines, kind, pointsman)


def _answered(lines: Iterator[_Line], kind: _Kind, pointsman: Pointsman) -> Response:
    return streamed(
        answer_lines(
            lines,
            lambda batch: _stored(batch, kind, pointsman),
            lambda line, message: kind.answer_to(line, "stopped", message),
            subject=f"{kind.noun}s",
        )
    )


def _rows(kind: _Kind, network: Network) -> Iterator[_Line]:
    """The rows of a CSV, the first of which has the number 2, and the mistakes in them as lines of their own."""
    request.max_content_length = MOST_BYTES_OF_CSV
    mistakes: list[Mistake] = []
    content = request.get_data(cache=False)
    for where, row in rows_of("", content, kind.columns, mistakes, numbers=kind.numbers(network)):
        yield from _mistaken(mistakes)
        number, name = int(where[1:]), row.get(kind.key)
        try:
            yield BodyLine(number=number, name=name, value=kind.of_row(row))
        except ValidationError as error:
            yield BodyLine(number=number, name=name, message=joined(mistakes_of(error.messages)))
    yield from _mistaken(mistakes)


def _mistaken(mistakes: list[Mistake]) -> Iterator[_Line]:
    while mistakes:
        mistake = mistakes.pop(0)
        text = f"{mistake.field}: {mistake.message}" if mistake.field else mistake.message
        yield BodyLine(number=int(mistake.where[1:]), message=text)


def _stored(batch: Sequence[_Line], kind: _Kind, pointsman: Pointsman) -> Iterator[_Sent]:
    """Of lines that name one product or node, the last is stored; the others are stored just before it."""
    network = pointsman.network()
    messages = [line.message or _mistake(line.value or {}, kind, network) for line in batch]
    good = [line for line, message in zip(batch, messages, strict=True) if not message]
    results: dict[int, str] = {}
    while good:
        first: dict[str | None, _Line] = {}
        for line in good:
            first.setdefault(line.name, line)
        turn = list(first.values())
        change = kind.store([line.value or {} for line in turn])
        results |= {line.number: outcome.value for line, outcome in zip(turn, change.outcomes, strict=True)}
        good = [line for line in good if line.number not in results]
    for line, message in zip(batch, messages, strict=True):
        yield kind.answer_to(line, "refused" if message else results[line.number], message)


def _mistake(raw: Raw, kind: _Kind, network: Network) -> str:
    try:
        kind.check(raw, network)
    except InputInvalid as error:
        return joined(error.mistakes)
    return ""
