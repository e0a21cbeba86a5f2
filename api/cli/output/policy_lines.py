"""Policy versions, their history and the differences between two of them, as lines for people."""

from collections.abc import Iterable, Iterator, Sequence

from api.cli.output.mistakes import finding_line
from api.cli.output.times import Times
from api.language.current import counted, say, say_message, say_number, text
from engine.policies.approval_requests import ApprovalRequest
from engine.policies.publication import Published
from engine.policies.review import SHORT
from engine.policies.takeovers import Takeover
from engine.policies.version_list import Version
from engine.store.policy_versions import PastChange
from rules.diff.compare import Change, Changes, Difference, GateChange, Kind
from rules.gate import GateFigure

MOST_NAMED = 20
"""At most so many of the rules that a published version leaves out are named."""
_SUMS: dict[Kind, str] = {
    "added": text("{count} added"),
    "gone": text("{count} gone"),
    "changed": text("{count} changed"),
    "moved": text("{count} moved"),
}
_GATE_CHANGES: dict[GateChange, str] = {
    "a gate added": text("a gate added"),
    "the gate gone": text("the gate gone"),
    "another gate": text("another gate"),
}
_KINDS = {
    "asked": text("approval asked for"),
    "taken_back": text("not asked for any more"),
    "declined": text("approval declined"),
    "rolled_back": text("back to"),
    "refused": text("refused"),
    "gate_run": text("gate"),
    "shadow_started": text("shadow"),
    "shadow_ended": text("shadow over"),
    "canary_started": text("canary"),
    "canary_grown": text("canary"),
    "canary_ended": text("canary over"),
}
"""What history lines say for a kind of change, if not its name."""
VERDICTS = {"passed": text("passed"), "failed": text("did not pass"), "not_judged": text("could not be judged")}
"""What is said of a gate that was run."""
_BECAUSE = {
    "stopped": text("it was stopped"),
    "bounds": text("it broke a bound"),
    "promoted": text("it decides all orders now"),
    "activated": text("another version is active"),
    "unreadable": text("this release can't read it"),
}
"""Why a canary is over."""
TRIAL_FIGURES: dict[GateFigure, str] = {
    "cost": text("cost"),
    "co2": text("CO2e"),
    "late": text("late"),
    "unfilled": text("units unfilled"),
    "shipments": text("shipments"),
}
"""What is said of the figures of a shadow or a canary."""


_IN_SENTENCES: dict[Kind, str] = {
    "gone": text("  leaves out {rule}"),
    "changed": text("  changes {rule}"),
    "added": text("  adds {rule}"),
    "moved": text("  moves {rule}"),
}
"""What is said of rules where a version is published, those first that decide no more."""


def change_lines(changes: Changes) -> Iterator[str]:
    """The differences, rule by rule, then how many there are of each kind."""
    for change in changes.changes:
        yield f"{say(change.kind):<8} {_named(change)}"
        for difference in change.differences:
            signed = [*(("-", its) for its in difference.gone), *(("+", its) for its in difference.added)]
            for number, (sign, words) in enumerate(signed):
                yield f"         {say(difference.aspect) if number == 0 else '':<10} {sign} {words}"
    signed = [*(("-", term) for term in changes.gate_gone), *(("+", term) for term in changes.gate_added)]
    for number, (sign, term) in enumerate(signed):
        yield f"{say('gate') if number == 0 else '':<8} {sign} {term}"
    yield _sums(changes)


def _sums(changes: Changes) -> str:
    """How many changes there are of each kind."""
    kinds = {kind: len(changes.of(kind)) for kind in _SUMS}
    sums = [say(_SUMS[kind], count=count) for kind, count in kinds.items() if count]
    if changes.gate_change:
        sums.append(say(_GATE_CHANGES[changes.gate_change]))
    return ", ".join(sums) or say("the same meaning")


def _named(change: Change) -> str:
    if change.kind != "moved":
        return f"{change.rule}  ({change.file})" if change.file else change.rule
    files = [file for file in (change.file_before, change.file) if file]
    where = f"  ({' -> '.join(dict.fromkeys(files))})" if files else ""
    return (change.rule if change.before == change.rule else f"{change.before} -> {change.rule}") + where


def published_lines(published: Published, active: str | None) -> Iterator[str]:
    """The version that was stored, its warnings, and what it changes compared with the active version."""
    unchanged = "" if published.new else say(", as it was before")
    tested = (
        say(", {tests} passed", tests=counted(published.tests_passed, "test"))
        if published.tests_passed
        else say(", without tests")
    )
    yield say(
        "published {version} ({rules}{tested}{unchanged})",
        version=published.version,
        rules=counted(len(published.rules), "rule"),
        tested=tested,
        unchanged=unchanged,
    )
    yield from map(finding_line, published.warnings)
    if published.emergency:
        yield say(
            "in an emergency, with {tests} failing because of {rules}",
            tests=counted(published.emergency.failing_tests, "test"),
            rules=", ".join(published.emergency.rules),
        )
    if published.changes is None or active is None or active == published.version:
        return
    yield say(
        "compared with the active version {active}: {changes}",
        active=active[:SHORT],
        changes=_sums(published.changes),
    )
    changes = [change for kind in _IN_SENTENCES for change in published.changes.of(kind)]
    yield from (_in_a_sentence(change) for change in changes[:MOST_NAMED])
    if len(changes) > MOST_NAMED:
        yield say("  ... and {count} more", count=len(changes) - MOST_NAMED)


