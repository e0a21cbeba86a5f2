"""What each reason code of unfilled units says, in English and French."""

REASONS = {
    "no_stock": {"en": "no node has any of it", "fr": "aucun lieu n'en a"},
    "held_for_others": {"en": "all there is is held for other orders", "fr": "tout est réservé à d'autres commandes"},
    "kept_back": {
        "en": "kept back as safety stock or for other channels",
        "fr": "gardé en réserve ou pour d'autres canaux",
    },
    "unreachable": {
        "en": "at nodes from which no service can carry it there",
        "fr": "en des lieux d'où aucun service ne peut l'y porter",
    },
    "excluded": {"en": "at nodes that rules exclude", "fr": "en des lieux que des règles excluent"},
    "node_full": {
        "en": "at nodes that have all the shipments they may take today",
        "fr": "en des lieux complets pour aujourd'hui",
    },
    "kept_together": {
        "en": "the line must ship from one place, and none has it all",
        "fr": "la ligne doit partir d'un seul lieu, et aucun n'a tout",
    },
    "max_shipments": {
        "en": "the order may not be split any further",
        "fr": "la commande ne peut être divisée davantage",
    },
    "ship_complete": {
        "en": "the order ships whole or not at all",
        "fr": "la commande part complète ou pas du tout",
    },
    "resting": {
        "en": "at nodes that rest after a rejection",
        "fr": "en des lieux au repos après un refus",
    },
    "rejected": {
        "en": "at nodes that rejected units of this order",
        "fr": "en des lieux qui ont refusé des unités de cette commande",
    },
    "not_enough": {"en": "there are fewer units than were ordered", "fr": "il y en a moins que commandé"},
}
"""What each reason code says, in English and French."""
