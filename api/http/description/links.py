"""Which calls follow from an answer, by operation and status: for clients, and for tests that make up sequences."""

from collections.abc import Mapping
from typing import Any

_ORDER, _DECISION, _BODY = "$request.body#/id", "$response.body#/id", "$response.body"


def _link(operation: str, description: str, **parameters: str) -> dict[str, Any]:
    return {"operationId": operation, "description": description, "parameters": parameters}


_OF_DECISION = {
    "decision": _link("decisions_read", "The decision again", decision_id=_DECISION),
    "facts": _link("decisions_read_facts", "What it was decided on", decision_id=_DECISION),
    "hold": _link("holds_show", "What of it is still held", decision_id=_DECISION),
    "confirm": _link("holds_confirm", "Its units have left", decision_id=_DECISION),
    "release": _link("holds_release", "Its units are not needed", decision_id=_DECISION),
    "extend": _link("holds_extend", "Hold it for longer", decision_id=_DECISION),
    "order": _link("orders_show", "The order as it stands", order_id=_ORDER),
    "cancel": _link("orders_cancel", "The customer cancels", order_id=_ORDER),
}
LINKS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "decisions_decide": {"200": _OF_DECISION, "201": _OF_DECISION},
    "quotes_quote": {"201": {"take": _link("quotes_take", "Order what was quoted", quote_id=_DECISION)}},
    "policies_publish": {
        status: {
            "read": _link("policies_read", "The version", version="$response.body#/version"),
            "gate": _link("policies_run_gate", "Have its gate run", version="$response.body#/version"),
            "activate": _link("policies_activate", "Let it decide", version="$response.body#/version"),
        }
        for status in ("200", "201")
    },
}
