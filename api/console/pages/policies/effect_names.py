"""What effects and groups of facts are called in forms: a few words each."""

from collections.abc import Mapping

from api.language.current import text

FACT_GROUPS: Mapping[str, str] = {
    "order": text("The order"),
    "line": text("A line of the order"),
    "product": text("The article"),
    "node": text("The place"),
    "stock": text("The stock at the place"),
    "service": text("The carrier service"),
    "route": text("The way there"),
    "shipment": text("The shipment"),
    "now": text("The moment of the decision"),
    "rejection": text("A rejection by a place"),
    "return": text("A returned unit"),
    "need": text("What the place needs"),
    "promise": text("A promise at risk"),
}
OPERATORS: Mapping[str, str] = {
    "equals": text("is"),
    "not": text("is not"),
    "at_least": text("is at least"),
    "more_than": text("is more than"),
    "at_most": text("is at most"),
    "less_than": text("is less than"),
    "between": text("is between"),
    "has": text("has the tag"),
    "has_any": text("has one of the tags"),
    "has_all": text("has all of the tags"),
    "matches": text("looks like"),
    "known": text("is known"),
    "same_as": text("is the same as"),
    "not_same_as": text("is another than"),
    "not:at_least": text("is not at least, or not known"),
    "not:more_than": text("is not more than, or not known"),
    "not:at_most": text("is not at most, or not known"),
    "not:less_than": text("is not less than, or not known"),
    "not:between": text("is not between"),
    "not:has": text("does not have the tag"),
    "not:has_any": text("has none of the tags"),
    "not:has_all": text("does not have all of the tags"),
    "not:matches": text("does not look like"),
    "not:same_as": text("is not the same as, or not known"),
    "not:not_same_as": text("is not another than, or not known"),
}
ATTRIBUTE_KIND_NAMES: Mapping[str, str] = {
    "flag": text("yes or no"),
    "number": text("a number"),
    "word": text("a word"),
    "tags": text("tags"),
}
"""Of what kind an extra attribute is."""
EFFECTS: Mapping[str, Mapping[str, str]] = {
    text("Which way is taken"): {
        "prefer": text("Prefer it, by so much a unit"),
        "avoid": text("Avoid it, by so much a unit"),
        "exclude": text("Do not use it"),
        "tier": text("Rank it: 1 comes first, 9 last"),
    },
    text("Shipments of an order"): {
        "max_shipments": text("Send at most so many shipments"),
        "fewest_shipments": text("Send as few shipments as possible"),
        "split_penalty": text("Make each further shipment dearer"),
        "ship_complete": text("Ship all of the order or nothing"),
        "keep_together": text("Ship the line from one place"),
        "carbon_price": text("Put a price on a kilogram of CO2e"),
        "lookahead": text("Think of what units will be worth elsewhere"),
        "hold": text("Hold the units so long"),
        "priority": text("Let it go first, from 0 to 100"),
        "approve": text("Have a person approve the order"),
        "backorder": text("Let what is missing wait for stock"),
        "preorder_from": text("Ship no earlier than on a day"),
        "reroute_if_late": text("Ship from elsewhere if it would be late"),
    },
    text("Stock that is kept"): {
        "keep": text("Keep units back"),
        "protect": text("Keep units for a channel"),
        "allocate": text("Give a channel so many units"),
        "cap": text("Offer a channel no more than so many"),
        "oversell": text("Sell more than is there"),
        "multiple_of": text("Ship whole cases of so many"),
        "min_shelf_life": text("Ask for so many days of shelf life"),
        "promise_from": text("Promise goods that are to come"),
        "slack": text("Promise what is to come so much later"),
        "haircut": text("Promise a share less of what is to come"),
    },
    text("What a place ships"): {
        "daily_orders": text("At most so many shipments a day"),
        "hourly_orders": text("At most so many shipments an hour"),
        "daily_units": text("At most so many units a day"),
        "daily_weight": text("At most so much weight a day"),
        "rest_after_rejection": text("Give it a rest after a rejection"),
    },
    text("How much stock there should be"): {
        "alert_below": text("Say that stock is low below"),
        "min": text("At least so many units"),
        "max": text("At most so many units"),
        "target_cover": text("Enough for so many days"),
        "uplift": text("Expect more or less to sell than usual"),
        "transfer": text("Transfer none of it"),
    },
    text("Returned units"): {
        "disposition": text("What becomes of it"),
        "as_sku": text("Put it in stock as another article"),
    },
}
"""By what they are about."""
PARTS: Mapping[str, str] = {
    "channel": text("Channel"),
    "units": text("Units"),
    "share": text("Share of what is there"),
    "cover": text("What sells in so many days"),
    "min": text("At least"),
    "max": text("At most"),
    "per": text("Anew each"),
    "at_most": text("At most"),
    "unless_needed": text("More if units would be missing otherwise"),
}
"""Of effects that have several values."""
KINDS: Mapping[str, str] = {
    "count": text("Number of units"),
    "share": text("Share"),
    "duration": text("Time span"),
    "choice": text("Choice"),
}
"""What a value that stands alone is, where an effect can be written in several ways."""
VALUE_NAMES: Mapping[str, str] = {
    "true": text("always"),
    "unless_needed": text("only for units that would be missing otherwise"),
    "until_shipped": text("until the last shipment leaves"),
    "on_hand": text("what is there"),
    "in_transit": text("also what is on its way"),
    "confirmed": text("also what is confirmed"),
    "planned": text("also what is planned"),
    "restock": text("into stock again"),
    "refurbish": text("put in order first"),
    "liquidate": text("sold off"),
    "donate": text("given away"),
    "destroy": text("destroyed"),
    "return_to_supplier": text("back to the supplier"),
    "return_to_customer": text("back to the customer"),
    "keep": text("stays where it is"),
    "day": text("each day"),
    "week": text("each week"),
    "window": text("for the time in which the rule counts"),
}
"""Words that effects take, in a few others."""
EFFECT_NAMES: Mapping[str, str] = {effect: name for group in EFFECTS.values() for effect, name in group.items()}
