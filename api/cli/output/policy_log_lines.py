"""What a line of `pointsman ledger log` says of policy versions, their gates, and their trials."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from api.cli.output.numbers import millionths
from api.cli.output.policy_lines import TRIAL_FIGURES, VERDICTS, ended_because, shown_share
from api.cli.output.times import Times
from api.language.current import counted, say, say_message, say_number
from engine.policies.review import SHORT
from engine.store.log.entry import Entry
from rules.gate import GATE_FIGURES


def published(entry: Entry, _times: Times) -> str:
    details = entry.details
    line = say("by {who}", who=entry.caller)
    if emergency := details.get("emergency"):
        failing = say(
            "in an emergency, with {tests} failing because of {rules}",
            tests=counted(emergency["failing_tests"], "test"),
            rules=", ".join(emergency["rules"]),
        )
        line = f"{line}, {failing}"
    return _with_note(line, details)


def activated(entry: Entry, _times: Times) -> str:
    match entry.details["because"]:
        case "scheduled":
            return say("as scheduled")
        case "rolled_back":
            line = say("again, rolled back to by {who}", who=entry.caller)
        case _:
            line = say("by {who}", who=entry.caller)
    return _with_note(_with_overrides(line, entry.details), entry.details)


def scheduled(entry: Entry, times: Times) -> str:
    line = say("from {instant} on", instant=times(entry.details["since"]))
    return _with_note(_with_overrides(line, entry.details), entry.details)


def approval_asked(entry: Entry, times: Times) -> str:
    instant = entry.details.get("activate_at")
    line = "" if instant is None else say("to decide from {instant} on", instant=times(instant))
    return _with_note(line, entry.details) if line else str(entry.details["note"])


def unscheduled(entry: Entry, times: Times) -> str:
    return _with_note(say("for {instant}", instant=times(entry.details["since"])), entry.details)


def gate_run(entry: Entry, _times: Times) -> str:
    verdict, against = say(VERDICTS[entry.details["verdict"]]), entry.details["against"]
    line = say("by {who}", who=entry.caller)
    beside = say("{verdict} beside {base}", verdict=verdict, base=against[:SHORT]) if against else verdict
    return f"{line}, {beside}"


def shadow_started(entry: Entry, _times: Times) -> str:
    return _with_note(_of_the_orders(entry.details["share"]), entry.details)


def shadow_ended(entry: Entry, _times: Times) -> str:
    return str(entry.details["note"])


def canary_started(entry: Entry, _times: Times) -> str:
    details = entry.details
    line = say(
        "{share} of the orders, beside {base}", share=shown_share(details["share"]), base=details["base"][:SHORT]
    )
    return _with_note(_with_overrides(line, details), details)


def canary_grown(entry: Entry, _times: Times) -> str:
    details = entry.details
    line = say(
        "{share} of the orders, before: {before}",
        share=shown_share(details["share"]),
        before=shown_share(details["before"]),
    )
    return _with_note(_with_overrides(line, details), details)


def canary_ended(entry: Entry, _times: Times) -> str:
    details = entry.details
    share, why = _of_the_orders(details["share"]), ended_because(details["because"], say_message(details["note"]))
    line = f"{share}, {why}"
    return "; ".join((line, *_seen(details["seen"]))) if details.get("seen") else line


def _seen(seen: Mapping[str, Any]) -> Iterator[str]:
    """How many orders were compared, and what each figure came to that differs."""
    yield counted(seen["orders"], "order")
    for figure in GATE_FIGURES:
        item = seen["figures"].get(figure, {})
        if item.get("difference"):
            yield say(
                "{figure} {difference} on {before}",
                figure=say(TRIAL_FIGURES[figure]),
                difference=_amount(figure, item["difference"], sign=True),
                before=_amount(figure, item["before"]),
            )


def _amount(figure: str, amount: int, *, sign: bool = False) -> str:
    """In the network's currency, which an entry does not name, in kg of CO2e, or as it was counted."""
    plus = "+" if sign and amount > 0 else ""
    if figure == "cost":
        return f"{plus}{millionths(amount, shown=2)}"
    return f"{plus}{millionths(amount, shown=3)} kg" if figure == "co2" else plus + say_number(f"{amount:,}")


def _of_the_orders(share: int) -> str:
    return say("{share} of the orders", share=shown_share(share))


def _with_overrides(line: str, details: Mapping[str, Any]) -> str:
    parts = [line]
    parts += [say("without approval")] if details.get("override") else []
    parts += [say("without a gate that passed")] if details.get("override_gate") else []
    return ", ".join(parts)


def _with_note(line: str, details: Mapping[str, Any]) -> str:
    return say("{line}: {note}", line=line, note=details["note"]) if details.get("note") else line


LINES: Mapping[str, Callable[[Entry, Times], str]] = {
    "published": published,
    "policy_approval_asked": approval_asked,
    "policy_approval_taken_back": lambda entry, _: entry.details["note"],
    "policy_approval_declined": lambda entry, _: entry.details["note"],
    "policy_approved": lambda entry, _: entry.details["note"],
    "activated": activated,
    "scheduled": scheduled,
    "unscheduled": unscheduled,
    "gate_run": gate_run,
    "shadow_started": shadow_started,
    "shadow_ended": shadow_ended,
    "canary_started": canary_started,
    "canary_grown": canary_grown,
    "canary_ended": canary_ended,
}
"""By kind of entry."""
