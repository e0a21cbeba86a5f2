"""Conditions, windows and effects as authors write them, with their texts in English and French."""

from rules.loader import load_policies
from rules.policy import Rule

SAME_COUNTRY = "node.country: {same_as: order.country}"
ANOTHER_COUNTRY = "node.country: {not_same_as: order.country}"
CONDITIONS = [
    (
        SAME_COUNTRY,
        "the values of the place's country and the order's country are the same",
        "on trouve la même valeur pour le pays du lieu et pour le pays de la commande",
    ),
    (
        f"none: [{{{SAME_COUNTRY}}}]",
        "the values of the place's country and the order's country are not the same",
        "on ne trouve pas la même valeur pour le pays du lieu et pour le pays de la commande",
    ),
    (
        ANOTHER_COUNTRY,
        "the values of the place's country and the order's country differ",
        "on trouve des valeurs différentes pour le pays du lieu et pour le pays de la commande",
    ),
    (
        f"none: [{{{ANOTHER_COUNTRY}}}]",
        "the values of the place's country and the order's country do not differ",
        "on ne trouve pas de valeurs différentes pour le pays du lieu et pour le pays de la commande",
    ),
    ("order.channel: web", "the order comes from web", "la commande vient du canal web"),
    ("order.channel: [web, app]", "the order comes from web or app", "la commande vient du canal web ou app"),
    (
        "order.channel: {not: marketplace}",
        "the order does not come from marketplace",
        "la commande ne vient pas du canal marketplace",
    ),
    ("order.value: {at_least: 50.00 EUR}", "the order is worth at least 50.00", "la commande vaut au moins 50,00"),
    ("product.weight: {more_than: 2500 g}", "a unit weighs more than 2.5 kg", "une unité pèse plus de 2,5 kg"),
    (
        "order.weight: {not: {at_most: 2 kg}}",
        "the order does not weigh at most 2 kg",
        "la commande ne pèse pas au plus 2 kg",
    ),
    (
        "stock.available: {at_most: 1}",
        "the place has at most 1 unit available",
        "le lieu a au plus 1 unité à disposition",
    ),
    (
        "return.grade: [A, B]",
        "the returned unit is of grade A or B",
        "l'unité retournée est dans l'état A ou B",
    ),
    (
        "need.chance_of_sale: {at_least: 62.5%}",
        "the chance that the unit sells there is at least 62.5%",
        "la chance que l'unité s'y vende est au moins 62,5\u00a0%",
    ),
    (
        "need.shortfall: {more_than: 1}",
        "the place lacks more than 1 unit of what it should have",
        "il manque au lieu plus de 1 unité de ce qu'il devrait avoir",
    ),
    (
        "return.days_since_delivery: {more_than: 30}",
        "the unit was delivered more than 30 days ago",
        "l'unité a été livrée il y a plus de 30 jours",
    ),
    ("stock.on_hand: 0", "the place has 0 units on hand", "le lieu a 0 unité en stock"),
    (
        "stock.incoming: {at_least: 2}",
        "at least 2 units are to come in at the place",
        "le lieu attend au moins 2 unités",
    ),
    (
        "stock.next_arrival: {at_most: 3 d}",
        "the next units come in at the place in at most 3 days",
        "la prochaine entrée sur place est dans au plus 3 jours",
    ),
    ("order.lines: {less_than: 3}", "the order has fewer than 3 lines", "la commande compte moins de 3 lignes"),
    (
        "route.arrives: {less_than: 36 h}",
        "the goods arrive in less than 36 hours",
        "l'envoi arrive en moins de 36 heures",
    ),
    ("route.arrives: {less_than: 48 h}", "the goods arrive in less than 2 days", "l'envoi arrive en moins de 2 jours"),
    ("route.distance: {more_than: 300 km}", "the goods travel more than 300 km", "l'envoi parcourt plus de 300 km"),
    (
        "shipment.weight: {more_than: 20 kg}",
        "the shipment weighs more than 20 kg",
        "l'envoi pèse plus de 20 kg",
    ),
    ("shipment.units: {not: 1}", "the shipment does not have 1 unit", "l'envoi ne compte pas 1 unité"),
    (
        "route.co2: {at_most: 250 g}",
        "shipping the whole line emits at most 250 g of CO2e",
        "l'envoi de toute la ligne émet au plus 250 g de CO2e",
    ),
    ("route.late: true", "the goods arrive after the promise", "l'envoi arrive après la promesse"),
    ("route.late: false", "the goods arrive in time for the promise", "l'envoi arrive à temps pour la promesse"),
    ("promise.late: true", "the shipment at risk arrives after the promise", "l'envoi menacé arrive après la promesse"),
    (
        "promise.late: false",
        "the shipment at risk arrives in time for the promise",
        "l'envoi menacé arrive à temps pour la promesse",
    ),
    (
        "promise.cause: receipt_late",
        "the promise is at risk because its receipt is late",
        "la promesse est menacée parce que sa réception est en retard",
    ),
    ("route.late: {not: true}", "the goods do not arrive after the promise", "l'envoi n'arrive pas après la promesse"),
    (
        "now.time: {between: ['08:00', '18:00']}",
        "it is between 08:00 and 18:00 inclusive",
        "il est entre 08:00 et 18:00 inclus",
    ),
    ("node.weekday: [saturday]", "it is Saturday at the place", "on est samedi sur place"),
    (
        "node.time: {not: {at_least: '18:00'}}",
        "it is not 18:00 or later at the place",
        "il n'est pas 18:00 ou plus tard sur place",
    ),
    (
        "node.date: {less_than: 2026-12-24}",
        "the date at the place falls before 24 December 2026",
        "la date du lieu tombe avant le 24 décembre 2026",
    ),
    (
        "now.date: {at_least: 2026-11-01}",
        "today's date falls on or after 1 November 2026",
        "la date du jour tombe à partir du 1er novembre 2026",
    ),
    (
        "order.placed_at: {less_than: 2026-11-27 18:00}",
        "the order was placed before 27 November 2026 18:00",
        "la commande a été passée avant le 27 novembre 2026 à 18:00",
    ),
    ("order.tags: {has: gift}", "the order has the tag gift", "la commande porte l'étiquette gift"),
    (
        "node.tags: {has_any: [outlet, closing]}",
        "the place has at least one of the tags outlet or closing",
        "le lieu porte au moins une des étiquettes outlet ou closing",
    ),
    (
        "product.tags: {has_all: [fragile, gift]}",
        "the article has all of the tags fragile and gift",
        "l'article porte toutes les étiquettes fragile et gift",
    ),
    (
        "order.promise_by: {known: false}",
        "the order's promise is not known",
        "on ne connaît pas la promesse faite au client",
    ),
    (
        'order.postcode: {matches: "75*"}',
        'the order\'s postcode is like "75*"',
        'le code postal de la commande est comme "75*"',
    ),
    (
        "order.outward_code: KW17",
        "the order's outward code is KW17",
        "la première moitié du code postal britannique de la commande est KW17",
    ),
    (
        "order.region: Île-de-France",
        "the order's region is Île-de-France",
        "la région de la commande est Île-de-France",
    ),
    ("node.id: 'a or b'", 'the place is "a or b"', 'le lieu est "a or b"'),
    (
        "order.units: {at_least: 2, at_most: 5}",
        "the order has at least 2 units and has at most 5 units",
        "la commande compte au moins 2 unités et compte au plus 5 unités",
    ),
    (
        "product.attributes.hazmat: true",
        "the article's attribute hazmat is true",
        "l'attribut hazmat de l'article est vrai",
    ),
    (
        "node.attributes.size: {at_least: 2.5}",
        "the place's attribute size is at least 2.5",
        "l'attribut size du lieu est au moins 2,5",
    ),
    (
        "any: [{node.type: store, stock.on_hand: {more_than: 9}}, {service.mode: bike}]",
        "(the place is a store and has more than 9 units on hand) or the goods go by bike",
        "(le lieu est un magasin et a plus de 9 unités en stock) ou l'envoi se fait à vélo",
    ),
    (
        "none: [{node.type: store}, {service.mode: air}]",
        "the place is not a store and the goods do not go by air",
        "le lieu n'est pas un magasin et l'envoi ne se fait pas par avion",
    ),
    (
        "is: heavy",
        "it is heavy (a unit weighs at least 15 kg or the order weighs more than 40 kg)",
        "la condition heavy est remplie (une unité pèse au moins 15 kg ou la commande pèse plus de 40 kg)",
    ),
    (
        "none: [{is: heavy}]",
        "it is not heavy (a unit weighs at least 15 kg or the order weighs more than 40 kg)",
        "la condition heavy n'est pas remplie (une unité pèse au moins 15 kg ou la commande pèse plus de 40 kg)",
    ),
]
WINDOWS = [
    ("from: 2026-11-20", "From 20 November 2026 on.", "À partir du 20 novembre 2026."),
    ("from: 2026-11-27 08:00", "From 27 November 2026 08:00 on.", "À partir du 27 novembre 2026 à 08:00."),
    ("until: 2026-12-01", "Up to and including 1 December 2026.", "Jusqu'au 1er décembre 2026 inclus."),
    ("until: 2026-12-24 18:00", "Until 24 December 2026 18:00.", "Jusqu'au 24 décembre 2026 à 18:00."),
    (
        "from: 2026-11-01\n    until: 2026-12-31",
        "From 1 November 2026 to 31 December 2026.",
        "Du 1er novembre 2026 au 31 décembre 2026 inclus.",
    ),
    (
        "weekdays: [saturday, sunday]",
        "On Saturdays and Sundays, by the place's clock.",
        "Le samedi et le dimanche, à l'heure du lieu.",
    ),
    (
        'hours: ["08:00", "18:00"]',
        "Between 08:00 and 18:00, by the place's clock.",
        "Entre 08:00 et 18:00, à l'heure du lieu.",
    ),
    (
        'weekdays: [friday]\n    hours: ["22:00", "06:00"]',
        "On Fridays, from 22:00 to 06:00 of the next day, by the place's clock.",
        "Le vendredi, de 22:00 à 06:00 le lendemain, à l'heure du lieu.",
    ),
    (
        'weekdays: [saturday, sunday]\n    hours: ["18:00", "02:00"]\n    until: 2026-12-24',
        (
            "Up to and including 24 December 2026, on Saturdays and Sundays, from 18:00 to 02:00 of the next day, "
            "by the place's clock."
        ),
        "Jusqu'au 24 décembre 2026 inclus, le samedi et le dimanche, de 18:00 à 02:00 le lendemain, à l'heure du lieu.",
    ),
    (
        'weekdays: [friday]\n    hours: ["08:00", "18:00"]',
        "On Fridays, between 08:00 and 18:00, by the place's clock.",
        "Le vendredi, entre 08:00 et 18:00, à l'heure du lieu.",
    ),
    (
        'hours: ["22:00", "06:00"]',
        "Between 22:00 and 06:00 of the next day, by the place's clock.",
        "Entre 22:00 et 06:00 le lendemain, à l'heure du lieu.",
    ),
]
EFFECTS = [
    ("exclude: true", "this way may not be used", "ce trajet ne peut pas servir"),
    (
        "exclude: unless_needed",
        "this way is used only for units that nothing else can fill",
        "ce trajet ne sert qu'aux unités que rien d'autre ne peut fournir",
    ),
    ("prefer: 4.00", "each unit shipped so counts as 4.00 cheaper", "chaque unité ainsi envoyée compte 4,00 de moins"),
    ("avoid: 2.505", "each unit shipped so counts as 2.505 dearer", "chaque unité ainsi envoyée compte 2,505 de plus"),
    (
        "tier: 1",
        "this way is of tier 1 (1 goes first and 9 last, whatever they cost; 5 is usual)",
        "ce trajet est de rang 1 (1 passe en premier, 9 en dernier, quoi qu'il en coûte\u00a0; 5 par défaut)",
    ),
    ("keep: 3", "3 units of the article stay at the place", "3 unités de l'article restent sur place"),
    ("keep: 1", "1 unit of the article stays at the place", "1 unité de l'article reste sur place"),
    (
        "keep: 0",
        "no unit of the article has to stay at the place",
        "rien n'oblige à garder des unités de l'article sur place",
    ),
    (
        "keep: 2.5%",
        "2.5% of the units on hand at the place stay there, rounded up",
        "2,5\u00a0% des unités présentes restent sur place, arrondi à l'unité supérieure",
    ),
    (
        "allocate: {channel: web, units: 5, per: day}",
        (
            "5 units of the article at the place are put aside for orders from web each day,"
            " less what they took of it meanwhile"
        ),
        (
            "5 unités de l'article sur place sont mises de côté chaque jour pour les commandes du canal web,"
            " moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "allocate: {channel: web, units: 1, per: week}",
        (
            "1 unit of the article at the place is put aside for orders from web each week,"
            " less what they took of it meanwhile"
        ),
        (
            "1 unité de l'article sur place est mise de côté chaque semaine pour les commandes du canal web,"
            " moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "allocate: {channel: web, share: 20%, min: 2, max: 8, per: day}",
        (
            "20% of the units on hand at the place, rounded up, but at least 2 and at most 8, are put aside for"
            " orders from web each day, less what they took of it meanwhile"
        ),
        (
            "20\u00a0% des unités présentes sur place, arrondi à l'unité supérieure, mais au moins 2 et au plus 8, sont"
            " mises de côté chaque jour pour les commandes du canal web, moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "allocate: {channel: web, share: 20%, max: 8, per: day}",
        (
            "20% of the units on hand at the place, rounded up, but at most 8, are put aside for orders from web"
            " each day, less what they took of it meanwhile"
        ),
        (
            "20\u00a0% des unités présentes sur place, arrondi à l'unité supérieure, mais au plus 8, sont mises de côté"
            " chaque jour pour les commandes du canal web, moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "allocate: {channel: web, share: 20%, min: 2, per: day}",
        (
            "20% of the units on hand at the place, rounded up, but at least 2, are put aside for orders from web"
            " each day, less what they took of it meanwhile"
        ),
        (
            "20\u00a0% des unités présentes sur place, arrondi à l'unité supérieure, mais au moins 2, sont mises"
            " de côté chaque jour pour les commandes du canal web, moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "cap: {channel: marketplace, units: 10}",
        "orders from marketplace are offered at most 10 units of the article, at all these places together",
        "aux commandes du canal marketplace, au plus 10 unités de l'article sont proposées, en tous ces lieux ensemble",
    ),
    (
        "cap: {channel: marketplace, units: 1}",
        "orders from marketplace are offered at most 1 unit of the article, at all these places together",
        "aux commandes du canal marketplace, au plus 1 unité de l'article est proposée, en tous ces lieux ensemble",
    ),
    (
        "keep: {cover: 2 days}",
        "as many units of the article stay at the place as are expected to sell there in 2 days",
        "il reste sur place autant d'unités que les ventes attendues de l'article en 2 jours",
    ),
    (
        "protect: {channel: web, cover: 3 days}",
        (
            "as many units of the article at the place as are expected to sell there in 3 days are only for orders"
            " from web"
        ),
        (
            "autant d'unités sur place que les ventes attendues de l'article en 3 jours sont gardées pour les"
            " commandes du canal web"
        ),
    ),
    (
        "allocate: {channel: web, cover: 1 day, min: 2, per: week}",
        (
            "as many units of the article at the place as are expected to sell there in 1 day, but at least 2, are put"
            " aside for orders from web each week, less what they took of it meanwhile"
        ),
        (
            "autant d'unités sur place que les ventes attendues de l'article en 1 jour, mais au moins 2, sont mises de"
            " côté chaque semaine pour les commandes du canal web, moins ce qu'elles en ont déjà pris"
        ),
    ),
    (
        "alert_below: 10",
        "the stock of the article at the place is low below 10 units",
        "le stock de l'article sur place est bas au-dessous de 10 unités",
    ),
    (
        "alert_below: {cover: 5 days}",
        "the stock of the article at the place is low below what is expected to sell there in 5 days",
        "le stock de l'article sur place est bas au-dessous des ventes attendues en 5 jours",
    ),
    (
        "alert_below: 0",
        "the stock of the article at the place is never low",
        "le stock de l'article sur place n'est jamais bas",
    ),
    (
        "min: 4",
        "the place should have at least 4 units of the article",
        "le lieu devrait avoir au moins 4 unités de l'article",
    ),
    (
        "max: 1",
        "the place should have at most 1 unit of the article",
        "le lieu devrait avoir au plus 1 unité de l'article",
    ),
    (
        "target_cover: 14 days",
        "the stock of the article at the place should last 14 days",
        "le stock de l'article sur place devrait durer 14 jours",
    ),
    (
        "uplift: 150%",
        "150% of the usual demand for the article is expected at the place",
        "on attend sur place 150\u00a0% de la demande habituelle de l'article",
    ),
    (
        "transfer: false",
        "no units of the article are transferred to the place or from it",
        "aucune unité de l'article n'est transférée vers le lieu ni depuis lui",
    ),
    (
        "oversell: 10",
        "the place may sell 10 units of the article more than it has",
        "le lieu peut vendre 10 unités de l'article de plus qu'il n'en a",
    ),
    (
        "oversell: 1",
        "the place may sell 1 unit of the article more than it has",
        "le lieu peut vendre 1 unité de l'article de plus qu'il n'en a",
    ),
    (
        "protect: {channel: web, units: 5}",
        "5 units of the article at the place are only for orders from web",
        "5 unités de l'article sur place sont gardées pour les commandes du canal web",
    ),
    (
        "protect: [{channel: web, units: 1}, {channel: app, share: 20%}]",
        (
            "1 unit of the article at the place is only for orders from web; "
            "20% of the units on hand at the place, rounded up, are only for orders from app"
        ),
        (
            "1 unité de l'article sur place est gardée pour les commandes du canal web\u00a0; 20\u00a0% des unités "
            "présentes sur place, arrondi à l'unité supérieure, sont gardées pour les commandes du canal app"
        ),
    ),
    ("daily_units: 200", "the place ships at most 200 units a day", "le lieu expédie au plus 200 unités par jour"),
    ("daily_weight: 800 kg", "the place ships at most 800 kg a day", "le lieu expédie au plus 800 kg par jour"),
    (
        "multiple_of: 6",
        "units of the line ship from the place in multiples of 6",
        "les unités de la ligne partent du lieu par multiples de 6",
    ),
    (
        "min_shelf_life: 10 days",
        "units of lots are usable for at least 10 days after they arrive",
        "les unités de lots sont utilisables au moins 10 jours après leur arrivée",
    ),
    (
        "min_shelf_life: 1 d",
        "units of lots are usable for at least 1 day after they arrive",
        "les unités de lots sont utilisables au moins 1 jour après leur arrivée",
    ),
    (
        "promise_from: on_hand",
        "of the article at the place only what is on hand is promised",
        "de l'article sur place, seul ce qui est présent est promis",
    ),
    (
        "promise_from: in_transit",
        "of the article at the place what is on its way there is promised, too",
        "de l'article sur place, ce qui est en route est promis aussi",
    ),
    (
        "promise_from: confirmed",
        "of the article at the place what is on its way there or confirmed is promised, too",
        "de l'article sur place, ce qui est en route ou confirmé est promis aussi",
    ),
    (
        "promise_from: planned",
        "of the article at the place all that is to come in is promised, too",
        "de l'article sur place, tout ce qui est attendu est promis aussi",
    ),
    (
        "slack: 2 days",
        "what is to come in at the place is promised for 2 days later than it is expected",
        "ce qui est attendu sur place est promis 2 jours plus tard que prévu",
    ),
    (
        "haircut: 10%",
        "10% of what is to come in at the place, rounded up, is promised to nobody",
        "10\xa0% de ce qui est attendu sur place, arrondi au supérieur, n'est promis à personne",
    ),
    (
        "backorder: true",
        "units of the line that stay unfilled wait for stock",
        "les unités de la ligne qui restent non servies attendent du stock",
    ),
    (
        "preorder_from: 2026-12-12",
        "the line ships on 12 December 2026 at the earliest, as a preorder",
        "la ligne part au plus tôt le 12 décembre 2026, en précommande",
    ),
    (
        "keep_together: true",
        "the line ships from one place by one way, or not at all",
        "la ligne part d'un seul lieu par un seul service, ou pas du tout",
    ),
    (
        "max_shipments: {at_most: 1, unless_needed: true}",
        "the order makes at most 1 shipment, unless units would stay unfilled that more shipments fill",
        "la commande part en au plus 1 envoi, sauf si des unités restaient non servies que d'autres envois servent",
    ),
    (
        "fewest_shipments: true",
        "the order makes as few shipments as fill it, whatever their tier and cost",
        "la commande part en aussi peu d'envois que possible, quels que soient leur rang et leur coût",
    ),
    ("max_shipments: 2", "the order makes at most 2 shipments", "la commande part en au plus 2 envois"),
    (
        "split_penalty: 3.00",
        "each shipment after the first counts as 3.00 dearer",
        "chaque envoi après le premier compte 3,00 de plus",
    ),
    ("ship_complete: true", "the order ships whole or not at all", "la commande part en entier ou pas du tout"),
    ("carbon_price: 0.25", "a kilogram of CO2e counts as 0.25", "un kilogramme de CO2e compte 0,25"),
    (
        "lookahead: on",
        "what a unit is expected to be worth elsewhere later counts in full",
        "ce qu'une unité devrait valoir ailleurs plus tard compte en entier",
    ),
    (
        "lookahead: 80%",
        "what a unit is expected to be worth elsewhere later counts for 80%",
        "ce qu'une unité devrait valoir ailleurs plus tard compte pour 80\xa0%",
    ),
    ("hold: 72 h", "the units are held for 3 days", "les unités sont réservées 3 jours"),
    (
        "hold: until_shipped",
        "the units are held until the last shipment leaves",
        "les unités sont réservées jusqu'au départ du dernier envoi",
    ),
    (
        "hold: until_shipped + 4 h",
        "the units are held until 4 hours after the last shipment leaves",
        "les unités sont réservées encore 4 heures après le départ du dernier envoi",
    ),
    (
        "priority: 80",
        "the order has priority 80 of 100 when many wait (50 is usual)",
        "la commande a la priorité 80 sur 100 quand beaucoup attendent (50 par défaut)",
    ),
    (
        "approve: true",
        "a person must approve the order before it ships",
        "une personne doit approuver la commande avant qu'elle parte",
    ),
    ("daily_orders: 40", "the place makes at most 40 shipments a day", "le lieu prépare au plus 40 envois par jour"),
    ("hourly_orders: 1", "the place makes at most 1 shipment an hour", "le lieu prépare au plus 1 envoi par heure"),
    (
        "rest_after_rejection: 120 min",
        "after rejecting, the place is given no shipments for 2 hours",
        "après un refus, aucun envoi n'est confié au lieu pendant 2 heures",
    ),
    (
        "reroute_if_late: true",
        "what is about to come too late ships from elsewhere, if that arrives in time or earlier",
        "ce qui risque d'arriver trop tard part d'ailleurs, si cela arrive à temps ou plus tôt",
    ),
    (
        "disposition: refurbish, exclude: unless_needed",
        (
            "the returned unit is mended or cleaned before it is sold again; "
            "a returned unit goes to this place only if no other takes it"
        ),
        (
            "l'unité retournée est réparée ou nettoyée avant d'être revendue\u00a0; "
            "une unité retournée ne va dans ce lieu que si aucun autre ne la prend"
        ),
    ),
    (
        "disposition: liquidate, exclude: true",
        "the returned unit is sold off; no returned unit may go to this place",
        "l'unité retournée est bradée\u00a0; aucune unité retournée ne peut aller dans ce lieu",
    ),
    (
        "disposition: donate, prefer: 1.50",
        "the returned unit is given away; a returned unit gains 1.50 more at this place",
        "l'unité retournée est donnée\u00a0; une unité retournée gagne 1,50 de plus dans ce lieu",
    ),
    (
        "disposition: destroy, avoid: 1.50",
        "the returned unit is destroyed; a returned unit gains 1.50 less at this place",
        "l'unité retournée est détruite\u00a0; une unité retournée gagne 1,50 de moins dans ce lieu",
    ),
    (
        "disposition: return_to_customer, tier: 2",
        (
            "the returned unit goes back to the customer; "
            "this place is of tier 2 for returned units (1 goes first and 9 last, whatever they gain; 5 is usual)"
        ),
        (
            "l'unité retournée repart chez le client\u00a0; ce lieu est de rang 2 pour les unités retournées "
            "(1 passe en premier et 9 en dernier, quel que soit le gain\u00a0; 5 est l'usage)"
        ),
    ),
    ("disposition: keep", "the customer keeps the unit", "le client garde l'unité"),
    ("disposition: restock", "the returned unit is put in stock again", "l'unité retournée est remise en stock"),
    (
        "disposition: return_to_supplier",
        "the returned unit goes back to the supplier",
        "l'unité retournée repart chez le fournisseur",
    ),
    (
        "as_sku: C-1-OUTLET",
        "the returned unit is put in stock as C-1-OUTLET",
        "l'unité retournée est remise en stock sous C-1-OUTLET",
    ),
]
_TERMS = "terms:\n  heavy: {any: [{product.weight: {at_least: 15 kg}}, {order.weight: {more_than: 40 kg}}]}\n"


def rule(when: str = "", then: str = "", window: str = "", more: str = "") -> Rule:
    """The rule `p/r` with these parts, an effect that sees the facts of `when` if none is given; its file has a term
    `heavy`, and rules `s` and `t` that it may override.
    """
    then = then or ("avoid: 4.00" if "shipment." in when else "prefer: 4.00")
    if "promise." in when:
        then = "reroute_if_late: true"
    condition = f"    when: {{{when}}}\n" if when else ""
    text = (
        f"policy: p\n{_TERMS}rules:\n  - id: r\n    because: why\n{condition}    then: {{{then}}}\n"
        + "".join(f"    {line}\n" for line in (window, more) if line)
        + "  - {id: s, because: why, then: {prefer: 1}}\n  - {id: t, because: why, then: {prefer: 1}}\n"
    )
    return load_policies({"p.yaml": text.encode()}).written_rules["p/r"]