def _in_a_sentence(change: Change) -> str:
    """What becomes of a rule, and of one that changes what stood there and stands there now."""
    line = say(_IN_SENTENCES[change.kind], rule=_named(change) if change.kind == "moved" else change.rule)
    differences = [_in_words(difference) for difference in change.differences]
    return say("{line}: {note}", line=line, note="; ".join(differences)) if differences else line


def _in_words(difference: Difference) -> str:
    if difference.gone and difference.added:
        return f"{', '.join(difference.gone)} -> {', '.join(difference.added)}"
    return ", ".join([*(f"- {words}" for words in difference.gone), *(f"+ {words}" for words in difference.added)])


def version_lines(versions: Sequence[Version], times: Times) -> Iterator[str]:
    """The versions, oldest first; the active one has a star."""
    for version in versions:
        rules = "-" if version.rules is None else str(version.rules)
        noun = say("rule ") if version.rules == 1 else say("rules")
        when = times(version.at) if version.at else "-"
        mark = "*" if version.active else " "
        yield f"{mark} {version.version[:SHORT]}  {rules:>5} {noun}  {when}  {version.who}  {version.note}".rstrip()
        if version.approvers:
            yield say("    approved by {people}", people=", ".join(version.approvers))
        if version.request is not None:
            yield from _request_lines(version.request, times)
        yield from (say("    scheduled from {instant} on", instant=times(instant)) for instant in version.scheduled)


def _request_lines(request: ApprovalRequest, times: Times) -> Iterator[str]:
    """Who asks for the approval of a version, and who declined it."""
    line = say("    {who} asks that it be approved, since {instant}", who=request.who, instant=times(request.at))
    if request.activate_at is not None:
        line = say("{line}, to decide from {instant} on", line=line, instant=times(request.activate_at))
    yield say("{line}: {note}", line=line, note=request.note) if request.note else line
    if request.declined is not None:
        line = say("    {who} declined that at {instant}", who=request.declined.who, instant=times(request.declined.at))
        yield say("{line}: {note}", line=line, note=request.declined.note)


def takeover_lines(takeovers: Iterable[Takeover], times: Times) -> Iterator[str]:
    """What is scheduled, and which rules go then: those that were added since the version was published."""
    for item in takeovers:
        version, instant = item.version[:SHORT], times(item.since)
        yield say("{version} takes over at {instant}, as scheduled", version=version, instant=instant)
        if item.gone:
            yield say("  {rules} of the version before it go then:", rules=counted(len(item.gone), "rule"))
            yield from _named_rules(item.gone)


def gone_lines(rules: Sequence[str]) -> Iterator[str]:
    """The rules that decide no more, as the version that does now has none of them."""
    if rules:
        yield say("  {rules} of the version before go:", rules=counted(len(rules), "rule"))
        yield from _named_rules(rules)


def _named_rules(rules: Sequence[str]) -> Iterator[str]:
    yield from (f"    {rule}" for rule in rules[:MOST_NAMED])
    if len(rules) > MOST_NAMED:
        yield say("  ... and {count} more", count=len(rules) - MOST_NAMED)


def history_lines(changes: Iterable[PastChange], times: Times) -> Iterator[str]:
    """Who changed what, when and why, oldest first."""
    for change in changes:
        since = "" if change.since is None else say("  from {instant}", instant=times(change.since))
        kind = say(_KINDS.get(change.kind, change.kind))
        version = change.version[:SHORT]
        override = say("  without approval") if change.override else ""
        override += say("  without a gate that passed") if change.override_gate else ""
        failing = counted(change.failing_tests, "test")
        emergency = say("  in an emergency, {tests} failing", tests=failing) if change.failing_tests else ""
        if change.activate_at is not None:
            since = say("  to decide from {instant} on", instant=times(change.activate_at))
        share = "" if change.share is None else f"  {say('{share} of the orders', share=shown_share(change.share))}"
        what = f"{version}{since}{share}{override}{emergency}"
        parts = (times(change.at), f"{kind:<9}", what, change.who, _note(change))
        yield "  ".join(part for part in parts if part)


def _note(change: PastChange) -> str:
    """What is noted of it; of a gate, what came of it; of a canary's end, why."""
    if change.kind == "gate_run":
        return say(VERDICTS[change.note])
    return ended_because(change.because, say_message(change.note)) if change.kind == "canary_ended" else change.note


def ended_because(because: str, note: str) -> str:
    """Why a canary is over, and what is noted of that; an earlier release noted one of both. "" if nothing."""
    if note in _BECAUSE and because in ("", note):
        return say(_BECAUSE[note])
    reason = say(_BECAUSE[because]) if because in _BECAUSE else ""
    return say("{reason}: {note}", reason=reason, note=note) if reason and note else reason or note


def shown_share(ten_thousandths: int) -> str:
    """A share of the orders, as people write it."""
    return say_number(f"{ten_thousandths / 100:g}%")
