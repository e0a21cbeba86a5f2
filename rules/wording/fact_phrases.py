"""How facts and their words are said in a sentence, in English and French: what `explaining` makes its sentences of.

A clause has a place `{}` for what the fact is compared with; `[s]` is an s after any number but one (in French,
after two and more).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.vocabulary import VOCABULARY, Fact, Kind
from rules.wording.bilingual import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One fact in one language: what it is called, and what is said of it, affirmed and denied."""

    noun: str
    affirmed: str
    denied: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    en: Clause
    fr: Clause

    def to(self, language: str) -> Clause:
        return self.fr if language == "fr" else self.en


_IS = Said("{} is {{}}|{} is not {{}}", "{} est {{}}|{} n'est pas {{}}")
"""Of facts that have no verb of their own; the brackets are the noun's."""


def _clause(noun: str, said: str) -> Clause:
    affirmed, denied = said.split("|")
    return Clause(noun=noun, affirmed=affirmed, denied=denied)


def _noun(en: str, fr: str) -> Wording:
    return Wording(
        en=_clause(en, _IS.en.format(en, en)),
        fr=_clause(fr, _IS.fr.format(fr, fr)),
    )


def _verb(nouns: tuple[str, str], en: str, fr: str) -> Wording:
    return Wording(en=_clause(nouns[0], en), fr=_clause(nouns[1], fr))


