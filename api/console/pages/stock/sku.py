"""An article over the network: what is where, what channels may take of it, and what keeps them from more."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

from api.console.calls import Answer, path_of
from api.console.console import Console
from api.console.form_values import filled, quantity
from api.console.visit import KEY_FIELD, Visit
from api.language.current import say, say_message, text

MOST_NODES = MOST_ARTICLES = "50"
"""Of an article, and of a list of articles, on one page."""
MOST_SUGGESTED = "12"
NDJSON = "application/x-ndjson"
LIMITS = {
    "held": text("{units} held for orders"),
    "kept": text("{units} kept as safety stock"),
    "protected": text("{units} protected for {channel}"),
    "allotted": text("{units} allotted to {channel}"),
    "multiple": text("{units} left over, as units ship from there in multiples only"),
    "capped": text("{units} above what the channel is offered at most"),
    "excluded": text("{units} excluded by rules"),
    "resting": text("{units} there, but the node rests after a rejection"),
    "full": text("{units} there, but the node takes no more orders now"),
    "other": text("{units} that no service carries"),
}
"""What keeps units of a node from a channel, by the word of HTTP."""


def add_to(console: Console) -> None:
    """Its page and buttons."""
    console.page("/stock", needs=("stock_show", "holds_living"))(article)
    console.page("/stock/suggested", needs="catalogue_products")(suggested)
    console.action("/stock/count", needs="stock_put")(count)
    console.action("/stock/move", needs="movements_move")(move)


def article(visit: Visit) -> Response:
    if not visit.may("stock_show"):
        return visit.go(visit.link("stock", "holds"))
    chosen = visit.chosen("sku", "channel", "node", "after", "channel_after")
    return _shown(visit, chosen)


def suggested(visit: Visit) -> Response:
    """Articles for a field that takes an SKU, as options: what is typed is how they begin."""
    typed = visit.chosen("sku").get("sku", "")
    found = visit.get("/v1/products", search=typed, limit=MOST_SUGGESTED)["products"] if typed else []
    return visit.show("stock/suggested.html", products=found)


def count(visit: Visit) -> Response:
    form = visit.form
    body = {"on_hand": quantity(form.get("on_hand", "")), "at": visit.caller["now"]}
    answer = visit.change("PUT", path_of("v1", "stock", form.get("node", "") or "-", form.get("sku", "") or "-"), body)
    if answer.problem is not None:
        return _shown(visit, {"sku": form.get("sku", "")}, counted=answer)
    outcome = answer.json
    if outcome["result"] == "set":
        visit.tell(say("{node}: {units} on hand now", node=outcome["node"], units=outcome["on_hand"]))
    else:
        visit.tell(say("A newer count of {node} is there already; it stays", node=outcome["node"]), tone="warn")
    return visit.go(visit.link("stock", sku=form.get("sku")))


def move(visit: Visit) -> Response:
    form = visit.form
    movement = filled(
        {
            "op": form.get(KEY_FIELD),
            "node": form.get("node"),
            "sku": form.get("sku"),
            "delta": quantity(form.get("delta", "") or "0"),
            "blocked": quantity(form.get("blocked", "")),
            "reason": form.get("reason", "").strip(),
            "lot": form.get("lot", "").strip(),
            "expires": form.get("expires", "").strip(),
        }
    )
    answer = visit.change("POST", "/v1/stock/movements", json.dumps(movement).encode(), kind=NDJSON)
    back = visit.link("stock", sku=form.get("sku"))
    if answer.problem is not None:
        return visit.after(answer, back, "")
    line = answer.lines[0]
    if line["result"] in ("refused", "stopped"):
        visit.tell(say_message(line["message"]), tone="bad")
    else:
        visit.tell(say("{node}: {units} on hand now", node=form.get("node"), units=line["on_hand"]))
    return visit.go(back)


def _shown(visit: Visit, chosen: Mapping[str, str], *, counted: Answer | None = None) -> Response:
    """The nodes of the article, and what the channel may take of each, are two lists with pages of their own."""
    sku, channel = chosen.get("sku", ""), chosen.get("channel", "")
    channels = visit.get("/v1/channels")["channels"] if visit.may("channels_every") else []
    product = visit.get_or_none(path_of("v1", "products", sku)) if sku else None
    page = {"limit": MOST_NODES, "node": chosen.get("node"), "after": chosen.get("after")}
    stock = visit.get(path_of("v1", "stock", sku), **page) if product is not None else None
    found = _found(visit, chosen) if stock is None else None
    offered_page = {**page, "after": chosen.get("channel_after")}
    offered = _offered(visit, sku, channel, offered_page) if stock is not None and channel else None
    problem = None if counted is None else counted.problem
    return visit.show(
        "stock/sku.html",
        status=200 if problem is None else problem.status,
        sku=sku,
        channel=channel,
        channels=channels,
        stock=stock,
        found=found,
        product=None if product is None else product["product"],
        offered=offered,
        limit=limit_in_words,
        node=chosen.get("node", ""),
        next_page=visit.next_page(stock or found, "stock", **chosen),
        next_offered=visit.next_page(offered, "stock", going_on="channel_after", **chosen) if offered else "",
        first_page=visit.link("stock", sku=sku, channel=channel) if {"after", "channel_after"} & set(chosen) else "",
        problem=problem,
    )


def _found(visit: Visit, chosen: Mapping[str, str]) -> Any:
    """A page of the articles that are called as what was written begins; of all, if nothing was."""
    return visit.get("/v1/products", search=chosen.get("sku"), limit=MOST_ARTICLES, after=chosen.get("after"))


def _offered(visit: Visit, sku: str, channel: str, page: Mapping[str, str | None]) -> Any:
    """What the channel may take of the SKU; None where the person may not see it, or there is no such channel."""
    if not visit.may("channels_show"):
        return None
    found = visit.get_or_none(path_of("v1", "channels", channel), sku=sku, **page)
    return found["skus"][0] if found and found["skus"] else None


def limit_in_words(limit: dict[str, Any]) -> str:
    """Why units of a node are not free to the channel, with the rules that say so."""
    words = say(LIMITS[limit["because"]], units=limit["units"], channel=limit.get("channel", ""))
    return f"{words} ({', '.join(limit['rules'])})" if limit["rules"] else words
