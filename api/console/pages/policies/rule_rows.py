"""The rows of a rule's form: conditions, named conditions, groups of these, and what stays as it is written.

`place` is what the names of a row's fields begin with: `c2` of the third row under If. `was` is where in the rule that
is changed it stood, as a JSON Pointer; empty: it is new.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from api.console.pages.policies.rule_controls import Control, control, normal

MATCHES = ("all", "any", "none")
_BESIDE = 12
"""So many known words are shown to be ticked, and so many values have a field each; more are lines of one field."""
_EMPTY = 2
"""Fields for further values."""
NEGATED = "not:"
"""Before an operator that is not to hold, in the form."""
_NEGATABLE = ("between", "has", "has_any", "has_all", "matches")


@dataclass(slots=True, kw_only=True)
class _Placed:
    """Where a row stands: in the form, in the rule as it was, and in the rule as it is written; `entry` is what is
    written of it.
    """

    place: str = ""
    was: str = ""
    path: str = ""
    entry: tuple[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Condition(_Placed):
    """A fact, compared. `values` are as a policy file has them; `operator` begins with NEGATED if it is not to hold."""

    fact: Mapping[str, Any]
    operator: str
    takes: str
    values: list[str]

    @property
    def word(self) -> str:
        """That of the operator, as a policy file has it."""
        return self.operator.removeprefix(NEGATED)

    @property
    def kind(self) -> str:
        """The kind of its values; empty: any text."""
        return "" if self.word == "matches" or self.takes in ("flag", "fact") else str(self.fact["kind"])

    @property
    def operators(self) -> list[str]:
        """The operators to choose from."""
        offered = list(self.fact["operators"])
        offered += [f"{NEGATED}{word}" for word in _NEGATABLE if word in offered]
        return offered if self.operator in offered else [*offered, self.operator]

    @property
    def ticks(self) -> list[str]:
        """The words to be ticked, if several of a few known ones can be; also those that nobody else knows."""
        if self.takes != "several" or self.word == "matches" or not 0 < len(self.fact["values"]) <= _BESIDE:
            return []
        return list(dict.fromkeys([*self.fact["values"], *self.values]))

    @property
    def is_open(self) -> bool:
        """Whether further words than the known ones may be written."""
        return self.fact["kind"] in ("word", "tags")

    @property
    def closed(self) -> list[str]:
        """The only words that a single value may be; none: any."""
        if self.takes == "flag" or self.fact["kind"] == "flag":
            words = ["true", "false"]
        elif self.takes == "fact":
            words = list(self.fact["comparable"])
        else:
            words = list(self.fact["values"]) if self.fact["kind"] == "choice" and self.word != "matches" else []
        return list(dict.fromkeys([*words, *self.values])) if words or self.takes == "fact" else []

    @property
    def is_long(self) -> bool:
        """Whether its values are lines of one field."""
        return self.takes == "several" and not self.ticks and len(self.values) > _BESIDE

    @property
    def controls(self) -> list[Control]:
        """The fields to write its values into."""
        count = {"two": 2, "several": len(self.values) + _EMPTY}.get(self.takes, 1)
        written = [*self.values, *[""] * count][:count]
        return [control(self.kind, value) for value in written]

    @property
    def written(self) -> str:
        """How its values are written; nothing if one chooses them, from a calendar perhaps."""
        chosen = self.ticks or self.closed or self.controls[0].type in ("date", "instant", "time")
        return "" if chosen else str(self.fact["written"])

    @property
    def compared(self) -> Any:
        """What stands behind the fact in a policy file."""
        value: Any = self.values if self.takes == "two" or len(self.values) > 1 else next(iter(self.values), "")
        compared = value if self.word == "equals" else {self.word: value}
        return {"not": compared} if self.operator.startswith(NEGATED) else compared

    @property
    def content(self) -> Any:
        """What it says, however it is written."""
        values = [normal(self.kind, value) for value in self.values]
        return (self.fact["word"], self.operator, sorted(set(values)) if self.takes == "several" else values)


@dataclass(slots=True, kw_only=True)
class Term(_Placed):
    """A condition that has a name in the policy."""

    name: str

    @property
    def content(self) -> Any:
        return self.name


@dataclass(slots=True, kw_only=True)
class Kept(_Placed):
    """What no row can show: it stays as it is written, unless it is taken out."""

    text: str

    @property
    def content(self) -> Any:
        return self.was


@dataclass(slots=True, kw_only=True)
class Group(_Placed):
    """Conditions of which all, at least one or none must hold; `number` is 1.2 of the second group in the first."""

    match: str
    number: str = ""
    parts: list["Row"] = field(default_factory=list)

    @property
    def content(self) -> Any:
        return (self.match, [(part.was, part.content) for part in self.parts])

    @property
    def size(self) -> int:
        return len(list(rows_in(self.parts)))


Row: TypeAlias = Condition | Term | Kept | Group


def rows_in(rows: Sequence[Row]) -> Iterator[Row]:
    """All of them in the order in which they are shown, those of groups behind their group."""
    for row in rows:
        yield row
        if isinstance(row, Group):
            yield from rows_in(row.parts)
