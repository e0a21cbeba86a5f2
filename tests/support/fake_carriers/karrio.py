"""Karrio's API v1 as its OpenAPI has it (schemas/openapi.yml of https://github.com/karrioapi/karrio): references are
not unique, and what is purchased is not purchased again (409, state_error).
"""

import base64
import uuid
from typing import Any

from tests.support.fake_carriers.fake_server import LABELS, FakeCarrier, Request, Response


class FakeKarrio(FakeCarrier):
    """`refuses` are parcels, by their number in the reference, that the carrier behind it refuses, and `keeps` those
    that it does not take back; `offers_nothing` for any shipment.
    """

    key = "Token key_1"

    def __init__(self) -> None:
        super().__init__()
        self.shipments: dict[str, dict[str, Any]] = {}
        self.refuses: set[str] = set()
        self.trackers: dict[str, dict[str, Any]] = {}
        self.is_shipped = False
        self.keeps: set[str] = set()
        self.offers_nothing = False

    def answer(self, request: Request) -> Response:  # noqa: PLR0911 one answer for each call
        if not self.is_known(request):
            return Response(401, {"errors": [{"message": "Invalid token.", "code": "authentication_failed"}]})
        match [request.method, *request.path.removeprefix("/v1/").split("/")]:
            case ["POST", "shipments"]:
                return self._create(request.body)
            case ["GET", "shipments"]:
                wanted = request.query.get("reference")
                found = [
                    item for item in self.shipments.values() if wanted is None or wanted in (item["reference"] or "")
                ]
                return Response(body={"count": len(found), "next": None, "previous": None, "results": found})
            case ["GET", "shipments", name] if name in self.shipments:
                return Response(body=self.shipments[name])
            case ["POST", "shipments", name, "purchase"] if name in self.shipments:
                return self._purchase(self.shipments[name], request.body)
            case ["POST", "shipments", name, "cancel"] if name in self.shipments:
                return self._cancel(self.shipments[name])
            case ["POST", "shipments", name, "documents", "label"] if name in self.shipments:
                return self._label(self.shipments[name])
            case ["GET", "trackers", number] if number in self.trackers:
                return Response(body=self.trackers[number])
        return Response(404, {"errors": [{"code": "not_found", "message": "Not found"}]})

    def _create(self, body: dict[str, Any]) -> Response:
        if not body["recipient"].get("postal_code"):
            details = {"recipient": {"postal_code": {"code": "required", "message": "This field is required."}}}
            return Response(400, {"errors": [{"code": "validation", "message": "Invalid request", "details": details}]})
        name = f"shp_{uuid.uuid4().hex}"
        rate = {
            "id": f"rat_{uuid.uuid4().hex}",
            "object_type": "rate",
            "carrier_name": "canadapost",
            "carrier_id": "canadapost",
            "currency": "CAD",
            "service": "canadapost_priority",
            "total_charge": 106.71,
            "transit_days": 2,
        }
        self.shipments[name] = {
            "id": name,
            "object_type": "shipment",
            "status": "draft",
            **{
                part: body[part] for part in ("shipper", "recipient", "parcels", "reference", "label_type", "is_return")
            },
            "rates": [] if self.offers_nothing else [rate],
            "messages": [],
            "selected_rate": None,
            "tracking_number": None,
        }
        return Response(201, self.shipments[name])

    def _purchase(self, shipment: dict[str, Any], body: dict[str, Any]) -> Response:
        if shipment["status"] != "draft":
            message = f"The shipment is '{shipment['status']}' and cannot be purchased again"
            return Response(409, {"errors": [{"code": "state_error", "message": message}]})
        if shipment["reference"].rpartition(".")[2] in self.refuses:
            note = {"code": "9111", "message": "Postal code is not served", "carrier_name": "canadapost"}
            return Response(424, {"messages": [note]})
        self.bills.append(shipment["id"])
        shipment |= {
            "status": "created",
            "label_type": body["label_type"],
            "selected_rate": shipment["rates"][0],
            "tracking_number": f"1234567890{len(self.bills):02}",
        }
        return Response(200, shipment)

    def _cancel(self, shipment: dict[str, Any]) -> Response:
        if shipment["status"] == "cancelled":
            return Response(202, shipment)
        if self.is_shipped or shipment["reference"].rpartition(".")[2] in self.keeps:
            message = "The shipment is 'in_transit' and can not be cancelled anymore..."
            return Response(409, {"errors": [{"code": "state_error", "message": message}]})
        if shipment["status"] != "draft":
            self.given_back.append(shipment["id"])
        shipment["status"] = "cancelled"
        return Response(200, shipment)

    def _label(self, shipment: dict[str, Any]) -> Response:
        label = base64.b64encode(LABELS[shipment["label_type"].lower()]).decode()
        return Response(200, {"category": "label", "format": shipment["label_type"], "url": None, "base64": label})
