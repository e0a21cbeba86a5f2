"""EasyPost's API v2 as its documentation and the recorded answers of its client libraries have it
(https://docs.easypost.com; https://github.com/EasyPost/examples, official/docs/responses, MIT): references are not
unique.
"""

import base64
import uuid
from typing import Any

from tests.support.fake_carriers.fake_server import FakeCarrier, Request, Response


class FakeEasyPost(FakeCarrier):
    """`refuses` are parcels, by their number in the reference, that are refused when they are bought; `offers_nothing`
    for any shipment; `refunds` is the state of a refund that is asked for, and `keeps` are parcels, by their number, of
    which it is rejected.
    """

    key = f"Basic {base64.b64encode(b'EZTK:').decode()}"

    def __init__(self) -> None:
        super().__init__()
        self.shipments: dict[str, dict[str, Any]] = {}
        self.refuses: set[str] = set()
        self.offers_nothing = False
        self.refunds: str | None = "submitted"
        self.keeps: set[str] = set()
        self.trackers: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Response:  # noqa: PLR0911 one answer for each call
        if request.path.startswith("/files/"):
            return self.label_of(request.path.rpartition(".")[2])
        if not self.is_known(request):
            return _failed(401, "APIKEY.INACTIVE", "This api key is no longer active.")
        match [request.method, *request.path.strip("/").split("/")]:
            case ["POST", "shipments"]:
                return self._create(request.body["shipment"])
            case ["GET", "shipments"]:
                return Response(body={"shipments": list(self.shipments.values())[-1:], "has_more": False})
            case ["GET", "trackers"]:
                wanted = request.query["tracking_code"]
                found = [item for item in self.trackers if item["tracking_code"] == wanted]
                return Response(body={"trackers": found, "has_more": False})
            case ["GET", "shipments", name] if self._named(name):
                return Response(body=self._named(name))
            case ["POST", "shipments", name, "buy"] if self._named(name):
                return self._buy(self._named(name), request.body["rate"]["id"])
            case ["POST", "shipments", name, "refund"] if self._named(name):
                return self._refund(self._named(name))
        return _failed(404, "NOT_FOUND", "The requested resource could not be found.")

    def _named(self, name: str) -> dict[str, Any]:
        """By id, or by reference: of several, the one that was made last."""
        named = [item for item in self.shipments.values() if item["reference"] == name]
        return self.shipments.get(name) or (named[-1] if named else {})

    def _create(self, body: dict[str, Any]) -> Response:
        if body["to_address"].get("zip") == "00000":
            errors = [{"code": "E.ZIP.INVALID", "field": "zip", "message": "Invalid zip", "suggestion": "69002"}]
            error = {"code": "ADDRESS.VERIFY.FAILURE", "message": "Unable to verify address.", "errors": errors}
            return Response(422, {"error": error})
        name = f"shp_{uuid.uuid4().hex}"
        rates = [_rate(name, "USPS", "GroundAdvantage", "8.20"), _rate(name, "USPS", "Express", "51.20")]
        shipment = {
            "id": name,
            "object": "Shipment",
            "reference": body["reference"],
            "is_return": body["is_return"],
            "options": body["options"],
            "to_address": body["to_address"],
            "from_address": body["from_address"],
            "parcel": body["parcel"],
            "messages": [],
            "rates": [] if self.offers_nothing else rates,
            "selected_rate": None,
            "postage_label": None,
            "tracking_code": None,
            "refund_status": None,
        }
        self.shipments[name] = shipment
        return Response(201, shipment)

    def _buy(self, shipment: dict[str, Any], rate: str) -> Response:
        if shipment["postage_label"] is not None:
            return _failed(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        if shipment["reference"].rpartition(".")[2] in self.refuses:
            return _failed(422, "SHIPMENT.POSTAGE.FAILURE", "Unable to buy postage: address undeliverable.")
        self.bills.append(shipment["id"])
        extension = shipment["options"]["label_format"].lower()
        shipment |= {
            "selected_rate": next(item for item in shipment["rates"] if item["id"] == rate),
            "tracking_code": f"94001002083031{len(self.bills):08}",
            "postage_label": {
                "object": "PostageLabel",
                "label_size": "4x6",
                "label_url": f"{self.url}/files/postage_label/{shipment['id']}.{extension}",
                "label_pdf_url": None,
            },
        }
        return Response(200, shipment)

    def _refund(self, shipment: dict[str, Any]) -> Response:
        if shipment["refund_status"] is not None:
            return _failed(422, "SHIPMENT.REFUND.UNAVAILABLE", "Refund was already requested.")
        if shipment["reference"].rpartition(".")[2] in self.keeps:
            return Response(200, {**shipment, "refund_status": "rejected"})
        if self.refunds == "submitted":
            shipment["refund_status"] = self.refunds
            self.given_back.append(shipment["id"])
        return Response(200, {**shipment, "refund_status": self.refunds})


def _rate(shipment: str, carrier: str, service: str, price: str) -> dict[str, Any]:
    return {
        "id": f"rate_{uuid.uuid4().hex}",
        "object": "Rate",
        "carrier": carrier,
        "service": service,
        "rate": price,
        "currency": "USD",
        "shipment_id": shipment,
        "carrier_account_id": "ca_9685a1198a75477885a3cdca37559bac",
    }


def _failed(status: int, code: str, message: str) -> Response:
    return Response(status, {"error": {"code": code, "message": message, "errors": []}})
