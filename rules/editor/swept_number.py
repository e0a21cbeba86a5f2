"""Puts other numbers in the place of one that a rule's effect has, in the text of its file; all else stays as it is.

What is swept is written `POLICY/RULE.EFFECT=FROM..TO:STEP`, or `POLICY/RULE.EFFECT=NUMBER,NUMBER,...`; an effect of
several parts names the part, too, as in `channels/app-first.protect.units`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rules.policy_documents import YAML, is_policy_file, read_documents
from rules.syntax.close_words import closest
from rules.syntax.yaml_document import LINES, Document, Path, Place

MOST_NUMBERS = 50
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_SWEEP = re.compile(
    rf"(?P<rule>[^/=\s]+/[^/.=\s]+)\.(?P<effect>[^=\s]+)=(?:(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER}):(?P<step>{_NUMBER})"
    rf"|(?P<list>{_NUMBER}(?:,{_NUMBER})*))",
    re.ASCII,
)
_WITH_UNIT = re.compile(rf"(?P<number>{_NUMBER}) ?(?:%|[A-Za-z][A-Za-z ]*)?", re.ASCII)
"""A value that is a number, with its unit if it has one: `0.25`, `4.00 EUR`, `10%`."""


class SweepMistake(ValueError):
    """What is wrong with a sweep, to go on after what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The numbers that the effect of a rule is tried with. `path` are the keys of the effect under `then`."""

    rule: str
    path: tuple[str, ...]
    numbers: tuple[Decimal, ...]

    @classmethod
    def of(cls, text: str) -> "Sweep":
        """Raises SweepMistake."""
        match = _SWEEP.fullmatch(text)
        if match is None:
            raise SweepMistake(
                "is no sweep; write one as POLICY/RULE.EFFECT=FROM..TO:STEP, for example"
                " green/carbon-counts.carbon_price=0..0.5:0.05, or its numbers with commas between"
            )
        numbers = tuple(dict.fromkeys(_numbers(match)))
        return cls(rule=match["rule"], path=tuple(match["effect"].split(".")), numbers=numbers)

    def name(self, number: Decimal) -> str:
        return f"{self.rule}.{'.'.join(self.path)}={number:f}"


def _numbers(match: re.Match[str]) -> Iterator[Decimal]:
    if match["list"]:
        listed = match["list"].split(",")
        if len(listed) > MOST_NUMBERS:
            raise SweepMistake(f"has {len(listed)} numbers; at most {MOST_NUMBERS} are tried at once")
        yield from map(Decimal, listed)
        return
    first, last, step = (Decimal(match[name]) for name in ("first", "last", "step"))
    if step <= 0 or last < first:
        raise SweepMistake("goes from the lower number to the higher one, by a step above 0")
    count = int((last - first) // step) + 1
    if count > MOST_NUMBERS:
        raise SweepMistake(f"has {count} numbers; at most {MOST_NUMBERS} are tried at once: take a longer step")
    for place in range(count):
        yield first + place * step


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNumber:
    """The number of a rule's effect in the text of its `file`: what stands before it, and what behind it."""

    files: Mapping[str, bytes]
    file: str
    before: str
    number: Decimal
    behind: str

    def replaced_by(self, number: Decimal) -> dict[str, bytes]:
        """The files with this number instead."""
        return {**self.files, self.file: f"{self.before}{number:f}{self.behind}".encode()}


def written_number(files: Mapping[str, bytes], sweep: Sweep) -> WrittenNumber:
    """The number that is swept. Raises SweepMistake, and PolicyInvalid if a file is no YAML."""
    file, document, index = _rule_of(files, sweep.rule)
    path: Path = ("rules", index, "then", *sweep.path)
    if path not in document.values:
        raise SweepMistake(f"names the effect {'.'.join(sweep.path)}, which {sweep.rule} does not have")
    written = _WITH_UNIT.fullmatch(document.word(path))
    if written is None:
        raise SweepMistake(f"names {'.'.join(sweep.path)}, which is no number there but '{document.word(path)}'")
    start = document.text.index(written["number"], _offset(document.text, document.values[path]))
    end = start + len(written["number"])
    return WrittenNumber(
        files=files,
        file=file,
        before=document.text[:start],
        number=Decimal(written["number"]),
        behind=document.text[end:],
    )


def _rule_of(files: Mapping[str, bytes], rule: str) -> tuple[str, Document, int]:
    """The file that has the rule, its document, and which rule of the file it is."""
    known: list[str] = []
    tables: list[str] = []
    for name in sorted(filter(is_policy_file, files)):
        for document in read_documents(name, files[name]):
            ids = list(_ids(document))
            (known if name.endswith(YAML) else tables).extend(ids)
            if rule in ids and name.endswith(YAML):
                return name, document, ids.index(rule)
    if rule in tables:
        raise SweepMistake(f"names {rule}, a row of a table; sweep a rule of a YAML file, or change the cell")
    meant = closest(rule, known)
    raise SweepMistake(f"names {rule}, which is no rule of the draft" + (f"; did you mean {meant}?" if meant else ""))


def _ids(document: Document) -> Iterator[str]:
    """That of each rule, in the order of the file; empty where there is none."""
    root = document.root if isinstance(document.root, dict) else {}
    rules = root.get("rules")
    for rule in rules if isinstance(rules, list) else []:
        name = rule.get("id") if isinstance(rule, dict) else None
        yield f"{root.get('policy')}/{name}" if name else ""


def _offset(text: str, place: Place) -> int:
    """Where in the text the line and column are."""
    line, column = place
    starts = [0, *(match.end() for match in LINES.finditer(text))]
    return starts[line - 1] + column - 1
