"""What a rule does, as rows of its form: read from what stands under `then`, and written so that what nobody changed
stays as it was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.pages.policies.rule_controls import Control, control, normal
from api.console.pages.policies.rule_words import Vocabulary, flow


@dataclass(slots=True, kw_only=True)
class Effect:
    """One row; `values` by the keys of its way, "" for a value that stands alone."""

    word: Mapping[str, Any]
    way: int
    values: dict[str, str]
    place: str = ""

    @property
    def name(self) -> str:
        return str(self.word["word"])

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        return list(self.word["ways"][self.way])

    @property
    def means(self) -> str:
        """What it does; without how a policy file writes it, if that is a mapping."""
        means = str(self.word["means"])
        return re.split(r"\s?[:;,.] ", means)[0] if "{" in means else means

    def control(self, part: Mapping[str, Any]) -> Control:
        return control(part["kind"], self.values.get(part["key"], ""))

    def name_of(self, part: Mapping[str, Any]) -> str:
        """The name of the field for this part."""
        return f"{self.place}-{part['key'] or 'value'}"

    @property
    def written(self) -> Any:
        if not self.parts[0]["key"]:
            return self.values.get("", "")
        return {key: value for key, value in self.values.items() if value}

    @property
    def content(self) -> Any:
        """What it says, however it is written."""
        values = {part["key"]: normal(part["kind"], self.values.get(part["key"], "")) for part in self.parts}
        return (self.name, {key: value for key, value in values.items() if value})


@dataclass(slots=True, kw_only=True)
class KeptEffect:
    """What no row can show: it stays as it is written, unless it is taken out."""

    name: str
    text: str
    place: str = ""

    @property
    def content(self) -> Any:
        return (self.name, self.text)


def read_effects(then: Any, vocabulary: Vocabulary) -> list[Effect | KeptEffect]:
    if not isinstance(then, dict):
        return []
    rows: list[Effect | KeptEffect] = []
    for name, value in then.items():
        word = vocabulary.effect(name)
        items = value if word and word["repeated"] and isinstance(value, list) and value else [value]
        found = [_read(word, item) if word else None for item in items]
        read = [its for its in found if its is not None]
        rows += read if len(read) == len(found) else [KeptEffect(name=name, text=flow({name: value}))]
    return rows


def _read(word: Mapping[str, Any], value: Any) -> Effect | None:
    values = value if isinstance(value, dict) else {"": value}
    if not values or not all(
        isinstance(its, str) and its.strip() == its and its.isprintable() for its in values.values()
    ):
        return None
    ways = [way for way, parts in enumerate(word["ways"]) if _has_place(parts, values)]
    if not ways:
        return None
    closed = [way for way in ways if all(_is_closed(part, values.get(part["key"], "")) for part in word["ways"][way])]
    fitting = [way for way in ways if all(_fits(part, values.get(part["key"], "")) for part in word["ways"][way])]
    return Effect(word=word, way=next(iter([*closed, *fitting, *ways])), values=dict(values))


def _has_place(parts: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> bool:
    """Whether a way has a field for each of these values, and a value for each of its fields."""
    keys = {part["key"] for part in parts}
    needed = {part["key"] for part in parts if not part["optional"]}
    alone = [part for part in parts if _is_alone(part)]
    return needed <= set(values) <= keys and all(values[part["key"]] in part["values"] for part in alone)


def _is_alone(part: Mapping[str, Any]) -> bool:
    """Whether there is only one word to be written, so that no field asks for it."""
    return bool(part["closed"]) and len(part["values"]) == 1 and not part["optional"]


def _is_closed(part: Mapping[str, Any], value: str) -> bool:
    return bool(part["closed"]) and value in part["values"]


def _fits(part: Mapping[str, Any], value: str) -> bool:
    """Whether the field is the usual one for the value."""
    if part["closed"]:
        return value in part["values"] or (part["optional"] and not value)
    return (part["kind"] == "share") == value.endswith("%") if part["kind"] in ("share", "count") else True


def written_effects(rows: Sequence[Effect | KeptEffect], before: Sequence[Effect | KeptEffect], then: Any) -> Any:
    """What is to stand under `then`, if that was `then` with these rows `before`."""
    old = then if isinstance(then, dict) else {}
    written: dict[str, Any] = {}
    for name in dict.fromkeys(row.name for row in rows):
        its = [row for row in rows if row.name == name]
        same = [row.content for row in its] == [row.content for row in before if row.name == name]
        effects = [row.written for row in its if isinstance(row, Effect)]
        written[name] = old[name] if same or not effects else effects[0] if len(effects) == 1 else effects
    return written


def paths_of(rows: Sequence[Effect | KeptEffect]) -> Iterator[tuple[str, str]]:
    """The path of each row within the rule, as a JSON Pointer, and its place."""
    seen: dict[str, int] = {}
    for row in rows:
        several = sum(other.name == row.name for other in rows) > 1
        index = seen[row.name] = seen.get(row.name, -1) + 1
        yield f"/then/{row.name}/{index}" if several else f"/then/{row.name}", row.place
