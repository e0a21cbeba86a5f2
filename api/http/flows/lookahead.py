"""GET /v1/lookahead, GET /v1/lookahead/{sku}."""

from http import HTTPStatus
from typing import Final

from flask import Response
from msgspec import UNSET

from api.http.blueprint import Blueprint, answer
from api.records.flows.lookahead import LookaheadInForceRecord, LookaheadOfSkuRecord, LookaheadTableRecord
from engine.errors import NotFound
from engine.model.scopes import Scope
from engine.service import Pointsman

_SCOPES: Final[tuple[Scope, ...]] = ("stock", "policies:read", "audit:read")
"""Whoever moves stock, writes rules that let prices count, or audits what they did."""


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The look-ahead prices of the network of one Pointsman."""
    lookahead = Blueprint(
        "lookahead", __name__, url_prefix="/v1/lookahead", description="What a unit may be worth elsewhere later"
    )

    @lookahead.get("", scope=_SCOPES)
    @lookahead.response(HTTPStatus.OK, LookaheadInForceRecord)
    def show() -> Response:
        """Which table of look-ahead prices is in force: who learnt it when, and until when it is used"""
        tables = pointsman.flows.lookahead_tables
        digest = tables.current()
        if digest is None:
            return answer(LookaheadInForceRecord())
        current = LookaheadTableRecord.of(digest, tables.head(digest), pointsman.now)
        return answer(LookaheadInForceRecord(current=current))

    @lookahead.get("/<path:sku>", scope=_SCOPES)
    @lookahead.response(HTTPStatus.OK, LookaheadOfSkuRecord)
    def of_sku(sku: str) -> Response:
        """The look-ahead prices of a SKU by node, with the region that is expected to need the unit, and by when"""
        tables = pointsman.flows.lookahead_tables
        if not pointsman.products([sku]):
            raise NotFound(f"no product goes by the SKU '{sku}'")
        digest = tables.current()
        if digest is None:
            return answer(LookaheadOfSkuRecord.of(sku, UNSET, {}))
        head = tables.head(digest)
        current = LookaheadTableRecord.of(digest, head, pointsman.now)
        return answer(LookaheadOfSkuRecord.of(sku, current, tables.prices(digest, head, [sku])[sku]))

    return lookahead
