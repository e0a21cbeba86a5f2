"""`pointsman channel`: what each sales channel may take of the stock, and why not more."""

from collections.abc import Iterator, Sequence

import click
from msgspec import UNSET

from api.cli.options import AS_JSON, print_json
from api.language.current import counted, say, text
from api.records.flows.channels import (
    ChannelAllocationRecord,
    ChannelListRecord,
    ChannelRecord,
    LevelRecord,
    LimitRecord,
    NodeAllocationRecord,
    RecomputedRecord,
    SkuAllocationRecord,
)
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings

_LIMITS = {
    "held": text("{units} held by orders"),
    "kept": text("{units} kept as safety stock"),
    "protected": text("{units} protected for {channel}"),
    "allotted": text("{units} allotted to {channel}"),
    "multiple": text("{units} left over, as they ship in multiples"),
    "capped": text("at most {units} offered to the channel"),
    "excluded": text("{units} without a way out, as rules exclude all of them"),
    "resting": text("{units} at a place that rests after a rejection"),
    "full": text("{units} at a place that takes no more shipments now"),
    "other": text("{units} that no service carries, or that expire too soon"),
}


@click.group()
def channel() -> None:
    """Show what each sales channel may take, and bring its feed up to date."""


@channel.command("show")
@click.argument("channel", required=False)
@click.argument("skus", metavar="[SKU]...", nargs=-1)
@AS_JSON
@click.pass_obj
def show_channel(settings: Settings, channel: str | None, skus: Sequence[str], *, as_json: bool) -> None:
    """Show what CHANNEL may take of each SKU, where, and why not more.

    Of each place it shows what keeps units from the channel, with the rules that say so, and how much of the article
    there should be. Without a SKU it shows the channel's rules and its feed; without a CHANNEL, all channels.

    Example: pointsman channel show web TXT-0059
    """
    with Pointsman(settings) as service:
        if channel is None:
            every = ChannelListRecord(channels=[ChannelRecord.of(item) for item in service.flows.channels.all()])
            _show(every, list(_channel_lines(every.channels)), as_json=as_json)
            return
        record = ChannelAllocationRecord.of_channel(service.flows.channels.show(channel, skus))
        quantities = Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    for line in _allocation_lines(quantities.show(record), with_channel=not skus):
        click.echo(line)


@channel.command()
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1)
@AS_JSON
@click.pass_obj
def recompute(settings: Settings, channels: Sequence[str], *, as_json: bool) -> None:
    """Bring the feeds of CHANNELs up to date, and look for low stock.

    Without a CHANNEL, those of all channels. A feed that nobody has asked for yet begins. `pointsman serve` does this
    by itself every few seconds, for feeds that somebody has asked for.

    Example: pointsman channel recompute web
    """
    with Pointsman(settings) as service:
        record = RecomputedRecord.of(service.flows.channels.recompute(channels))
    _show(record, list(_recomputed_lines(record)), as_json=as_json)


def _show(record: ChannelListRecord | RecomputedRecord, lines: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json(record)
        return
    for line in lines:
        click.echo(line)


def _channel_lines(channels: Sequence[ChannelRecord]) -> Iterator[str]:
    for item in channels:
        yield say("{channel}: {rules}", channel=item.channel, rules=_rules(item.rules) or say("no rule names it"))
        yield _feed_line(item)
    if not channels:
        yield say("the network lists no channels, and no rule names any")


def _feed_line(item: ChannelRecord) -> str:
    if item.feed is UNSET:
        return say("  no feed yet; it says from {step} more on that there are more", step=item.feed_step)
    return say(
        "  feed as of {at}, cursor {cursor}; it says from {step} more on that there are more",
        at=item.feed.at,
        cursor=item.feed.cursor,
        step=item.feed_step,
    )


def _allocation_lines(record: ChannelAllocationRecord, *, with_channel: bool) -> Iterator[str]:
    if with_channel:
        yield from _channel_lines([record])
    for item in record.skus:
        yield _sku_line(item, record.channel)
        for place in item.nodes:
            yield from _place_lines(place)
    for sku in record.unknown:
        yield say("{sku}: there is no such article", sku=sku)


def _sku_line(item: SkuAllocationRecord, channel: str) -> str:
    if item.units is None:
        return say("{sku}: {channel} may take any number, it needs no stock", sku=item.sku, channel=channel)
    if item.published is UNSET or item.published is None:
        return say("{sku}: {channel} may take {units}", sku=item.sku, channel=channel, units=item.units)
    return say(
        "{sku}: {channel} may take {units}; its feed said {published}",
        sku=item.sku,
        channel=channel,
        units=item.units,
        published=item.published,
    )


def _place_lines(place: NodeAllocationRecord) -> Iterator[str]:
    yield say("  {node}: {units} of {on_hand} on hand", node=place.node, units=place.units, on_hand=place.on_hand)
    for limit in place.limits:
        yield f"    {_limit_text(limit)}{_in_brackets(limit.rules)}"
    if place.level is not UNSET:
        yield f"    {_level_text(place.level)}{_in_brackets(place.level.rules)}"


def _limit_text(limit: LimitRecord) -> str:
    channel = "" if limit.channel is UNSET else limit.channel
    return say(_LIMITS[limit.because], units=limit.units, channel=channel)


def _level_text(level: LevelRecord) -> str:
    most = say("any number") if level.max is None else str(level.max)
    shown = say("there should be {target}, from {min} to {max}", target=level.target, min=level.min, max=most)
    if not level.alert:
        return shown
    low = say("low: there should not be fewer than {alert}", alert=level.alert)
    enough = say("low below {alert}", alert=level.alert)
    return f"{shown}; {low if level.low else enough}"


def _recomputed_lines(record: RecomputedRecord) -> Iterator[str]:
    for item in record.channels:
        yield say(
            "{channel}: other units of {articles}", channel=item.channel, articles=counted(item.changed, "article")
        )
    yield say(
        "{fallen} positions are low from now on, {risen} are not any more", fallen=record.fallen, risen=record.risen
    )


def _rules(rules: Sequence[str]) -> str:
    return ", ".join(rules)


def _in_brackets(rules: Sequence[str]) -> str:
    return f" ({_rules(rules)})" if rules else ""
