"""Searches of decisions, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import DecisionsCursor
from api.shapes.fields import Instant, QueryNumber, Word
from api.shapes.limits import MOST_DECISIONS
from api.shapes.policy_version import PolicyVersion
from engine.audit.search.decision_filter import STATUSES, DecisionFilter
from engine.decide.order_record import timestamp


class DecisionsQuery(Strict):
    """Which decisions, and before which one: without, the newest."""

    order = Word(load_default=None)
    start = Instant(
        data_key="from", load_default=None, metadata={"description": "logged from then on, by the server's clock"}
    )
    end = Instant(data_key="until", load_default=None, metadata={"description": "logged before then"})
    decided_from = Instant(load_default=None, metadata={"description": "decided as of then or later"})
    decided_until = Instant(load_default=None, metadata={"description": "decided as of an instant before then"})
    node = Word(load_default=None, metadata={"description": "that ships something by it"})
    sku = Word(load_default=None, metadata={"description": "that it decided"})
    channel = Word(load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    policy_version = PolicyVersion(
        data_key="policy", load_default=None, metadata={"description": "a version, or 4 letters or more of its start"}
    )
    fired = Word(load_default=None, metadata={"description": "a rule that fired", "example": "clearance/outlets-first"})
    decisive = Word(
        load_default=None,
        metadata={"description": "a rule that decided: without it, another choice would have been made"},
    )
    caller = Word(load_default=None, metadata={"description": "who asked for it, or whose hold it has"})
    limit = QueryNumber(1, MOST_DECISIONS, load_default=100)
    after = DecisionsCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _filtered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {"limit": data.pop("limit"), "after": data.pop("after")}
        for name in ("decided_from", "decided_until"):
            if data[name] is not None:
                data[name] = timestamp(data[name])
        return {"filtered": DecisionFilter(**data), **paging}
