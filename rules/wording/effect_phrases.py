"""What an effect does, as a clause: "each unit counts as 4.00 cheaper", "3 unités restent sur place"."""

from collections.abc import Mapping
from types import MappingProxyType

from rules.effects import DEFAULT_PRIORITY, DEFAULT_TIER, Effect, Exclusion, Protection, Reserve
from rules.syntax.effect_parser import RANGES
from rules.wording import amounts
from rules.wording.bilingual import Said
from rules.wording.comparison_phrases import word

_EFFECTS: Mapping[str, Said] = MappingProxyType(
    {
        "prefer": Said("each unit shipped so counts as {} cheaper", "chaque unité ainsi envoyée compte {} de moins"),
        "avoid": Said("each unit shipped so counts as {} dearer", "chaque unité ainsi envoyée compte {} de plus"),
        "tier": Said(
            f"this way is of tier {{}} (1 goes first and 9 last, whatever they cost; {DEFAULT_TIER} is usual)",
            f"cette façon est de rang {{}} (1 passe en premier, 9 en dernier, quoi qu'ils coûtent\u00a0; "
            f"{DEFAULT_TIER} est l'usage)",
        ),
        "keep_together": Said(
            "the line ships from one place by one way, or not at all",
            "la ligne part d'un seul lieu par un seul service, ou pas du tout",
        ),
        "max_shipments": Said("the order makes at most {}", "la commande fait au plus {}"),
        "split_penalty": Said(
            "each shipment after the first counts as {} dearer", "chaque expédition après la première compte {} de plus"
        ),
        "ship_complete": Said("the order ships whole or not at all", "la commande part en entier ou pas du tout"),
        "carbon_price": Said("a kilogram of CO2e counts as {}", "un kilogramme de CO2e compte {}"),
        "hold": Said("the units are held for {}", "les unités sont réservées {}"),
        "priority": Said(
            f"the order has priority {{}} of 100 when many wait ({DEFAULT_PRIORITY} is usual)",
            f"la commande a la priorité {{}} sur 100 quand beaucoup attendent ({DEFAULT_PRIORITY} est l'usage)",
        ),
        "daily_orders": Said("the place makes at most {} a day", "le lieu fait au plus {} par jour"),
        "rest_after_rejection": Said(
            "after rejecting, the place is given no shipments for {}",
            "après un refus, le lieu ne reçoit aucune expédition pendant {}",
        ),
    }
)
_EXCLUDED: Mapping[Exclusion, Said] = MappingProxyType(
    {
        Exclusion.YES: Said("this way may not be used", "cette façon ne peut pas servir"),
        Exclusion.UNLESS_NEEDED: Said(
            "this way is used only for units that nothing else can fill",
            "cette façon ne sert qu'aux unités que rien d'autre ne peut fournir",
        ),
    }
)
_KEPT = Said("{} of the article {} at the place", "{} de l'article {} sur place")
_KEPT_NOTHING = Said(
    "no unit of the article has to stay at the place", "aucune unité de l'article ne doit rester sur place"
)
_KEPT_SHARE = Said(
    "{} of the units on hand at the place stay there, rounded up",
    "{} des unités présentes restent sur place, arrondi à l'unité supérieure",
)
_PROTECTED = Said(
    "{} of the article at the place {} for orders from {}", "{} de l'article sur place {} aux commandes {}"
)
_PROTECTED_SHARE = Said(
    "{} of the units on hand at the place, rounded up, are only for orders from {}",
    "{} des unités présentes sur place, arrondi à l'unité supérieure, sont réservées aux commandes passées sur {}",
)


def consequence(effect: Effect, language: str) -> str:
    """The effect as a clause, with its amount in full."""
    match effect.value:
        case Exclusion() as exclusion:
            return _EXCLUDED[exclusion].to(language)
        case Protection() as protection:
            return _protected(protection, language)
        case Reserve() as reserve:
            return _kept(reserve, language)
        case bool():
            return _EFFECTS[effect.name].to(language)
        case int() as value:
            return _EFFECTS[effect.name].to(language).format(_amount(effect.name, value, language))


def _amount(name: str, value: int, language: str) -> str:
    if name in ("max_shipments", "daily_orders"):
        return _several(value, Said("shipment", "expédition"), language)
    return amounts.amount(RANGES[name].kind, value, language)


def _several(count: int, noun: Said, language: str) -> str:
    return f"{count} {amounts.plural(noun.to(language), count, language)}"


def _units(reserve: Reserve, language: str) -> str:
    return _several(reserve.units, Said("unit", "unité"), language)


def _one(reserve: Reserve, language: str) -> bool:
    return amounts.plural("", reserve.units, language) == ""


def _kept(reserve: Reserve, language: str) -> str:
    if reserve.share:
        return _KEPT_SHARE.to(language).format(amounts.share(reserve.share, language))
    if not reserve.units:
        return _KEPT_NOTHING.to(language)
    stays = Said("stays", "reste") if _one(reserve, language) else Said("stay", "restent")
    return _KEPT.to(language).format(_units(reserve, language), stays.to(language))


def _protected(protection: Protection, language: str) -> str:
    channel, reserve = word(protection.channel), protection.reserve
    if reserve.share:
        return _PROTECTED_SHARE.to(language).format(amounts.share(reserve.share, language), channel)
    en = "is only" if _one(reserve, language) else "are only"
    fr = "est réservée" if _one(reserve, language) else "sont réservées"
    if language == "fr":
        channel = f"passées sur {channel}"
    return _PROTECTED.to(language).format(_units(reserve, language), Said(en, fr).to(language), channel)
