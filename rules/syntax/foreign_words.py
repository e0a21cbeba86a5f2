"""Words that authors write for those of the policy language: of other languages and tools, and short forms."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from types import MappingProxyType

_SHORTEST = 3
"""Letters that begin a word: so many are taken for it."""
_MEANT: Mapping[str, str] = MappingProxyType(
    {
        # keys and combinators
        "regles": "rules",
        "politique": "policy",
        "proprietaire": "owner",
        "langue": "language",
        "termes": "terms",
        "parce_que": "because",
        "raison": "because",
        "reason": "because",
        "si": "when",
        "quand": "when",
        "if": "when",
        "conditions": "when",
        "alors": "then",
        "effets": "then",
        "effects": "then",
        "actions": "then",
        "a_partir_de": "from",
        "depuis": "from",
        "jusqu_a": "until",
        "jusqu_au": "until",
        "to": "until",
        "jours": "weekdays",
        "days": "weekdays",
        "heures": "hours",
        "remplace": "overrides",
        "tous": "all",
        "toutes": "all",
        "and": "all",
        "et": "all",
        "ou": "any",
        "or": "any",
        "aucun": "none",
        "aucune": "none",
        "nor": "none",
        "est": "is",
        # operators
        "pas": "not",
        "sauf": "not",
        "non": "not",
        "not_in": "not",
        "ne": "not",
        "neq": "not",
        "au_moins": "at_least",
        "gte": "at_least",
        "ge": "at_least",
        "min": "at_least",
        "plus_de": "more_than",
        "greater_than": "more_than",
        "above": "more_than",
        "over": "more_than",
        "gt": "more_than",
        "au_plus": "at_most",
        "lte": "at_most",
        "le": "at_most",
        "max": "at_most",
        "moins_de": "less_than",
        "below": "less_than",
        "under": "less_than",
        "lt": "less_than",
        "entre": "between",
        "range": "between",
        "porte": "has",
        "contient": "has",
        "contains": "has",
        "connu": "known",
        "exists": "known",
        "comme": "matches",
        "like": "matches",
        "glob": "matches",
        "starts_with": "matches",
        "identique_a": "same_as",
        "meme_que": "same_as",
        "equals": "same_as",
        # effects
        "garder": "keep",
        "garde": "keep",
        "conserver": "keep",
        "safety_stock": "keep",
        "exclure": "exclude",
        "interdire": "exclude",
        "forbid": "exclude",
        "preferer": "prefer",
        "favoriser": "prefer",
        "eviter": "avoid",
        "rang": "tier",
        "rank": "tier",
        "proteger": "protect",
        "ring_fence": "protect",
        "ensemble": "keep_together",
        "envois_max": "max_shipments",
        "max_splits": "max_shipments",
        "minimize_splits": "fewest_shipments",
        "moins_d_envois": "fewest_shipments",
        "tout_ou_rien": "ship_complete",
        "prix_du_carbone": "carbon_price",
        "reserver": "hold",
        "reserve": "hold",
        "priorite": "priority",
        "approuver": "approve",
        "devenir": "disposition",
        "restocker": "restock",
        "remettre_en_stock": "restock",
        "back_to_stock": "restock",
        "reconditionner": "refurbish",
        "refurb": "refurbish",
        "liquider": "liquidate",
        "brader": "liquidate",
        "donner": "donate",
        "detruire": "destroy",
        "scrap": "destroy",
        "rtv": "return_to_supplier",
        "return_to_vendor": "return_to_supplier",
        "repos_apres_refus": "rest_after_rejection",
        "rediriger_si_retard": "reroute_if_late",
        "duree_de_vie_min": "min_shelf_life",
        "min_remaining_shelf_life": "min_shelf_life",
        "mrsl": "min_shelf_life",
        "seuil_d_alerte": "alert_below",
        "alerte": "alert_below",
        "reorder_point": "alert_below",
        "couverture_cible": "target_cover",
        "days_of_supply": "target_cover",
        "hausse": "uplift",
        "majoration": "uplift",
        # values of lists
        "magasin": "store",
        "boutique": "store",
        "shop": "store",
        "entrepot": "warehouse",
        "dc": "warehouse",
        "fournisseur": "supplier",
        "vendor": "supplier",
        "distributeur": "distributor",
        "camion": "truck",
        "camionnette": "van",
        "velo": "bike",
        "avion": "air",
        "plane": "air",
        "retrait": "pickup",
        "fin_de_serie": "end_of_line",
        "nouveau": "new",
        "bopis": "click_and_collect",
        "lundi": "monday",
        "mardi": "tuesday",
        "mercredi": "wednesday",
        "jeudi": "thursday",
        "vendredi": "friday",
        "samedi": "saturday",
        "dimanche": "sunday",
    }
)
_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "commande": "order",
        "ligne": "line",
        "article": "product",
        "produit": "product",
        "lieu": "node",
        "noeud": "node",
        "location": "node",
        "trajet": "route",
        "refus": "rejection",
        "promesse": "promise",
        "retour": "return",
        "besoin": "need",
        "maintenant": "now",
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "canal": "channel",
        "pays": "country",
        "code_postal": "postcode",
        "client": "customer",
        "etiquettes": "tags",
        "unites": "units",
        "valeur": "value",
        "poids": "weight",
        "quantite": "quantity",
        "categorie": "category",
        "marque": "brand",
        "saison": "season",
        "charge": "load",
        "disponible": "available",
        "couverture": "days_of_cover",
        "transporteur": "carrier",
        "distance": "distance",
        "cout": "cost",
        "heure": "time",
        "jour": "weekday",
    }
)


def meant_word(word: str, candidates: Collection[str]) -> str:
    """The candidate that a word of another language stands for, or that it is the beginning of; empty if there is
    none.
    """
    plain = _plain(word)
    group, dot, name = plain.partition(".")
    translated = f"{_GROUPS.get(group, group)}.{_NAMES.get(name, name)}" if dot else _MEANT.get(plain, "")
    if translated in candidates and translated != word:
        return translated
    begun = [item for item in candidates if item.startswith(plain)] if len(plain) >= _SHORTEST and not dot else []
    return begun[0] if len(begun) == 1 else ""


def _plain(word: str) -> str:
    """Small letters without accents, and one `_` for what stands between words."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return re.sub(r"[\s'’_-]+", "_", "".join(item for item in letters if not unicodedata.combining(item))).strip("_")
