"""What an effect does, as a clause: "each unit counts as 4.00 cheaper", "3 unités restent sur place"."""

from collections.abc import Mapping

from rules.effects import (
    DEFAULT_PRIORITY,
    DEFAULT_TIER,
    STAGE_OF,
    Disposition,
    Effect,
    EffectValue,
    Exclusion,
    LookaheadWeight,
    OtherSku,
    PromiseFrom,
    ShipmentLimit,
    UntilShipped,
    Uplift,
)
from rules.reserves import FULL_SHARE, Allotment, Cap, Protection, Reserve
from rules.syntax.effect_parser import AMOUNT_KINDS
from rules.vocabulary import Kind, Stage
from rules.wording import amounts
from rules.wording.catalogue import Catalogue
from rules.wording.comparison_phrases import quoted

_USUAL: Mapping[str, int] = {"tier": DEFAULT_TIER, "priority": DEFAULT_PRIORITY}
"""What holds without a rule, for the effects whose clause mentions it."""


_VARIANTS: Mapping[Stage, str] = {Stage.SHIPMENT: "_shipment", Stage.RETURN: "_return"}
"""Effects that act elsewhere, too, have a clause of its own for these stages."""


def effect_clause(effect: Effect, catalogue: Catalogue) -> str:
    """The effect as a clause, with its amount in full."""
    key = f"effects.{effect.name}{_VARIANTS.get(effect.stage, '') if STAGE_OF[effect.name] is Stage.OPTION else ''}"
    match effect.value:
        case Exclusion() | Disposition() | PromiseFrom() | OtherSku() | bool() as value:
            return _word_clause(key, value, catalogue)
        case Protection() | Allotment() | Cap() as value:
            return _channel_clause(key, value, catalogue)
        case Reserve() as reserve:
            return (
                _reserve_clause(key, reserve, catalogue) if reserve != Reserve() else catalogue.text(f"{key}.nothing")
            )
        case ShipmentLimit(at_most=most):
            return catalogue.counted(f"{key}_unless_needed", most)
        case UntilShipped(extra=minutes):
            after = {"amount": amounts.duration(minutes, catalogue)} if minutes else {}
            return catalogue.text(f"{key}_after_shipping" if minutes else f"{key}_until_shipped", **after)
        case LookaheadWeight(share=share):
            full = share == FULL_SHARE
            return catalogue.text(f"{key}.{'full' if full else 'share'}", share=amounts.share(share, catalogue))
        case Uplift() | int() as value:
            return _amount_clause(effect.name, key, value, catalogue)


def _amount_clause(name: str, key: str, value: Uplift | int, catalogue: Catalogue) -> str:
    if isinstance(value, Uplift):
        return catalogue.text(key, share=amounts.share(value.share, catalogue))
    kind = AMOUNT_KINDS[name]
    if kind is Kind.COUNT:
        return catalogue.counted(key, value, usual=str(_USUAL.get(name, "")))
    return catalogue.text(key, amount=amounts.amount(kind, value, catalogue))


def _word_clause(key: str, value: EffectValue, catalogue: Catalogue) -> str:
    match value:
        case Disposition() as disposition:
            return catalogue.text(f"{key}.{disposition.word}")
        case PromiseFrom() as status:
            return catalogue.text(f"{key}.{status.name.lower()}")
        case OtherSku(sku=sku):
            return catalogue.text(key, sku=quoted(sku, catalogue))
    return catalogue.text(f"{key}_unless_needed" if value is Exclusion.UNLESS_NEEDED else key)


def _channel_clause(key: str, value: Protection | Allotment | Cap, catalogue: Catalogue) -> str:
    channel = quoted(value.channel, catalogue)
    match value:
        case Protection():
            return _reserve_clause(key, value.reserve, catalogue, channel=channel)
        case Allotment():
            return _allotment_clause(key, value, catalogue, channel)
        case Cap():
            return catalogue.counted(key, value.units, channel=channel)


def _allotment_clause(key: str, allotment: Allotment, catalogue: Catalogue, channel: str) -> str:
    least, most = allotment.least or None, allotment.most
    bounds = {name: str(units) for name, units in (("least", least), ("most", most)) if units is not None}
    return _reserve_clause(
        key,
        Reserve(units=allotment.units, share=allotment.share, cover=allotment.cover),
        catalogue,
        channel=channel,
        period=catalogue.text(f"{key}.per.{allotment.per}"),
        bounds=catalogue.text(f"{key}.bounds.{'_and_'.join(bounds)}", **bounds) if bounds else "",
    )


def _reserve_clause(key: str, reserve: Reserve, catalogue: Catalogue, **values: str) -> str:
    if reserve.share:
        return catalogue.text(f"{key}.share", share=amounts.share(reserve.share, catalogue), **values)
    if reserve.cover:
        return catalogue.counted(f"{key}.cover", reserve.cover, **values)
    return catalogue.counted(f"{key}.units", reserve.units, **values)
