"""A draft beside the baseline: figures, the orders that come out worst and best, and where it makes a difference."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import click

from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.numbers import millionths
from api.cli.output.shipment_texts import shipment_text
from api.cli.output.tables import carbon, money
from api.cli.output.times import Times
from api.cli.policy.explained_rules import WIDTH
from api.cli.whatif.closed_places import closed_places
from api.language.current import counted, say, say_number
from api.records.whatif import (
    ChangedDecisionRecord,
    DecidedSideRecord,
    WhatIfDraftRecord,
)
from api.records.whatif_amounts import WhatIfAmountsRecord, WhatIfSidesRecord

_MOST_NODES = 12
"""Of the nodes, those whose cost changes most are shown; JSON has them all."""
_MOST_SENTENCES = 4
"""Of the reasons of a side, at most so many are shown; JSON has them all."""


def print_draft(draft: WhatIfDraftRecord, currency: str, times: Times) -> None:
    """All of it; of a draft that changes nothing, what its rules did alone."""
    click.echo()
    if draft.decisions_changed or draft.changes_volume:
        _print_figures(draft, currency)
        _print_changed(draft, currency, times)
        _print_groups(say("By channel: what the draft adds"), say("channel"), draft.channels)
        if draft.segments:
            _print_groups(say("By segment: what the draft adds"), say("segment"), draft.segments)
        _print_nodes(draft)
    _print_rules(draft)


def _print_figures(draft: WhatIfDraftRecord, currency: str) -> None:
    rows = list(_figures(draft))
    keys = text_columns([say("figure")], [[name] for name, *_ in rows])
    columns = number_columns(
        [say("without it"), say("with it"), say("difference"), say("95% between")], [row for _, *row in rows]
    )
    print_columns(keys, columns, title=say("{draft} ({currency})", draft=draft.name, currency=currency))


def _figures(draft: WhatIfDraftRecord) -> Iterator[tuple[str, str, str, str, str]]:
    orders = draft.orders
    for name, field, shown in _rows():
        before, after = getattr(draft.total.baseline, field), getattr(draft.total.draft, field)
        if before or after:
            yield name, shown(before), shown(after), _signed(after - before, shown), _between(draft, field, shown)
        if field == "shipments":
            ratios = [_ratio(side) for side in (draft.total.baseline, draft.total.draft)]
            yield say("  per decision that ships"), *ratios, "", ""
    before, after = orders.late_baseline, orders.late_draft
    if before or after:
        yield (
            say("orders late"),
            _whole(before),
            _whole(after),
            _signed(after - before, _whole),
            _between(draft, "orders_late", _whole),
        )


def _rows() -> Iterator[tuple[str, str, Callable[[int], str]]]:
    """A figure's name, its field and how it is written."""
    yield say("decisions"), "decisions", _whole
    yield say("  filled"), "filled", _whole
    yield say("  partial"), "partial", _whole
    yield say("  unfilled"), "unfilled", _whole
    yield say("  scheduled"), "scheduled", _whole
    yield say("  with units that wait"), "waiting", _whole
    yield say("  to be approved first"), "parked", _whole
    yield say("units shipped"), "units_shipped", _whole
    yield say("units unfilled"), "units_unfilled", _whole
    yield say("units that wait"), "units_waiting", _whole
    yield say("shipments"), "shipments", _whole
    yield say("shipments late"), "shipments_late", _whole
    yield say("cost"), "cost_micros", _cents
    yield say("  carriage"), "carriage_micros", _cents
    yield say("  handling"), "handling_micros", _cents
    yield say("  beside it, by the rules"), "policy_amounts_micros", _cents
    yield say("kg CO2e"), "co2_mg", _kilograms


def _between(draft: WhatIfDraftRecord, field: str, shown: Callable[[int], str]) -> str:
    interval = draft.interval(field)
    if interval is None or not (interval.low or interval.high):
        return ""
    return f"{_signed(interval.low, shown)} .. {_signed(interval.high, shown)}"


def _print_changed(draft: WhatIfDraftRecord, currency: str, times: Times) -> None:
    for title, changed in ((say("The worst first"), draft.worst), (say("The best first"), draft.best)):
        if changed:
            click.echo(title)
        for item in changed:
            for line in _changed_lines(draft, item, currency, times):
                click.echo(line)


def _changed_lines(draft: WhatIfDraftRecord, item: ChangedDecisionRecord, currency: str, times: Times) -> Iterator[str]:
    yield say(
        "  order {order}, {at}: {cost}, {co2}, {unfilled} unfilled",
        order=item.order,
        at=times(item.decided_at),
        cost=f"{_signed(item.cost_micros, _cents)} {currency}",
        co2=f"{'+' if item.co2_mg > 0 else ''}{carbon(item.co2_mg)}",
        unfilled=_signed(item.units_unfilled, _whole),
    )
    yield from _side_lines(say("without it"), item.baseline, currency)
    yield from _side_lines(say("with it"), item.draft, currency)
    for sentence in closed_places(draft, item):
        yield f"      {sentence}"


