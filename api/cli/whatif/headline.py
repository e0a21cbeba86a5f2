"""What came of drafts in a sentence or two each, and what could not be tried."""

from collections.abc import Iterator

from msgspec import UNSET

from api.cli.output.numbers import millionths
from api.cli.output.tables import carbon, money
from api.cli.output.times import Times
from api.cli.policy.explained_rules import protection_line
from api.language.current import counted, say, say_message, say_number, text
from api.records.whatif import WhatIfDraftRecord, WhatIfRecord
from engine.simulation.rolled.stretches import BeginsAgain
from engine.simulation.tried_decision import NotKept

_NOT_KEPT: dict[NotKept, str] = {
    "hourly_loads": text("what places had been given in the hour"),
    "daily_output": text("how many units and kilograms places had been given that day"),
    "allotments": text("what channels had taken of their allotments"),
    "receipts": text("what was to come in"),
}
_ONE_STEP = text(
    "{decisions} from {start} to {end}, each decided again on the facts of its moment, beside policies {against}"
)
_ROLLED_FORWARD = text(
    "{decisions} from {start} to {end}, one after another on the stock as the draft left it, beside policies {against}"
)
_BEGINNING_AGAIN = text(
    "{decisions} from {start} to {end}, each {stretch} by itself from the logged stock on, one after another on the"
    " stock as the draft left it, beside policies {against}"
)
_STRETCHES: dict[BeginsAgain, str] = {"day": text("day"), "week": text("week"), "month": text("month")}
_ORDERS = text(
    "{decisions} on orders of {file}, one after another on the stock of now as the draft left it, beside policies"
    " {against}"
)
_ORDERS_IN_FOLDER = text(
    "{decisions} on orders of {file}, one after another on the stock of {folder} as the draft left it, beside policies"
    " {against}"
)
_MOST_NAMED = 5
"""Rules of a kind that are named."""
_NOT_KEPT_WITH = text(
    "{draft} asks for facts that were not kept with {decisions}, as no rule asked for them then: {facts}. It was tried"
    " as if there were none of that."
)
_NOT_READ = text(
    "{draft} asks for facts that are not read, as no active rule asks for them: {facts}. It was tried as if there had"
    " been none of that before the first of {decisions}."
)
_UNTRIED = (
    (
        "erased",
        text("{decisions} could not be tried: their orders' personal values were erased, and with them where they go"),
    ),
    ("not_replayable", text("{decisions} could not be tried: what they were made on is not kept, or contradicts them")),
    ("damaged", text("{decisions} could not be tried: their log entries can't be read")),
)


def headline(record: WhatIfRecord, times: Times) -> Iterator[str]:
    """What was tried, then each draft."""
    yield _tried(record, times)
    for draft in record.drafts:
        yield draft_headline(draft, record.currency)
        yield from rules_that_differ(draft)
        yield from how_sure(draft, record.currency)
        yield from captured(draft, record.currency)
        yield from protection(draft)


def _tried(record: WhatIfRecord, times: Times) -> str:
    decisions, against = counted(record.decisions, "decision"), record.against[:12]
    if record.orders_file is not UNSET:
        file, folder = record.orders_file, record.stock_folder or ""
        sentence = _ORDERS_IN_FOLDER if folder else _ORDERS
        return say(sentence, decisions=decisions, file=file, folder=folder, against=against)
    start, end = times(record.since or ""), times(record.until or "")
    if record.begins_again is not UNSET:
        stretch = say(_STRETCHES[record.begins_again])
        return say(_BEGINNING_AGAIN, decisions=decisions, start=start, end=end, stretch=stretch, against=against)
    sentence = _ONE_STEP if record.way == "one_step" else _ROLLED_FORWARD
    return say(sentence, decisions=decisions, start=start, end=end, against=against)


def notes(record: WhatIfRecord) -> Iterator[str]:
    """What could not be tried, or not on all the facts."""
    for draft in record.drafts:
        if draft.decisions_incomplete:
            facts = ", ".join(say(_NOT_KEPT[name]) for name in draft.facts_not_kept)
            yield say(
                _NOT_READ if record.way == "orders" else _NOT_KEPT_WITH,
                draft=draft.name,
                decisions=counted(draft.decisions_incomplete, "decision"),
                facts=facts,
            )
    if any(draft.protecting and draft.protection is UNSET for draft in record.drafts):
        yield say("what keeping more units back would cost is said once prices are learnt: pointsman lookahead learn")
    if record.begins_again is not UNSET:
        yield say(
            "what a draft took in one {stretch}, it has again in the next; an order of which something is decided in"
            " several counts among the decisions of each",
            stretch=say(_STRETCHES[record.begins_again]),
        )
    if record.made_again:
        yield say(
            "of {decisions}, what the drafts are compared with was decided again, too: other policies, or another"
            " release, had decided",
            decisions=counted(record.made_again, "decision"),
        )
    for name, sentence in _UNTRIED:
        number = getattr(record.untried, name)
        if number:
            yield say(sentence, decisions=counted(number, "decision"))
    if record.untried.archive:
        yield say("archived decisions could not be read: {why}", why=say_message(record.untried.archive))


