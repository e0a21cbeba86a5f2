"""What each word of the language means, in English and French: what an editor shows beside it.

Facts carry their own meaning (`vocabulary`); how a whole rule is said back is `wording`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rules.vocabulary import Kind, Stage
from rules.wording.bilingual import Said

KINDS: Mapping[Kind, Said] = MappingProxyType(
    {
        Kind.WORD: Said("A word, as `web`", "Un mot, comme `web`"),
        Kind.CHOICE: Said("One word of the list", "Un mot de la liste"),
        Kind.FLAG: Said("`true` or `false`", "`true` (vrai) ou `false` (faux)"),
        Kind.TAGS: Said("Tags, compared by `has`", "Des étiquettes, comparées par `has`"),
        Kind.COUNT: Said("A whole number, as `12`", "Un nombre entier, comme `12`"),
        Kind.NUMBER: Said("A number, as `12.5`", "Un nombre, comme `12.5`"),
        Kind.MONEY: Said("Money, as `4.00` or `4.00 EUR`", "Un montant, comme `4.00` ou `4.00 EUR`"),
        Kind.WEIGHT: Said("A weight in g, kg or t, as `2.5 kg`", "Un poids en g, kg ou t, comme `2.5 kg`"),
        Kind.DISTANCE: Said("A distance in m or km, as `300 km`", "Une distance en m ou km, comme `300 km`"),
        Kind.DURATION: Said("A time span in min, h or d, as `48 h`", "Une durée en min, h ou d (jours), comme `48 h`"),
        Kind.CARBON: Said("CO2e in g or kg, as `250 g`", "Du CO2e en g ou kg, comme `250 g`"),
        Kind.DATE: Said("A day, as `2026-11-01`", "Un jour, comme `2026-11-01`"),
        Kind.TIME: Said('A time of day, as `"08:00"`', 'Une heure, comme `"08:00"`'),
        Kind.INSTANT: Said(
            'A day and time, as `"2026-11-27 18:00"`', 'Un jour et une heure, comme `"2026-11-27 18:00"`'
        ),
        Kind.ANY: Said("Any value", "Une valeur quelconque"),
    }
)
STAGES: Mapping[Stage, Said] = MappingProxyType(
    {
        Stage.ORDER: Said("the order", "la commande"),
        Stage.LINE: Said("each line", "chaque ligne"),
        Stage.POSITION: Said("each line at each place", "chaque ligne en chaque lieu"),
        Stage.OPTION: Said("each way to ship a line", "chaque façon d'expédier une ligne"),
        Stage.NODE: Said("each place", "chaque lieu"),
        Stage.REJECTION: Said("each rejection by a place", "chaque refus d'un lieu"),
    }
)
KEYS: Mapping[str, Said] = MappingProxyType(
    {
        "policy": Said(
            "The policy's name: small letters, digits, - and _", "Le nom : minuscules, chiffres, - et _ (sans accents)"
        ),
        "owner": Said("Who answers for these rules", "Qui répond de ces règles"),
        "description": Said("What these rules are for", "À quoi servent ces règles"),
        "terms": Said(
            "Names for conditions used more than once; `is` uses them",
            "Des noms pour les conditions qui servent plusieurs fois ; `is` les emploie",
        ),
        "rules": Said("The rules; their order makes no difference", "Les règles ; leur ordre est sans effet"),
        "id": Said(
            "The rule's name; with the policy's before it: clearance/outlets-first",
            "Le nom de la règle ; précédé de celui de la politique : clearance/outlets-first",
        ),
        "because": Said(
            "Why, as people read it on a decision: a text, or one for each language",
            "Pourquoi, tel qu'on le lit sur une décision : un texte, ou un par langue",
        ),
        "when": Said(
            "Where the rule applies: all of these conditions. Without it: everywhere",
            "Où la règle s'applique : toutes ces conditions. Sans elles : partout",
        ),
        "then": Said("What the rule does", "Ce que fait la règle"),
        "from": Said(
            "The first day it counts, as `2026-11-01`; or the minute, as `2026-11-27 08:00`",
            "Le premier jour où elle compte, comme `2026-11-01` ; ou la minute, comme `2026-11-27 08:00`",
        ),
        "until": Said(
            "The last day it counts, all of it, as `2026-12-24`; or the minute it ends, as `2026-12-24 18:00`",
            "Le dernier jour où elle compte, en entier, comme `2026-12-24` ; ou la minute où elle cesse, "
            "comme `2026-12-24 18:00`",
        ),
        "weekdays": Said("The days of the week it counts", "Les jours de la semaine où elle compte"),
        "hours": Said(
            'From when until when it counts each day, as `["08:00", "18:00"]`; `["22:00", "06:00"]` passes midnight',
            'De quand à quand elle compte chaque jour, comme `["08:00", "18:00"]` ; `["22:00", "06:00"]` passe minuit',
        ),
        "overrides": Said(
            "Rules switched off wherever this one applies, as `policy/rule`",
            "Les règles désactivées partout où celle-ci s'applique, comme `politique/règle`",
        ),
        "channel": Said("The channel that may take these units", "Le canal qui peut prendre ces unités"),
        "units": Said("So many units", "Tant d'unités"),
        "share": Said(
            "A share of the units on hand, rounded up: `20%`",
            "Une part des unités présentes, arrondie à l'unité supérieure : `20%`",
        ),
    }
)
OPERATORS: Mapping[str, Said] = MappingProxyType(
    {
        "at_least": Said("Is this or more", "Vaut cela ou plus"),
        "more_than": Said("Is more than this", "Vaut plus que cela"),
        "at_most": Said("Is this or less", "Vaut cela ou moins"),
        "less_than": Said("Is less than this", "Vaut moins que cela"),
        "between": Said("Is between the two; both ends count", "Est entre les deux, bornes comprises"),
        "has": Said("Has this tag", "Porte cette étiquette"),
        "has_any": Said("Has one of these tags", "Porte une de ces étiquettes"),
        "has_all": Said("Has all of these tags", "Porte toutes ces étiquettes"),
        "matches": Said(
            'Looks like this, as `"75*"`: * is any letters, ? is one',
            'Ressemble à ceci, comme `"75*"` : * vaut des lettres quelconques, ? une seule',
        ),
        "known": Said("Whether it is known at all", "Si on le connaît"),
        "not": Said(
            "The opposite of a value, a list or comparisons; true as well where the fact is not known",
            "Le contraire d'une valeur, d'une liste ou de comparaisons ; vrai aussi là où le fait est inconnu",
        ),
        "all": Said("All of these conditions", "Toutes ces conditions"),
        "any": Said("At least one of these conditions", "Au moins une de ces conditions"),
        "none": Said("Not one of these conditions", "Aucune de ces conditions"),
        "is": Said("Meets a term of this file, or several", "Répond à un terme de ce fichier, ou à plusieurs"),
    }
)
EFFECTS: Mapping[str, Said] = MappingProxyType(
    {
        "exclude": Said(
            "`true`: may not be used. `unless_needed`: used only for units nothing else can fill",
            "`true` : ne peut pas servir. `unless_needed` : sert seulement aux unités que rien d'autre ne peut fournir",
        ),
        "prefer": Said("Worth that much a unit; several add up", "Vaut tant par unité ; plusieurs s'ajoutent"),
        "avoid": Said("Costs that much a unit; several add up", "Coûte tant par unité ; plusieurs s'ajoutent"),
        "tier": Said(
            "1 to 9: better tiers first, whatever they cost; 5 unless said; the smallest counts",
            "1 à 9 : les meilleurs rangs d'abord, quoi qu'ils coûtent ; 5 par défaut ; le plus petit compte",
        ),
        "keep": Said(
            "Units that stay, as `3`, or a share of the units on hand, rounded up, as `10%`; the largest counts",
            "Les unités qui restent, comme `3`, ou une part des unités présentes, arrondie à l'unité supérieure, "
            "comme `10%` ; la plus grande compte",
        ),
        "protect": Said(
            "Other channels may not take the last of these units: `{channel: web, units: 5}` or "
            "`{channel: web, share: 20%}`, or a list; for each channel the largest counts",
            "Les autres canaux ne peuvent pas prendre ces dernières unités : `{channel: web, units: 5}` ou "
            "`{channel: web, share: 20%}`, ou une liste ; par canal la plus grande compte",
        ),
        "keep_together": Said(
            "The line ships from one place by one way, or not at all",
            "La ligne part d'un seul lieu par un seul service, ou pas du tout",
        ),
        "max_shipments": Said(
            "At most so many shipments; the smallest counts", "Au plus tant d'expéditions ; le plus petit compte"
        ),
        "split_penalty": Said(
            "What each shipment after the first costs more; the largest counts",
            "Ce que coûte en plus chaque expédition après la première ; le plus grand compte",
        ),
        "ship_complete": Said("Everything or nothing", "Tout ou rien"),
        "carbon_price": Said(
            "What a kilogram of CO2e counts for; the largest counts",
            "Ce que compte un kilogramme de CO2e ; le plus grand compte",
        ),
        "hold": Said(
            "How long the units are held, as `30m`, `72 h`, `3 d`; two days unless said; the smallest counts",
            "Combien de temps les unités sont réservées, comme `30m`, `72 h`, `3 d` ; deux jours par défaut ; "
            "le plus petit compte",
        ),
        "priority": Said(
            "0 to 100: who goes first when many wait; 50 unless said; the largest counts",
            "0 à 100 : qui passe d'abord quand beaucoup attendent ; 50 par défaut ; le plus grand compte",
        ),
        "daily_orders": Said(
            "At most so many shipments a day; the smallest counts",
            "Au plus tant d'expéditions par jour ; le plus petit compte",
        ),
        "rest_after_rejection": Said(
            "How long a place that rejected units of an order is given none of any, as `2 h`; the longest counts",
            "Combien de temps un lieu qui a refusé des unités d'une commande n'en reçoit plus aucune, comme `2 h` ; "
            "la plus longue durée compte",
        ),
    }
)