def _side_lines(name: str, side: DecidedSideRecord, currency: str) -> Iterator[str]:
    made = side.decided
    yield say(
        "    {name}: {shipments}; {cost}, {unfilled}",
        name=name,
        shipments="; ".join(map(shipment_text, made.shipments)) or say("nothing ships"),
        cost=money(made.cost_micros, currency),
        unfilled=counted(made.unfilled_units, "unfilled unit"),
    )
    if side.rules:
        yield say("      decided by {rules}", rules=", ".join(side.rules))
    for statement in side.why[:_MOST_SENTENCES]:
        yield f"      {statement.sentence}"
    if len(side.why) > _MOST_SENTENCES:
        yield say("      ... and {count:,} more; --json has them all", count=len(side.why) - _MOST_SENTENCES)


def _print_groups(title: str, name: str, groups: Mapping[str, WhatIfSidesRecord]) -> None:
    keys = text_columns([name], [[group or say("(none)")] for group in groups])
    headings = [
        say("decisions"),
        say("cost"),
        say("kg CO2e"),
        say("shipments"),
        say("shipments late"),
        say("units unfilled"),
    ]
    rows = [
        [
            _decisions(its),
            _more(its, "cost_micros", _cents),
            _more(its, "co2_mg", _kilograms),
            _more(its, "shipments", _whole),
            _more(its, "shipments_late", _whole),
            _more(its, "units_unfilled", _whole),
        ]
        for its in groups.values()
    ]
    columns = number_columns(headings, rows)
    print_columns(keys, [column for column in columns if set(column.cells) != {_whole(0)}], title=title)


def _decisions(its: WhatIfSidesRecord) -> str:
    """As many on both sides, unless other numbers of orders come in."""
    before, after = its.baseline.decisions, its.draft.decisions
    return _whole(before) if before == after else f"{_whole(before)} -> {_whole(after)}"


def _print_nodes(draft: WhatIfDraftRecord) -> None:
    changed = {name: its for name, its in draft.nodes.items() if its.baseline != its.draft}
    ranked = sorted(changed, key=lambda name: (-abs(_more_cost(changed[name])), name))[:_MOST_NODES]
    keys = text_columns([say("node")], [[name] for name in ranked])
    rows = [
        [
            f"{_whole(its.baseline.shipments)} -> {_whole(its.draft.shipments)}",
            f"{_whole(its.baseline.units)} -> {_whole(its.draft.units)}",
            _signed(_more_cost(its), _cents),
        ]
        for its in (changed[name] for name in ranked)
    ]
    title = say("By node: {shown:,} of {changed:,} that change", shown=len(ranked), changed=len(changed))
    print_columns(keys, number_columns([say("shipments"), say("units"), say("cost")], rows), title=title)


def _print_rules(draft: WhatIfDraftRecord) -> None:
    changes = draft.changes
    differing = {rule.rule for rules in (changes.added, changes.changed, changes.gone) for rule in rules}
    shown = {name: its for name, its in draft.rules.items() if name in differing or its.baseline != its.draft}
    if shown:
        keys = text_columns([say("rule")], [[name] for name in shown])
        rows = [
            [_whole(its.baseline), _whole(its.draft), _whole(its.changed), _signed(its.cost_micros, _cents)]
            for its in shown.values()
        ]
        headings = [say("without it"), say("with it"), say("otherwise"), say("cost")]
        print_columns(keys, number_columns(headings, rows), title=say("By rule: decisions in which it acted"))
    _print_named(say("never fired"), draft.never_fired, differing)
    most = max((draft.rules[rule].weighed for rule in draft.never_decided), default=0)
    title = say(
        "fired, but decided none of the last decisions in which they did, at most {most:,} of each rule", most=most
    )
    _print_named(title, draft.never_decided, differing)


def _print_named(title: str, rules: Sequence[str], differing: AbstractSet[str]) -> None:
    """How many they are, and the names of those that the draft adds or changes."""
    if not rules:
        return
    count, named = counted(len(rules), "rule"), [rule for rule in rules if rule in differing]
    if not named:
        click.echo(say("{title}: {rules}; --json and the report name them", title=title, rules=count))
        return
    if len(named) == len(rules):
        click.echo(say("{title} ({rules}):", title=title, rules=count))
    else:
        click.echo(say("{title} ({rules}), of those that the draft adds or changes:", title=title, rules=count))
    click.echo(
        textwrap.fill(
            ", ".join(named),
            WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _more(sides: WhatIfSidesRecord, field: str, shown: Callable[[int], str]) -> str:
    return _signed(getattr(sides.draft, field) - getattr(sides.baseline, field), shown)


def _more_cost(its: Any) -> int:
    return int(its.draft.cost_micros - its.baseline.cost_micros)


def _ratio(side: WhatIfAmountsRecord) -> str:
    ships = side.filled + side.partial + side.scheduled
    return say_number(f"{side.shipments / ships:.2f}") if ships else "-"


def _signed(number: int, shown: Callable[[int], str]) -> str:
    return f"+{shown(number)}" if number > 0 else shown(number)


def _whole(number: int) -> str:
    return say_number(f"{number:,}")


def _cents(micros: int) -> str:
    return millionths(micros, shown=2)


def _kilograms(milligrams: int) -> str:
    return millionths(milligrams, shown=3)
