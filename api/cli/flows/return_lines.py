"""Prints a return for people."""

from collections.abc import Iterator, Mapping

from api.cli.output.times import Times
from api.language.current import current_language, say, text
from api.records.flows.returns import ReturnedUnitsRecord, ReturnLineRecord, ReturnRecord
from engine.model.receipts import Receipt
from engine.model.returns import ReturnTerms, Words
from rules.wording.catalogue import ENGLISH

_COUNTS = {
    "received": text("{count} received"),
    "kept": text("{count} kept by the customer"),
    "to_come": text("{count} to come"),
    "missing": text("{count} missing"),
}
"""Units of a line of a return."""
_REASONS = {
    "changed_mind": text("changed their mind"),
    "wrong_size": text("wrong size"),
    "not_as_described": text("not as described"),
    "wrong_article": text("wrong article sent"),
    "damaged": text("arrived damaged"),
    "defective": text("does not work"),
    "late": text("arrived too late"),
    "other": text("other"),
}
_GRADES = {
    "as_new": text("as new"),
    "opened": text("opened"),
    "worn": text("worn"),
    "damaged": text("damaged"),
    "defective": text("defective"),
}
"""Words for what a network file has no words for."""
_STATES = (
    text("authorised"),
    text("received"),
    text("inspected"),
    text("partly_received"),
    text("closed"),
    text("cancelled"),
    text("expired"),
)
"""States, which are said as they are stored."""
_DISPOSITIONS = {
    "restock": text("restocked"),
    "refurbish": text("to be repaired"),
    "liquidate": text("sold off"),
    "donate": text("given away"),
    "destroy": text("destroyed"),
    "return_to_supplier": text("back to the supplier"),
    "return_to_customer": text("back to the customer"),
    "keep": text("kept"),
}


_ON_ITS_WAY = text("    on its way to {node}")
_ARRIVED = text("    arrived at {node}")
_FEWER_ARRIVED = text("    not all of it arrived at {node}")


def summary(record: ReturnRecord, times: Times) -> str:
    """A return on one line."""
    units = ", ".join(f"{line.quantity} x {line.sku}" for line in record.lines)
    return f"{times(record.opened_at)}  {record.id}  {say(record.state)}  {units}"


def return_lines(
    record: ReturnRecord, terms: ReturnTerms, times: Times, receipts: Mapping[int, Receipt]
) -> Iterator[str]:
    """With reasons and grades in the words of the network file. `receipts` are those of groups that are restocked
    elsewhere than where they lay, by number.
    """
    yield say("return {id} of order {order}: {state}", id=record.id, order=record.order, state=say(record.state))
    yield say("  opened {at}, expires {until}", at=times(record.opened_at), until=times(record.expires_at))
    if record.late_by:
        yield say("  after the time for returns, by {by}: {because}", by=record.late_by, because=record.because or "")
    elif record.because:
        yield f"  {record.because}"
    if record.label:
        number = record.label.tracking_number or record.label.sscc or say("no tracking number")
        yield say("  label to {node}: {tracking}", node=record.label.node, tracking=number)
    for line in record.lines:
        yield _line(line, terms)
    for group in record.groups:
        yield _group(group, terms)
        if group.place and group.place != group.node:
            yield say(_way(receipts.get(group.group)), node=group.place)
    for item in record.placed or ():
        yield say(
            "  why, of {quantity} x {sku} of group {group}:", quantity=item.quantity, sku=item.sku, group=item.group
        )
        yield from (f"    {sentence}" for sentence in item.why)


def _way(receipt: Receipt | None) -> str:
    """How far units have come that go to another place; None: they are yet to leave."""
    if receipt is None or receipt.to_come:
        return _ON_ITS_WAY
    return _ARRIVED if receipt.received >= receipt.quantity else _FEWER_ARRIVED


def _line(line: ReturnLineRecord, terms: ReturnTerms) -> str:
    counts = [say(name, count=getattr(line, field)) for field, name in _COUNTS.items() if getattr(line, field)]
    return say(
        "  line {line}: {quantity} x {sku}, {reason}: {counts}",
        line=line.line,
        quantity=line.quantity,
        sku=line.sku,
        reason=_words(line.reason, terms.reasons.get(line.reason, {}), _REASONS),
        counts=", ".join(counts) or say("nothing came"),
    )


def _group(group: ReturnedUnitsRecord, terms: ReturnTerms) -> str:
    grade = terms.grades.get(group.grade or "")
    parts = [
        say("at {node}", node=group.node) if group.node else "",
        "" if group.line or not group.node else say("another article"),
        _words(group.grade, grade.words if grade else {}, _GRADES)
        if group.grade
        else say("not inspected")
        if group.node
        else "",
        "" if group.restock else say("not to be restocked"),
        say(_DISPOSITIONS[group.disposition]) if group.disposition else "",
        say("as {sku}", sku=group.as_sku) if group.as_sku else "",
        say("by {by}: {because}", by=group.by, because=group.because or "") if group.by else group.because or "",
    ]
    return say(
        "  group {number}: {quantity} x {sku}, {parts}",
        number=group.group,
        quantity=group.quantity,
        sku=group.sku,
        parts=", ".join(part for part in parts if part),
    )


def _words(name: str, words: Words, usual: Mapping[str, str]) -> str:
    """How people say it in the current language: as the network file has it, or else as it is usually said."""
    if said := words.get(current_language()) or words.get(ENGLISH):
        return said
    return say(usual[name]) if name in usual else name