FACTS: Mapping[str, Wording] = MappingProxyType(
    {
        "order.id": _noun("the order's number", "le numéro de la commande"),
        "order.channel": _verb(
            ("the order's channel", "le canal de la commande"),
            "the order comes from {}|the order does not come from {}",
            "la commande est passée sur {}|la commande n'est pas passée sur {}",
        ),
        "order.delivery": _noun("the delivery", "la livraison"),
        "order.placed_at": _verb(
            ("when the order was placed", "l'instant de la commande"),
            "the order was placed {}|the order was not placed {}",
            "la commande a été passée {}|la commande n'a pas été passée {}",
        ),
        "order.promise_by": _verb(
            ("the order's promise", "la promesse faite au client"),
            "the order's promise falls {}|the order's promise does not fall {}",
            "la promesse faite au client tombe {}|la promesse faite au client ne tombe pas {}",
        ),
        "order.country": _noun("the order's country", "le pays de la commande"),
        "order.postcode": _noun("the order's postcode", "le code postal de la commande"),
        "order.region": _noun("the order's region", "la région de la commande"),
        "order.segment": _noun("the customer's segment", "le segment du client"),
        "order.tags": _verb(
            ("the order's tags", "les étiquettes de la commande"),
            "the order has {}|the order does not have {}",
            "la commande porte {}|la commande ne porte pas {}",
        ),
        "order.units": _verb(
            ("the order's units", "le nombre d'unités de la commande"),
            "the order has {} unit[s]|the order does not have {} unit[s]",
            "la commande compte {} unité[s]|la commande ne compte pas {} unité[s]",
        ),
        "order.value": _verb(
            ("the order's value", "la valeur de la commande"),
            "the order is worth {}|the order is not worth {}",
            "la commande vaut {}|la commande ne vaut pas {}",
        ),
        "order.weight": _verb(
            ("the order's weight", "le poids de la commande"),
            "the order weighs {}|the order does not weigh {}",
            "la commande pèse {}|la commande ne pèse pas {}",
        ),
        "order.lines": _verb(
            ("the order's lines", "le nombre de lignes de la commande"),
            "the order has {} line[s]|the order does not have {} line[s]",
            "la commande compte {} ligne[s]|la commande ne compte pas {} ligne[s]",
        ),
        "line.sku": _noun("the line's SKU", "le SKU de la ligne"),
        "line.quantity": _verb(
            ("the line's units", "le nombre d'unités de la ligne"),
            "the line has {} unit[s]|the line does not have {} unit[s]",
            "la ligne compte {} unité[s]|la ligne ne compte pas {} unité[s]",
        ),
        "line.unit_price": _verb(
            ("the price of a unit", "le prix d'une unité"),
            "a unit costs {}|a unit does not cost {}",
            "une unité coûte {}|une unité ne coûte pas {}",
        ),
        "line.value": _verb(
            ("the line's value", "la valeur de la ligne"),
            "the line is worth {}|the line is not worth {}",
            "la ligne vaut {}|la ligne ne vaut pas {}",
        ),
        "product.sku": _noun("the article's SKU", "le SKU de l'article"),
        "product.category": _noun("the article's category", "la catégorie de l'article"),
        "product.brand": _noun("the article's brand", "la marque de l'article"),
        "product.season": _noun("the article's season", "la saison de l'article"),
        "product.lifecycle": _verb(
            ("the article's phase of life", "la phase de vie de l'article"),
            "the article is {}|the article is not {}",
            "l'article est {}|l'article n'est pas {}",
        ),
        "product.weight": _verb(
            ("the weight of a unit", "le poids d'une unité"),
            "a unit weighs {}|a unit does not weigh {}",
            "une unité pèse {}|une unité ne pèse pas {}",
        ),
        "product.tags": _verb(
            ("the article's tags", "les étiquettes de l'article"),
            "the article has {}|the article does not have {}",
            "l'article porte {}|l'article ne porte pas {}",
        ),
        "node.id": _noun("the place", "le lieu"),
        "node.type": _verb(
            ("the kind of place", "le type de lieu"),
            "the place is {}|the place is not {}",
            "le lieu est {}|le lieu n'est pas {}",
        ),
        "node.country": _noun("the place's country", "le pays du lieu"),
        "node.region": _noun("the place's region", "la région du lieu"),
        "node.tags": _verb(
            ("the place's tags", "les étiquettes du lieu"),
            "the place has {}|the place does not have {}",
            "le lieu porte {}|le lieu ne porte pas {}",
        ),
        "node.load": _verb(
            ("the shipments given to the place today", "les expéditions confiées au lieu ce jour"),
            "the place has been given {} shipment[s] today|the place has not been given {} shipment[s] today",
            "le lieu a reçu {} expédition[s] ce jour|le lieu n'a pas reçu {} expédition[s] ce jour",
        ),
        "stock.on_hand": _verb(
            ("the units on hand there", "les unités présentes sur place"),
            "the place has {} unit[s] on hand|the place does not have {} unit[s] on hand",
            "le lieu a {} unité[s] en stock|le lieu n'a pas {} unité[s] en stock",
        ),
        "stock.held": _verb(
            ("the units held there", "les unités réservées sur place"),
            "the place has {} unit[s] held for orders|the place does not have {} unit[s] held for orders",
            "le lieu a {} unité[s] sous réserve|le lieu n'a pas {} unité[s] sous réserve",
        ),
        "stock.available": _verb(
            ("the units available there", "les unités disponibles sur place"),
            "the place has {} unit[s] available|the place does not have {} unit[s] available",
            "le lieu a {} unité[s] à disposition|le lieu n'a pas {} unité[s] à disposition",
        ),
        "stock.days_of_cover": _verb(
            ("how long the units there last", "les jours de couverture sur place"),
            "the units there last {} day[s]|the units there do not last {} day[s]",
            "le stock du lieu dure {} jour[s]|le stock du lieu ne dure pas {} jour[s]",
        ),
        "service.id": _noun("the service", "le service"),
        "service.mode": _verb(
            ("the means of transport", "le mode de transport"),
            "the goods go {}|the goods do not go {}",
            "l'envoi se fait {}|l'envoi ne se fait pas {}",
        ),
        "route.distance": _verb(
            ("the distance travelled", "la distance parcourue"),
            "the goods travel {}|the goods do not travel {}",
            "l'envoi parcourt {}|l'envoi ne parcourt pas {}",
        ),
        "route.arrives": _verb(
            ("the time until the goods arrive", "le délai jusqu'à l'arrivée"),
            "the goods arrive in {}|the goods do not arrive in {}",
            "l'envoi arrive en {}|l'envoi n'arrive pas en {}",
        ),
        "route.late": _verb(
            ("whether the goods arrive after the promise", "si l'envoi arrive après la promesse"),
            "the goods arrive {}|the goods do not arrive {}",
            "l'envoi arrive {}|l'envoi n'arrive pas {}",
        ),
        "route.cost": _verb(
            ("what shipping the whole line costs", "ce que coûte l'envoi de toute la ligne"),
            "shipping the whole line costs {}|shipping the whole line does not cost {}",
            "l'envoi de toute la ligne coûte {}|l'envoi de toute la ligne ne coûte pas {}",
        ),
        "route.co2": _verb(
            ("what shipping the whole line emits", "ce qu'émet l'envoi de toute la ligne"),
            "shipping the whole line emits {} of CO2e|shipping the whole line does not emit {} of CO2e",
            "l'envoi de toute la ligne émet {} de CO2e|l'envoi de toute la ligne n'émet pas {} de CO2e",
        ),
        "rejection.reason": _verb(
            ("the reason of the rejection", "le motif du refus"),
            "the place rejects units {}|the place does not reject units {}",
            "le lieu refuse des unités {}|le lieu ne refuse pas d'unités {}",
        ),
        "now.date": _verb(
            ("today's date", "la date du jour"),
            "today's date falls {}|today's date does not fall {}",
            "la date du jour tombe {}|la date du jour ne tombe pas {}",
        ),
        "now.time": _verb(
            ("the time of day", "l'heure qu'il est"),
            "it is {}|it is not {}",
            "il est {}|il n'est pas {}",
        ),
        "now.weekday": _verb(
            ("the day of the week", "le jour de la semaine"),
            "today is {}|today is not {}",
            "nous sommes {}|nous ne sommes pas {}",
        ),
    }
)
CHOICES: Mapping[str, Said] = MappingProxyType(
    {
        "standard": Said("standard", "standard"),
        "express": Said("express", "express"),
        "click_and_collect": Said("click and collect", "un retrait en magasin"),
        "new": Said("new", "nouveau"),
        "core": Said("core range", "de la gamme permanente"),
        "end_of_line": Said("end of line", "en fin de série"),
        "warehouse": Said("a warehouse", "un entrepôt"),
        "store": Said("a store", "un magasin"),
        "supplier": Said("a supplier", "un fournisseur"),
        "distributor": Said("a distributor", "un distributeur"),
        "van": Said("by van", "en camionnette"),
        "truck": Said("by truck", "en camion"),
        "rail": Said("by rail", "par le rail"),
        "bike": Said("by bike", "à vélo"),
        "air": Said("by air", "par avion"),
        "pickup": Said("by customer pickup", "par retrait sur place"),
        "not_in_stock": Said("because it does not have them", "parce qu'il ne les a pas"),
        "no_capacity": Said("because it is too busy", "parce qu'il est débordé"),
        "damaged": Said("because they are damaged", "parce qu'elles sont abîmées"),
        "other": Said("for another reason", "pour une autre raison"),
        "monday": Said("Monday", "lundi"),
        "tuesday": Said("Tuesday", "mardi"),
        "wednesday": Said("Wednesday", "mercredi"),
        "thursday": Said("Thursday", "jeudi"),
        "friday": Said("Friday", "vendredi"),
        "saturday": Said("Saturday", "samedi"),
        "sunday": Said("Sunday", "dimanche"),
    }
)
FLAGS: Mapping[str, Mapping[bool, Said]] = MappingProxyType(
    {
        "route.late": {
            True: Said("after the promise", "après la promesse"),
            False: Said("in time for the promise", "à temps pour la promesse"),
        }
    }
)
TRUTHS: Mapping[bool, Said] = MappingProxyType({True: Said("true", "vrai"), False: Said("false", "faux")})
_OWNERS = {"product": Said("the article's", "de l'article"), "node": Said("the place's", "du lieu")}
_HAS = Said("{} has {{}}|{} does not have {{}}", "{} porte {{}}|{} ne porte pas {{}}")
KNOWN_AS: Mapping[Kind, Said] = MappingProxyType(
    {
        Kind.FLAG: Said(" as true or false", " comme vrai ou faux"),
        Kind.NUMBER: Said(" as a number", " comme nombre"),
        Kind.WORD: Said(" as a word", " comme mot"),
        Kind.TAGS: Said(" as tags", " comme étiquettes"),
    }
)
"""What an extra attribute is known as, where the rule takes it for something."""


def wording(fact: Fact, name: str) -> Wording:
    """The clauses of a fact; `name` is what an extra attribute is called in them."""
    if fact.path in VOCABULARY:
        return FACTS[fact.path]
    owner = _OWNERS[fact.group]
    nouns = Said(f"{owner.en} attribute {name}", f"l'attribut {name} {owner.fr}")
    said = _HAS if fact.kind is Kind.TAGS else _IS
    en, fr = (noun.replace("{", "{{").replace("}", "}}") for noun in nouns)
    return Wording(
        en=_clause(nouns.en, said.en.format(en, en)),
        fr=_clause(nouns.fr, said.fr.format(fr, fr)),
    )
