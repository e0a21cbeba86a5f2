"""The calls by which transfers are made, approved, shipped, received, cancelled and listed."""

from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.blueprint import Blueprint, answer, answer_made
from api.http.requests.flows.transfer_life import (
    ApproveTransferRequest,
    CancelTransferRequest,
    CreateTransferRequest,
    ReceiveTransferRequest,
    ShipTransferRequest,
    TransfersQuery,
)
from api.shapes.cursors import holds_cursor
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, Mistake
from engine.model.transfers import TransferLine
from engine.service import Pointsman
from engine.transfers.transfer_record import TransferRecord, TransfersPageRecord
from engine.transfers.transfers import NewTransfer


def add_life(transfers: Blueprint, pointsman: Pointsman) -> None:
    """Add these calls to the blueprint of transfers."""

    @transfers.post("", scope="stock")
    @transfers.arguments(CreateTransferRequest)
    @transfers.response(HTTPStatus.CREATED, TransferRecord)
    @transfers.alt_response(HTTPStatus.OK, schema=TransferRecord, description="Made before")
    def create(body: dict[str, Any]) -> Response:
        """Make a transfer by hand; it is `proposed`

        A lane must lead there. Units that are held, or that rules keep at the origin, can't be moved.
        """
        units = _units(body["lines"], Quantities.of(pointsman))
        lines = [TransferLine(sku=sku, units=count) for sku, count in units.items()]
        new = NewTransfer(id=body["id"], origin=body["origin"], goal=body["goal"], lines=lines, note=body["note"])
        made = pointsman.flows.transfers.create(new, op=body["op"])
        place = f"/v1/transfers/{quote(made.transfer.id, safe='')}"
        return answer_made(TransferRecord.of(made.transfer), place, new=not made.again)

    @transfers.get("", scope=("stock", "stock:read", "audit:read"))
    @transfers.arguments(TransfersQuery, location="query")
    @transfers.response(HTTPStatus.OK, TransfersPageRecord)
    def page(query: dict[str, Any]) -> Response:
        """Transfers, the newest first; by status, also those that are over"""
        found = pointsman.flows.transfers.page(**query)
        records = [TransferRecord.of(transfer) for transfer in found.transfers]
        return answer(TransfersPageRecord(transfers=records, next=holds_cursor(found.after)))

    @transfers.get("/<path:transfer>", scope=("stock", "stock:read", "audit:read"))
    @transfers.response(HTTPStatus.OK, TransferRecord)
    def show(transfer: str) -> Response:
        """A transfer as it stands"""
        return answer(TransferRecord.of(pointsman.flows.transfers.find(transfer)))

    @transfers.post("/<path:transfer>/approve", scope="stock")
    @transfers.arguments(ApproveTransferRequest)
    @transfers.response(HTTPStatus.OK, TransferRecord)
    def approve(body: dict[str, Any], transfer: str) -> Response:
        """Let it be shipped"""
        return answer(TransferRecord.of(pointsman.flows.transfers.approve(transfer, op=body["op"])))

    @transfers.post("/<path:transfer>/ship", scope="stock")
    @transfers.arguments(ShipTransferRequest)
    @transfers.response(HTTPStatus.OK, TransferRecord)
    def ship(body: dict[str, Any], transfer: str) -> Response:
        """Its goods left: they are not on hand at its origin any more, and are to come at its goal"""
        units = _optional_units(body["lines"], Quantities.of(pointsman))
        sent = pointsman.flows.transfers.ship(transfer, units, at=body["at"], op=body["op"])
        return answer(TransferRecord.of(sent))

    @transfers.post("/<path:transfer>/receive", scope="stock")
    @transfers.arguments(ReceiveTransferRequest)
    @transfers.response(HTTPStatus.OK, TransferRecord)
    def receive(body: dict[str, Any], transfer: str) -> Response:
        """Goods of it arrived: they are on hand at its goal

        It is `received` once nothing more is to come: all of it is there, or `last` says so.
        """
        received = pointsman.flows.transfers.receive(
            transfer,
            _optional_units(body["lines"], Quantities.of(pointsman)),
            closes=body["last"],
            over=body["over"],
            at=body["at"],
            op=body["op"],
        )
        return answer(TransferRecord.of(received))

    @transfers.post("/<path:transfer>/cancel", scope="stock")
    @transfers.arguments(CancelTransferRequest)
    @transfers.response(HTTPStatus.OK, TransferRecord)
    def cancel(body: dict[str, Any], transfer: str) -> Response:
        """Nothing more becomes of it; what was on its way is on hand at its origin again"""
        return answer(TransferRecord.of(pointsman.flows.transfers.cancel(transfer, op=body["op"])))


def _optional_units(lines: Sequence[dict[str, Any]] | None, quantities: Quantities) -> dict[str, int] | None:
    return None if lines is None else _units(lines, quantities)


def _units(lines: Sequence[dict[str, Any]], quantities: Quantities) -> dict[str, int]:
    """Units of the smallest part by SKU; raises InputInvalid if a SKU stands there twice, or for a quantity."""
    units: dict[str, int] = {}
    for number, line in enumerate(lines):
        sku: str = line["sku"]
        quantity: int | Decimal = line["quantity"]
        if sku in units:
            message = f"'{sku}' stands here a second time; write one line for all of its units"
            raise InputInvalid([Mistake(field=f"lines.{number}.sku", message=message)])
        units[sku] = quantities.smallest(sku, quantity, field=f"lines.{number}.quantity")
    return units
