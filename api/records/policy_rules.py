"""Policy files in plain words: each rule as a sentence, whether it counts now, and which values a form can change."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from api.records.findings import FindingRecord
from api.records.rule_values import RuleValueRecord
from engine.decide.order_record import Record
from rules.conditions import All, Compare, Operator
from rules.editor.readable_rules import RuleMistakes, mistakes_by_rule, readable_policy, terms_of
from rules.editor.rule_text import lines_of_rule
from rules.editor.rule_values import pointer_at, rule_in, rules_of, values_of
from rules.errors import Finding
from rules.loader import ParsedFile
from rules.policy import Policy, Rule, split_rule_id
from rules.policy_documents import TABLE, YAML
from rules.recent_files import keep_recent
from rules.syntax.yaml_document import Document, Node
from rules.windows import DAY, Window
from rules.wording.catalogue import Catalogue
from rules.wording.explain import explain
from rules.wording.terms import terms_in_words

RuleState: TypeAlias = Literal["on", "later", "over", "off", "mistaken"]


class RuleDatesRecord(Record, frozen=True):
    """From when until when a rule may count, on the network's clock, as `2026-11-27T08:00`; null: without end."""

    begins: str | None
    ends: str | None


class PlainRuleRecord(Record, frozen=True):
    """A rule as a sentence that is worked out from its conditions and effects."""

    id: str
    says: Annotated[str, Meta(description="empty: mistakes of the rule or of its terms are to be mended first")]
    because: dict[str, str]
    state: Annotated[
        RuleState,
        Meta(
            description="mistaken: its text has mistakes; off: it is switched off; or else whether its window has "
            "begun, lies ahead, or is over, by the network's clock"
        ),
    ]
    dates: Annotated[RuleDatesRecord, Meta(description="of its from and until")]
    line: Annotated[int, Meta(description="of its file, from 1")]
    overrides: list[str]
    values: Annotated[list[RuleValueRecord], Meta(description="those that POST /v1/policies/edit can change")]
    mistakes: list["RuleFindingRecord"]
    tree: Annotated[
        dict[str, Any],
        Meta(
            description="the keys of the rule but for its id, as its YAML file has them, every value as text: what "
            "POST /v1/policies/edit takes as replace; empty: it is of a table"
        ),
    ]


class TermRecord(Record, frozen=True):
    """A condition of a policy that has a name, for its rules to use."""

    name: str
    says: Annotated[str, Meta(description="when it holds, in plain words; empty: it has mistakes to mend first")]


class PlainPolicyRecord(Record, frozen=True):
    """The rules of a policy, in the order of its file."""

    policy: str
    file: str
    table: Annotated[bool, Meta(description="whether its file is a table: CSV")]
    owner: str
    description: str
    terms: list[TermRecord]
    rules: list[PlainRuleRecord]


class PlainPoliciesRecord(Record, frozen=True):
    """Policy files in plain words. Of files with mistakes, which are in `findings`, there are the rules that can be
    read.
    """

    language: str
    policies: list[PlainPolicyRecord]
    findings: list[FindingRecord]

    @classmethod
    def of(cls, parsed: Sequence[ParsedFile], catalogue: Catalogue, minute: int) -> "PlainPoliciesRecord":
        """`minute` is that of the network's clock, as `ClockReading` counts them."""
        return cls(
            language=catalogue.language,
            policies=[
                _policy(file, policy, catalogue, minute)
                for file in parsed
                if (policy := file.policy or readable_policy(file))
            ],
            findings=[FindingRecord.of(finding) for file in parsed for finding in file.findings],
        )


class RuleFindingRecord(FindingRecord, frozen=True):
    """A mistake or doubt in a rule."""

    path: Annotated[
        str, Meta(description="where in the rule, as a JSON Pointer (RFC 6901); empty: the rule as a whole")
    ]


class EditedFilesRecord(Record, frozen=True):
    """Policy files with a change of one rule, and what is to be said of it."""

    files: dict[str, str]
    says: Annotated[
        str, Meta(description="the rule as a sentence; empty: it is taken out, or its file has mistakes to mend first")
    ]
    findings: Annotated[list[RuleFindingRecord], Meta(description="those of the rule itself")]

    @classmethod
    def of(
        cls,
        files: dict[str, str],
        document: Document,
        name: str,
        *,
        rule: Rule | None,
        findings: Sequence[Finding],
        catalogue: Catalogue,
    ) -> "EditedFilesRecord":
        """`name` is the rule's id in the `document`, its file; `findings` are those of all files."""
        first, last = lines_of_rule(document, name)
        within = [its for its in findings if its.file == document.file and first <= its.line <= last]
        return cls(
            files=files,
            says=explain(rule, catalogue) if rule else "",
            findings=[_rule_finding(finding, document, name) for finding in within],
        )


def _rule_finding(finding: Finding, document: Document, rule: str) -> RuleFindingRecord:
    # the rule and its first key begin at the same place: what is missing is missing in the rule
    place = (finding.line, finding.column)
    path = "" if finding.code == "missing-key" else pointer_at(document, rule, place)
    values = {name: getattr(FindingRecord.of(finding), name) for name in FindingRecord.__struct_fields__}
    return RuleFindingRecord(path=path or "", **values)


