"""GET /v1/days: what came of the orders of a day."""

import datetime
import zoneinfo
from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.access.networks import CurrentPointsman
from api.http.blueprint import Blueprint, answer
from api.records.audit.days import DaysRecord
from api.shapes.base import Strict
from api.shapes.fields import Day
from engine.audit.days.day_tally import newest


class DaysQuery(Strict):
    day = Day(load_default=None, metadata={"description": "on the network's clock; without, today"})


def blueprint(pointsman: CurrentPointsman) -> Blueprint:
    """The days of one Pointsman."""
    days = Blueprint("days", __name__, url_prefix="/v1/days", description="What came of the orders of a day")

    @days.get("", scope=("orders", "policies:read", "audit:read"))
    @days.arguments(DaysQuery, location="query")
    @days.response(HTTPStatus.OK, DaysRecord)
    def show(query: dict[str, Any]) -> Response:
        """Orders, what was filled, what it cost and emitted, which rules fired and what each node was given

        As the orders were first decided: what was rejected, cancelled or changed later is counted all the same.
        """
        network = pointsman.network()
        known = pointsman.days.all()
        if query["day"] is not None:
            day = datetime.date.fromordinal(query["day"])
        else:
            day = datetime.datetime.fromtimestamp(pointsman.now, tz=zoneinfo.ZoneInfo(network.time_zone)).date()
        return answer(
            DaysRecord.of(
                known,
                day=day,
                newest=newest(known),
                ran_low=pointsman.days.ran_low(),
                complete=pointsman.days.complete,
                network=network,
            )
        )

    return days
