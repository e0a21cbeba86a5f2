"""GET /v1/products, GET /v1/nodes: what the network has, in pages."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.records.stock.master_data import (
    ListedNodeRecord,
    ListedProductRecord,
    NodeFieldsRecord,
    NodesPageRecord,
    ProductFieldsRecord,
    ProductsPageRecord,
)
from api.shapes.stock.catalogue import NodeFilter, NodesQuery, ProductsQuery, products_cursor
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The lists of products and nodes of one Pointsman."""
    catalogue = Blueprint("catalogue", __name__, url_prefix="/v1", description="Products and nodes, listed")

    @catalogue.get("/products", scope=("stock", "stock:read", "audit:read"))
    @catalogue.arguments(ProductsQuery, location="query")
    @catalogue.response(HTTPStatus.OK, ProductsPageRecord)
    def products(query: dict[str, Any]) -> Response:
        """Products, all or those whose SKU or name has words that begin so, by SKU

        A page may have fewer than `limit`, or none, and not be the last.
        """
        network, page = pointsman.master_data.find_products(
            query["search"] or "", limit=query["limit"], after=query["after"]
        )
        return answer(
            ProductsPageRecord(
                products=[
                    ListedProductRecord(sku=product.sku, product=ProductFieldsRecord.of(product))
                    for product in page.products
                ],
                next=products_cursor(page.after),
                network_version=network.version,
            )
        )

    @catalogue.get("/nodes", scope=("stock", "stock:read", "audit:read"))
    @catalogue.arguments(NodesQuery, location="query")
    @catalogue.response(HTTPStatus.OK, NodesPageRecord)
    def nodes(query: dict[str, Any]) -> Response:
        """Nodes, by id"""
        return answer(_nodes_page(pointsman, **query))

    return catalogue


def _nodes_page(pointsman: Pointsman, filtered: NodeFilter, *, limit: int, after: str | None) -> NodesPageRecord:
    network = pointsman.master_data.network()
    until = {rest.node: rest.until for rest in pointsman.rests.all()}
    names = [
        name
        for name, node in sorted(network.nodes.items())
        if name > (after or "") and filtered.passes(node, rests=name in until)
    ]
    return NodesPageRecord(
        nodes=[
            ListedNodeRecord(id=name, node=NodeFieldsRecord.of(network.nodes[name]), rests_until=until.get(name))
            for name in names[:limit]
        ],
        next=names[limit - 1] if len(names) > limit else None,
        network_version=network.version,
    )