def _lines(file: ParsedFile) -> Mapping[str, int]:
    """On which line of its file each rule begins."""
    document = file.document
    return {
        str(raw.get("id")): document.place(("rules", index, "id"))[0]
        for index, raw in enumerate(rules_of(document) if document else [])
        if document and isinstance(raw, dict)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _AsRead:
    """A file in the words of a catalogue. Another one of the same name and text is as this one if `others` are the
    same: what other files have a say in, which are the languages of its reasons, and what its rules override.
    """

    file: ParsedFile = field(compare=False)
    policy: Policy = field(compare=False)
    catalogue: Catalogue = field(compare=False)
    language: str
    others: tuple[tuple[tuple[str, ...], ...], ...]


def _policy(file: ParsedFile, policy: Policy, catalogue: Catalogue, minute: int) -> PlainPolicyRecord:
    as_read = _AsRead(
        file=file,
        policy=policy,
        catalogue=catalogue,
        language=catalogue.language,
        others=tuple((tuple(rule.because), rule.overrides, rule.written_overrides) for rule in policy.rules),
    )
    plain = _plain_policy(file.name, file.document.text.encode() if file.document else b"", as_read)
    rules = [
        msgspec.structs.replace(record, state=_state(rule, minute)) if record.state == "on" else record
        for record, rule in zip(plain.rules, policy.rules, strict=True)
    ]
    return msgspec.structs.replace(plain, rules=rules)


@keep_recent
def _plain_policy(name: str, content: bytes, as_read: _AsRead) -> PlainPolicyRecord:  # noqa: ARG001 what is kept goes by it
    """As if it had begun and would not end what has a window."""
    file, policy, catalogue = as_read.file, as_read.policy, as_read.catalogue
    lines = _lines(file)
    found = mistakes_by_rule(file)
    return PlainPolicyRecord(
        policy=policy.id,
        file=name,
        table=name.endswith(TABLE),
        owner=policy.owner,
        description=policy.description,
        terms=[TermRecord(name=term, says=says) for term, says in _terms(file, catalogue).items()],
        rules=[_rule(file, rule, lines, catalogue, found=found) for rule in policy.rules],
    )


def _terms(file: ParsedFile, catalogue: Catalogue) -> Mapping[str, str]:
    return terms_in_words(file.document, catalogue) if file.document and file.name.endswith(YAML) else {}


def _tree(file: ParsedFile, name: str) -> dict[str, Any]:
    """The keys of a rule but for its id."""
    rule = rule_in(file.document, name) if file.document and file.name.endswith(YAML) else {}
    return {key: _texts(value) for key, value in rule.items() if key != "id"}


def _texts(node: Node) -> Any:
    if isinstance(node, dict):
        return {key: _texts(inner) for key, inner in node.items()}
    return [_texts(inner) for inner in node] if isinstance(node, list) else node and str(node)


def _rule(
    file: ParsedFile, rule: Rule, lines: Mapping[str, int], catalogue: Catalogue, *, found: RuleMistakes
) -> PlainRuleRecord:
    name = split_rule_id(rule.id)[1]
    mistakes = found.of_rules.get(name, ())
    values = values_of(file.document, name) if file.document and file.name.endswith(YAML) else []
    return PlainRuleRecord(
        id=rule.id,
        says="" if mistakes or found.in_terms else explain(rule, catalogue),
        because=dict(rule.because),
        state="mistaken" if mistakes else "off" if rule.off else "on",
        dates=_dates(rule),
        line=lines.get(name, 1),
        overrides=list(rule.written_overrides or rule.overrides),
        values=[RuleValueRecord.of(value, catalogue, terms_of(file)) for value in values],
        mistakes=[_rule_finding(finding, file.document, name) for finding in mistakes if file.document],
        tree=_tree(file, name),
    )


def _state(rule: Rule, minute: int) -> RuleState:
    """Of one that is not off."""
    windows = list(_windows(rule))
    if any(window.start is not None and minute < window.start for window in windows):
        return "later"
    return "over" if any(window.end is not None and minute >= window.end for window in windows) else "on"


def _dates(rule: Rule) -> RuleDatesRecord:
    windows = list(_windows(rule))
    begins = max((window.start for window in windows if window.start is not None), default=None)
    ends = min((window.end for window in windows if window.end is not None), default=None)
    return RuleDatesRecord(begins=_on_clock(begins), ends=_on_clock(ends))


def _on_clock(minute: int | None) -> str | None:
    """A minute, as `ClockReading` counts them."""
    if minute is None:
        return None
    day, minutes = divmod(minute, DAY)
    if day > datetime.date.max.toordinal():
        return None  # the end of the last day of the calendar
    date = datetime.date.fromordinal(day)
    return f"{date.isoformat()}T{minutes // 60:02}:{minutes % 60:02}"


def _windows(rule: Rule) -> Iterator[Window]:
    parts = rule.condition.parts if isinstance(rule.condition, All) else (rule.condition,)
    for part in parts:
        if isinstance(part, Compare) and part.operator is Operator.WITHIN:
            yield from (window for window in part.operands if isinstance(window, Window))
