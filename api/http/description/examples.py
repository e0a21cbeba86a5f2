"""Bodies of requests as somebody would send them, by operation and kind; of NDJSON, what stands on a line. They fit the
network of examples/hexagone, and a test sends each of them.
"""

from collections.abc import Mapping
from typing import Any

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
_DESTINATION = {
    "country": "FR",
    "postcode": "69003",
    "region": "Auvergne-Rhône-Alpes",
    "latitude": 45.7597,
    "longitude": 4.856,
}
_LINES = [
    {"sku": "TXT-0059", "quantity": 2, "unit_price": "33.90"},
    {"sku": "BEA-0036", "quantity": 1, "unit_price": "33.90"},
]
_ORDER = {
    "id": "W-900001",
    "channel": "web",
    "placed_at": "2026-11-27T08:12:31Z",
    "destination": _DESTINATION,
    "lines": _LINES,
}
_CART = {"channel": "web", "destination": _DESTINATION, "lines": _LINES}
_POLICY = """policy: gifts
rules:
  - id: no-express
    because: Gifts are wrapped in Lyon, which takes a day
    when: {order.tags: {has: gift}}
    then: {hold: 2 d}
"""

_TO_COME = {
    "source": "purchase_order",
    "node": "wh-lyon",
    "sku": "TXT-0059",
    "quantity": 40,
    "expected_at": "2126-12-03T06:00:00Z",
    "status": "confirmed",
    "sequence": 1,
}
EXAMPLES: Mapping[tuple[str, str], Any] = {
    ("decisions_decide", JSON): _ORDER,
    ("decisions_decide_batch", JSON): {"orders": [_ORDER | {"id": "W-900002"}, _ORDER | {"id": "W-900003"}]},
    ("decisions_decide_batch", NDJSON): _ORDER | {"id": "W-900005"},
    ("whatif_begin", JSON): {
        "drafts": [{"name": "gifts", "files": {"gifts.yaml": _POLICY}}],
        "from": "2026-11-27T00:00:00Z",
        "to": "2126-11-28T00:00:00Z",
    },
    ("quotes_quote", JSON): _CART,
    ("quotes_promises", JSON): {"skus": ["TXT-0059"], "channel": "web", "destination": _DESTINATION},
    ("orders_cancel", JSON): {"lines": {"2": 1}},
    ("orders_amend", JSON): {name: value for name, value in _ORDER.items() if name != "id"}
    | {"lines": [{"sku": "TXT-0059", "quantity": 3, "unit_price": "33.90"}]},
    ("returns_open_return", JSON): {
        "order": "W-900002",
        "lines": [{"line": "1", "quantity": 1}],
        "reason": "wrong_size",
    },
    ("returns_place", JSON): {"sku": "TXT-0059", "node": "st-lyon", "grade": "as_new"},
    ("returns_receive", JSON): {"node": "wh-lyon", "lines": {"1": 1}, "complete": True},
    ("returns_inspect", JSON): {"groups": [{"grade": "as_new"}]},
    ("returns_dispose", JSON): {"groups": [{"disposition": "restock"}]},
    ("return_labels_make", JSON): {"node": "wh-lyon"},
    ("holds_extend", JSON): {"minutes": 120},
    ("holds_confirm", JSON): {"op": "parcel-1"},
    ("holds_undo", JSON): {"op": "parcel-1-back"},
    ("holds_release", JSON): {"op": "not-needed"},
    ("quotes_take", JSON): {"order_id": "W-900004", "promise": 1},
    ("rerouting_reject", JSON): {"node": "wh-lyon", "reason": "no_capacity"},
    ("promises_progress", JSON): {"milestone": "picked", "op": "wave-12-parcel-3"},
    ("backlog_run", JSON): {"limit": 100},
    ("master_data_put_product", JSON): {
        "name": "Bonnet à pompon",
        "category": "textile",
        "lifecycle": "new",
        "weight_g": 120,
        "tags": ["gift"],
    },
    ("master_data_put_node", JSON): {
        "name": "Magasin de Nice",
        "type": "store",
        "latitude": "43.7102",
        "longitude": "7.2620",
        "country": "FR",
        "services": ["parcel"],
    },
    ("master_data_post_products", NDJSON): {
        "sku": "TXT-9001",
        "category": "textile",
        "lifecycle": "new",
        "weight_g": 120,
    },
    ("master_data_post_products", CSV): "sku,category,lifecycle,weight_g\nTXT-9002,textile,new,120\n",
    ("master_data_post_nodes", NDJSON): {
        "id": "st-antibes",
        "type": "store",
        "latitude": "43.5804",
        "longitude": "7.1251",
        "country": "FR",
        "services": ["parcel"],
    },
    ("master_data_post_nodes", CSV): (
        "id,type,latitude,longitude,country,services\nst-cannes,store,43.5528,7.0174,FR,parcel\n"
    ),
    ("policies_activate", JSON): {"note": "agreed with the stores"},
    ("policies_unschedule", JSON): {"note": "the sale is put off"},
    ("policies_rollback", JSON): {"note": "the stores were not ready"},
    ("policies_start_shadow", JSON): {"version": "a08252e6455c", "share": "20%"},
    ("policies_end_shadow", JSON): {"note": "seen enough"},
    ("policies_start_canary", JSON): {
        "version": "a08252e6455c",
        "share": "5%",
        "stop_if": ["late > +2%", "cost > +3%"],
        "note": "the new carrier",
    },
    ("policies_grow_canary", JSON): {"share": "25%"},
    ("policies_end_canary", JSON): {"note": "seen enough"},
    ("stock_put", JSON): {"on_hand": 12, "at": "2026-11-27T07:00:00Z"},
    ("inbound_put", JSON): _TO_COME,
    ("inbound_announce_many", NDJSON): {"id": "PO-4711-2", **_TO_COME},
    ("inbound_receive", JSON): {"quantity": 24, "at": "2026-11-27T07:00:00Z", "op": "delivery-8"},
    ("movements_move", NDJSON): {"op": "delivery-7", "node": "wh-lyon", "sku": "TXT-0059", "delta": 40},
    ("policies_check", JSON): {"files": {"gifts.yaml": _POLICY}},
    ("policies_explain", JSON): {"files": {"gifts.yaml": _POLICY}},
    ("policies_edit", JSON): {
        "files": {"gifts.yaml": _POLICY},
        "rule": "gifts/no-express",
        "values": {"/then/hold": "4 d"},
    },
    ("policies_save_draft", JSON): {"files": {"gifts.yaml": _POLICY}},
    ("policies_publish", JSON): {"files": {"gifts.yaml": _POLICY}, "note": "gifts are held longer"},
}
