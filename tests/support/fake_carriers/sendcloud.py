"""Sendcloud's Shipments API v3 as its OpenAPI documents it (https://sendcloud.dev/api/v3/shipments): a reference is
unique (409, with the shipment that has it), also once announcing failed or the shipment was cancelled.
"""

import base64
import uuid
from typing import Any

from tests.support.fake_carriers.fake_server import FakeCarrier, Request, Response

_FORMATS = {"application/pdf": "pdf", "application/zpl": "zpl", "image/png": "png"}


class FakeSendcloud(FakeCarrier):
    """`fails` says how announcing fails: "address" or "carrier". `announcing`: it takes until the next call."""

    key = f"Basic {base64.b64encode(b'public:secret').decode()}"

    def __init__(self) -> None:
        super().__init__()
        self.shipments: dict[str, dict[str, Any]] = {}
        self.fails: str | None = None
        self.refusal = "Unknown postal code."
        self.announcing = False
        self.label_is_missing = False
        self.delivered = False
        self.tracking: dict[str, list[dict[str, str]]] = {}

    def answer(self, request: Request) -> Response:  # noqa: PLR0911 one answer for each call
        if not self.is_known(request):
            return _failed(401, "authentication_failed", "Invalid username/password.")
        match [request.method, *request.path.strip("/").split("/")]:
            case ["POST", "shipments", "announce"]:
                return self._announce(request.body)
            case ["GET", "shipments"]:
                wanted = request.query.get("external_reference_id")
                found = [item for item in self.shipments.values() if wanted in (None, item["external_reference_id"])]
                return Response(body={"data": found})
            case ["GET", "shipments", name] if name in self.shipments:
                return Response(body={"data": self.shipments[name]})
            case ["POST", "shipments", name, "cancel"] if name in self.shipments:
                return self._cancel(self.shipments[name])
            case ["GET", "parcels", "tracking", number] if number in self.tracking:
                return Response(body={"events": self.tracking[number], "tracking_numbers": []})
            case ["GET", "parcels", "tracking", _]:
                return Response(404, {"detail": "Parcel does not exist"})
            case ["GET", "parcels", _, "documents", "label"] if not self.label_is_missing:
                return self.label_of(_FORMATS[request.headers["accept"]])
        return _failed(404, "not_found", "No Parcel matches the given query.")

    def _announce(self, body: dict[str, Any]) -> Response:
        for field in ("name", "address_line_1", "postal_code", "city", "country_code"):
            if not body["to_address"].get(field):
                return _failed(400, "required", "This field is required.", f"/to_address/{field}")
        reference = body["external_reference_id"]
        for item in self.shipments.values():
            if item["external_reference_id"] == reference:
                self._finish(item)
                return Response(409, {"data": item})
        shipment = self._shipment(body)
        self.shipments[shipment["id"]] = shipment
        if self.fails is None and not self.announcing:
            self._finish(shipment)
        return Response(201, {"data": shipment})

    def _shipment(self, body: dict[str, Any]) -> dict[str, Any]:
        code = "ANNOUNCING" if self.fails is None else "ANNOUNCEMENT_FAILED"
        errors = {
            None: [],
            "address": [
                {
                    "status": "400",
                    "code": "invalid",
                    "detail": self.refusal,
                    "source": {"pointer": "/to_address/postal_code"},
                }
            ],
            "carrier": [
                {
                    "status": "500",
                    "code": "parcel_announcement_error",
                    "detail": "Service error: An error occurred while connecting to the carrier.",
                }
            ],
        }
        return {
            "id": str(uuid.uuid4()),
            **{name: body[name] for name in ("order_number", "external_reference_id", "reference", "ship_with")},
            "label_details": body["label_details"],
            "to_address": body["to_address"],
            "from_address": body["from_address"],
            "customs_information": None,
            "carrier": {"code": "postnl", "name": "PostNL"},
            "errors": errors[self.fails],
            "parcels": [
                {
                    "id": None if self.fails is None else 0,
                    "status": {"code": code, "message": code.capitalize()},
                    "documents": [],
                    "weight": parcel["weight"],
                    "tracking_url": None,
                    "tracking_number": "",
                    "created_at": "2024-06-06T17:11:14.616615Z",
                    "announced_at": None,
                }
                for parcel in body["parcels"]
            ],
        }

    def _finish(self, shipment: dict[str, Any]) -> None:
        if any(parcel["status"]["code"] != "ANNOUNCING" for parcel in shipment["parcels"]):
            return
        self.bills.append(shipment["id"])
        for number, parcel in enumerate(shipment["parcels"], start=1):
            name = 383_707_000 + 10 * len(self.bills) + number
            parcel |= {
                "id": name,
                "status": {"code": "READY_TO_SEND", "message": "Ready to send"},
                "tracking_number": f"3SYZXG{name}",
                "documents": [{"type": "label", "size": "a6", "link": f"{self.url}/parcels/{name}/documents/label"}],
            }

    def _cancel(self, shipment: dict[str, Any]) -> Response:
        codes = {parcel["status"]["code"] for parcel in shipment["parcels"]}
        if "CANCELLED" in codes:
            return _failed(409, "invalid", "This shipment is already being cancelled.")
        if self.delivered:
            return _failed(409, "invalid", "This shipment was delivered.")
        for parcel in shipment["parcels"]:
            parcel["status"] = {"code": "CANCELLED", "message": "Cancelled"}
        self.given_back.append(shipment["id"])
        return Response(body={"data": {"status": "cancelled", "message": "Shipment has been cancelled"}})


def _failed(status: int, code: str, detail: str, pointer: str | None = None) -> Response:
    source = {} if pointer is None else {"source": {"pointer": pointer}}
    return Response(status, {"errors": [{"status": str(status), "code": code, "detail": detail, **source}]})
