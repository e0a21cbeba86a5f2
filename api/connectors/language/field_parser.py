"""Parses `fields:` of a connector: how each field of ours, or of what is sent, is found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from api.connectors.fields.paths import path_mistake
from api.connectors.formats.format import FormatOptions
from api.connectors.language.connector import FieldMapping
from api.connectors.language.kinds import OPEN, Target, target_of, targets
from api.connectors.language.shapes import FieldShape
from api.connectors.language.words import as_read, note_word_mistake
from api.files.policy_tests.shape_findings import load_shape
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path

_ANY = Target(type="any")
_WAYS = ("from", "value", "join", "each")
_ONLY_FOR: Mapping[str, Collection[str]] = {
    "decimal": ("number", "any"),
    "unit": ("number", "any"),
    "times": ("number", "any"),
    "date": ("instant", "date", "any"),
    "zone": ("instant", "date", "any"),
    "time": ("instant",),
    "twice": ("instant",),
    "split": ("words", "any"),
}
"""Keys that change values of some types, and which."""
_AS_THEY_ARE = (
    *("value", "each", "together", "unless", "between", "cut", "strip", "upper", "split", "words", "lookup"),
    *("unit", "date", "zone", "time", "twice"),
)


@dataclass(slots=True, kw_only=True)
class FieldParser:
    """Parses the fields of one file. `decimal` is the sign before decimals where a field doesn't say. `source` is the
    format of what they are found in.
    """

    notes: Notes
    lookups: Collection[str]
    decimal: str
    source: FormatOptions

    def inbound(self, kind: str, raw: Mapping[str, Node], path: Path) -> dict[str, FieldMapping]:
        """The fields of what comes in; one that the kind doesn't have is a mistake, and so is a required one that is
        missing.
        """
        known = targets(kind)
        parsed = {}
        for name, node in raw.items():
            target = target_of(kind, name)
            if target is None:
                self._note_unknown(f"{kind} have no field '{name}'", (*path, name), known, name)
                continue
            parsed[name] = self.field(node, (*path, name), target)
        self._note_missing(known, raw, path, of=f"of {kind}")
        return parsed

    def outbound(self, raw: Mapping[str, Node], path: Path) -> dict[str, FieldMapping]:
        """The fields of what is sent: named as their reader wants."""
        return {name: self.field(node, (*path, name), _ANY) for name, node in raw.items()}

    def field(self, raw: Node, path: Path, target: Target) -> FieldMapping:
        """A path alone is short for `from`, a list of them for the first that is there."""
        if isinstance(raw, str) or (isinstance(raw, list) and all(isinstance(item, str) for item in raw)):
            raw = {"from": raw}
        values = load_shape(FieldShape(), raw, path, self.notes)
        ways = [way for way in _WAYS if _key(way) in values]
        if isinstance(raw, dict) and values and len(ways) != 1 and not (not ways and "default" in values):
            message = f"say where it comes from, by one of {', '.join(_WAYS)}"
            self.notes.add(path, "missing-key" if not ways else "unknown-key", message)
        self._check(values, path, target)
        times = values.get("times")
        return FieldMapping(
            at=path,
            type=values.get("type", target.type),
            paths=tuple(map(as_read, values.get("from_", ()))),
            join=self._joined(values, path),
            separator=values.get("with_", ""),
            fields=self._below(values, path, target),
            decimal=values.get("decimal", self.decimal),
            default=values.get("default"),
            optional=bool(values.get("optional", False)),
            otherwise=values.get("else_"),
            times=None if isinstance(times, dict) else times,
            times_by=self.field(times, (*path, "times"), Target(type="number")) if isinstance(times, dict) else None,
            **{name: values[name] for name in _AS_THEY_ARE if name in values},
        )

    def _joined(self, values: Mapping[str, Any], path: Path) -> tuple[FieldMapping, ...]:
        text = Target(type="text")
        return tuple(
            self.field(item, (*path, "join", index), text) for index, item in enumerate(values.get("join", ()))
        )

    def _below(self, values: Mapping[str, Any], path: Path, target: Target) -> dict[str, FieldMapping]:
        raw, where = values.get("fields_"), (*path, "fields")
        if raw is None:
            return {}
        if target.each is None:
            return self.outbound(raw, where)
        for name in raw:
            if name not in target.each and _open(name, target.each) is None:
                self._note_unknown(f"there is no field '{name}' in it", (*where, name), target.each, name)
        self._note_missing(target.each, raw, where, of="of each")
        return {
            name: self.field(node, (*where, name), target.each.get(name) or _open(name, target.each) or _ANY)
            for name, node in raw.items()
        }

    def _check(self, values: Mapping[str, Any], path: Path, target: Target) -> None:
        if target.each is not None and "each" not in values:
            message = "this is a list: write {each: PATH, fields: {...}}, or {each: $rows, fields: {...}} with 'group'"
            self.notes.add(path, "wrong-type", message)
        if ("each" in values) != ("fields_" in values):
            self.notes.add(path, "missing-key", "'each' says of which list, and 'fields' what is made of each of it")
        if target.each is None and "each" in values and target.type not in ("any", "words"):
            self.notes.add(path, "wrong-type", "this is one value, and 'each' makes a list")
        for key, types in _ONLY_FOR.items():
            if key in values and target.type not in types:
                self.notes.add((*path, key), "unknown-key", f"'{key}' does nothing to a {target.type}")
        self._check_lists(values, path, target)
        if "else_" in values and "words" not in values and "lookup" not in values:
            self.notes.add((*path, "else"), "unknown-key", "'else' goes with 'words' or 'lookup'")
        lookup = values.get("lookup")
        if lookup is not None and lookup not in self.lookups:
            message = f"there is no table '{lookup}' under lookups"
            self.notes.add((*path, "lookup"), "unknown-lookup", message, self.lookups, lookup)
        self._check_paths(values, path)
        for part in values.get("from_", ()):
            note_word_mistake(part, self.source, path, self.notes)
        self._check_choices(values, path, target)

    def _check_lists(self, values: Mapping[str, Any], path: Path, target: Target) -> None:
        if "type" in values and target is not _ANY:
            self.notes.add((*path, "type"), "unknown-key", f"this field is a {target.type} as it is")
        if len(values.get("between", ("", ""))) != 2:  # noqa: PLR2004  # before and behind
            self.notes.add(
                (*path, "between"), "bad-value", "write what stands before and what stands behind: ['[', ']']"
            )
        together = values.get("together")
        if together is not None and together not in (values.get("fields_") or {}):
            message = f"'together' names a field of each element, and there is none '{together}'"
            self.notes.add((*path, "together"), "unknown-field", message, values.get("fields_") or (), together)

    def _check_paths(self, values: Mapping[str, Any], path: Path) -> None:
        for key, of_list in (("from_", False), ("each", True)):
            texts = values.get(key, ())
            for text in [texts] if isinstance(texts, str) else texts:
                message = "" if text.startswith("$") else path_mistake(text, self.source, of_list=of_list)
                if message:
                    self.notes.add(path, "bad-path", message)

    def _check_choices(self, values: Mapping[str, Any], path: Path, target: Target) -> None:
        """Words that are written into the file must be some that the field may have."""
        if not target.choices:
            return
        for key in ("value", "default"):
            if key in values and values[key] not in target.choices:
                self._note_choice(values[key], (*path, key), target)
        for theirs, ours in values.get("words", {}).items():
            if ours not in target.choices:
                self._note_choice(ours, (*path, "words", theirs), target)

    def _note_choice(self, word: str, path: Path, target: Target) -> None:
        message = f"'{word}' is none of {', '.join(target.choices)}"
        self.notes.add(path, "unknown-word", message, target.choices, word)

    def _note_unknown(self, message: str, path: Path, known: Collection[str], name: str) -> None:
        self.notes.add(path, "unknown-field", message, [word for word in known if OPEN not in word], name)

    def _note_missing(self, known: Mapping[str, Target], raw: Mapping[str, Node], path: Path, *, of: str) -> None:
        for name, target in known.items():
            if target.required and name not in raw:
                self.notes.add(path, "missing-key", f"the field '{name}' {of} is missing")


def _open(name: str, known: Mapping[str, Target]) -> Target | None:
    group, point, rest = name.rpartition(".")
    return known.get(f"{group}.{OPEN}") if point and rest else None


def _key(way: str) -> str:
    return "from_" if way == "from" else way
