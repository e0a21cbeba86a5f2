"""The carriers that call by themselves when a parcel moves."""

from collections.abc import Mapping
from typing import Final

from engine.fulfilment.carriers.easypost import trackers as easypost
from engine.fulfilment.carriers.karrio import trackers as karrio
from engine.fulfilment.carriers.news import CarrierWebhook
from engine.fulfilment.carriers.sendcloud import webhook as sendcloud
from engine.model.carriers import CarrierDoor

WEBHOOKS: Final[Mapping[CarrierDoor, CarrierWebhook]] = {
    "sendcloud": sendcloud.WEBHOOK,
    "easypost": easypost.WEBHOOK,
    "karrio": karrio.WEBHOOK,
}
