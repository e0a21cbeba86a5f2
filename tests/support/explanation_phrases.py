"""The words by which a sentence of an explanation says what each of its figures is, in English and in French.

Written beside the catalogues, not taken from them: with two placeholders in each other's place, a catalogue still has
all that it must have, and says the wrong figure.
"""

from collections.abc import Mapping

ALIKE = (
    {"places", "on_hand", "held", "kept", "free", "parcels", "standing"},
    {"distance", "nearer"},
    {"ships_at", "arrives_by"},
    {"node", "nearest", "collect_at", "service", "other"},
    {"before", "after"},
)
"""Values that could stand in each other's place without anybody noticing."""
_LEAVES = {"ships_at": ("leaves on {ships_at}", "part le {ships_at}")}
_SHIPS = {"node": ("{node} ships", "{node} expédie"), "service": ("by {service}", "par {service}")}
_ARRIVES = {"arrives_by": ("arrives by {arrives_by}", "arrive au plus tard le {arrives_by}")}
_TO_PLACE = {
    "collect_at": ("to {collect_at}, over", "vers {collect_at}, sur"),
    "arrives_by": ("can be collected from {arrives_by} on", "retiré à partir du {arrives_by}"),
}
_COLLECTED = {
    "node": ("collected at {node} from", "retrait possible chez {node} à"),
    "service": ("({service})", "({service})"),
}
_OTHER_SERVICE = {
    "other": ("{other} would have cost", "{other} aurait coûté"),
    "node": ("less from {node} than", "de moins depuis {node} que"),
    "service": ("than {service},", "que {service},"),
}

PHRASES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "chosen.shipment": {**_SHIPS, **_LEAVES, **_ARRIVES},
    "chosen.shipment_late": {**_SHIPS, **_LEAVES, **_ARRIVES},
    "chosen.shipment_to_place": {**_SHIPS, **_LEAVES, **_TO_PLACE},
    "chosen.shipment_to_place_late": {**_SHIPS, **_LEAVES, **_TO_PLACE},
    "chosen.collected": _COLLECTED,
    "chosen.collected_late": _COLLECTED,
    "history.lacked_units": {"other": ("Order {other} of", "commande {other} du"), "node": ("at {node},", "à {node},")},
    "history.lacked_room": {
        "other": ("Order {other} of", "commande {other} du"),
        "node": ("that {node} could ship", "que {node} pouvait expédier"),
    },
    "parcels.beside": {
        "parcels": ("decision ships {parcels} parcel", "décision expédie {parcels} colis"),
        "standing": ("has {standing} from earlier decisions", "a {standing} de décisions antérieures"),
    },
    "farther.other": {
        "nearest": ("{nearest} is nearer", "{nearest} est plus proche"),
        "nearer": ("nearer ({nearer}) than", "proche ({nearer}) que"),
        "node": ("than {node} (", "que {node} ("),
        "distance": ("({distance}) and had free units", "({distance}) et avait des unités libres"),
    },
    "stock.there": {
        "places": ("{places} place", "{places} lieu"),
        "on_hand": ("{on_hand} on hand", "{on_hand} en stock"),
        "held": ("{held} held for other orders", "{held} pour d'autres commandes"),
        "kept": ("{kept} kept back", "{kept} en réserve"),
        "free": ("{free} free for this order", "{free} pour cette commande"),
    },
    "service.cheapest": {
        "node": ("No other service from {node}", "Aucun autre service depuis {node}"),
        "service": ("cheaper for this parcel than {service}", "moins cher pour ce colis que {service}"),
    },
    "service.compared": _OTHER_SERVICE,
    "service.excluded": _OTHER_SERVICE,
    "service.late": _OTHER_SERVICE,
    "change.amount": {
        "after": ('said "{after}"', "disait « {after} »"),
        "before": ('instead of "{before}"', "au lieu de « {before} »"),
    },
    "would_ship.shipment": {
        "node": ("{node} would have shipped", "{node} aurait expédié"),
        "service": ("by {service}", "par {service}"),
    },
}
"""By kind of statement and name of the value."""