def draft_headline(draft: WhatIfDraftRecord, currency: str) -> str:
    if not draft.decisions_changed and not draft.changes_volume:
        return say("{draft} would have decided everything the same", draft=draft.name)
    cost, before = draft.sure["cost_micros"].difference, draft.total.baseline.cost_micros
    amount, share = money(abs(cost), currency), say_number(f"{100 * cost / before:+.1f}%") if before else "-"
    if cost < 0:
        sentence = say("{draft} would have cost {amount} less ({share})", draft=draft.name, amount=amount, share=share)
    elif cost > 0:
        sentence = say("{draft} would have cost {amount} more ({share})", draft=draft.name, amount=amount, share=share)
    else:
        sentence = say("{draft} would have cost as much", draft=draft.name)
    return ", ".join([sentence, *_pieces(draft)])


def rules_that_differ(draft: WhatIfDraftRecord) -> Iterator[str]:
    """How the draft differs from what it is compared with, so that nobody overlooks that rules went."""
    changes = draft.changes
    kinds = ((say("added"), changes.added), (say("changed"), changes.changed), (say("gone"), changes.gone))
    for kind, rules in kinds:
        if rules:
            names = [rule.rule for rule in rules]
            others = f", ... ({say_number(f'{len(names):,}')})" if len(names) > _MOST_NAMED else ""
            yield say("  {kind}: {rules}", kind=kind, rules=", ".join(names[:_MOST_NAMED]) + others)


def _pieces(draft: WhatIfDraftRecord) -> Iterator[str]:
    """What else differs."""
    sure = draft.sure
    if late := sure["orders_late"].difference:
        orders = counted(abs(late), "order")
        yield say("{orders} more late", orders=orders) if late > 0 else say("{orders} fewer late", orders=orders)
    if unfilled := sure["units_unfilled"].difference:
        number = counted(abs(unfilled), "unfilled unit")
        yield say("{number} more", number=number) if unfilled > 0 else say("{number} fewer", number=number)
    if shipments := sure["shipments"].difference:
        number = counted(abs(shipments), "shipment")
        yield say("{number} more", number=number) if shipments > 0 else say("{number} fewer", number=number)
    if co2 := sure["co2_mg"].difference:
        amount = carbon(abs(co2))
        yield say("{amount} more", amount=amount) if co2 > 0 else say("{amount} less", amount=amount)


def captured(draft: WhatIfDraftRecord, currency: str) -> Iterator[str]:
    """Of a draft that looks ahead and was rolled forward, how much of what was possible it captures."""
    if draft.rolled is UNSET or draft.rolled.hindsight is UNSET:
        return
    hindsight = draft.rolled.hindsight
    orders = counted(hindsight.orders, "order")
    if hindsight.captured_percent is None:
        yield say("  no plan costs less than without it, on {orders} with the same units either way", orders=orders)
        return
    yield say(
        "  you capture {percent} % of what was possible: {saved} of {possible}, on {orders} with the same units"
        " either way",
        percent=hindsight.captured_percent,
        saved=millionths(hindsight.baseline_micros - hindsight.draft_micros, shown=2),
        possible=money(hindsight.baseline_micros - hindsight.bound_micros, currency),
        orders=orders,
    )


def protection(draft: WhatIfDraftRecord) -> Iterator[str]:
    """What more of it would cost, of each rule that the draft adds or changes and that keeps or protects units."""
    if draft.protection is UNSET:
        return
    for rule in draft.protection.rules:
        yield f"  {rule.rule}: {protection_line(rule, draft.protection)}"
    if draft.protection.too_old:
        yield say("  these look-ahead prices are too old; learn them again (pointsman lookahead learn)")


def how_sure(draft: WhatIfDraftRecord, currency: str) -> Iterator[str]:
    if not draft.decisions_changed and not draft.changes_volume:
        return
    yield say(
        "  {changed:,} of {orders} come out otherwise",
        changed=draft.orders.changed,
        orders=counted(draft.orders.orders, "order"),
    )
    cost = draft.interval("cost_micros")
    if draft.changes_volume:
        yield say(
            "  {before} without it, {after} with it: how many orders come in was asked for, so no chance is worked out",
            before=counted(draft.total.baseline.decisions, "decision"),
            after=say_number(f"{draft.total.draft.decisions:,}"),
        )
    if cost is None or not cost.difference:
        return
    low, high = millionths(cost.low, shown=2), money(cost.high, currency)
    if cost.low <= 0 <= cost.high:
        yield say(
            "  with other orders of this kind the difference in cost would lie between {low} and {high} (95%):"
            " it may be chance",
            low=low,
            high=high,
        )
    else:
        yield say(
            "  with other orders of this kind the difference in cost would lie between {low} and {high} (95%):"
            " it is hardly chance",
            low=low,
            high=high,
        )
